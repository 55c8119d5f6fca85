//! What follows an open handshake, in one piece and in many.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{
    Accept, ClientRequest, Connection, Entropy, Event, Phase, Settings, Timestamp, accept_key,
};

const NOW: Timestamp = Timestamp(0);
const LIMIT: u64 = 4096;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn open_server(settings: &Arc<Settings>) -> Connection<Vec<u8>> {
    let mut connection = Connection::server(settings.clone(), NOW);
    connection.receive(&mut &*REQUEST, NOW, &mut Vec::new());
    connection.accept(&Accept::default(), NOW, &mut Vec::new()).unwrap();
    connection
}

fn open_client(settings: &Arc<Settings>) -> Connection<Vec<u8>> {
    let mut out = Vec::new();
    let request = ClientRequest::new("h", "/").unwrap().entropy(Entropy::from_fn(|bytes| bytes.fill(0)));
    let mut connection = Connection::client(settings.clone(), request, NOW, &mut out);
    let response = format!(
        "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        accept_key(b"AAAAAAAAAAAAAAAAAAAAAA==")
    );
    connection.receive(&mut response.as_bytes(), NOW, &mut out);
    assert!(connection.is_open());
    connection
}

/// All events but unfinished pieces (where a message is cut is not a fact about it), and what was answered.
fn run(mut connection: Connection<Vec<u8>>, bytes: &[u8], size: usize) -> (Vec<Event<Vec<u8>>>, Vec<u8>) {
    let (mut events, mut out) = (Vec::new(), Vec::new());
    let mut piece_of_message = Vec::new();
    for mut piece in bytes.chunks(size) {
        while let Some(event) = connection.receive(&mut piece, NOW, &mut out) {
            match event {
                Event::Fragment { data, last: false, .. } => piece_of_message.extend(data),
                Event::Fragment { data, binary, last } => {
                    piece_of_message.extend(data);
                    events.push(Event::Fragment {
                        data: std::mem::take(&mut piece_of_message),
                        binary,
                        last,
                    });
                }
                event => events.push(event),
            }
        }
        assert!(piece.is_empty());
    }
    events.extend(connection.handle_eof(NOW));
    assert_eq!(connection.phase(), Phase::Closed);
    (events, out)
}

fuzz_target!(|input: &[u8]| {
    let [flags, size, bytes @ ..] = input else { return };
    let size = usize::from(*size) + 1;
    let settings = Arc::new(Settings {
        max_message_size: LIMIT,
        max_frame_size: LIMIT / 2,
        buffer_messages: flags & 1 == 0,
        hold_close: flags & 2 != 0,
        ..Settings::default()
    });
    let open = if flags & 4 == 0 { open_server } else { open_client };
    let connection = || {
        let mut connection = open(&settings);
        if flags & 8 != 0 {
            connection.close(1000, "", NOW, &mut Vec::new()).unwrap();
        }
        connection
    };
    let whole = run(connection(), bytes, usize::MAX);
    assert_eq!(whole, run(connection(), bytes, size));

    let (events, _) = whole;
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Closed(_))).count(), 1);
    for event in &events {
        match event {
            Event::Text(data) => assert!(std::str::from_utf8(data).is_ok() && data.len() as u64 <= LIMIT),
            Event::Binary(data) => assert!(data.len() as u64 <= LIMIT),
            Event::Fragment { data, binary: false, .. } => assert!(std::str::from_utf8(data).is_ok()),
            Event::Ping(data) | Event::Pong(data) => assert!(data.len() <= 125),
            _ => {}
        }
    }
});
