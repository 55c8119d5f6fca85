<?php

namespace WsLegacy;

use WsCli\Arguments;
use WsCli\Cli;

/** The server can't start; the message says why, and what to do. */
final class StartupError extends \Exception
{
}

/** What server.php does around the events include file. */
final class Startup
{
    private static ?Settings $settings = null;

    /**
     * Everything before the events include file. Ends the process with one clear message where the server can't start; a
     * server that runs is stopped for a restart only when this one can.
     */
    public static function prepare(string $script, Arguments $arguments): void
    {
        error_reporting(E_ALL);
        set_time_limit(0);
        ignore_user_abort(true); // the reader of our output may go away (php server.php | head); the server stays
        date_default_timezone_set('UTC');
        self::raiseMemoryLimit(512 << 20);
        set_error_handler(Errors::log(...));
        try {
            self::requireExtension($script);
            self::$settings = Settings::read(Settings::path($arguments->settingsFile));
            self::$settings->defineConstants();
            if (self::$settings->enabled()) {
                self::checkSettings(self::$settings);
                OwnFunctions::read(self::eventsFile());
            }
            if ($arguments->command === 'restart') {
                Cli::stopFirst($arguments);
            }
            if (!self::$settings->enabled()) {
                Log::say('websocket server not enabled: WEBSOCKET_ENABLE is not 1', true);
                exit(0);
            }
        } catch (StartupError $e) {
            self::fail($e->getMessage());
        }
    }

    public static function settings(): Settings
    {
        return self::$settings;
    }

    public static function eventsFile(): string
    {
        $path = realpath(WEBSOCKET_EVENTS_INCLUDE_FILE);
        if ($path === false || !is_file($path) || !is_readable($path)) {
            self::fail('events include file not found: ' . WEBSOCKET_EVENTS_INCLUDE_FILE);
        }
        return $path;
    }

    /** Everything after the events include file. @return int the exit status */
    public static function run(): int
    {
        if (!function_exists('ws_server_authenticate')) {
            self::fail('the events include file must define ws_server_authenticate(&$connection,$cookies,$user_agent,'
                . '$remote_address); it is the one required function: ' . WEBSOCKET_EVENTS_INCLUDE_FILE);
        }
        $options = self::options(self::$settings);
        Processes::configure($options['tick_interval'] ?? null, self::$settings->values['WEBSOCKET_PROCESS_GRACE'] ?? null);
        if (function_exists('ws_server_initialize')) {
            \ws_server_initialize();
        }
        show_message('<<<<<<<<<<<<<<<<<<<<<<<<<<<<<< PUSH SERVER STARTED >>>>>>>>>>>>>>>>>>>>>>>>>>>>>>');
        try {
            $status = ws_server_run($options);
        } catch (\WsException $e) {
            self::fail($e->getMessage());
        }
        if (function_exists('ws_server_finalize')) {
            \ws_server_finalize();
        }
        show_message('<<<<<<<<<<<<<<<<<<<<<<<<<<<<<< PUSH SERVER STOPPED >>>>>>>>>>>>>>>>>>>>>>>>>>>>>>');
        return $status;
    }

    private static function requireExtension(string $script): void
    {
        if (!function_exists('ws_server_run')) {
            throw new StartupError('the ws_server extension is not loaded; load it with'
                . " php -d extension=/path/to/libws_server.so $script, or extension=/path/to/libws_server.so in php.ini");
        }
    }

    private static function checkSettings(Settings $settings): void
    {
        $missing = $settings->missing();
        if ($missing !== []) {
            throw new StartupError('missing in the settings file: ' . implode(', ', $missing));
        }
        self::options($settings); // so that a bad value is told before the application's code runs
    }

    /** @return array<string, mixed> */
    private static function options(Settings $settings): array
    {
        static $options = null;
        if ($options === null) {
            $parsed = new Options($settings->values);
            if ($parsed->problems !== []) {
                throw new StartupError('settings file: ' . implode('; ', $parsed->problems));
            }
            foreach ($parsed->unknown as $key) {
                Log::say("$key is not an option of the server; it is a constant for the application only", true);
            }
            $options = $parsed->options;
        }
        return $options;
    }

    private static function raiseMemoryLimit(int $bytes): void
    {
        $text = trim((string) ini_get('memory_limit'));
        $unit = ['k' => 1 << 10, 'm' => 1 << 20, 'g' => 1 << 30][strtolower(substr($text, -1))] ?? 1;
        if ((int) $text >= 0 && (int) $text * $unit < $bytes) { // -1: no limit
            ini_set('memory_limit', (string) $bytes);
        }
    }

    private static function fail(string $message): never
    {
        Log::error($message);
        exit(1);
    }
}
