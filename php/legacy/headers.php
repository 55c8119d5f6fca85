<?php

require_once __DIR__ . '/own_functions.php';

if (!WsLegacy\OwnFunctions::have('extract_headers')) {
    /**
     * The lines of an HTTP head, the request line first; false where the head is not complete. As ever, a line that
     * ends in "\r\n" keeps its "\r"; get_header() does not mind.
     */
    function extract_headers($response)
    {
        $end = strpos($response, "\r\n\r\n");
        return $end === false ? false : explode("\n", substr($response, 0, $end));
    }
}

if (!WsLegacy\OwnFunctions::have('get_header')) {
    /** The value of the first header of that name, in whatever case; false where there is none. */
    function get_header($lines, $header)
    {
        foreach ($lines ?: [] as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => null];
            if ($value !== null && strcasecmp(trim($name), $header) === 0) {
                return trim($value);
            }
        }
        return false;
    }
}
