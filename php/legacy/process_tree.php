<?php

namespace WsLegacy;

/** A process and everything that it has started, found through /proc. */
final class ProcessTree
{
    /** Linux's numbers: PHP has constants for them with the pcntl extension only. */
    private const NUMBERS = ['STOP' => 19, 'KILL' => 9];

    /**
     * Kills the process and its descendants. They are stopped first, parents before children: a process that is
     * stopped starts no more, so none is missed. A descendant whose own parent has ended before belongs to nobody that
     * could be found.
     */
    public static function kill(int $pid): void
    {
        $found = [];
        $new = [$pid];
        while ($new !== []) {
            self::signal('STOP', $new);
            $found = [...$found, ...$new];
            $new = array_diff(array_merge(...array_map(self::children(...), $found)), $found);
        }
        self::signal('KILL', array_reverse($found));
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
