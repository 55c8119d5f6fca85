//! What a connection tells its owner.

use super::{PeerError, Request, Response};

/// Something happened. `P` is the buffer a message was decoded into.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<P> {
    /// Server: a valid upgrade request. Answer with [`Connection::accept`](super::Connection::accept) or
    /// [`Connection::reject`](super::Connection::reject); until then `receive` leaves its input alone.
    Request(Box<Request>),
    /// Server, with `plain_http`: a valid request that asks for no upgrade. Answer with
    /// [`Connection::respond`](super::Connection::respond); until then `receive` leaves its input alone.
    HttpRequest(Box<Request>),
    /// Client: the 101 was verified, the connection is open.
    Open(Box<Response>),
    /// A whole text message; it is valid UTF-8.
    Text(P),
    /// A whole binary message.
    Binary(P),
    /// With `buffer_messages` off: the next piece of a message, as it came. A piece of text may end inside a character,
    /// but no invalid byte is ever handed on. A `last` piece may be empty, others are not.
    Fragment {
        /// The bytes, unmasked.
        data: P,
        /// Whether the message is binary.
        binary: bool,
        /// Whether the message ends with this piece.
        last: bool,
    },
    /// A ping, already answered.
    Ping(P),
    /// A pong, solicited or not.
    Pong(P),
    /// With `hold_close`: the peer sent a Close, or broke the protocol and will be told so, and nothing more is taken from it; see [`Connection::reply_close`](super::Connection::reply_close).
    CloseReceived {
        /// The peer's code, 1005 if it sent none; for a violation the one that it will get.
        code: u16,
        /// The peer's reason.
        reason: String,
    },
    /// The end, exactly once. The caller writes what is left in `out`, then ends the transport.
    Closed(Closed),
}

/// How a connection ended, as an application sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The close code received; 1005 if the peer's Close was empty; the code sent when it was this end that failed the
    /// connection (1002, 1007, 1009 …); 1006 for everything else: transport lost, timeouts, a handshake that failed.
    pub code: u16,
    /// The peer's reason, or a short English sentence about what happened.
    pub reason: String,
    /// Whether the peer took part in the closing handshake. A peer that hangs up right after its Close did.
    pub clean: bool,
    /// What the peer did wrong, if that is why.
    pub error: Option<PeerError>,
    /// Whether the connection was ever open.
    pub opened: bool,
}
