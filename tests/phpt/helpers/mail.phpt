--TEST--
send_email hands an HTML mail to mail(); sender and reply-to where they are given; a line break makes no header
--DESCRIPTION--
Preserved: send_email($to, $subject, $message, $from = false, $reply_to = false), HTML, no return value.
--INI--
sendmail_path="tee {PWD}/mail.out >/dev/null"
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/log.php';
require __DIR__ . '/../../../php/legacy/mail.php';
$sent = function () {
    preg_match_all('/^(To|Subject|From|Reply-To|Bcc|Content-type|MIME-Version): .*|^<p>.*/mi', file_get_contents(__DIR__ . '/mail.out'), $lines);
    sort($lines[0]);
    echo str_replace("\r", '', implode("\n", $lines[0])), "\n\n";
};
var_dump(send_email('ann@example.com', 'hello', '<p>text</p>'));
$sent();
send_email('bob@example.com', "one\r\nBcc: eve@example.com", '<p>two</p>', "Office <office@example.com>\nBcc: eve@example.com", 'reply@example.com');
$sent();
?>
--CLEAN--
<?php unlink(__DIR__ . '/mail.out');
--EXPECT--
NULL
<p>text</p>
Content-Type: text/html; charset=utf-8
MIME-Version: 1.0
Subject: hello
To: ann@example.com

<p>two</p>
Content-Type: text/html; charset=utf-8
From: Office <office@example.com> Bcc: eve@example.com
MIME-Version: 1.0
Reply-To: reply@example.com
Subject: one  Bcc: eve@example.com
To: bob@example.com

