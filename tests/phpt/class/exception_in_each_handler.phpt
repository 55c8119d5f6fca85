--TEST--
An exception in any handler: the error handler is told, the client in hand is refused with 500 or closed with 1011, and the server goes on
--FILE--
<?php
require __DIR__ . '/../include/handlers.inc';
foreach (WsTest\Handlers::CALLBACKS as $callback) {
    $play = WsTest\Handlers::play($callback, 'throw new Exception("in " . CALLBACK);', false);
    if ($callback !== 'stop') {
        $play->server->awaits("$callback!");
        // The others are served.
        echo $play->bystander->text('still served')->read(), ' | ';
        $isOver = $play->status !== '101' || in_array($callback, WsTest\Handlers::OF_A_CONNECTION, true);
        $isOver || $play->client->close();
        echo $play->clientsEnd(), ' | ';
        $play->bystander->close()->drain();
        $play->server->signal('TERM');
    }
    echo $play->wait();
    // What is told to nobody else is in the log.
    preg_match_all('/error: uncaught in (.*?): Exception/', $play->server->lastLog, $match);
    echo $match[1] ? ' | ' . implode(', ', $match[1]) : '', "\n";
}
?>
--EXPECT--
text still served | 101 close 1000, gone | start! error: in start nobody ready stop, 2 of 2 closed status 0
text still served | 500 gone | connect! error: in connect nobody stop, 1 of 1 closed status 0
text still served | 500 gone | request! error: in request nobody stop, 1 of 1 closed status 0
text still served | 101 close 1011 internal error, gone | open! error: in open /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | text! error: in text /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | binary! error: in binary /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | message! error: in message /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | fragment! error: in fragment /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | line! error: in line /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | ping! error: in ping /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | pong! error: in pong /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | drain! error: in drain /tested CLOSING stop, 2 of 2 closed status 0
text still served | 101 close 1000, gone | close! error: in close /tested CLOSED stop, 2 of 2 closed status 0
text still served | 101 close 1000, gone | fifo! error: in fifo nobody stop, 2 of 2 closed status 0
text still served | 101 close 1000, gone | tick! error: in tick nobody stop, 2 of 2 closed status 0
text still served | 101 close 1000, gone | timer! error: in timer nobody stop, 2 of 2 closed status 0
text still served | 101 close 1000, gone | watch! error: in watch nobody stop, 2 of 2 closed status 0
text still served | 101 close 1011 internal error, gone | error: on purpose /tested CLOSING error! stop, 2 of 2 closed status 0 | the error handler
text still served | 101 close 1011 internal error, gone | log! stop, 2 of 2 closed status 0 | a callback for client 2, a logger
stop, 2 of 2 closed stop! error: in stop nobody status 0
