<?php

namespace WsCli;

/** The server's pid file (WEBSOCKET_PID), seen from outside. The server locks it for as long as it runs. */
final class PidFile
{
    public function __construct(private readonly string $path)
    {
    }

    /**
     * Whether a server has it. Shared, and for a moment: an exclusive lock, however short, could keep a server from
     * starting.
     *
     * @throws \RuntimeException if it can't be looked at
     */
    public function isLocked(): bool
    {
        $file = @fopen($this->path, 'rn');
        if ($file === false) {
            if (is_file($this->path)) {
                throw new \RuntimeException("the pid file cannot be read: $this->path");
            }
            return false;
        }
        $locked = !flock($file, LOCK_SH | LOCK_NB, $wouldBlock) && $wouldBlock;
        fclose($file);
        return $locked;
    }

    /** The process that runs the server; null while it is starting, or where there is none. */
    public function process(): ?int
    {
        $text = @file_get_contents($this->path, length: 32);
        return is_string($text) && preg_match('/^\s*([1-9]\d*)\s*$/D', $text, $match) ? (int) $match[1] : null;
    }
}
