//! Plain HTTP beside the upgrade: which requests come out, how they are answered, and what is refused all the same.

use std::time::Duration;

use ws_server::protocol::{Event, HttpResponse, PeerError, Phase, Reject, Request, Settings, UsageError};

use crate::peer::{Peer, REQUEST, closed};

const GET: &str = "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9100\r\nAccept: */*\r\n\r\n";

fn server() -> Peer {
    Peer::server(Settings { plain_http: true, ..Settings::default() })
}

/// A server that was asked, and what.
fn asked(head: &str) -> (Peer, Box<Request>) {
    let mut peer = server();
    match peer.feed_one(head.as_bytes()) {
        Event::HttpRequest(request) => (peer, request),
        other => panic!("{head:?}: {other:?}"),
    }
}

fn page() -> HttpResponse {
    let headers = vec![("Content-Type".to_owned(), "text/html".to_owned())];
    HttpResponse { status: 200, headers, body: b"<p>hello".to_vec() }
}

fn answer(peer: &mut Peer, response: &HttpResponse) -> String {
    let end = closed(peer.connection.respond(response, peer.now, &mut peer.out).unwrap());
    assert_eq!((end.code, end.clean, end.opened, end.error), (1006, false, false, None));
    assert_eq!(end.reason, format!("answered with HTTP status {}", response.status));
    assert_eq!(peer.connection.phase(), Phase::Closed);
    String::from_utf8(peer.take_out()).unwrap()
}

#[test]
fn a_get_comes_out_and_is_answered() {
    let (mut peer, request) = asked(GET);
    assert!(!request.is_upgrade());
    assert_eq!((request.method(), request.path(), request.query()), ("GET", "/metrics", "x=1"));
    assert_eq!((request.host(), request.key()), ("localhost:9100", ""));
    assert_eq!(request.header("accept"), Some(&b"*/*"[..]));
    assert_eq!((peer.connection.phase(), &*peer.out), (Phase::Deciding, &b""[..]));
    let expected = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<p>hello";
    assert_eq!(answer(&mut peer, &page()), expected);
}

#[test]
fn a_head_gets_the_same_without_the_body() {
    let (mut peer, request) = asked(&GET.replace("GET", "HEAD"));
    assert_eq!(request.method(), "HEAD");
    let expected =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n";
    assert_eq!(answer(&mut peer, &page()), expected);
    // An upgrade is a GET (RFC 6455 §4.1); what a HEAD says of one is ignored (RFC 9110 §7.8).
    let (mut peer, request) = asked(&REQUEST.replace("GET", "HEAD"));
    assert!(!request.is_upgrade());
    assert!(answer(&mut peer, &HttpResponse::status(426)).contains("Sec-WebSocket-Version: 13\r\n"));
}

#[test]
fn an_upgrade_is_still_an_upgrade() {
    let mut peer = server();
    let Event::Request(request) = peer.feed_one(REQUEST.as_bytes()) else { panic!("no upgrade") };
    assert!(request.is_upgrade());
    let error = peer.connection.respond(&page(), peer.now, &mut peer.out).unwrap_err();
    assert_eq!((error, &*peer.out), (UsageError::NotDeciding, &b""[..]));
    peer.connection.accept(&Default::default(), peer.now, &mut peer.out).unwrap();
    assert!(peer.connection.is_open());
}

#[test]
fn a_plain_request_can_not_be_accepted() {
    let (mut peer, _) = asked(GET);
    let error = peer.connection.accept(&Default::default(), peer.now, &mut peer.out).unwrap_err();
    assert_eq!((error, peer.connection.phase()), (UsageError::NotDeciding, Phase::Deciding));
    closed(peer.connection.reject(&Reject::status(403), peer.now, &mut peer.out).unwrap());
    assert!(peer.out.starts_with(b"HTTP/1.1 403 "));
}

#[test]
fn without_the_setting_plain_requests_are_refused() {
    for (head, status) in [(GET, 426), (&*GET.replace("GET", "HEAD"), 405)] {
        let mut peer = Peer::server(Settings::default());
        let end = peer.feed_to_the_end(head.as_bytes());
        assert_eq!(end.error.unwrap().http_status(), Some(status));
    }
}

#[test]
fn what_comes_out_as_plain() {
    for (what, head) in [
        ("another upgrade", GET.replace("Accept: */*", "Upgrade: h2c\r\nConnection: Upgrade")),
        ("half an upgrade", GET.replace("Accept: */*", "Upgrade: websocket")),
        ("the other half", GET.replace("Accept: */*", "Connection: upgrade\r\nSec-WebSocket-Version: 13")),
        ("keep-alive", GET.replace("Accept: */*", "Connection: keep-alive")),
        ("no body, said aloud", GET.replace("Accept: */*", "Content-Length: 0")),
        ("absolute target", GET.replace("/metrics", "http://localhost:9100/metrics")),
        ("an empty line in front", format!("\r\n{GET}")),
    ] {
        let (_, request) = asked(&head);
        assert_eq!(request.path(), "/metrics", "{what}");
    }
}

#[test]
fn what_is_refused_and_with_what() {
    let with = |line: &str| GET.replace("Accept: */*", line);
    for (what, head, status) in [
        ("POST", GET.replace("GET", "POST"), 405),
        ("OPTIONS", GET.replace("GET", "OPTIONS"), 405),
        ("TRACE", GET.replace("GET", "TRACE"), 405),
        ("CONNECT", GET.replace("GET /metrics?x=1", "CONNECT localhost:80"), 405),
        ("lower case", GET.replace("GET", "get"), 405),
        ("HTTP/1.0", GET.replace("HTTP/1.1", "HTTP/1.0"), 505),
        ("HTTP/2.0", GET.replace("HTTP/1.1", "HTTP/2.0"), 505),
        ("no Host", GET.replace("Host", "X-Host"), 400),
        ("two Hosts", with("Host: other"), 400),
        ("Host with a space", GET.replace("localhost", "local host"), 400),
        ("two Origins", with("Origin: http://a\r\nOrigin: http://b"), 400),
        ("a body", with("Content-Length: 5"), 400),
        ("two lengths", with("Content-Length: 0\r\nContent-Length: 5"), 400),
        ("a length that is none", with("Content-Length: +0"), 400),
        ("a chunked body", with("Transfer-Encoding: chunked"), 400),
        ("a hidden chunked body", with("Transfer-Encoding: \x0bchunked"), 400),
        ("HEAD with a body", with("Content-Length: 5").replace("GET", "HEAD"), 400),
        ("a fragment", GET.replace("/metrics", "/#metrics"), 400),
        ("asterisk", GET.replace("/metrics?x=1", "*"), 400),
        ("no path", GET.replace("/metrics", "metrics"), 400),
        ("a bare LF", GET.replacen("\r\n", "\n", 1), 400),
        ("a folded line", with("X: a\r\n b"), 400),
        ("a blank before the colon", with("X : a"), 400),
        ("an upgrade of another version", REQUEST.replace("Version: 13", "Version: 8"), 426),
        ("an upgrade without a key", REQUEST.replace("Sec-WebSocket-Key", "X-Key"), 400),
        ("too many headers", with(&vec!["X: y"; 101].join("\r\n")), 431),
        ("a head too long", with(&format!("X: {}", "y".repeat(16 << 10))), 431),
    ] {
        let mut peer = server();
        let mut input = head.as_bytes();
        let event = peer.connection.receive(&mut input, peer.now, &mut peer.out);
        let Some(Event::Closed(end)) = event else { panic!("{what}: {event:?}") };
        assert_eq!(end.error.unwrap().http_status(), Some(status), "{what}");
        let response = String::from_utf8(peer.take_out()).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {head}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{what}: {head}");
        assert_eq!(head.contains("\r\nAllow: GET, HEAD\r\n"), status == 405, "{what}: {head}");
    }
}

#[test]
fn what_follows_the_head_is_not_taken() {
    let mut peer = server();
    let stream = [GET, "GET /again HTTP/1.1\r\nHost: h\r\n\r\n"].concat();
    let mut input = stream.as_bytes();
    let (connection, now, out) = (&mut peer.connection, peer.now, &mut peer.out);
    assert!(matches!(connection.receive(&mut input, now, out), Some(Event::HttpRequest(_))));
    let rest = input.len();
    assert_eq!(rest, stream.len() - GET.len());
    assert_eq!((connection.receive(&mut input, now, out), input.len()), (None, rest));
    closed(connection.respond(&page(), now, out).unwrap());
    let written = out.len();
    assert_eq!((connection.receive(&mut input, now, out), input.len()), (None, 0), "it is over");
    assert_eq!(out.len(), written, "one answer");
}

#[test]
fn a_peer_that_has_ended_its_side_still_gets_its_answer() {
    let (mut peer, _) = asked(GET);
    assert_eq!(peer.connection.handle_eof(peer.now), None);
    assert!(answer(&mut peer, &page()).ends_with("<p>hello"));
    assert_eq!(peer.connection.handle_eof(peer.now), None, "it is over");
    // Before the request is whole, and for an upgrade, it is the end.
    for half in [&GET[..30], REQUEST] {
        let mut peer = server();
        peer.feed(half.as_bytes());
        assert_eq!(closed(peer.connection.handle_eof(peer.now).unwrap()).code, 1006);
    }
}

#[test]
fn the_times_of_a_handshake_count() {
    let mut peer = server();
    assert_eq!(peer.feed(&GET.as_bytes()[..20]), []);
    let end = closed(peer.wait(Duration::from_secs(5)).unwrap());
    assert_eq!(end.error, Some(PeerError::RequestTimeout));
    assert!(peer.out.starts_with(b"HTTP/1.1 408 "));

    let (mut peer, _) = asked(&GET.replace("GET", "HEAD"));
    closed(peer.wait(Duration::from_secs(5)).unwrap());
    let response = String::from_utf8(peer.take_out()).unwrap();
    assert!(response.starts_with("HTTP/1.1 503 ") && response.ends_with("\r\n\r\n"), "{response}");
    assert_eq!(peer.connection.respond(&page(), peer.now, &mut peer.out), Err(UsageError::NotDeciding));
}

#[test]
fn a_response_that_can_not_be_written_changes_nothing() {
    let (mut peer, _) = asked(GET);
    for (response, error) in [
        (HttpResponse::status(199), UsageError::Status(199)),
        (HttpResponse::status(600), UsageError::Status(600)),
        (
            HttpResponse {
                headers: vec![("X".to_owned(), "a\r\nB: c".to_owned())],
                ..HttpResponse::status(200)
            },
            UsageError::Header("X".to_owned()),
        ),
        (
            HttpResponse {
                headers: vec![("Transfer-Encoding".to_owned(), "chunked".to_owned())],
                ..HttpResponse::status(200)
            },
            UsageError::ReservedHeader("Transfer-Encoding".to_owned()),
        ),
    ] {
        assert_eq!(peer.connection.respond(&response, peer.now, &mut peer.out), Err(error));
        assert_eq!((peer.connection.phase(), &*peer.out), (Phase::Deciding, &b""[..]));
    }
    answer(&mut peer, &page());
}
