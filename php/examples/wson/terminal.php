<?php

/*
 * Sends what is typed to the clients of one of the two servers, through its control socket:
 *
 *     php -d extension=ws_server terminal.php
 *     to everyone                 a line goes to every client
 *     @17 to number 17            … to one client, by its number, or by its token
 *     ?                           what the server does
 *
 * The end of the input (Ctrl-D) ends it.
 */

$control = new WsControl((require __DIR__ . '/config.php')['control']);

while (($line = fgets(STDIN)) !== false) {
    $line = rtrim($line, "\r\n");
    try {
        if ($line === '?') {
            $stats = $control->stats();
            echo "clients: $stats[open], up for ", (int) $stats['uptime'], " s, a ping takes ", round($control->ping() * 1e6), " µs\n";
        } elseif (preg_match('/^@(\S+) (.*)$/s', $line, $match)) {
            [, $to, $message] = $match;
            echo $control->send(ctype_digit($to) ? (int) $to : $to, $message) ? "delivered\n" : "$to is not there\n";
        } elseif ($line !== '') {
            $control->broadcast($line);
            echo "sent\n";
        }
    } catch (WsException $e) {
        echo $e->getMessage(), "\n";
    }
}
