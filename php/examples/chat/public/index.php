<?php

// The page. All that it needs to know is the port of the chat.

header('Cache-Control: no-store');
$page = file_get_contents(__DIR__ . '/../page.html');
echo str_replace('{{WS_PORT}}', htmlspecialchars(getenv('WS_PORT') ?: '8092'), $page);
