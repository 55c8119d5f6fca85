--TEST--
WsException is a RuntimeException that applications may extend
--FILE--
<?php
class Mine extends WsException {}
try {
    throw new Mine('m', 3, new WsException('before'));
} catch (RuntimeException $e) {
    echo get_class($e), ' ', get_parent_class('WsException'), ' ', $e->getMessage(), ' ', $e->getCode(), ' ',
        $e->getLine(), ' ', $e->getPrevious()->getMessage(), ' ', $e->getTraceAsString(), "\n";
}
var_dump((new ReflectionClass('WsException'))->isInternal());
?>
--EXPECT--
Mine RuntimeException m 3 4 before #0 {main}
bool(true)
