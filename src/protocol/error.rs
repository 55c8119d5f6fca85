//! Errors by blame: what a peer did ([`PeerError`]), what the application did ([`UsageError`]).

use super::close::ABNORMAL;

/// The peer broke the protocol or a limit. Each maps to exactly one HTTP status (before the upgrade) or close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    // The opening handshake, as a server sees it.
    /// Not HTTP, or HTTP this server will not guess at. 400
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// The head does not fit `max_handshake_size`. 431
    #[error("request head is too large")]
    HeadTooLarge,
    /// More header lines than `max_headers`. 431
    #[error("too many request headers")]
    TooManyHeaders,
    /// Anything but `GET`; with `plain_http`, but `GET` and `HEAD`. 405
    #[error("method is not allowed")]
    Method,
    /// HTTP/1.0, or a version nobody knows. 505
    #[error("HTTP version is not 1.1")]
    HttpVersion,
    /// No `Upgrade: websocket` or no `Connection: upgrade`. 426
    #[error("not a WebSocket upgrade request")]
    NotAnUpgrade,
    /// `Sec-WebSocket-Version` is not 13. 426
    #[error("unsupported WebSocket version")]
    WebSocketVersion,
    /// The request was not complete in time. 408
    #[error("request was not complete in time")]
    RequestTimeout,

    // The opening handshake, as a client sees it. 1006: RFC 6455 §7.1.7 fails the connection before there is one.
    /// The server answered with something other than 101.
    #[error("server answered with HTTP status {0}")]
    Status(u16),
    /// The response is not HTTP/1.1, or its head is wrong for an upgrade.
    #[error("bad response: {0}")]
    BadResponse(&'static str),
    /// `Sec-WebSocket-Accept` does not belong to our key.
    #[error("Sec-WebSocket-Accept does not match")]
    AcceptMismatch,
    /// The server chose a subprotocol that was not offered.
    #[error("server chose a subprotocol that was not offered")]
    SubprotocolNotOffered,
    /// The server chose an extension that was not offered.
    #[error("server chose an extension that was not offered")]
    ExtensionNotOffered,
    /// The response was not complete in time.
    #[error("response was not complete in time")]
    ResponseTimeout,

    // Frames.
    /// A reserved bit is set that no extension gave a meaning. 1002
    #[error("reserved bits are set")]
    ReservedBits,
    /// An opcode without a meaning. 1002
    #[error("reserved opcode {0:#x}")]
    ReservedOpcode(u8),
    /// A client sent an unmasked frame. 1002
    #[error("frame is not masked")]
    Unmasked,
    /// A server sent a masked frame. 1002
    #[error("frame is masked")]
    Masked,
    /// A length in more bytes than it needs. 1002
    #[error("frame length is not minimal")]
    LengthNotMinimal,
    /// A 64-bit length with its highest bit set. 1002
    #[error("frame length has its highest bit set")]
    LengthHighBit,
    /// A control frame without FIN. 1002
    #[error("fragmented control frame")]
    ControlFragmented,
    /// A control frame of more than 125 bytes. 1002
    #[error("control frame is too long")]
    ControlTooLong,
    /// A continuation where no message is in progress. 1002
    #[error("continuation without a message")]
    UnexpectedContinuation,
    /// A new message before the last one was finished. 1002
    #[error("new message inside a fragmented one")]
    ExpectedContinuation,
    /// A Close with one byte of payload. 1002
    #[error("close frame with half a code")]
    ClosePayload,
    /// A close code that must not be on the wire. 1002
    #[error("invalid close code {0}")]
    CloseCode(u16),
    /// The reason of a Close is not UTF-8. 1007
    #[error("close reason is not UTF-8")]
    CloseReasonUtf8,
    /// A text message is not UTF-8. 1007
    #[error("text is not UTF-8")]
    TextUtf8,
    /// A compressed message is not DEFLATE, or not all of it. 1007: its framing is intact, its content is not.
    #[error("compressed message is corrupt")]
    CorruptDeflate,
    /// A frame over `max_frame_size`. 1009
    #[error("frame is too large")]
    FrameTooLarge,
    /// A message over `max_message_size`. 1009
    #[error("message is too large")]
    MessageTooLarge,
}

impl PeerError {
    /// The close code that answers it; `None` if it happened before the upgrade and a status answers it. For what a
    /// client refuses in a response it is 1006, which is never sent.
    pub fn close_code(&self) -> Option<u16> {
        use PeerError::*;
        match self {
            BadRequest(_) | HeadTooLarge | TooManyHeaders | Method | HttpVersion | NotAnUpgrade
            | WebSocketVersion | RequestTimeout => None,
            Status(_)
            | BadResponse(_)
            | AcceptMismatch
            | SubprotocolNotOffered
            | ExtensionNotOffered
            | ResponseTimeout => Some(ABNORMAL),
            ReservedBits
            | ReservedOpcode(_)
            | Unmasked
            | Masked
            | LengthNotMinimal
            | LengthHighBit
            | ControlFragmented
            | ControlTooLong
            | UnexpectedContinuation
            | ExpectedContinuation
            | ClosePayload
            | CloseCode(_) => Some(1002),
            // RFC 6455 §7.4.1: 1007 "data within a message that was not consistent with the type of the message"
            CloseReasonUtf8 | TextUtf8 | CorruptDeflate => Some(1007),
            // RFC 6455 §7.4.1: 1009 "a message that is too big for it to process"
            FrameTooLarge | MessageTooLarge => Some(1009),
        }
    }

    /// The HTTP status a server answers it with; `None` for everything that is answered by a close code.
    pub fn http_status(&self) -> Option<u16> {
        use PeerError::*;
        match self {
            BadRequest(_) => Some(400),
            Method => Some(405),
            RequestTimeout => Some(408),
            NotAnUpgrade | WebSocketVersion => Some(426),
            HeadTooLarge | TooManyHeaders => Some(431),
            HttpVersion => Some(505),
            _ => None,
        }
    }
}

/// The application asked for something that is not possible; nothing was changed and nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// The connection is not open (any more).
    #[error("connection is not open")]
    NotOpen,
    /// `accept` or `reject` without a request that waits for it.
    #[error("no request is waiting for a decision")]
    NotDeciding,
    /// A close code that must not be sent (RFC 6455 §7.4).
    #[error("close code {0} cannot be sent")]
    CloseCode(u16),
    /// A close reason of so many bytes; 123 is the limit.
    #[error("close reason has {0} bytes, 123 is the limit")]
    ReasonTooLong(usize),
    /// A ping or pong payload of so many bytes; 125 is the limit.
    #[error("control payload has {0} bytes, 125 is the limit")]
    ControlTooLong(usize),
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    TextUtf8,
    /// A header name that is not an HTTP token, or a value with CR, LF, NUL or another control character.
    #[error("invalid header {0:?}")]
    Header(String),
    /// A header that belongs to the handshake itself.
    #[error("header {0:?} is set by the handshake")]
    ReservedHeader(String),
    /// A subprotocol the client did not offer, or not an HTTP token.
    #[error("subprotocol {0:?} was not offered")]
    Subprotocol(String),
    /// A status outside 200–599.
    #[error("status {0} cannot refuse a request")]
    Status(u16),
    /// A host or request target that cannot be put on the wire.
    #[error("invalid {0}")]
    Target(&'static str),
}
