//! Sending: frames go into outboxes, and one flush at the end of the turn writes them.

use super::{Reactor, Stream};
use crate::net::{Flushed, SHARE_FROM, SharedFrame, Workspace};
use crate::protocol::{FrameHeader, Opcode, Outgoing, Payload, encode_header};
use crate::server::connections::Conn;
use crate::server::{ConnKey, Event, Sent, SlowClient};
use std::io;
use std::sync::Arc;

/// Messages below this length take the short way.
const SMALL: usize = 4 * 1024;
/// From this length on a payload is offered to the socket at once: what it takes need not be copied.
const WRITE_THROUGH_FROM: usize = 12 * 1024;
/// The buffer for compressed messages is kept up to this size.
const KEEP_DEFLATED: usize = 256 * 1024;

impl<P: Payload> Reactor<P> {
    /// Queues a message. A client with nothing waiting is always sent one, however long; beyond that
    /// `max_buffered` counts.
    pub fn send(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> Sent {
        if self.send_small(key, opcode, payload) {
            return Sent::Queued;
        }
        let sent = self.queue(key, |reactor, key| reactor.push_message(key, opcode, payload));
        if sent == Sent::Queued {
            self.stats.count_out(opcode, payload.len());
        }
        sent
    }

    /// [`Reactor::send`] for the usual case: a short message, sent as it is to a client that takes what it is sent. False
    /// where it is another one.
    #[inline]
    fn send_small(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> bool {
        let limit = self.config.max_out_frame;
        let Some(conn) = self.connections.get_mut(key) else { return false };
        let usual = payload.len() < SMALL
            && (limit == 0 || payload.len() <= limit)
            && conn.link.protocol.can_send()
            && conn.link.waiting() <= self.config.max_buffered
            && !conn.is_blocked()
            && conn.stream().is_none()
            && conn.link.protocol.outgoing(payload.len()) == Outgoing::Plain;
        if !usual {
            return false;
        }
        conn.link.outbox.push_message(opcode, payload, &mut self.work.pool);
        if !conn.flags.dirty {
            conn.flags.dirty = true;
            self.dirty.push(key);
        }
        self.stats.count_out(opcode, payload.len());
        true
    }

    /// Queues bytes that the application has encoded itself.
    pub fn send_raw(&mut self, key: ConnKey, frames: &[u8]) -> Sent {
        let sent = self.queue(key, |reactor, key| reactor.push_parts(key, &[frames]));
        self.stats.raw_out += u64::from(sent == Sent::Queued);
        sent
    }

    /// Queues a message without a limit: the caller has looked at what waits.
    pub fn send_unbounded(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) {
        if self.connections.get(key).is_some_and(Conn::takes_messages) {
            self.push_message(key, opcode, payload);
            self.mark_dirty(key);
            self.stats.count_out(opcode, payload.len());
        }
    }

    /// Queues encoded bytes without a limit.
    pub fn send_raw_unbounded(&mut self, key: ConnKey, frames: &[u8]) {
        if self.connections.get(key).is_some_and(Conn::takes_messages) {
            self.push_parts(key, &[frames]);
            self.mark_dirty(key);
            self.stats.raw_out += 1;
        }
    }

    /// A message was dropped: a `Drain` event tells when nothing waits any more.
    pub fn want_drain(&mut self, key: ConnKey) {
        self.stats.dropped += 1;
        self.tell_drain(key);
    }

    /// Has a `Drain` event sent when nothing waits any more.
    pub fn tell_drain(&mut self, key: ConnKey) {
        if let Some(conn) = self.connections.get_mut(key) {
            conn.flags.wants_drain = true;
        }
        self.mark_dirty(key);
    }

    /// Bytes that wait for the connection to take them.
    pub fn buffered(&self, key: ConnKey) -> usize {
        self.connections.get(key).map_or(0, Conn::waiting)
    }

    /// The same without those that wait for the end of a message in pieces.
    pub fn buffered_ahead(&self, key: ConnKey) -> usize {
        self.connections.get(key).map_or(0, Conn::waiting_ahead)
    }

    /// One write per connection for everything that was queued, and the end of those that are over.
    pub fn flush(&mut self) {
        let mut dirty = std::mem::take(&mut self.dirty);
        let mut unfinished = Vec::new();
        for key in dirty.drain(..) {
            if let Some(conn) = self.connections.get_mut(key) {
                conn.flags.dirty = false;
                self.write_out(key);
                if self.pump_file(key) {
                    unfinished.push(key);
                }
                self.arm_after_traffic(key);
            }
        }
        if self.dirty.is_empty() {
            self.dirty = dirty; // keeps its capacity
        }
        for key in unfinished {
            self.mark_dirty(key);
        }
        self.flush_control();
        self.remove_doomed();
    }

    pub(super) fn mark_dirty(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if !conn.flags.dirty {
            conn.flags.dirty = true;
            self.dirty.push(key);
        }
    }

    /// Writes what a connection has waiting, as far as its socket takes it.
    pub(super) fn write_out(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        let before = conn.link.outbox.len();
        let flushed = conn.link.flush(&mut self.work);
        conn.count_out(before - conn.link.outbox.len(), &mut self.stats);
        conn.count_waiting(&mut self.stats);
        match flushed {
            Ok(Flushed::All) => {
                conn.set_unblocked();
                if conn.flags.wants_drain && !conn.stream().is_some_and(Stream::is_file) {
                    conn.flags.wants_drain = false;
                    if !conn.flags.reported {
                        self.pending.push(Event::Drain { key });
                    }
                }
                if conn.flags.reported {
                    self.finish(key);
                } else {
                    self.requeue(key);
                }
            }
            Ok(Flushed::Blocked { written }) => {
                conn.flags.wants_drain = true;
                // A client that takes something, however little, is alive.
                if written > 0 || !conn.is_blocked() {
                    conn.set_blocked(self.now);
                }
                if conn.waiting() <= self.config.max_buffered {
                    self.requeue(key);
                }
            }
            Err(error) => self.on_write_error(key, &error),
        }
        self.publish(key);
    }

    fn on_write_error(&mut self, key: ConnKey, error: &io::Error) {
        let mut events = std::mem::take(&mut self.pending);
        self.on_broken(key, error, &mut events);
        self.pending = events;
    }

    /// Runs `push` if the connection is open and has room, and says what became of it.
    pub(super) fn queue(&mut self, key: ConnKey, push: impl FnOnce(&mut Self, ConnKey)) -> Sent {
        self.queue_after(key, Conn::waiting, push)
    }

    /// [`Reactor::queue`] where there is room behind what `waiting` says.
    pub(super) fn queue_after(
        &mut self,
        key: ConnKey,
        waiting: impl Fn(&Conn<P>) -> usize,
        push: impl FnOnce(&mut Self, ConnKey),
    ) -> Sent {
        let Some(conn) = self.connections.get_mut(key) else { return Sent::NotOpen };
        if !conn.takes_messages() {
            return Sent::NotOpen;
        }
        if waiting(conn) > self.config.max_buffered {
            // Much was sent in this turn, or the client is slow: only its socket knows.
            self.write_out(key);
            let Some(conn) = self.connections.get_mut(key) else { return Sent::NotOpen };
            if !conn.takes_messages() {
                return Sent::NotOpen;
            }
            if waiting(conn) > self.config.max_buffered {
                return self.overflow(key);
            }
        }
        push(self, key);
        self.mark_dirty(key);
        Sent::Queued
    }

    fn overflow(&mut self, key: ConnKey) -> Sent {
        match self.config.slow_client {
            SlowClient::Close => self.cut_slow_later(key),
            SlowClient::Drop => {
                self.stats.dropped += 1;
                if let Some(conn) = self.connections.get_mut(key) {
                    conn.flags.wants_drain = true;
                }
            }
        }
        Sent::Overflow
    }

    pub(super) fn push_message(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.link.protocol.outgoing(payload.len()) == Outgoing::Plain {
            return self.push_frames(key, opcode, false, payload);
        }
        let mut deflated = std::mem::take(&mut self.work.deflated);
        if conn.link.protocol.deflate(payload, &mut deflated) {
            self.push_frames(key, opcode, true, &deflated);
            self.stats.count_deflated(true, payload.len(), deflated.len());
        } else {
            self.push_frames(key, opcode, false, payload);
        }
        if deflated.capacity() <= KEEP_DEFLATED {
            deflated.clear();
            self.work.deflated = deflated;
        }
    }

    /// Queues the frames of a message, which is compressed or is not.
    fn push_frames(&mut self, key: ConnKey, opcode: Opcode, compressed: bool, payload: &[u8]) {
        let limit = self.config.max_out_frame;
        if limit == 0 || payload.len() <= limit {
            let header = encode_header(true, compressed, opcode, payload.len() as u64, None);
            return self.push_parts(key, &[header.as_ref(), payload]);
        }
        for (first, last, piece) in fragments(payload, limit) {
            let header = fragment_header(opcode, compressed, first, last, piece);
            self.push_parts(key, &[header.as_ref(), piece]);
        }
    }

    fn push_parts(&mut self, key: ConnKey, parts: &[&[u8]]) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if let Some(stream) = conn.stream_mut() {
            return stream.queue(parts);
        }
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length < WRITE_THROUGH_FROM || conn.is_blocked() {
            return conn.link.outbox.push_parts(parts, &mut self.work.pool);
        }
        // What waits goes first, so that order is kept; then the long one goes out without a copy.
        // An error is met again, and reported, by the flush at the end of the turn.
        let taken = write_through(conn, parts, &mut self.work).unwrap_or(0);
        conn.count_out(taken, &mut self.stats);
        let mut skip = taken;
        for part in parts {
            let skipped = skip.min(part.len());
            skip -= skipped;
            if skipped < part.len() {
                conn.link.outbox.push(&part[skipped..], &mut self.work.pool);
            }
        }
    }
}

/// Offers a frame to the socket behind what waits already; returns the frame's bytes that it took.
fn write_through<P: Payload>(conn: &mut Conn<P>, parts: &[&[u8]], work: &mut Workspace) -> io::Result<usize> {
    if conn.link.waiting() > 0 && !matches!(conn.link.flush(work)?, Flushed::All) {
        return Ok(0);
    }
    let mut slices = [io::IoSlice::new(&[]); 2];
    for (slice, part) in slices.iter_mut().zip(parts) {
        *slice = io::IoSlice::new(part);
    }
    match conn.link.transport.write_vectored(&slices[..parts.len()], &mut work.tls) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

/// The frames of one message, which is compressed or is not, each at most `limit` bytes long (0: one frame).
pub fn encode_message(opcode: Opcode, compressed: bool, payload: &[u8], limit: usize) -> SharedFrame {
    let mut bytes = Vec::with_capacity(payload.len() + 16);
    if limit == 0 || payload.len() <= limit {
        bytes.extend_from_slice(encode_header(true, compressed, opcode, payload.len() as u64, None).as_ref());
        bytes.extend_from_slice(payload);
    } else {
        for (first, last, piece) in fragments(payload, limit) {
            bytes.extend_from_slice(fragment_header(opcode, compressed, first, last, piece).as_ref());
            bytes.extend_from_slice(piece);
        }
    }
    Arc::from(bytes)
}

/// RFC 7692 §6.1: "An endpoint MUST NOT set the "Per-Message Compressed" bit of … non-first fragments of a data message."
fn fragment_header(opcode: Opcode, compressed: bool, first: bool, last: bool, piece: &[u8]) -> FrameHeader {
    let opcode = if first { opcode } else { Opcode::Continuation };
    encode_header(last, compressed && first, opcode, piece.len() as u64, None)
}

/// (first, last, bytes) of each piece of at most `limit` bytes.
fn fragments(payload: &[u8], limit: usize) -> impl Iterator<Item = (bool, bool, &[u8])> {
    let count = payload.len().div_ceil(limit);
    payload.chunks(limit).enumerate().map(move |(index, piece)| (index == 0, index + 1 == count, piece))
}

const _: () = assert!(SHARE_FROM < WRITE_THROUGH_FROM, "a long frame is shared before it is written through");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::parse_header;

    #[test]
    fn fragments_cover_the_payload_once() {
        let pieces: Vec<_> = fragments(b"abcdefg", 3).collect();
        assert_eq!(pieces, [(true, false, &b"abc"[..]), (false, false, b"def"), (false, true, b"g")]);
    }

    #[test]
    fn a_message_at_the_limit_is_one_frame_and_one_above_it_is_two() {
        for (length, frames) in [(10, 1), (11, 2)] {
            let bytes = encode_message(Opcode::Text, false, &vec![b'x'; length], 10);
            let mut rest = &bytes[..];
            let mut count = 0;
            while let Ok(Some((header, used))) = parse_header(rest) {
                rest = &rest[used + header.len as usize..];
                count += 1;
                assert_eq!(header.fin, rest.is_empty());
            }
            assert_eq!(count, frames);
        }
    }
}
