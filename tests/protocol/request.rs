//! What the application can learn from a request.

use ws_server::protocol::{Event, Request, Settings};

use crate::peer::{Peer, REQUEST};

fn request(head: &str) -> Box<Request> {
    match Peer::server(Settings::default()).feed_one(head.as_bytes()) {
        Event::Request(request) => request,
        other => panic!("{other:?}"),
    }
}

/// A valid request with this target and these lines.
fn minimal(target: &str, lines: &str) -> Box<Request> {
    request(&format!(
        "GET {target} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{lines}\r\n"
    ))
}

#[test]
fn the_request_of_the_rfc() {
    let request = request(REQUEST);
    assert_eq!((request.method(), request.target()), ("GET", "/chat?room=1"));
    assert_eq!((request.path(), request.query()), ("/chat", "room=1"));
    assert_eq!(request.host(), "server.example.com");
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(request.key(), "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["chat", "superchat"]);
    assert_eq!((request.user_agent(), request.cookie()), (None, None));
    let (_, lines) = REQUEST.split_once("\r\n").unwrap();
    let headers: String = request
        .headers()
        .map(|(name, value)| format!("{name}: {}\r\n", std::str::from_utf8(value).unwrap()))
        .collect();
    assert_eq!(headers + "\r\n", lines);
}

/// Frequent names are kept in short; nobody can tell.
#[test]
fn names_and_values_come_back_as_they_were_sent() {
    let cases: [(&str, &[u8]); 12] = [
        ("User-Agent", b"a"),
        ("user-agent", b"b"),
        ("USER-AGENT", b"c"),
        ("User-Agen", b"d"),
        ("User-Agents", b"e"),
        ("Cookie", b"a=b:c; d=\"e\""),
        ("Via", b""),
        ("X", b":"),
        ("X-Colons", b"::a::"),
        ("X-Bytes", b"\x80\x9d\xff"),
        ("Referer", b"\x80:\xff"),
        ("!#$%&'*+-.^_`|~", b"\ttab\tinside"),
    ];
    let mut head = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        .to_vec();
    for (name, value) in cases {
        head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend(b"\r\n");
    let request = match Peer::server(Settings::default()).feed_one(&head) {
        Event::Request(request) => request,
        other => panic!("{other:?}"),
    };
    let read: Vec<(&str, &[u8])> = request.headers().skip(5).collect();
    let sent = cases.map(|(name, value)| (name, value.trim_ascii_start()));
    assert_eq!(read, sent);
    assert_eq!(request.header_values("user-agent").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
}

#[test]
fn path_and_query() {
    let rows = [
        ("/", "/", ""),
        ("/?", "/", ""),
        ("/a/b?c=d?e", "/a/b", "c=d?e"),
        ("/%2e%2E/x", "/%2e%2E/x", ""),
        ("//double?x", "//double", "x"),
        ("/a://b/c?d", "/a://b/c", "d"),
        ("http://h/p?q", "/p", "q"),
        ("HTTPS://h:1/", "/", ""),
        ("http://h", "/", ""),
        ("http://h?q=/x", "/", "q=/x"),
    ];
    for (target, path, query) in rows {
        let request = minimal(target, "");
        assert_eq!((request.path(), request.query()), (path, query), "{target}");
        assert_eq!(request.target(), target);
    }
}

#[test]
fn headers_in_order_with_repeats() {
    let request = minimal("/", "X-A: 1\r\nCookie: c=d\r\nx-a: 2\r\nX-Empty:\r\nUser-Agent:  two words \r\n");
    assert_eq!(request.header("X-a"), Some(&b"1"[..]));
    assert_eq!(request.header("x-empty"), Some(&b""[..]));
    assert_eq!(request.header("X"), None);
    assert_eq!(request.header_values("X-A").collect::<Vec<_>>(), [b"1", b"2"]);
    let names: Vec<&str> = request.headers().map(|(name, _)| name).collect();
    assert_eq!(names[5..], ["X-A", "Cookie", "x-a", "X-Empty", "User-Agent"]);
    assert_eq!(request.cookie(), Some(&b"c=d"[..]));
    assert_eq!(request.user_agent(), Some(&b"two words"[..]));
}

#[test]
fn values_are_bytes() {
    let head = REQUEST.replace("http://example.com", "http://example.com\r\nX-Bytes: \u{e9}");
    assert_eq!(request(&head).header("x-bytes"), Some("\u{e9}".as_bytes()));
}

#[test]
fn subprotocols_over_several_lines() {
    let request = minimal("/", "Sec-WebSocket-Protocol: a, b\r\nX: y\r\nsec-websocket-protocol:c\r\n");
    assert_eq!(request.subprotocols().collect::<Vec<_>>(), ["a", "b", "c"]);
    let spoken = ["c".to_owned(), "b".to_owned()];
    assert_eq!(request.choose_subprotocol(&spoken), Some("b"), "the client's order counts");
    assert_eq!(request.choose_subprotocol(&[]), None);
    assert_eq!(request.choose_subprotocol(&["B".to_owned()]), None, "names are case-sensitive");
}

#[test]
fn a_request_may_go_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&request(REQUEST));
    is_send(&Peer::server(Settings::default()).connection);
}
