--TEST--
A missing ws_server_authenticate is a clear error at the start; nothing is left behind
--DESCRIPTION--
Preserves: ws_server_authenticate is the one function that must be there. The legacy server started without it and died at
the first client.
--FILE--
<?php
$fifo = sys_get_temp_dir() . '/ws_phpt_' . getmypid();
try {
    ws_server_run(['listen' => 'tcp://127.0.0.1:0', 'fifo' => $fifo]);
} catch (WsException $e) {
    echo $e->getMessage(), "\n";
}
var_dump(file_exists($fifo));
?>
--EXPECT--
the function ws_server_authenticate is not defined
bool(false)
