<?php
// A fixed script for counting instructions: echo.php FACE MESSAGES [CLIENTS IN_FLIGHT]. Server and clients share one process
// and one thread, and every turn finds the same bytes, so that the count depends on nothing but the code.
[, $face, $messages] = $argv;
define('CLIENTS', (int) ($argv[3] ?? 16));
define('IN_FLIGHT', (int) ($argv[4] ?? 32));
const BYTES = 64;

/** One turn of the server, from inside a timer: clients write, and in the next turn read what came back. */
final class Clients
{
    private array $sockets = [];
    private string $batch;
    private int $left;
    private int $awaited = 0;

    public function __construct(string $address, int $messages)
    {
        $this->left = intdiv($messages, CLIENTS * IN_FLIGHT);
        $mask = "\x12\x34\x56\x78";
        $payload = str_repeat('x', BYTES) ^ str_repeat($mask, BYTES / 4);
        $this->batch = str_repeat("\x81" . chr(0x80 | BYTES) . $mask . $payload, IN_FLIGHT);
        for ($i = 0; $i < CLIENTS; $i++) {
            $socket = stream_socket_client($address);
            stream_set_blocking($socket, false);
            stream_set_read_buffer($socket, 0);
            fwrite($socket, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                . "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: sid=1\r\nUser-Agent: bench\r\n\r\n");
            $this->sockets[] = $socket;
        }
    }

    /** False: all messages have come back. */
    public function turn(): bool
    {
        if ($this->awaited === 0) {
            foreach ($this->sockets as $socket) {
                if (strlen((string) fread($socket, 65536)) === 0) {
                    return true; // not open yet
                }
            }
            $this->awaited = -1;
        } elseif ($this->awaited > 0) {
            foreach ($this->sockets as $socket) {
                $this->awaited -= strlen((string) fread($socket, 65536));
            }
            if ($this->awaited > 0) {
                return true;
            }
        }
        if ($this->left-- === 0) {
            return false;
        }
        foreach ($this->sockets as $socket) {
            fwrite($socket, $this->batch);
        }
        $this->awaited = CLIENTS * IN_FLIGHT * (2 + BYTES);
        return true;
    }
}

$options = ['listen' => 'tcp://127.0.0.1:0', 'log_level' => 'error', 'ping_interval' => 0, 'origins' => 'any'];
if ($face === 'class') {
    $server = new WsServer($options);
    $server->on('text', fn ($c, $m) => $c->sendText($m));
    $server->tick(0);
    $clients = new Clients($server->addresses()[0], $messages);
    while ($clients->turn()) {
        $server->tick(0);
    }
    exit(0);
}

function ws_server_authenticate(&$connection, $cookies, $user_agent, $remote_address) { return true; }
function ws_server_text(&$connections, &$connection, $client_key, $msg) { ws_server_send_text($client_key, $msg); }
function ws_server_started(&$server, &$sockets, &$connections)
{
    global $clients, $messages;
    $clients = new Clients('tcp://' . stream_socket_get_name($server, false), $messages);
    // A pair of sockets that can always be written to turns the loop without waiting.
    $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    ws_server_watch($pair[0], fn () => $clients->turn() || ws_server_stop(1001, '', 0), true);
    $GLOBALS['pair'] = $pair;
}
exit(ws_server_run($options));
