<?php

namespace WsLegacy;

/** Takes frames off the front of a string. */
final class Frame
{
    /** @return array{array<string, mixed>|false, int} the first frame, or false, and its length with its head */
    public static function decode(string $data): array
    {
        if (strlen($data) < 2) {
            return [false, 0];
        }
        $length = ord($data[1]) & 0x7F;
        $masked = (ord($data[1]) & 0x80) !== 0;
        $extra = [126 => 2, 127 => 8][$length] ?? 0;
        $head = 2 + $extra + ($masked ? 4 : 0);
        if (strlen($data) < $head) {
            return [false, 0];
        }
        if ($extra > 0) {
            $length = unpack($extra === 2 ? 'n' : 'J', $data, 2)[1];
        }
        if ($length < 0 || $length > strlen($data) - $head) {
            return [false, 0];
        }
        $key = $masked ? substr($data, $head - 4, 4) : '';
        $payload = substr($data, $head, $length);
        if ($masked) {
            $payload ^= str_repeat($key, intdiv($length, 4) + 1); // cut to the shorter one
        }
        $frame = [
            'fin' => (ord($data[0]) & 0x80) !== 0,
            'opcode' => ord($data[0]) & 0x0F,
            'mask' => $masked,
            'mask_key' => $masked ? array_values(unpack('C4', $key)) : [],
            'payload' => $payload,
        ];
        if ($frame['opcode'] === 8 && $length >= 2) {
            $frame['close_status'] = unpack('n', $payload)[1];
            $frame['payload'] = substr($payload, 2);
        }
        return [$frame, $head + $length];
    }
}
