--TEST--
ws_server_connections and ws_server_connection, on a server of either face: those that are open, in order, each with one object
--FILE--
<?php
require __DIR__ . '/../include/faces.inc';
$code = <<<'PHP'
function asked(): void { echo 'asked, open: ', ids(), "\n"; }
function closed(): void { echo 'closed, open: ', ids(), "\n"; }
function ids(): string { return json_encode(array_keys(ws_server_connections())); }
function act(int $id, string $m): void {
    $all = ws_server_connections();
    if ($m === 'send') {
        foreach ($all as $connection) { $connection->sendText("from $id to $connection->id"); }
        return;
    }
    ws_server_connection($id)->data = "data of $id";
    $same = array_filter($all, fn (WsConnection $c, int $id) => $c === ws_server_connection($id) && $c->id === $id && $c->state === 'OPEN', ARRAY_FILTER_USE_BOTH);
    ws_server_send_text($id, json_encode([array_map(fn (WsConnection $c) => [$c->uri, $c->data], $same), $same === $all, ws_server_connection(99)]));
}
PHP;
foreach (WsTest\onEitherFace($code) as $face => $server) {
    echo "$face\n";
    foreach (['/one', '/two'] as $i => $target) {
        $clients[$i] = $server->connect([], $target)->text('look');
        echo $clients[$i]->read(), "\n";
    }
    $clients[1]->text('send');
    echo $clients[0]->read(), ', ', $clients[1]->read(), "\n";
    $clients[0]->close()->drain();
    // With I/O threads another client may be faster than the end of this one.
    $server->awaits('closed');
    echo $clients[1]->text('look')->read(), "\n";
    echo $clients[1]->close()->drain(), "\n";
    $server->stop();
}
?>
--EXPECT--
legacy
text [{"1":["\/one","data of 1"]},true,null]
text [{"1":["\/one","data of 1"],"2":["\/two","data of 2"]},true,null]
text from 2 to 1, text from 2 to 2
text [{"2":["\/two","data of 2"]},true,null]
close 1000, gone
--
asked, open: []
asked, open: [1]
closed, open: [2]
closed, open: []
status 0
class
text [{"1":["\/one","data of 1"]},true,null]
text [{"1":["\/one","data of 1"],"2":["\/two","data of 2"]},true,null]
text from 2 to 1, text from 2 to 2
text [{"2":["\/two","data of 2"]},true,null]
close 1000, gone
--
asked, open: []
asked, open: [1]
closed, open: [2]
closed, open: []
status 0
