--TEST--
The module loads, and phpinfo tells about it
--FILE--
<?php
var_dump(extension_loaded('ws_server'), phpversion('ws_server'));
ob_start();
phpinfo(INFO_MODULES);
preg_match('/^ws_server => enabled\n.*?^ws_server.log_level[^\n]*$/ms', ob_get_clean(), $section);
echo $section[0], "\n";
?>
--EXPECTF--
bool(true)
string(5) "%d.%d.%d"
ws_server => enabled
Version => %d.%d.%d
Sockets are served by => PHP's thread, or threads of their own (io_threads)
TLS => rustls %d.%d.%d, aws-lc-rs %d.%d.%d
TLS protocols => TLSv1.2, TLSv1.3
Compression => permessage-deflate, zlib-rs %d.%d.%d

Directive => Local Value => Master Value
ws_server.io_threads => 0 => 0
ws_server.log_level => info => info
