//! The server's half of the opening handshake (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// How an application accepts a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// One of the subprotocols the client offered; `None` for none.
    pub subprotocol: Option<String>,
    /// Further headers of the 101, like `Set-Cookie`. `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding` and
    /// `Sec-WebSocket-*` belong to the handshake.
    pub headers: Vec<(String, String)>,
}

/// How an application refuses a request: a whole HTTP response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// 200–599.
    pub status: u16,
    /// Further headers, like `Location` or `WWW-Authenticate`; the same ones are reserved as in [`Accept`].
    pub headers: Vec<(String, String)>,
    /// The body; `text/plain; charset=utf-8` unless a header says otherwise.
    pub body: Vec<u8>,
}

impl Reject {
    /// A refusal without further headers or a body.
    pub fn status(status: u16) -> Reject {
        Reject { status, headers: Vec::new(), body: Vec::new() }
    }
}

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key`.
pub fn accept_key(key: &[u8]) -> String {
    // RFC 6455 §4.2.2: "concatenating the value of the key … with the string "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", taking
    // the SHA-1 hash of this concatenated value to obtain a 20-byte value and base64-encoding … this 20-byte hash."
    let hash = Sha1::new().chain_update(key).chain_update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    STANDARD.encode(hash)
}
