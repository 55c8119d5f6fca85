//! Reading: input of the connections that have some, within budgets.

use super::intake::{Intake, RateLimit};
use super::{BYTES_PER_TURN, EVENTS_PER_TURN, Reactor};
use crate::net::Received;
use crate::protocol::{self, Accept, Payload, Phase, Reject, Request};
use crate::server::access::Refusal;
use crate::server::connections::Conn;
use crate::server::stats::Cause;
use crate::server::{ConnKey, Event};
use std::io;

/// Bytes one connection is read in one turn, so that a busy one does not starve the others.
const BYTES_PER_CONNECTION: usize = 256 * 1024;
/// Input of a peer that is being sent away is read into this and dropped.
pub(super) const DISCARD: usize = 4 * 1024;

/// The close code for a connection over `message_rate` (RFC 6455 §7.4.1).
const POLICY_VIOLATION: u16 = 1008;

/// Why reading from a connection stopped.
enum Stop {
    /// Nothing more for now: the kernel will tell.
    Empty,
    /// There may be more: another turn.
    Budget,
    End,
    Broken(io::Error),
    /// The transport refused the peer, and says so to it.
    Refused(String),
}

impl<P: Payload> Reactor<P> {
    pub(super) fn serve_ready(&mut self, events: &mut Vec<Event<P>>) {
        let mut bytes = 0;
        // Those that use up their budget go to the end of the queue and wait for the next turn.
        for _ in 0..self.ready.len() {
            if events.len() >= EVENTS_PER_TURN || bytes >= BYTES_PER_TURN {
                return;
            }
            let Some(key) = self.ready.pop_front() else { return };
            if let Some(conn) = self.connections.get_mut(key) {
                if self.securing.must_wait(&conn.link.transport) {
                    self.ready.push_back(key);
                    continue;
                }
                conn.flags.queued = false;
                bytes += self.read(key, events);
                self.arm_after_traffic(key);
            }
        }
    }

    /// Reads a connection until it is empty or its budget is used up. Returns the bytes read.
    fn read(&mut self, key: ConnKey, events: &mut Vec<Event<P>>) -> usize {
        let mut total = 0;
        let mut buffer = std::mem::take(&mut self.read_buffer);
        let stop = loop {
            let Some(conn) = self.connections.get_mut(key) else { break Stop::Empty };
            // A peer that does not read our answers is not read either, so they cannot pile up.
            let full = conn.waiting() > self.config.max_buffered;
            let stalled = conn.shared.as_ref().is_some_and(|shared| shared.is_stalled());
            if conn.flags.paused || full || stalled || conn.holds_input() {
                // `readable` stays set: reading goes on where it stopped.
                break Stop::Empty;
            }
            match conn.link.transport.read(&mut buffer, &mut self.work.tls) {
                Ok(Received::End) => break Stop::End,
                Ok(Received::Refused { why, wire }) => {
                    total += wire;
                    conn.bytes_in += wire as u64;
                    break Stop::Refused(why);
                }
                Ok(Received::Bytes { count, wire, drained }) => {
                    total += wire;
                    conn.bytes_in += wire as u64;
                    // An end that follows must still be seen.
                    let empty = drained && !conn.flags.read_closed;
                    conn.flags.readable = !empty;
                    self.after_transport_read(key);
                    if count > 0 {
                        self.take_input(key, &buffer[..count], events);
                    }
                    if empty {
                        break Stop::Empty;
                    }
                    if total >= BYTES_PER_CONNECTION {
                        break Stop::Budget;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    conn.flags.readable = false;
                    break Stop::Empty;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Stop::Broken(error),
            }
        };
        self.read_buffer = buffer;
        self.stats.bytes_in += total as u64;
        if let Some(conn) = self.connections.get_mut(key) {
            conn.count_out(0, &mut self.stats); // TLS may have answered
        }
        self.publish(key);
        match stop {
            Stop::Empty => {}
            Stop::Budget => self.requeue(key),
            Stop::End => self.on_end(key, events),
            Stop::Broken(error) => self.on_broken(key, &error, events),
            Stop::Refused(problem) => self.on_refused(key, &problem, events),
        }
        total
    }

    fn take_input(&mut self, key: ConnKey, input: &[u8], events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            return; // it is over; its peer has not noticed yet
        }
        if self.config.raw_reads {
            if let Some(shared) = &conn.shared {
                shared.deliver(input.len());
            }
            events.push(Event::Read { key, data: input.to_vec() });
        } else {
            self.decode(key, input, events);
        }
    }

    /// Gives input to the protocol, and its events to the application.
    pub(super) fn decode(&mut self, key: ConnKey, mut input: &[u8], events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        let now = self.now;
        let inflated_before = conn.link.protocol.inflated();
        let rate = self.config.access.message_rate;
        let limit =
            (rate > 0.0).then(|| RateLimit { rate, bucket: conn.extras().messages, now, exceeded: false });
        let Conn { link, shared, .. } = conn;
        let (shared, stats) = (shared.as_deref(), &mut self.stats);
        let mut intake = Intake { key, events, stats, shared, limit, other: None };
        link.decode(&mut input, now, &mut self.work, |decoded| intake.take(decoded));
        let Intake { limit, other, .. } = intake;
        self.stats.deflated_in += u64::from(link.protocol.inflated().wrapping_sub(inflated_before));
        let over_rate = limit.as_ref().is_some_and(|limit| limit.exceeded);
        if let Some(limit) = limit {
            conn.extras().messages = limit.bucket;
        }
        if !input.is_empty() && matches!(conn.link.protocol.phase(), Phase::Deciding) {
            conn.hold_input(input);
        }
        if !conn.link.outbox.is_empty() {
            self.mark_dirty(key);
        }
        if let Some(event) = other {
            self.on_protocol_event(key, event, events);
        }
        if over_rate {
            let Some(conn) = self.connections.get_mut(key) else { return };
            conn.flags.cause = Cause::Rate;
            let event = conn.link.command(&mut self.work, |protocol, out| {
                protocol.fail_politely(POLICY_VIOLATION, "message_rate exceeded", now, out)
            });
            if let Some(event) = event {
                self.on_protocol_event(key, event, events);
            }
        }
    }

    /// The rarer events, which change the connection's state.
    pub(super) fn on_protocol_event(
        &mut self,
        key: ConnKey,
        event: protocol::Event<P>,
        events: &mut Vec<Event<P>>,
    ) {
        match event {
            protocol::Event::Request(request) => self.on_request(key, request, events),
            protocol::Event::HttpRequest(request) => events.push(Event::HttpRequest { key, request }),
            protocol::Event::CloseReceived { code, reason } => {
                events.push(Event::CloseReceived { key, code, reason: reason.into_boxed_str() });
            }
            protocol::Event::Closed(closed) => self.on_closed(key, closed, events),
            protocol::Event::Text(_)
            | protocol::Event::Binary(_)
            | protocol::Event::Fragment { .. }
            | protocol::Event::Ping(_)
            | protocol::Event::Pong(_) => debug_assert!(false, "these come out of `decode` only"),
            protocol::Event::Open(_) => debug_assert!(false, "only a client's connection says so"),
        }
    }

    fn on_request(&mut self, key: ConnKey, request: Box<Request>, events: &mut Vec<Event<P>>) {
        if let Err(refusal) = self.admits_request(key, &request) {
            return self.refuse_request(key, refusal);
        }
        let tls = self.connections.get_mut(key).and_then(|conn| conn.link.transport.take_tls_info());
        if !self.config.auto_accept {
            return events.push(Event::Request { key, request, tls });
        }
        let accept = Accept {
            subprotocol: request.choose_subprotocol(&self.protocol.subprotocols).map(str::to_owned),
            headers: Vec::new(),
        };
        let now = self.now;
        let Some(conn) = self.connections.get_mut(key) else { return };
        let done = conn.link.command(&mut self.work, |protocol, out| protocol.accept(&accept, now, out));
        debug_assert!(done.is_ok(), "what the client offered can be accepted");
        self.stats.opened += 1;
        events.push(Event::Open { key, request, tls });
        self.after_accept(key, events);
    }

    /// Answers a request that the access rules are against.
    pub(super) fn refuse_request(&mut self, key: ConnKey, refusal: Refusal) {
        self.stats.count_refusal(refusal);
        let mut reject = Reject::status(refusal.status());
        reject.body = format!("{refusal}\r\n").into_bytes();
        let retry_after =
            refusal.retry_after().map(|seconds| ("Retry-After".to_owned(), seconds.to_string()));
        reject.headers.extend(retry_after);
        log::info!("a request was refused: {refusal}");
        let done = self.answer_with(key, &reject);
        debug_assert!(done.is_ok(), "the refusal is well-formed");
    }

    /// Input that came behind the request is decoded now, and reading goes on.
    pub(super) fn after_accept(&mut self, key: ConnKey, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        self.stats.opened_deflate += u64::from(conn.link.protocol.is_compressed());
        let held = conn.take_held_input();
        if !held.is_empty() {
            self.decode(key, &held, events);
        }
        self.mark_dirty(key);
        self.requeue(key);
        self.arm(key);
    }

    /// Has a connection read again in the next turn, if there may be something to read.
    pub fn requeue(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.readable && !conn.flags.queued {
            conn.flags.queued = true;
            self.ready.push_back(key);
        }
    }

    pub fn pause(&mut self, key: ConnKey) -> bool {
        let Some(conn) = self.connections.get_mut(key) else { return false };
        conn.flags.paused = true;
        true
    }

    pub fn resume(&mut self, key: ConnKey) -> bool {
        let Some(conn) = self.connections.get_mut(key) else { return false };
        conn.flags.paused = false;
        self.requeue(key);
        true
    }

    /// Decodes bytes of an [`Event::Read`] that the application has let pass.
    pub fn feed(&mut self, key: ConnKey, data: &[u8], events: &mut Vec<Event<P>>) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if conn.flags.reported {
            return;
        }
        if matches!(conn.link.protocol.phase(), Phase::Deciding) {
            conn.hold_input(data);
            return;
        }
        self.decode(key, data, events);
        self.arm(key);
    }
}
