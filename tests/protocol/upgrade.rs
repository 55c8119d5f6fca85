//! RFC 6455 §4.2: which requests a server refuses, and how.

use ws_server::protocol::{Event, PeerError, Settings, accept_key};

use crate::peer::{Peer, REQUEST};

/// The request of the RFC with one line replaced; an empty replacement removes it.
fn with(line: &str, replacement: &str) -> String {
    let start = REQUEST.find(line).unwrap_or_else(|| panic!("no line {line:?}"));
    let end = start + REQUEST[start..].find("\r\n").unwrap() + 2;
    let replacement = if replacement.is_empty() { String::new() } else { format!("{replacement}\r\n") };
    format!("{}{replacement}{}", &REQUEST[..start], &REQUEST[end..])
}

fn with_more(lines: &str) -> String {
    with("Host:", &format!("Host: server.example.com\r\n{lines}"))
}

#[test]
fn what_is_refused_and_with_what() {
    let rows: Vec<(&str, &str, String, u16)> = vec![
        ("4.2.1", "POST", with("GET", "POST /chat HTTP/1.1"), 405),
        ("4.2.1", "HEAD", with("GET", "HEAD /chat HTTP/1.1"), 405),
        ("4.2.1", "methods are case-sensitive", with("GET", "get /chat HTTP/1.1"), 405),
        ("4.2.1", "HTTP/1.0", with("GET", "GET /chat HTTP/1.0"), 505),
        ("4.2.1", "HTTP/2.0", with("GET", "GET /chat HTTP/2.0"), 505),
        ("4.2.1", "no Host", with("Host", ""), 400),
        ("4.2.1", "empty Host", with("Host", "Host:"), 400),
        ("4.2.1", "Host with a space", with("Host", "Host: a b"), 400),
        ("9112 3.2", "two Hosts", with_more("host: other"), 400),
        ("4.2.1", "no Upgrade", with("Upgrade: w", ""), 426),
        ("4.2.1", "other Upgrade", with("Upgrade: w", "Upgrade: h2c"), 426),
        ("4.2.1", "Upgrade only begins like it", with("Upgrade: w", "Upgrade: websocket2"), 426),
        ("4.2.1", "no Connection", with("Connection", ""), 426),
        ("4.2.1", "Connection: keep-alive", with("Connection", "Connection: keep-alive"), 426),
        ("4.2.1", "token inside a word", with("Connection", "Connection: no-upgrade"), 426),
        ("4.2.1", "no key", with("Sec-WebSocket-Key", ""), 400),
        ("4.2.1", "empty key", with("Sec-WebSocket-Key", "Sec-WebSocket-Key:"), 400),
        (
            "4.2.1",
            "key of 15 bytes",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"),
            400,
        ),
        (
            "4.2.1",
            "key of 17 bytes",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA="),
            400,
        ),
        (
            "4.2.1",
            "key of 18 bytes",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA"),
            400,
        ),
        (
            "4.2.1",
            "key without padding",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA"),
            400,
        ),
        (
            "4.2.1",
            "key not base64",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAA*AAAAAAAAAAA=="),
            400,
        ),
        ("11.3.1", "two keys", with_more("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), 400),
        ("4.2.2", "no version", with("Sec-WebSocket-Version", ""), 426),
        ("4.2.2", "version 8", with("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), 426),
        ("4.2.2", "version 0", with("Sec-WebSocket-Version", "Sec-WebSocket-Version: 0"), 426),
        ("4.2.2", "version 130", with("Sec-WebSocket-Version", "Sec-WebSocket-Version: 130"), 426),
        ("4.2.2", "versions in a list", with("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8"), 426),
        ("11.3.5", "two versions", with_more("Sec-WebSocket-Version: 13"), 400),
        ("10.2", "two Origins", with_more("Origin: http://other.example"), 400),
        ("10.2", "Origin that is not ASCII", with("Origin", "Origin: http://b\u{fc}cher.example"), 400),
        (
            "4.1",
            "subprotocol that is no token",
            with("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a b"),
            400,
        ),
        ("9.1", "extension outside the grammar", with_more("Sec-WebSocket-Extensions: a;=b"), 400),
        ("3", "fragment", with("GET", "GET /chat#top HTTP/1.1"), 400),
        ("4.2.1", "target that is no path", with("GET", "GET chat HTTP/1.1"), 400),
        ("4.2.1", "asterisk", with("GET", "GET * HTTP/1.1"), 400),
        ("4.2.1", "authority", with("GET", "GET server.example.com:80 HTTP/1.1"), 400),
        ("9112 6", "body with a length", with_more("Content-Length: 5"), 400),
        ("9112 6", "chunked body", with_more("Transfer-Encoding: chunked"), 400),
        ("9112 5", "no colon", with_more("nonsense"), 400),
        ("9112 5.1", "blank before the colon", with_more("X-A : b"), 400),
        ("9112 5.2", "folded line", with_more("X-A: b\r\n c"), 400),
        ("9112 5", "NUL in a value", with_more("X-A: b\0c"), 400),
        ("9112 2.2", "bare LF", REQUEST.replacen("\r\n", "\n", 1), 400),
        ("9112 2.2", "only bare LF", REQUEST.replace("\r\n", "\n"), 400),
        ("9112 3", "no version", with("GET", "GET /chat"), 400),
        ("9112 3", "garbage", "\x16\x03\x01\x02\x00".to_owned(), 400),
    ];
    for (section, what, request, status) in rows {
        let mut peer = Peer::server(Settings::default());
        let mut input = request.as_bytes();
        let event = peer.connection.receive(&mut input, peer.now, &mut peer.out);
        let Some(Event::Closed(closed)) = event else { panic!("§{section} {what}: {event:?}") };
        let error = closed.error.unwrap();
        assert_eq!(
            (error.http_status(), error.close_code()),
            (Some(status), None),
            "§{section} {what}: {error}"
        );
        assert_eq!((closed.code, closed.clean, closed.opened), (1006, false, false), "§{section} {what}");
        check_response(&peer.out, status, &format!("§{section} {what}"));
    }
}

/// A whole HTTP/1.1 response: status line, lines that end with CR LF, the right length, the end of the connection.
fn check_response(response: &[u8], status: u16, what: &str) {
    let text = std::str::from_utf8(response).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: {text:?}"));
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{what}: {head:?}");
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {head}");
    let lines: Vec<&str> = head.split("\r\n").collect();
    assert!(lines.contains(&"Connection: close"), "{what}: {head}");
    assert!(lines.contains(&&*format!("Content-Length: {}", body.len())), "{what}: {head}");
    assert_eq!(lines.contains(&"Allow: GET"), status == 405, "{what}: {head}");
    assert_eq!(lines.contains(&"Upgrade: websocket"), status == 426, "{what}: {head}");
    assert_eq!(lines.contains(&"Sec-WebSocket-Version: 13"), status == 426, "{what}: {head}");
}

#[test]
fn what_is_a_valid_request_all_the_same() {
    let rows = [
        ("as the RFC has it", REQUEST.to_owned()),
        ("an empty line in front", format!("\r\n{REQUEST}")),
        ("other case", with("Upgrade: w", "UPGRADE: WebSocket")),
        ("among other tokens", with("Connection", "Connection: keep-alive, uPgRaDe")),
        ("in two lines", with("Connection", "Connection: keep-alive\r\nConnection: Upgrade")),
        ("among other protocols", with("Upgrade: w", "Upgrade: h2c, websocket")),
        ("no blank after the colon", with("Upgrade: w", "Upgrade:websocket")),
        ("blanks around a value", with("Sec-WebSocket-Version", "Sec-WebSocket-Version:   13  ")),
        ("no Origin", with("Origin", "")),
        ("no subprotocol", with("Sec-WebSocket-Protocol", "")),
        ("empty subprotocol elements", with("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,chat,")),
        ("absolute target", with("GET", "GET http://server.example.com/chat?room=1 HTTP/1.1")),
        (
            "key with loose last bits",
            with("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB=="),
        ),
        (
            "an offer of compression",
            with_more("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"),
        ),
        ("no body, said aloud", with_more("Content-Length: 0")),
        ("a value that is not UTF-8 text", with_more("X-Name: b\u{fc}cher")),
    ];
    for (what, request) in rows {
        let mut peer = Peer::server(Settings::default());
        let event = peer.feed_one(request.as_bytes());
        assert!(matches!(event, Event::Request(_)), "{what}: {event:?}");
        assert_eq!(peer.out, b"", "{what}");
    }
}

#[test]
fn the_accept_key_of_the_rfc() {
    assert_eq!(accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn a_head_at_its_limit_and_one_byte_over() {
    let head = with_more(&format!("X-Fill: {}", "x".repeat(1000)));
    for bytewise in [false, true] {
        for (limit, fits) in [(head.len(), true), (head.len() - 1, false)] {
            let mut peer = Peer::server(Settings { max_handshake_size: limit, ..Settings::default() });
            let mut events = Vec::new();
            let chunks = head.as_bytes().chunks(if bytewise { 1 } else { usize::MAX });
            for chunk in chunks {
                let mut input = chunk;
                events.extend(peer.connection.receive(&mut input, peer.now, &mut peer.out));
            }
            match &events[..] {
                [Event::Request(_)] => assert!(fits),
                [Event::Closed(closed)] => {
                    assert!(!fits);
                    assert_eq!(closed.error, Some(PeerError::HeadTooLarge));
                    check_response(&peer.out, 431, "one byte over");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_head_without_an_end_is_refused_at_the_limit() {
    let mut peer = Peer::server(Settings { max_handshake_size: 100, ..Settings::default() });
    assert_eq!(peer.feed(&[b'G'; 99]), []);
    let closed = peer.feed_to_the_end(b"G");
    assert_eq!(closed.error, Some(PeerError::HeadTooLarge));
}

#[test]
fn headers_at_their_limit_and_one_over() {
    let count = REQUEST.matches("\r\n").count() - 2;
    let mut peer = Peer::server(Settings { max_headers: count, ..Settings::default() });
    assert!(matches!(peer.feed_one(REQUEST.as_bytes()), Event::Request(_)));
    let mut peer = Peer::server(Settings { max_headers: count - 1, ..Settings::default() });
    let mut input = REQUEST.as_bytes();
    let Some(Event::Closed(closed)) = peer.connection.receive(&mut input, peer.now, &mut peer.out) else {
        panic!()
    };
    assert_eq!(closed.error, Some(PeerError::TooManyHeaders));
    check_response(&peer.out, 431, "one header over");
}

#[test]
fn frames_behind_the_request_wait_for_the_decision() {
    let mut peer = Peer::server(Settings::default());
    let stream = [REQUEST.as_bytes(), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"].concat();
    let mut input = &stream[..];
    let (connection, now, out) = (&mut peer.connection, peer.now, &mut peer.out);
    assert!(matches!(connection.receive(&mut input, now, out), Some(Event::Request(_))));
    assert_eq!(input.len(), 11);
    assert_eq!(connection.receive(&mut input, now, out), None);
    assert_eq!(input.len(), 11);
    connection.accept(&Default::default(), now, out).unwrap();
    assert_eq!(connection.receive(&mut input, now, out), Some(Event::Text(b"Hello".to_vec())));
    assert_eq!(input.len(), 0);
}
