//! What happened: the events that the driver hands to the application, in order per connection.

use super::ConnKey;
use crate::net::PeerAddress;
use crate::net::tls::TlsInfo;
use crate::protocol::{Closed, ControlRequest, Request};

/// A source that the application asked the driver to watch (a file descriptor of its own), or a control connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub(super) u32);

/// Something that happened. Plain values without zvals; `P` is the payload buffer of a message.
#[derive(Debug)]
pub enum Event<P> {
    /// A connection was accepted; nothing has been read from it. Exactly one [`Event::Close`] follows, later.
    Connect {
        key: ConnKey,
        peer: Box<Peer>,
    },
    /// A valid upgrade request; the application answers with `accept` or `reject`.
    Request {
        key: ConnKey,
        request: Box<Request>,
        /// `None` for a connection without TLS.
        tls: Option<Box<TlsInfo>>,
    },
    /// A valid HTTP request that asks for no upgrade (`Settings::plain_http`); the application answers with `respond`.
    HttpRequest {
        key: ConnKey,
        request: Box<Request>,
    },
    /// The request was accepted by the reactor itself (`ServerConfig::auto_accept`).
    Open {
        key: ConnKey,
        request: Box<Request>,
        tls: Option<Box<TlsInfo>>,
    },
    /// Raw bytes, before any processing (`ServerConfig::raw_reads`): hand them back with `feed`, or drop them.
    Read {
        key: ConnKey,
        data: Vec<u8>,
    },
    Text {
        key: ConnKey,
        payload: P,
    },
    Binary {
        key: ConnKey,
        payload: P,
    },
    /// A piece of a message, as it came (`ServerConfig::buffer_messages` off).
    Fragment {
        key: ConnKey,
        data: P,
        binary: bool,
        last: bool,
    },
    /// A ping came, and has been answered.
    Ping {
        key: ConnKey,
        payload: P,
    },
    Pong {
        key: ConnKey,
        payload: P,
    },
    /// The outbox that had refused or held back data is empty again.
    Drain {
        key: ConnKey,
    },
    /// The peer began the close handshake, or what it sent fails the connection; nothing more comes from it (`ServerConfig::hold_close`): answer with `reply_close`.
    CloseReceived {
        key: ConnKey,
        code: u16,
        reason: Box<str>,
    },
    /// The connection is over, whatever ended it. Exactly one for each [`Event::Connect`].
    Close {
        key: ConnKey,
        closed: Box<Closed>,
    },
    /// One message from the FIFO, framed as `fifo_framing` says.
    Fifo {
        data: Vec<u8>,
    },
    /// A program on a control connection asks for something: to be given to `carry_out`, whatever it is, in order.
    Control {
        source: SourceId,
        request: ControlRequest,
    },
    /// A watched descriptor is ready. Edge-triggered: use it up, or call `rearm`.
    Ready {
        source: SourceId,
        readable: bool,
        writable: bool,
    },
    /// The driver could not do something of its own accord (accept failed, FIFO read failed); for the log.
    Trouble {
        what: String,
    },
}

/// Both ends of an accepted connection.
#[derive(Debug, Clone)]
pub struct Peer {
    pub remote: PeerAddress,
    pub local: PeerAddress,
    /// Index into `ServerConfig::listen`.
    pub listener: usize,
}
