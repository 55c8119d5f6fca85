<?php

namespace WsLegacy;

/**
 * The settings file: one KEY=value a line, shared with the web application.
 *
 * Each line is trimmed and split at its first "="; key and value are not trimmed again, so that "X= a" keeps its
 * space. A line without "=" sets an empty value. Where a key stands twice the first one counts. Nothing is
 * special about "#": such a line sets a key that nobody asks for.
 */
final class Settings
{
    /** Set where no file is named. */
    public const LEGACY_PATH = '/var/include/vhosts/default/inc/data/server_shared.conf';

    /** Keys that must be there; each may be replaced by those after it. */
    private const REQUIRED = [
        'WEBSOCKET_LISTENING_ADDRESS' => ['WEBSOCKET_LISTEN'],
        'WEBSOCKET_LISTENING_PORT' => ['WEBSOCKET_LISTEN'],
        'WEBSOCKET_SELECT_TIMEOUT' => ['WEBSOCKET_TICK_INTERVAL'],
        'WEBSOCKET_SERVER_HEADER' => [],
        'WEBSOCKET_XHR_PIPE_FILE' => ['WEBSOCKET_FIFO'],
        'WEBSOCKET_EVENTS_INCLUDE_FILE' => [],
        'WEBSOCKET_LOG_PATH' => [],
    ];

    /** @param list<string> $lines @param array<array-key, string> $values */
    private function __construct(public readonly array $lines, public readonly array $values)
    {
    }

    /** The settings file: one that was named, else the environment's, else the legacy one. */
    public static function path(?string $named): string
    {
        $environment = getenv('WS_SERVER_SETTINGS');
        return $named ?? ($environment !== false && $environment !== '' ? $environment : self::LEGACY_PATH);
    }

    /** @throws StartupError where the file can't be read */
    public static function read(string $path): self
    {
        if (!is_file($path)) {
            throw new StartupError("settings file not found: $path");
        }
        $text = @file_get_contents($path);
        if ($text === false) {
            throw new StartupError("settings file cannot be read: $path");
        }
        return self::parse($text);
    }

    public static function parse(string $text): self
    {
        if (str_starts_with($text, "\u{FEFF}")) {
            $text = substr($text, 3); // a byte order mark is not part of the first key
        }
        $lines = explode("\n", $text);
        $values = [];
        foreach ($lines as $line) {
            $line = trim($line);
            if ($line === '') {
                continue;
            }
            [$key, $value] = explode('=', $line, 2) + [1 => ''];
            $values[$key] ??= $value;
        }
        return new self($lines, $values);
    }

    /** Makes each key a constant holding a string. One that exists already keeps its value. */
    public function defineConstants(): void
    {
        foreach ($this->values as $key => $value) {
            $key = (string) $key;
            // "A::B" is the one kind of name that PHP refuses.
            if (!str_contains($key, '::') && !defined($key)) {
                define($key, $value);
            }
        }
    }

    /** @return list<string> required keys that are not there */
    public function missing(): array
    {
        $missing = [];
        foreach (self::REQUIRED as $key => $substitutes) {
            $present = array_filter([$key, ...$substitutes], fn ($k) => isset($this->values[$k]));
            if ($present === []) {
                $missing[] = $key;
            }
        }
        return $missing;
    }

    /** WEBSOCKET_ENABLE must be 1 where it is there at all. */
    public function enabled(): bool
    {
        return ($this->values['WEBSOCKET_ENABLE'] ?? '1') === '1';
    }
}
