//! The connections of one reactor: a slab whose keys are never used twice.

use super::access::{Bucket, Hold};
use super::reactor::Stream;
use super::stats::Cause;
use super::{ConnKey, MAX_SLOTS, Stats, shared::Shared, timers::Armed, timers::Moment};
use crate::net::Link;
use crate::protocol::{Payload, Timestamp};
use slab::Slab;
use std::net::IpAddr;
use std::sync::Arc;

/// What the reactor keeps about a connection, beside its link.
pub struct Conn<P> {
    pub link: Link<P>,
    pub key: ConnKey,
    pub armed: Armed,
    /// What PHP's thread knows of it too, where that is another one.
    pub shared: Option<Arc<Shared>>,
    /// When it was accepted.
    pub since: Timestamp,
    /// Read from and written to its socket, framing included.
    pub bytes_in: u64,
    pub bytes_out: u64,
    extras: Option<Box<Extras>>,
    /// Where it was accepted: a place in `ServerConfig::listen`.
    pub listener: u32,
    pub flags: Flags,
}

/// What few connections need.
#[derive(Debug, Default)]
pub struct Extras {
    /// A message that is being sent in pieces.
    stream: Option<Stream>,
    /// Since when the socket takes nothing of what waits. None while it is not blocked.
    blocked_since: Moment,
    /// When a connection that is over is cut, however its last bytes and the peer's end stand.
    cut_at: Moment,
    /// Input that came while it could not be used: behind an undecided upgrade request.
    held: Vec<u8>,
    /// Code and reason of a Close that waits for the end of a file.
    closing: Option<(u16, String)>,
    /// The address under which it counts against the limits per address.
    pub counted: Option<IpAddr>,
    /// For `message_rate`.
    pub messages: Bucket,
    /// What was waiting for it when that was last counted.
    counted_waiting: usize,
    /// The token that it has shown, for as long as it is not over.
    token: Option<Box<Hold>>,
}

impl<P> Conn<P> {
    pub fn new(
        link: Link<P>,
        key: ConnKey,
        since: Timestamp,
        listener: usize,
        shared: Option<Arc<Shared>>,
    ) -> Conn<P> {
        Conn {
            link,
            key,
            armed: Armed::default(),
            shared,
            since,
            bytes_in: 0,
            bytes_out: 0,
            extras: None,
            listener: listener as u32,
            flags: Flags::default(),
        }
    }

    /// Counts what went over the wire, where the socket or TLS has taken `taken` bytes of ours.
    pub fn count_out(&mut self, taken: usize, stats: &mut Stats) {
        let wire = self.link.transport.take_wire(taken) as u64;
        self.bytes_out += wire;
        stats.bytes_out += wire;
    }

    /// Counts what waits for it among what waits for all.
    #[inline]
    pub fn count_waiting(&mut self, stats: &mut Stats) {
        if self.extras.is_some() || self.link.waiting() > 0 {
            self.change_counted(self.waiting(), stats);
        }
    }

    /// It is gone, and nothing waits for it any more.
    pub fn count_gone(&mut self, stats: &mut Stats) {
        if self.extras.is_some() {
            self.change_counted(0, stats);
        }
    }

    fn change_counted(&mut self, waiting: usize, stats: &mut Stats) {
        let before = std::mem::replace(&mut self.extras().counted_waiting, waiting);
        stats.buffered = stats.buffered + waiting as u64 - before as u64;
    }

    /// Bytes that wait for the socket to take them, those behind a message in pieces included.
    pub fn waiting(&self) -> usize {
        self.waiting_ahead() + self.waiting_behind()
    }

    /// Those that a message in pieces itself has to wait for.
    pub fn waiting_ahead(&self) -> usize {
        self.link.waiting()
    }

    /// Those that wait for the end of a message in pieces.
    pub fn waiting_behind(&self) -> usize {
        self.stream().map_or(0, Stream::waiting)
    }

    /// Whether the socket takes nothing of what waits.
    #[inline]
    pub fn is_blocked(&self) -> bool {
        self.blocked_since().is_some()
    }

    pub fn blocked_since(&self) -> Option<Timestamp> {
        self.extras.as_ref()?.blocked_since.get()
    }

    pub fn set_blocked(&mut self, since: Timestamp) {
        self.extras().blocked_since = Moment::at(since);
    }

    pub fn set_unblocked(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.blocked_since = Moment::NONE;
        }
    }

    /// When it is cut, if it is over.
    pub fn cut_at(&self) -> Option<Timestamp> {
        self.extras.as_ref()?.cut_at.get()
    }

    pub fn set_cut_at(&mut self, at: Timestamp) {
        self.extras().cut_at = Moment::at(at);
    }

    pub fn stream(&self) -> Option<&Stream> {
        self.extras.as_ref()?.stream.as_ref()
    }

    pub fn stream_mut(&mut self) -> Option<&mut Stream> {
        self.extras.as_mut()?.stream.as_mut()
    }

    /// Begins or ends a message in pieces; returns the one before.
    pub fn set_stream(&mut self, stream: Option<Stream>) -> Option<Stream> {
        if stream.is_none() && self.extras.is_none() {
            return None;
        }
        std::mem::replace(&mut self.extras().stream, stream)
    }

    /// Whether a Close waits for the end of a file: nothing else is sent or taken any more.
    pub fn is_closing(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| extras.closing.is_some())
    }

    pub fn close_later(&mut self, code: u16, reason: &str) {
        self.extras().closing = Some((code, reason.to_owned()));
    }

    /// The Close that has waited, whose time has come.
    pub fn take_close(&mut self) -> Option<(u16, String)> {
        self.extras.as_mut()?.closing.take()
    }

    /// Whether input waits for the application to decide about the request.
    pub fn holds_input(&self) -> bool {
        self.extras.as_ref().is_some_and(|extras| !extras.held.is_empty())
    }

    pub fn hold_input(&mut self, input: &[u8]) {
        self.extras().held.extend_from_slice(input);
    }

    pub fn take_held_input(&mut self) -> Vec<u8> {
        self.extras.as_mut().map(|extras| std::mem::take(&mut extras.held)).unwrap_or_default()
    }

    pub fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    pub fn set_token(&mut self, token: Hold) {
        self.extras().token = Some(Box::new(token));
    }

    pub fn token_mut(&mut self) -> Option<&mut Hold> {
        self.extras.as_mut()?.token.as_deref_mut()
    }

    /// When the token that it has shown is not good any more.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.extras.as_ref()?.token.as_ref()?.expires_at
    }

    /// Gives its token back, where it has one.
    pub fn release_token(&mut self) {
        if let Some(extras) = &mut self.extras {
            extras.token = None;
        }
    }

    pub fn counted(&self) -> Option<IpAddr> {
        self.extras.as_ref()?.counted
    }
}

impl<P: Payload> Conn<P> {
    /// Whether messages of the application's may be sent.
    pub fn takes_messages(&self) -> bool {
        self.link.protocol.can_send() && !self.is_closing()
    }
}

/// Where a connection stands with the reactor. (Where it stands with its peer says the protocol's phase.)
#[derive(Debug, Clone, Copy, Default)]
pub struct Flags {
    /// The kernel may have bytes for us: set by an event, cleared by a short read.
    pub readable: bool,
    /// The peer has ended its stream: read on until the end is seen.
    pub read_closed: bool,
    /// Its end was seen.
    pub ended: bool,
    /// Stands in the reactor's queue of connections that want another turn.
    pub queued: bool,
    /// Stands in the list of connections to flush.
    pub dirty: bool,
    /// The application wants nothing from it for now.
    pub paused: bool,
    /// Its `Close` event has been handed out; what goes on is only the end of its socket.
    pub reported: bool,
    /// Something was held back or refused, so the application hears when the outbox is empty again.
    pub wants_drain: bool,
    /// Is removed at the end of this turn.
    pub doomed: bool,
    /// Our last byte and our end of stream are out; the peer's input is read and dropped.
    pub lingering: bool,
    /// Why it ends.
    pub cause: Cause,
}

pub struct Connections<P> {
    slab: Slab<Conn<P>>,
    /// The generation of each slot's next connection.
    generations: Vec<u32>,
    shard: u8,
}

impl<P> Connections<P> {
    pub fn new(shard: u8) -> Connections<P> {
        Connections { slab: Slab::new(), generations: Vec::new(), shard }
    }

    pub fn len(&self) -> usize {
        self.slab.len()
    }

    pub fn is_full(&self) -> bool {
        self.slab.len() >= MAX_SLOTS
    }

    /// Adds what `make` builds for the key that it is given.
    pub fn insert(&mut self, make: impl FnOnce(ConnKey) -> Conn<P>) -> ConnKey {
        let entry = self.slab.vacant_entry();
        let slot = entry.key();
        if slot == self.generations.len() {
            self.generations.push(0);
        }
        let key = ConnKey::new(self.shard, slot, self.generations[slot]);
        entry.insert(make(key));
        key
    }

    pub fn get(&self, key: ConnKey) -> Option<&Conn<P>> {
        self.slab.get(key.slot()).filter(|conn| conn.key == key)
    }

    pub fn get_mut(&mut self, key: ConnKey) -> Option<&mut Conn<P>> {
        self.slab.get_mut(key.slot()).filter(|conn| conn.key == key)
    }

    pub fn remove(&mut self, key: ConnKey) -> Option<Conn<P>> {
        self.get(key)?;
        self.generations[key.slot()] = key.generation().wrapping_add(1);
        Some(self.slab.remove(key.slot()))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Conn<P>> {
        self.slab.iter().map(|(_, conn)| conn)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Conn<P>> {
        self.slab.iter_mut().map(|(_, conn)| conn)
    }

    pub fn keys(&self) -> Vec<ConnKey> {
        self.slab.iter().map(|(_, conn)| conn.key).collect()
    }
}
