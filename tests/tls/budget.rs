//! How much of a turn TLS handshakes may take.

use crate::authority::Authority;
use crate::support::PATIENCE;
use crate::trust;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use ws_server::net::ListenAddress;
use ws_server::server::{Driver, Event, ServerConfig};

/// Reads of unfinished handshakes in one turn; `reactor/securing.rs` says why so few.
const BUDGET: usize = 16;

/// A whole hello, and nobody waits for the answer.
fn hello(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    ClientConnection::new(Arc::new(trust::trusting()), name).unwrap().write_tls(&mut stream).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

fn is_answered(stream: &TcpStream) -> bool {
    stream.peek(&mut [0]).is_ok_and(|count| count > 0)
}

/// What one turn serves is told by the clients that have an answer after it. (An I/O thread turns the same reactor, out of
/// sight.)
#[test]
fn a_turn_serves_so_many_handshakes_and_leaves_the_others_for_the_next() {
    let mut config = ServerConfig {
        listen: vec![ListenAddress::parse("tls://127.0.0.1:0").unwrap()],
        tls: Some(Authority::new("budget").identity("localhost").config()),
        ..ServerConfig::default()
    };
    config.protocol.handshake_timeout = Duration::ZERO;
    let mut driver = Driver::<Vec<u8>>::start(config).unwrap();
    let address = driver.addresses()[0].trim_start_matches("tls://").to_owned();
    // They wait with the kernel, hellos and all, until the first turn.
    let mut waiting: Vec<TcpStream> = (0..5 * BUDGET + 3).map(|_| hello(&address)).collect();
    let (mut served, mut turns) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + PATIENCE;
    while !waiting.is_empty() {
        assert!(Instant::now() < deadline, "{turns:?}, and {} wait", waiting.len());
        let mut events = Vec::new();
        driver.wait(Some(PATIENCE), &mut events).unwrap();
        assert!(events.iter().all(|event| matches!(event, Event::Connect { .. })), "{events:?}");
        let before = served.len();
        served.extend(waiting.extract_if(.., |stream| is_answered(stream)));
        turns.push(served.len() - before);
    }
    assert!(turns.iter().all(|count| *count <= BUDGET), "{turns:?}");
    // Nor is a turn wasted: as long as there is work for it, each does all it may.
    let full = turns.iter().filter(|count| **count == BUDGET).count();
    assert_eq!(full, 5, "{turns:?}");
}
