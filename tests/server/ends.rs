//! Ends: who closes, with which code, and that each is reported once.

use crate::support::{Client, Server, accept, close_payload};
use std::time::{Duration, Instant};
use ws_server::protocol::{Opcode, Reject};
use ws_server::server::{Event, Sent, ServerConfig};

#[test]
fn a_close_is_answered_with_its_code_and_the_server_ends_the_stream() {
    let server = Server::echo(ServerConfig::default());
    let mut client = server.connect();
    client.send(Opcode::Close, &close_payload(4321, "bye"));
    assert_eq!(client.close_code(), 4321);
    assert_eq!(client.frame(), None);
    assert_eq!(server.next(), "close 4321 \"bye\" true");
}

#[test]
fn an_empty_close_is_1005_and_an_abrupt_end_1006() {
    let server = Server::echo(ServerConfig::default());
    let mut client = server.connect();
    client.send(Opcode::Close, b"");
    assert_eq!(client.frame().unwrap().payload, b"");
    assert!(server.next().starts_with("close 1005"));
    drop(server.connect());
    assert!(server.next().starts_with("close 1006"));
}

#[test]
fn a_held_close_lets_the_application_send_first() {
    let mut config = ServerConfig::default();
    config.protocol.hold_close = true;
    let server = Server::start(config, |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::CloseReceived { key, code, .. } => {
                assert_eq!(code, 1000);
                assert_eq!(driver.send(key, Opcode::Text, b"last words"), Sent::Queued);
                assert!(driver.reply_close(key, None));
                assert_eq!(driver.send(key, Opcode::Text, b"too late"), Sent::NotOpen);
            }
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Close, &close_payload(1000, ""));
    assert_eq!(client.frame().unwrap().payload, b"last words");
    assert_eq!(client.close_code(), 1000);
    assert_eq!(client.frame(), None);
    assert!(server.next().starts_with("close 1000"));
}

#[test]
fn a_failed_connection_gets_its_code_and_is_reported_once() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, .. } => {
                driver.send(key, Opcode::Text, b"before");
                assert!(driver.fail(key, 1011, "exception"));
                assert!(!driver.fail(key, 1011, "again"));
                assert_eq!(driver.close(key, 1000, ""), Ok(false));
            }
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Text, b"go");
    assert_eq!(client.frame().unwrap().payload, b"before");
    assert_eq!(client.close_code(), 1011);
    assert_eq!(client.frame(), None);
    assert_eq!(server.next(), "close 1011 \"exception\" false");
    drop(server.connect());
    assert!(server.next().starts_with("close 1006"), "nothing more was reported of the first one");
}

#[test]
fn a_refused_request_gets_its_status_and_body() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| {
            if let Event::Request { key, .. } = event {
                let mut reject = Reject::status(403);
                reject.body = b"not you".to_vec();
                assert_eq!(driver.reject(key, &reject), Ok(true));
                assert_eq!(driver.reject(key, &reject), Ok(false));
            }
        })
    });
    let mut client = Client::over(server.raw());
    std::io::Write::write_all(&mut client.stream, crate::support::REQUEST.as_bytes()).unwrap();
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 403 ") && head.contains("Content-Length: 7\r\n"), "{head}");
    assert!(server.next().starts_with("close 1006"));
}

#[test]
fn shutdown_closes_everyone_and_cuts_those_who_do_not_answer() {
    let server = Server::start(ServerConfig::default(), |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { .. } => {
                let deadline = Instant::now() + Duration::from_millis(300);
                driver.shutdown(1001, "server shutting down", deadline).unwrap();
            }
            Event::Close { .. } => log.send(format!("left {}", driver.connections())).unwrap(),
            _ => {}
        })
    });
    let (mut polite, mut deaf, silent) = (server.connect(), server.connect(), server.raw());
    polite.send(Opcode::Text, b"stop");
    assert_eq!(polite.close_code(), 1001);
    polite.send(Opcode::Close, &close_payload(1001, ""));
    assert_eq!(polite.frame(), None);
    assert_eq!(deaf.close_code(), 1001);
    assert_eq!(deaf.frame(), None, "cut at the deadline");
    let mut lines: Vec<String> = (0..3).map(|_| server.next_with("close")).collect();
    lines.sort();
    assert!(lines[0].starts_with("close 1001") && lines[0].ends_with("true"), "{lines:?}");
    assert!(lines[1].starts_with("close 1006") && lines[2].starts_with("close 1006"), "{lines:?}");
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nobody listens any more");
    drop(silent);
}

#[test]
fn paused_connections_are_not_read_and_lose_nothing() {
    let server = Server::start(ServerConfig::default(), |log| {
        let mut paused = None;
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, payload } if payload == b"pause" => {
                assert!(driver.pause(key));
                paused = Some(key);
                log.send("paused".to_owned()).unwrap();
            }
            Event::Text { payload, .. } if payload == b"resume" => {
                log.send("resuming".to_owned()).unwrap();
                assert!(driver.resume(paused.unwrap()));
            }
            Event::Text { payload, .. } => log.send(String::from_utf8(payload).unwrap()).unwrap(),
            _ => {}
        })
    });
    let (mut one, mut two) = (server.connect(), server.connect());
    one.send(Opcode::Text, b"pause");
    assert_eq!(server.next(), "paused");
    one.send(Opcode::Text, b"while paused");
    two.send(Opcode::Text, b"resume");
    assert_eq!(server.next(), "resuming");
    assert_eq!(server.next(), "while paused");
}

#[test]
fn raw_reads_are_handed_out_first_and_processed_when_fed() {
    let server = Server::start(ServerConfig { raw_reads: true, ..ServerConfig::default() }, |log| {
        Box::new(move |driver, event| match event {
            Event::Read { key, data } => {
                if data.starts_with(b"GET") {
                    log.send("request".to_owned()).unwrap();
                } else if data.ends_with(b"\0\0\0\0") {
                    return; // swallowed
                }
                let mut events = Vec::new();
                driver.feed(key, &data, &mut events);
                for event in events {
                    crate::support::echo(driver, event);
                }
            }
            event => crate::support::echo(driver, event),
        })
    });
    let mut client = server.connect();
    assert_eq!(server.next(), "request");
    client.echo(Opcode::Text, b"fed");
}

#[test]
fn a_client_can_be_refused_before_it_has_sent_its_request() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| {
            if let Event::Connect { key, .. } = event {
                assert_eq!(driver.reject(key, &Reject::status(403)), Ok(true));
            }
        })
    });
    let mut client = Client::over(server.raw());
    assert!(client.head().starts_with("HTTP/1.1 403 "));
    assert!(server.next().starts_with("close 1006"));
}

/// A peer that was sent away and does not hang up must not hold up the end.
#[test]
fn lingering_sockets_do_not_hold_up_the_end() {
    let server = Server::start(ServerConfig::default(), |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => {
                driver.reject(key, &Reject::status(403)).unwrap();
            }
            Event::Close { .. } => {
                let deadline = Instant::now() + crate::support::PATIENCE;
                driver.shutdown(1001, "", deadline).unwrap();
                driver.flush();
                log.send(format!("drained {}", driver.is_drained())).unwrap();
            }
            _ => {}
        })
    });
    let mut client = Client::over(server.raw());
    std::io::Write::write_all(&mut client.stream, crate::support::REQUEST.as_bytes()).unwrap();
    assert!(client.head().starts_with("HTTP/1.1 403 "));
    // Whether its socket still lingers then can't be said: a tunnel hangs up by itself when the server's stream ends.
    assert_eq!(server.next_with("drained"), "drained true");
}

/// What came before a violation is answered before the connection fails for it.
#[test]
fn messages_before_a_violation_in_the_same_segment_are_still_answered() {
    let mut config = ServerConfig::default();
    config.protocol.hold_close = true;
    let server = Server::start(config, |_| {
        Box::new(|driver, event| match event {
            Event::CloseReceived { key, code, .. } => {
                assert_eq!(code, 1002);
                assert!(driver.reply_close(key, None));
            }
            event => crate::support::echo(driver, event),
        })
    });
    let mut client = server.connect();
    let mut bytes = crate::support::masked(Opcode::Text, b"good");
    bytes.extend([0xf1, 0x80, 0, 0, 0, 0]); // reserved bits
    bytes.extend(crate::support::masked(Opcode::Text, b"never seen"));
    std::io::Write::write_all(&mut client.stream, &bytes).unwrap();
    assert_eq!(client.frame().unwrap().payload, b"good");
    assert_eq!(client.close_code(), 1002);
    assert_eq!(client.frame(), None);
    assert_eq!(server.next(), "close 1002 \"reserved bits are set\" false");
}
