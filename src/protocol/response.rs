//! The client's half of the opening handshake (RFC 6455 §4.1): its request, and what it verifies in the response.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::deflate::Params;
use super::head::{Head, is_header_value, is_token};
use super::http::write_header;
use super::{Entropy, PeerError, UsageError, accept_key, parse_extensions};

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

    /// Appends the request; gives back the `Sec-WebSocket-Accept` that the server has to answer.
    pub(super) fn write(&mut self, deflate: Option<&Params>, out: &mut Vec<u8>) -> String {
        // RFC 6455 §4.1: "The nonce MUST be selected randomly for each connection."
        let key = STANDARD.encode(self.entropy.nonce());
        out.extend_from_slice(format!("GET {} HTTP/1.1\r\n", self.target).as_bytes());
        write_header("Host", &self.host, out);
        out.extend_from_slice(b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        write_header("Sec-WebSocket-Key", &key, out);
        if !self.subprotocols.is_empty() {
            write_header("Sec-WebSocket-Protocol", &self.subprotocols.join(", "), out);
        }
        if let Some(deflate) = deflate {
            write_header("Sec-WebSocket-Extensions", &deflate.to_string(), out);
        }
        for (name, value) in &self.headers {
            write_header(name, value, out);
        }
        out.extend_from_slice(b"\r\n");
        accept_key(key.as_bytes())
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
        self.head.first(name)
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

/// Reads a complete response head; whether it is the right one is for [`verify`].
pub(super) fn read_response(raw: &[u8], max_headers: usize) -> Result<Response, PeerError> {
    let mut headers = vec![httparse::EMPTY_HEADER; max_headers];
    let mut parsed = httparse::Response::new(&mut headers);
    match parsed.parse(raw) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(PeerError::BadResponse("too many headers")),
        _ => return Err(PeerError::BadResponse("not HTTP")),
    }
    if parsed.version != Some(1) {
        return Err(PeerError::BadResponse("HTTP version is not 1.1"));
    }
    let status = parsed.code.unwrap_or_default();
    Ok(Response { head: Head::pack("", parsed.headers), status })
}

/// What RFC 6455 §4.1 makes a client check, in its order; the answer to its offer of permessage-deflate.
pub(super) fn verify(
    response: &Response,
    accept: &str,
    offered: &[String],
    deflate: Option<&Params>,
) -> Result<Option<Params>, PeerError> {
    use PeerError::BadResponse;
    let head = &response.head;
    // 1. "If the status code received from the server is not 101, the client handles the response per HTTP"
    if response.status != 101 {
        return Err(PeerError::Status(response.status));
    }
    // 2. "If the response lacks an |Upgrade| header field or the |Upgrade| header field contains a value that is not an ASCII
    // case-insensitive match for the value "websocket", the client MUST _Fail the WebSocket Connection_."
    let upgrade = head.single("Upgrade").map_err(|_| BadResponse("more than one Upgrade header"))?;
    if !upgrade.is_some_and(|value| value.eq_ignore_ascii_case(b"websocket")) {
        return Err(BadResponse("no Upgrade: websocket"));
    }
    // 3. "If the response lacks a |Connection| header field or the |Connection| header field doesn't contain a token that is
    // an ASCII case-insensitive match for the value "Upgrade", the client MUST _Fail the WebSocket Connection_."
    if !head.list_contains("Connection", "upgrade") {
        return Err(BadResponse("no Connection: Upgrade"));
    }
    // 4. "If the response lacks a |Sec-WebSocket-Accept| header field or the |Sec-WebSocket-Accept| contains a value other
    // than the base64-encoded SHA-1 of the concatenation … the client MUST _Fail the WebSocket Connection_."
    let key =
        head.single("Sec-WebSocket-Accept").map_err(|_| BadResponse("more than one Sec-WebSocket-Accept"))?;
    if key != Some(accept.as_bytes()) {
        return Err(PeerError::AcceptMismatch);
    }
    // 5. "If the response includes a |Sec-WebSocket-Extensions| header field and this header field indicates the use of an
    // extension that was not present in the client's handshake …, the client MUST _Fail the WebSocket Connection_."
    let mut answer = None;
    for value in head.values("Sec-WebSocket-Extensions") {
        for chosen in parse_extensions(value).ok_or(BadResponse("invalid Sec-WebSocket-Extensions"))? {
            let offer =
                deflate.filter(|_| chosen.name == Params::NAME).ok_or(PeerError::ExtensionNotOffered)?;
            // RFC 7692 §7.1: "a client MUST _Fail the WebSocket Connection_ if the peer server accepted an extension negotiation
            // offer for this extension with an extension negotiation response that meets any of the following conditions"
            let chosen =
                Params::parse(&chosen).ok_or(BadResponse("invalid permessage-deflate parameters"))?;
            offer.verify(&chosen).map_err(BadResponse)?;
            if answer.replace(chosen).is_some() {
                return Err(BadResponse("more than one permessage-deflate"));
            }
        }
    }
    // 6. "If the response includes a |Sec-WebSocket-Protocol| header field and this header field indicates the use of a
    // subprotocol that was not present in the client's handshake …, the client MUST _Fail the WebSocket Connection_."
    let chosen =
        head.single("Sec-WebSocket-Protocol").map_err(|_| BadResponse("more than one subprotocol"))?;
    if chosen.is_some_and(|chosen| !offered.iter().any(|name| name.as_bytes() == chosen)) {
        return Err(PeerError::SubprotocolNotOffered);
    }
    Ok(answer)
}
