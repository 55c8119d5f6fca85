--TEST--
Names that applications own are not defined, so that an events file can declare them
--FILE--
<?php
foreach (['authenticate', 'initialize', 'started', 'fifo', 'loop', 'connect', 'open', 'before_close', 'after_close', 'close',
    'read', 'text', 'binary', 'ping', 'pong', 'drain', 'error', 'shutdown', 'finalize'] as $name) {
    if (function_exists("ws_server_$name")) {
        echo "ws_server_$name is defined\n";
    }
    eval("function ws_server_$name() {}");
}
echo "done\n";
?>
--EXPECT--
done
