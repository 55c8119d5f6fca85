--TEST--
show_message prints and appends to a log file of the day, 0640; a missing path is said once and harmless
--DESCRIPTION--
Preserves: the line's form, UTC, and the file's name. Fixes fault 12: the file was writable for everybody.
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/log.php';
require __DIR__ . '/../../../php/legacy/errors.php';
show_message('before the settings');
$dir = sys_get_temp_dir() . '/ws_server_log_' . getmypid();
mkdir($dir);
define('WEBSOCKET_LOG_PATH', "$dir/");
umask(0);
show_message('plain');
show_message('starred', true);
$file = glob("$dir/*")[0];
var_dump(preg_match('~/ws_\d{8}\.log$~', $file), substr(sprintf('%o', fileperms($file)), -4), umask());
echo file_get_contents($file);

set_error_handler(WsLegacy\Errors::log(...));
$x = $undefined;
$y = @$silenced;
array_map('unlink', glob("$dir/*"));
rmdir($dir);
show_message('nowhere to write');
set_error_handler(function () { show_message('recursion'); exit; });
show_message('still nowhere');
echo var_dump_to_str([1]);
?>
--EXPECTREGEX--
\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\]  before the settings
\[.{19}\]  plain
\[.{19}\]  \*\*\* starred
int\(1\)
string\(4\) "0640"
int\(0\)
\[.{19}\]  plain
\[.{19}\]  \*\*\* starred
\[.{19}\]  \*\*\* PHP warning: Undefined variable \$undefined in .*log\.php on line \d+
\[.{19}\]  nowhere to write
(server\.php: cannot write .*; log lines go to the standard output only
)?\[.{19}\]  still nowhere
array\(1\) \{
  \[0\]=>
  int\(1\)
\}
