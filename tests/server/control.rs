//! Control connections: what programs on them ask for, and what they must not be able to do.

mod commands;
mod faults;
mod limits;
mod lock;
mod sockets;

use crate::support::{Handler, PATIENCE, Server, accept};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Instant;
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

    fn control(&self) -> Control {
        self.unix().into()
    }

    fn tcp_control(&self) -> Control {
        self.tcp().into()
    }

    /// Without somebody who answers pings.
    fn unix(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.place.0).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.control[1].strip_prefix("tcp://").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

/// A program on a control connection. Like a good one it answers pings, whatever the test does meanwhile.
pub struct Control {
    writer: Arc<Mutex<dyn Stream>>,
    frames: mpsc::Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

pub trait Stream: Read + Write + Send {
    fn end(&self, how: Shutdown);
}

impl Stream for UnixStream {
    fn end(&self, how: Shutdown) {
        let _ = self.shutdown(how);
    }
}

impl Stream for TcpStream {
    fn end(&self, how: Shutdown) {
        let _ = self.shutdown(how);
    }
}

impl Control {
    /// Of a stream and its own copy.
    fn new(writer: impl Stream + 'static, mut reader: impl Stream + 'static) -> Control {
        let writer: Arc<Mutex<dyn Stream>> = Arc::new(Mutex::new(writer));
        let (sender, frames) = mpsc::channel();
        let pong = Arc::clone(&writer);
        let reader = std::thread::spawn(move || {
            let (mut input, mut buffer) = (Vec::new(), [0; 65536]);
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                input.extend_from_slice(&buffer[..count]);
                while let Some((_, used)) = parse_control_frame(&input).unwrap() {
                    match String::from_utf8(input.drain(..used).collect()).unwrap() {
                        // It may have ended while it asked.
                        frame if frame == "0p" => drop(pong.lock().unwrap().write_all(b"0P")),
                        frame => drop(sender.send(frame)),
                    }
                }
            }
            assert!(input.is_empty(), "half a frame: {input:?}");
        });
        Control { writer, frames, reader: Some(reader) }
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// To one that may have ended already.
    fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.writer.lock().unwrap().write_all(bytes.as_ref())
    }

    fn ask(&mut self, bytes: impl AsRef<[u8]>) -> String {
        self.send(bytes);
        self.next().expect("an answer comes")
    }

    /// The next frame as it came; `None` at the end of the stream.
    fn next(&mut self) -> Option<String> {
        match self.frames.recv_timeout(PATIENCE) {
            Ok(frame) => Some(frame),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("neither a frame nor the end comes"),
        }
    }

    /// Everything up to the end of the stream, pings apart.
    fn rest(&mut self) -> String {
        std::iter::from_fn(|| self.next()).collect()
    }

    /// Sends nothing more.
    fn finish(&mut self) {
        self.writer.lock().unwrap().end(Shutdown::Write);
    }

    /// Still served.
    fn is_served(&mut self) {
        assert_eq!(self.ask("0p"), "0P");
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // Then the socket is nobody's but ours, and is closed with us.
        self.writer.lock().unwrap().end(Shutdown::Read);
        let ended = self.reader.take().unwrap().join();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

impl From<UnixStream> for Control {
    fn from(stream: UnixStream) -> Control {
        let copy = stream.try_clone().unwrap();
        Control::new(stream, copy)
    }
}

impl From<TcpStream> for Control {
    fn from(stream: TcpStream) -> Control {
        let copy = stream.try_clone().unwrap();
        Control::new(stream, copy)
    }
}

/// Asks until the answer is yes.
pub fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "it never is");
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

pub fn secret(secret: &str) -> Option<Arc<ControlSecret>> {
    ControlSecret::new(secret.as_bytes()).map(Arc::new)
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
