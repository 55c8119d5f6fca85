<?php

require_once __DIR__ . '/own_functions.php';

if (!WsLegacy\OwnFunctions::have('send_email')) {
    /** An HTML mail through PHP's mail(). A callback that sends one waits for the mail program. */
    function send_email($to, $subject, $message, $from = false, $reply_to = false)
    {
        $one_line = static fn ($text) => str_replace(["\r", "\n"], ' ', (string) $text); // a line break would be a header of its own
        $headers = ['MIME-Version' => '1.0', 'Content-Type' => 'text/html; charset=utf-8'];
        if ($from !== false) {
            $headers['From'] = $one_line($from);
        }
        if ($reply_to !== false) {
            $headers['Reply-To'] = $one_line($reply_to);
        }
        if (!mail($one_line($to), $one_line($subject), (string) $message, $headers)) {
            show_message('mail could not be handed over: ' . $one_line($subject), true);
        }
    }
}
