<?php
// The modern face: class.php PORT IO_THREADS. A message that begins with "B" goes to everyone, others come back.
$server = new WsServer(['listen' => "tcp://127.0.0.1:$argv[1]", 'io_threads' => (int) $argv[2], 'origins' => 'any',
    'max_buffered' => 64 << 20, 'log_level' => 'warning']);
$server->on('text', fn ($c, $m) => $m[0] === 'B' ? $server->broadcast($m) : $c->sendText($m));
exit($server->run());
