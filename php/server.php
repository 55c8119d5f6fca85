<?php

/**
 * The drop-in for the legacy push server's server.php.
 *
 *     php -d extension=ws_server server.php [start|stop|restart|status] [SETTINGS_FILE]
 *
 * --help tells more; php/cli/ does what is no start. What the settings and the events include file may hold is told in
 * the README; php/legacy/ has the functions that events files call.
 *
 * Everything here runs at global scope, because the events include file must: it may set globals of its own,
 * so nothing that is needed after its inclusion is kept in a global variable.
 */

foreach (['arguments', 'cli', 'configuration', 'exit_status', 'pid_file', 'status', 'stop', 'table', 'usage'] as $_) {
    require_once __DIR__ . "/cli/$_.php";
}
foreach (['settings', 'options', 'startup', 'errors', 'log_file', 'own_functions', 'frame', 'process_tree', 'process'] as $_) {
    require_once __DIR__ . "/legacy/$_.php";
}
// Anything else than a start ends here.
$_ = WsCli\Cli::handle($argv);
WsLegacy\Startup::prepare($argv[0], $_);

// The functions that events files call.
foreach (['log', 'frames', 'connections', 'messages', 'templates', 'headers', 'time', 'mail', 'processes'] as $_) {
    require_once __DIR__ . "/legacy/$_.php";
}
unset($_);

// Globals that events files reach with `global`. The extension adds $server, $sockets and $connections.
$settings = WsLegacy\Startup::settings()->lines;
$shutdown_flag = false;
$handles = [];

require_once WsLegacy\Startup::eventsFile();

exit(WsLegacy\Startup::run());
