<?php

/*
 * Pushes a message to every open page: POST or GET "message", answered with JSON.
 *
 * A web application does just this: open the FIFO, write json_encode($params), close. Applications open it with
 * "w+", which works too, but then nobody notices that no server reads it. Here it is opened for writing only and
 * without blocking ("n"), so that a stopped server is an error and a full pipe does not hold up the page for ever.
 */

require __DIR__ . '/../settings.php';

const PIPE_BUF = 4096; // up to this size a write goes into the pipe whole, whoever else writes at the same time
const PATIENCE = 2.0;  // seconds

function answer(int $status, string $key, string $text): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    exit(json_encode([$key => $text]) . "\n");
}

function push(string $fifo, string $data): void
{
    if (@filetype($fifo) !== 'fifo' || !($pipe = @fopen($fifo, 'wn'))) {
        answer(503, 'error', 'the push server is not running');
    }
    $deadline = microtime(true) + PATIENCE;
    while (@fwrite($pipe, $data) !== strlen($data)) {
        $left = $deadline - microtime(true);
        $read = $except = null;
        $write = [$pipe];
        if ($left <= 0 || !stream_select($read, $write, $except, (int) $left, (int) (fmod($left, 1) * 1e6))) {
            answer(503, 'error', 'the push server is too busy to take the message');
        }
    }
    fclose($pipe);
}

$message = $_REQUEST['message'] ?? null;
if (!is_string($message) || trim($message) === '') {
    answer(400, 'error', 'there is no message');
}
$data = json_encode(['message' => $message, 'time' => time()]);
if ($data === false) {
    answer(400, 'error', 'the message is not UTF-8');
}
if (strlen($data) > PIPE_BUF) {
    answer(413, 'error', 'the message is too long');
}
push(notify_settings()['WEBSOCKET_XHR_PIPE_FILE'], $data);
answer(200, 'result', 'pushed');
