--TEST--
ws_server_subscribe, _unsubscribe and _publish, on a server of either face: results, and who gets what
--FILE--
<?php
require __DIR__ . '/../include/faces.inc';
$code = <<<'PHP'
function act(int $id, string $m): void {
    [$what, $argument] = explode(' ', "$m ");
    ws_server_send_text($id, json_encode(match ($what) {
        'id' => $id,
        'subscribe' => ws_server_subscribe($id, $argument),
        'unsubscribe' => ws_server_unsubscribe($id, $argument),
        'topics' => ws_server_connection($id)->topics(),
        'nobody' => [ws_server_subscribe(99, 'sport'), ws_server_unsubscribe(99, 'sport')],
        'publish' => ws_server_publish($argument, "news of $argument"),
        'binary' => ws_server_publish($argument, "\xff", true),
        'others' => ws_server_publish($argument, 'for the others', false, [$id, 99]),
        'wrong' => refused(fn () => ws_server_publish('sport', "\xff"), fn () => ws_server_publish('sport', 'x', false, ['x'])),
    }));
}
function refused(callable ...$calls): array {
    return array_map(function ($call) { try { return $call(); } catch (WsException $e) { return $e->getMessage(); } }, $calls);
}
PHP;
foreach (WsTest\onEitherFace($code) as $face => $server) {
    [$a, $b, $c] = [$server->connect(), $server->connect(), $server->connect()];
    // With I/O threads PHP may hear of them later.
    foreach ([$a, $b, $c] as $client) { $client->text('id')->read(); }
    $ask = fn ($client, string $what) => $client->text($what)->read();
    echo "$face: ", $ask($a, 'subscribe sport'), ' ', $ask($a, 'subscribe sport'), ' ', $ask($a, 'subscribe arts'), ' ', $ask($b, 'subscribe sport'), ' ', $ask($a, 'topics'), ' ', $ask($c, 'nobody'), "\n";
    echo $ask($c, 'publish sport'), ', ', $a->read(), ', ', $b->read(), "\n";
    echo $ask($c, 'publish arts'), ', ', $a->read(), "\n";
    echo $ask($c, 'publish nothing'), "\n";
    echo $ask($c, 'binary sport'), ', ', $a->read(), ', ', $b->read(), "\n";
    echo $ask($a, 'others sport'), ', ', $b->read(), "\n";
    echo $ask($c, 'wrong'), "\n";
    echo $ask($a, 'unsubscribe sport'), ' ', $ask($a, 'unsubscribe sport'), ' ', $ask($a, 'topics'), "\n";
    // What comes next is not news of sport.
    echo $ask($c, 'publish sport'), ', ', $b->read(), ', ', $ask($a, 'topics'), "\n";
    $b->close()->drain();
    echo $ask($c, 'publish sport'), "\n";
    $server->stop();
}
?>
--EXPECT--
legacy: text true text false text true text true text ["arts","sport"] text [false,false]
text 2, text news of sport, text news of sport
text 1, text news of arts
text 0
text 2, binary ff, binary ff
text 1, text for the others
text ["text is not UTF-8","$except must be a list of connections or their ids (int)"]
text true text false text ["arts"]
text 1, text news of sport, text ["arts"]
text 0
--
status 0
class: text true text false text true text true text ["arts","sport"] text [false,false]
text 2, text news of sport, text news of sport
text 1, text news of arts
text 0
text 2, binary ff, binary ff
text 1, text for the others
text ["text is not UTF-8","$except must be a list of connections or their ids (int)"]
text true text false text ["arts"]
text 1, text news of sport, text ["arts"]
text 0
--
status 0
