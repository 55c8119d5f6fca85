//! Deadlines: which one a connection has next, and what happens when it has passed.

use super::Reactor;
use crate::protocol::{Payload, Timestamp};
use crate::server::connections::Conn;
use crate::server::stats::Cause;
use crate::server::{ConnKey, Event};
use std::time::{Duration, Instant};

impl<P: Payload> Reactor<P> {
    /// How long to wait at most: `timeout`, or until the next deadline.
    pub(super) fn until_next_deadline(&self, timeout: Option<Duration>) -> Option<Duration> {
        let deadlines = [self.timers.next(), self.accepting.resume_at(), self.source_deadline(), self.end_at];
        // Numbers: of options the optimiser compares the values before it looks whether there are any, which valgrind takes for
        // a use of memory that was never written.
        let earliest = deadlines.map(|deadline| deadline.map_or(u64::MAX, |at| at.0)).into_iter().min();
        let Some(deadline) = earliest.filter(|at| *at != u64::MAX).map(Timestamp) else { return timeout };
        // Rounded up: epoll counts whole milliseconds, and waking early would only mean waiting again.
        let wait = deadline - self.timestamp(Instant::now()) + Duration::from_micros(1);
        Some(timeout.map_or(wait, |timeout| timeout.min(wait)))
    }

    /// [`Reactor::arm`] after input or output: what they do to the deadlines of a connection that is open, takes what it is
    /// sent and is armed already is to move them back, and the timers allow for that.
    pub(super) fn arm_after_traffic(&mut self, key: ConnKey) {
        let unchanged =
            |conn: &Conn<P>| conn.armed.is_armed() && conn.link.protocol.is_open() && !conn.is_blocked();
        if !self.connections.get(key).is_some_and(unchanged) {
            self.arm(key);
        }
    }

    /// Arms the earliest deadline that a connection has now.
    pub(super) fn arm(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key).filter(|conn| !conn.flags.doomed) else { return };
        let send = conn
            .blocked_since()
            .filter(|_| !self.config.send_timeout.is_zero())
            .map(|since| since + self.config.send_timeout);
        // A limit for the TLS handshake alone stands before the protocol's own.
        let protocol = match conn.link.transport.handshake_deadline() {
            _ if conn.flags.reported => None,
            None => conn.link.protocol.poll_timeout(),
            deadline => deadline,
        };
        let deadline = [send, conn.cut_at(), protocol, conn.expires_at()].into_iter().flatten().min();
        self.timers.arm(key, &mut conn.armed, deadline);
    }

    pub(super) fn expire(&mut self, events: &mut Vec<Event<P>>) {
        self.resume_accepting();
        while let Some((deadline, key)) = self.timers.pop_due(self.now) {
            if let Some(id) = key.source() {
                self.expire_control(id, deadline, events);
                continue;
            }
            let live = self.connections.get_mut(key).is_some_and(|conn| conn.armed.fired(deadline));
            if live {
                self.expire_connection(key, events);
                self.arm(key);
            }
        }
        if self.end_at.is_some_and(|end| end <= self.now) {
            self.end_at = None;
            self.cut_all(events);
        }
    }

    fn expire_connection(&mut self, key: ConnKey, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.cut_at().is_some_and(|at| at <= self.now) {
            return self.doom(key);
        }
        let timeout = self.config.send_timeout;
        if !timeout.is_zero() && conn.blocked_since().is_some_and(|since| since + timeout <= self.now) {
            return self.cut_slow(key, "it took nothing for send_timeout", events);
        }
        if conn.flags.reported {
            return;
        }
        if conn.expires_at().is_some_and(|at| at <= self.now) {
            return self.on_token_expired(key);
        }
        if let Some(deadline) = conn.link.transport.handshake_deadline() {
            if deadline <= self.now {
                self.on_handshake_timeout(key, events);
            }
            return;
        }
        let now = self.now;
        if conn.flags.readable || conn.flags.paused || conn.is_blocked() {
            // Its pong may be among what we have not read, or our ping among what it has not taken.
            conn.link.protocol.restart_ping_timeout(now);
        }
        let pinged_before = conn.link.protocol.last_ping();
        let event = conn.link.command(&mut self.work, |protocol, out| protocol.handle_timeout(now, out));
        self.stats.pings_out += u64::from(conn.link.protocol.last_ping() != pinged_before);
        if let Some(event) = event {
            if conn.flags.cause == Cause::Unknown {
                conn.flags.cause = Cause::Timeout;
            }
            self.on_protocol_event(key, event, events);
        }
        self.mark_dirty(key);
    }
}
