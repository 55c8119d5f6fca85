//! The server's half of the opening handshake (RFC 6455 §4.2).

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use sha1::{Digest, Sha1};

use super::deflate::Params;
use super::head::{Head, Span, is_token, list};
use super::response::check_header;
use super::{PeerError, Request, UsageError, parse_extensions};

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

impl Reject {
    /// Whether a request can be refused like this. [`Connection::reject`](super::Connection::reject) makes the same check.
    pub fn check(&self) -> Result<(), UsageError> {
        if !(200..=599).contains(&self.status) {
            return Err(UsageError::Status(self.status));
        }
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value, &[]))
    }

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

/// Reads and checks a complete request head.
pub(super) fn read_request(raw: Vec<u8>, max_headers: usize) -> Result<Request, PeerError> {
    let mut headers = vec![httparse::EMPTY_HEADER; max_headers];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(&raw) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(PeerError::BadRequest("incomplete head")),
        Err(httparse::Error::TooManyHeaders) => return Err(PeerError::TooManyHeaders),
        Err(httparse::Error::Version) => return Err(PeerError::HttpVersion),
        Err(httparse::Error::HeaderName) => return Err(PeerError::BadRequest("invalid header name")),
        Err(httparse::Error::HeaderValue) => return Err(PeerError::BadRequest("invalid header value")),
        Err(_) => return Err(PeerError::BadRequest("invalid request line")),
    }
    // RFC 6455 §4.2.1: "An HTTP/1.1 or higher GET request"
    if parsed.version != Some(1) {
        return Err(PeerError::HttpVersion);
    }
    if parsed.method != Some("GET") {
        return Err(PeerError::Method);
    }
    let target = parsed.path.unwrap_or_default();
    // RFC 6455 §4.1: a "/resource name/ … or be an absolute http/https URI". §3: fragment identifiers "MUST NOT be used".
    let absolute = ["http://", "https://"].iter().any(|scheme| {
        target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && target.len() > scheme.len()
    });
    if !(target.starts_with('/') || absolute) || target.contains('#') {
        return Err(PeerError::BadRequest("invalid request target"));
    }
    let target = Span::of(target.as_bytes(), &raw);
    let mut head = Head::locate(parsed.headers, &raw);
    head.raw = raw;
    check_headers(head, target)
}

fn check_headers(head: Head, target: Span) -> Result<Request, PeerError> {
    use PeerError::BadRequest;
    let single = |name: &'static str, repeated| head.single(name).map_err(|_| BadRequest(repeated));

    // RFC 6455 §4.2.1: "A |Host| header field containing the server's authority."
    // RFC 9112 §3.2: "A server MUST respond with a 400 … to any request message that contains more than one Host"
    let host = single("Host", "more than one Host header")?.ok_or(BadRequest("no Host header"))?;
    if host.is_empty() || !host.iter().all(u8::is_ascii_graphic) {
        return Err(BadRequest("invalid Host header"));
    }
    let origin = single("Origin", "more than one Origin header")?;
    if origin.is_some_and(|origin| !origin.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')) {
        return Err(BadRequest("invalid Origin header"));
    }
    // What follows the head are frames. A body would be taken for them, or a frame for a body by a proxy.
    if head.first("Transfer-Encoding").is_some() || head.values("Content-Length").any(|length| length != b"0")
    {
        return Err(BadRequest("request has a body"));
    }
    // RFC 6455 §4.2.1: "An |Upgrade| header field containing the value "websocket", treated as an ASCII case-insensitive
    // value. A |Connection| header field that includes the token "Upgrade", treated as an ASCII case-insensitive value."
    if !head.list_contains("Upgrade", "websocket") || !head.list_contains("Connection", "upgrade") {
        return Err(PeerError::NotAnUpgrade);
    }
    // RFC 6455 §4.2.2: "If this version does not match a version understood by the server, the server MUST abort the
    // WebSocket handshake … and instead send an appropriate HTTP error code (such as 426 Upgrade Required)"
    if single("Sec-WebSocket-Version", "more than one Sec-WebSocket-Version header")? != Some(b"13") {
        return Err(PeerError::WebSocketVersion);
    }
    // RFC 6455 §4.2.1: "A |Sec-WebSocket-Key| header field with a base64-encoded value that, when decoded, is 16 bytes in
    // length." §11.3.1: it "MUST NOT appear more than once in an HTTP request."
    let key = single("Sec-WebSocket-Key", "more than one Sec-WebSocket-Key header")?;
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
    let [host, key] = [host, key].map(|value| Span::of(value, &head.raw));
    let origin = origin.map(|value| Span::of(value, &head.raw));
    Ok(Request { head, target, host, origin, key })
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

/// Appends the response to a request this server refuses by itself.
pub(super) fn write_refusal(error: PeerError, server_header: Option<&str>, out: &mut Vec<u8>) {
    let mut reject = Reject::status(error.http_status().unwrap_or(400));
    if error == PeerError::Method {
        // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response"
        reject.headers.push(("Allow".to_owned(), "GET".to_owned()));
    }
    reject.body = format!("{error}\n").into_bytes();
    write_reject(&reject, server_header, out);
}

/// Appends a response that refuses; it was checked before.
pub(super) fn write_reject(reject: &Reject, server_header: Option<&str>, out: &mut Vec<u8>) {
    let status = reject.status;
    out.extend_from_slice(format!("HTTP/1.1 {status} {}\r\n", reason_phrase(status)).as_bytes());
    if status == 426 {
        // RFC 9110 §15.5.22: "The server MUST send an Upgrade header field in a 426 response"; RFC 6455 §4.4: "a
        // |Sec-WebSocket-Version| header field (or multiple) … indicating which versions are acceptable."
        out.extend_from_slice(b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
    }
    write_header("Connection", "close", out);
    if let Some(server) = server_header {
        write_header("Server", server, out);
    }
    for (name, value) in &reject.headers {
        write_header(name, value, out);
    }
    // RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of … 204"
    if matches!(status, 204 | 304) {
        out.extend_from_slice(b"\r\n");
        return;
    }
    if !reject.body.is_empty()
        && !reject.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
    {
        write_header("Content-Type", "text/plain; charset=utf-8", out);
    }
    write_header("Content-Length", &reject.body.len().to_string(), out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&reject.body);
}

pub(super) fn write_header(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        // RFC 9112 §4: a reason phrase may be empty, and nobody reads it.
        _ => "",
    }
}
