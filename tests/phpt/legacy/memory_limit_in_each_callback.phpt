--TEST--
memory_limit exhausted in any callback: status 255, no further callbacks, every connection ends, FIFO gone, and then the shutdown functions run
--DESCRIPTION--
Preserves: PHP's own status and shutdown functions. Fixes fault 13: the FIFO stayed.
--SKIPIF--
<?php if (getenv('WS_TEST_VALGRIND')) die('skip without PHP\'s own allocator there is no memory limit'); ?>
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../include/scenario.inc';
foreach (array_keys(WsTest\Scenario::CALLBACKS) as $callback) {
    // Many small pieces: the last of them is one that any part of the engine could have asked for.
    $code = 'for ($i = 0;; $i++) { $GLOBALS["keep"][] = str_repeat("x", 1000) . $i; }';
    echo WsTest\Scenario::end($callback, $code, ['memory_limit' => '16M']), "\n";
}
?>
--EXPECT--
-- started! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- connect! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- read! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- authenticate! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- open! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- text! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- binary! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- ping! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- pong! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- drain! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- error! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- fifo! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- loop! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- before_close! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- after_close! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
-- shutdown! Fatal error: Allowed memory size shutdown function [false,false] and its end exit status 255
