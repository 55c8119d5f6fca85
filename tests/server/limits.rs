//! Limits of a server: sizes, times, slow and hostile peers.

use crate::support::{Client, PATIENCE, REQUEST, Server, accept, close_payload, masked};
use std::io::{Read, Write};
use std::time::Duration;
use ws_server::protocol::{Opcode, Settings};
use ws_server::server::{Event, Sent, ServerConfig, SlowClient};

fn with(change: impl FnOnce(&mut Settings)) -> ServerConfig {
    let mut config = ServerConfig::default();
    change(&mut config.protocol);
    config
}

#[test]
fn a_message_over_the_limit_is_refused_from_its_header() {
    let server = Server::echo(with(|protocol| protocol.max_message_size = 1000));
    let mut client = server.connect();
    client.echo(Opcode::Text, &[b'x'; 1000]);
    // Only the header is sent: the refusal must not wait for the payload.
    client.stream.write_all(&masked(Opcode::Text, &[b'x'; 1001])[..8]).unwrap();
    assert_eq!(client.close_code(), 1009);
    assert_eq!(client.frame(), None);
    assert!(server.next().starts_with("close 1009"));
}

/// The peer is still sending when it is refused: it must get the close frame, not a reset.
#[test]
fn a_refused_peer_that_goes_on_sending_gets_its_close_frame() {
    let server = Server::echo(with(|protocol| protocol.max_message_size = 1000));
    for _ in 0..20 {
        let mut client = server.connect();
        client.stream.write_all(&masked(Opcode::Binary, &vec![0; 400_000])).unwrap();
        assert_eq!(client.close_code(), 1009);
    }
}

#[test]
fn a_request_head_over_the_limit_gets_431() {
    let server = Server::echo(with(|protocol| protocol.max_handshake_size = 1000));
    let mut client = Client::over(server.raw());
    let padding = format!("X-Padding: {}\r\n\r\n", "x".repeat(1000));
    client.stream.write_all(REQUEST.replacen("\r\n\r\n", &format!("\r\n{padding}"), 1).as_bytes()).unwrap();
    assert!(client.head().starts_with("HTTP/1.1 431 "));
}

#[test]
fn a_client_that_says_nothing_is_sent_away() {
    let server = Server::echo(with(|protocol| protocol.handshake_timeout = Duration::from_millis(50)));
    let mut client = Client::over(server.raw());
    assert!(client.head().starts_with("HTTP/1.1 408 "));
    assert!(server.next().starts_with("close 1006"));
}

#[test]
fn a_client_that_does_not_answer_pings_is_given_up() {
    let server = Server::echo(with(|protocol| {
        protocol.ping_interval = Duration::from_millis(50);
        protocol.ping_timeout = Duration::from_millis(50);
    }));
    let mut client = server.connect();
    assert_eq!(client.frame().unwrap().opcode, Opcode::Ping);
    let line = server.next();
    assert!(line.starts_with("close 1006") && line.contains("ping timeout"), "{line}");
}

#[test]
fn a_client_that_answers_pings_stays() {
    let server = Server::echo(with(|protocol| {
        protocol.ping_interval = Duration::from_millis(20);
        protocol.ping_timeout = Duration::from_millis(400);
    }));
    let mut client = server.connect();
    for _ in 0..10 {
        let ping = client.frame().unwrap();
        assert_eq!(ping.opcode, Opcode::Ping);
        client.send(Opcode::Pong, &ping.payload);
    }
}

#[test]
fn an_idle_client_is_closed() {
    let server = Server::echo(with(|protocol| protocol.idle_timeout = Duration::from_millis(50)));
    let mut client = server.connect();
    assert_eq!(client.close_code(), 1000);
    client.send(Opcode::Close, &close_payload(1000, ""));
    assert_eq!(client.frame(), None);
}

#[test]
fn a_client_that_does_not_answer_a_close_is_cut() {
    let server = Server::start(with(|protocol| protocol.close_timeout = Duration::from_millis(50)), |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => {
                accept(driver, key);
                assert_eq!(driver.close(key, 4000, "go"), Ok(true));
            }
            Event::Text { .. } => panic!("no message after the close"),
            _ => {}
        })
    });
    let mut client = server.connect();
    client.send(Opcode::Text, b"too late");
    assert_eq!(client.close_code(), 4000);
    assert_eq!(client.frame(), None);
    assert!(server.next().starts_with("close 1006"));
}

/// Sends to one client for every message, until it is cut or refuses.
fn flood(policy: SlowClient) -> Server {
    let config = ServerConfig { max_buffered: 100_000, slow_client: policy, ..ServerConfig::default() };
    Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { key, .. } => {
                let mut sent = 0;
                // Bounded: no socket buffer takes a gigabyte.
                while driver.send(key, Opcode::Binary, &[1; 10_000]) == Sent::Queued && sent < 100_000 {
                    sent += 1;
                }
                log.send(format!("sent {sent} waiting {}", driver.buffered(key))).unwrap();
            }
            Event::Drain { .. } => log.send("drain".to_owned()).unwrap(),
            Event::Close { key, .. } => log.send(format!("left waiting {}", driver.buffered(key))).unwrap(),
            _ => {}
        })
    })
}

#[test]
fn a_client_that_never_reads_is_closed_at_its_limit() {
    let server = flood(SlowClient::Close);
    let mut other = server.connect();
    let mut slow = server.connect();
    slow.send(Opcode::Text, b"flood me");
    assert!(server.next_with("close").starts_with("close 1013"));
    assert_eq!(server.next_with("left"), "left waiting 0", "what waited is freed");
    // It gets what the kernel had, and then the end; the others are served.
    let mut rest = Vec::new();
    let _ = slow.stream.read_to_end(&mut rest);
    assert!(!rest.is_empty());
    other.send(Opcode::Ping, b"");
    assert_eq!(other.frame().unwrap().opcode, Opcode::Pong);
}

#[test]
fn with_drop_the_newest_message_is_dropped_and_the_client_stays() {
    let server = flood(SlowClient::Drop);
    let mut slow = server.connect();
    slow.send(Opcode::Text, b"flood me");
    let line = server.next_with("sent");
    let words: Vec<usize> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
    let (sent, waiting) = (words[0], words[1]);
    assert!((100_000..=110_100).contains(&waiting), "one message over the limit at the most: {line}");
    for _ in 0..sent {
        assert!(slow.frame().unwrap().payload == [1; 10_000]);
    }
    assert_eq!(server.next_with("drain"), "drain");
    slow.send(Opcode::Ping, b"");
    assert_eq!(slow.frame().unwrap().opcode, Opcode::Pong);
}

#[test]
fn a_client_that_takes_nothing_for_send_timeout_is_cut() {
    let config = ServerConfig {
        max_buffered: 64 << 20,
        send_timeout: Duration::from_millis(50),
        ..ServerConfig::default()
    };
    let server = Server::echo(config);
    let client = server.connect();
    let mut writer = client.stream.try_clone().unwrap();
    // The server stops reading at some point (or cuts), so the writer ends with an error or is done.
    let sender = std::thread::spawn(move || {
        for _ in 0..200 {
            if writer.write_all(&masked(Opcode::Binary, &[0; 100_000])).is_err() {
                return;
            }
        }
    });
    assert!(server.next().starts_with("close 1013"));
    drop(client);
    sender.join().unwrap();
}

/// Pings whose pongs are never read must not pile up: the server stops reading.
#[test]
fn pongs_do_not_pile_up() {
    let config =
        ServerConfig { max_buffered: 10_000, send_timeout: Duration::ZERO, ..ServerConfig::default() };
    let server = Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Ping { key, .. } => {
                let waiting = driver.buffered(key);
                // One read's worth of pongs beyond the limit, 256 KiB of pings.
                if waiting > 10_000 + 256 * 1024 {
                    log.send(format!("piled up {waiting}")).unwrap();
                }
            }
            _ => {}
        })
    });
    let client = server.connect();
    let pings = masked(Opcode::Ping, &[b'p'; 125]).repeat(1000);
    let mut writer = client.stream.try_clone().unwrap();
    writer.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut total = 0;
    while total < 64 << 20 {
        match writer.write(&pings) {
            Ok(count) => total += count,
            Err(_) => break,
        }
    }
    assert!(total < 64 << 20, "the server pushes back");
    drop(client);
    drop(writer);
    let line = server.next();
    assert!(line.starts_with("close 1006"), "{line}");
}

#[test]
fn connections_over_the_maximum_get_503_and_others_are_served() {
    let server = Server::echo(ServerConfig { max_connections: Some(2), ..ServerConfig::default() });
    let (mut first, second) = (server.connect(), server.connect());
    let mut third = Client::over(server.raw());
    server.turned_away(&mut third, "HTTP/1.1 503 ");
    first.echo(Opcode::Text, b"still here");
    drop(second);
    server.next_with("close");
    // The slot is free after the turn that saw the end.
    let mut fourth = loop {
        let mut client = Client::over(server.raw());
        // One that is refused may be gone already.
        let _ = client.stream.write_all(REQUEST.as_bytes());
        if client.try_head().is_some_and(|head| head.starts_with("HTTP/1.1 101 ")) {
            break client;
        }
    };
    fourth.echo(Opcode::Text, b"me too");
}

#[test]
fn garbage_leaves_the_server_serving() {
    let server = Server::echo(ServerConfig::default());
    let mut witness = server.connect();
    let garbage: [&[u8]; 6] = [
        b"\x00",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\r\n\r\n\r\n",
        &[0xff; 5000],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for round in 0..300 {
        let mut stream = server.raw();
        let _ = stream.write_all(garbage[round % garbage.len()]);
        if round % 3 == 0 {
            // Half of them wait for the answer, whatever it is.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    witness.echo(Opcode::Text, b"unimpressed");
    server.connect().echo(Opcode::Text, b"newcomer");
}

#[test]
fn abrupt_ends_during_a_broadcast_hurt_nobody() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { payload, .. } => {
                driver.broadcast(Opcode::Text, &payload, &[]);
            }
            _ => {}
        })
    });
    let mut clients: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for round in 0..40u8 {
        // Reset, not closed: unread data is in its receive buffer.
        let victim = clients.pop().unwrap();
        socket2::SockRef::from(&victim.stream).set_linger(Some(Duration::ZERO)).unwrap();
        drop(victim);
        let message = vec![b'a' + round % 20; 20_000];
        clients[0].send(Opcode::Text, &message);
        for client in &mut clients {
            let frame = client.frame().unwrap();
            assert!(frame.payload == message);
        }
    }
    for _ in 0..40 {
        assert!(server.log.recv_timeout(PATIENCE).unwrap().starts_with("close 1006"));
    }
}

#[test]
fn changed_limits_count_for_those_who_come_after() {
    let server = Server::start(ServerConfig::default(), |_| {
        Box::new(|driver, event| match event {
            Event::Text { payload, .. } if payload == b"change" => {
                let mut config = with(|protocol| protocol.max_message_size = 10);
                config.access.max_connections_per_ip = 2;
                driver.reconfigure(config);
            }
            event => crate::support::echo(driver, event),
        })
    });
    let mut before = server.connect();
    before.send(Opcode::Text, b"change");
    before.echo(Opcode::Text, b"longer than ten bytes");
    let mut after = server.connect();
    after.send(Opcode::Text, b"longer than ten bytes");
    assert_eq!(after.close_code(), 1009);
}
