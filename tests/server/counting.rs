//! What a server counts: how handshakes and connections end, messages and bytes by kind, and who is there.

use crate::support::{Client, Handler, PATIENCE, Server, close_payload, echo, masked};
use std::io::Write;
use std::time::{Duration, Instant};
use ws_server::protocol::{Opcode, Reject};
use ws_server::server::{Driver, Event, Origins, ServerConfig, SlowClient, Stats};

/// An echo that refuses `/no`, and does with a connection what its text says.
fn server(change: impl FnOnce(&mut ServerConfig)) -> Server {
    let mut config = ServerConfig::default();
    change(&mut config);
    Server::start(config, |log| {
        Box::new(move |driver: &mut Driver<Vec<u8>>, event| match event {
            Event::Request { key, request, .. } if request.path() == "/no" => {
                driver.reject(key, &Reject::status(403)).unwrap();
            }
            Event::Text { key, payload } if payload == b"fail" => {
                driver.fail(key, 1011, "as it was told");
            }
            Event::Text { payload, .. } if payload == b"count" => {
                driver.flush();
                log.send(format!("stats {:?}", Counted::of(&driver.stats()))).unwrap();
            }
            Event::Close { .. } => {
                log.send(format!("ended {:?}", Counted::of(&driver.stats()))).unwrap();
            }
            other => echo(driver, other),
        }) as Handler
    })
}

/// The counters that a test looks at; `Debug` leaves out the zeros.
struct Counted(Vec<(&'static str, u64)>);

impl Counted {
    fn of(stats: &Stats) -> Counted {
        Counted(vec![
            ("opened", stats.opened),
            ("rejected", stats.rejected),
            ("refused_origin", stats.refused_origin),
            ("failed_request", stats.failed_request),
            ("failed_timeout", stats.failed_timeout),
            ("failed_tls", stats.failed_tls),
            ("failed_abandoned", stats.failed_abandoned),
            ("clean", stats.closed_clean),
            ("violation", stats.closed_violation),
            ("timeout", stats.closed_timeout),
            ("slow", stats.closed_slow),
            ("rate", stats.closed_rate),
            ("aborted", stats.closed_aborted),
            ("lost", stats.closed_lost),
            ("dropped", stats.dropped),
            ("dropped_rate", stats.dropped_rate),
            ("open", stats.open()),
            ("connecting", stats.connecting()),
        ])
    }
}

impl std::fmt::Debug for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> =
            self.0.iter().filter(|(_, value)| *value > 0).map(|(n, v)| format!("{n}={v}")).collect();
        f.write_str(&words.join(" "))
    }
}

impl Server {
    /// Asks over `client` for what was counted.
    fn counted(&self, client: &mut Client) -> String {
        client.send(Opcode::Text, b"count");
        self.next_with("stats ").split_off("stats ".len())
    }

    fn request(&self, request: &str) -> Client {
        let mut client = Client::over(self.raw());
        client.stream.write_all(request.as_bytes()).unwrap();
        client
    }
}

fn upgrade(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
    )
}

#[test]
fn handshakes_are_counted_by_their_result() {
    let server = server(|config| config.access.origins = Origins::Same);
    let mut client = server.connect();
    assert_eq!(server.counted(&mut client), "opened=1 open=1");
    for (request, status) in [
        (upgrade("/no", ""), "403"),
        (upgrade("/", "Origin: http://elsewhere\r\n"), "403"),
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "426"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ] {
        let head = server.request(&request).head();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        server.next_with("ended");
    }
    drop(server.request("GET / HTTP/1.1\r\nHost:"));
    server.next_with("ended");
    let expected = "opened=1 rejected=1 refused_origin=1 failed_request=2 failed_abandoned=1 open=1";
    assert_eq!(server.counted(&mut client), expected);
}

#[test]
fn a_handshake_that_takes_too_long_is_counted() {
    let server = server(|config| config.protocol.handshake_timeout = Duration::from_millis(100));
    let _silent = server.request("GET / HTTP/1.1\r\n");
    assert_eq!(server.next_with("ended "), "ended failed_timeout=1");
}

#[test]
fn a_tls_handshake_that_fails_is_counted() {
    let server = server(|config| {
        let authority = crate::authority::Authority::new("counting");
        config.tls = Some(authority.identity("localhost").config());
    });
    let mut stream = server.tcp();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(server.next_with("ended "), "ended failed_tls=1");
}

#[test]
fn ends_are_counted_by_their_kind() {
    let server = server(|config| config.access.message_rate = 100.0);
    let mut watcher = server.connect();

    let mut clean = server.connect();
    clean.send(Opcode::Close, &close_payload(1000, ""));
    assert_eq!(clean.close_code(), 1000);
    server.next_with("ended");

    let mut violation = server.connect();
    violation.stream.write_all(&[0xFF, 0x80, 0, 0, 0, 0]).unwrap();
    assert_eq!(violation.close_code(), 1002);
    server.next_with("ended");

    let mut aborted = server.connect();
    aborted.send(Opcode::Text, b"fail");
    assert_eq!(aborted.close_code(), 1011);
    server.next_with("ended");

    drop(server.connect());
    server.next_with("ended");

    let mut rate = server.connect();
    rate.stream.write_all(&masked(Opcode::Binary, b"x").repeat(1000)).unwrap();
    server.next_with("ended");

    let counted = server.counted(&mut watcher);
    let (dropped, rest): (Vec<&str>, Vec<&str>) =
        counted.split(' ').partition(|word| word.starts_with("dropped_rate="));
    assert_eq!(rest.join(" "), "opened=6 clean=1 violation=1 rate=1 aborted=1 lost=1 open=1");
    let dropped: u32 = dropped[0]["dropped_rate=".len()..].parse().unwrap();
    assert!((1..=900).contains(&dropped), "{dropped} of 1000 messages were over a rate of 100");
}

#[test]
fn a_ping_that_is_not_answered_is_counted() {
    let server = server(|config| {
        config.protocol.ping_interval = Duration::from_millis(50);
        config.protocol.ping_timeout = Duration::from_millis(50);
    });
    let _silent = server.connect();
    assert_eq!(server.next_with("ended "), "ended opened=1 timeout=1");
}

#[test]
fn what_a_slow_client_does_not_get_is_counted() {
    for (policy, ended) in [(SlowClient::Drop, ""), (SlowClient::Close, "slow=1 ")] {
        let mut config =
            ServerConfig { slow_client: policy, max_buffered: 100_000, ..ServerConfig::default() };
        config.send_timeout = Duration::ZERO;
        config.tcp.send_buffer = Some(4096);
        let server = Server::start(config, |log| {
            Box::new(move |driver: &mut Driver<Vec<u8>>, event| match event {
                Event::Text { key, payload } if payload == b"flood" => {
                    let payload = vec![b'x'; 60_000];
                    let mut sent = Vec::new();
                    while sent.len() < 1000 && driver.is_open(key) {
                        sent.push(driver.send(key, Opcode::Binary, &payload));
                        driver.flush();
                    }
                    let over = sent.iter().filter(|sent| **sent == ws_server::server::Sent::Overflow).count();
                    log.send(format!("over {over}")).unwrap();
                }
                Event::Text { payload, .. } if payload == b"count" => {
                    log.send(format!(
                        "stats {:?} buffered={}",
                        Counted::of(&driver.stats()),
                        driver.stats().buffered > 0
                    ))
                    .unwrap();
                }
                other => echo(driver, other),
            }) as Handler
        });
        let mut slow = server.connect();
        let mut watcher = server.connect();
        slow.send(Opcode::Text, b"flood");
        let over: u32 = server.next_with("over ")["over ".len()..].parse().unwrap();
        assert!(over > 0);
        let open = if policy == SlowClient::Close {
            server.next_with("close 1013");
            1
        } else {
            2
        };
        let stays = policy == SlowClient::Drop;
        let expected = format!("opened=2 {ended}dropped={over} open={open} buffered={stays}");
        // With threads, PHP's side knows what was dropped before the thread that counts it does.
        let deadline = Instant::now() + PATIENCE;
        let mut counted = server.counted(&mut watcher);
        while counted != expected && Instant::now() < deadline {
            counted = server.counted(&mut watcher);
        }
        assert_eq!(counted, expected);
    }
}

#[test]
fn messages_and_their_bytes_are_counted_by_kind() {
    for buffer_messages in [true, false] {
        let mut config = ServerConfig::default();
        config.protocol.buffer_messages = buffer_messages;
        let server = Server::start(config, |log| {
            Box::new(move |driver: &mut Driver<Vec<u8>>, event| match event {
                Event::Pong { key, .. } => {
                    assert!(driver.begin_message(key, false));
                    driver.write_message(key, b"12").unwrap();
                    driver.write_message(key, b"345").unwrap();
                    assert!(driver.end_message(key).unwrap());
                    driver.send(key, Opcode::Binary, b"1234567");
                    driver.send_raw(key, &[0x89, 0]);
                    assert!(driver.ping(key, b"x").unwrap());
                    driver.broadcast(Opcode::Text, b"all", &[]);
                }
                Event::Ping { payload, .. } if payload == b"count" => {
                    let s = driver.stats();
                    log.send(format!(
                        "in {} {} {} {} {} {} out {} {} {} {} {} {} payload {} {}",
                        s.text_in,
                        s.text_bytes_in,
                        s.binary_in,
                        s.binary_bytes_in,
                        s.pings_in,
                        s.pongs_in,
                        s.text_out,
                        s.text_bytes_out,
                        s.binary_out,
                        s.binary_bytes_out,
                        s.pings_out,
                        s.raw_out,
                        s.payload_in(),
                        s.payload_out()
                    ))
                    .unwrap();
                }
                Event::Request { .. } => echo(driver, event),
                _ => {}
            }) as Handler
        });
        let mut client = server.connect();
        client.send(Opcode::Text, b"four");
        // A message in two frames is one message.
        client.stream.write_all(&[0x02, 0x82, 0, 0, 0, 0, 1, 2, 0x80, 0x81, 0, 0, 0, 0, 3]).unwrap();
        client.send(Opcode::Binary, b"");
        client.send(Opcode::Pong, b"now");
        let mut opcodes = Vec::new();
        while opcodes.last() != Some(&(Opcode::Text, b"all".to_vec())) {
            let frame = client.frame().unwrap();
            opcodes.push((frame.opcode, frame.payload));
        }
        client.send(Opcode::Ping, b"count");
        assert_eq!(server.next(), "in 1 4 2 3 1 1 out 2 8 1 7 1 1 payload 7 15", "{buffer_messages}");
    }
}
