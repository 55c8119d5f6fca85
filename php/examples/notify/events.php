<?php

/*
 * The events include file of the example: the functions that the push server calls.
 *
 * Everything that goes to the browser is JSON with a "type":
 *   welcome  you, app          once, to the client that has just connected
 *   online   count             to all, when somebody comes or goes
 *   chat     from, text        a message typed in one page, to all the others
 *   push     message           what a web application wrote into the FIFO, to all
 */

/** Who is this? Anyone with the cookie of index.php may come in; a real application looks up its session here. */
function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address)
{
    if (!preg_match('/(?:^|;\s*)notify_name=([A-Za-z0-9-]{1,40})(?:;|$)/', $cookies, $found)) {
        return false;
    }
    $connection['name'] = $found[1];
    return true;
}

function ws_server_started(&$server, &$sockets, &$connections)
{
    show_message(APP_NAME . ' is listening');
}

function ws_server_open(&$connections, &$connection, $client_key)
{
    send_text($client_key, json_encode(['type' => 'welcome', 'you' => $connection['name'], 'app' => APP_NAME]));
    tell_who_is_online($connections);
}

function ws_server_text(&$connections, &$connection, $client_key, $msg)
{
    $frame = json_encode(['type' => 'chat', 'from' => $connection['name'], 'text' => $msg]);
    foreach (array_keys($connections) as $key) {
        if ($key !== $client_key) {
            send_text($key, $frame);
        }
    }
}

/** $data is what push.php wrote: a JSON document, or plain text if somebody typed `echo hello > ws_notify`. */
function ws_server_fifo(&$server, &$sockets, &$connections, &$data)
{
    $params = json_decode($data, true);
    $message = is_array($params) ? ($params['message'] ?? $params) : $data;
    broadcast_to_all(json_encode(['type' => 'push', 'message' => $message], JSON_INVALID_UTF8_SUBSTITUTE));
}

function ws_server_after_close(&$connections)
{
    tell_who_is_online($connections);
}

function tell_who_is_online($connections)
{
    $open = array_filter($connections, fn ($connection) => $connection['state'] === 'OPEN');
    broadcast_to_all(json_encode(['type' => 'online', 'count' => count($open)]));
}
