//! One end of a connection with its own clock and what it wrote, and a frame encoder that shares nothing with the crate's.

use std::sync::Arc;
use std::time::Duration;

use ws_server::protocol::{
    Accept, ClientRequest, Closed, Connection, Entropy, Event, Phase, Settings, Timestamp, accept_key,
};

pub type Events = Vec<Event<Vec<u8>>>;

/// RFC 6455 §1.3, with its key.
pub const REQUEST: &str = "GET /chat?room=1 HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

pub struct Peer {
    pub connection: Connection<Vec<u8>>,
    pub now: Timestamp,
    pub out: Vec<u8>,
}

impl Peer {
    pub fn server(settings: Settings) -> Peer {
        let now = Timestamp(1_000_000);
        Peer { connection: Connection::server(Arc::new(settings), now), now, out: Vec::new() }
    }

    pub fn client(settings: Settings, request: ClientRequest) -> Peer {
        let (now, mut out) = (Timestamp(1_000_000), Vec::new());
        let connection = Connection::client(Arc::new(settings), request.entropy(counting()), now, &mut out);
        Peer { connection, now, out }
    }

    /// A server whose handshake is over.
    pub fn open_server(settings: Settings) -> Peer {
        let mut peer = Peer::server(settings);
        let events = peer.feed(REQUEST.as_bytes());
        assert!(matches!(events[..], [Event::Request(_)]), "{events:?}");
        peer.connection.accept(&Accept::default(), peer.now, &mut peer.out).unwrap();
        peer.out.clear();
        peer
    }

    /// A client whose handshake is over.
    pub fn open_client(settings: Settings) -> Peer {
        let mut peer = Peer::client(settings, ClientRequest::new("example.com", "/").unwrap());
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
            peer.expected_accept()
        );
        let events = peer.feed(response.as_bytes());
        assert!(matches!(events[..], [Event::Open(_)]), "{events:?}");
        peer.out.clear();
        peer
    }

    /// What a server has to answer to the key this client has just written.
    pub fn expected_accept(&self) -> String {
        let text = std::str::from_utf8(&self.out).unwrap();
        let (_, rest) = text.split_once("Sec-WebSocket-Key: ").unwrap();
        accept_key(rest.split_once("\r\n").unwrap().0.as_bytes())
    }

    /// All events that come of `bytes`; what was not taken is lost.
    pub fn feed(&mut self, bytes: &[u8]) -> Events {
        let mut input = bytes;
        let mut events = Vec::new();
        while let Some(event) = self.connection.receive(&mut input, self.now, &mut self.out) {
            events.push(event);
        }
        let takes_no_input = self.connection.phase() == Phase::Deciding;
        assert!(input.is_empty() || takes_no_input, "{} bytes were not taken", input.len());
        events
    }

    /// The one event that comes of `bytes`.
    pub fn feed_one(&mut self, bytes: &[u8]) -> Event<Vec<u8>> {
        let mut events = self.feed(bytes);
        assert_eq!(events.len(), 1, "{events:?}");
        events.remove(0)
    }

    /// The end that comes of `bytes`, as their only event.
    pub fn feed_to_the_end(&mut self, bytes: &[u8]) -> Closed {
        closed(self.feed_one(bytes))
    }

    pub fn wait(&mut self, time: Duration) -> Option<Event<Vec<u8>>> {
        self.now = self.now + time;
        self.connection.handle_timeout(self.now, &mut self.out)
    }

    pub fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

#[track_caller]
pub fn closed(event: Event<Vec<u8>>) -> Closed {
    match event {
        Event::Closed(closed) => closed,
        other => panic!("not the end: {other:?}"),
    }
}

/// Bytes that are different and known.
pub fn counting() -> Entropy {
    let mut next = 0u8;
    Entropy::from_fn(move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(17);
            *byte = next;
        }
    })
}

pub const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame of a client: `first` is the whole first byte.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    encode(first, payload, Some(MASK))
}

/// A frame of a server.
pub fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
    encode(first, payload, None)
}

fn encode(first: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let bit = if mask.is_some() { 0x80 } else { 0 };
    let mut frame = vec![first];
    if payload.len() < 126 {
        frame.push(bit | payload.len() as u8);
    } else if payload.len() < 65536 {
        frame.push(bit | 126);
        frame.extend((payload.len() as u16).to_be_bytes());
    } else {
        frame.push(bit | 127);
        frame.extend((payload.len() as u64).to_be_bytes());
    }
    match mask {
        None => frame.extend(payload),
        Some(mask) => {
            frame.extend(mask);
            frame.extend(payload.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]));
        }
    }
    frame
}

/// The payload of a Close.
pub fn close_payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}

pub fn text(message: &str) -> Event<Vec<u8>> {
    Event::Text(message.as_bytes().to_vec())
}

pub fn binary(message: &[u8]) -> Event<Vec<u8>> {
    Event::Binary(message.to_vec())
}
