--TEST--
The option tcp sets what it names on the clients' sockets, and by default TCP_NODELAY alone
--DESCRIPTION--
New: the legacy server left its sockets as the kernel makes them. $sockets[$client_key] stays what it was, a stream that ext/sockets can
import.
--EXTENSIONS--
sockets
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$code = <<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    $socket = socket_import_stream($GLOBALS['sockets'][$client_key]);
    $of = fn (int $level, int $option) => socket_get_option($socket, $level, $option);
    // By their numbers in Linux: PHP has no names for those of TCP.
    ws_server_send_text($client_key, json_encode([
        'nodelay' => $of(SOL_TCP, TCP_NODELAY), 'keepalive' => $of(SOL_SOCKET, SO_KEEPALIVE),
        'time' => $of(SOL_TCP, 4), 'interval' => $of(SOL_TCP, 5), 'retries' => $of(SOL_TCP, 6),
        'recv' => $of(SOL_SOCKET, SO_RCVBUF), 'send' => $of(SOL_SOCKET, SO_SNDBUF),
    ]));
}
PHP;
foreach ([
    'default' => [],
    'all' => ['nodelay' => false, 'keepalive' => ['time' => 77, 'interval' => 7, 'retries' => 5], 'recv_buffer' => 20000, 'send_buffer' => 30000],
    'keepalive alone' => ['keepalive' => ['time' => 99]],
] as $name => $tcp) {
    $server = new WsTest\Server($code, $tcp === [] ? [] : ['tcp' => $tcp]);
    $got[$name] = json_decode(substr($server->connect()->text('look')->read(), 5), true);
    $server->stop();
}
// The kernel doubles what buffers are set to, for its own needs. Without the option it chooses.
$system = $got['default'];
foreach ($got as $name => $options) {
    foreach (['time', 'interval', 'retries', 'recv', 'send'] as $option) {
        if ($options[$option] === $system[$option]) { $options[$option] = 'as it was'; }
    }
    echo $name, ' ', json_encode($options), "\n";
}
?>
--EXPECT--
--
status 0
--
status 0
--
status 0
default {"nodelay":1,"keepalive":0,"time":"as it was","interval":"as it was","retries":"as it was","recv":"as it was","send":"as it was"}
all {"nodelay":0,"keepalive":1,"time":77,"interval":7,"retries":5,"recv":40000,"send":60000}
keepalive alone {"nodelay":1,"keepalive":1,"time":99,"interval":"as it was","retries":"as it was","recv":"as it was","send":"as it was"}
