<?php

namespace WsCli;

/** What was asked for can't be understood; the message says why. */
final class UsageError extends \Exception
{
}

/** The words after `php server.php`. */
final class Arguments
{
    public const COMMANDS = ['start', 'stop', 'restart', 'status'];

    /** Seconds that a server may take for its end. */
    public const TIMEOUT = 30.0;

    private function __construct(
        public readonly string $command = 'start',
        /** null: none was named. */
        public readonly ?string $settingsFile = null,
        public readonly bool $json = false,
        public readonly float $timeout = self::TIMEOUT,
        public readonly bool $help = false,
    ) {
    }

    /**
     * @param list<string> $argv with the script's name
     * @throws UsageError
     */
    public static function parse(array $argv): self
    {
        $words = $found = [];
        foreach (array_slice($argv, 1) as $word) {
            if (is_file($word) || !str_starts_with($word, '-')) {
                $words[] = $word;
            } elseif ($word === '--help' || $word === '-h') {
                $found['help'] = true;
            } elseif ($word === '--json') {
                $found['json'] = true;
            } elseif (str_starts_with($word, '--timeout=')) {
                $found['timeout'] = self::seconds(substr($word, strlen('--timeout=')));
            } else {
                throw new UsageError("there is no option $word");
            }
        }
        [$command, $file] = self::commandAndFile($words);
        if (isset($found['json']) && $command !== 'status') {
            throw new UsageError('--json is for status');
        }
        if (isset($found['timeout']) && !in_array($command, ['stop', 'restart'], true)) {
            throw new UsageError('--timeout is for stop and restart');
        }
        return new self(...['command' => $command, 'settingsFile' => $file] + $found);
    }

    /**
     * @param list<string> $words
     * @return array{string, ?string}
     */
    private static function commandAndFile(array $words): array
    {
        if (count($words) > 2) {
            throw new UsageError("\"$words[2]\" is one word too many");
        }
        if ($words === []) {
            return ['start', null];
        }
        // A file goes before a command of the same name: the legacy script took nothing but a file.
        if (count($words) === 1 && (is_file($words[0]) || preg_match('~[/.]~', $words[0]))) {
            return ['start', $words[0]];
        }
        if (!in_array($words[0], self::COMMANDS, true)) {
            throw new UsageError("there is no command \"$words[0]\", and no such settings file");
        }
        return [$words[0], $words[1] ?? null];
    }

    private static function seconds(string $text): float
    {
        return preg_match('/^\d+(\.\d+)?$/D', $text) ? (float) $text : throw new UsageError('--timeout is a number of seconds');
    }
}
