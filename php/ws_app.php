<?php

/**
 * For the web application: sends something to the push server, through its FIFO.
 *
 * This file is included by a script of the web server. It needs neither the extension nor the push server's other
 * files; WEBSOCKET_XHR_PIPE_FILE (or WEBSOCKET_FIFO) must be defined, as both define it who read the settings file.
 *
 * Applications that open the FIFO themselves ("w+", write, close) work as before. They learn nothing where no server
 * reads, and a text of more than 4096 bytes may be mixed up with another's.
 */

if (!function_exists('ws_pipe_data')) {
    /**
     * Sends $params as JSON; of a command, in $params["wsmanage"]["cmd"], the text itself. What became of it is in
     * $params["pipe_status"]: "OK", or what went wrong.
     *
     * "OK" means that a running server has the FIFO open and that the whole text is in it. It does not wait for the
     * server to have read it, and never longer than $seconds for room in the pipe.
     *
     * @return bool whether it is "OK"
     */
    function ws_pipe_data(&$params, $seconds = 2.0)
    {
        $command = $params['wsmanage']['cmd'] ?? null;
        $params['pipe_status'] = WsPipe::send($command ?? json_encode($params), $seconds);
        return $params['pipe_status'] === 'OK';
    }
}

/** The FIFO from the writer's side. Nothing in here waits without a limit. */
final class WsPipe
{
    private const FILE_TYPE = 0170000;
    private const FIFO = 0010000;

    /** @return string "OK", or what went wrong */
    public static function send(string|false $text, float $seconds): string
    {
        $path = defined('WEBSOCKET_FIFO') ? WEBSOCKET_FIFO : WEBSOCKET_XHR_PIPE_FILE;
        if ($text === false) {
            return 'ERROR ENCODING PARAMS';
        }
        clearstatcache(true, $path);
        if (!file_exists($path)) {
            return 'PIPE FILE NOT FOUND';
        }
        if (filetype($path) !== 'fifo') {
            return 'PIPE FILE IS NOT A PIPE';
        }
        $pipe = self::open($path);
        if (is_string($pipe)) {
            return $pipe;
        }
        $status = self::write($pipe, $text, microtime(true) + $seconds);
        fclose($pipe);
        return $status;
    }

    /**
     * Opens the FIFO for writing only, without waiting: "n" is O_NONBLOCK, and then the system itself says whether
     * somebody reads (ENXIO: nobody does). "w+" would succeed always, for it makes us a reader; "w" would wait for one.
     * "c" instead of "w" cuts nothing off where the FIFO has become a file in between.
     *
     * @return resource|string
     */
    private static function open(string $path)
    {
        error_clear_last();
        $pipe = @fopen($path, 'cne');
        if ($pipe === false) {
            // PHP gives the system's message and not its number; not every system has the same words.
            $nobody = str_contains(error_get_last()['message'] ?? '', 'No such device or address');
            return $nobody ? 'NOBODY READS THE PIPE' : 'ERROR OPENING PIPE FILE';
        }
        $opened = fstat($pipe);
        if (($opened['mode'] & self::FILE_TYPE) === self::FIFO) {
            return $pipe;
        }
        // The server has just ended and removed the FIFO: opening made an empty file. It must not stay in its place.
        $there = @lstat($path);
        if ($opened['size'] === 0 && $there !== false && $there['ino'] === $opened['ino']) {
            @unlink($path);
        }
        fclose($pipe);
        return 'PIPE FILE NOT FOUND';
    }

    /** @param resource $pipe */
    private static function write($pipe, string $text, float $end): string
    {
        // Writers that do the same take turns: a text longer than the pipe's page would be mixed up with another's.
        while (!flock($pipe, LOCK_EX | LOCK_NB)) {
            if (microtime(true) >= $end) {
                return 'ERROR WRITING PIPE FILE: BUSY';
            }
            usleep(1000);
        }
        for ($sent = 0; $sent < strlen($text); $sent += $written) {
            $written = @fwrite($pipe, substr($text, $sent, 65536));
            if ($written === false) {
                return 'NOBODY READS THE PIPE'; // the server has ended meanwhile (EPIPE)
            }
            if ($written === 0 && !self::waitForRoom($pipe, $end - microtime(true))) {
                return 'ERROR WRITING PIPE FILE: NOT READ';
            }
        }
        return 'OK';
    }

    /** @param resource $pipe */
    private static function waitForRoom($pipe, float $seconds): bool
    {
        if ($seconds <= 0) {
            return false;
        }
        $read = $except = null;
        $write = [$pipe];
        return stream_select($read, $write, $except, (int) $seconds, (int) (fmod($seconds, 1) * 1e6)) > 0;
    }
}
