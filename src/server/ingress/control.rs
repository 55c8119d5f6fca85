//! A control connection: a session of the control protocol on its socket.

use crate::net::tls::TlsWork;
use crate::net::{PeerAddress, Received, Transport};
use crate::protocol::{ControlEvent, ControlSession, Timestamp};
use crate::server::ConnKey;
use crate::server::timers::Armed;
use mio::{Registry, Token};
use std::fmt;
use std::io::{self, IoSlice};
use std::time::Duration;

/// How long the last answers may take, and how long input is read and dropped after them: closing with unread input
/// would reset the connection, and the client would lose what it was told.
const LINGER: Duration = Duration::from_secs(1);

pub struct ControlConnection {
    transport: Transport,
    pub session: ControlSession<ConnKey>,
    /// For the log.
    peer: PeerAddress,
    pub armed: Armed,
    pub flags: Flags,
    /// The session is over: the socket is closed when the client has hung up, or then.
    cut_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// The kernel may have bytes for us: set by an event, cleared when there are none.
    pub readable: bool,
    /// Stands in the queue of those that want another turn.
    pub queued: bool,
    /// Stands in the list of those to flush.
    pub dirty: bool,
    /// The client's end of stream was seen.
    ended: bool,
    /// The client takes nothing any more: what is said to it is dropped. What it has asked for is done all the same.
    deaf: bool,
    /// Our end of stream is out.
    shut: bool,
    /// Nothing is left to be done.
    gone: bool,
}

impl ControlConnection {
    pub fn new(transport: Transport, session: ControlSession<ConnKey>, peer: PeerAddress) -> Self {
        let (armed, flags) = (Armed::default(), Flags::default());
        ControlConnection { transport, session, peer, armed, flags, cut_at: None }
    }

    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.transport.register(registry, token)
    }

    /// Reads what there is room for; returns the bytes read.
    pub fn read(&mut self, buffer: &mut [u8], work: &mut TlsWork, now: Timestamp) -> usize {
        let mut total = 0;
        while self.flags.readable {
            let over = self.session.is_over();
            // After the end input is read to be dropped: a buffer a turn.
            let room = if over { buffer.len() - total } else { self.session.room() };
            if room == 0 {
                break; // `readable` stays set: reading goes on where it stopped
            }
            match self.transport.read(&mut buffer[..room], work) {
                Ok(Received::Bytes { count, .. }) => {
                    total += count;
                    if !over {
                        self.session.receive(&buffer[..count], now);
                    }
                }
                Ok(Received::End | Received::Refused { .. }) => self.end_of_input(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.flags.readable = false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.flags.deaf = true;
                    self.end_of_input();
                }
            }
        }
        total
    }

    /// What the client asks for, one at a time.
    pub fn poll_event(&mut self, now: Timestamp) -> Option<ControlEvent> {
        let event = self.session.poll_event(now);
        self.note_end(event, now)
    }

    /// A deadline is over.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Option<ControlEvent> {
        if self.cut_at.is_some_and(|at| at <= now) {
            self.flags.gone = true;
        }
        let event = self.session.handle_timeout(now);
        self.note_end(event, now)
    }

    pub fn deadline(&self) -> Option<Timestamp> {
        self.cut_at.or_else(|| self.session.poll_timeout())
    }

    /// Writes what the socket takes.
    pub fn write(&mut self, work: &mut TlsWork, now: Timestamp) {
        while !self.session.output().is_empty() {
            let output = self.session.output();
            if self.flags.deaf {
                let dropped = output.len();
                self.session.advance(dropped, now);
                continue;
            }
            match self.transport.write_vectored(&[IoSlice::new(output)], work) {
                Ok(count) => self.session.advance(count, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.flags.deaf = true,
            }
        }
        if self.session.is_over() && !self.flags.shut {
            self.flags.shut = true;
            self.transport.shutdown_write();
        }
    }

    /// Whether its socket can be closed: it has been told all, and has hung up, or nobody waits for that any more.
    pub fn is_done(&self) -> bool {
        let Flags { ended, deaf, shut, gone, .. } = self.flags;
        gone || (self.session.is_over() && shut && (ended || deaf))
    }

    /// Whether it wants another turn, though nothing happens.
    pub fn has_more(&self) -> bool {
        let reads = self.flags.readable && (self.session.is_over() || self.session.room() > 0);
        reads || self.session.has_more()
    }

    fn end_of_input(&mut self) {
        self.flags.readable = false;
        self.flags.ended = true;
        self.session.handle_eof();
    }

    fn note_end(&mut self, event: Option<ControlEvent>, now: Timestamp) -> Option<ControlEvent> {
        if let Some(ControlEvent::Ended(_)) = event {
            self.cut_at = Some(now + LINGER);
        }
        event
    }
}

/// As the log names it.
impl fmt::Display for ControlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.peer {
            PeerAddress::Tcp(address) => write!(f, "the control connection from {address}"),
            PeerAddress::Unix(_) => f.write_str("a control connection"),
        }
    }
}
