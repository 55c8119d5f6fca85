//! HTTP heads, for a server and for a client, in one piece and in many.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ws_server::protocol::{
    Accept, ClientRequest, Connection, Entropy, Event, HttpResponse, Phase, Settings, Timestamp,
};

const NOW: Timestamp = Timestamp(0);

type Outcome = (Option<Event<Vec<u8>>>, Vec<u8>, Phase);

/// The first event that comes of `bytes`, cut into pieces of `size`.
fn first_event(
    mut connection: Connection<Vec<u8>>,
    bytes: &[u8],
    size: usize,
) -> (Outcome, Connection<Vec<u8>>) {
    let mut out = Vec::new();
    for mut piece in bytes.chunks(size) {
        if let Some(event) = connection.receive(&mut piece, NOW, &mut out) {
            return ((Some(event), out, connection.phase()), connection);
        }
        assert!(piece.is_empty());
    }
    ((None, out, connection.phase()), connection)
}

fn server(settings: &Arc<Settings>) -> Connection<Vec<u8>> {
    Connection::server(settings.clone(), NOW)
}

fn client(settings: &Arc<Settings>) -> Connection<Vec<u8>> {
    let request = ClientRequest::new("h", "/").unwrap().subprotocol("chat").unwrap();
    Connection::client(
        settings.clone(),
        request.entropy(Entropy::from_fn(|bytes| bytes.fill(7))),
        NOW,
        &mut Vec::new(),
    )
}

fuzz_target!(|input: &[u8]| {
    let Some((size, bytes)) = input.split_first() else { return };
    let size = usize::from(*size) + 1;
    let settings = Arc::new(Settings { max_handshake_size: 1024, max_headers: 16, ..Settings::default() });

    let (whole, mut connection) = first_event(server(&settings), bytes, usize::MAX);
    assert_eq!(whole, first_event(server(&settings), bytes, size).0);
    match whole {
        (Some(Event::Request(request)), out, Phase::Deciding) => {
            assert!(out.is_empty() && request.path().starts_with('/') && !request.host().is_empty());
            assert!(request.headers().count() <= 16 && request.headers().all(|(name, _)| !name.is_empty()));
            let subprotocol = request.subprotocols().next().map(str::to_owned);
            let mut out = Vec::new();
            connection.accept(&Accept { subprotocol, headers: Vec::new() }, NOW, &mut out).unwrap();
            assert!(out.starts_with(b"HTTP/1.1 101 ") && out.ends_with(b"\r\n\r\n") && connection.is_open());
        }
        (Some(Event::Closed(closed)), out, Phase::Closed) => {
            let status = closed.error.and_then(|error| error.http_status()).unwrap();
            assert!(out.starts_with(format!("HTTP/1.1 {status} ").as_bytes()));
        }
        (None, out, Phase::ReadingRequest) => assert!(out.is_empty()),
        other => panic!("{other:?}"),
    }

    // A server that answers plain requests too: each comes out as one or the other, or is refused.
    let settings = Arc::new(Settings { plain_http: true, ..Settings::clone(&settings) });
    let (whole, mut connection) = first_event(server(&settings), bytes, usize::MAX);
    assert_eq!(whole, first_event(server(&settings), bytes, size).0);
    match whole.0 {
        Some(Event::HttpRequest(request)) => {
            assert!(!request.is_upgrade() && request.path().starts_with('/') && !request.host().is_empty());
            let response = HttpResponse { body: b"page".to_vec(), ..HttpResponse::status(200) };
            let mut out = Vec::new();
            connection.respond(&response, NOW, &mut out).unwrap();
            let body: &[u8] = if request.method() == "HEAD" { b"" } else { b"page" };
            assert!(out.ends_with(&[b"\r\n\r\n", body].concat()) && connection.phase() == Phase::Closed);
        }
        Some(Event::Request(request)) => assert!(request.is_upgrade()),
        Some(Event::Closed(closed)) => assert!(closed.error.is_some()),
        None => {}
        other => panic!("{other:?}"),
    }

    let (whole, _) = first_event(client(&settings), bytes, usize::MAX);
    assert_eq!(whole, first_event(client(&settings), bytes, size).0);
});
