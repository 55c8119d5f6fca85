<?php

namespace WsCli;

/** An array for people: a line for each value, what belongs together indented below its name. */
final class Table
{
    /** @param array<array-key, mixed> $rows */
    public static function print(array $rows): void
    {
        $lines = self::lines($rows, 0);
        $width = max([0, ...array_map(fn ($line) => strlen($line[0]), $lines)]);
        foreach ($lines as [$name, $value]) {
            echo rtrim($name . str_repeat(' ', $width - strlen($name) + 2) . $value), "\n";
        }
    }

    /**
     * @param array<array-key, mixed> $rows
     * @return list<array{string, string}>
     */
    private static function lines(array $rows, int $depth): array
    {
        $lines = [];
        foreach ($rows as $name => $value) {
            $name = str_repeat('  ', $depth) . str_replace('_', ' ', (string) $name);
            if (!is_array($value)) {
                $lines[] = [$name, self::text($value)];
            } elseif ($value === []) {
                $lines[] = [$name, '-'];
            } elseif (array_is_list($value) && array_filter($value, is_array(...)) === []) {
                $lines[] = [$name, implode(', ', array_map(self::text(...), $value))];
            } else {
                array_push($lines, [$name, ''], ...self::lines($value, $depth + 1));
            }
        }
        return $lines;
    }

    private static function text(mixed $value): string
    {
        return match (true) {
            is_bool($value) => $value ? 'yes' : 'no',
            is_float($value) => rtrim(rtrim(sprintf('%.6f', $value), '0'), '.'),
            is_int($value) => (string) $value,
            $value === null => '-',
            // What clients have sent may be in it; a terminal obeys control characters.
            default => preg_replace('/[\x00-\x1f\x7f]/', '?', (string) $value),
        };
    }
}
