//! The ends of a connection: each is reported once, and its socket is gone soon after.

use super::{Reactor, Stream};
use crate::protocol::{
    Accept, Closed, Connection, Event as ProtocolEvent, HttpResponse, Payload, PeerError, Phase, Reject,
    UsageError, check_close,
};
use crate::server::connections::Conn;
use crate::server::stats::Cause;
use crate::server::{ConnKey, Event};
use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// How long the last bytes of a connection may take, and how long its peer's input is read and dropped
/// after them: closing with unread input would reset the connection, and the peer would lose our close frame.
const LINGER: Duration = Duration::from_secs(2);

/// The close code of a client that does not take what is sent to it (IANA registry: "Try Again Later").
const SLOW: u16 = 1013;

impl<P: Payload> Reactor<P> {
    pub fn accept(&mut self, key: ConnKey, accept: &Accept) -> Result<bool, UsageError> {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        if !matches!(conn.link.protocol.phase(), Phase::Deciding) {
            return Ok(false);
        }
        conn.link.command(&mut self.work, |protocol, out| protocol.accept(accept, now, out))?;
        self.stats.opened += 1;
        let mut events = std::mem::take(&mut self.pending);
        self.after_accept(key, &mut events);
        self.pending = events;
        Ok(true)
    }

    /// The application refuses a request, or a connection that has not sent one yet.
    pub fn reject(&mut self, key: ConnKey, reject: &Reject) -> Result<bool, UsageError> {
        let done = self.answer_with(key, reject)?;
        self.stats.rejected += u64::from(done);
        Ok(done)
    }

    /// Answers a request, or a connection that has not sent one yet, with something else than a 101.
    pub(super) fn answer_with(&mut self, key: ConnKey, reject: &Reject) -> Result<bool, UsageError> {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        if !matches!(conn.link.protocol.phase(), Phase::ReadingRequest | Phase::Deciding) {
            return Ok(false);
        }
        let event = conn.link.command(&mut self.work, |protocol, out| protocol.reject(reject, now, out))?;
        conn.flags.cause = Cause::Refused;
        self.end_by_command(key, Some(event));
        Ok(true)
    }

    /// Answers an [`Event::HttpRequest`]; the connection ends with that.
    pub fn respond(&mut self, key: ConnKey, response: &HttpResponse) -> Result<bool, UsageError> {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        if !matches!(conn.link.protocol.phase(), Phase::Deciding) {
            return Ok(false);
        }
        let event =
            conn.link.command(&mut self.work, |protocol, out| protocol.respond(response, now, out))?;
        conn.flags.cause = Cause::Refused;
        self.end_by_command(key, Some(event));
        Ok(true)
    }

    /// Starts the close handshake, behind a file that is being sent. A connection whose upgrade is not done is cut.
    pub fn close(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        let sends_file = |conn: &Conn<P>| conn.stream().is_some_and(Stream::is_file);
        if self.connections.get(key).is_some_and(sends_file) {
            self.close_behind(key, code, reason)
        } else {
            self.close_now(key, code, reason)
        }
    }

    /// Starts the close handshake when the message in pieces has ended that is being sent.
    pub fn close_behind(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        check_close(code, reason)?;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        if !conn.link.protocol.is_open() {
            // The peer has sent its Close already.
            return self.close_now(key, code, reason);
        }
        if conn.is_closing() {
            return Ok(false);
        }
        conn.close_later(code, reason);
        // The peer may have something to say that ends this sooner.
        Ok(self.resume(key))
    }

    pub(super) fn close_now(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        let now = self.now;
        self.leave_undecided(key);
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        match conn.link.protocol.phase() {
            Phase::Open => {
                conn.link.command(&mut self.work, |protocol, out| protocol.close(code, reason, now, out))?;
                // An application that closes wants the end, not a pause: the peer's answer must be read.
                conn.flags.paused = false;
                self.mark_dirty(key);
                self.requeue(key);
                self.arm(key);
                Ok(true)
            }
            Phase::CloseReceived => Ok(self.reply_close(key, Some(code), reason)),
            Phase::ReadingRequest | Phase::Deciding => {
                self.note_abort(key);
                Ok(self.end(key, |protocol, _| protocol.abort("closed before the handshake was done")))
            }
            _ => Ok(false),
        }
    }

    pub fn reply_close(&mut self, key: ConnKey, code: Option<u16>, reason: &str) -> bool {
        let now = self.now;
        self.end(key, |protocol, out| protocol.reply_close(code, reason, now, out))
    }

    /// Ends a connection at once, with a close frame where it is open.
    pub fn fail(&mut self, key: ConnKey, code: u16, reason: &str) -> bool {
        self.note_abort(key);
        self.end(key, |protocol, out| protocol.fail(code, reason, out))
    }

    pub fn ping(&mut self, key: ConnKey, payload: &[u8]) -> Result<bool, UsageError> {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(false) };
        if !conn.link.protocol.is_open() || conn.is_closing() {
            return Ok(false);
        }
        conn.link.command(&mut self.work, |protocol, out| protocol.ping(payload, now, out))?;
        self.stats.pings_out += 1;
        self.mark_dirty(key);
        self.arm(key);
        Ok(true)
    }

    pub fn is_open(&self, key: ConnKey) -> bool {
        self.connections.get(key).is_some_and(|conn| conn.link.protocol.is_open() && !conn.is_closing())
    }

    /// No more accepts, and a close to everyone, also in the middle of a file; whoever is left at `deadline` is cut.
    pub fn shutdown(&mut self, code: u16, reason: &str, deadline: Instant) -> Result<(), UsageError> {
        self.stop_listening();
        for key in self.connections.keys() {
            self.close_now(key, code, reason)?;
        }
        self.end_at = Some(self.timestamp(deadline));
        Ok(())
    }

    /// The peer's end of stream.
    pub(super) fn on_end(&mut self, key: ConnKey, events: &mut Vec<Event<P>>) {
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            self.doom(key);
            return;
        }
        conn.flags.ended = true;
        conn.flags.readable = false;
        let event = conn.link.protocol.handle_eof(now);
        if event.is_none() && conn.link.protocol.phase() == Phase::Deciding {
            return; // it waits for an answer
        }
        if let Some(event) = event.or_else(|| conn.link.protocol.abort("end of stream")) {
            self.on_protocol_event(key, event, events);
        }
        // There is nobody to linger for.
        self.doom_when_empty(key);
    }

    /// The transport failed: nothing more goes in or out.
    pub(super) fn on_broken(&mut self, key: ConnKey, error: &io::Error, events: &mut Vec<Event<P>>) {
        self.doom(key);
        let Some(conn) = self.connections.get_mut(key) else { return };
        conn.link.outbox.clear(&mut self.work.pool);
        if !conn.flags.reported
            && let Some(event) = conn.link.protocol.abort(&error.to_string())
        {
            self.on_protocol_event(key, event, events);
        }
    }

    pub(super) fn on_closed(&mut self, key: ConnKey, closed: Closed, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            return;
        }
        conn.flags.reported = true;
        conn.flags.paused = false;
        drop(conn.take_held_input());
        conn.set_stream(None);
        conn.release_token();
        if let Some(shared) = &conn.shared {
            shared.end();
        }
        conn.set_cut_at(self.now + LINGER);
        conn.flags.lingering = !closed.clean && !conn.flags.ended;
        let transport = &conn.link.transport;
        self.stats.count_closed(&closed, conn.flags.cause, transport.is_established());
        if !transport.is_established() {
            // Before the transport's own handshake is done nothing can be said. An answer of the application's may
            // still wait for that, while it lingers; for one that took too long nobody waits any more.
            let late = closed.error == Some(PeerError::RequestTimeout);
            let silent = transport.is_refused() || late;
            if silent {
                conn.link.outbox.clear(&mut self.work.pool);
            }
            if !conn.link.transport.is_refused() && conn.link.waiting() == 0 {
                self.doom(key);
            }
        }
        events.push(Event::Close { key, closed: Box::new(closed) });
        self.mark_dirty(key);
        self.arm(key);
    }

    /// The last bytes of a connection that is over are out.
    pub(super) fn finish(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        conn.link.transport.finish();
        conn.count_out(0, &mut self.stats);
        if conn.flags.lingering {
            // RFC 6455 §7.1.1: "…the server MUST close the connection immediately…" – the sending side now,
            // the receiving side when the peer has read our close frame and ends its own.
            conn.link.transport.shutdown_write();
            self.requeue(key);
        } else {
            self.doom(key);
        }
    }

    /// Cuts a client that does not take what is sent to it. What waits for it is freed, not delivered.
    pub(super) fn cut_slow(&mut self, key: ConnKey, why: &str, events: &mut Vec<Event<P>>) {
        self.doom(key);
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            return;
        }
        conn.flags.cause = Cause::Slow;
        let event = conn.link.protocol.fail(SLOW, why, &mut self.work.answers);
        self.work.answers.clear();
        conn.link.outbox.clear(&mut self.work.pool);
        if let Some(event) = event {
            self.on_protocol_event(key, event, events);
        }
    }

    /// Cuts a client that was sent more than `max_buffered`; its `Close` event comes with the next turn.
    pub fn cut_slow_later(&mut self, key: ConnKey) {
        self.stats.dropped += 1;
        let mut events = std::mem::take(&mut self.pending);
        self.cut_slow(key, "it does not take what is sent to it (max_buffered)", &mut events);
        self.pending = events;
    }

    pub(super) fn cut_all(&mut self, events: &mut Vec<Event<P>>) {
        for key in self.connections.keys() {
            self.note_abort(key);
            self.doom(key);
            let Some(conn) = self.connections.get_mut(key) else { continue };
            if !conn.flags.reported
                && let Some(event) = conn.link.protocol.abort("the server ended")
            {
                self.on_protocol_event(key, event, events);
            }
        }
    }

    /// Has a connection removed at the end of the turn: until then its key stays valid.
    pub(super) fn doom(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if !conn.flags.doomed {
            conn.flags.doomed = true;
            self.doomed.push(key);
        }
    }

    pub(super) fn remove_doomed(&mut self) {
        // With I/O threads PHP's thread looks at what they share with it.
        let keeps_figures = !self.pending.is_empty() && self.arrivals.is_none();
        while let Some(key) = self.doomed.pop() {
            if keeps_figures && let Some(stats) = self.connection_stats(key) {
                self.ended.insert(key, stats);
            }
            if let Some(mut conn) = self.connections.remove(key) {
                self.live.fetch_sub(1, Relaxed);
                self.loads.leave(conn.listener as usize);
                if let Some(ip) = conn.counted() {
                    self.admission.leave(&self.config.access, ip);
                }
                conn.link.outbox.clear(&mut self.work.pool);
                conn.count_gone(&mut self.stats);
            }
        }
    }

    /// It is this end that is about to end a connection at once. One that is not open yet is refused by that.
    fn note_abort(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key).filter(|conn| !conn.flags.reported) else { return };
        if conn.link.protocol.phase().is_handshake() {
            conn.flags.cause = Cause::Refused;
            self.stats.rejected += 1;
        } else {
            conn.flags.cause = Cause::Aborted;
        }
    }

    /// Runs a protocol command that ends the connection; its `Close` event comes with the next turn.
    fn end(
        &mut self,
        key: ConnKey,
        run: impl FnOnce(&mut Connection<P>, &mut Vec<u8>) -> Option<ProtocolEvent<P>>,
    ) -> bool {
        let Some(conn) = self.connections.get_mut(key) else { return false };
        if conn.flags.reported {
            return false;
        }
        let event = conn.link.command(&mut self.work, run);
        self.end_by_command(key, event)
    }

    fn end_by_command(&mut self, key: ConnKey, event: Option<ProtocolEvent<P>>) -> bool {
        let ended = event.is_some();
        if let Some(event) = event {
            let mut events = std::mem::take(&mut self.pending);
            self.on_protocol_event(key, event, &mut events);
            self.pending = events;
        }
        ended
    }

    fn doom_when_empty(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            conn.flags.lingering = false;
            if conn.link.waiting() == 0 {
                self.doom(key);
            }
        }
    }
}
