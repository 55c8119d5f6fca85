<?php

namespace WsCli;

/** Tells whether the server runs, and what it does. */
final class Status
{
    /** Seconds that the server may take to answer. */
    private const TIMEOUT = 2.0;
    /** Nobody is there; other errors say nothing about that. */
    private const ENOENT = 2;
    private const ECONNREFUSED = [111, 61]; // Linux; BSD and macOS

    public function __construct(private readonly Configuration $configuration, private readonly bool $json)
    {
    }

    public function run(): int
    {
        try {
            $locked = $this->configuration->pidFile?->isLocked();
        } catch (\RuntimeException $e) {
            return $this->notKnown($e->getMessage());
        }
        if ($this->configuration->control === null) {
            return match ($locked) {
                true => $this->running([], true, 'more is known where WEBSOCKET_CONTROL is set'),
                false => $this->stopped(),
                null => $this->notKnown("neither WEBSOCKET_CONTROL nor WEBSOCKET_PID is set in {$this->configuration->file}"),
            };
        }
        return $this->ask($this->configuration->control, $locked === true);
    }

    private function ask(string $uri, bool $locked): int
    {
        if (!class_exists('WsControl')) {
            return $this->notKnown('the ws_server extension is not loaded; load it with php -d extension=/path/to/libws_server.so');
        }
        $connection = @stream_socket_client($uri, $code, $error, self::TIMEOUT);
        if ($connection === false) {
            $nobody = in_array($code, [self::ENOENT, ...self::ECONNREFUSED], true);
            return $nobody && !$locked ? $this->stopped() : $this->notKnown("$uri: $error", $locked);
        }
        fclose($connection);
        try {
            $control = new \WsControl($uri, ['secret' => $this->configuration->secret, 'timeout' => self::TIMEOUT]);
            return $this->running($control->stats(), $locked);
        } catch (\WsException $e) {
            return $this->notKnown($e->getMessage(), $locked);
        }
    }

    /** @param array<string, mixed> $stats */
    private function running(array $stats, bool $locked, string $hint = ''): int
    {
        $process = $locked ? $this->configuration->pidFile?->process() : null;
        if ($this->json) {
            return $this->printJson(['running' => true, 'process' => $process, 'stats' => (object) $stats], ExitStatus::RUNS);
        }
        echo 'the server runs', $process === null ? '' : ", as process $process", $hint === '' ? '' : "; $hint", "\n";
        if ($stats !== []) {
            echo "\n";
            Table::print($stats);
        }
        return ExitStatus::RUNS;
    }

    private function stopped(): int
    {
        if ($this->json) {
            return $this->printJson(['running' => false], ExitStatus::STOPPED);
        }
        echo "the server is not running\n";
        return ExitStatus::STOPPED;
    }

    /** `$locked`: its pid file tells that it runs, and that is all that there is to know. */
    private function notKnown(string $problem, bool $locked = false): int
    {
        $process = $locked ? $this->configuration->pidFile?->process() : null;
        if ($this->json) {
            return $this->printJson(['running' => $locked ?: null, 'process' => $process, 'problem' => $problem], ExitStatus::NOT_KNOWN);
        }
        $who = $process === null ? '' : ", as process $process";
        $what = $locked ? "the server runs$who, and its status is not known" : 'it is not known whether the server runs';
        fwrite(STDERR, "server.php: $what: $problem\n");
        return ExitStatus::NOT_KNOWN;
    }

    private function printJson(array $status, int $exitStatus): int
    {
        echo json_encode($status, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
        return $exitStatus;
    }
}
