//! The client's half of the opening handshake (RFC 6455 §4.1): its request, and what it verifies in the response.

use super::head::{Head, is_header_value, is_token};
use super::{Entropy, UsageError};

/// What a client asks for. Everything in it can be put on the wire as it is.
#[derive(Debug)]
pub struct ClientRequest {
    pub(super) host: String,
    pub(super) target: String,
    pub(super) subprotocols: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) entropy: Entropy,
}

impl ClientRequest {
    /// A request for `target` (path and query, at least `/`) to `host` (with `:port` if that is not the scheme's own).
    pub fn new(host: &str, target: &str) -> Result<ClientRequest, UsageError> {
        if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UsageError::Target("host"));
        }
        // RFC 6455 §3: "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used"
        if !target.starts_with('/') || !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(UsageError::Target("request target"));
        }
        Ok(ClientRequest {
            host: host.to_owned(),
            target: target.to_owned(),
            subprotocols: Vec::new(),
            headers: Vec::new(),
            entropy: Entropy::system(),
        })
    }

    /// Offers a subprotocol; the first one offered is the preferred one.
    pub fn subprotocol(mut self, name: &str) -> Result<ClientRequest, UsageError> {
        // RFC 6455 §4.1: the elements are tokens "and MUST all be unique strings"
        if !is_token(name.as_bytes()) || self.subprotocols.iter().any(|offered| offered == name) {
            return Err(UsageError::Subprotocol(name.to_owned()));
        }
        self.subprotocols.push(name.to_owned());
        Ok(self)
    }

    /// Adds a header: `Origin`, `Cookie`, `Authorization`, `User-Agent` …
    pub fn header(mut self, name: &str, value: &str) -> Result<ClientRequest, UsageError> {
        check_header(name, value, &["host"])?;
        self.headers.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// Takes random bytes from here instead of from the operating system: for tests.
    pub fn entropy(mut self, entropy: Entropy) -> ClientRequest {
        self.entropy = entropy;
        self
    }
}

/// A header an application may add to a handshake: well-formed, and not one the handshake itself is made of.
pub(super) fn check_header(name: &str, value: &str, reserved: &[&str]) -> Result<(), UsageError> {
    if !is_token(name.as_bytes()) || !is_header_value(value.as_bytes()) {
        return Err(UsageError::Header(name.to_owned()));
    }
    const ALWAYS: [&str; 4] = ["upgrade", "connection", "content-length", "transfer-encoding"];
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("sec-websocket-") || ALWAYS.contains(&&*lower) || reserved.contains(&&*lower) {
        return Err(UsageError::ReservedHeader(name.to_owned()));
    }
    Ok(())
}

/// A server's HTTP response: the 101, or the one that refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub(super) head: Head,
    pub(super) status: u16,
}

impl Response {
    /// The HTTP status; 101 if the connection opened.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.values(name).next()
    }

    /// All headers in the order they came, repeats included.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.iter()
    }

    /// The subprotocol the server chose; one of those offered.
    pub fn subprotocol(&self) -> Option<&str> {
        self.header("Sec-WebSocket-Protocol").and_then(|value| std::str::from_utf8(value).ok())
    }
}
