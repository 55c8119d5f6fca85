--TEST--
ws_server_send_file, on a server of either face: one file at a time, as binary or text, others queue behind
--FILE--
<?php
require __DIR__ . '/../include/faces.inc';
$code = <<<'PHP'
file_put_contents('PATH', str_repeat('0123456789', 100000));
function act(int $id, string $m): void {
    match ($m) {
        'binary' => ws_server_send_text($id, json_encode([ws_server_send_file($id, 'PATH'), ws_server_send_file($id, 'PATH')])),
        'text' => ws_server_send_text($id, json_encode([ws_server_send_file($id, 'PATH', false)])),
        'nobody' => ws_server_send_text($id, json_encode([ws_server_send_file(99, 'PATH')])),
        'missing' => missing($id),
    };
}
function missing(int $id): void {
    try { ws_server_send_file($id, 'PATH.missing'); } catch (WsException $e) { ws_server_send_text($id, get_class($e)); }
}
PHP;
$path = sys_get_temp_dir() . '/ws_phpt_sent_' . getmypid();
foreach (WsTest\onEitherFace(str_replace('PATH', $path, $code)) as $face => $server) {
    $client = $server->connect();
    foreach (['binary', 'text'] as $kind) {
        [$opcode, $content, $isLast] = $client->text($kind)->readFrame();
        $content .= $isLast ? '' : $client->readMessage();
        echo "$face: opcode $opcode, ", $content === str_repeat('0123456789', 100000) ? 'the file' : strlen($content) . ' bytes', ', ', $client->read(), "\n";
    }
    echo $client->text('nobody')->read(), ', ', $client->text('missing')->read(), "\n";
    echo $client->close()->drain(), "\n";
    $server->stop();
}
unlink($path);
?>
--EXPECT--
legacy: opcode 2, the file, text [true,false]
legacy: opcode 1, the file, text [true]
text [false], text WsException
close 1000, gone
--
status 0
class: opcode 2, the file, text [true,false]
class: opcode 1, the file, text [true]
text [false], text WsException
close 1000, gone
--
status 0
