--TEST--
ws_pipe_data, the web application's side: pipe_status as before, and the truth where nobody reads; it never waits for long
--DESCRIPTION--
Preserved: ws_pipe_data(&$params) writes the JSON of $params, or the text of a "wsmanage" command, and sets "pipe_status".
Fixed: the legacy function opened the FIFO "w+", which makes the writer a reader: "OK" where no server was running, and
a text longer than the pipe waited for ever.
--FILE--
<?php
require __DIR__ . '/../include/server.inc';
require __DIR__ . '/../../../php/ws_app.php';
$server = new WsTest\Server(<<<'PHP'
function ws_server_fifo(&$server, &$sockets, &$connections, &$data)
{
    $params = json_decode($data, true);
    echo is_array($params) ? implode(' ', array_map(fn ($v) => strlen($v) > 50 ? md5($v) : $v, $params)) : $data, "\n";
}
PHP);
define('WEBSOCKET_XHR_PIPE_FILE', $server->fifo);

$params = ['operation' => 'save', 'user' => 'ann é'];
var_dump(ws_pipe_data($params), $params);
$params = ['wsmanage' => ['cmd' => 'list clients']];
var_dump(ws_pipe_data($params), $params['pipe_status']);
$server->awaits("save ann é")->awaits('list clients');

// Longer than the pipe, from several writers at once: none is torn.
$code = 'require ' . var_export(__DIR__ . '/../../../php/ws_app.php', true) . '; define("WEBSOCKET_XHR_PIPE_FILE", ' . var_export($server->fifo, true) . ');
    $params = ["big", $argv[1], str_repeat($argv[1], 300000)]; ws_pipe_data($params, 15.0); echo $params["pipe_status"];';
$writers = [];
foreach (['a', 'b', 'c'] as $letter) {
    $writers[] = popen(escapeshellarg(PHP_BINARY) . ' -n -r ' . escapeshellarg($code) . " $letter", 'r');
}
foreach ($writers as $i => $writer) {
    echo stream_get_contents($writer), "\n";
    $server->awaits('big ' . 'abc'[$i] . ' ' . md5(str_repeat('abc'[$i], 300000)));
}

$params = [];
for ($i = 0; $i < 1000; $i++) { // no descriptor is left open
    $params = ["n$i"];
    ws_pipe_data($params) || exit("failed at $i\n");
}
$server->awaits('n999');

$server->signal('KILL'); // it can't remove the FIFO
$server->wait();
?>
--EXPECTREGEX--
bool\(true\)
array\(3\) \{
  \["operation"\]=>
  string\(4\) "save"
  \["user"\]=>
  string\(6\) "ann é"
  \["pipe_status"\]=>
  string\(2\) "OK"
\}
bool\(true\)
string\(2\) "OK"
OK
OK
OK
--
save ann é
list clients
(big [abc] [0-9a-f]{32}
){3}(n\d+
){1000}killed by signal 9
the FIFO is still there
