<?php

namespace WsLegacy;

/** What happens to PHP's notices and warnings until the events include file sets a handler of its own. */
final class Errors
{
    private const NAMES = [
        E_WARNING => 'warning', E_USER_WARNING => 'warning', E_NOTICE => 'notice', E_USER_NOTICE => 'notice',
        E_DEPRECATED => 'deprecated', E_USER_DEPRECATED => 'deprecated',
    ];

    /** A notice is a line in the log. It does not end the server. */
    public static function log(int $level, string $message, string $file = '', int $line = 0): bool
    {
        if ((error_reporting() & $level) === 0) {
            return true; // silenced with @
        }
        if (!isset(self::NAMES[$level])) {
            return false; // E_USER_ERROR and the like are fatal, as PHP has them
        }
        Log::say('PHP ' . self::NAMES[$level] . ": $message in $file on line $line", true);
        return true;
    }
}
