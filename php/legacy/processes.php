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
        private static bool $looking = false;
        private static ?float $end = null;

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
            if (isset(self::$all[(int) $process])) {
                self::$all[(int) $process]->kill();
                self::lookAgainSoon(); // ws_process_eof comes from the loop, not from inside this call
            } else {
                Process::killProcess($process);
            }
        }

        public static function turn(): void
        {
            self::adopt();
            self::each(static fn (Process $process) => $process->turn());
        }

        /** A child that has closed its output is about to exit; nothing tells us when, without waiting for it. */
        public static function lookAgainSoon(): void
        {
            if (!self::$looking && self::$serving) {
                self::$looking = true;
                ws_server_timer(0.005, static function () {
                    self::$looking = false;
                    self::each(static fn (Process $process) => $process->endIfOver());
                });
            }
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
            }
            return self::$serving;
        }

        public static function forget(Process $process): void
        {
            global $handles;
            self::$all = array_filter(self::$all, static fn ($other) => $other !== $process);
            if (is_array($handles)) {
                $handles = array_values(array_filter($handles, static fn ($handle) => !$process->isIn($handle)));
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
            foreach (is_array($handles) ? array_keys($handles) : [] as $key) {
                $process = $handles[$key]['process'] ?? null;
                $id = (int) $process;
                if (isset(self::$all[$id])) {
                    $there[$id] = true;
                } elseif (is_resource($process)) {
                    $there[$id] = true;
                    self::$all[$id] = new Process($handles[$key]);
                }
            }
            foreach (array_diff_key(self::$all, $there) as $id => $process) {
                $process->unwatch();
                unset(self::$all[$id]);
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
            $all = self::$all;
            self::$all = [];
            foreach ($all as $process) {
                $process->kill();
            }
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
