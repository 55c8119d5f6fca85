<?php

namespace WsCli;

/** Asks the running server to end, and waits until it has. */
final class Stop
{
    private const SIGTERM = 15;
    private const EPERM = 1;
    /** Seconds between two looks. */
    private const PAUSE = 0.02;

    public function __construct(private readonly PidFile $pidFile, private readonly float $timeout)
    {
    }

    /** @return int 0 where nothing runs (any more) */
    public function run(): int
    {
        try {
            return $this->stop($this->pidFile, microtime(true) + $this->timeout);
        } catch (\RuntimeException $e) {
            return $this->fail($e->getMessage(), ExitStatus::FAILED);
        }
    }

    private function stop(PidFile $pidFile, float $end): int
    {
        if (!$pidFile->isLocked()) {
            echo "the server is not running\n";
            return ExitStatus::DONE;
        }
        // One that is starting says who it is when it listens.
        while (($process = $pidFile->process()) === null && $pidFile->isLocked()) {
            if (!$this->pause($end)) {
                return $this->fail("a server is starting, and has not said its process id within $this->timeout s", ExitStatus::FAILED);
            }
        }
        if ($process !== null && $pidFile->isLocked() && !$this->signal($process, self::SIGTERM)) {
            if (posix_get_last_error() === self::EPERM) {
                return $this->fail("the server runs as process $process, which this user may not stop", ExitStatus::NOT_ALLOWED);
            }
            // It has just ended by itself.
        }
        // When the lock is gone so are its sockets; what it still does is the application's (ws_server_finalize).
        while ($pidFile->isLocked() || ($process !== null && $this->isAlive($process))) {
            if (!$this->pause($end)) {
                return $this->fail("the server, process $process, has not ended within $this->timeout s", ExitStatus::FAILED);
            }
        }
        echo 'the server has ended', $process === null ? '' : " (process $process)", "\n";
        return ExitStatus::DONE;
    }

    private function isAlive(int $process): bool
    {
        if (!$this->signal($process, 0)) {
            return false;
        }
        // One that has ended keeps its number until its parent asks for the status; not every parent does.
        $stat = @file_get_contents("/proc/$process/stat");
        return $stat === false || !preg_match('/\) [ZX] /', $stat);
    }

    private function signal(int $process, int $signal): bool
    {
        if (!function_exists('posix_kill')) {
            throw new \RuntimeException("PHP's posix extension is missing: without it no signal can be sent");
        }
        return posix_kill($process, $signal);
    }

    private function pause(float $end): bool
    {
        usleep((int) (self::PAUSE * 1e6));
        return microtime(true) < $end;
    }

    private function fail(string $message, int $status): int
    {
        fwrite(STDERR, "server.php: $message\n");
        return $status;
    }
}
