<?php

namespace WsCli;

use WsLegacy\Options;
use WsLegacy\Settings;

/** What stop and status need of the settings. The rest is not looked at: a server can be stopped whatever it says. */
final class Configuration
{
    private function __construct(
        public readonly string $file,
        /** Null where none is set; likewise the others. */
        public readonly ?PidFile $pidFile,
        public readonly ?string $control,
        public readonly ?string $secret,
    ) {
    }

    /** @throws \WsLegacy\StartupError where the settings can't be read */
    public static function read(string $file): self
    {
        $options = (new Options(Settings::read($file)->values))->options;
        $pid = $options['pid'] ?? null;
        return new self($file, $pid === null ? null : new PidFile($pid), self::address($options['control'] ?? []), $options['control_secret'] ?? null);
    }

    /**
     * The first address that can be connected to.
     *
     * @param string|list<string> $control
     */
    private static function address(string|array $control): ?string
    {
        foreach ((array) $control as $uri) {
            if (preg_match('~^(unix://|tcp://.*:(?!0$)\d+/?$)~', $uri)) {
                return $uri;
            }
        }
        return null;
    }
}
