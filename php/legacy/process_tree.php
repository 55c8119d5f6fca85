<?php

namespace WsLegacy;

/** A process and everything that it has started, found through /proc. */
final class ProcessTree
{
    /** Linux's numbers: PHP has constants for them with the pcntl extension only. */
    private const NUMBERS = ['STOP' => 19, 'KILL' => 9];

    /**
     * Kills processes and their descendants. They are stopped first, parents before children: a process that is
     * stopped starts no more, so none is missed. A descendant whose own parent has ended before is found by the pipes
     * that it can write to, if it still has one of them.
     *
     * @param list<int> $pids
     * @param list<int> $inodes of pipes
     */
    public static function kill(array $pids, array $inodes = []): void
    {
        $found = [];
        $new = [...$pids, ...self::writers($inodes)];
        while ($new !== []) {
            self::signal('STOP', $new);
            $found = [...$found, ...$new];
            $new = array_diff(array_merge(...array_map(self::children(...), $found)), $found);
        }
        $found === [] || self::signal('KILL', array_reverse($found));
    }

    /**
     * A number is used again some day; together with the time at which it began it is not.
     *
     * @return array{int, ?string} null: it has ended
     */
    public static function identity(int $pid): array
    {
        // After the name, which may hold anything, parentheses too: the state is field 3, the start is field 22.
        $fields = explode(' ', substr((string) strrchr((string) @file_get_contents("/proc/$pid/stat"), ')'), 2));
        return [$pid, $fields[0] === 'Z' ? null : $fields[19] ?? null];
    }

    /** Kills those of these processes that are still the same ones. @param list<array{int, ?string}> $identities */
    public static function killIdentical(array $identities): void
    {
        self::kill(array_column(array_filter($identities, self::isThere(...)), 0));
    }

    /** Whether it is still this process, and runs. */
    public static function isThere(array $identity): bool
    {
        return $identity[1] !== null && self::identity($identity[0]) === $identity;
    }

    /** @param list<int> $inodes @return list<int> */
    private static function writers(array $inodes): array
    {
        $names = array_map(static fn (int $inode) => "pipe:[$inode]", $inodes);
        $pids = [];
        foreach ($names === [] ? [] : glob('/proc/[0-9]*/fd/*') as $file) {
            [, , $pid, , $number] = explode('/', $file);
            if (in_array(@readlink($file), $names, true) && self::isWritten($pid, $number)) {
                $pids[(int) $pid] = (int) $pid;
            }
        }
        unset($pids[getmypid()]);
        return array_values($pids);
    }

    private static function isWritten(string $pid, string $number): bool
    {
        preg_match('/^flags:\s+([0-7]+)/m', (string) @file_get_contents("/proc/$pid/fdinfo/$number"), $match);
        return (octdec($match[1] ?? '0') & 3) !== 0; // O_RDONLY is 0
    }

    /** @return list<int> */
    private static function children(int $pid): array
    {
        $children = '';
        // One file a thread: the children that this thread has started.
        foreach (glob("/proc/$pid/task/*/children") ?: [] as $file) {
            $children .= ' ' . @file_get_contents($file); // it may be gone by now
        }
        return array_map(intval(...), preg_split('/\s+/', $children, -1, PREG_SPLIT_NO_EMPTY));
    }

    /** @param list<int> $pids */
    private static function signal(string $name, array $pids): void
    {
        if (function_exists('posix_kill')) {
            foreach ($pids as $pid) {
                posix_kill($pid, self::NUMBERS[$name]);
            }
        } else {
            exec("kill -$name " . implode(' ', $pids) . ' 2>&1');
        }
    }
}
