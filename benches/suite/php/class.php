<?php
// The modern face: class.php PORT IO_THREADS [FIFO]. A message that begins with "B" goes to everyone, others come back. With a
// FIFO there is a handler for requests too: it decides as an application does that looks at a cookie.
[, $port, $threads, $fifo] = $argv + [3 => null];
$server = new WsServer(['listen' => "tcp://127.0.0.1:$port", 'io_threads' => (int) $threads, 'origins' => 'any',
    'max_buffered' => 64 << 20, 'log_level' => 'warning', 'fifo' => $fifo]);
$server->on('text', fn ($c, $m) => $m[0] === 'B' ? $server->broadcast($m) : $c->sendText($m));
if ($fifo !== null) {
    $server->on('request', fn ($s, $r) => ($r->cookies['sid'] ?? '') === 'load' ? $r->accept() : $r->reject());
    $server->on('fifo', fn ($s, $m) => $s->broadcast($m));
}
exit($server->run());
