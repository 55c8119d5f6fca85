--TEST--
exit(7) in any handler: status 7, no further handlers, the end for the clients, FIFO and listeners gone before the shutdown functions
--FILE--
<?php
require __DIR__ . '/../include/handlers.inc';
$code = <<<'PHP'
register_shutdown_function(function () use ($server) {
    echo 'shutdown ', json_encode([file_exists($server->getOption('fifo')), $server->addresses(), $server->isListening(), count($server), ws_server_broadcast('x')]), "\n";
});
$GLOBALS['over'] = true;
exit(7);
PHP;
foreach (WsTest\Handlers::CALLBACKS as $callback) {
    $play = WsTest\Handlers::play($callback, $code);
    if ($callback !== 'start') {
        // What clients see of a sudden end depends on the moment, but they see one.
        $ends = [$play->bystandersEnd(), $play->clientsEnd()];
        echo array_unique(array_map(fn ($end) => str_ends_with($end, 'gone'), $ends)) === [true] ? '' : json_encode($ends);
    }
    echo $play->wait(), "\n";
}
?>
--EXPECT--
start! shutdown [false,[],false,0,0] exit status 7
connect! shutdown [false,[],false,0,0] exit status 7
request! shutdown [false,[],false,0,0] exit status 7
open! shutdown [false,[],false,0,0] exit status 7
text! shutdown [false,[],false,0,0] exit status 7
binary! shutdown [false,[],false,0,0] exit status 7
message! shutdown [false,[],false,0,0] exit status 7
fragment! shutdown [false,[],false,0,0] exit status 7
line! shutdown [false,[],false,0,0] exit status 7
ping! shutdown [false,[],false,0,0] exit status 7
pong! shutdown [false,[],false,0,0] exit status 7
drain! shutdown [false,[],false,0,0] exit status 7
close! shutdown [false,[],false,0,0] exit status 7
fifo! shutdown [false,[],false,0,0] exit status 7
tick! shutdown [false,[],false,0,0] exit status 7
timer! shutdown [false,[],false,0,0] exit status 7
watch! shutdown [false,[],false,0,0] exit status 7
error: on purpose /tested CLOSING error! shutdown [false,[],false,0,0] exit status 7
log! shutdown [false,[],false,0,0] exit status 7
stop, 2 of 2 closed stop! shutdown [false,[],false,0,0] exit status 7
