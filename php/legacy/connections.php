<?php

require_once __DIR__ . '/own_functions.php';

// Sending to clients and closing them. Client keys are those of $connections; a key of a client that is gone is no error.

if (!WsLegacy\OwnFunctions::have('send_text')) {
    /** False where the client is not open (or takes no more), else true. */
    function send_text($client_key, $msg)
    {
        return ws_server_send_text((int) $client_key, (string) $msg);
    }
}

if (!WsLegacy\OwnFunctions::have('broadcast_to_all')) {
    /** Sends to every open client. */
    function broadcast_to_all($msg)
    {
        try {
            ws_server_broadcast((string) $msg);
        } catch (WsException $e) { // text that is not UTF-8
            show_message('broadcast_to_all: ' . $e->getMessage(), true);
        }
    }
}

if (!WsLegacy\OwnFunctions::have('close_client')) {
    /** Closes with the code and reason given, else with 1000. */
    function close_client($client_key, $status_code = false, $reason = '')
    {
        ws_server_disconnect((int) $client_key, $status_code === false ? 1000 : (int) $status_code, (string) $reason);
    }
}

if (!WsLegacy\OwnFunctions::have('do_reply')) {
    /** Sends an encoded frame as it is. False where the client is not open, else null. */
    function do_reply($client_key, $msg)
    {
        return ws_server_send_frame((int) $client_key, (string) $msg) ? null : false;
    }
}
