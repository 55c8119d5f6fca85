<?php

namespace WsCli;

/** Exit statuses, as the Linux Standard Base has them for init scripts and systemd shows them. */
final class ExitStatus
{
    public const DONE = 0;
    public const FAILED = 1;
    public const USAGE = 2;

    /** stop, restart: the user may not. */
    public const NOT_ALLOWED = 4;
    /** stop, restart: the settings don't say where the pid file is. */
    public const NOT_CONFIGURED = 6;

    /** status */
    public const RUNS = 0;
    public const STOPPED = 3;
    public const NOT_KNOWN = 4;
}
