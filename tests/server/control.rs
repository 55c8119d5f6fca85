//! Control connections: what programs on them ask for, and what they must not be able to do.

mod commands;
mod faults;
mod limits;
mod lock;
mod sockets;

use crate::support::{Handler, PATIENCE, Server, accept};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc;
use ws_server::net::ListenAddress;
use ws_server::protocol::{ControlSecret, encode_control_frame, parse_control_frame};
use ws_server::server::{ConnKey, Event, ServerConfig};

/// A path for a socket, and nothing there when it is over.
pub struct Place(pub PathBuf);

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ws-control-{}-{}.sock", std::process::id(), COUNT.fetch_add(1, Relaxed));
        Place(std::env::temp_dir().join(name))
    }

    fn uri(&self) -> String {
        format!("unix://{}", self.0.display())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A server with control connections on a Unix socket, and on TCP.
pub struct Controlled {
    pub server: Server,
    pub place: Place,
}

impl Controlled {
    fn new() -> Controlled {
        Controlled::with(ServerConfig::default())
    }

    fn with(config: ServerConfig) -> Controlled {
        Controlled::start(config, application)
    }

    fn start(
        mut config: ServerConfig,
        application: impl FnOnce(mpsc::Sender<String>) -> Handler + Send + 'static,
    ) -> Controlled {
        let place = Place::new();
        let parse = |uri: &str| ListenAddress::parse(uri).unwrap();
        config.control = vec![parse(&place.uri()), parse("tcp://127.0.0.1:0")];
        Controlled { server: Server::start(config, application), place }
    }

    fn control(&self) -> Control<UnixStream> {
        let stream = UnixStream::connect(&self.place.0).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Control { stream, input: Vec::new() }
    }

    fn tcp(&self) -> Control<TcpStream> {
        let stream = TcpStream::connect(self.server.control[1].strip_prefix("tcp://").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Control { stream, input: Vec::new() }
    }
}

/// A program on a control connection. Like a good one it answers pings.
pub struct Control<S> {
    pub stream: S,
    input: Vec<u8>,
}

impl<S: Read + Write> Control<S> {
    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    fn ask(&mut self, bytes: impl AsRef<[u8]>) -> String {
        self.send(bytes);
        self.next().expect("an answer comes")
    }

    /// The next frame as it came; `None` at the end of the stream.
    fn next(&mut self) -> Option<String> {
        loop {
            if let Some((_, used)) = parse_control_frame(&self.input).unwrap() {
                let frame = String::from_utf8(self.input.drain(..used).collect()).unwrap();
                if frame != "0p" {
                    return Some(frame);
                }
                // It may have ended while it asked.
                let _ = self.stream.write_all(b"0P");
                continue;
            }
            let mut buffer = [0; 65536];
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    assert!(self.input.is_empty(), "half a frame: {:?}", self.input);
                    return None;
                }
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Everything up to the end of the stream, pings apart.
    fn rest(&mut self) -> String {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Still served.
    fn is_served(&mut self) {
        assert_eq!(self.ask("0p"), "0P");
    }
}

pub fn frame(letter: char, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_control_frame(letter as u8, &[payload.as_ref()], &mut bytes).unwrap();
    bytes
}

/// A frame for the connection with this id.
pub fn to(letter: char, id: i64, message: &str) -> Vec<u8> {
    frame(letter, field(id) + message)
}

pub fn field(id: i64) -> String {
    format!("{:<32}", format!("#{id}"))
}

pub fn delivered(id: i64) -> String {
    format!("32A{}", field(id))
}

pub fn not_delivered(id: i64) -> String {
    format!("32N{}", field(id))
}

pub fn secret(secret: &str) -> Option<std::sync::Arc<ControlSecret>> {
    ControlSecret::new(secret.as_bytes()).map(std::sync::Arc::new)
}

/// Knows connections by ids that count from 1. A client's text "+topic" subscribes it; other messages go to the log,
/// and so do requests of control connections that it has carried out.
fn application(log: mpsc::Sender<String>) -> Handler {
    let mut ids: HashMap<i64, ConnKey> = HashMap::new();
    let mut last = 0;
    Box::new(move |driver, event| match event {
        Event::Connect { key, .. } => {
            last += 1;
            ids.insert(last, key);
        }
        Event::Request { key, .. } => accept(driver, key),
        Event::Text { key, payload } => {
            let text = String::from_utf8(payload).unwrap();
            match text.strip_prefix('+') {
                Some(topic) => log.send(format!("subscribed {}", driver.subscribe(key, topic))).unwrap(),
                None => log.send(format!("text {text}")).unwrap(),
            }
        }
        Event::Close { key, .. } => ids.retain(|_, other| *other != key),
        Event::Control { source, request } => {
            driver.carry_out(source, &request, |id| ids.get(&id).copied());
        }
        _ => {}
    })
}
