--TEST--
ws_pipe_data where no server reads: a failure each time, at once, and nothing is made or left behind
--DESCRIPTION--
Fixed: the legacy function said "OK" and lost the message; with a full pipe it waited for ever.
--FILE--
<?php
require __DIR__ . '/../../../php/ws_app.php';
$folder = sys_get_temp_dir() . '/ws_pipe_' . getmypid();
mkdir($folder);
define('WEBSOCKET_XHR_PIPE_FILE', "$folder/ws_notify");
function attempt(string $what, array $params = ['a' => 1]): void
{
    $result = ws_pipe_data($params, 0.05);
    echo "$what: ", var_export($result, true), " $params[pipe_status]\n";
}

attempt('no file');
var_dump(file_exists(WEBSOCKET_XHR_PIPE_FILE));
file_put_contents(WEBSOCKET_XHR_PIPE_FILE, 'precious');
attempt('a file');
echo file_get_contents(WEBSOCKET_XHR_PIPE_FILE), "\n";
unlink(WEBSOCKET_XHR_PIPE_FILE);

exec('mkfifo ' . escapeshellarg(WEBSOCKET_XHR_PIPE_FILE));
attempt('a FIFO that a killed server has left');
attempt('not JSON', ["\xFF"]);

$reader = fopen(WEBSOCKET_XHR_PIPE_FILE, 'r+'); // somebody who has it open and does not read
attempt('room in the pipe');
attempt('no room in the pipe', [str_repeat('x', 1 << 20)]);
stream_set_blocking($reader, false);
while ((string) fread($reader, 65536) !== "") {
}
attempt('room again');
$writer = fopen(WEBSOCKET_XHR_PIPE_FILE, 'r+');
flock($writer, LOCK_EX);
attempt('another writer has its turn');
fclose($writer);
attempt('and now we');
fclose($reader);
attempt('gone');
unlink(WEBSOCKET_XHR_PIPE_FILE);
rmdir($folder);
?>
--EXPECT--
no file: false PIPE FILE NOT FOUND
bool(false)
a file: false PIPE FILE IS NOT A PIPE
precious
a FIFO that a killed server has left: false NOBODY READS THE PIPE
not JSON: false ERROR ENCODING PARAMS
room in the pipe: true OK
no room in the pipe: false ERROR WRITING PIPE FILE: NOT READ
room again: true OK
another writer has its turn: false ERROR WRITING PIPE FILE: BUSY
and now we: true OK
gone: false NOBODY READS THE PIPE
