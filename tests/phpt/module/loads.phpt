--TEST--
The module loads, and phpinfo tells about it
--FILE--
<?php
var_dump(extension_loaded('ws_server'), phpversion('ws_server'));
ob_start();
phpinfo(INFO_MODULES);
preg_match('/^ws_server => enabled\nVersion => \S+$/m', ob_get_clean(), $section);
echo $section[0], "\n";
?>
--EXPECTF--
bool(true)
string(5) "%d.%d.%d"
ws_server => enabled
Version => %d.%d.%d
