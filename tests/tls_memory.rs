//! What an idle TLS connection costs in memory, beside a plain one. What the cryptography library allocates in C counts
//! too, so it is the C library's own count that is looked at; the clients are another process.

#[path = "tls/authority.rs"]
#[allow(dead_code)] // the rest of it is for tests/tls
mod authority;
#[path = "tls/trust.rs"]
mod trust;

use authority::Authority;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use ws_server::net::ListenAddress;
use ws_server::server::{Driver, Event, ServerConfig};

const CLIENTS: usize = 400;
/// A bound to notice a regression by; the number itself is printed.
const MOST: usize = 12 * 1024;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

fn main() {
    match std::env::args().nth(1) {
        Some(uri) if uri.contains("://") => be_clients(&uri),
        _ => measure(),
    }
}

fn measure() {
    let plain = cost("tcp");
    let tls = cost("tls");
    println!("idle connection: plain {plain} bytes, TLS {tls} bytes, so TLS costs {}", tls - plain);
    assert!(tls - plain <= MOST, "an idle TLS connection costs more than {MOST} bytes");
}

/// Bytes per idle connection, sockets in the kernel not included.
fn cost(scheme: &str) -> usize {
    let config = ServerConfig {
        listen: vec![ListenAddress::parse(&format!("{scheme}://127.0.0.1:0")).unwrap()],
        tls: Some(Authority::new("memory").identity("localhost").config()),
        auto_accept: true,
        ..ServerConfig::default()
    };
    let mut driver: Driver<Vec<u8>> = Driver::start(config).unwrap();
    // What the first one brings about (buffers of the thread, tables) is not the price of one.
    serve(&mut driver, scheme, 16);
    let before = allocated();
    let mut clients = start_clients(&driver, CLIENTS);
    wait_for(&mut driver, CLIENTS);
    let after = allocated();
    drop(clients.stdin.take());
    clients.wait().unwrap();
    (after - before) / CLIENTS
}

fn serve(driver: &mut Driver<Vec<u8>>, scheme: &str, count: usize) {
    let mut clients = start_clients(driver, count);
    wait_for(driver, count);
    drop(clients.stdin.take());
    while driver.connections() > 0 {
        driver.wait(None, &mut Vec::new()).unwrap();
        driver.flush();
    }
    assert!(clients.wait().unwrap().success(), "{scheme}");
}

fn wait_for(driver: &mut Driver<Vec<u8>>, count: usize) {
    let mut idle = 0;
    let mut events = Vec::new();
    while idle < count {
        driver.wait(None, &mut events).unwrap();
        driver.flush();
        // Each says so when it has nothing more to read.
        idle += events.drain(..).filter(|event| matches!(event, Event::Text { .. })).count();
    }
}

fn start_clients(driver: &Driver<Vec<u8>>, count: usize) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args([&driver.addresses()[0], &count.to_string()])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Bytes that malloc has handed out, to whatever language, large ones (mapped) included.
fn allocated() -> usize {
    // SAFETY: it takes nothing and only reads the allocator's own counters.
    let counters = unsafe { libc::mallinfo2() };
    counters.uordblks + counters.hblkhd
}

/// The other process: connects, reads the 101, says a word, and stays until its standard input ends.
fn be_clients(uri: &str) {
    let count: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let (scheme, address) = uri.split_once("://").unwrap();
    let config = Arc::new(trust::trusting());
    let mut clients: Vec<Box<dyn ReadWrite>> = Vec::new();
    for _ in 0..count {
        let stream = TcpStream::connect(address).unwrap();
        let mut client: Box<dyn ReadWrite> = if scheme == "tls" {
            let name = ServerName::try_from("localhost").unwrap();
            Box::new(StreamOwned::new(ClientConnection::new(Arc::clone(&config), name).unwrap(), stream))
        } else {
            Box::new(stream)
        };
        client.write_all(REQUEST.as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        // An unmasked frame is refused; the mask of this one is zero.
        client.write_all(b"\x81\x84\0\0\0\0idle").unwrap();
        client.flush().unwrap();
        clients.push(client);
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}
