//! Plain requests beside upgrades, on the same listener.

use crate::support::{Client, Handler, Server, echo};
use std::io::{Read, Write};
use ws_server::protocol::{HttpResponse, Opcode, UsageError};
use ws_server::server::{Driver, Event, ServerConfig};

const GET: &[u8] = b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Answers plain requests with their method and path, and echoes messages.
fn pages() -> Server {
    let mut config = ServerConfig::default();
    config.protocol.plain_http = true;
    Server::start(config, |log| {
        Box::new(move |driver: &mut Driver<Vec<u8>>, event| match event {
            Event::HttpRequest { key, request } => {
                assert_eq!(driver.respond(key, &HttpResponse::status(99)), Err(UsageError::Status(99)));
                let body = format!("{} {}", request.method(), request.path()).into_bytes();
                let page = HttpResponse { body, ..HttpResponse::status(200) };
                let answers = [driver.respond(key, &page), driver.respond(key, &page)];
                log.send(format!("answered {answers:?}")).unwrap();
            }
            other => echo(driver, other),
        }) as Handler
    })
}

fn ask(server: &Server, request: &[u8]) -> String {
    let mut stream = server.raw();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_page_is_answered_whole_and_once() {
    let server = pages();
    let page = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Length: 9\r\n\r\nGET /page";
    assert_eq!(ask(&server, GET), page);
    assert_eq!(server.next(), "answered [Ok(true), Ok(false)]");
    assert_eq!(server.next(), "close 1006 \"answered with HTTP status 200\" false");
    // What comes behind the request is not answered, and does not cost the peer its answer.
    assert_eq!(ask(&server, &GET.repeat(100)), page);
    let head = ask(&server, &[b"HEAD", &GET[3..]].concat());
    assert!(head.contains("Content-Length: 10\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn who_asks_and_ends_its_side_gets_the_page_and_the_end() {
    let server = pages();
    for _ in 0..100 {
        let mut stream = server.raw();
        stream.write_all(GET).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.ends_with("\r\n\r\nGET /page"), "{answer}");
        assert_eq!(server.next_with("close"), "close 1006 \"answered with HTTP status 200\" false");
    }
}

#[test]
fn upgrades_go_on_beside_pages() {
    let server = pages();
    let mut client = server.connect();
    assert!(ask(&server, GET).ends_with("GET /page"));
    client.echo(Opcode::Text, b"still here");
}

#[test]
fn a_plain_request_is_refused_where_nobody_asked_for_one() {
    let server = Server::echo(ServerConfig::default());
    let mut client = Client::over(server.raw());
    client.stream.write_all(GET).unwrap();
    assert!(client.head().starts_with("HTTP/1.1 426 "));
}
