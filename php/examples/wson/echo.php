<?php

// Everyone gets back what he sends: php -d extension=ws_server echo.php [start|stop|restart]

require __DIR__ . '/Wson.php';

class EchoServer extends Wson
{
    protected function onTextMessage($e_buffer, $descriptor, &$message)
    {
        $this->sendDirect($message, $descriptor);
    }

    protected function onBinaryMessage($e_buffer, $descriptor, &$message)
    {
        $this->sendDirect($message, $descriptor, true);
    }
}

$server = new EchoServer(require __DIR__ . '/config.php', $argv[1] ?? 'start');
if (($error = $server->start()) !== '') {
    fwrite(STDERR, "$error\n");
    exit(1);
}
