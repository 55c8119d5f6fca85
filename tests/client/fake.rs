//! A server that does what a test's script says.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use ws_server::client::{ControlClient, ControlFailure, ControlSettings, Fate, Problem};
use ws_server::protocol::{ControlAnswer, ControlCommand, Recipient, parse_control_frame};

/// For what comes. No test waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// For what never comes. What does come before it, on the busiest machine, has come by then.
pub const IMPATIENCE: Duration = Duration::from_secs(2);

pub const TOKEN: &str = "32febad1f0cf83f38aceb31ad63866c4";

pub fn token() -> Recipient {
    Recipient::Token(TOKEN.into())
}

pub fn client(uri: &str) -> ControlClient {
    client_with(uri, None, PATIENCE)
}

pub fn client_with(uri: &str, secret: Option<&str>, timeout: Duration) -> ControlClient {
    let secret = secret.map(|secret| secret.as_bytes().to_vec());
    ControlClient::new(ControlSettings { uri: uri.to_owned(), secret, timeout }).unwrap()
}

/// Checks what a failed call tells.
#[track_caller]
pub fn failed<T: std::fmt::Debug>(
    result: Result<T, ControlFailure>,
    fate: impl Into<Option<Fate>>,
    problem: impl FnOnce(&Problem) -> bool,
) {
    let failure = result.expect_err("the call fails");
    assert!(problem(&failure.problem), "{failure:?}");
    assert_eq!(failure.fate, fate.into(), "{failure:?}");
}

pub fn timed_out(problem: &Problem) -> bool {
    matches!(problem, Problem::TimedOut(_))
}

pub struct Fake {
    pub uri: String,
    path: Option<PathBuf>,
    thread: JoinHandle<()>,
}

enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

pub struct Listener(Socket);

impl Fake {
    pub fn unix(script: impl FnOnce(&Listener) + Send + 'static) -> Fake {
        let path = fresh_path();
        let listener = Listener(Socket::Unix(UnixListener::bind(&path).unwrap()));
        let uri = format!("unix://{}", path.display());
        Fake { uri, path: Some(path), thread: std::thread::spawn(move || script(&listener)) }
    }

    pub fn tcp(script: impl FnOnce(&Listener) + Send + 'static) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("tcp://{}", listener.local_addr().unwrap());
        let listener = Listener(Socket::Tcp(listener));
        Fake { uri, path: None, thread: std::thread::spawn(move || script(&listener)) }
    }

    pub fn client(&self) -> ControlClient {
        client(&self.uri)
    }

    pub fn impatient_client(&self) -> ControlClient {
        client_with(&self.uri, None, IMPATIENCE)
    }

    /// The script has run to its end, and found everything as it expected.
    #[track_caller]
    pub fn done(self) {
        let outcome = self.thread.join();
        if let Some(path) = self.path {
            let _ = std::fs::remove_file(path);
        }
        assert!(outcome.is_ok(), "the script failed");
    }
}

/// A path for a socket, where nothing is yet.
pub fn fresh_path() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("ws-fake-{}-{number}", std::process::id()))
}

impl Listener {
    pub fn accept(&self) -> Peer {
        let stream: Box<dyn Stream> = match &self.0 {
            Socket::Unix(listener) => {
                let stream = listener.accept().unwrap().0;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(stream)
            }
            Socket::Tcp(listener) => {
                let stream = listener.accept().unwrap().0;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                stream.set_nodelay(true).unwrap();
                Box::new(stream)
            }
        };
        Peer { stream, inbox: Vec::new() }
    }

    /// A connection whose greeting is answered.
    pub fn greet(&self) -> Peer {
        let mut peer = self.accept();
        peer.answer(ControlCommand::Ping, ControlAnswer::Pong);
        peer
    }

    /// Nobody else has connected.
    #[track_caller]
    pub fn is_left_alone(&self) {
        let error = match &self.0 {
            Socket::Unix(listener) => {
                listener.set_nonblocking(true).unwrap();
                listener.accept().map(drop).expect_err("nobody connects")
            }
            Socket::Tcp(listener) => {
                listener.set_nonblocking(true).unwrap();
                listener.accept().map(drop).expect_err("nobody connects")
            }
        };
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

trait Stream: Read + Write + Send {
    /// The same once more, for another thread.
    fn again(&self) -> Box<dyn Stream>;
}

impl Stream for UnixStream {
    fn again(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }
}

impl Stream for TcpStream {
    fn again(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }
}

/// A connection of the client's, seen from the server. Dropping it closes it.
pub struct Peer {
    stream: Box<dyn Stream>,
    inbox: Vec<u8>,
}

impl Peer {
    /// The next command must be this one. Before it there may be a ping, where the machine is slow: the client asks whether
    /// a connection still stands that it has not used for a while.
    #[track_caller]
    pub fn expect(&mut self, command: ControlCommand<'_>) {
        let mut expected = Vec::new();
        command.write(&mut expected).unwrap();
        let mut frame = self.next().expect("the client is still there");
        if frame == b"0p" && command != ControlCommand::Ping {
            self.say(ControlAnswer::Pong);
            frame = self.next().expect("the client is still there");
        }
        let short = |frame: &[u8]| String::from_utf8_lossy(&frame[..frame.len().min(60)]).into_owned();
        assert!(frame == expected, "{:?} instead of {:?}", short(&frame), short(&expected));
    }

    #[track_caller]
    pub fn answer(&mut self, command: ControlCommand<'_>, answer: ControlAnswer<'_>) {
        self.expect(command);
        self.say(answer);
    }

    /// A command without an answer of its own, and the ping behind it.
    #[track_caller]
    pub fn take(&mut self, command: ControlCommand<'_>) {
        self.expect(command);
        self.answer(ControlCommand::Ping, ControlAnswer::Pong);
    }

    pub fn say(&mut self, answer: ControlAnswer<'_>) {
        let mut frame = Vec::new();
        answer.write(&mut frame).unwrap();
        self.raw(&frame);
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Says the same again and again, and listens to the answers, until the client has hung up.
    #[track_caller]
    pub fn flood(&mut self, bytes: &[u8]) {
        let mut answers = self.stream.again();
        let listener =
            std::thread::spawn(move || while answers.read(&mut [0; 65536]).is_ok_and(|count| count > 0) {});
        let begun = Instant::now();
        while self.stream.write_all(bytes).is_ok() {
            assert!(begun.elapsed() < PATIENCE, "the client listens on and on");
        }
        listener.join().unwrap();
    }

    /// The next frame of the client's; `None` where it has hung up.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((_, used)) = parse_control_frame(&self.inbox).unwrap() {
                return Some(self.inbox.drain(..used).collect());
            }
            let mut buffer = [0; 65536];
            match self.stream.read(&mut buffer) {
                Ok(0) => {
                    assert!(self.inbox.is_empty(), "it hung up in the middle of a frame");
                    return None;
                }
                Ok(count) => self.inbox.extend_from_slice(&buffer[..count]),
                // Something of ours was not read.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The client hangs up without another word.
    #[track_caller]
    pub fn gone(&mut self) {
        assert_eq!(self.next(), None);
    }
}

/// `A` for the token.
pub fn delivered() -> ControlAnswer<'static> {
    ControlAnswer::Delivered { to: token().field().unwrap() }
}

/// `N` for the token.
pub fn not_delivered() -> ControlAnswer<'static> {
    ControlAnswer::NotDelivered { to: token().field().unwrap() }
}
