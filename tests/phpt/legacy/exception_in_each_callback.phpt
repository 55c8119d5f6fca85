--TEST--
An exception in any callback: its client is closed with 1011 (500 during the handshake), it is logged, the server goes on
--DESCRIPTION--
Fixes fault 11: an exception ended the server.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    $server = new WsTest\Server(WsTest\Scenario::application($callback, 'throw new LogicException("thrown");'), WsTest\Scenario::OPTIONS);
    // Whether the ping was answered before depends on what came in one read.
    echo "$callback: ", str_replace('pong c, ', '', WsTest\Scenario::play($server, $callback)), "\n";
    $server->signal('TERM');
    ob_start();
    $server->wait();
    echo str_replace("\n", ' ', ob_get_clean()), "\n", substr_count($server->lastLog, 'LogicException: thrown in '), "\n";
}
?>
--EXPECT--
started: 101 | close 1000, gone | 101 | close 1000, gone
-- started! status 0 
1
connect: 500 | 101 | close 1000, gone
-- connect! status 0 
1
read: 500 | 101 | close 1000, gone
-- read! status 0 
1
authenticate: 500 | 101 | close 1000, gone
-- authenticate! status 0 
1
open: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- open! status 0 
1
text: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- text! status 0 
1
binary: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- binary! status 0 
1
ping: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- ping! status 0 
1
pong: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- pong! status 0 
1
drain: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- drain! status 0 
1
error: 101 | close 1011 internal error, gone | 101 | close 1000, gone
-- error! status 0 
1
fifo: 101 | close 1000, gone | 101 | close 1000, gone
-- fifo! status 0 
1
loop: 101 | close 1000, gone | 101 | close 1000, gone
-- loop! status 0 
1
before_close: 101 | close 1000, gone | 101 | close 1000, gone
-- before_close! status 0 
1
after_close: 101 | close 1000, gone | 101 | close 1000, gone
-- after_close! status 0 
1
shutdown: 101 | close 1000, gone | 101 | close 1000, gone
-- shutdown! status 0 
1
