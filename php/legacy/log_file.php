<?php

namespace WsLegacy;

/** The log file of show_message(): WEBSOCKET_LOG_PATH . "ws_Ymd.log", one a day, UTC. */
final class Log
{
    private static bool $complained = false;

    /** Prints a line with its time and appends it to the log file. */
    public static function say(string $message, bool $star = false): void
    {
        $line = self::format($message, $star);
        echo $line;
        self::append($line);
    }

    private static function format(string $message, bool $star): string
    {
        return gmdate('[Y-m-d H:i:s]  ') . ($star ? '*** ' : '') . $message . PHP_EOL;
    }

    /** Appends to the file of the day. Never raises anything: an error handler that logs would not end. */
    public static function append(string $line): void
    {
        if (!defined('WEBSOCKET_LOG_PATH')) {
            return;
        }
        $file = WEBSOCKET_LOG_PATH . gmdate('\w\s_Ymd') . '.log';
        set_error_handler(static fn () => true);
        $umask = umask(0137); // a new file is 0640: it may name people
        $written = file_put_contents($file, $line, FILE_APPEND);
        umask($umask);
        restore_error_handler();
        if ($written === false && !self::$complained) {
            self::$complained = true;
            self::complain("cannot write $file; log lines go to the standard output only");
        }
    }

    /** A message that the terminal must see even where the output is sent elsewhere. */
    public static function error(string $message): void
    {
        self::append(self::format("ERROR: $message", true));
        self::complain($message);
    }

    private static function complain(string $message): void
    {
        if (defined('STDERR') && is_resource(STDERR)) {
            fwrite(STDERR, "server.php: $message" . PHP_EOL);
        }
    }
}
