//! The server's half of the opening handshake (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest, Sha1};

use super::PeerError::{self, BadRequest};
use super::deflate::Params;
use super::head::{Head, is_token, list};
use super::http::write_header;
use super::response::check_header;
use super::{Request, UsageError, parse_extensions};

/// How an application accepts a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    /// One of the subprotocols the client offered; `None` for none.
    pub subprotocol: Option<String>,
    /// Further headers of the 101, like `Set-Cookie`. `Upgrade`, `Connection`, `Content-Length`, `Transfer-Encoding` and
    /// `Sec-WebSocket-*` belong to the handshake.
    pub headers: Vec<(String, String)>,
}

impl Accept {
    /// Whether a request whose client offered these subprotocols can be accepted like this.
    /// [`Connection::accept`](super::Connection::accept) makes the same check.
    pub fn check(&self, offered: &[String]) -> Result<(), UsageError> {
        // RFC 6455 §4.2.2: the subprotocol is "derived from the client's handshake"
        if let Some(chosen) = &self.subprotocol
            && (!is_token(chosen.as_bytes()) || !offered.contains(chosen))
        {
            return Err(UsageError::Subprotocol(chosen.clone()));
        }
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value, &[]))
    }
}

/// The `Sec-WebSocket-Accept` that belongs to a `Sec-WebSocket-Key`.
pub fn accept_key(key: &[u8]) -> String {
    // RFC 6455 §4.2.2: "concatenating the value of the key … with the string "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", taking
    // the SHA-1 hash of this concatenated value to obtain a 20-byte value and base64-encoding … this 20-byte hash."
    let hash = Sha1::new().chain_update(key).chain_update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    STANDARD.encode(hash)
}

/// Reads and checks a complete request head. `plain_http`: one that asks for no upgrade is good too.
pub(super) fn read_request(raw: &[u8], max_headers: usize, plain_http: bool) -> Result<Request, PeerError> {
    let mut headers = vec![httparse::EMPTY_HEADER; max_headers];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(raw) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(BadRequest("incomplete head")),
        Err(httparse::Error::TooManyHeaders) => return Err(PeerError::TooManyHeaders),
        Err(httparse::Error::Version) => return Err(PeerError::HttpVersion),
        Err(httparse::Error::HeaderName) => return Err(BadRequest("invalid header name")),
        Err(httparse::Error::HeaderValue) => return Err(BadRequest("invalid header value")),
        Err(_) => return Err(BadRequest("invalid request line")),
    }
    // RFC 6455 §4.2.1: "An HTTP/1.1 or higher GET request"
    if parsed.version != Some(1) {
        return Err(PeerError::HttpVersion);
    }
    let method = match parsed.method {
        Some(method @ "GET") => method,
        Some(method @ "HEAD") if plain_http => method,
        _ => return Err(PeerError::Method),
    };
    let target = parsed.path.unwrap_or_default();
    // RFC 6455 §4.1: a "/resource name/ … or be an absolute http/https URI". §3: fragment identifiers "MUST NOT be used".
    let absolute = ["http://", "https://"].iter().any(|scheme| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && target.len() > scheme.len()
    });
    if !(target.starts_with('/') || absolute) || target.contains('#') {
        return Err(BadRequest("invalid request target"));
    }
    let request = Request { head: Head::pack(&format!("{method} {target}"), parsed.headers) };
    check_headers(&request.head)?;
    if request.is_upgrade() {
        check_upgrade(&request.head)?;
    } else if !plain_http {
        return Err(PeerError::NotAnUpgrade);
    }
    Ok(request)
}

/// What is asked of every request.
fn check_headers(head: &Head) -> Result<(), PeerError> {
    // RFC 6455 §4.2.1: "A |Host| header field containing the server's authority."
    // RFC 9112 §3.2: "A server MUST respond with a 400 … to any request message that contains more than one Host"
    let host = single(head, "Host", "more than one Host header")?.ok_or(BadRequest("no Host header"))?;
    if host.is_empty() || !host.iter().all(u8::is_ascii_graphic) {
        return Err(BadRequest("invalid Host header"));
    }
    let origin = single(head, "Origin", "more than one Origin header")?;
    if origin.is_some_and(|origin| !origin.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')) {
        return Err(BadRequest("invalid Origin header"));
    }
    // What follows the head are frames. A body would be taken for them, or a frame for a body by a proxy.
    if head.first("Transfer-Encoding").is_some() || head.values("Content-Length").any(|length| length != b"0")
    {
        return Err(BadRequest("request has a body"));
    }
    Ok(())
}

/// What is asked of an upgrade.
fn check_upgrade(head: &Head) -> Result<(), PeerError> {
    // RFC 6455 §4.2.2: "If this version does not match a version understood by the server, the server MUST abort the
    // WebSocket handshake … and instead send an appropriate HTTP error code (such as 426 Upgrade Required)"
    let version = single(head, "Sec-WebSocket-Version", "more than one Sec-WebSocket-Version header")?;
    if version != Some(b"13") {
        return Err(PeerError::WebSocketVersion);
    }
    // RFC 6455 §4.2.1: "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes in
    // length." §11.3.1: it "MUST NOT appear more than once in an HTTP request."
    let key = single(head, "Sec-WebSocket-Key", "more than one Sec-WebSocket-Key header")?;
    let key = key.ok_or(BadRequest("no Sec-WebSocket-Key header"))?;
    if !is_key(key) {
        return Err(BadRequest("Sec-WebSocket-Key is not base64 of 16 bytes"));
    }
    // RFC 6455 §4.1: elements of |Sec-WebSocket-Protocol| are tokens
    if !head.values("Sec-WebSocket-Protocol").flat_map(list).all(is_token) {
        return Err(BadRequest("invalid Sec-WebSocket-Protocol header"));
    }
    // RFC 6455 §9.1: "If a value is received … that does not conform to the ABNF below, the recipient of such malformed
    // data MUST immediately _Fail the WebSocket Connection_."
    if !head.values("Sec-WebSocket-Extensions").all(|value| parse_extensions(value).is_some()) {
        return Err(BadRequest("invalid Sec-WebSocket-Extensions header"));
    }
    Ok(())
}

fn single<'a>(head: &'a Head, name: &'a str, repeated: &'static str) -> Result<Option<&'a [u8]>, PeerError> {
    head.single(name).map_err(|_| BadRequest(repeated))
}

/// Whether this is base64 of 16 bytes. "It is not necessary for the server to base64-decode the |Sec-WebSocket-Key| value"
/// (RFC 6455 §4.2.1), so bits that decoding drops may have any value.
fn is_key(key: &[u8]) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let mut nonce = [0; 18];
    key.len() == 24 && LENIENT.decode_slice(key, &mut nonce) == Ok(16)
}

/// Appends the 101.
pub(super) fn write_accept(
    accept: &Accept,
    key: &str,
    deflate: Option<&Params>,
    server_header: Option<&str>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
    );
    write_header("Sec-WebSocket-Accept", key, out);
    if let Some(subprotocol) = &accept.subprotocol {
        write_header("Sec-WebSocket-Protocol", subprotocol, out);
    }
    if let Some(deflate) = deflate {
        write_header("Sec-WebSocket-Extensions", &deflate.to_string(), out);
    }
    if let Some(server) = server_header {
        write_header("Server", server, out);
    }
    for (name, value) in &accept.headers {
        write_header(name, value, out);
    }
    out.extend_from_slice(b"\r\n");
}
