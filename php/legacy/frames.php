<?php

require_once __DIR__ . '/own_functions.php';

// RFC 6455 frames as strings, for events files that build or take apart their own. The server itself does not use these.

if (!WsLegacy\OwnFunctions::have('encode_frame')) {
    /** One unmasked final frame; with $status (a close code) its two bytes come before the payload. */
    function encode_frame($opcode, $payload = '', $status = false)
    {
        if ($status !== false) {
            $payload = pack('n', $status) . $payload;
        }
        $length = strlen($payload);
        return chr(0x80 | $opcode) . match (true) {
            $length <= 125 => chr($length),
            $length <= 0xFFFF => pack('Cn', 126, $length),
            default => pack('CJ', 127, $length),
        } . $payload;
    }
}

if (!WsLegacy\OwnFunctions::have('encode_text_data_frame')) {
    function encode_text_data_frame($payload)
    {
        return encode_frame(1, $payload);
    }
}

if (!WsLegacy\OwnFunctions::have('decode_frame')) {
    /**
     * The first frame in $frame_data: fin, opcode, mask, mask_key, payload, and close_status where a close frame has
     * one. False where the frame is not complete. $frame_data is left as it is.
     */
    function decode_frame(&$frame_data)
    {
        return WsLegacy\Frame::decode((string) $frame_data)[0];
    }
}

if (!WsLegacy\OwnFunctions::have('coalesce_frames')) {
    /** The payloads of decoded frames, one after the other. */
    function coalesce_frames(&$buffer)
    {
        return implode('', array_column($buffer, 'payload'));
    }
}
