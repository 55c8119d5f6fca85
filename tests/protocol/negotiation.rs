//! RFC 7692 §7.1: what is offered, answered and verified.

use ws_server::protocol::{Accept, ClientRequest, Compression, Event, PeerError, Settings, deflater_bytes};

use crate::peer::{Peer, REQUEST};

fn settings(compression: Compression) -> Settings {
    Settings { compression: Some(compression), ..Settings::default() }
}

/// What a server answers to these headers.
fn answer(compression: Compression, headers: &[&str]) -> Option<String> {
    let mut request = REQUEST.trim_end().to_owned() + "\r\n";
    for header in headers {
        request += &format!("Sec-WebSocket-Extensions: {header}\r\n");
    }
    let mut peer = Peer::server(settings(compression));
    let events = peer.feed((request + "\r\n").as_bytes());
    assert!(matches!(events[..], [Event::Request(_)]), "{headers:?}: {events:?}");
    peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
    assert!(peer.connection.is_open());
    let answer = extensions(&peer.take_out());
    assert_eq!(peer.connection.is_compressed(), answer.is_some());
    answer
}

/// The value of the header in a head.
fn extensions(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).unwrap();
    let (_, rest) = head.split_once("Sec-WebSocket-Extensions: ")?;
    Some(rest.split_once("\r\n").unwrap().0.to_owned())
}

const DEFAULT: Compression =
    Compression { level: 1, window_bits: 15, context_takeover: false, threshold: 256, memory: 512 << 10 };
const TAKEOVER: Compression = Compression { context_takeover: true, ..DEFAULT };
const SMALL: Compression = Compression { window_bits: 11, ..TAKEOVER };

#[test]
fn what_a_server_answers() {
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    for (compression, offer, expected) in [
        (DEFAULT, "permessage-deflate", both),
        // What browsers send. The window of the client is its own business as long as nothing is limited.
        (DEFAULT, "permessage-deflate; client_max_window_bits", both),
        (DEFAULT, "permessage-deflate; client_max_window_bits=9", both),
        (
            DEFAULT,
            "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10",
        ),
        // Asked for 8, nothing will be compressed, but that is nobody's business.
        (
            DEFAULT,
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8",
        ),
        (TAKEOVER, "permessage-deflate", "permessage-deflate"),
        (
            TAKEOVER,
            "permessage-deflate; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover",
        ),
        (
            TAKEOVER,
            "permessage-deflate; client_no_context_takeover",
            "permessage-deflate; client_no_context_takeover",
        ),
        (
            TAKEOVER,
            "permessage-deflate; server_max_window_bits=15",
            "permessage-deflate; server_max_window_bits=15",
        ),
        (TAKEOVER, "permessage-deflate; client_max_window_bits", "permessage-deflate"),
        // `client_max_window_bits` only to those who offered it, with the smaller of both.
        (SMALL, "permessage-deflate", "permessage-deflate; server_max_window_bits=11"),
        (
            SMALL,
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11",
        ),
        (
            SMALL,
            "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
        ),
        (
            SMALL,
            "permessage-deflate; client_max_window_bits=14; server_max_window_bits=14",
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11",
        ),
        (
            DEFAULT,
            "permessage-deflate; server_max_window_bits=\"1\\5\"",
            &format!("{both}; server_max_window_bits=15"),
        ),
    ] {
        assert_eq!(answer(compression, &[offer]).as_deref(), Some(expected), "{offer}");
    }
}

#[test]
fn nonsense_declines_the_offer_and_only_the_offer() {
    for params in [
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=+9",
        "server_max_window_bits=-9",
        "server_max_window_bits=9.0",
        "server_max_window_bits=ten",
        "server_max_window_bits=265",
        "server_max_window_bits=99999999999999999999",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=010",
        "client_max_window_bits=x",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits=10",
        "unknown",
        "SERVER_NO_CONTEXT_TAKEOVER",
    ] {
        let offer = format!("permessage-deflate; {params}");
        assert_eq!(answer(TAKEOVER, &[&offer]), None, "{params}");
        let next = format!("{offer}, permessage-deflate; server_max_window_bits=12");
        let expected = Some("permessage-deflate; server_max_window_bits=12".to_owned());
        assert_eq!(answer(TAKEOVER, &[&next]), expected, "{params}");
        assert_eq!(answer(TAKEOVER, &[&offer, "permessage-deflate; server_max_window_bits=12"]), expected);
    }
    for other in ["x-webkit-deflate-frame", "permessage-bzip2", "permessage-deflate2", "Permessage-Deflate"] {
        assert_eq!(answer(DEFAULT, &[other]), None, "{other}");
    }
}

#[test]
fn the_first_offer_that_can_be_accepted_is() {
    let offers = "x-other; a=b, permessage-deflate; server_max_window_bits=10, permessage-deflate";
    assert_eq!(answer(TAKEOVER, &[offers]).unwrap(), "permessage-deflate; server_max_window_bits=10");
    let offers = "permessage-deflate, permessage-deflate; server_max_window_bits=10";
    assert_eq!(answer(TAKEOVER, &[offers]).unwrap(), "permessage-deflate");
}

#[test]
fn without_the_option_nothing_is_agreed_on() {
    let mut peer = Peer::server(Settings::default());
    let request = REQUEST.trim_end().to_owned() + "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    peer.feed(request.as_bytes());
    peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
    assert_eq!(extensions(&peer.out), None);
    assert!(!peer.connection.is_compressed());
    let client = Peer::client(Settings::default(), ClientRequest::new("h", "/").unwrap());
    assert_eq!(extensions(&client.out), None);
}

#[test]
fn memory_bounds_what_is_kept() {
    let bounded = |memory| answer(Compression { memory, ..TAKEOVER }, &["permessage-deflate"]).unwrap();
    let full = 48_000 + deflater_bytes(15);
    assert_eq!(bounded(full), "permessage-deflate");
    assert_eq!(bounded(full - 1), "permessage-deflate; server_max_window_bits=14");
    assert_eq!(bounded(48_000 + deflater_bytes(9)), "permessage-deflate; server_max_window_bits=9");
    assert_eq!(bounded(48_000 + deflater_bytes(9) - 1), "permessage-deflate; server_no_context_takeover");
    assert_eq!(bounded(48_000), "permessage-deflate; server_no_context_takeover");
    let none = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    assert_eq!(bounded(47_999), none);
    assert_eq!(bounded(0), none);
}

#[test]
fn what_a_client_offers() {
    for (compression, expected) in [
        (
            DEFAULT,
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
        ),
        (TAKEOVER, "permessage-deflate; client_max_window_bits"),
        (SMALL, "permessage-deflate; server_max_window_bits=11; client_max_window_bits=11"),
        (
            Compression { memory: 48_000 + deflater_bytes(12), ..TAKEOVER },
            "permessage-deflate; client_max_window_bits=12",
        ),
    ] {
        let client = Peer::client(settings(compression), ClientRequest::new("h", "/").unwrap());
        assert_eq!(extensions(&client.out).as_deref(), Some(expected));
    }
}

/// A client that was answered with this header, or with several.
fn answered(compression: Compression, answer: &str) -> Result<Peer, Option<PeerError>> {
    let mut peer = Peer::client(settings(compression), ClientRequest::new("h", "/").unwrap());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n{answer}\r\n",
        peer.expected_accept()
    );
    match peer.feed_one(response.as_bytes()) {
        Event::Open(_) => Ok(peer),
        Event::Closed(closed) => Err(closed.error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_client_takes_for_an_answer() {
    for (compression, answer) in [
        (TAKEOVER, ""),
        (TAKEOVER, "; server_no_context_takeover; client_no_context_takeover"),
        (TAKEOVER, "; server_max_window_bits=8"),
        (TAKEOVER, "; client_max_window_bits=15"),
        (TAKEOVER, "; client_max_window_bits=8"),
        (SMALL, "; server_max_window_bits=11; client_max_window_bits=11"),
        (SMALL, "; server_max_window_bits=9"),
        (DEFAULT, "; server_no_context_takeover"),
    ] {
        let header = format!("Sec-WebSocket-Extensions: permessage-deflate{answer}\r\n");
        assert!(answered(compression, &header).unwrap().connection.is_compressed(), "{answer}");
    }
    for compression in [DEFAULT, TAKEOVER] {
        let peer = answered(compression, "").unwrap();
        assert!(!peer.connection.is_compressed(), "a server need not accept");
    }
}

#[test]
fn violations_in_an_answer_fail_the_connection() {
    use PeerError::{BadResponse, ExtensionNotOffered};
    let invalid = BadResponse("invalid permessage-deflate parameters");
    for (compression, answer, error) in [
        (TAKEOVER, "permessage-deflate; server_max_window_bits", invalid),
        (TAKEOVER, "permessage-deflate; server_max_window_bits=7", invalid),
        (TAKEOVER, "permessage-deflate; unknown", invalid),
        (TAKEOVER, "permessage-deflate; server_no_context_takeover=1", invalid),
        (TAKEOVER, "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", invalid),
        (
            TAKEOVER,
            "permessage-deflate; client_max_window_bits",
            BadResponse("client_max_window_bits without a value"),
        ),
        (DEFAULT, "permessage-deflate", BadResponse("server_no_context_takeover was not answered")),
        (
            SMALL,
            "permessage-deflate; client_max_window_bits=10",
            BadResponse("server_max_window_bits was not answered, or with a larger value"),
        ),
        (
            SMALL,
            "permessage-deflate; server_max_window_bits=12",
            BadResponse("server_max_window_bits was not answered, or with a larger value"),
        ),
        (
            SMALL,
            "permessage-deflate; server_max_window_bits=11; client_max_window_bits=12",
            BadResponse("client_max_window_bits is larger than offered"),
        ),
        (TAKEOVER, "permessage-deflate, permessage-deflate", BadResponse("more than one permessage-deflate")),
        (TAKEOVER, "permessage-bzip2", ExtensionNotOffered),
        (TAKEOVER, "permessage-deflate, x-other", ExtensionNotOffered),
        (TAKEOVER, "permessage-deflate;", BadResponse("invalid Sec-WebSocket-Extensions")),
    ] {
        let header = format!("Sec-WebSocket-Extensions: {answer}\r\n");
        assert_eq!(answered(compression, &header).err(), Some(Some(error)), "{answer}");
    }
    let twice = "Sec-WebSocket-Extensions: permessage-deflate\r\n".repeat(2);
    let error = BadResponse("more than one permessage-deflate");
    assert_eq!(answered(TAKEOVER, &twice).err(), Some(Some(error)));
}
