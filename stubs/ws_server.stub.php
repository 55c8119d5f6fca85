<?php

/**
 * What the extension ws_server offers to PHP, for readers and for IDEs. `tools/stubs` compares it with the extension.
 *
 * Sizes are bytes, times are seconds (fractions allowed). RFC means RFC 6455 where no other number is given.
 *
 * Options (of `new WsServer($options)` and `ws_server_run($options)`; an unknown name, or a value that can't be used, is
 * a WsException that names the option):
 *
 *  - `listen` (string|string[], "tcp://127.0.0.1:8080"): `tcp://HOST:PORT` (port 0 picks a free one), `tls://HOST:PORT`,
 *    `unix:///PATH`, `fd://N` (an inherited descriptor), `systemd` (all that systemd passed on). With [] a WsServer listens
 *    to nothing until listen() is called: run() runs, for timers, watched streams and the FIFO.
 *  - `backlog` (int, 4096): connections that the kernel holds for us. `reuse_port` (bool, false): SO_REUSEPORT.
 *  - `max_connections` (int|null, null): null is as many as the descriptor limit allows, which is raised first.
 *  - `fifo` (string|null, null): path of a FIFO to make and read; `fifo_mode` (int, 0660); `fifo_framing` ("auto",
 *    "raw", "line"): with auto each complete JSON document or line is one message, and the rest comes as it came.
 *  - `control` (string|string[], []): `unix:///PATH` (made with mode 0660) and `tcp://HOST:PORT`, where other programs push
 *    through the server; docs/control.md has the protocol. `control_secret` (string|null, null): over TCP it comes first;
 *    it is required there, unless the address is loopback.
 *  - `domains` (string[], []): public names of the listeners, in the order of `listen` and not more than these. Control
 *    clients ask for the one whose listener has the fewest connections.
 *  - `pid` (string|null, null): path of a file for the process id, locked while the server runs: a second server with the
 *    same file does not start. One that was left behind is used again; it is removed at the end.
 *  - `log` ("stderr", "stdout", a path, or null for nowhere; "stderr"), `log_level` (a PSR-3 level, "info").
 *  - `io_threads` (int 0 to 64, 0): threads that serve the sockets while PHP runs callbacks; 0: PHP's own thread does.
 *  - `tick_interval` (float, 0.2): the longest pause between two turns of the loop.
 *  - `max_message_size`, `max_frame_size` (int, 1 MiB): a client that sends more is closed with 1009; `max_handshake_size`
 *    (int, 16 KiB): 431.
 *  - `max_buffered` (int, 1 MiB): what may wait for a client; `slow_client` ("close" with 1013, or "drop" the newest
 *    message); `send_timeout` (float, 30): a client that takes nothing of what waits for so long is closed with 1013.
 *  - `handshake_timeout` (float, 5), `ping_interval` (25), `ping_timeout` (20), `idle_timeout` (0), `close_timeout` (5);
 *    0 is never.
 *  - `max_connections_per_ip` (int, 0), `handshake_rate_per_ip` (float a second, 0): 429; `message_rate` (float a second,
 *    0): 1008. 0 is no limit.
 *  - `origins` ("any", "same", or a list like ["https://example.com"]): "same" for WsServer, "any" for ws_server_run().
 *    A client that sends no Origin header is no browser and is let in.
 *  - `allow`, `deny`, `trusted_proxies` (string[], []): addresses and networks ("10.0.0.0/8"). `Forwarded` and
 *    `X-Forwarded-For` are believed from trusted proxies only.
 *  - `tokens` (array|null, null): who wants to connect must show cookies that the web application has signed. `secret` (any
 *    non-empty string; required); `lifetime` (float, 86400): how long a token is good for, from its time on; an open
 *    connection is closed with 1000 "expired" then; `algorithm` ("hmac-sha256", or "md5"); `cookies`: their names, by role
 *    (`token`, `user`, `time`, `digest`, each called like its role; with `user` null no cookie names a user);
 *    `max_per_user` (int, 5; 0 is no limit): open connections of one user; over it 429.
 *    The digest is hash_hmac('sha256', "$user:$token:$time", $secret) or md5($secret.$user.$token.$time), the user empty
 *    where there is none, in hexadecimal digits of either case. A token is 1 to 32 bytes of printable ASCII without blanks
 *    and colons that do not begin with "#" (with md5 and a user's cookie exactly 32 bytes: else users and tokens could
 *    be mixed up); a user is UTF-8 of at most 255 bytes without control characters; a time has ten digits, and may be 60
 *    seconds in the future, as clocks go. Cookies are decoded as for $_COOKIE. A cookie that is missing, there twice or
 *    malformed, a wrong digest, a time that is over or to come: 403. A token that an open connection has shown: 429, until
 *    that has ended.
 *  - `subprotocols` (string[], []), `server_header` (string|null, null).
 *  - `compression` (bool|array, false): permessage-deflate (RFC 7692); true, or some of `level` (int 0 to 9, 1), `window_bits` (int
 *    9 to 15, 15), `context_takeover` (bool, false), `threshold` (int, 256: shorter messages are sent as they are), `memory`
 *    (int, 512 KiB: for the contexts of a connection). Files and messages in pieces are sent as they are.
 *  - `tls` (array|null, null): for `tls://` listeners. `cert` and `key` (PEM: a path, or the text itself; without `key` it stands
 *    beside the certificate) or `pkcs12` (a path, the bytes, or their base64), with a `passphrase` where one is needed;
 *    `verify_client` ("none", "optional", "required"), `client_ca` and `crl` (PEM; one or a list); `sni`: host names
 *    ("*.example.org" too), each with a certificate of its own and, where they differ, others of these; `protocols`
 *    (["TLSv1.2", "TLSv1.3"]), `ciphers`, `groups` (names in order of preference); `tickets` (bool, true); `keylog` (a
 *    path); `handshake_timeout` (float|null, null: the option of this name is for both handshakes together). What is wrong
 *    with a file is told at the start. A changed file is taken up within 10 s; one that can't be used is told to the log.
 *  - `tcp` (array): `nodelay` (true), `keepalive` (`time`, `interval`, `retries`), `recv_buffer`, `send_buffer`.
 *  - `max_out_frame` (int, 0): longer messages are sent in fragments; 0 never. `buffer_messages` (bool, true): with false
 *    sizes are not limited, and pieces are handed on as they come (the `fragment` event).
 *  - `slow_callback` (float, 1.0): a callback that took longer is logged with its name; 0 never. What is shorter than a
 *    tick of the kernel's clock (4 ms) is not noticed.
 *  - `metrics` (string|null, null): `tcp://HOST:PORT` or `unix:///PATH`, where a thread of its own answers `/metrics` (Prometheus),
 *    `/health` (200 only while the loop turns) and `/` (a page to look at, with the last lines of the log), while a callback
 *    blocks too. **Nobody is asked who they are there**: keep it on the loopback interface or a Unix socket; another address
 *    is allowed, and warned of in the log.
 *  - `stall_after` (float, 10; greater than 0): the loop is stalled when it has not turned for so long though it should have:
 *    `/health` is 503 then, and systemd's watchdog gets no more signs of life.
 *
 * Metrics (docs/metrics.md has their labels and meanings): ws_server_build_info, _start_time_seconds, _uptime_seconds, _healthy,
 * _connections, _connections_accepted_total, _accept_errors_total, _handshakes_total, _connections_closed_total,
 * _connections_compressed_total, _messages_total, _message_bytes_total, _socket_bytes_total, _messages_dropped_total,
 * _messages_compressed_total, _compression_saved_bytes_total, _buffered_bytes, _fifo_messages_total, _callback_duration_seconds,
 * _callback_longest_seconds, _loop_turns_total, _loop_lag_seconds, _loop_longest_lag_seconds, _loop_late_seconds, _timers, _watches,
 * _php_memory_bytes; process_resident_memory_bytes.
 *
 * INI entries (in php.ini or with -d, not with ini_set()): `ws_server.io_threads` (0) and `ws_server.log_level` ("info") are the
 * defaults of these two options. They depend on the machine; the others on the application, or on its settings file.
 */

/** What can't be done as it was asked for: options, addresses, text that is not UTF-8, close codes, nested loops. */
class WsException extends RuntimeException
{
}

/**
 * A WebSocket push server.
 *
 *     $server = new WsServer(['listen' => 'tcp://0.0.0.0:8080']);
 *     $server->on('text', fn (WsConnection $c, string $m) => $server->broadcast($m));
 *     $server->run();
 *
 * Handlers run on PHP's thread, one at a time, in the order in which things happened on a connection. Every function may be
 * called in every handler. An uncaught exception goes to the `error` handler, or to the log; the connection in hand is
 * closed with 1011, and the server goes on. `exit` and fatal errors end the server: sockets are closed, the FIFO is removed.
 *
 * One server can listen in a process; the functions ws_server_*() act on it.
 */
class WsServer implements Countable, IteratorAggregate
{
    /** The extension's version. */
    public const VERSION = '0.1.0';

    /**
     * Listens to nothing yet.
     *
     * @param array $options see the head of this file
     * @throws WsException if an option can't be used
     */
    public function __construct(array $options = [])
    {
    }

    /**
     * Sets the handler of an event; there is one for each. null removes it. A subclass may define methods instead, public
     * or protected: onStart, onText and so on, with the same arguments; a handler that was set goes before the method.
     *
     *  - `start($server)`: the loop begins. `stop($server)`: it ends, after the last close event.
     *  - `connect($server, string $address, int $port)`: a client connected; false refuses it with 403.
     *  - `request($server, WsRequest $request)`: it asks for the upgrade. See WsRequest.
     *  - `open(WsConnection $c)`: messages may flow.
     *  - `text($c, string $message)`, `binary($c, string $message)`; `message($c, string $message, bool $binary)` gets those
     *    that have no handler of their own.
     *  - `fragment($c, string $piece, bool $final, bool $binary)`: with `buffer_messages` off. A piece of text may end inside
     *    a character.
     *  - `line($c, string $line)`: in line mode.
     *  - `ping($c, string $payload)`: it has been answered. `pong($c, string $payload)`.
     *  - `drain($c)`: the client has taken all that had waited, or a file is sent.
     *  - `close($c, int $code, string $reason, bool $clean)`: exactly once for each `open`. Codes that never were on the wire:
     *    1005 for a Close without a code, 1006 for an abrupt end (RFC section 7.1.5).
     *  - `fifo($server, string $data)`: a message from the FIFO. `tick($server)`: once a turn of the loop.
     *  - `error(Throwable $e, ?WsConnection $c)`: nobody has caught it.
     *  - `log(string $level, string $message, array $context)`: a log line, beside where it goes else.
     *
     * @return static $this
     * @throws WsException if there is no such event
     */
    public function on(string $event, ?callable $handler): static
    {
    }

    /**
     * Listens on an address, at once; more than one are possible. Instead of the default of `listen`, but beside what the
     * constructor was told. Nobody is served before run() or tick().
     *
     * @param string $uri     see the option `listen`
     * @param array  $options `backlog` and `reuse_port` for this address
     * @return static $this
     * @throws WsException if it can't be listened on, or another server runs in this process
     */
    public function listen(string $uri, array $options = []): static
    {
    }

    /**
     * Where it listens, as URIs with the real ports.
     *
     * @return string[] empty where it does not
     */
    public function addresses(): array
    {
    }

    /** Whether new clients are let in. */
    public function isListening(): bool
    {
    }

    /**
     * Runs the server until it is stopped: by stop(), SIGTERM or SIGINT (unless the application has handlers of its own). That
     * it listens to nothing (any more) does not end it.
     *
     * @return int the exit status: 0 after a clean end
     * @throws WsException if it can't listen, another server runs in this process, or it is called in a handler
     */
    public function run(): int
    {
    }

    /**
     * One turn of the loop, for use inside another loop: waits for something to happen, calls the handlers and due timers,
     * and sends what they have sent. Starts listening where that was not done. Signals are the other loop's business. After
     * stop() it is to be called on until addresses() is empty.
     *
     * @param float|null $timeout seconds to wait; 0 does not wait, null waits `tick_interval` at most
     * @return int how much happened: events, timers, watched streams
     * @throws WsException if it can't listen, or is called in a handler
     */
    public function tick(?float $timeout = null): int
    {
    }

    /**
     * A stream to wait for in another loop: it is readable when tick() has something to do, timers included (on systems
     * other than Linux: without timers; tick() must be called often enough). Never to be read from.
     *
     * @return resource
     * @throws WsException if it can't listen
     */
    public function stream()
    {
    }

    /**
     * Ends the server when the handler in hand returns: nobody is let in any more, every client gets a Close, and close
     * events follow. Does nothing where it does not run. The first call counts.
     *
     * @param int    $code    close code (RFC section 7.4)
     * @param string $reason  at most 123 bytes of UTF-8
     * @param float  $timeout seconds that clients have to answer
     * @throws WsException if code, reason or timeout can't be used
     */
    public function stop(int $code = 1001, string $reason = "server shutting down", float $timeout = 5.0): void
    {
    }

    /** Closes the listeners. Clients stay, and control connections go on; listen() opens others. */
    public function stopListening(): void
    {
    }

    /**
     * Sends a text message to every open connection.
     *
     * @param array<int|WsConnection> $except who does not get it
     * @return int how many get it
     * @throws WsException if it is not UTF-8, or $except holds something else
     */
    public function broadcast(string $text, array $except = []): int
    {
    }

    /**
     * Sends a binary message to every open connection.
     *
     * @param array<int|WsConnection> $except who does not get it
     * @return int how many get it
     * @throws WsException if $except holds something else
     */
    public function broadcastBinary(string $data, array $except = []): int
    {
    }

    /**
     * Sends a message to all subscribers of a topic.
     *
     * @param array<int|WsConnection> $except who does not get it
     * @return int how many get it
     * @throws WsException if a text is not UTF-8, or $except holds something else
     */
    public function publish(string $topic, string $message, bool $binary = false, array $except = []): int
    {
    }

    /** The connection with this id; null where it is not open (any more). Always the same object. */
    public function connection(int $id): ?WsConnection
    {
    }

    /**
     * All connections between their open and close events, as they are now.
     *
     * @return iterable<int, WsConnection> by id, in the order of arrival
     */
    public function connections(): iterable
    {
    }

    /** How many connections are between their open and close events. */
    public function count(): int
    {
    }

    /** The same as connections(). */
    public function getIterator(): Iterator
    {
    }

    /**
     * Calls $fn after so many seconds, without arguments.
     *
     * @param bool $repeat every so many seconds; turns that were missed are left out
     * @return int for cancelTimer()
     * @throws WsException if the time can't be used
     */
    public function timer(float $seconds, callable $fn, bool $repeat = false): int
    {
    }

    /** @return bool false if there is no such timer (any more) */
    public function cancelTimer(int $timer): bool
    {
    }

    /**
     * Calls $fn with the stream whenever it can be read (bytes that PHP has buffered count), or written to. Regular files
     * always can. A stream that is closed is not watched any more.
     *
     * @param resource $stream
     * @return int for unwatch()
     * @throws WsException if it is no open stream, or has no descriptor
     */
    public function watch($stream, callable $fn, bool $write = false): int
    {
    }

    /** @return bool false if there is no such watch (any more) */
    public function unwatch(int $watch): bool
    {
    }

    /**
     * What was counted since the start; where it does not run, only `open`.
     *
     *  - `uptime` (s), `connections` (not open yet, open, and ending ones), `open`, `buffered` (bytes that wait for clients),
     *    `timers`, `watches`
     *  - `accepted`, `accept_errors`, `opened`, `closed` (all that ended, those that never were open included), `closed_slow`
     *    (1013), `closed_rate` (1008), `closed_expired`, `peer_errors` (broke the protocol or a limit)
     *  - `refused`: handshakes by `application` (connect and request handlers), `full`, `address`, `origin`, `rate`, `token` (no
     *    good one), `token_expired`, `token_in_use`, `user` (has too many); `failed`: those with a wrong `request`, a `timeout`,
     *    `tls`, or `abandoned` by the client
     *  - `closed_by`: open connections that ended: `clean`, `violation`, `timeout`, `slow_client`, `message_rate`,
     *    `token_expired`, `aborted` (by this end at once), `lost`
     *  - `messages_in`: `text`, `binary`, `ping`, `pong`; `messages_out`: `text`, `binary`, `ping`, `raw` (frames that the
     *    application encoded itself); `fifo_messages`; `dropped` (not sent, the client was too slow), `dropped_rate` (over
     *    `message_rate`)
     *  - `control_connections` (now), `control_accepted`, `control_refused` (there were too many), `control_errors` (closed for
     *    a fault), `control_messages` (that came through them)
     *  - `bytes_in`, `bytes_out` (on the wire: framing, compression and TLS included); `message_bytes_in`, `message_bytes_out`:
     *    payload of `text` and `binary`, in sum `payload_in`, `payload_out`
     *  - `callbacks`: `count`, `seconds` (in sum), `longest`, `histogram` (upper bound in seconds => number; not cumulative;
     *    "more" for the rest), and the same in `by_name`, by event (or `timer`, `watch`, `logger`; `ws_server_…` in the legacy
     *    face). What is shorter than 4 ms is estimated from one in 16.
     *  - `loop`: `turns`, `lag` and `longest_lag` (s): how long the last turn, and the longest, kept what happened waiting
     *
     * @return array<string, mixed>
     */
    public function stats(): array
    {
    }

    /**
     * An option: as it was given, or its default.
     *
     * @throws WsException if there is no such option
     */
    public function getOption(string $name): mixed
    {
    }

    /**
     * Sets an option. Limits, times and access rules count from now on; those of the protocol (sizes, timeouts, subprotocols),
     * `tls` and `tokens` for connections that come from now on. With `tls` its files are read again; if one can't be used,
     * everything stays as it is. Where the server listens already, `listen`, `domains`, `backlog`, `reuse_port`,
     * `max_connections`, `fifo*`, `control*`, `pid`, `io_threads`, `metrics` and `buffer_messages` can't be changed any more,
     * and `tls` can't be taken away.
     *
     * @throws WsException if there is no such option, or it can't be set (now) to this value
     */
    public function setOption(string $name, mixed $value): void
    {
    }

    /**
     * Log lines go to a PSR-3 logger, or to a function with the arguments of its log() method, instead of where the option
     * `log` says; null goes back to that. It is called between handlers. An uncaught exception is in the context
     * ("exception"), with the "connection" (id or null).
     */
    public function setLogger(Psr\Log\LoggerInterface|callable|null $logger): void
    {
    }
}

/**
 * A connection: a handle, and the place for what the application knows of it ($data). When it is over, the handle says so
 * ($state), sending returns false, and the rest stays as it was.
 */
final class WsConnection
{
    /** The application's own. */
    public mixed $data = null;

    /** Counted from 1 in the order of arrival; never used again while the server runs. */
    public readonly int $id;

    /** IP address, from trusted proxies what they say; empty for a Unix socket. */
    public readonly string $remoteAddress;

    /** 0 for a Unix socket, or where a proxy did not tell. */
    public readonly int $remotePort;

    /** Our end: "127.0.0.1:8080", or the path of a Unix socket. */
    public readonly string $localAddress;

    /** The request target: path and query. */
    public readonly string $uri;

    /** The Host header. */
    public readonly string $host;

    /** The Origin header. */
    public readonly ?string $origin;

    /** All headers of the request, names in lower case; repeated ones are joined by ", ". */
    public readonly array $headers;

    /** As $_COOKIE has them. */
    public readonly array $cookies;

    /** The one that was agreed on. */
    public readonly ?string $subprotocol;

    /** CONNECTING, OPEN, CLOSING (nothing is sent any more) or CLOSED. */
    public readonly string $state;

    /** Bytes that wait for the client to take them. */
    public readonly int $bufferedAmount;

    /** Bytes on the wire: with handshake and framing, compressed and encrypted as they are. */
    public readonly int $bytesSent;

    /** Likewise. */
    public readonly int $bytesReceived;

    /** When it was pinged last: Unix time. */
    public readonly ?float $lastPing;

    /** When its last pong came: Unix time. */
    public readonly ?float $lastPong;

    /** Seconds from the last answered ping to its pong. */
    public readonly ?float $rtt;

    /** Unix time. */
    public readonly float $connectedAt;

    /** `version`, `cipher`, `keyExchange`, `sni`, `alpn`, `resumed`, `clientCertificate`; null without TLS. */
    public readonly ?array $tls;

    /**
     * Sends a text message. It goes out when the handler in hand has returned.
     *
     * @return bool false: not open, or more than `max_buffered` waits
     * @throws WsException if it is not UTF-8
     */
    public function sendText(string $message): bool
    {
    }

    /**
     * Sends a binary message.
     *
     * @return bool false: not open, or more than `max_buffered` waits
     */
    public function sendBinary(string $message): bool
    {
    }

    /**
     * Sends a file or a stream as one message, from where it is read next, piece by piece as the client takes it; a drain
     * event tells the end. Other messages queue behind it.
     *
     * @param string|resource $pathOrStream
     * @return bool false: not open, or another message is being sent in pieces
     * @throws WsException if it can't be opened
     */
    public function sendFile($pathOrStream, bool $binary = true): bool
    {
    }

    /** Ends the message of sendFile() where it is. @return bool false: there is none */
    public function cancelFile(): bool
    {
    }

    /**
     * Begins a message in pieces (RFC section 5.4). Other messages queue behind it until end().
     *
     * @return bool false: not open, or another message is being sent in pieces
     */
    public function beginMessage(bool $binary = false): bool
    {
    }

    /**
     * Sends a piece of the message that was begun: a frame. Text may be cut anywhere.
     *
     * @return bool false: nothing was begun, not open, or more than `max_buffered` waits
     * @throws WsException if text is not UTF-8
     */
    public function write(string $piece): bool
    {
    }

    /**
     * Ends the message that was begun.
     *
     * @return bool false: nothing was begun, or not open
     * @throws WsException if text ends inside a character; the message goes on then
     */
    public function end(): bool
    {
    }

    /**
     * Sends a ping. The answer comes as a pong event, and sets $rtt.
     *
     * @param string $payload at most 125 bytes (RFC section 5.5)
     * @return bool false: not open
     * @throws WsException if the payload is too long
     */
    public function ping(string $payload = ""): bool
    {
    }

    /**
     * Closes the connection: what was sent before goes out, files to their ends, then the Close frame. A message that was begun
     * and not ended stays so, and what queued behind it is lost. No message of its comes any more; the close event follows when
     * the client has answered (or `close_timeout` is over). Does nothing where it is not open.
     *
     * @param int    $code   close code (RFC section 7.4)
     * @param string $reason at most 123 bytes of UTF-8
     * @throws WsException if code or reason can't be sent
     */
    public function close(int $code = 1000, string $reason = ""): void
    {
    }

    /** Nothing more is read from the client: its messages wait, here, in the kernel, and at its end. So does its own end. */
    public function pause(): void
    {
    }

    /** What waited comes when the handler in hand has returned, in order. */
    public function resume(): void
    {
    }

    /**
     * In line mode what comes is cut at line ends (LF, or CR LF, which are left out), across messages, and handed to the line
     * event. A longer line comes in pieces of $max bytes. At the end of line mode the rest comes as a text event, at the end
     * of the connection as a line.
     *
     * @param int $max 1 to 1073741824 bytes
     * @throws WsException if $max is something else, or the server has no events (ws_server_run)
     */
    public function lineMode(bool $on, int $max = 2048): void
    {
    }

    /** Subscribes to a topic, until unsubscribe() or the end. */
    public function subscribe(string $topic): void
    {
    }

    /** Does nothing where it is not subscribed. */
    public function unsubscribe(string $topic): void
    {
    }

    /** @return string[] what it is subscribed to, sorted */
    public function topics(): array
    {
    }
}

/**
 * An upgrade request (RFC section 4.2.1) that waits for its decision. The request handler decides it, or keeps it and it is
 * decided later, from a timer, say; undecided at the end of `handshake_timeout` it gets 503. What is neither decided nor
 * kept is accepted. If the handler throws, 500 is the answer.
 */
final class WsRequest
{
    /** Always GET. */
    public readonly string $method;

    /** The request target: path and query. */
    public readonly string $uri;

    /** Not decoded. */
    public readonly string $path;

    /** What follows the first "?", not decoded. */
    public readonly string $query;

    /** All headers, names in lower case; repeated ones are joined by ", ". */
    public readonly array $headers;

    /** As $_COOKIE has them. */
    public readonly array $cookies;

    /** The Host header. */
    public readonly string $host;

    /** The Origin header. It has passed the option `origins`. */
    public readonly ?string $origin;

    /** The User-Agent header. */
    public readonly ?string $userAgent;

    /** What the client offers, in its order. */
    public readonly array $subprotocols;

    /** What the client offers: each header, as it came. */
    public readonly array $extensions;

    /** IP address, from trusted proxies what they say; empty for a Unix socket. */
    public readonly string $remoteAddress;

    /** 0 for a Unix socket, or where a proxy did not tell. */
    public readonly int $remotePort;

    /** Our end: "127.0.0.1:8080", or the path of a Unix socket. */
    public readonly string $localAddress;

    /** As in WsConnection. */
    public readonly ?array $tls;

    /**
     * What the client showed, verified as the option `tls` says: `subject`, `commonName`, `issuer`, `serial`, `fingerprint`,
     * `alternativeNames`, `notBefore`, `notAfter` (Unix times), `pem`; null where it showed none.
     */
    public readonly ?array $clientCertificate;

    /** A header, whatever its case; repeated ones are joined by ", ". */
    public function header(string $name): ?string
    {
    }

    /**
     * Accepts: the client gets the 101, and the open event follows. Does nothing where the client is gone.
     *
     * @param string|null $subprotocol one that the client offers; null: the first of those that is in the option
     *                                 `subprotocols` too; "": none
     * @param array       $headers     further ones, name => value or list of values
     * @param mixed       $data        becomes $data of the connection
     * @throws WsException if it was decided already, or this can't be sent
     */
    public function accept(?string $subprotocol = null, array $headers = [], mixed $data = null): void
    {
    }

    /**
     * Refuses with an HTTP answer. Does nothing where the client is gone.
     *
     * @param int    $status  200 to 599
     * @param array  $headers further ones, name => value or list of values
     * @param string $body    text/plain, unless a header says otherwise
     * @throws WsException if it was decided already, or this can't be sent
     */
    public function reject(int $status = 403, array $headers = [], string $body = ""): void
    {
    }
}

/**
 * Pushes through a running server from another process, PHP-FPM's say, by the server's control socket (the option
 * `control`). Not for the server's own callbacks: while one runs, a server without I/O threads answers nobody.
 *
 *     $control = new WsControl('unix:///run/myapp/ws.control');
 *     $control->broadcast(json_encode(['type' => 'news', 'text' => 'The backup is ready.']));
 *
 * Every call returns when the server has done what it asks for, or throws; no call waits longer for the server than the
 * `timeout`. The connection is kept, also for the next object with the same address and secret, and for the next request
 * of a PHP-FPM worker; a forked child connects for itself. A connection that turns out dead is replaced, once, if the
 * server can't have acted on the command. Else the code of the exception tells what became of the message: NOT_DELIVERED
 * or UNKNOWN; it is 0 where there was none, or where it can't be sent at all.
 */
final class WsControl
{
    /** The code of a WsException: the server does not have the message, or not whole. It may be sent again. */
    public const NOT_DELIVERED = 1;

    /** The code of a WsException: the message was sent, and the server has not said that it was delivered. */
    public const UNKNOWN = 2;

    /**
     * Connects nowhere yet.
     *
     * @param string $uri     `unix:///PATH` or `tcp://HOST:PORT`
     * @param array  $options `secret` (string|null, null): the server's `control_secret`; `timeout` (float, 0.5): how many
     *                        seconds a call may wait for the server, in sum; the lookup of a host's name is not counted
     * @throws WsException if the address or an option can't be used
     */
    public function __construct(string $uri, array $options = [])
    {
    }

    /**
     * Sends a message to every open connection.
     *
     * @param string $message at most 65530 bytes
     * @throws WsException if a text is not UTF-8 or too long, or the server is down, refuses, or does not answer in time
     */
    public function broadcast(string $message, bool $binary = false): void
    {
    }

    /**
     * Sends a message to one connection. What does not fit into one frame of the control protocol goes in fragments.
     *
     * @param int|string $to the id of a connection, or the token that it has shown (the option `tokens`)
     * @return bool false: it is not connected, or can't take it now
     * @throws WsException as broadcast(), and if there can be no such recipient
     */
    public function send(int|string $to, string $message, bool $binary = false): bool
    {
    }

    /**
     * Sends a message to the subscribers of a topic.
     *
     * @param string $message topic and message have at most 65529 bytes together
     * @throws WsException as broadcast()
     */
    public function publish(string $topic, string $message, bool $binary = false): void
    {
    }

    /**
     * Sends one message in pieces, each as it comes; nobody else's message gets in between. Text may be cut anywhere. The
     * time between two pieces is not counted, but after two seconds of silence the server gives up. A message that can't be
     * brought to its end (an exception of the generator's, a piece that is no string) is given up, and its recipient's
     * connection with it: it is closed with 1011.
     *
     * @param int|string       $to     as for send()
     * @param iterable<string> $pieces none at all is the empty message
     * @return bool false: it is not connected, can't take it, or somebody else is sending to it in pieces
     * @throws WsException as send(), and if a piece is no string
     */
    public function sendFragments(int|string $to, iterable $pieces, bool $binary = false): bool
    {
    }

    /**
     * Where a new client should connect: the domain (the option `domains`) of the listener with the fewest connections.
     *
     * @throws WsException if the server is down, refuses, or does not answer in time
     */
    public function freest(): string
    {
    }

    /**
     * What WsServer::stats() returns there.
     *
     * @return array<string, mixed>
     * @throws WsException as freest()
     */
    public function stats(): array
    {
    }

    /**
     * @return float seconds from a ping to its answer
     * @throws WsException as freest()
     */
    public function ping(): float
    {
    }
}

/**
 * Runs the server with the application's global functions ws_server_*(), until it is stopped: by ws_server_stop(), SIGTERM or
 * SIGINT, a line "q" on standard input, or "quit" from ws_server_read().
 *
 * @param array $options see the head of this file
 * @return int the exit status: 0 after a clean end
 * @throws WsException if an option can't be used, ws_server_authenticate() is missing, an address is in use, or a server runs
 *                     in this process already
 */
function ws_server_run(array $options = []): int
{
}

/**
 * Ends the server that runs when the callback in hand returns. Does nothing where none runs. The first call counts.
 *
 * @param int    $code    close code (RFC section 7.4)
 * @param string $reason  at most 123 bytes of UTF-8
 * @param float  $timeout seconds that clients have to answer
 * @throws WsException if code, reason or timeout can't be used
 */
function ws_server_stop(int $code = 1001, string $reason = "server shutting down", float $timeout = 5.0): void
{
}

/**
 * Sends a text message.
 *
 * @return bool false: not open, more than `max_buffered` waits, or it is not UTF-8 (which is logged)
 */
function ws_server_send_text(int $id, string $text): bool
{
}

/**
 * Sends a binary message.
 *
 * @return bool false: not open, or more than `max_buffered` waits
 */
function ws_server_send_binary(int $id, string $data): bool
{
}

/**
 * Sends bytes of frames that the application encoded itself (RFC section 5.2, without a mask). They are not checked.
 *
 * @return bool false: not open, or more than `max_buffered` waits
 */
function ws_server_send_frame(int $id, string $frame): bool
{
}

/**
 * Sends a ping.
 *
 * @param string $payload at most 125 bytes (RFC section 5.5)
 * @return bool false: not open
 * @throws WsException if the payload is too long
 */
function ws_server_send_ping(int $id, string $payload = ""): bool
{
}

/**
 * Sends a message to every open connection.
 *
 * @param array<int|WsConnection> $except who does not get it
 * @return int how many get it; 0 where no server runs
 * @throws WsException if a text is not UTF-8, or $except holds something else
 */
function ws_server_broadcast(string $text, bool $binary = false, array $except = []): int
{
}

/**
 * Closes a connection: see WsConnection::close(). In the legacy face ws_server_before_close() and ws_server_after_close() run
 * now; during the handshake the client gets a 403.
 *
 * @param int    $code   close code (RFC section 7.4)
 * @param string $reason at most 123 bytes of UTF-8
 * @return bool false: there is no such client, or it is being closed already
 * @throws WsException if code or reason can't be sent
 */
function ws_server_disconnect(int $id, int $code = 1000, string $reason = ""): bool
{
}

/**
 * See WsConnection::sendFile().
 *
 * @return bool false: not open, or another message is being sent in pieces
 * @throws WsException if it can't be opened
 */
function ws_server_send_file(int $id, string $path, bool $binary = true): bool
{
}

/**
 * Sends a message to all subscribers of a topic.
 *
 * @param array<int|WsConnection> $except who does not get it
 * @return int how many get it; 0 where no server runs
 * @throws WsException if a text is not UTF-8, or $except holds something else
 */
function ws_server_publish(string $topic, string $message, bool $binary = false, array $except = []): int
{
}

/** @return bool false: not open, or subscribed already */
function ws_server_subscribe(int $id, string $topic): bool
{
}

/** @return bool false: it was not subscribed */
function ws_server_unsubscribe(int $id, string $topic): bool
{
}

/** See WsConnection::pause(). @return bool false: not open, or paused already */
function ws_server_pause(int $id): bool
{
}

/** See WsConnection::resume(). @return bool false: not open, or not paused */
function ws_server_resume(int $id): bool
{
}

/** The connection with this id; null where it is not open (any more), or no server runs. */
function ws_server_connection(int $id): ?WsConnection
{
}

/**
 * All open connections, as they are now.
 *
 * @return iterable<int, WsConnection> by id, in the order of arrival
 */
function ws_server_connections(): iterable
{
}

/**
 * See WsServer::stats(), without `open`.
 *
 * @return array<string, mixed> empty where no server runs
 */
function ws_server_stats(): array
{
}

/**
 * See WsServer::timer().
 *
 * @return int for ws_server_cancel_timer()
 * @throws WsException if the time can't be used, or no server runs
 */
function ws_server_timer(float $seconds, callable $fn, bool $repeat = false): int
{
}

/** @return bool false if there is no such timer (any more) */
function ws_server_cancel_timer(int $timer): bool
{
}

/**
 * See WsServer::watch().
 *
 * @param resource $stream
 * @return int for ws_server_unwatch()
 * @throws WsException if it is no open stream, or has no descriptor, or no server runs
 */
function ws_server_watch(mixed $stream, callable $fn, bool $write = false): int
{
}

/** @return bool false if there is no such watch (any more) */
function ws_server_unwatch(int $watch): bool
{
}
