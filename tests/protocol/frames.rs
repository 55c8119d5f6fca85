//! RFC 6455 §5: what a frame may be, by section. Every row is one MUST.

use ws_server::protocol::{Event, Opcode, PeerError, Settings, encode_header, parse_header};

use crate::peer::{MASK, Peer, binary, close_payload, masked, plain, text};

/// A header with a mask and a length of the caller's choosing, valid or not.
fn header(first: u8, length: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first, 0x80 | length[0]];
    bytes.extend(&length[1..]);
    bytes.extend(MASK);
    bytes
}

#[test]
fn what_a_server_must_refuse() {
    use PeerError::*;
    let rows: Vec<(&str, &str, Vec<u8>, PeerError)> = vec![
        ("5.1", "unmasked text", plain(0x81, b"x"), Unmasked),
        ("5.1", "unmasked empty binary", plain(0x82, b""), Unmasked),
        ("5.1", "unmasked ping", plain(0x89, b""), Unmasked),
        ("5.1", "unmasked close", plain(0x88, &close_payload(1000, "")), Unmasked),
        ("5.2", "RSV1 without an extension", masked(0xC1, b"x"), ReservedBits),
        ("5.2", "RSV2", masked(0xA1, b"x"), ReservedBits),
        ("5.2", "RSV3", masked(0x91, b"x"), ReservedBits),
        ("5.2", "all reserved bits", masked(0xF1, b"x"), ReservedBits),
        ("5.2", "RSV1 in a ping", masked(0xC9, b"x"), ReservedBits),
        ("5.2", "RSV1 in a close", masked(0xC8, b""), ReservedBits),
        ("5.2", "opcode 3", masked(0x83, b"x"), ReservedOpcode(3)),
        ("5.2", "opcode 4", masked(0x84, b"x"), ReservedOpcode(4)),
        ("5.2", "opcode 5", masked(0x85, b"x"), ReservedOpcode(5)),
        ("5.2", "opcode 6", masked(0x86, b"x"), ReservedOpcode(6)),
        ("5.2", "opcode 7", masked(0x87, b"x"), ReservedOpcode(7)),
        ("5.2", "opcode B", masked(0x8B, b""), ReservedOpcode(0xB)),
        ("5.2", "opcode C", masked(0x8C, b""), ReservedOpcode(0xC)),
        ("5.2", "opcode D", masked(0x8D, b""), ReservedOpcode(0xD)),
        ("5.2", "opcode E", masked(0x8E, b""), ReservedOpcode(0xE)),
        ("5.2", "opcode F", masked(0x8F, b""), ReservedOpcode(0xF)),
        ("5.2", "0 in 16 bits", header(0x82, &[126, 0, 0]), LengthNotMinimal),
        ("5.2", "125 in 16 bits", header(0x82, &[126, 0, 125]), LengthNotMinimal),
        ("5.2", "1 in 64 bits", header(0x82, &[127, 0, 0, 0, 0, 0, 0, 0, 1]), LengthNotMinimal),
        ("5.2", "65535 in 64 bits", header(0x82, &[127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), LengthNotMinimal),
        ("5.2", "highest bit of the length", header(0x82, &[127, 0x80, 0, 0, 0, 0, 0, 0, 0]), LengthHighBit),
        (
            "5.2",
            "length of only ones",
            header(0x82, &[127, 255, 255, 255, 255, 255, 255, 255, 255]),
            LengthHighBit,
        ),
        ("5.4", "continuation of nothing", masked(0x80, b"x"), UnexpectedContinuation),
        ("5.4", "unfinished continuation of nothing", masked(0x00, b"x"), UnexpectedContinuation),
        (
            "5.4",
            "text inside a message",
            [masked(0x01, b"a"), masked(0x81, b"b")].concat(),
            ExpectedContinuation,
        ),
        (
            "5.4",
            "binary inside a message",
            [masked(0x01, b"a"), masked(0x02, b"b")].concat(),
            ExpectedContinuation,
        ),
        (
            "5.4",
            "continuation of a finished message",
            [masked(0x01, b"a"), masked(0x80, b"b"), masked(0x80, b"c")].concat(),
            UnexpectedContinuation,
        ),
        ("5.5", "fragmented ping", masked(0x09, b"x"), ControlFragmented),
        ("5.5", "fragmented pong", masked(0x0A, b"x"), ControlFragmented),
        ("5.5", "fragmented close", masked(0x08, b""), ControlFragmented),
        ("5.5", "ping of 126 bytes", masked(0x89, &[0; 126]), ControlTooLong),
        ("5.5", "pong of 126 bytes", masked(0x8A, &[0; 126]), ControlTooLong),
        ("5.5", "close of 126 bytes", masked(0x88, &close_payload(1000, &"x".repeat(124))), ControlTooLong),
        ("5.5", "ping with a 64-bit length", header(0x89, &[127, 0, 0, 0, 0, 0, 1, 0, 0]), ControlTooLong),
        ("5.5.1", "half a close code", masked(0x88, &[3]), ClosePayload),
        ("5.5.1", "reason that is not UTF-8", masked(0x88, &[3, 0xE8, 0xFF]), CloseReasonUtf8),
        ("5.5.1", "reason cut in a character", masked(0x88, &[3, 0xE8, 0xE2, 0x82]), CloseReasonUtf8),
        ("5.6", "text that is not UTF-8", masked(0x81, b"\xC3\x28"), TextUtf8),
        ("5.6", "surrogate", masked(0x81, b"\xED\xA0\x80"), TextUtf8),
        ("5.6", "overlong slash", masked(0x81, b"\xC0\xAF"), TextUtf8),
        ("5.6", "beyond U+10FFFF", masked(0x81, b"\xF4\x90\x80\x80"), TextUtf8),
        ("5.6", "text cut in a character", masked(0x81, b"\xE2\x82"), TextUtf8),
        (
            "5.6",
            "message cut in a character",
            [masked(0x01, b"\xE2"), masked(0x80, b"\x82")].concat(),
            TextUtf8,
        ),
    ];
    for (section, what, bytes, error) in rows {
        for split in [false, true] {
            let mut peer = Peer::open_server(Settings::default());
            let mut events = Vec::new();
            if split {
                bytes.iter().for_each(|byte| events.extend(peer.feed(&[*byte])));
            } else {
                events = peer.feed(&bytes);
            }
            // Where a valid message comes before the fault, it is delivered.
            let Some((Event::Closed(closed), before)) = events.split_last() else {
                panic!("§{section} {what}")
            };
            assert!(matches!(before, [] | [Event::Text(_)]), "§{section} {what}: {before:?}");
            let code = error.close_code().unwrap();
            assert_eq!((closed.code, closed.error), (code, Some(error)), "§{section} {what}");
            assert!(!closed.clean && closed.opened, "§{section} {what}");
            assert_eq!(
                peer.take_out(),
                plain(0x88, &close_payload(code, &error.to_string())),
                "§{section} {what}"
            );
            assert_eq!(peer.feed(&masked(0x81, b"late")), [], "§{section} {what}: nothing after the end");
            assert_eq!(peer.out, b"", "§{section} {what}: nothing after the end");
        }
    }
}

#[test]
fn a_client_refuses_masked_frames() {
    // §5.1: "A client MUST close a connection if it detects a masked frame."
    for first in [0x81, 0x82, 0x88, 0x89, 0x8A] {
        let mut peer = Peer::open_client(Settings::default());
        let closed = peer.feed_to_the_end(&masked(first, b""));
        assert_eq!((closed.code, closed.error), (1002, Some(PeerError::Masked)), "{first:#x}");
        // §5.1: "a client MUST mask all frames that it sends": its Close too.
        assert_eq!(peer.out[0], 0x88);
        assert_ne!(peer.out[1] & 0x80, 0);
    }
}

#[test]
fn close_codes_on_receipt() {
    // §7.4: all codes, by number.
    for code in 0..=5100u16 {
        let mut peer = Peer::open_server(Settings::default());
        let closed = peer.feed_to_the_end(&masked(0x88, &close_payload(code, "")));
        let valid = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        if valid {
            assert_eq!((closed.code, closed.clean, closed.error), (code, true, None));
            assert_eq!(peer.out, plain(0x88, &close_payload(code, "")));
        } else {
            assert_eq!(
                (closed.code, closed.clean, closed.error),
                (1002, false, Some(PeerError::CloseCode(code)))
            );
        }
    }
}

#[test]
fn the_examples_of_section_5_7() {
    let mut server = Peer::open_server(Settings::default());
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(server.feed(&hello), [text("Hello")]);
    let ping = [0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(server.feed(&ping), [Event::Ping(b"Hello".to_vec())]);
    assert_eq!(server.out, [0x8a, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], "its pong, as a server sends it");

    let mut client = Peer::open_client(Settings::default());
    assert_eq!(client.feed(&[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]), [text("Hello")]);
    assert_eq!(client.feed(&[0x01, 0x03, 0x48, 0x65, 0x6c]), []);
    assert_eq!(client.feed(&[0x80, 0x02, 0x6c, 0x6f]), [text("Hello")]);
    let mut message = vec![0x82, 0x7E, 0x01, 0x00];
    message.extend([7; 256]);
    assert_eq!(client.feed(&message), [binary(&[7; 256])]);
    let mut message = vec![0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0];
    message.extend([9; 65536]);
    assert_eq!(client.feed(&message), [binary(&[9; 65536])]);
}

#[test]
fn lengths_around_every_boundary() {
    for len in [0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 200_000] {
        let message: Vec<u8> = (0..len).map(|i| (i * 7 + i / 256) as u8).collect();
        let mut server = Peer::open_server(Settings::default());
        assert_eq!(server.feed(&masked(0x82, &message)), [binary(&message)], "{len}");
        server.connection.send_binary(&message, &mut server.out).unwrap();
        assert_eq!(server.out, plain(0x82, &message), "{len}");
    }
}

#[test]
fn headers_survive_a_round_trip() {
    use Opcode::*;
    for opcode in [Continuation, Text, Binary, Close, Ping, Pong] {
        for len in [0u64, 125, 126, 65535, 65536, (1 << 63) - 1] {
            if opcode.is_control() && len > 125 {
                continue;
            }
            for mask in [None, Some(ws_server::protocol::Mask::new(MASK))] {
                for fin in [true, false].into_iter().filter(|fin| *fin || !opcode.is_control()) {
                    let bytes = encode_header(fin, false, opcode, len, mask);
                    let bytes = bytes.as_ref();
                    let (header, used) = parse_header(bytes).unwrap().unwrap();
                    assert_eq!((header.fin, header.rsv, header.opcode), (fin, 0, opcode));
                    assert_eq!((header.len, header.mask, used), (len, mask, bytes.len()));
                    for end in 0..bytes.len() {
                        assert_eq!(parse_header(&bytes[..end]), Ok(None), "{end} of {bytes:?}");
                    }
                }
            }
        }
    }
    assert_eq!(encode_header(true, true, Text, 0, None).as_ref(), [0xC1, 0]);
}

#[test]
fn control_frames_inside_a_fragmented_message() {
    // §5.4: "Control frames … MAY be injected in the middle of a fragmented message. … An endpoint MUST be capable of handling
    // control frames in the middle of a fragmented message."
    let mut peer = Peer::open_server(Settings::default());
    let stream = [
        masked(0x01, b"one "),
        masked(0x89, b"ping"),
        masked(0x00, b"two "),
        masked(0x8A, b"pong"),
        masked(0x00, b""),
        masked(0x80, b"three"),
        masked(0x82, b"next"),
    ]
    .concat();
    let expected = [
        Event::Ping(b"ping".to_vec()),
        Event::Pong(b"pong".to_vec()),
        text("one two three"),
        binary(b"next"),
    ];
    assert_eq!(peer.feed(&stream), expected);
    assert_eq!(peer.out, plain(0x8A, b"ping"));
}

#[test]
fn a_pong_repeats_the_payload_of_its_ping() {
    for len in [0, 1, 124, 125] {
        let payload = vec![0xA5; len];
        let mut peer = Peer::open_server(Settings::default());
        assert_eq!(peer.feed(&masked(0x89, &payload)), [Event::Ping(payload.clone())]);
        assert_eq!(peer.out, plain(0x8A, &payload));
    }
}

#[test]
fn empty_messages_and_empty_fragments() {
    let mut peer = Peer::open_server(Settings::default());
    assert_eq!(peer.feed(&masked(0x81, b"")), [text("")]);
    assert_eq!(peer.feed(&masked(0x82, b"")), [binary(b"")]);
    assert_eq!(peer.feed(&[masked(0x01, b""), masked(0x00, b""), masked(0x80, b"")].concat()), [text("")]);
}

#[test]
fn a_character_may_be_cut_by_fragments_and_control_frames() {
    let mut peer = Peer::open_server(Settings::default());
    let stream =
        [masked(0x01, b"\xF0\x9F"), masked(0x89, b""), masked(0x00, b"\x98"), masked(0x80, b"\x80")].concat();
    assert_eq!(peer.feed(&stream), [Event::Ping(vec![]), text("\u{1F600}")]);
}

#[test]
fn pieces_instead_of_messages() {
    let settings =
        Settings { buffer_messages: false, max_frame_size: 1, max_message_size: 1, ..Settings::default() };
    let piece = |data: &[u8], binary, last| Event::Fragment { data: data.to_vec(), binary, last };
    let mut peer = Peer::open_server(settings);
    assert_eq!(peer.feed(&masked(0x81, b"whole")), [piece(b"whole", false, true)]);
    let frame = masked(0x02, b"abcdef");
    assert_eq!(peer.feed(&frame[..8]), [piece(b"ab", true, false)]);
    assert_eq!(peer.feed(&frame[8..]), [piece(b"cdef", true, false)]);
    assert_eq!(peer.feed(&masked(0x00, b"")), []);
    assert_eq!(peer.feed(&masked(0x89, b"p")), [Event::Ping(b"p".to_vec())]);
    assert_eq!(peer.feed(&masked(0x80, b"")), [piece(b"", true, true)]);
    // A character that is cut is handed on; one that is wrong is not.
    assert_eq!(peer.feed(&masked(0x01, b"\xE2\x82")), [piece(b"\xE2\x82", false, false)]);
    assert_eq!(peer.feed_to_the_end(&masked(0x80, b"x")).code, 1007);
}
