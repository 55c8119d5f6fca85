<?php

require_once __DIR__ . '/own_functions.php';

if (!WsLegacy\OwnFunctions::have('mysql_to_iso_timestamp')) {
    /** "2024-05-06 07:08:09" as "2024-05-06T07:08:09Z". */
    function mysql_to_iso_timestamp($ts)
    {
        return unix_to_iso_timestamp(strtotime($ts));
    }
}

if (!WsLegacy\OwnFunctions::have('unix_to_iso_timestamp')) {
    /** Seconds since 1970 as "2024-05-06T07:08:09Z". The time zone is PHP's, which server.php sets to UTC. */
    function unix_to_iso_timestamp($ts)
    {
        return date('Y-m-d\TH:i:s\Z', (int) $ts);
    }
}
