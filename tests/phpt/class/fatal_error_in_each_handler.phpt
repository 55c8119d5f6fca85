--TEST--
A fatal error in any handler: status 255, no further handlers, the end for the clients, FIFO and listeners gone before the shutdown functions
--FILE--
<?php
require __DIR__ . '/../include/handlers.inc';
$code = <<<'PHP'
register_shutdown_function(function () use ($server) {
    echo 'shutdown ', json_encode([file_exists($server->getOption('fifo')), $server->addresses(), $server->isListening(), count($server), ws_server_broadcast('x')]), "\n";
});
$GLOBALS['over'] = true;
trigger_error("fatal", E_USER_ERROR);
PHP;
foreach (WsTest\Handlers::CALLBACKS as $callback) {
    $play = WsTest\Handlers::play($callback, $code);
    if ($callback !== 'start') {
        // What clients see of a sudden end depends on the moment, but they see one.
        $ends = [$play->bystandersEnd(), $play->clientsEnd()];
        echo array_unique(array_map(fn ($end) => str_ends_with($end, 'gone'), $ends)) === [true] ? '' : json_encode($ends);
    }
    echo preg_replace("~ in \\S+/app.php on line \\d+~", "", $play->wait()), "\n";
}
?>
--EXPECT--
start! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
connect! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
request! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
open! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
text! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
binary! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
message! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
fragment! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
line! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
ping! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
pong! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
drain! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
close! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
fifo! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
tick! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
timer! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
watch! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
error: on purpose /tested CLOSING error! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
log! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
stop, 2 of 2 closed stop! Fatal error: fatal shutdown [false,[],false,0,0] exit status 255
