//! A request, as the application sees it.

use super::head::{Head, list};

/// A valid request: for an upgrade, or (with [`plain_http`](super::Settings::plain_http)) a plain one. Owns its bytes; cheap
/// to send to another thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Of the start line it keeps the method and the target, with a space between them.
    pub(super) head: Head,
}

impl Request {
    /// Whether it asks for the upgrade.
    pub fn is_upgrade(&self) -> bool {
        // RFC 9110 §7.8: "A server MAY ignore a received Upgrade header field": one of a HEAD asks for nothing.
        //
        // RFC 6455 §4.2.1: "An |Upgrade| header field containing the value "websocket", treated as an ASCII
        // case-insensitive value. A |Connection| header field that includes the token "Upgrade", treated as an ASCII
        // case-insensitive value."
        self.method() == "GET"
            && self.head.list_contains("Upgrade", "websocket")
            && self.head.list_contains("Connection", "upgrade")
    }

    /// `GET` for an upgrade: RFC 6455 §4.1 "The method of the request MUST be GET". A plain request may be a `HEAD`.
    pub fn method(&self) -> &str {
        self.start_line().0
    }

    /// The request target as it was sent, usually path and query.
    pub fn target(&self) -> &str {
        self.start_line().1
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
        self.ascii("Host").unwrap_or_default()
    }

    /// The `Origin` header. A request with two of them, or one that is not ASCII, is refused.
    pub fn origin(&self) -> Option<&str> {
        self.ascii("Origin")
    }

    /// The `User-Agent` header.
    pub fn user_agent(&self) -> Option<&[u8]> {
        self.header("User-Agent")
    }

    /// The first `Cookie` header, raw; RFC 6265 §5.4 allows a client only one.
    pub fn cookie(&self) -> Option<&[u8]> {
        self.header("Cookie")
    }

    /// `Sec-WebSocket-Key`: of an upgrade, base64 of 16 bytes.
    pub fn key(&self) -> &str {
        self.ascii("Sec-WebSocket-Key").unwrap_or_default()
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

    fn start_line(&self) -> (&str, &str) {
        self.head.start().split_once(' ').unwrap_or_default()
    }

    /// A header that was found to be ASCII.
    fn ascii(&self, name: &str) -> Option<&str> {
        self.header(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}
