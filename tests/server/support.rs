//! A server in a thread of its own, and clients that speak raw bytes to it over real sockets.
//!
//! `WS_IO_THREADS=N` gives the server N I/O threads; with `WS_TLS=1` every byte goes through TLS.

use crate::authority::Authority;
use crate::tunnel;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ws_server::net::ListenAddress;
use ws_server::protocol::{Accept, Mask, Opcode, encode_masked_frame, parse_header};
use ws_server::server::{ConnKey, Driver, Event, ServerConfig};

/// No test waits longer than this for something that does not come.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the application in the server's thread does with an event.
pub type Handler = Box<dyn FnMut(&mut Driver<Vec<u8>>, Event<Vec<u8>>) + Send>;

/// Both drivers behave the same: the tests run with `WS_IO_THREADS` threads, none where it is not set.
fn io_threads() -> usize {
    std::env::var("WS_IO_THREADS").map_or(0, |count| count.parse().expect("WS_IO_THREADS is a number"))
}

pub struct Server {
    /// Where clients connect to.
    pub address: SocketAddr,
    /// One for each domain.
    pub addresses: Vec<SocketAddr>,
    /// Where control connections are accepted.
    pub control: Vec<String>,
    /// Ends of connections and other things worth checking, in order.
    pub log: mpsc::Receiver<String>,
    /// Clients speak plainly to a tunnel, and that speaks TLS.
    tunnelled: bool,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Accepts every request and echoes every message.
    pub fn echo(config: ServerConfig) -> Server {
        Server::start(config, |_| Box::new(echo))
    }

    /// `make` gets the sender for [`Server::log`].
    pub fn start(
        mut config: ServerConfig,
        make: impl FnOnce(mpsc::Sender<String>) -> Handler + Send + 'static,
    ) -> Server {
        config.io_threads = config.io_threads.max(io_threads());
        let tunnelled = config.tls.is_none() && std::env::var_os("WS_TLS").is_some();
        if tunnelled {
            config.tls = Some(Authority::new("tunnel").identity("localhost").config());
        }
        let scheme = if config.tls.is_some() { "tls" } else { "tcp" };
        let listen = ListenAddress::parse(&format!("{scheme}://127.0.0.1:0")).unwrap();
        config.listen = vec![listen; config.domains.len().max(1)];
        let (sender, log) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut handler = make(sender.clone());
            let mut driver = Driver::start(config).expect("the server starts");
            let address = |uri: &String| uri.split_once("://").unwrap().1.parse().unwrap();
            let addresses: Vec<SocketAddr> = driver.addresses().iter().map(address).collect();
            ready.send((addresses, driver.control_addresses().to_vec())).unwrap();
            let mut events = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                driver.wait(Some(Duration::from_millis(20)), &mut events).expect("the loop turns");
                for event in events.drain(..) {
                    if let Event::Close { closed, .. } = &event {
                        let _ = sender
                            .send(format!("close {} {:?} {}", closed.code, closed.reason, closed.clean));
                    }
                    handler(&mut driver, event);
                }
                driver.flush();
            }
        });
        let (addresses, control) = started.recv().unwrap();
        Server { address: addresses[0], addresses, control, log, tunnelled, stop, thread: Some(thread) }
    }

    pub fn connect(&self) -> Client {
        Client::upgrade(self.raw())
    }

    pub fn raw(&self) -> TcpStream {
        let stream = if self.tunnelled { tunnel::open(self.address) } else { self.tcp() };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The answer to a client that is turned away at the door begins with this. With TLS it is an alert, which ends the
    /// tunnel.
    pub fn turned_away(&self, client: &mut Client, begin: &str) {
        match client.try_head() {
            Some(head) => assert!(head.starts_with(begin) && !self.tunnelled, "{head}"),
            None => assert!(self.tunnelled, "the stream ended inside a head"),
        }
    }

    /// A connection without a word.
    pub fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).unwrap()
    }

    /// The next line of the log.
    pub fn next(&self) -> String {
        self.log.recv_timeout(PATIENCE).expect("the server reports something")
    }

    /// The next line that starts with `prefix`.
    pub fn next_with(&self, prefix: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.log.recv_timeout(deadline - Instant::now()).expect("the server reports it");
            if line.starts_with(prefix) {
                return line;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let result = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            result.expect("the server's thread ends without a panic");
        }
    }
}

pub fn echo(driver: &mut Driver<Vec<u8>>, event: Event<Vec<u8>>) {
    match event {
        Event::Request { key, .. } => accept(driver, key),
        // A client may be gone by now; nobody gets the echo then.
        Event::Text { key, payload } => {
            let _ = driver.send(key, Opcode::Text, &payload);
        }
        Event::Binary { key, payload } => {
            let _ = driver.send(key, Opcode::Binary, &payload);
        }
        _ => {}
    }
}

pub fn accept(driver: &mut Driver<Vec<u8>>, key: ConnKey) {
    driver.accept(key, &Accept::default()).unwrap();
}

/// A frame as it came.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub opcode: Opcode,
    pub fin: bool,
    /// The reserved bits; 4 is RSV1.
    pub rsv: u8,
    pub payload: Vec<u8>,
}

pub struct Client<S = TcpStream> {
    pub stream: S,
    input: Vec<u8>,
}

pub const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

impl<S: Read + Write> Client<S> {
    pub fn upgrade(stream: S) -> Client<S> {
        let mut client = Client { stream, input: Vec::new() };
        client.stream.write_all(REQUEST.as_bytes()).unwrap();
        let head = client.head();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        // RFC 6455 §1.3: the answer to the sample nonce.
        assert!(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
        client
    }

    pub fn over(stream: S) -> Client<S> {
        Client { stream, input: Vec::new() }
    }

    /// Reads an HTTP head.
    pub fn head(&mut self) -> String {
        self.try_head().expect("the stream goes on until the end of a head")
    }

    /// `None` where the stream ends first.
    pub fn try_head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.input.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                return Some(String::from_utf8(self.input.drain(..end + 4).collect()).unwrap());
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// Everything until the stream ends: the body of an HTTP answer.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.input)
    }

    pub fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        self.stream.write_all(&masked(opcode, payload)).unwrap();
    }

    /// The next frame; `None` at the end of the stream (or its reset).
    pub fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((header, used)) = parse_header(&self.input).unwrap() {
                let end = used + header.len as usize;
                if self.input.len() >= end {
                    assert!(header.mask.is_none(), "a server must not mask");
                    let bytes: Vec<u8> = self.input.drain(..end).collect();
                    return Some(Frame {
                        opcode: header.opcode,
                        fin: header.fin,
                        rsv: header.rsv,
                        payload: bytes[used..].to_vec(),
                    });
                }
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// The next frame, which must be a close: its code.
    pub fn close_code(&mut self) -> u16 {
        let frame = self.frame().expect("a close frame comes");
        assert_eq!(frame.opcode, Opcode::Close);
        u16::from_be_bytes([frame.payload[0], frame.payload[1]])
    }

    pub fn echo(&mut self, opcode: Opcode, payload: &[u8]) {
        self.send(opcode, payload);
        let frame = self.frame().expect("an echo comes");
        assert!(frame.opcode == opcode && frame.fin && frame.payload == payload);
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.input.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }
}

pub fn masked(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_masked_frame(opcode, payload, Mask::new([1, 2, 3, 4]), &mut bytes);
    bytes
}

pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}
