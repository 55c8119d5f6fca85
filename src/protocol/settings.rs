//! What the application decides about a connection.

use std::time::Duration;

use super::Compression;

/// Limits, names and times of a connection; shared by [`Arc`](std::sync::Arc) between the connections of a listener.
///
/// Sizes are bytes. `Duration::ZERO` means never; `u64::MAX` (or `usize::MAX`) means no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Longest message, over all its fragments. Refused with 1009 from the frame header that would exceed it, before
    /// anything is allocated; a compressed one while it is inflated, at the first piece that exceeds it. Default 1 MiB. Not
    /// looked at with [`buffer_messages`](Self::buffer_messages) off.
    pub max_message_size: u64,
    /// Longest payload of one data frame; refused like the above. Default 1 MiB. One of a compressed message may be as much
    /// longer as compressing can make it: an eighth and 64 bytes.
    pub max_frame_size: u64,
    /// Longest HTTP head, its final empty line included; refused with 431. Default 16 KiB.
    pub max_handshake_size: usize,
    /// Most header lines in an HTTP head; refused with 431. Default 100.
    pub max_headers: usize,
    /// On (the default): a message arrives whole, as [`Event::Text`](super::Event::Text) or
    /// [`Event::Binary`](super::Event::Binary). Off: it arrives as [`Event::Fragment`](super::Event::Fragment) pieces of
    /// any size, as the bytes come; nothing is kept and sizes are not limited.
    pub buffer_messages: bool,
    /// Off (the default): a Close of the peer is answered at once, and a violation of the protocol fails the connection at
    /// once, though the application may not have seen what came before it. On: it is reported as
    /// [`Event::CloseReceived`](super::Event::CloseReceived), the application may still send, and
    /// [`Connection::reply_close`](super::Connection::reply_close) ends it (or `close_timeout` does, with an echo).
    pub hold_close: bool,
    /// Off (the default): a request that asks for no upgrade is refused with 426. On: a valid `GET` or `HEAD` without one is
    /// reported as [`Event::HttpRequest`](super::Event::HttpRequest), and other methods get 405.
    pub plain_http: bool,
    /// permessage-deflate: a server accepts it, a client offers it. `None` by default: neither.
    pub compression: Option<Compression>,
    /// The `Server` header of HTTP answers; none by default.
    pub server_header: Option<String>,
    /// Subprotocols the application speaks, for [`Request::choose_subprotocol`](super::Request::choose_subprotocol).
    pub subprotocols: Vec<String>,
    /// From the first moment of the connection to its being open: past it a server answers 408 (503 if the request is
    /// there and the application has not decided), a client gives up. Default 5 s.
    pub handshake_timeout: Duration,
    /// A ping this long after the connection opened and after each ping. Default 25 s.
    pub ping_interval: Duration,
    /// The connection is given up (1006) if nothing at all arrived for so long after a ping. Default 20 s.
    pub ping_timeout: Duration,
    /// The connection is closed (1000, "idle timeout") if no bytes of a message arrived for so long; pings and pongs do
    /// not count. Default: never.
    pub idle_timeout: Duration,
    /// How long the peer may take to answer our Close, and the application to answer the peer's. Default 5 s.
    pub close_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_message_size: 1 << 20,
            max_frame_size: 1 << 20,
            max_handshake_size: 16 << 10,
            max_headers: 100,
            buffer_messages: true,
            hold_close: false,
            plain_http: false,
            compression: None,
            server_header: None,
            subprotocols: Vec::new(),
            handshake_timeout: Duration::from_secs(5),
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            idle_timeout: Duration::ZERO,
            close_timeout: Duration::from_secs(5),
        }
    }
}
