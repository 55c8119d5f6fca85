//! The negotiation of permessage-deflate, as a server and as a client see it.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{
    Accept, ClientRequest, Compression, Connection, Entropy, Event, Settings, Timestamp, accept_key,
    parse_extensions,
};

const NOW: Timestamp = Timestamp(0);

fn settings(flags: u8) -> Arc<Settings> {
    let compression = Compression {
        level: 1,
        window_bits: 9 + (flags >> 1) % 7,
        context_takeover: flags & 1 != 0,
        threshold: 0,
        memory: if flags & 0x80 == 0 { usize::MAX } else { 300_000 },
    };
    Arc::new(Settings { compression: Some(compression), ..Settings::default() })
}

fn answered(out: &[u8]) -> Option<&str> {
    let head = std::str::from_utf8(out).unwrap();
    let (_, rest) = head.split_once("Sec-WebSocket-Extensions: ")?;
    Some(rest.split_once("\r\n").unwrap().0)
}

fn client(flags: u8) -> (Connection<Vec<u8>>, Vec<u8>) {
    let mut out = Vec::new();
    let request = ClientRequest::new("h", "/").unwrap().entropy(Entropy::from_fn(|bytes| bytes.fill(0)));
    (Connection::client(settings(flags), request, NOW, &mut out), out)
}

fn respond(connection: &mut Connection<Vec<u8>>, value: &[u8]) -> Option<Event<Vec<u8>>> {
    let response = [
        b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ",
        accept_key(b"AAAAAAAAAAAAAAAAAAAAAA==").as_bytes(),
        b"\r\nSec-WebSocket-Extensions: ",
        value,
        b"\r\n\r\n",
    ]
    .concat();
    connection.receive(&mut &response[..], NOW, &mut Vec::new())
}

/// A server with these settings is asked so: what it answers.
fn ask(flags: u8, value: &[u8]) -> Option<Option<String>> {
    let mut server: Connection<Vec<u8>> = Connection::server(settings(flags), NOW);
    let request = [
        b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: ",
        value,
        b"\r\n\r\n",
    ]
    .concat();
    let mut out = Vec::new();
    let event = server.receive(&mut &request[..], NOW, &mut out);
    if !matches!(event, Some(Event::Request(_))) {
        return None;
    }
    out.clear();
    server.accept(&Accept::default(), NOW, &mut out).unwrap();
    let answer = answered(&out);
    assert_eq!(answer.is_some(), server.is_compressed());
    Some(answer.map(str::to_owned))
}

fuzz_target!(|input: &[u8]| {
    let [flags, client_flags, value @ ..] = input else { return };
    if let Some(Some(answer)) = ask(*flags, value) {
        // The answer is an element with the same grammar, and says no more than was offered.
        let elements = parse_extensions(answer.as_bytes()).unwrap();
        assert_eq!(elements.len(), 1);
        let asked = String::from_utf8_lossy(value);
        let limits_client = elements[0].params.iter().any(|(name, _)| name == "client_max_window_bits");
        assert!(!limits_client || asked.contains("client_max_window_bits"));
    }
    // Nothing that a server may say crashes a client, and a client takes what our server answers it.
    let (mut connection, _) = client(*client_flags);
    respond(&mut connection, value);
    let (mut connection, out) = client(*client_flags);
    let answer = ask(*flags, answered(&out).unwrap().as_bytes()).unwrap().unwrap();
    assert!(matches!(respond(&mut connection, answer.as_bytes()), Some(Event::Open(_))));
});
