--TEST--
ws_server_error(&$connections, $client_key, $exception) is told about uncaught exceptions; one of its own is only logged
--DESCRIPTION--
New: ws_server_error. Fixes fault 11: an exception ended the server.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
$server = new WsTest\Server(<<<'PHP'
class Custom extends DomainException {
    protected $message = ['not a string'];
    function __construct() {}
}
function ws_server_text(&$connections, &$connection, $client_key, $msg) { $msg === 'custom' ? throw new Custom : intdiv(1, 0); }
function ws_server_fifo() { throw new Exception('outer', 0, new ErrorException('inner')); }
function ws_server_error(&$connections, $client_key, $exception) {
    echo json_encode([array_keys($connections), $client_key, get_class($exception), $exception->getPrevious()?->getMessage()]), "\n";
    if ($client_key === null) {
        throw new RuntimeException('in the handler');
    }
    var_dump(ws_server_send_text($client_key, 'sorry'));
}
PHP);
echo $server->connect()->text('a')->drain(), "\n";
echo $server->connect()->text('custom')->drain(), "\n";
file_put_contents($server->fifo, 'x');
$server->awaits('inner');
$server->stop();
echo preg_replace(['/^.* (debug|info): .*\n/m', '/^\[.{23}\] /m', '~/\S+/~'], ['', '', '%/'], $server->lastLog);
?>
--EXPECTF--
text sorry, close 1011 internal error, gone
text sorry, close 1011 internal error, gone
--
[[1],1,"DivisionByZeroError",null]
bool(true)
[[2],2,"Custom",null]
bool(true)
[[],null,"Exception","inner"]
status 0
error: uncaught in a callback for client 1: DivisionByZeroError: Division by zero in %/app.php:6
  #0 %/app.php(6): intdiv()
  #1 [internal function]: ws_server_text()
  #2 %/app.php(%d): ws_server_run()
  #3 {main}
error: uncaught in a callback for client 2: Custom:  in %/app.php:6
  #0 [internal function]: ws_server_text()
  #1 %/app.php(%d): ws_server_run()
  #2 {main}
error: uncaught in a callback: Exception: outer in %/app.php:7
  #0 [internal function]: ws_server_fifo()
  #1 %/app.php(%d): ws_server_run()
  #2 {main}
caused by ErrorException: inner in %/app.php:7
  #0 [internal function]: ws_server_fifo()
  #1 %/app.php(%d): ws_server_run()
  #2 {main}
error: uncaught in ws_server_error: RuntimeException: in the handler in %/app.php:11
  #0 [internal function]: ws_server_error()
  #1 %/app.php(%d): ws_server_run()
  #2 {main}
