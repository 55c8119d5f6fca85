<?php

// Starts the chat. Where it listens, and where its page comes from, is told by the environment: see "run".

require __DIR__ . '/Chat.php';

$host = getenv('HOST') ?: '127.0.0.1';
$chat = new Chat([
    'listen' => "tcp://$host:" . (getenv('WS_PORT') ?: 8092),
    // The page is served on another port, so it must be named.
    'origins' => ["http://$host:" . (getenv('HTTP_PORT') ?: 8002)],
    'max_message_size' => 4096,
]);
exit($chat->run());
