//! Accepting and rejecting a request.

use ws_server::protocol::{Accept, Phase, Reject, Settings, UsageError};

use crate::peer::{Peer, REQUEST, closed};

fn deciding(settings: Settings) -> Peer {
    let mut peer = Peer::server(settings);
    peer.feed(REQUEST.as_bytes());
    assert_eq!(peer.connection.phase(), Phase::Deciding);
    peer
}

fn headers(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

#[test]
fn the_101() {
    let mut peer = deciding(Settings { server_header: Some("ws".to_owned()), ..Settings::default() });
    let accept = Accept {
        subprotocol: Some("superchat".to_owned()),
        headers: headers(&[("Set-Cookie", "a=b"), ("set-cookie", "c=d"), ("X-Name", "b\u{fc}cher\tx")]),
    };
    peer.connection.accept(&accept, peer.now, &mut peer.out).unwrap();
    let expected = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: superchat\r\nServer: ws\r\n\
        Set-Cookie: a=b\r\nset-cookie: c=d\r\nX-Name: b\u{fc}cher\tx\r\n\r\n";
    assert_eq!(String::from_utf8(peer.take_out()).unwrap(), expected);
    assert!(peer.connection.is_open());
    assert_eq!(peer.connection.accept(&accept, peer.now, &mut peer.out), Err(UsageError::NotDeciding));
    assert!(peer.connection.reject(&Reject::status(403), peer.now, &mut peer.out).is_err());
    assert_eq!(peer.out, b"");
}

#[test]
fn only_an_offered_subprotocol() {
    for name in ["", "Chat", "other", "chat, superchat", "chat\r\nX: y"] {
        let mut peer = deciding(Settings::default());
        let accept = Accept { subprotocol: Some(name.to_owned()), headers: Vec::new() };
        let error = peer.connection.accept(&accept, peer.now, &mut peer.out).unwrap_err();
        assert_eq!(error, UsageError::Subprotocol(name.to_owned()));
        assert_eq!((peer.connection.phase(), &*peer.out), (Phase::Deciding, &b""[..]), "{name:?}");
    }
}

#[test]
fn no_header_can_be_smuggled_in() {
    let malformed = [
        ("X-A", "b\r\nX-Evil: c"),
        ("X-A", "b\nX-Evil: c"),
        ("X-A", "b\rc"),
        ("X-A", "b\0c"),
        ("X-A", "b\x7f"),
        ("X-A\r\nX-Evil", "c"),
        ("X-A: b\r\nX-Evil", "c"),
        ("X A", "b"),
        ("X-A:", "b"),
        ("X-\u{e4}", "b"),
        ("", "b"),
    ];
    let reserved = [
        ("Upgrade", "h2c"),
        ("CONNECTION", "close"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("Sec-WebSocket-Accept", "x"),
        ("sec-websocket-protocol", "chat"),
        ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ("Sec-WebSocket-Anything", "x"),
    ];
    let rows = malformed.map(|row| (row, false)).into_iter().chain(reserved.map(|row| (row, true)));
    for ((name, value), is_reserved) in rows {
        let headers = headers(&[("X-Good", "yes"), (name, value)]);
        let mut peer = deciding(Settings::default());
        let accept = Accept { subprotocol: None, headers: headers.clone() };
        let error = peer.connection.accept(&accept, peer.now, &mut peer.out).unwrap_err();
        let expected = if is_reserved {
            UsageError::ReservedHeader(name.to_owned())
        } else {
            UsageError::Header(name.to_owned())
        };
        assert_eq!(error, expected);
        let reject = Reject { status: 403, headers, body: Vec::new() };
        let error = peer.connection.reject(&reject, peer.now, &mut peer.out).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!((peer.connection.phase(), &*peer.out), (Phase::Deciding, &b""[..]), "{name:?}: {value:?}");
    }
}

#[test]
fn a_refusal_is_a_whole_response() {
    let mut peer = deciding(Settings { server_header: Some("ws".to_owned()), ..Settings::default() });
    let reject =
        Reject { status: 401, headers: headers(&[("WWW-Authenticate", "Basic")]), body: b"Who?".to_vec() };
    let end = closed(peer.connection.reject(&reject, peer.now, &mut peer.out).unwrap());
    assert_eq!((end.code, end.clean, end.opened, end.error), (1006, false, false, None));
    let expected = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nServer: ws\r\nWWW-Authenticate: Basic\r\n\
        Content-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\r\nWho?";
    assert_eq!(String::from_utf8(peer.take_out()).unwrap(), expected);
    assert_eq!(peer.connection.phase(), Phase::Closed);
    assert!(peer.connection.reject(&reject, peer.now, &mut peer.out).is_err(), "exactly once");
}

#[test]
fn the_body_may_have_a_type_or_not_be_there() {
    let mut peer = deciding(Settings::default());
    let reject =
        Reject { status: 403, headers: headers(&[("content-type", "text/html")]), body: b"<p>".to_vec() };
    peer.connection.reject(&reject, peer.now, &mut peer.out).unwrap();
    let expected = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\ncontent-type: text/html\r\nContent-Length: 3\r\n\r\n<p>";
    assert_eq!(String::from_utf8(peer.take_out()).unwrap(), expected);

    let mut peer = deciding(Settings::default());
    peer.connection.reject(&Reject::status(204), peer.now, &mut peer.out).unwrap();
    assert_eq!(
        String::from_utf8(peer.take_out()).unwrap(),
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    );

    let mut peer = deciding(Settings::default());
    peer.connection.reject(&Reject::status(599), peer.now, &mut peer.out).unwrap();
    assert_eq!(peer.out, b"HTTP/1.1 599 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn what_is_no_refusal() {
    for status in [0, 100, 101, 199, 600, 65535] {
        let mut peer = deciding(Settings::default());
        let error = peer.connection.reject(&Reject::status(status), peer.now, &mut peer.out).unwrap_err();
        assert_eq!((error, &*peer.out), (UsageError::Status(status), &b""[..]));
    }
}

#[test]
fn a_server_that_is_full_need_not_read_the_request() {
    let mut peer = Peer::server(Settings::default());
    closed(peer.connection.reject(&Reject::status(503), peer.now, &mut peer.out).unwrap());
    assert!(peer.out.starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
}

#[test]
fn failing_during_the_handshake_is_a_status() {
    for (code, status) in [(1011, "500"), (1008, "403"), (1013, "503"), (1001, "503")] {
        let mut peer = deciding(Settings::default());
        let end = closed(peer.connection.fail(code, "no", &mut peer.out).unwrap());
        assert_eq!((end.code, end.opened), (1006, false));
        assert!(peer.out.starts_with(format!("HTTP/1.1 {status} ").as_bytes()));
    }
}
