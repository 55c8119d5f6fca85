<?php

namespace WsLegacy;

/**
 * The options of the extension, from the settings.
 *
 * Every option may be given as WEBSOCKET_<OPTION IN CAPITALS>. Lists are separated by commas or spaces; options
 * that are arrays (tls, tokens, tcp, …) are written as one line of JSON. The legacy keys mean what they always
 * meant; where an option is given under both names, its own name counts.
 */
final class Options
{
    /** Option => how its text is read. */
    private const TYPES = [
        'listen' => 'list', 'domains' => 'list', 'backlog' => 'int', 'reuse_port' => 'bool', 'max_connections' => 'int',
        'fifo' => 'text', 'fifo_mode' => 'octal', 'fifo_framing' => 'text',
        'control' => 'list', 'control_secret' => 'text', 'pid' => 'text',
        'log' => 'text', 'log_level' => 'text', 'io_threads' => 'int', 'tick_interval' => 'seconds',
        'max_message_size' => 'int', 'max_frame_size' => 'int', 'max_handshake_size' => 'int',
        'max_buffered' => 'int', 'slow_client' => 'text', 'send_timeout' => 'seconds',
        'handshake_timeout' => 'seconds', 'ping_interval' => 'seconds', 'ping_timeout' => 'seconds',
        'idle_timeout' => 'seconds', 'close_timeout' => 'seconds',
        'max_connections_per_ip' => 'int', 'handshake_rate_per_ip' => 'number', 'message_rate' => 'number',
        'origins' => 'origins', 'allow' => 'list', 'deny' => 'list', 'trusted_proxies' => 'list',
        'subprotocols' => 'list', 'server_header' => 'text',
        'tokens' => 'json', 'compression' => 'switch', 'tls' => 'json', 'tcp' => 'json',
        'max_out_frame' => 'int', 'buffer_messages' => 'bool',
        'slow_callback' => 'seconds', 'stall_after' => 'seconds', 'metrics' => 'text',
    ];

    /** WEBSOCKET_… keys that are not options. */
    private const LEGACY = [
        'LISTENING_ADDRESS', 'LISTENING_PORT', 'SELECT_TIMEOUT', 'XHR_PIPE_FILE', 'EVENTS_INCLUDE_FILE',
        'LOG_PATH', 'CONNECTION_TIMEOUT_SEC', 'ENABLE', 'PROCESS_GRACE',
    ];

    /** @var array<string, mixed> what ws_server_run() takes */
    public array $options = [];

    /** @var list<string> what can't be used, and why */
    public array $problems = [];

    /** @var list<string> WEBSOCKET_… keys that the server does not know: the application's own, or misspelt */
    public array $unknown = [];

    /** @param array<array-key, string> $values of the settings file */
    public function __construct(private readonly array $values)
    {
        $this->readLegacyKeys();
        foreach ($values as $key => $text) {
            if (!str_starts_with((string) $key, 'WEBSOCKET_')) {
                continue;
            }
            $name = substr($key, strlen('WEBSOCKET_'));
            $type = self::TYPES[strtolower($name)] ?? null;
            if ($type !== null && $name === strtoupper($name)) {
                $this->set(strtolower($name), $key, $type, $text);
            } elseif (!in_array($name, self::LEGACY, true)) {
                $this->unknown[] = $key;
            }
        }
    }

    private function readLegacyKeys(): void
    {
        $v = $this->values;
        if (isset($v['WEBSOCKET_LISTENING_ADDRESS'], $v['WEBSOCKET_LISTENING_PORT']) && !isset($v['WEBSOCKET_LISTEN'])) {
            $this->listenOn(trim($v['WEBSOCKET_LISTENING_ADDRESS']), trim($v['WEBSOCKET_LISTENING_PORT']));
        }
        if (isset($v['WEBSOCKET_SELECT_TIMEOUT']) && !isset($v['WEBSOCKET_TICK_INTERVAL'])) {
            if ($this->set('tick_interval', 'WEBSOCKET_SELECT_TIMEOUT', 'int', $v['WEBSOCKET_SELECT_TIMEOUT'])) {
                // Microseconds. 0 kept the legacy loop spinning; a millisecond comes close without.
                $this->options['tick_interval'] = max(1000, $this->options['tick_interval']) / 1e6;
            }
        }
        if (isset($v['WEBSOCKET_XHR_PIPE_FILE']) && !isset($v['WEBSOCKET_FIFO'])) {
            $this->set('fifo', 'WEBSOCKET_XHR_PIPE_FILE', 'text', $v['WEBSOCKET_XHR_PIPE_FILE']);
        }
        if (isset($v['WEBSOCKET_CONNECTION_TIMEOUT_SEC']) && !isset($v['WEBSOCKET_PING_TIMEOUT'])) {
            $this->set('ping_timeout', 'WEBSOCKET_CONNECTION_TIMEOUT_SEC', 'seconds', $v['WEBSOCKET_CONNECTION_TIMEOUT_SEC']);
        }
    }

    private function listenOn(string $address, string $port): void
    {
        if ($address === '') {
            $this->problems[] = 'WEBSOCKET_LISTENING_ADDRESS must not be empty';
        } elseif (!preg_match('/^\d{1,5}$/D', $port) || (int) $port > 65535) {
            $this->problems[] = "WEBSOCKET_LISTENING_PORT must be a number from 0 to 65535, not \"$port\"";
        } else {
            $bare = str_contains($address, ':') && $address[0] !== '[';
            $this->options['listen'] = ['tcp://' . ($bare ? "[$address]" : $address) . ":$port"];
        }
    }

    private function set(string $option, string $key, string $type, string $text): bool
    {
        try {
            $this->options[$option] = self::parse($type, $text);
            return true;
        } catch (\ValueError $e) {
            // JSON is not shown: there are secrets in it.
            $this->problems[] = "$key must be {$e->getMessage()}" . ($type === 'json' ? '' : ", not \"$text\"");
            return false;
        }
    }

    private static function parse(string $type, string $text): mixed
    {
        $word = strtolower(trim($text));
        return match ($type) {
            'text' => $text === '' ? null : $text,
            'int' => preg_match('/^\d{1,18}$/D', $word) ? (int) $word : throw new \ValueError('a whole number'),
            'number' => self::number($word, 'a number'),
            'seconds' => self::number($word, 'a number of seconds'),
            'octal' => preg_match('/^0?o?[0-7]{1,4}$/D', $word) ? octdec($word) : throw new \ValueError('an octal mode such as 0660'),
            'bool' => self::bool($word) ?? throw new \ValueError('1 or 0'),
            'list' => self::words($text),
            'origins' => in_array($word, ['any', 'same'], true) ? $word : self::words($text),
            'switch' => self::bool($word) ?? self::json($text, 'yes, no or JSON'),
            'json' => $word === '' ? null : self::json($text, 'JSON such as {"name":"value"}'),
        };
    }

    private static function number(string $word, string $what): int|float
    {
        return preg_match('/^\d+(\.\d+)?$/D', $word) ? $word + 0 : throw new \ValueError($what);
    }

    private static function bool(string $word): ?bool
    {
        return match ($word) {
            '1', 'true', 'yes', 'on' => true,
            '0', 'false', 'no', 'off', '' => false,
            default => null,
        };
    }

    /** @return list<string> */
    private static function words(string $text): array
    {
        return preg_split('/[\s,]+/', $text, -1, PREG_SPLIT_NO_EMPTY);
    }

    /** @return array<array-key, mixed> */
    private static function json(string $text, string $what): array
    {
        $value = json_decode($text, true);
        return is_array($value) ? $value : throw new \ValueError($what);
    }
}
