//! RFC 6455 and its HTTP upgrade as a sans-I/O state machine: bytes and time in, events and bytes out.
//!
//! Nothing here opens a socket, reads a clock or starts a thread. A caller hands [`Connection::receive`] what the
//! transport delivered, together with the time, and gets [`Event`]s back; answers are appended to a byte buffer that the
//! caller writes. The same code serves both [`Role`]s, so a server and a client can be run against each other in a test
//! with a virtual clock.
//!
//! | file | noun |
//! |---|---|
//! | `connection` | [`Connection`]: what the application may ask of it |
//! | `receive` | from bytes to events once a connection is open |
//! | `whole` | the short way for messages that have arrived whole |
//! | `closing` | the end of a connection, and its one way there |
//! | `liveness` | deadlines: handshake, ping, idle, close |
//! | `phase` | [`Phase`] and every legal transition |
//! | `handshake` | the opening handshake of a connection, up to `Open` |
//! | `upgrade` | the server's half of it (§4.2): what a request must be, how it is accepted |
//! | `http` | whole responses: to what is refused, and to plain requests |
//! | `response` | the client's half of it (§4.1), and what it verifies |
//! | `head`, `request`, `cookies` | an HTTP head, owned, with its headers in order |
//! | `extensions` | `Sec-WebSocket-Extensions`: its grammar, and what was agreed on |
//! | `deflate` | permessage-deflate (RFC 7692) |
//! | `frame`, `mask`, `utf8`, `close` | the wire format (§5), each rule next to its sentence |
//! | `control` | the control protocol of ws(s)on: frames, commands, answers, sessions |
//! | `settings`, `event`, `error`, `payload`, `timestamp`, `entropy` | the vocabulary |

#![forbid(unsafe_code)]

mod close;
mod closing;
mod connection;
mod control;
mod cookies;
mod deflate;
mod entropy;
mod error;
mod event;
mod extensions;
mod frame;
mod handshake;
mod head;
mod http;
mod liveness;
mod mask;
mod payload;
mod phase;
mod receive;
mod request;
mod response;
mod settings;
mod timestamp;
mod upgrade;
mod utf8;
mod whole;

pub use close::{MAX_REASON, check_close, is_receivable_close_code, is_sendable_close_code};
pub use connection::Connection;
pub use control::{
    ControlAnswer, ControlCommand, ControlError, ControlEvent, ControlFault, ControlFrame, ControlHeader,
    ControlRequest, ControlSecret, ControlSession, MAX_CONTROL_FRAME, Position, RECIPIENT_LEN, Recipient,
    encode_control_frame, parse_control_frame, parse_control_header,
};
pub use cookies::{cookies, is_cookie_name, percent_decode};
pub use deflate::{Compression, INFLATER_BYTES, Outgoing, deflate_message, deflater_bytes};
pub use entropy::Entropy;
pub use error::{PeerError, UsageError};
pub use event::{Closed, Event};
pub use extensions::{ExtensionOffer, parse_extensions};
pub use frame::{
    FrameHeader, Header, MAX_CONTROL_PAYLOAD, MAX_HEADER, Opcode, encode_frame, encode_header,
    encode_masked_frame, parse_header,
};
pub use http::{HttpResponse, Reject};
pub use mask::Mask;
pub use payload::Payload;
pub use phase::Phase;
pub use request::Request;
pub use response::{ClientRequest, Response};
pub use settings::Settings;
pub use timestamp::Timestamp;
pub use upgrade::{Accept, accept_key};
pub use utf8::{Utf8Invalid, Utf8Validator};
pub use whole::WholeMessage;

/// Which end of the connection this is. It decides who masks (RFC 6455 §5.1) and who starts the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Accepts the upgrade; sends unmasked frames and refuses unmasked ones.
    Server,
    /// Asks for the upgrade; sends masked frames and refuses masked ones.
    Client,
}
