//! Securing: TLS handshakes among connections that are served already.

use super::Reactor;
use crate::net::Transport;
use crate::protocol::{Connection, Payload, Timestamp};
use crate::server::{ConnKey, Event};
use std::sync::Arc;

/// Reads of unfinished handshakes served in one turn. One costs up to a millisecond of computing (a signature, a
/// key exchange): a storm of them then delays open connections by some milliseconds a turn, not by seconds.
const HANDSHAKES_PER_TURN: usize = 16;

/// What is left of a turn for handshakes.
#[derive(Debug, Default)]
pub struct Budget {
    left: usize,
}

impl Budget {
    pub fn begin_turn(&mut self) {
        self.left = HANDSHAKES_PER_TURN;
    }

    /// Whether a connection stays in the queue until another turn.
    pub fn must_wait(&mut self, transport: &Transport) -> bool {
        if transport.is_established() || transport.is_refused() {
            return false;
        }
        let spent = self.left == 0;
        self.left = self.left.saturating_sub(1);
        spent
    }
}

impl<P: Payload> Reactor<P> {
    /// Gives a new connection its time for the TLS handshake, where that has a limit of its own.
    pub(super) fn begin_handshake(&mut self, key: ConnKey) {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return };
        if let Some(timeout) = conn.link.transport.handshake_timeout() {
            // Zero means never: the protocol's limit must not take its place.
            let deadline = if timeout.is_zero() { Timestamp(u64::MAX - 1) } else { now + timeout };
            conn.link.transport.set_handshake_deadline(Some(deadline));
        }
    }

    /// The transport was read: its handshake may be done, and it may have something to send.
    pub(super) fn after_transport_read(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        let transport = &mut conn.link.transport;
        if transport.handshake_deadline().is_some() && transport.is_established() {
            transport.set_handshake_deadline(None);
            // The time for the upgrade begins now.
            conn.link.protocol = Connection::server(Arc::clone(&self.protocol), self.now);
        }
        if conn.link.waiting() > 0 {
            self.mark_dirty(key);
        }
    }

    /// The transport refused the peer. It is being told why, and hangs up when it has read that.
    pub(super) fn on_refused(&mut self, key: ConnKey, problem: &str, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        conn.link.transport.set_handshake_deadline(None);
        if conn.flags.reported {
            return self.doom(key);
        }
        if let Some(event) = conn.link.protocol.abort(problem) {
            self.on_protocol_event(key, event, events);
        }
        self.mark_dirty(key);
        self.requeue(key);
    }

    pub(super) fn on_handshake_timeout(&mut self, key: ConnKey, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        conn.link.transport.set_handshake_deadline(None);
        if let Some(event) = conn.link.protocol.abort("the TLS handshake took too long") {
            self.on_protocol_event(key, event, events);
        }
    }
}
