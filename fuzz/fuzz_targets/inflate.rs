//! Compressed messages, in one piece and in many, whose payload may be anything; and back.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{
    Accept, Compression, Connection, Event, Mask, Opcode, Payload, Settings, Timestamp, encode_header,
};

const NOW: Timestamp = Timestamp(0);
const LIMIT: u64 = 50_000;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

fn open(settings: &Arc<Settings>) -> Connection<Vec<u8>> {
    let mut connection = Connection::server(settings.clone(), NOW);
    connection.receive(&mut &*REQUEST, NOW, &mut Vec::new());
    connection.accept(&Accept::default(), NOW, &mut Vec::new()).unwrap();
    assert!(connection.is_compressed());
    connection
}

/// Messages, each cut into two frames, compressed or not as the first byte of each says.
fn frames(input: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    for message in input.split(|byte| *byte == 0xA5) {
        let Some((kind, payload)) = message.split_first() else { continue };
        let opcode = if kind & 1 == 0 { Opcode::Text } else { Opcode::Binary };
        let (first, second) = payload.split_at(usize::from(*kind) % (payload.len() + 1));
        for (opcode, piece, fin) in [(opcode, first, false), (Opcode::Continuation, second, true)] {
            let rsv1 = kind & 2 != 0 && !fin;
            let mask = Mask::new([*kind; 4]);
            stream
                .extend_from_slice(encode_header(fin, rsv1, opcode, piece.len() as u64, Some(mask)).as_ref());
            stream.extend_masked(piece, mask);
        }
    }
    stream
}

fn run(settings: &Arc<Settings>, bytes: &[u8], size: usize) -> (Vec<Event<Vec<u8>>>, Vec<u8>) {
    let mut connection = open(settings);
    let (mut events, mut out, mut pieces) = (Vec::new(), Vec::new(), Vec::new());
    for mut piece in bytes.chunks(size) {
        while let Some(event) = connection.receive(&mut piece, NOW, &mut out) {
            match event {
                Event::Fragment { data, last: false, .. } => {
                    assert!(!data.is_empty() && data.len() <= 64 << 10);
                    pieces.extend(data);
                }
                Event::Fragment { data, binary, last } => {
                    pieces.extend(data);
                    events.push(Event::Fragment { data: std::mem::take(&mut pieces), binary, last });
                }
                event => events.push(event),
            }
        }
        assert!(piece.is_empty());
    }
    (events, out)
}

fuzz_target!(|input: &[u8]| {
    let [flags, size, rest @ ..] = input else { return };
    let compression = Compression {
        level: 1 + (flags >> 2) % 9,
        context_takeover: flags & 1 != 0,
        threshold: 0,
        memory: usize::MAX,
        ..Compression::default()
    };
    let settings = Arc::new(Settings {
        compression: Some(compression),
        max_message_size: LIMIT,
        buffer_messages: flags & 2 == 0,
        ..Settings::default()
    });
    let bytes = frames(rest);
    let whole = run(&settings, &bytes, usize::MAX);
    assert_eq!(whole, run(&settings, &bytes, usize::from(*size) + 1));
    for event in &whole.0 {
        match event {
            Event::Text(data) => assert!(std::str::from_utf8(data).is_ok() && data.len() as u64 <= LIMIT),
            Event::Binary(data) => assert!(data.len() as u64 <= LIMIT),
            Event::Fragment { data, binary: false, .. } => assert!(std::str::from_utf8(data).is_ok()),
            _ => {}
        }
    }

    // What is sent comes back: the same bytes as messages, their masks and roles left out.
    let mut sender = open(&settings);
    let mut receiver = open(&settings);
    for message in rest.chunks(usize::from(*size) * 7 + 1) {
        let mut payload = Vec::new();
        let rsv1 = sender.deflate(message, &mut payload);
        let payload = if rsv1 { &payload[..] } else { message };
        let mut frame = Vec::new();
        let mask = Mask::NONE;
        frame.extend_from_slice(
            encode_header(true, rsv1, Opcode::Binary, payload.len() as u64, Some(mask)).as_ref(),
        );
        frame.extend_from_slice(payload);
        let mut received = Vec::new();
        let mut input = &frame[..];
        while let Some(event) = receiver.receive(&mut input, NOW, &mut Vec::new()) {
            match event {
                Event::Binary(data) | Event::Fragment { data, .. } => received.extend(data),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(received, message);
    }
});
