<?php

/*
 * For classes that were written for ws(s)on: the same methods and options on a WsServer. A class that extends this Wson
 * instead of that one runs as it is, with these differences:
 *
 *   - $e_buffer is a WsConnection, and $descriptor its id, which is never used again. What was written to $e_buffer as
 *     frames by hand goes through sendDirect(), or through the connection's own methods.
 *   - A client without an Origin header is no browser, and is let in.
 *   - Clients are disconnected with a Close frame on SIGTERM, and may send up to 1 MiB (the option max_message_size).
 *
 * Further options of WsServer may be given beside those of ws(s)on.
 */

foreach (['exit_status', 'pid_file', 'stop'] as $file) {
    require_once __DIR__ . "/../../cli/$file.php";
}

class Wson extends WsServer
{
    /** Seconds that a running server has for its end, for stop and restart. */
    private const STOP_TIMEOUT = 10.0;

    private ?string $pid;
    private string $error = '';

    /**
     * @param array{servers?: list<string>, domains?: list<string>, control?: string, pid?: string, secret?: string,
     *              origins?: list<string>} $config
     * @param string $action start, stop or restart
     */
    public function __construct(array $config, private string $action = 'start')
    {
        $this->pid = $config['pid'] ?? null;
        try {
            parent::__construct(self::options($config));
        } catch (WsException $e) {
            $this->error = $e->getMessage();
        }
    }

    /** Runs the server (or ends the one that runs). @return string what went wrong; empty where nothing did */
    public function start(): string
    {
        if ($this->error !== '') {
            return $this->error;
        }
        if ($this->action !== 'start') {
            if ($this->pid === null) {
                return 'the option "pid" is missing';
            }
            if ((new WsCli\Stop(new WsCli\PidFile($this->pid), self::STOP_TIMEOUT))->run() !== WsCli\ExitStatus::DONE) {
                return 'the server could not be stopped';
            }
        }
        try {
            return $this->action === 'stop' || $this->run() === 0 ? '' : 'the server has failed';
        } catch (WsException $e) {
            return $e->getMessage();
        }
    }

    // To be overridden; onStart() too, which WsServer calls.

    protected function onHandshake($e_buffer, $descriptor)
    {
    }

    protected function onTextMessage($e_buffer, $descriptor, &$message)
    {
    }

    protected function onBinaryMessage($e_buffer, $descriptor, &$message)
    {
    }

    /** @return bool false: there is no such client, or it has not taken what was sent to it before */
    protected function sendDirect($message, $destination, $binary = false)
    {
        $client = $this->connection($destination);
        return $client !== null && ($binary ? $client->sendBinary($message) : $client->sendText($message));
    }

    protected function sendBroadcast($message, $binary = false)
    {
        $binary ? $this->broadcastBinary($message) : $this->broadcast($message);
    }

    // From WsServer's events to these.

    protected function onOpen(WsConnection $c): void
    {
        $this->onHandshake($c, $c->id);
    }

    protected function onText(WsConnection $c, string $message): void
    {
        $this->onTextMessage($c, $c->id, $message);
    }

    protected function onBinary(WsConnection $c, string $message): void
    {
        $this->onBinaryMessage($c, $c->id, $message);
    }

    private static function options(array $config): array
    {
        $options = ['listen' => $config['servers'] ?? []];
        if (isset($config['secret'])) {
            $options['tokens'] = ['secret' => $config['secret'], 'algorithm' => 'md5'];
        }
        unset($config['servers'], $config['secret']);
        return $options + $config;
    }
}
