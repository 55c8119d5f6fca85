--TEST--
encode_frame, encode_text_data_frame, decode_frame, coalesce_frames
--DESCRIPTION--
Preserves: return values and keys of the four functions. Fixes fault 3 in decode_frame(), which cut payloads, and took in
what stood behind the frame.
--FILE--
<?php
require __DIR__ . '/../../../php/legacy/frame.php';
require __DIR__ . '/../../../php/legacy/frames.php';
foreach ([0, 125, 126, 65535, 65536] as $length) {
    $frame = encode_text_data_frame(str_repeat('a', $length));
    $decoded = decode_frame($frame);
    echo $length, ' ', bin2hex(substr($frame, 0, strlen($frame) - $length)), ' ', strlen($decoded['payload']), "\n";
}
echo bin2hex(encode_frame(9)), ' ', bin2hex(encode_frame(8, 'bye', 1001)), ' ', bin2hex(encode_frame(8, '', 1000)), "\n";

// RFC 6455 §5.7: "A single-frame masked text message"
$data = hex2bin('818537fa213d7f9f4d5158') . 'rest';
var_dump(decode_frame($data));
echo bin2hex($data), "\n";

$data = hex2bin('0103') . 'Hel';
$close = encode_frame(8, 'bye', 1001);
echo json_encode([decode_frame($data), decode_frame($close)]), "\n";

$frames = [['payload' => 'Hel'], ['payload' => 'lo é']];
var_dump(coalesce_frames($frames));

foreach (['', "\x81", "\x81\x85abcd", "\x81\x05four", "\x81\x7e\x00", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"] as $bad) {
    echo json_encode(decode_frame($bad)), ' ';
}
?>
--EXPECT--
0 8100 0
125 817d 125
126 817e007e 126
65535 817effff 65535
65536 817f0000000000010000 65536
8900 880503e9627965 880203e8
array(5) {
  ["fin"]=>
  bool(true)
  ["opcode"]=>
  int(1)
  ["mask"]=>
  bool(true)
  ["mask_key"]=>
  array(4) {
    [0]=>
    int(55)
    [1]=>
    int(250)
    [2]=>
    int(33)
    [3]=>
    int(61)
  }
  ["payload"]=>
  string(5) "Hello"
}
818537fa213d7f9f4d515872657374
[{"fin":false,"opcode":1,"mask":false,"mask_key":[],"payload":"Hel"},{"fin":true,"opcode":8,"mask":false,"mask_key":[],"payload":"bye","close_status":1001}]
string(8) "Hello é"
false false false false false false 
