--TEST--
Any handler may stop the server: everyone who was open gets the Close and one close event, then comes the stop event
--FILE--
<?php
require __DIR__ . '/../include/handlers.inc';
foreach (WsTest\Handlers::CALLBACKS as $callback) {
    $play = WsTest\Handlers::play($callback, '$server->stop(1012, "restarting"); $server->stop(1000, "the first call counts");');
    echo $callback === 'start' ? '' : $play->bystandersEnd() . ' | ' . $play->clientsEnd() . ' | ';
    echo $play->wait(), "\n";
}
?>
--EXPECT--
start! stop, 0 of 0 closed status 0
close 1012 restarting, gone | 503 gone | connect! stop, 1 of 1 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | request! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | open! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | text! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | binary! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | message! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | fragment! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | line! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | ping! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | pong! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | drain! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1000, gone | close! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | fifo! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | tick! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | timer! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1012 restarting, gone | watch! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1011 internal error, gone | error: on purpose /tested CLOSING error! stop, 2 of 2 closed status 0
close 1012 restarting, gone | 101 close 1011 internal error, gone | log! stop, 2 of 2 closed status 0
close 1001 server shutting down, gone | 101 close 1001 server shutting down, gone | stop, 2 of 2 closed stop! status 0
