--TEST--
$xhr_pipe is a readable stream of the FIFO; the server reads it, and closes it at its end
--DESCRIPTION--
Preserves: the global $xhr_pipe is a readable resource, a closed one at the end.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_started(&$server, &$sockets, &$connections) {
    global $xhr_pipe;
    $read = [$xhr_pipe];
    $none = null;
    echo get_resource_type($xhr_pipe), ' ', stream_select($read, $none, $none, 0), ' ', json_encode(fgets($xhr_pipe)), "\n";
}
function ws_server_fifo(&$server, &$sockets, &$connections, &$data) {
    global $xhr_pipe;
    echo "$data ", json_encode(is_resource($xhr_pipe)), "\n";
    ws_server_stop();
}
PHP, [], 'echo gettype($xhr_pipe), "\n";');
// Not before the handler has looked into the pipe: it would take the message.
$server->awaits('stream 0 false');
file_put_contents($server->fifo, 'hello');
$server->wait();
?>
--EXPECT--
--
stream 0 false
hello true
status 0
resource (closed)
