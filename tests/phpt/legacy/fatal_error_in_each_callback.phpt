--TEST--
A fatal error in any callback: status 255, no further callbacks, every connection ends, FIFO gone, and then the shutdown functions run
--DESCRIPTION--
Preserves: PHP's own status and shutdown functions. Fixes fault 13: the FIFO stayed.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    echo WsTest\Scenario::end($callback, 'trigger_error("fatal", E_USER_ERROR);'), "\n";
}
?>
--EXPECT--
-- started! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- connect! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- read! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- authenticate! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- open! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- text! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- binary! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- ping! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- pong! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- drain! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- error! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- fifo! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- loop! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- before_close! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- after_close! Fatal error: fatal shutdown function [false,false] and its end exit status 255
-- shutdown! Fatal error: fatal shutdown function [false,false] and its end exit status 255
