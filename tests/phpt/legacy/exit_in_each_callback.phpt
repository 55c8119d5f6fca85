--TEST--
exit(7) in any callback: status 7, no further callbacks, every connection ends, FIFO gone, and then the shutdown functions run
--DESCRIPTION--
Preserves: exit(7) keeps status 7, and shutdown functions run. Fixes fault 13: the FIFO stayed.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    echo WsTest\Scenario::end($callback, 'exit(7);'), "\n";
}
?>
--EXPECT--
-- started! shutdown function [false,false] and its end exit status 7
-- connect! shutdown function [false,false] and its end exit status 7
-- read! shutdown function [false,false] and its end exit status 7
-- authenticate! shutdown function [false,false] and its end exit status 7
-- open! shutdown function [false,false] and its end exit status 7
-- text! shutdown function [false,false] and its end exit status 7
-- binary! shutdown function [false,false] and its end exit status 7
-- ping! shutdown function [false,false] and its end exit status 7
-- pong! shutdown function [false,false] and its end exit status 7
-- drain! shutdown function [false,false] and its end exit status 7
-- error! shutdown function [false,false] and its end exit status 7
-- fifo! shutdown function [false,false] and its end exit status 7
-- loop! shutdown function [false,false] and its end exit status 7
-- before_close! shutdown function [false,false] and its end exit status 7
-- after_close! shutdown function [false,false] and its end exit status 7
-- shutdown! shutdown function [false,false] and its end exit status 7
