<?php

namespace WsCli;

/** What --help prints. */
final class Usage
{
    public static function text(): string
    {
        $timeout = (int) Arguments::TIMEOUT;
        $legacyPath = \WsLegacy\Settings::LEGACY_PATH;
        return <<<TEXT
            usage: php server.php [start|stop|restart|status] [SETTINGS_FILE]

              start     runs the server here, in the foreground; so does no word at all
              stop      asks the running server to end, and waits until it has
              restart   stop, then start; also where nothing runs
              status    what the running server does

              SETTINGS_FILE        else the environment's WS_SERVER_SETTINGS, else
                                   $legacyPath
              --json               status: for programs
              --timeout=SECONDS    stop, restart: how long the server may take for its end ($timeout)
              --help               this

            stop and restart need WEBSOCKET_PID in the settings file, status WEBSOCKET_CONTROL or WEBSOCKET_PID.

            Exit status: 0 done, or (status) running; 1 that failed; 2 not understood; 3 (status) not running;
            4 (status) not known, (stop, restart) not allowed; 6 (stop, restart) WEBSOCKET_PID is not set.

            TEXT;
    }
}
