//! Plain HTTP: whole responses, to requests that are refused and to those that ask for no upgrade.

use super::handshake::Handshake;
use super::response::check_header;
use super::{Connection, Event, Payload, PeerError, Phase, Timestamp, UsageError};

/// A whole HTTP response. The connection ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200–599.
    pub status: u16,
    /// Further headers, like `Location` or `WWW-Authenticate`; the same ones are reserved as in
    /// [`Accept`](super::Accept).
    pub headers: Vec<(String, String)>,
    /// The body; `text/plain; charset=utf-8` unless a header says otherwise.
    pub body: Vec<u8>,
}

/// How an application refuses a request.
pub type Reject = HttpResponse;

impl HttpResponse {
    /// A response without further headers or a body.
    pub fn status(status: u16) -> HttpResponse {
        HttpResponse { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Whether a request can be answered like this. [`Connection::reject`] and [`Connection::respond`] make the same check.
    pub fn check(&self) -> Result<(), UsageError> {
        if !(200..=599).contains(&self.status) {
            return Err(UsageError::Status(self.status));
        }
        self.headers.iter().try_for_each(|(name, value)| check_header(name, value, &[]))
    }
}

impl<P: Payload> Connection<P> {
    /// Answers an [`Event::HttpRequest`]. The `Closed` event it returns is the only one.
    pub fn respond(
        &mut self,
        response: &HttpResponse,
        _now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Event<P>, UsageError> {
        if !matches!(self.handshake(), Some(Handshake::Answering { .. })) {
            return Err(UsageError::NotDeciding);
        }
        response.check()?;
        self.write_response(response, out);
        Ok(self.end(1006, format!("answered with HTTP status {}", response.status), false, None))
    }

    /// Refuses the request (in `ReadingRequest`: the connection, before its request is there) with a whole HTTP response.
    /// The `Closed` event it returns is the only one.
    pub fn reject(
        &mut self,
        reject: &Reject,
        _now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Event<P>, UsageError> {
        if !matches!(self.phase, Phase::Deciding | Phase::ReadingRequest) {
            return Err(UsageError::NotDeciding);
        }
        reject.check()?;
        self.write_response(reject, out);
        Ok(self.end(1006, format!("refused with HTTP status {}", reject.status), false, None))
    }

    /// Refuses the request for what the peer did.
    pub(super) fn refuse(&mut self, error: PeerError, out: &mut Vec<u8>) -> Event<P> {
        let mut response = HttpResponse::status(error.http_status().unwrap_or(400));
        if error == PeerError::Method {
            // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response"
            let allowed = if self.settings.plain_http { "GET, HEAD" } else { "GET" };
            response.headers.push(("Allow".to_owned(), allowed.to_owned()));
        }
        response.body = format!("{error}\n").into_bytes();
        self.write_response(&response, out);
        self.end(1006, error.to_string(), false, Some(error))
    }

    /// Appends a response that is well-formed.
    pub(super) fn write_response(&self, response: &HttpResponse, out: &mut Vec<u8>) {
        let without_body = matches!(self.handshake(), Some(Handshake::Answering { without_body: true }));
        write_response(response, without_body, self.settings.server_header.as_deref(), out);
    }
}

fn write_response(
    response: &HttpResponse,
    without_body: bool,
    server_header: Option<&str>,
    out: &mut Vec<u8>,
) {
    let status = response.status;
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
    for (name, value) in &response.headers {
        write_header(name, value, out);
    }
    // RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of … 204"
    if matches!(status, 204 | 304) {
        out.extend_from_slice(b"\r\n");
        return;
    }
    let has_type = response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !response.body.is_empty() && !has_type {
        write_header("Content-Type", "text/plain; charset=utf-8", out);
    }
    write_header("Content-Length", &response.body.len().to_string(), out);
    out.extend_from_slice(b"\r\n");
    if !without_body {
        out.extend_from_slice(&response.body);
    }
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
