//! RFC 7692 §6 and §7.2: compressed messages in frames, and what is refused.

use flate2::{Compress, FlushCompress};
use ws_server::protocol::{
    Accept, Compression, Event, Opcode, Outgoing, PeerError, Phase, Settings, parse_header,
};

use crate::peer::{Events, Peer, REQUEST, binary, masked, text};
use crate::reference;

pub const TAKEOVER: Compression =
    Compression { level: 6, window_bits: 15, context_takeover: true, threshold: 0, memory: usize::MAX };
pub const NO_TAKEOVER: Compression = Compression { context_takeover: false, ..TAKEOVER };

/// A server that has agreed on compression with a client that offered `params`.
pub fn open(settings: Settings, params: &str) -> Peer {
    let mut peer = Peer::server(settings);
    let header = format!("Sec-WebSocket-Extensions: permessage-deflate{params}");
    peer.feed((REQUEST.trim_end().to_owned() + "\r\n" + &header + "\r\n\r\n").as_bytes());
    peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
    assert!(peer.connection.is_compressed());
    peer.out.clear();
    peer
}

pub fn settings(compression: Compression) -> Settings {
    Settings { compression: Some(compression), ..Settings::default() }
}

fn takeover() -> Peer {
    open(settings(TAKEOVER), "")
}

fn no_takeover() -> Peer {
    open(settings(NO_TAKEOVER), "")
}

/// The payload of a compressed message, made without the crate's own code.
pub fn deflated(message: &[u8]) -> Vec<u8> {
    Zlib::new().message(message)
}

/// A sender that keeps its context.
pub struct Zlib(Compress);

impl Zlib {
    pub fn new() -> Zlib {
        Zlib(Compress::new(flate2::Compression::new(6), false))
    }

    pub fn message(&mut self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(message.len() + message.len() / 8 + 100);
        self.0.compress_vec(message, &mut out, FlushCompress::Sync).unwrap();
        if message.is_empty() {
            return vec![0x00]; // a second flush gives nothing
        }
        assert_eq!(out.split_off(out.len() - 4), [0, 0, 0xFF, 0xFF]);
        out
    }
}

/// Bytes that do not compress.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    };
    (0..len).map(step).collect()
}

/// RFC 7692 §7.2.3.1 to §7.2.3.6, byte for byte.
#[test]
fn the_examples_of_the_rfc() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(no_takeover().feed(&masked(0xC1, &hello)), [text("Hello")], "7.2.3.1");
    let mut peer = no_takeover();
    assert_eq!(peer.feed(&masked(0x41, &hello[..3])), [], "7.2.3.1 in two fragments");
    assert_eq!(peer.feed(&masked(0x80, &hello[3..])), [text("Hello")]);

    let mut peer = takeover();
    assert_eq!(peer.feed(&masked(0xC1, &hello)), [text("Hello")]);
    assert_eq!(peer.feed(&masked(0xC1, &[0xf2, 0x00, 0x11, 0x00, 0x00])), [text("Hello")], "7.2.3.2");

    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    assert_eq!(no_takeover().feed(&masked(0xC1, &stored)), [text("Hello")], "7.2.3.3");
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    assert_eq!(no_takeover().feed(&masked(0xC1, &last)), [text("Hello")], "7.2.3.4");
    let blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    assert_eq!(no_takeover().feed(&masked(0xC1, &blocks)), [text("Hello")], "7.2.3.5");
    assert_eq!(no_takeover().feed(&masked(0xC1, &[0x00])), [text("")], "7.2.3.6");
}

#[test]
fn a_message_that_is_not_compressed_is_one_too() {
    for mut peer in [takeover(), no_takeover()] {
        assert_eq!(peer.feed(&masked(0x81, b"plain")), [text("plain")]);
        assert_eq!(peer.feed(&masked(0xC2, &deflated(b"not"))), [binary(b"not")]);
        assert_eq!(peer.feed(&masked(0x81, b"plain")), [text("plain")]);
        assert_eq!(peer.connection.inflated(), 1);
    }
}

#[test]
fn with_takeover_messages_refer_to_those_before() {
    let mut zlib = Zlib::new();
    let long = "A sentence that is repeated. ".repeat(20);
    let messages: Vec<_> = (0..5).map(|i| format!("{i}: {long}")).collect();
    let payloads: Vec<_> = messages.iter().map(|message| zlib.message(message.as_bytes())).collect();
    assert!(payloads[1].len() < payloads[0].len() / 2, "it does refer");

    let mut peer = takeover();
    for (message, payload) in messages.iter().zip(&payloads) {
        assert_eq!(peer.feed(&masked(0xC1, payload)), [text(message)]);
    }
    // Without, the second one refers to nothing.
    let mut peer = no_takeover();
    assert_eq!(peer.feed(&masked(0xC1, &payloads[0])), [text(&messages[0])]);
    assert_eq!(peer.feed_to_the_end(&masked(0xC1, &payloads[1])).error, Some(PeerError::CorruptDeflate));
    // Nor on another connection of the same thread, which may well get the same stream.
    let mut other = takeover();
    assert_eq!(other.feed_to_the_end(&masked(0xC1, &payloads[1])).error, Some(PeerError::CorruptDeflate));
}

#[test]
fn what_is_empty() {
    for mut peer in [takeover(), no_takeover()] {
        for payload in [&[0x00][..], &[], &[0x02, 0x00], &[0x01, 0x00, 0x00, 0xff, 0xff], &[0x03, 0x00, 0x00]]
        {
            assert_eq!(peer.feed(&masked(0xC1, payload)), [text("")], "{payload:?}");
        }
        assert_eq!(peer.feed(&masked(0x42, &[])), []);
        assert_eq!(peer.feed(&masked(0x00, &[])), []);
        assert_eq!(peer.feed(&masked(0x80, &deflated(b"at last"))), [binary(b"at last")]);
        assert_eq!(peer.feed(&masked(0xC1, &deflated(b"next"))), [text("next")]);
    }
}

#[test]
fn blocks_with_bfinal() {
    let mut peer = takeover();
    let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    for payload in
        [&last[..], &[&last[..], &[0x00]].concat(), &[&last[..], &last[..]].concat(), &deflated(b"Hello")]
    {
        let expected = if payload.len() == 14 { "HelloHello" } else { "Hello" };
        assert_eq!(peer.feed(&masked(0xC1, payload)), [text(expected)]);
    }
}

#[test]
fn control_frames_between_fragments() {
    for mut peer in [takeover(), no_takeover()] {
        let payload = deflated(b"a message in three pieces");
        assert_eq!(peer.feed(&masked(0x41, &payload[..1])), []);
        assert_eq!(peer.feed(&masked(0x89, b"1")), [Event::Ping(b"1".to_vec())]);
        assert_eq!(peer.feed(&masked(0x00, &payload[1..5])), []);
        assert_eq!(peer.feed(&masked(0x8A, b"2")), [Event::Pong(b"2".to_vec())]);
        assert_eq!(peer.feed(&masked(0x80, &payload[5..])), [text("a message in three pieces")]);
    }
}

#[test]
fn rsv1_belongs_to_first_frames() {
    let message = deflated(b"x");
    for (what, mut peer, before, frame) in [
        ("not negotiated", Peer::open_server(Settings::default()), None, 0xC1),
        ("on a ping", takeover(), None, 0xC9),
        ("on a pong", takeover(), None, 0xCA),
        ("on a close", takeover(), None, 0xC8),
        ("on a continuation", takeover(), Some(0x41), 0xC0),
        ("on a continuation of a plain message", takeover(), Some(0x01), 0xC0),
        ("RSV2", takeover(), None, 0xA1),
        ("RSV1 and RSV3", takeover(), None, 0xD1),
    ] {
        if let Some(first) = before {
            assert_eq!(peer.feed(&masked(first, b"")), [], "{what}");
        }
        let end = peer.feed_to_the_end(&masked(frame, &message));
        assert_eq!((end.code, end.error), (1002, Some(PeerError::ReservedBits)), "{what}");
    }
}

#[test]
fn what_is_not_deflate() {
    let cut = deflated("a long enough message, a long enough message".repeat(3).as_bytes());
    for (what, payload) in [
        ("block type 3", &[0x07, 0x00][..]),
        ("LEN is not NLEN", &[0x00, 0x05, 0x00, 0x00, 0x00, b'H']),
        ("too far back", &[0xf2, 0x00, 0x11, 0x00, 0x00]),
        ("cut off", &cut[..cut.len() / 2]),
        ("less its last byte", &cut[..cut.len() - 1]),
        ("a block that is longer", &[0x00, 0x09, 0x00, 0xf6, 0xff, b'H']),
        ("with the tail", &[0x00, 0x00, 0x00, 0xff]),
        ("text", b"Hello"),
    ] {
        for mut peer in [no_takeover(), takeover()] {
            let end = peer.feed_to_the_end(&masked(0xC1, payload));
            assert_eq!((end.code, end.error), (1007, Some(PeerError::CorruptDeflate)), "{what}");
            assert_eq!(peer.connection.phase(), Phase::Closed);
        }
    }
}

#[test]
fn text_is_checked_after_inflating() {
    let end = no_takeover().feed_to_the_end(&masked(0xC1, &deflated(&[b'a', 0xFF])));
    assert_eq!((end.code, end.error), (1007, Some(PeerError::TextUtf8)));
    let end = no_takeover().feed_to_the_end(&masked(0xC1, &deflated("ä".as_bytes().split_at(1).0)));
    assert_eq!(end.error, Some(PeerError::TextUtf8), "unfinished");
    assert_eq!(no_takeover().feed(&masked(0xC2, &deflated(&[0xFF]))), [binary(&[0xFF])]);
    // A character cut by fragments, and the first bad byte before the end of the message.
    let mut peer = no_takeover();
    let payload = deflated("aä€🦀".as_bytes());
    for (i, byte) in payload.iter().enumerate() {
        let first = if i == 0 { 0x41 } else { 0x00 };
        assert_eq!(peer.feed(&masked(first, &[*byte])), []);
    }
    assert_eq!(peer.feed(&masked(0x80, &[])), [text("aä€🦀")]);
    let mut peer = no_takeover();
    let end = peer.feed_to_the_end(&masked(0x41, &deflated(&[&[0xC0][..], &noise(1000)].concat())));
    assert_eq!(end.error, Some(PeerError::TextUtf8));
}

#[test]
fn a_bomb_at_the_limit_and_one_byte_over() {
    for limit in [1usize, 1000, 32 << 10, (32 << 10) + 1, 1 << 20, 5_000_000] {
        let at_limit = vec![0; limit];
        let open = || open(Settings { max_message_size: limit as u64, ..settings(NO_TAKEOVER) }, "");
        assert_eq!(open().feed(&masked(0xC2, &deflated(&at_limit))), [binary(&at_limit)], "{limit}");
        let over = deflated(&vec![0; limit + 1]);
        let end = open().feed_to_the_end(&masked(0xC2, &over));
        assert_eq!((end.code, end.error), (1009, Some(PeerError::MessageTooLarge)), "{limit}");
        // Over several fragments the sum counts.
        let mut peer = open();
        for piece in over.chunks(over.len().div_ceil(3)).enumerate() {
            let first = if piece.0 == 0 { 0x42 } else { 0x00 };
            if let Some(Event::Closed(end)) = peer.feed(&masked(first, piece.1)).pop() {
                assert_eq!(end.error, Some(PeerError::MessageTooLarge), "{limit}");
            }
        }
        assert_eq!(peer.connection.phase(), Phase::Closed, "{limit}");
    }
}

/// The last bits of a message stand for more than there is room for at one time: nothing asks for the rest later.
#[test]
fn output_that_goes_over_the_room_with_the_last_byte() {
    for buffer_messages in [true, false] {
        let mut peer = open(Settings { buffer_messages, ..settings(TAKEOVER) }, "");
        for len in (32_500..33_300).chain(65_400..65_900) {
            let message = vec![b'0'; len];
            let mut zlib = Compress::new(flate2::Compression::new(9), false);
            let mut payload = Vec::with_capacity(1000);
            zlib.compress_vec(&message, &mut payload, FlushCompress::Sync).unwrap();
            payload.truncate(payload.len() - 4);
            let mut received = Vec::new();
            for event in peer.feed(&masked(0xC2, &payload)) {
                match event {
                    Event::Binary(data) | Event::Fragment { data, .. } => received.extend(data),
                    other => panic!("{len}: {other:?}"),
                }
            }
            assert!(received == message, "{len}: {}", received.len());
        }
    }
}

/// What does not compress becomes a little longer, and is not refused for it.
#[test]
fn noise_at_the_limit() {
    let message = noise(100_000);
    let payload = deflated(&message);
    assert!(payload.len() > message.len());
    let limits = Settings { max_message_size: 100_000, max_frame_size: 100_000, ..settings(NO_TAKEOVER) };
    assert_eq!(open(limits.clone(), "").feed(&masked(0xC2, &payload)), [binary(&message)]);
    let end = open(limits.clone(), "").feed_to_the_end(&masked(0xC2, &vec![0; 100_000 + 12_500 + 65]));
    assert_eq!(end.error, Some(PeerError::FrameTooLarge));
    let end = open(limits, "").feed_to_the_end(&masked(0x82, &payload));
    assert_eq!(end.error, Some(PeerError::FrameTooLarge), "not compressed it is");
}

#[test]
fn pieces_of_a_bomb_come_in_constant_memory() {
    let unbuffered = Settings { buffer_messages: false, max_message_size: 1, ..settings(NO_TAKEOVER) };
    let mut peer = open(unbuffered, "");
    let (mut total, mut largest, mut ends) = (0, 0, 0);
    for event in peer.feed(&masked(0xC2, &deflated(&vec![7; 20 << 20]))) {
        let Event::Fragment { data, binary: true, last } = event else { panic!("{event:?}") };
        assert!(data.iter().all(|byte| *byte == 7));
        assert!(last || !data.is_empty());
        (total, largest, ends) = (total + data.len(), largest.max(data.len()), ends + usize::from(last));
    }
    assert_eq!((total, ends), (20 << 20, 1));
    assert!(largest <= 64 << 10, "{largest}");
}

/// Server to client: the frames that come of a message, inflated by somebody else.
fn sent(peer: &mut Peer, message: &[u8]) -> (bool, Vec<u8>) {
    peer.connection.send_binary(message, &mut peer.out).unwrap();
    let frame = peer.take_out();
    let (header, used) = parse_header(&frame).unwrap().unwrap();
    assert_eq!(
        (header.fin, header.opcode, used as u64 + header.len),
        (true, Opcode::Binary, frame.len() as u64)
    );
    (header.rsv == 4, frame[used..].to_vec())
}

#[test]
fn what_is_sent_compressed() {
    let long = b"again and again ".repeat(100);
    let mut peer = open(
        Settings {
            compression: Some(Compression { threshold: 100, ..NO_TAKEOVER }),
            ..settings(NO_TAKEOVER)
        },
        "",
    );
    assert!(!sent(&mut peer, &long[..99]).0, "below the threshold");
    let (compressed, first) = sent(&mut peer, &long[..100]);
    assert!(compressed);
    assert_eq!(sent(&mut peer, &long[..100]).1, first, "without takeover each is by itself");
    let random = noise(1000);
    assert_eq!(sent(&mut peer, &random), (false, random), "it would grow");
    let (_, payload) = sent(&mut peer, &long);
    let (inflated, _) = reference::inflate(b"", &[&payload[..], &[0, 0, 0xFF, 0xFF]].concat()).unwrap();
    assert_eq!(inflated, long);
}

#[test]
fn level_0_and_a_window_of_8_bits_send_nothing_compressed() {
    let long = b"again and again ".repeat(100);
    for compression in [TAKEOVER, NO_TAKEOVER] {
        let mut peer = open(settings(Compression { level: 0, ..compression }), "");
        assert_eq!(sent(&mut peer, &long), (false, long.clone()));
        let mut peer = open(settings(compression), "; server_max_window_bits=8");
        assert_eq!(sent(&mut peer, &long), (false, long.clone()));
        assert_eq!(peer.connection.outgoing(long.len()), Outgoing::Plain);
        assert_eq!(peer.feed(&masked(0xC1, &deflated(b"received"))), [text("received")]);
    }
}

/// With a window of `2^n` bytes nothing may refer further back, not even to the message before.
#[test]
fn windows_are_kept() {
    let mut message = noise(40_000);
    for start in [300, 600, 5000, 33_000] {
        let piece: Vec<u8> = message[..250].to_vec();
        message[start..start + 250].copy_from_slice(&piece);
    }
    for level in [1, 2, 3, 6, 9] {
        for bits in [9u8, 10, 12, 15] {
            for compression in [TAKEOVER, NO_TAKEOVER] {
                let params = format!("; server_max_window_bits={bits}");
                let mut peer = open(settings(Compression { level, ..compression }), &params);
                let mut history = Vec::new();
                for message in [&message[..20_000], &message[..100], &message, b"the end, the end, the end"] {
                    let (compressed, payload) = sent(&mut peer, message);
                    if !compressed {
                        assert_eq!(payload, message);
                        continue;
                    }
                    let stream = [&payload[..], &[0, 0, 0xFF, 0xFF]].concat();
                    let (inflated, distance) = reference::inflate(&history, &stream).unwrap();
                    assert!(inflated == message, "level {level}, {bits} bits");
                    assert!(distance <= 1 << bits, "level {level}, {bits} bits: {distance}");
                    if compression.context_takeover {
                        history.extend(inflated);
                    }
                }
            }
        }
    }
}

#[test]
fn with_takeover_what_was_sent_plain_is_not_referred_to() {
    let mut peer = open(settings(Compression { level: 1, ..TAKEOVER }), "");
    let text = b"a sentence that compresses, a sentence that compresses".to_vec();
    let random = noise(2000);
    let repeated = [&random[..], &random[..]].concat();
    let mut history = Vec::new();
    for message in [&text, &random, &repeated, &text, &repeated] {
        let (compressed, payload) = sent(&mut peer, message);
        assert_eq!(compressed, *message != random);
        if compressed {
            let stream = [&payload[..], &[0, 0, 0xFF, 0xFF]].concat();
            let (inflated, _) = reference::inflate(&history, &stream).unwrap();
            assert_eq!(inflated, *message);
            history.extend(inflated);
        }
    }
}

#[test]
fn after_our_close_compressed_messages_are_dropped_unseen() {
    let mut peer = takeover();
    peer.feed(&masked(0x41, &deflated(b"unfinished")));
    peer.connection.close(1000, "", peer.now, &mut peer.out).unwrap();
    let events: Events = peer.feed(&masked(0x80, b"garbage"));
    assert_eq!(events, []);
    assert_eq!(peer.feed(&masked(0xC1, b"garbage")), []);
    assert!(peer.feed_to_the_end(&masked(0x88, &1000u16.to_be_bytes())).clean);
}
