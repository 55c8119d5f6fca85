<?php

namespace WsCli;

use WsLegacy\Settings;
use WsLegacy\StartupError;

/** The command line of server.php. */
final class Cli
{
    /**
     * Does what was asked for, and ends the process; a start is left to the caller.
     *
     * @param list<string> $argv
     */
    public static function handle(array $argv): Arguments
    {
        try {
            $arguments = Arguments::parse($argv);
        } catch (UsageError $e) {
            fwrite(STDERR, "server.php: {$e->getMessage()}\n\n" . Usage::text());
            exit(ExitStatus::USAGE);
        }
        if ($arguments->help) {
            echo Usage::text();
            exit(ExitStatus::DONE);
        }
        match ($arguments->command) {
            'start', 'restart' => null,
            'stop' => exit(self::stop($arguments)),
            'status' => exit(self::status($arguments)),
        };
        return $arguments;
    }

    /** The first half of a restart; ends the process where that fails. */
    public static function stopFirst(Arguments $arguments): void
    {
        $status = self::stop($arguments);
        if ($status !== ExitStatus::DONE) {
            exit($status);
        }
    }

    private static function stop(Arguments $arguments): int
    {
        try {
            $configuration = Configuration::read(Settings::path($arguments->settingsFile));
            if ($configuration->pidFile === null) {
                $problem = "WEBSOCKET_PID is not set in $configuration->file: it would tell whom to stop";
                return self::fail($problem, ExitStatus::NOT_CONFIGURED);
            }
            return (new Stop($configuration->pidFile, $arguments->timeout))->run();
        } catch (StartupError $e) {
            return self::fail($e->getMessage(), ExitStatus::FAILED);
        }
    }

    private static function status(Arguments $arguments): int
    {
        try {
            return (new Status(Configuration::read(Settings::path($arguments->settingsFile)), $arguments->json))->run();
        } catch (StartupError $e) {
            return self::fail($e->getMessage(), ExitStatus::NOT_KNOWN);
        }
    }

    private static function fail(string $message, int $status): int
    {
        fwrite(STDERR, "server.php: $message\n");
        return $status;
    }
}
