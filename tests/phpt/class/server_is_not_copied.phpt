--TEST--
A server can't be cloned, serialised or unserialised, subclasses included, and goes on
--FILE--
<?php
class Chat extends WsServer {}
foreach ([new WsServer, new Chat] as $server) {
    $class = get_class($server);
    foreach ([fn () => clone $server, fn () => serialize($server), fn () => serialize(['in' => $server]), fn () => unserialize("O:" . strlen($class) . ":\"$class\":0:{}"),
        fn () => unserialize("C:" . strlen($class) . ":\"$class\":0:{}")] as $call) {
        try { echo json_encode($call()), "\n"; } catch (Throwable $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
    }
    echo $server->getOption('max_frame_size'), "\n";
}
?>
--EXPECT--
Error: Trying to clone an uncloneable object of class WsServer
Exception: Serialization of 'WsServer' is not allowed
Exception: Serialization of 'WsServer' is not allowed
Exception: Unserialization of 'WsServer' is not allowed
Exception: Unserialization of 'WsServer' is not allowed
1048576
Error: Trying to clone an uncloneable object of class Chat
Exception: Serialization of 'Chat' is not allowed
Exception: Serialization of 'Chat' is not allowed
Exception: Unserialization of 'Chat' is not allowed
Exception: Unserialization of 'Chat' is not allowed
1048576
