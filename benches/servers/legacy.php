<?php
// The legacy face: legacy.php PORT IO_THREADS, with the functions that events files use.
define('WEBSOCKET_LOG_PATH', sys_get_temp_dir() . '/');
require __DIR__ . '/../../php/legacy/connections.php';
function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address) { return true; }
function ws_server_text(&$connections, &$connection, $client_key, $msg)
{
    if ($msg[0] === 'B') {
        broadcast_to_all($msg);
    } else {
        send_text($client_key, $msg);
    }
}
exit(ws_server_run(['listen' => "tcp://127.0.0.1:$argv[1]", 'io_threads' => (int) $argv[2],
    'max_buffered' => 64 << 20, 'log_level' => 'warning']));
