//! The same compressed bytes give the same events, however they are cut.

use proptest::prelude::*;
use ws_server::protocol::{Event, Settings};

use crate::deflate::{NO_TAKEOVER, TAKEOVER, Zlib, noise, open, settings};
use crate::peer::{Events, masked};

fn run(settings: Settings, stream: &[u8], sizes: &[usize]) -> (Events, Vec<u8>) {
    let mut peer = open(settings, "");
    let mut events = Vec::new();
    let mut rest = stream;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, next) = rest.split_at((*size).clamp(1, rest.len()));
        rest = next;
        events.extend(peer.feed(piece));
    }
    events.extend(peer.connection.handle_eof(peer.now));
    (merged(events), peer.out)
}

/// Pieces of a message put together; one that was not finished is left out, because how much of it came depends on the cut.
fn merged(events: Events) -> Events {
    let (mut merged, mut pieces): (Events, Vec<u8>) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Fragment { data, last: false, .. } => pieces.extend(data),
            Event::Fragment { data, binary, last } => {
                pieces.extend(data);
                merged.push(Event::Fragment { data: std::mem::take(&mut pieces), binary, last });
            }
            event => merged.push(event),
        }
    }
    merged
}

#[derive(Clone, Debug)]
struct Message {
    content: Vec<u8>,
    binary: bool,
    compressed: bool,
    /// Where it is cut into frames, in thousandths.
    cuts: Vec<usize>,
    ping: bool,
    /// A byte of the payload to be changed, in thousandths, and how.
    damage: Option<(usize, u8)>,
}

fn message() -> impl Strategy<Value = Message> {
    let content = prop_oneof![
        3 => ".{0,60}".prop_map(String::into_bytes),
        2 => ("[a-c]{1,9}", 1usize..3000).prop_map(|(text, count)| text.repeat(count).into_bytes()),
        1 => (0usize..3000).prop_map(noise),
        1 => Just(vec![b'0'; 200_000]),
    ];
    let cuts = proptest::collection::vec(0usize..=1000, 0..4);
    let damage = prop_oneof![8 => Just(None), 1 => (0usize..1000, 1u8..).prop_map(Some)];
    (content, any::<bool>(), any::<bool>(), cuts, any::<bool>(), damage).prop_map(
        |(content, binary, compressed, mut cuts, ping, damage)| {
            cuts.sort();
            Message { content, binary, compressed, cuts, ping, damage }
        },
    )
}

fn encode(messages: &[Message], takeover: bool) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut zlib = Zlib::new();
    for message in messages {
        if !takeover {
            zlib = Zlib::new();
        }
        let mut payload =
            if message.compressed { zlib.message(&message.content) } else { message.content.clone() };
        if let Some((place, change)) = message.damage
            && !payload.is_empty()
        {
            let place = place * payload.len() / 1000;
            payload[place] ^= change;
        }
        let mut start = 0;
        let ends = message.cuts.iter().map(|cut| cut * payload.len() / 1000).chain([payload.len()]);
        let count = message.cuts.len();
        for (i, end) in ends.enumerate() {
            let rsv1 = if message.compressed { 0x40 } else { 0 };
            let opcode = if i > 0 { 0 } else { rsv1 | if message.binary { 2 } else { 1 } };
            let fin = if i == count { 0x80 } else { 0 };
            stream.extend(masked(fin | opcode, &payload[start..end]));
            if message.ping {
                stream.extend(masked(0x89, b"ping"));
            }
            start = end;
        }
    }
    stream
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn cuts_do_not_matter(
        messages in proptest::collection::vec(message(), 0..6),
        sizes in prop_oneof![
            Just(vec![1]),
            proptest::collection::vec(1usize..30, 1..20),
            proptest::collection::vec(1usize..5000, 1..20),
        ],
        takeover: bool,
        buffer_messages: bool,
        limit in prop_oneof![Just(1u64 << 20), Just(10_000), 1u64..200],
    ) {
        let compression = if takeover { TAKEOVER } else { NO_TAKEOVER };
        let settings = || Settings { buffer_messages, max_message_size: limit, ..settings(compression) };
        let stream = encode(&messages, takeover);
        let (whole, whole_out) = run(settings(), &stream, &[usize::MAX]);
        let (pieces, pieces_out) = run(settings(), &stream, &sizes);
        prop_assert_eq!(&whole, &pieces);
        prop_assert_eq!(whole_out, pieces_out);
        let damaged = messages.iter().any(|message| message.damage.is_some());
        let content = |message: &Message| match (buffer_messages, message.binary) {
            (false, binary) => Event::Fragment { data: message.content.clone(), binary, last: true },
            (true, true) => Event::Binary(message.content.clone()),
            (true, false) => Event::Text(message.content.clone()),
        };
        let valid = messages.iter().all(|m| m.binary || std::str::from_utf8(&m.content).is_ok());
        if !damaged && valid && (limit == 1 << 20 || !buffer_messages) {
            let received: Vec<_> =
                whole.iter().filter(|event| !matches!(event, Event::Ping(_) | Event::Closed(_))).collect();
            let sent: Vec<_> = messages.iter().map(content).collect();
            prop_assert_eq!(received, sent.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn anything_at_all_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300), size in 1usize..300) {
        for compression in [TAKEOVER, NO_TAKEOVER] {
            for first in [0xC1, 0xC2] {
                let stream = [masked(first, &bytes), masked(first, &bytes)].concat();
                let whole = run(settings(compression), &stream, &[usize::MAX]);
                prop_assert_eq!(whole, run(settings(compression), &stream, &[size]));
            }
        }
    }
}
