<?php

namespace WsLegacy {

    /**
     * The child processes of the application: what is in the global $handles. The server's loop watches their pipes
     * and the clock; a turn as often as ws_server_loop has them without traffic calls ws_process_loop, looks for
     * handles that the application has put into $handles itself, and hands on output that stays without a line end.
     * So $handles tells which children there are, as it always did; what is removed from it is left alone.
     */
    final class Processes
    {
        /** Seconds between two turns: WEBSOCKET_SELECT_TIMEOUT, or WEBSOCKET_TICK_INTERVAL. */
        private static float $turn = 0.2;
        /** Seconds that children have to end by themselves when the server ends (WEBSOCKET_PROCESS_GRACE). */
        private static float $grace = 10.0;

        /** @var array<int, Process> by the id of the process resource */
        private static array $all = [];
        private static bool $serving = false;
        /** The process that has started them; one that the application forks off leaves them alone. */
        private static ?int $owner = null;
        private static ?float $end = null;
        /** @var list<array{int, ?string}> those that the application has removed from $handles; they end with the server too */
        private static array $dropped = [];

        public static function configure(int|float|null $turn, ?string $grace): void
        {
            self::$turn = $turn ?? self::$turn;
            self::$grace = is_numeric($grace) ? (float) $grace : self::$grace;
        }

        /** The server listens. */
        public static function serve(): void
        {
            self::$serving = true;
            self::$end = null;
            self::$owner ??= self::killAtExit();
            ws_server_timer(self::$turn, self::turn(...), true);
            self::adopt();
        }

        /** @param array<string, mixed> $extra what start_process() adds to the handle */
        public static function start(string $program, array $arguments, $timeout, array $extra = []): void
        {
            global $handles;
            $command = implode(' ', [$program, ...array_map(static fn ($argument) => escapeshellarg((string) $argument), array_values($arguments))]);
            $start = microtime(true);
            $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
            if ($process === false) {
                show_message("process could not be started: $command", true);
                return;
            }
            stream_set_blocking($pipes[1], false);
            stream_set_blocking($pipes[2], false);
            $handles = is_array($handles) ? $handles : [];
            $handles[] = [
                'process' => $process, 'prog' => $program, 'cmdline' => $command, 'args' => $arguments,
                'pid' => proc_get_status($process)['pid'],
                'pipe_stdin' => $pipes[0], 'pipe_stdout' => $pipes[1], 'pipe_stderr' => $pipes[2],
                'timeout' => $timeout, 'start' => $start,
            ] + $extra;
            self::adopt();
        }

        /** @param array<string, mixed> $handle */
        public static function kill(array $handle): void
        {
            $process = $handle['process'] ?? null;
            $known = is_resource($process) ? self::$all[(int) $process] ?? null : null;
            $known === null ? Process::killProcess($process) : $known->kill();
        }

        public static function turn(): void
        {
            self::adopt();
            self::each(static fn (Process $process) => $process->turn());
        }

        /** Whether there is a server, whose timers and watches can be used. */
        public static function areServed(): bool
        {
            return self::$serving;
        }

        /**
         * The server wants to end and has no clients any more. As before, children have some seconds to end by themselves
         * while the application hears of them; who is left then is killed with all that it has started. No SIGTERM first:
         * a shell would die of it and leave its own children to nobody.
         *
         * @param bool $hurry somebody has asked for the end a second time
         * @return bool whether there are children left
         */
        public static function linger(bool $hurry): bool
        {
            if (self::$end === null) {
                self::$end = microtime(true) + self::$grace;
                self::$all === [] || show_message('waiting for child processes: ' . count(self::$all), true);
            }
            try {
                self::turn();
            } finally { // whatever the application's callbacks throw, the end comes
                if (self::$all !== [] && ($hurry || microtime(true) >= self::$end)) {
                    show_message('killing the child processes that are left: ' . count(self::$all), true);
                    self::killAll();
                }
                self::$serving = self::$all !== [];
                self::$serving || self::killAll();
            }
            return self::$serving;
        }

        public static function forget(Process $process): void
        {
            global $handles;
            self::$all = array_filter(self::$all, static fn ($other) => $other !== $process);
            if (is_array($handles)) {
                $slot = $process->slot();
                $others = array_filter(array_keys($handles), static fn ($key) => Process::slotOf($handles, $key) !== $slot);
                $handles = array_values(array_intersect_key($handles, array_flip($others)));
            }
        }

        /** Takes up what is new in $handles, and lets go of what the application has removed. */
        private static function adopt(): void
        {
            global $handles;
            if (!self::$serving || (!$handles && self::$all === [])) {
                return;
            }
            $there = [];
            $slots = array_flip(array_map(static fn (Process $process) => $process->slot(), self::$all));
            foreach (is_array($handles) ? array_keys($handles) : [] as $key) {
                $id = $slots[Process::slotOf($handles, $key)] ?? null;
                if ($id !== null) {
                    $there[$id] = true;
                    continue;
                }
                $resource = is_array($handles[$key]) ? $handles[$key]['process'] ?? null : null;
                if (!is_resource($resource) || get_resource_type($resource) !== 'process') {
                    continue;
                }
                $id = (int) $resource;
                if (isset(self::$all[$id])) {
                    self::$all[$id]->bind($handles, $key); // the application has copied the array
                } else {
                    self::$all[$id] = new Process($handles, $key);
                }
                $there[$id] = true;
            }
            foreach (array_diff_key(self::$all, $there) as $id => $process) {
                $process->letGo();
                unset(self::$all[$id]);
                self::$dropped = [...array_filter(self::$dropped, ProcessTree::isThere(...)), $process->identity];
            }
        }

        /** @param callable(Process): void $do one that throws does not keep the others from their turn */
        private static function each(callable $do): void
        {
            $thrown = null;
            foreach (self::$all as $process) {
                try {
                    $process->isOver() || $do($process);
                } catch (\Throwable $e) {
                    $thrown === null || show_message("uncaught $e", true);
                    $thrown ??= $e;
                }
            }
            if ($thrown !== null) {
                throw $thrown;
            }
        }

        /** For exit() and fatal errors: PHP itself would leave the children running. */
        private static function killAtExit(): int
        {
            register_shutdown_function(static fn () => getmypid() === self::$owner && self::killAll());
            return getmypid();
        }

        private static function killAll(): void
        {
            [$all, $dropped] = [self::$all, self::$dropped];
            self::$all = self::$dropped = [];
            self::$serving = false; // the server may be gone already
            foreach ($all as $process) {
                $process->kill();
            }
            ProcessTree::killIdentical($dropped);
        }
    }

    // Called by the extension, where they are defined.

    /** The server listens; ws_server_started comes next. */
    function serving(): void
    {
        Processes::serve();
    }

    /** Whether the end has to wait; asked every turn once the clients are gone. ws_server_shutdown comes afterwards. */
    function lingers(bool $hurry): bool
    {
        return Processes::linger($hurry);
    }
}

namespace {

    require_once __DIR__ . '/own_functions.php';

    if (!WsLegacy\OwnFunctions::have('start_process_fifo')) {
        /**
         * Starts a program, for something that came through the FIFO. Its handle is added to the global $handles, and the
         * callbacks ws_process_loop, _stdout, _stderr, _eof and _timeout get it.
         *
         * @param string $prog    goes to the shell as it is; $args are quoted
         * @param float  $timeout seconds after which it is killed with all that it has started; 0 for never
         */
        function start_process_fifo($prog, $args, $timeout)
        {
            WsLegacy\Processes::start($prog, $args, $timeout);
        }
    }

    if (!WsLegacy\OwnFunctions::have('start_process')) {
        /** The same for a client: the handle refers to its $connection, and has its key. */
        function start_process($prog, $args, $timeout, &$connection, $client_key)
        {
            $connections = null; // the legacy server put a variable there that it had never set
            WsLegacy\Processes::start($prog, $args, $timeout, [
                'connections' => &$connections, 'connection' => &$connection, 'client_key' => $client_key,
            ]);
        }
    }

    if (!WsLegacy\OwnFunctions::have('kill_process')) {
        /** Kills the process and everything that it has started. Its pipes are closed when this returns true. */
        function kill_process($handle)
        {
            WsLegacy\Processes::kill($handle);
            return true;
        }
    }
}
