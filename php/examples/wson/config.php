<?php

// For both servers and for the terminal. A secret makes them ask for tokens: see the option `tokens`.

$folder = getenv('WSON_FOLDER') ?: __DIR__;

return array_filter([
    'servers' => ['tcp://127.0.0.1:' . (getenv('WS_PORT') ?: 8099)],
    'domains' => ['localhost:' . (getenv('WS_PORT') ?: 8099)],
    'control' => "unix://$folder/control.sock",
    'pid' => "$folder/wson.pid",
    'secret' => getenv('WSON_SECRET'),
    'origins' => ['http://localhost'],
]);
