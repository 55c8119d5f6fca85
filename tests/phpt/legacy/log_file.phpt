--TEST--
The log file is for owner and group; it has time and level, and no cookie of a client
--DESCRIPTION--
Fixes fault 12: requests were logged with their cookies, in files that everybody could write.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
umask(0);
$log = sys_get_temp_dir() . '/ws_phpt_' . getmypid() . '.log';
$server = new WsTest\Server(<<<'PHP'
function ws_server_authenticate(&$connection, $cookies) { check($cookies); }
function check($cookies) { throw new Exception('no'); }
PHP, ['log' => $log, 'log_level' => 'debug'], log: $log);
$client = $server->dial()->upgrade(['Cookie' => 'sid=secret']);
echo $client->status(), "\n";
$client->hangUp();
$server->stop();
clearstatcache();
echo decoct(fileperms($log) & 0777), "\n", file_get_contents($log);
unlink($log);
?>
--EXPECTF--
500
--
status 0
640
[%d-%d-%d %d:%d:%d.%d] info: listening on tcp://127.0.0.1:%d
[%d-%d-%d %d:%d:%d.%d] info: the descriptor limit is %S (it was %S)
[%d-%d-%d %d:%d:%d.%d] debug: client 1 connected from 127.0.0.1:%d
[%d-%d-%d %d:%d:%d.%d] error: uncaught in a callback for client 1: Exception: no in %s:3
  #0 %s(2): check()
  #1 [internal function]: ws_server_authenticate()
  #2 %s(%d): ws_server_run()
  #3 {main}
[%d-%d-%d %d:%d:%d.%d] info: stopping on a signal
[%d-%d-%d %d:%d:%d.%d] info: stopped
