<?php

/** The settings file that the web application shares with the push server. @return array<string, string> */
function notify_settings(): array
{
    $values = [];
    foreach (file(getenv('WS_SERVER_SETTINGS'), FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES) as $line) {
        [$key, $value] = explode('=', trim($line), 2) + [1 => ''];
        $values[$key] = $value;
    }
    return $values;
}
