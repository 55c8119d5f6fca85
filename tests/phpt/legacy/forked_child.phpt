--TEST--
A child that a callback forks off neither serves nor takes anything from its parent, whether it exits or returns
--DESCRIPTION--
Preserves: a handler may pcntl_fork(); what the child inherits is the parent's.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
function ws_server_text(&$connections, &$connection, $client_key, $msg) {
    if ($msg === 'term') {
        $pid = pcntl_fork();
        $pid === 0 && sleep(10);
        exec("kill -TERM $pid");
        pcntl_waitpid($pid, $status);
        ws_server_send_text($client_key, json_encode(pcntl_wifsignaled($status)));
        return;
    }
    if (($pid = pcntl_fork()) === 0) {
        $nothing = json_encode([ws_server_send_text($client_key, 'from the child'), ws_server_broadcast('x'), ws_server_disconnect($client_key)]);
        if ($msg === 'exit') {
            file_put_contents('php://stdout', "exits $nothing\n");
            exit(3);
        }
        file_put_contents('php://stdout', "returns $nothing\n");
        return;
    }
    pcntl_waitpid($pid, $status);
    ws_server_send_text($client_key, 'child ' . pcntl_wexitstatus($status));
}
function ws_server_before_close() { echo "before\n"; }
PHP);
$client = $server->connect();
echo $client->text('exit')->read(), "\n", $client->text('return')->read(), "\n", $client->text('term')->read(), "\n";
echo filetype($server->fifo), ' ', $server->connect()->text('exit')->read(), "\n";
echo $client->close()->drain(), "\n";
$server->stop();
?>
--EXPECTF--
text child 3
text child 255
text true
fifo text child 3
close 1000, gone
--
exits [false,0,false]
returns [false,0,false]

Fatal error: Uncaught WsException: the server can't run on in a forked child in %/app.php:%d
Stack trace:
#0 %/app.php(%d): ws_server_run(Array)
#1 {main}
  thrown in %/app.php on line %d
exits [false,0,false]
before
before
status 0
