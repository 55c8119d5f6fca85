//! A request, as the application sees it.

use super::head::{Head, Span, list};

/// A valid request: for an upgrade, or (with [`plain_http`](super::Settings::plain_http)) a plain one. Owns its bytes; cheap
/// to send to another thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub(super) head: Head,
    pub(super) method: Method,
    pub(super) target: Span,
    pub(super) host: Span,
    pub(super) origin: Option<Span>,
    /// Of an upgrade.
    pub(super) key: Option<Span>,
}

/// A plain request may be one of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
}

impl Request {
    /// Whether it asks for the upgrade.
    pub fn is_upgrade(&self) -> bool {
        self.key.is_some()
    }

    /// `GET` for an upgrade: RFC 6455 §4.1 "The method of the request MUST be GET". A plain request may be a `HEAD`.
    pub fn method(&self) -> &str {
        match self.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
        }
    }

    /// The request target as it was sent, usually path and query.
    pub fn target(&self) -> &str {
        self.head.text(self.target)
    }

    /// The path, not decoded; begins with a slash.
    pub fn path(&self) -> &str {
        let target = self.target().split_once('?').map_or(self.target(), |(before, _)| before);
        // RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests": scheme and authority may come first.
        match target.split_once("://") {
            Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |slash| &rest[slash..]),
            _ => target,
        }
    }

    /// What follows the first `?`, not decoded; empty if there is none.
    pub fn query(&self) -> &str {
        self.target().split_once('?').map_or("", |(_, query)| query)
    }

    /// The first header of this name, whatever its case. Values are bytes: HTTP does not promise an encoding.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.first(name)
    }

    /// Every header of this name, in order.
    pub fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.head.values(name)
    }

    /// All headers in the order they came, repeats included; names as they were written.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.iter()
    }

    /// The `Host` header, port included if there is one. Exactly one was there; it is ASCII and not empty.
    pub fn host(&self) -> &str {
        self.head.text(self.host)
    }

    /// The `Origin` header. A request with two of them, or one that is not ASCII, is refused.
    pub fn origin(&self) -> Option<&str> {
        self.origin.map(|span| self.head.text(span))
    }

    /// The `User-Agent` header.
    pub fn user_agent(&self) -> Option<&[u8]> {
        self.header("User-Agent")
    }

    /// The first `Cookie` header, raw; RFC 6265 §5.4 allows a client only one.
    pub fn cookie(&self) -> Option<&[u8]> {
        self.header("Cookie")
    }

    /// `Sec-WebSocket-Key`: base64 of 16 bytes. Empty for a plain request.
    pub fn key(&self) -> &str {
        self.key.map_or("", |key| self.head.text(key))
    }

    /// The subprotocols the client offers, in its order of preference.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.head
            .values("Sec-WebSocket-Protocol")
            .flat_map(list)
            .map(|name| std::str::from_utf8(name).unwrap_or_default())
    }

    /// The first offered subprotocol that is also in `spoken`.
    pub fn choose_subprotocol(&self, spoken: &[String]) -> Option<&str> {
        self.subprotocols().find(|offered| spoken.iter().any(|name| name == offered))
    }

    /// The extensions the client offers: every `Sec-WebSocket-Extensions` header, raw.
    pub fn extensions(&self) -> impl Iterator<Item = &[u8]> {
        self.header_values("Sec-WebSocket-Extensions")
    }

    /// The head as it was received, up to and with its empty line.
    pub fn raw(&self) -> &[u8] {
        &self.head.raw
    }
}
