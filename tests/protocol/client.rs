//! RFC 6455 §4.1: what a client asks, and what it believes.

use std::time::Duration;

use ws_server::protocol::{ClientRequest, Event, PeerError, Phase, Role, Settings, UsageError};

use crate::peer::{Peer, closed, plain, text};

fn request() -> ClientRequest {
    ClientRequest::new("example.com:8080", "/chat?a=b").unwrap()
}

fn asking() -> Peer {
    Peer::client(Settings::default(), request().subprotocol("chat").unwrap().subprotocol("v2").unwrap())
}

/// The lines of a valid 101, one of them replaced or removed, others added.
fn response(peer: &Peer, replace: (&str, &str), more: &str) -> String {
    let accept = format!("Sec-WebSocket-Accept: {}", peer.expected_accept());
    let lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", &accept];
    let mut head = String::new();
    for line in lines {
        let line = if !replace.0.is_empty() && line.starts_with(replace.0) { replace.1 } else { line };
        if !line.is_empty() {
            head += &format!("{line}\r\n");
        }
    }
    format!("{head}{more}\r\n")
}

#[test]
fn the_request() {
    let request = request().subprotocol("chat").unwrap().subprotocol("v2").unwrap();
    let peer = Peer::client(Settings::default(), request.header("Origin", "http://example.com").unwrap());
    let written = String::from_utf8(peer.out.clone()).unwrap();
    let (_, rest) = written.split_once("Sec-WebSocket-Key: ").unwrap();
    let key = &rest[..24];
    let expected = format!(
        "GET /chat?a=b HTTP/1.1\r\nHost: example.com:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: chat, v2\r\n\
         Origin: http://example.com\r\n\r\n"
    );
    assert_eq!(written, expected);
    assert_eq!((peer.connection.role(), peer.connection.phase()), (Role::Client, Phase::AwaitingResponse));
}

#[test]
fn a_valid_response() {
    for more in ["", "Sec-WebSocket-Protocol: v2\r\n", "Sec-WebSocket-Extensions:\r\n", "Set-Cookie: a=b\r\n"]
    {
        let mut peer = asking();
        let response = response(&peer, ("", ""), more);
        let stream = [response.as_bytes(), &plain(0x81, b"at once")].concat();
        let events = peer.feed(&stream);
        let [Event::Open(opened), message] = &events[..] else { panic!("{more}: {events:?}") };
        assert_eq!(opened.status(), 101);
        assert_eq!(opened.subprotocol(), more.contains("v2").then_some("v2"));
        assert_eq!(opened.header("set-cookie").is_some(), more.contains("Set-Cookie"));
        assert_eq!(*message, text("at once"));
        assert!(peer.connection.is_open());
    }
}

#[test]
fn what_a_client_must_refuse() {
    use PeerError::*;
    let rows = [
        ("status", ("HTTP/1.1", "HTTP/1.1 200 OK"), "", Status(200)),
        ("status 401", ("HTTP/1.1", "HTTP/1.1 401 Unauthorized"), "", Status(401)),
        (
            "HTTP/1.0",
            ("HTTP/1.1", "HTTP/1.0 101 Switching Protocols"),
            "",
            BadResponse("HTTP version is not 1.1"),
        ),
        ("not HTTP", ("HTTP/1.1", "HELLO"), "", BadResponse("not HTTP")),
        ("no Upgrade", ("Upgrade", ""), "", BadResponse("no Upgrade: websocket")),
        ("other Upgrade", ("Upgrade", "Upgrade: h2c"), "", BadResponse("no Upgrade: websocket")),
        (
            "Upgrade as a list",
            ("Upgrade", "Upgrade: websocket, h2c"),
            "",
            BadResponse("no Upgrade: websocket"),
        ),
        ("two Upgrades", ("", ""), "Upgrade: websocket\r\n", BadResponse("more than one Upgrade header")),
        ("no Connection", ("Connection", ""), "", BadResponse("no Connection: Upgrade")),
        ("other Connection", ("Connection", "Connection: close"), "", BadResponse("no Connection: Upgrade")),
        ("no Accept", ("Sec-WebSocket-Accept", ""), "", AcceptMismatch),
        ("empty Accept", ("Sec-WebSocket-Accept", "Sec-WebSocket-Accept:"), "", AcceptMismatch),
        (
            "Accept of another key",
            ("Sec-WebSocket-Accept", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "",
            AcceptMismatch,
        ),
        ("extension", ("", ""), "Sec-WebSocket-Extensions: permessage-deflate\r\n", ExtensionNotOffered),
        ("subprotocol", ("", ""), "Sec-WebSocket-Protocol: other\r\n", SubprotocolNotOffered),
        ("several subprotocols", ("", ""), "Sec-WebSocket-Protocol: chat, v2\r\n", SubprotocolNotOffered),
        (
            "two subprotocols",
            ("", ""),
            "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: v2\r\n",
            BadResponse("more than one subprotocol"),
        ),
    ];
    for (what, replace, more, error) in rows {
        let mut peer = asking();
        let head = response(&peer, replace, more);
        peer.take_out();
        let end = peer.feed_to_the_end(head.as_bytes());
        assert_eq!((end.code, end.clean, end.opened, end.error), (1006, false, false, Some(error)), "{what}");
        assert_eq!(error.close_code(), Some(1006));
        assert_eq!(peer.out, b"", "{what}: there is nothing to say to it");
        let status = peer.connection.refusal().map(|response| response.status());
        match error {
            Status(code) => assert_eq!(status, Some(code), "{what}"),
            BadResponse("not HTTP" | "HTTP version is not 1.1") => assert_eq!(status, None, "{what}"),
            _ => assert_eq!(status, Some(101), "{what}"),
        }
    }
}

#[test]
fn a_refusal_can_be_read() {
    let mut peer = asking();
    peer.feed(b"HTTP/1.1 302 Found\r\nLocation: /other\r\n\r\nbody");
    let refusal = peer.connection.refusal().unwrap();
    assert_eq!((refusal.status(), refusal.header("location")), (302, Some(&b"/other"[..])));
}

#[test]
fn a_response_that_does_not_come() {
    let mut peer = asking();
    assert_eq!(peer.wait(Duration::from_millis(4_999)), None);
    let end = closed(peer.wait(Duration::from_millis(1)).unwrap());
    assert_eq!((end.code, end.opened, end.error), (1006, false, Some(PeerError::ResponseTimeout)));
}

#[test]
fn a_response_has_a_limit() {
    let settings = Settings { max_handshake_size: 200, ..Settings::default() };
    let mut peer = Peer::client(settings, request());
    let end = peer.feed_to_the_end(&[b'H'; 200]);
    assert_eq!(end.error, Some(PeerError::BadResponse("head is too large")));
}

#[test]
fn what_cannot_be_asked() {
    for (host, target) in
        [("", "/"), ("a b", "/"), ("a\r\nX: y", "/"), ("h", ""), ("h", "a"), ("h", "/ x"), ("h", "/#f")]
    {
        assert!(
            matches!(ClientRequest::new(host, target), Err(UsageError::Target(_))),
            "{host:?} {target:?}"
        );
    }
    assert!(request().subprotocol("a b").is_err());
    assert!(request().subprotocol("a").unwrap().subprotocol("a").is_err(), "unique");
    for (name, value) in
        [("Host", "x"), ("X", "a\r\nb: c"), ("Sec-WebSocket-Key", "x"), ("connection", "close"), ("a b", "")]
    {
        assert!(request().header(name, value).is_err(), "{name}");
    }
}

#[test]
fn every_frame_of_a_client_has_its_own_mask() {
    let mut peer = Peer::open_client(Settings::default());
    let mut masks = Vec::new();
    for _ in 0..100 {
        peer.connection.send_text("same", &mut peer.out).unwrap();
        let frame = peer.take_out();
        assert_eq!(frame[..2], [0x81, 0x84]);
        let unmasked: Vec<u8> = (0..4).map(|i| frame[6 + i] ^ frame[2 + i]).collect();
        assert_eq!(unmasked, b"same");
        masks.push(frame[2..6].to_vec());
    }
    masks.sort();
    masks.dedup();
    assert!(masks.len() > 60, "the test's own generator repeats after 64: {}", masks.len());
}
