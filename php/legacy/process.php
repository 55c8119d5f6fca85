<?php

namespace WsLegacy;

/** A child process: its handle in $handles, its pipes, and what the application is told of it. */
final class Process
{
    /** A longer line is handed on in pieces. */
    private const LONGEST_LINE = 1 << 20;
    /** What is read from a pipe at a time, so that a child that never stops talking starves nobody. */
    private const BUDGET = 1 << 18;

    /** How soon after a child has closed its output we look whether it has ended; twice as long each time, up to a second. */
    private const PATIENCE = 0.005;

    /** @var mixed the application's array, by reference; it may have made anything of it */
    private $handle;
    /** @var array<string, mixed> what it was at first */
    private readonly array $made;
    /** @var resource */
    private $process;
    /** The process, told from another one that may have its number some day. */
    public readonly array $identity;
    /** @var list<int> of the pipes that it writes to */
    private array $inodes = [];
    /** @var array<string, resource> stdin, stdout and stderr, as long as they are open */
    private array $pipes = [];
    /** @var array<string, int> */
    private array $watches = [];
    /** @var array<string, string> read and not handed on: a line whose end has not come */
    private array $text = ['stdout' => '', 'stderr' => ''];
    /** @var array<string, string> what $text was one turn ago */
    private array $old = ['stdout' => '', 'stderr' => ''];
    private bool $killed = false;
    private bool $told = false;
    private float $patience = self::PATIENCE;
    private bool $looking = false;

    /** @param array<array-key, mixed> $handles with the process at $key */
    public function __construct(array &$handles, int|string $key)
    {
        $this->bind($handles, $key);
        $start = is_numeric($this->handle['start'] ?? null) ? $this->handle['start'] : microtime(true);
        $this->made = ['start' => $start] + $this->handle + ['prog' => '', 'cmdline' => '', 'pid' => 0, 'timeout' => 0];
        $this->process = $this->made['process'];
        $this->identity = ProcessTree::identity(proc_get_status($this->process)['pid']);
        foreach (['stdin', 'stdout', 'stderr'] as $name) {
            if (is_resource($this->made["pipe_$name"] ?? null)) {
                $this->pipes[$name] = $this->made["pipe_$name"];
            }
        }
        foreach ($this->outputs() as $name => $pipe) {
            $this->inodes[] = fstat($pipe)['ino'];
            stream_set_blocking($pipe, false);
            $this->watches[$name] = ws_server_watch($pipe, function () use ($name) {
                $this->read($name);
                $this->endIfOver();
            });
        }
        $this->watchTheClock();
    }

    /** Takes an element of $handles for its handle. */
    public function bind(array &$handles, int|string $key): void
    {
        $this->handle = &$handles[$key];
    }

    /** By this the element of $handles is known that is its handle, whatever the application has put there. */
    public function slot(): string
    {
        $own = [&$this->handle];
        return self::slotOf($own, 0);
    }

    /** The same for an element; empty where it is nobody's. */
    public static function slotOf(array $handles, int|string $key): string
    {
        return (string) \ReflectionReference::fromArrayElement($handles, $key)?->getId();
    }

    /** The application has removed it from $handles. */
    public function letGo(): void
    {
        $this->told = true;
        $this->unwatch();
    }

    /** The application has been told its end, or does not want to be. */
    public function isOver(): bool
    {
        return $this->told;
    }

    /** One turn of the server's loop, as the legacy server had them. */
    public function turn(): void
    {
        if (function_exists('ws_process_loop')) {
            \ws_process_loop($this->handle());
        }
        foreach (array_keys($this->outputs()) as $name) {
            $this->read($name);
            $this->handOnWhatStays($name);
        }
        $this->endIfOver();
        if (!$this->told && $this->remaining() <= 0) {
            $this->timeOut();
        }
    }

    /** Ends it where its output has ended, or the application has killed it. */
    public function endIfOver(): void
    {
        if ($this->told) {
            return;
        }
        if (is_resource($this->process)) {
            if (isset($this->outputs()['stdout']) && !feof($this->pipes['stdout'])) {
                return;
            }
            $this->finishOutput();
            if (proc_get_status($this->process)['running']) {
                // Its pipes are closed: it will notice. proc_close() would wait for that, and everyone with it.
                $this->lookAgain();
                return;
            }
            proc_close($this->process);
        }
        $this->unwatch();
        $this->tell('ws_process_eof');
    }

    /**
     * kill_process(): the process with all its descendants, at once; those too whose own parents have ended, as long as they
     * hold its output. ws_process_eof comes from the loop, and nothing of its output any more.
     */
    public function kill(): void
    {
        $this->unwatch();
        $this->killed = true;
        $this->text = ['stdout' => '', 'stderr' => ''];
        self::killProcess($this->process, $this->inodes);
        $this->lookAgain();
    }

    /**
     * @param mixed     $process what proc_open() returned
     * @param list<int> $inodes  of the pipes that it writes to
     */
    public static function killProcess($process, array $inodes = []): void
    {
        if (!is_resource($process)) {
            return; // it is gone, and its pid may be another's by now
        }
        $status = proc_get_status($process);
        ProcessTree::kill($status['running'] ? [$status['pid']] : [], $inodes);
        proc_close($process); // closes the pipes too
    }

    /** The application does not want to hear of it any more. */
    public function unwatch(): void
    {
        foreach ($this->watches as $watch) {
            ws_server_unwatch($watch);
        }
        $this->watches = [];
    }

    /** @return array<string, resource> the pipes that are open and can be read */
    private function outputs(): array
    {
        return array_filter(array_diff_key($this->pipes, ['stdin' => 0]), is_resource(...));
    }

    private function read(string $name): void
    {
        $this->handOnLines($name); // left over from a callback that threw
        for ($budget = self::BUDGET; $budget > 0; $budget -= strlen($data)) {
            // The application may have closed it in a callback.
            $data = is_resource($this->pipes[$name] ?? null) ? fread($this->pipes[$name], 65536) : '';
            if ($data === '' || $data === false) {
                break;
            }
            $this->text[$name] .= $data;
            $this->handOnLines($name);
        }
    }

    private function handOnLines(string $name): void
    {
        $text = $this->text[$name];
        $start = 0;
        try {
            while (!$this->killed && ($end = strpos($text, "\n", $start)) !== false) {
                $line = substr($text, $start, $end + 1 - $start);
                $start = $end + 1; // before the callback, which may throw
                $this->tellLine($name, $line);
            }
        } finally {
            $this->text[$name] = $this->killed ? '' : substr($text, $start);
        }
        if (strlen($this->text[$name]) >= self::LONGEST_LINE) {
            $this->handOnText($name);
        }
    }

    /**
     * What has no end and has not grown for a turn is handed on as it is: a prompt waits for an answer, not for us.
     */
    private function handOnWhatStays(string $name): void
    {
        if ($this->text[$name] !== '' && $this->text[$name] === $this->old[$name]) {
            $this->handOnText($name);
        }
        $this->old[$name] = $this->text[$name];
    }

    private function handOnText(string $name): void
    {
        $text = $this->text[$name];
        $this->text[$name] = '';
        if ($text !== '') {
            $this->tellLine($name, $text);
        }
    }

    /** What is left in the pipes and of the last line; then they are closed. */
    private function finishOutput(): void
    {
        $this->unwatch();
        foreach (array_keys($this->outputs()) as $name) {
            $this->read($name);
            $this->handOnText($name);
        }
        foreach (array_filter($this->pipes, is_resource(...)) as $pipe) {
            fclose($pipe);
        }
    }

    private function timeOut(): void
    {
        foreach (array_keys($this->outputs()) as $name) {
            $this->read($name);
            $this->handOnText($name);
        }
        $this->kill();
        show_message('process timed out: ' . $this->made['cmdline']);
        $this->tell('ws_process_timeout');
    }

    /** Seconds until it times out, by what the application's array says now. */
    private function remaining(): float
    {
        $handle = $this->handle();
        [$timeout, $start] = [$handle['timeout'] ?? 0, $handle['start'] ?? null];
        $start = is_numeric($start) ? (float) $start : $this->made['start'];
        return is_numeric($timeout) && $timeout > 0 ? $start + $timeout - microtime(true) : INF;
    }

    private function watchTheClock(): void
    {
        $remaining = $this->remaining();
        if ($remaining === INF) {
            return;
        }
        $watched = \WeakReference::create($this); // a child that ends early is not kept until its time is over
        ws_server_timer(max(0.001, $remaining), static function () use ($watched) {
            $process = $watched->get();
            if ($process === null || $process->told) {
                return;
            }
            if ($process->remaining() <= 0) {
                $process->timeOut();
            } else {
                $process->watchTheClock(); // the application has given it more time
            }
        });
    }

    /** ws_process_eof or ws_process_timeout, once; it is in $handles until that returns. */
    private function tell(string $callback): void
    {
        $this->told = true;
        try {
            if (function_exists($callback)) {
                $callback($this->handle());
            }
        } finally {
            Processes::forget($this);
        }
    }

    private function tellLine(string $name, string $line): void
    {
        $seconds = sprintf('%.3f', microtime(true) - $this->made['start']);
        show_message("$name from pid {$this->made['pid']} [{$this->made['cmdline']}] running for $seconds secs:");
        show_message($line);
        $callback = "ws_process_$name";
        if (function_exists($callback)) {
            $callback($this->handle(), $line);
        }
    }

    /**
     * The handle for a callback. What the application assigned to the parameter of an earlier one had no effect with the
     * legacy server either.
     */
    private function &handle(): array
    {
        if (!$this->isIn($this->handle)) {
            $this->handle = $this->made;
        }
        return $this->handle;
    }

    private function isIn(mixed $handle): bool
    {
        return is_array($handle) && ($handle['process'] ?? null) === $this->process;
    }

    /** Nothing tells us when it ends, without waiting for it. */
    private function lookAgain(): void
    {
        if ($this->looking || $this->told || !Processes::areServed()) {
            return;
        }
        $this->looking = true;
        ws_server_timer($this->patience, function () {
            $this->looking = false;
            $this->endIfOver();
        });
        $this->patience = min(1.0, 2 * $this->patience);
    }
}
