//! What I/O threads are for: it goes on while the application is busy.

use crate::support::{Client, PATIENCE, REQUEST, Server, accept, masked};
use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;
use ws_server::protocol::Opcode;
use ws_server::server::{Event, ServerConfig};

/// A server whose application stops at the message "block" until the returned sender is used (or dropped).
fn blockable(config: ServerConfig) -> (Server, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel::<()>();
    let config = ServerConfig { io_threads: 2, ..config };
    let server = Server::start(config, |log| {
        Box::new(move |driver, event| match event {
            Event::Request { key, .. } => accept(driver, key),
            Event::Text { payload, .. } if payload == b"block" => {
                driver.broadcast(Opcode::Text, b"submitted before", &[]);
                log.send("blocked".to_owned()).unwrap();
                let _ = released.recv();
            }
            Event::Text { key, payload } => {
                log.send(format!("text {}", payload.len())).unwrap();
                driver.send(key, Opcode::Text, &payload);
            }
            _ => {}
        })
    });
    (server, release)
}

#[test]
fn pings_accepts_and_submitted_broadcasts_go_on_while_the_application_blocks() {
    let (server, release) = blockable(ServerConfig { auto_accept: true, ..ServerConfig::default() });
    let mut clients: Vec<Client> = (0..6).map(|_| server.connect()).collect();
    // A pong says that the application's thread has been told of the client; a broadcast then includes it.
    for client in &mut clients {
        client.echo(Opcode::Text, b"hello");
    }
    clients[0].send(Opcode::Text, b"block");
    assert_eq!(server.next_with("blocked"), "blocked");
    for client in &mut clients {
        assert_eq!(client.frame().unwrap().payload, b"submitted before");
        for _ in 0..20 {
            client.send(Opcode::Ping, b"alive?");
            assert_eq!(client.frame().unwrap().opcode, Opcode::Pong);
        }
    }
    let mut newcomers: Vec<Client> = (0..6).map(|_| server.connect()).collect();
    for client in &mut newcomers {
        client.send(Opcode::Ping, b"alive?");
        assert_eq!(client.frame().unwrap().opcode, Opcode::Pong);
        client.send(Opcode::Text, b"for later");
    }
    drop(release);
    for client in &mut newcomers {
        assert_eq!(client.frame().unwrap().payload, b"for later");
    }
}

#[test]
fn a_flood_is_pushed_back_while_the_application_blocks_and_nothing_is_lost_or_reordered() {
    let (server, release) = blockable(ServerConfig { max_buffered: 64 << 20, ..ServerConfig::default() });
    let mut quiet = server.connect();
    quiet.echo(Opcode::Text, b"hello");
    let mut blocker = server.connect();
    blocker.send(Opcode::Text, b"block");
    server.next_with("blocked");

    // The application is not there to accept it: what follows the request waits with the kernel and in the
    // bounded room behind an undecided request.
    let mut flooder = Client::over(server.raw());
    flooder.stream.write_all(REQUEST.as_bytes()).unwrap();
    flooder.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let message = masked(Opcode::Text, &[b'x'; 10_000]);
    let (mut written, mut pushed_back) = (0, false);
    while written < 256 << 20 && !pushed_back {
        match flooder.stream.write(&message[written % message.len()..]) {
            Ok(count) => written += count,
            Err(_) => pushed_back = true,
        }
    }
    assert!(pushed_back, "the server reads no more than a bounded amount");
    quiet.send(Opcode::Ping, b"");
    assert_eq!(quiet.frame().unwrap().payload, b"submitted before");
    assert_eq!(quiet.frame().unwrap().opcode, Opcode::Pong, "one flood is not the others' matter");

    drop(release);
    flooder.stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut rest = flooder.stream.try_clone().unwrap();
    let left = message.len() - written % message.len();
    let tail = message[message.len() - left..].to_vec();
    let finisher = std::thread::spawn(move || rest.write_all(&tail).unwrap());
    assert!(flooder.head().starts_with("HTTP/1.1 101 "));
    for _ in 0..written.div_ceil(message.len()) {
        assert_eq!(flooder.frame().unwrap().payload.len(), 10_000);
    }
    finisher.join().unwrap();
}

/// The same with an open connection: PHP has been told of half a megabyte, the rest waits with the kernel.
#[test]
fn an_open_connection_is_pushed_back_too() {
    let (server, release) = blockable(ServerConfig { max_buffered: 64 << 20, ..ServerConfig::default() });
    let mut flooder = server.connect();
    flooder.send(Opcode::Text, b"block");
    server.next_with("blocked");
    assert_eq!(flooder.frame().unwrap().payload, b"submitted before");
    flooder.stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let message = masked(Opcode::Text, &[b'x'; 10_000]);
    let mut written = 0;
    while written < 256 << 20 {
        match flooder.stream.write(&message[written % message.len()..]) {
            Ok(count) => written += count,
            Err(_) => break,
        }
    }
    assert!(written < 256 << 20, "the server reads no more than a bounded amount");
    drop(release);
    for _ in 0..written / message.len() {
        assert_eq!(flooder.frame().unwrap().payload.len(), 10_000);
    }
}

#[test]
fn order_is_kept_per_connection_whatever_the_shard() {
    let (server, _release) = blockable(ServerConfig::default());
    let mut clients: Vec<Client> = (0..8).map(|_| server.connect()).collect();
    for round in 0..200 {
        for client in &mut clients {
            client.send(Opcode::Text, format!("{round}").as_bytes());
        }
    }
    for round in 0..200 {
        for client in &mut clients {
            assert_eq!(client.frame().unwrap().payload, format!("{round}").as_bytes());
        }
    }
}

#[test]
fn the_listener_is_gone_with_the_driver() {
    let (server, _release) = blockable(ServerConfig::default());
    server.connect().echo(Opcode::Text, b"served");
    let address = server.address;
    drop(server);
    assert!(std::net::TcpStream::connect(address).is_err());
}
