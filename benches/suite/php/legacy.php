<?php
// The legacy face: legacy.php PORT IO_THREADS [FIFO], with the functions that events files use.
[, $port, $threads, $fifo] = $argv + [3 => null];
define('WEBSOCKET_LOG_PATH', sys_get_temp_dir() . '/');
require __DIR__ . '/../../../php/legacy/connections.php';
function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address) { return str_contains($cookies, 'sid=load'); }
function ws_server_fifo(&$server, &$sockets, &$connections, &$data) { broadcast_to_all($data); }
function ws_server_text(&$connections, &$connection, $client_key, $msg)
{
    if ($msg[0] === 'B') {
        broadcast_to_all($msg);
    } else {
        send_text($client_key, $msg);
    }
}
exit(ws_server_run(['listen' => "tcp://127.0.0.1:$port", 'io_threads' => (int) $threads, 'max_buffered' => 64 << 20,
    'log_level' => 'warning', 'fifo' => $fifo]));
