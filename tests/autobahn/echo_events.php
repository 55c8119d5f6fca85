<?php

// The application that the Autobahn suite talks to: whatever comes goes back.

function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address)
{
    return true;
}

function ws_server_started(&$server, &$sockets, &$connections)
{
    echo "@ready\n";
}

function ws_server_text(&$connections, &$connection, $client_key, $msg)
{
    send_text($client_key, $msg);
}

function ws_server_binary(&$connections, &$connection, $client_key, $data)
{
    ws_server_send_binary($client_key, $data);
}
