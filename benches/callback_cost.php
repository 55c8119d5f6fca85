<?php
// What calling PHP costs beside PHP itself: callback_cost.php. Pings are handed to a handler that does nothing, and then to none;
// the difference is the call. For comparison, PHP calls the same function by itself.
const PINGS = 4000, ROUNDS = 50;

$server = new WsServer(['listen' => 'tcp://127.0.0.1:0', 'origins' => 'any', 'log' => null, 'ping_interval' => 0]);
$server->tick(0);
$client = stream_socket_client($server->addresses()[0]);
stream_set_blocking($client, false);
fwrite($client, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    . "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n");
while (count($server) === 0) {
    $server->tick(0.1);
}
fread($client, 65536);

/** Nanoseconds for a ping. */
function measure(WsServer $server, $client): float
{
    fwrite($client, str_repeat("\x89\x80\x12\x34\x56\x78", PINGS));
    $time = hrtime(true);
    for ($seen = 0; $seen < PINGS * 2;) {
        $server->tick(0);
        $seen += strlen((string) fread($client, 65536));
    }
    return (hrtime(true) - $time) / PINGS;
}

$nothing = function ($connection, $payload) {};
$without = $with = $own = INF;
// The fastest of each, in turn: a machine whose speed changes meanwhile changes all of them.
for ($round = 0; $round < ROUNDS; $round++) {
    $server->on('ping', null);
    $without = min($without, measure($server, $client));
    $server->on('ping', $nothing);
    $with = min($with, measure($server, $client));
    $time = hrtime(true);
    for ($i = 0; $i < PINGS; $i++) {
        $nothing($server, '');
    }
    $own = min($own, (hrtime(true) - $time) / PINGS);
}
printf("a callback that does nothing: %.0f ns; PHP calling it by itself: %.0f ns\n", $with - $without, $own);
