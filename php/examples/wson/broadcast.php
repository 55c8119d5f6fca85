<?php

// Everyone gets what anyone sends: php -d extension=ws_server broadcast.php [start|stop|restart]

require __DIR__ . '/Wson.php';

class BroadcastServer extends Wson
{
    protected function onStart()
    {
        echo "Started successfully\n";
    }

    protected function onHandshake($e_buffer, $descriptor)
    {
        $this->sendDirect("Welcome, number $descriptor.", $descriptor);
    }

    protected function onTextMessage($e_buffer, $descriptor, &$message)
    {
        $this->sendBroadcast("$descriptor: $message");
    }

    protected function onBinaryMessage($e_buffer, $descriptor, &$message)
    {
        $this->sendBroadcast($message, true);
    }
}

$server = new BroadcastServer(require __DIR__ . '/config.php', $argv[1] ?? 'start');
if (($error = $server->start()) !== '') {
    fwrite(STDERR, "$error\n");
    exit(1);
}
