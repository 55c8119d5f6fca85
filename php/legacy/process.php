<?php

namespace WsLegacy;

/** A child process: its handle in $handles, its pipes, and what the application is told of it. */
final class Process
{
    /** A longer line is handed on in pieces. */
    private const LONGEST_LINE = 1 << 20;
    /** What is read from a pipe at a time, so that a child that never stops talking starves nobody. */
    private const BUDGET = 1 << 18;

    /** @var mixed the application's array, by reference; it may have made anything of it */
    private $handle;
    /** @var resource */
    private $process;
    /** @var array<string, resource> stdin, stdout and stderr, as long as they are open */
    private array $pipes = [];
    /** @var array<string, int> */
    private array $watches = [];
    /** @var array<string, string> read and not handed on: a line whose end has not come */
    private array $text = ['stdout' => '', 'stderr' => ''];
    /** @var array<string, string> what $text was one turn ago */
    private array $old = ['stdout' => '', 'stderr' => ''];
    private bool $told = false;

    /** @param array<string, mixed> $handle an element of $handles */
    public function __construct(&$handle)
    {
        $this->handle = &$handle;
        $this->process = $handle['process'];
        foreach (['stdin', 'stdout', 'stderr'] as $name) {
            if (is_resource($handle["pipe_$name"] ?? null)) {
                $this->pipes[$name] = $handle["pipe_$name"];
            }
        }
        foreach ($this->outputs() as $name => $pipe) {
            stream_set_blocking($pipe, false);
            $this->watches[$name] = ws_server_watch($pipe, function () use ($name) {
                $this->read($name);
                $this->endIfOver();
            });
        }
        $this->watchTheClock();
    }

    /** The application has been told its end. */
    public function isOver(): bool
    {
        return $this->told;
    }

    /** One turn of the server's loop, as the legacy server had them. */
    public function turn(): void
    {
        if (function_exists('ws_process_loop')) {
            \ws_process_loop($this->handle);
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
                Processes::lookAgainSoon();
                return;
            }
            proc_close($this->process);
        }
        $this->unwatch();
        $this->tell('ws_process_eof');
    }

    /** kill_process(): the process with all its descendants, at once. */
    public function kill(): void
    {
        $this->unwatch();
        self::killProcess($this->process);
    }

    /** @param mixed $process what proc_open() returned */
    public static function killProcess($process): void
    {
        if (!is_resource($process)) {
            return; // it is gone, and its pid may be another's by now
        }
        $status = proc_get_status($process);
        if ($status['running']) {
            ProcessTree::kill($status['pid']);
        }
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
            while (($end = strpos($text, "\n", $start)) !== false) {
                $line = substr($text, $start, $end + 1 - $start);
                $start = $end + 1; // before the callback, which may throw
                $this->tellLine($name, $line);
            }
        } finally {
            $this->text[$name] = substr($text, $start);
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
        show_message('process timed out: ' . ($this->handle['cmdline'] ?? ''));
        $this->tell('ws_process_timeout');
    }

    /** Seconds until it times out, by what the application's array says now. */
    private function remaining(): float
    {
        $timeout = is_array($this->handle) ? (float) ($this->handle['timeout'] ?? 0) : 0.0;
        return $timeout > 0 ? (float) $this->handle['start'] + $timeout - microtime(true) : INF;
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
                $callback($this->handle);
            }
        } finally {
            Processes::forget($this);
        }
    }

    private function tellLine(string $name, string $line): void
    {
        if (is_array($this->handle)) {
            $seconds = sprintf('%.3f', microtime(true) - $this->handle['start']);
            show_message("$name from pid {$this->handle['pid']} [{$this->handle['cmdline']}] running for $seconds secs:");
        }
        show_message($line);
        $callback = "ws_process_$name";
        if (function_exists($callback)) {
            $callback($this->handle, $line);
        }
    }

    public function isIn(mixed $handle): bool
    {
        return is_array($handle) && ($handle['process'] ?? null) === $this->process;
    }
}
