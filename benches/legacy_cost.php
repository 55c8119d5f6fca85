<?php
// What the pictures of a client cost in the legacy face: legacy_cost.php [CLIENTS]. Bytes of PHP's memory for each
// client's stream in $sockets and its element of $connections, and what a write through the stream takes beside
// the function that does the same.
$wanted = (int) ($argv[1] ?? 1000);

$open = 0;

function ws_server_authenticate() { return true; }

function ws_server_open() { $GLOBALS['open']++; }

function ws_server_started()
{
    $GLOBALS['before'] = memory_get_usage();
    dial();
}

function ws_server_loop(&$server, &$sockets, &$connections)
{
    global $wanted, $before, $open;
    if ($open < $wanted) {
        return;
    }
    $all = memory_get_usage();
    $key = array_key_first($connections);
    $socket = $sockets[$key];
    $frame = "\x8a\x00"; // a pong: nobody need answer
    $rounds = 100000;
    $time = hrtime(true);
    for ($i = 0; $i < $rounds; $i++) {
        ws_server_send_frame($key, $frame);
    }
    $function = (hrtime(true) - $time) / $rounds;
    $time = hrtime(true);
    for ($i = 0; $i < $rounds; $i++) {
        fwrite($socket, $frame);
    }
    $stream = (hrtime(true) - $time) / $rounds;
    unset($socket);
    $sockets = [$server]; // the streams go with their last reference
    $without = memory_get_usage();
    printf("for each client: a stream %d bytes, an element of \$connections %d bytes\n",
        ($all - $without) / $wanted, ($without - $before) / $wanted);
    printf("a write of a frame: fwrite %d ns, ws_server_send_frame %d ns\n", $stream, $function);
    proc_terminate($GLOBALS['clients']);
    ws_server_stop(timeout: 0);
}

/** The clients are a process of their own, so that their memory is not counted here. */
function dial()
{
    $code = <<<'PHP'
    $clients = [];
    for ($i = 0; $i < $argv[2]; $i++) {
        $clients[] = $client = stream_socket_client($argv[1]);
        fwrite($client, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            . "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: a=b\r\nUser-Agent: bench\r\n\r\n");
    }
    sleep(600);
    PHP;
    $address = stream_socket_get_name($GLOBALS['server'], false);
    $GLOBALS['clients'] = proc_open([PHP_BINARY, '-r', $code, $address, $GLOBALS['wanted']], [['file', '/dev/null', 'r']], $pipes);
}

exit(ws_server_run(['listen' => 'tcp://127.0.0.1:0', 'log_level' => 'error', 'max_buffered' => 1 << 26]));
