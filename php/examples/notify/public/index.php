<?php

// The page, and the cookie by which the push server knows its reader. A handshake without a cookie is refused.

require __DIR__ . '/../settings.php';

if (!preg_match('/^[A-Za-z0-9-]{1,40}$/', $_COOKIE['notify_name'] ?? '')) {
    $names = ['otter', 'heron', 'badger', 'lynx', 'robin', 'marten', 'kestrel', 'hare', 'newt', 'swift'];
    $name = $names[array_rand($names)] . '-' . random_int(100, 999);
    setcookie('notify_name', $name, ['path' => '/', 'samesite' => 'Lax', 'httponly' => true]);
}
header('Cache-Control: no-store');

$settings = notify_settings();
$page = file_get_contents(__DIR__ . '/../page.html');
echo str_replace('{{WS_PORT}}', htmlspecialchars($settings['WEBSOCKET_LISTENING_PORT']), $page);
