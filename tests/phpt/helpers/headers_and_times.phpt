--TEST--
extract_headers, get_header, mysql_to_iso_timestamp, unix_to_iso_timestamp
--DESCRIPTION--
Preserves: lines keep their "\r", names are compared in any case, false where there is nothing. get_header(false, ...) was a
TypeError.
--FILE--
<?php
date_default_timezone_set('UTC');
require __DIR__ . '/../../../php/legacy/headers.php';
require __DIR__ . '/../../../php/legacy/time.php';
$lines = extract_headers("GET /a:b HTTP/1.1\r\nHost: x:80\r\nCOOKIE:a=1; b=2 \r\nCookie: second\r\n\r\nbody");
echo json_encode($lines, JSON_UNESCAPED_SLASHES), "\n";
echo json_encode([get_header($lines, 'Cookie'), get_header($lines, 'host'), get_header($lines, 'Origin'), get_header(false, 'x')]), "\n";
var_dump(extract_headers("GET / HTTP/1.1\r\nHost: x\r\n"));
date_default_timezone_set('Europe/Vienna'); // a text from the database stays what it is
echo mysql_to_iso_timestamp('2024-05-06 07:08:09'), "\n";
date_default_timezone_set('UTC');
echo mysql_to_iso_timestamp('2024-05-06 07:08:09'), ' ', unix_to_iso_timestamp(0), ' ', unix_to_iso_timestamp('86399.7'), "\n";
?>
--EXPECT--
["GET /a:b HTTP/1.1\r","Host: x:80\r","COOKIE:a=1; b=2 \r","Cookie: second"]
["a=1; b=2","x:80",false,false]
bool(false)
2024-05-06T07:08:09Z
2024-05-06T07:08:09Z 1970-01-01T00:00:00Z 1970-01-01T23:59:59Z
