//! The same bytes give the same events, however they are cut, for both roles.

use proptest::prelude::*;
use ws_server::protocol::{Accept, ClientRequest, Event, Phase, Settings};

use crate::peer::{Events, Peer, REQUEST, close_payload, masked, plain};

/// How the peer encodes its frames.
type Encode = fn(u8, &[u8]) -> Vec<u8>;

/// Feeds a server's input, cut into pieces of these sizes over and over; accepts the request when it comes.
fn run(settings: Settings, stream: &[u8], sizes: &[usize]) -> (Events, Vec<u8>) {
    run_peer(Peer::server(settings), stream, sizes)
}

/// The same for a client's, after the response that opens the connection.
fn run_client(settings: Settings, frames: &[u8], sizes: &[usize]) -> (Events, Vec<u8>) {
    let mut peer = Peer::client(settings, ClientRequest::new("example.com", "/").unwrap());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        peer.expected_accept()
    );
    peer.out.clear();
    run_peer(peer, &[response.as_bytes(), frames].concat(), sizes)
}

fn run_peer(mut peer: Peer, stream: &[u8], sizes: &[usize]) -> (Events, Vec<u8>) {
    let mut events = Vec::new();
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut piece, next) = rest.split_at((*size).clamp(1, rest.len()));
        rest = next;
        while let Some(event) = peer.connection.receive(&mut piece, peer.now, &mut peer.out) {
            if matches!(event, Event::Request(_)) {
                peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
            }
            events.push(event);
        }
        assert!(piece.is_empty(), "{:?}", peer.connection.phase());
    }
    events.extend(peer.connection.handle_eof(peer.now));
    assert_eq!(peer.connection.phase(), Phase::Closed);
    (merged(events), peer.out)
}

/// Pieces of a message put together: how it was cut does not matter.
fn merged(events: Events) -> Events {
    let mut merged: Events = Vec::new();
    for event in events {
        match (merged.last_mut(), event) {
            (Some(Event::Fragment { data, last, .. }), Event::Fragment { data: more, last: ends, .. })
                if !*last =>
            {
                data.extend(more);
                *last = ends;
            }
            (_, event) => merged.push(event),
        }
    }
    merged
}

/// One frame, mostly valid.
fn frame(encode: Encode) -> impl Strategy<Value = Vec<u8>> {
    let size = prop_oneof![4 => 0usize..20, 2 => 120usize..130, 1 => 65_530usize..65_540];
    let text = ".{0,30}".prop_map(String::into_bytes);
    prop_oneof![
        4 => (prop_oneof![Just(0x81u8), Just(0x01), Just(0x80), Just(0x00)], text).prop_map(move |(first, text)| encode(first, &text)),
        4 => (prop_oneof![Just(0x82u8), Just(0x02), Just(0x80), Just(0x00)], size, any::<u8>())
            .prop_map(move |(first, size, byte)| encode(first, &vec![byte; size])),
        2 => (prop_oneof![Just(0x89u8), Just(0x8A)], 0usize..126).prop_map(move |(first, size)| encode(first, &vec![b'p'; size])),
        1 => Just(encode(0x88, &close_payload(1000, "done"))),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

/// Messages that are valid, in fragments that are.
fn message(encode: Encode) -> impl Strategy<Value = Vec<u8>> {
    (any::<bool>(), proptest::collection::vec(".{0,20}", 1..5), any::<bool>()).prop_map(
        move |(binary, parts, ping)| {
            let mut stream = Vec::new();
            for (i, part) in parts.iter().enumerate() {
                let opcode = if i > 0 { 0 } else { 1 + u8::from(binary) };
                let fin = if i + 1 == parts.len() { 0x80 } else { 0 };
                stream.extend(encode(fin | opcode, part.as_bytes()));
                if ping {
                    stream.extend(encode(0x89, part.as_bytes().get(..5).unwrap_or_default()));
                }
            }
            stream
        },
    )
}

fn stream(encode: Encode) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(frame(encode), 0..6).prop_map(|frames| frames.concat()),
        proptest::collection::vec(message(encode), 0..6).prop_map(|messages| messages.concat()),
        (proptest::collection::vec(message(encode), 0..3), frame(encode)).prop_map(|(messages, end)| [
            messages.concat(),
            end
        ]
        .concat()),
    ]
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        Just(vec![1]),
        proptest::collection::vec(1usize..30, 1..20),
        proptest::collection::vec(1usize..5000, 1..20),
    ]
}

/// What came of the whole and of the pieces is the same.
fn compare(
    (whole, whole_out): (Events, Vec<u8>),
    (pieces, pieces_out): (Events, Vec<u8>),
    buffer_messages: bool,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(whole_out, pieces_out);
    if buffer_messages {
        prop_assert_eq!(whole, pieces);
    } else {
        // Bytes in front of a bad one are handed on or not, depending on the cut: only that is left out.
        prop_assert_eq!(without_unfinished(whole), without_unfinished(pieces));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cuts_do_not_matter_to_a_server(stream in stream(masked), sizes in sizes(), buffer_messages: bool) {
        let settings = || Settings { buffer_messages, ..Settings::default() };
        let stream = [REQUEST.as_bytes(), &stream].concat();
        compare(run(settings(), &stream, &[usize::MAX]), run(settings(), &stream, &sizes), buffer_messages)?;
    }

    #[test]
    fn cuts_do_not_matter_to_a_client(frames in stream(plain), sizes in sizes(), buffer_messages: bool) {
        let settings = || Settings { buffer_messages, ..Settings::default() };
        let whole = run_client(settings(), &frames, &[usize::MAX]);
        compare(whole, run_client(settings(), &frames, &sizes), buffer_messages)?;
    }

    #[test]
    fn anything_at_all_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), sizes in proptest::collection::vec(1usize..9, 1..9)) {
        run(Settings::default(), &bytes, &sizes);
        run(Settings::default(), &[REQUEST.as_bytes(), &bytes].concat(), &sizes);
    }
}

fn without_unfinished(events: Events) -> Events {
    events.into_iter().filter(|event| !matches!(event, Event::Fragment { last: false, .. })).collect()
}

#[test]
fn a_request_in_any_two_pieces() {
    let (whole, _) = run(Settings::default(), REQUEST.as_bytes(), &[usize::MAX]);
    for cut in 1..REQUEST.len() {
        assert_eq!(run(Settings::default(), REQUEST.as_bytes(), &[cut, usize::MAX]).0, whole, "{cut}");
    }
}
