<?php

require_once __DIR__ . '/own_functions.php';
require_once __DIR__ . '/log_file.php';

if (!WsLegacy\OwnFunctions::have('show_message')) {
    /** Prints a line with its time and appends it to the log file. */
    function show_message($msg, $star = false)
    {
        WsLegacy\Log::say((string) $msg, (bool) $star);
    }
}

if (!WsLegacy\OwnFunctions::have('var_dump_to_str')) {
    /** What var_dump() prints. */
    function var_dump_to_str($var)
    {
        ob_start();
        var_dump($var);
        return ob_get_clean();
    }
}
