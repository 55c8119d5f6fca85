//! Deadlines of a connection: handshake, ping, idle, close.

use std::time::Duration;

use super::{Connection, Event, Opcode, Payload, PeerError, Phase, Timestamp};

/// When things last happened.
pub(super) struct Liveness {
    /// The beginning of the handshake; then of `Open`, `CloseSent` or `CloseReceived`.
    pub(super) since: Timestamp,
    /// Bytes of a message, not of a control frame.
    pub(super) last_message: Timestamp,
    pub(super) last_ping: Timestamp,
    pub(super) last_pong: Timestamp,
    /// The first ping since which nothing at all has arrived.
    unanswered_since: Timestamp,
    /// Stands for the payload of the last ping; 0 once it was answered.
    ping_tag: u64,
    /// Automatic pings so far: their payload.
    pings: u32,
    rtt_micros: u32,
}

const UNKNOWN_RTT: u32 = u32::MAX;

impl Liveness {
    pub(super) fn new(now: Timestamp) -> Liveness {
        Liveness {
            since: now,
            last_message: now,
            last_ping: Timestamp::NEVER,
            last_pong: Timestamp::NEVER,
            unanswered_since: Timestamp::NEVER,
            ping_tag: 0,
            pings: 0,
            rtt_micros: UNKNOWN_RTT,
        }
    }

    pub(super) fn opened(&mut self, now: Timestamp) {
        self.since = now;
        self.last_message = now;
    }

    /// Any byte proves that the peer is there.
    #[inline]
    pub(super) fn received(&mut self) {
        self.unanswered_since = Timestamp::NEVER;
    }

    pub(super) fn pinged(&mut self, payload: &[u8], now: Timestamp) {
        self.last_ping = now;
        self.ping_tag = tag(payload);
        if self.unanswered_since == Timestamp::NEVER {
            self.unanswered_since = now;
        }
    }

    pub(super) fn ponged(&mut self, payload: &[u8], now: Timestamp) {
        self.last_pong = now;
        if self.ping_tag != 0 && self.ping_tag == tag(payload) {
            self.ping_tag = 0;
            self.rtt_micros = u32::try_from((now - self.last_ping).as_micros()).unwrap_or(UNKNOWN_RTT - 1);
        }
    }

    pub(super) fn rtt(&self) -> Option<Duration> {
        (self.rtt_micros != UNKNOWN_RTT).then(|| Duration::from_micros(u64::from(self.rtt_micros)))
    }

    fn next_ping(&self, interval: Duration) -> Option<Timestamp> {
        self.last_ping.happened().unwrap_or(self.since).max(self.since).deadline(interval)
    }

    fn ping_timeout(&self, timeout: Duration) -> Option<Timestamp> {
        self.unanswered_since.happened().and_then(|since| since.deadline(timeout))
    }
}

impl<P: Payload> Connection<P> {
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called; `None`: not until something else happens. What is
    /// received may move it later, so a caller need not look before that time has come.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let (settings, liveness) = (&*self.settings, &self.liveness);
        match self.phase {
            Phase::ReadingRequest | Phase::AwaitingResponse | Phase::Deciding => {
                liveness.since.deadline(settings.handshake_timeout)
            }
            Phase::Open => {
                let ping = liveness.next_ping(settings.ping_interval);
                let pong = liveness.ping_timeout(settings.ping_timeout);
                let idle = liveness.last_message.deadline(settings.idle_timeout);
                [ping, pong, idle].into_iter().flatten().min()
            }
            Phase::CloseReceived if self.has_replied() => Some(liveness.since),
            Phase::CloseSent | Phase::CloseReceived => liveness.since.deadline(settings.close_timeout),
            Phase::Closed => None,
        }
    }

    /// Does what is due at `now`; harmless if nothing is. A handshake is answered with 408 (503 if it was the application
    /// that did not decide), a ping is sent, an idle connection is closed with 1000, a peer that is gone with 1006, and a
    /// Close that the application does not answer is echoed.
    ///
    /// A caller that was away for long must first [`receive`](Self::receive) what lies in the socket: a pong that waits
    /// there is a sign of life.
    pub fn handle_timeout(&mut self, now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return None;
        }
        match self.phase {
            Phase::ReadingRequest => Some(self.refuse(PeerError::RequestTimeout, out)),
            Phase::AwaitingResponse => {
                let error = PeerError::ResponseTimeout;
                Some(self.end(1006, error.to_string(), false, Some(error)))
            }
            Phase::Deciding => self.fail(1013, "request was not decided in time", out),
            Phase::Open => self.handle_open_timeout(now, out),
            Phase::CloseSent => self.abort("close timeout"),
            Phase::CloseReceived => self.reply_close(None, "", now, out),
            Phase::Closed => None,
        }
    }

    fn handle_open_timeout(&mut self, now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> {
        let due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if due(self.liveness.ping_timeout(self.settings.ping_timeout)) {
            return self.abort("ping timeout");
        }
        if due(self.liveness.last_message.deadline(self.settings.idle_timeout)) {
            let closed = self.close(1000, "idle timeout", now, out);
            debug_assert!(closed.is_ok());
            return None;
        }
        if due(self.liveness.next_ping(self.settings.ping_interval)) {
            self.liveness.pings = self.liveness.pings.wrapping_add(1);
            let payload = u64::from(self.liveness.pings).to_be_bytes();
            self.write_control(Opcode::Ping, &payload, out);
            self.liveness.pinged(&payload, now);
        }
        None
    }

    /// The wait for a sign of life begins again, if one goes on: for a caller whose ping is still queued behind other data,
    /// or that had stopped reading and so could not see one.
    pub fn restart_ping_timeout(&mut self, now: Timestamp) {
        if self.liveness.unanswered_since != Timestamp::NEVER {
            self.liveness.unanswered_since = now;
        }
    }
}

/// A number for a ping's payload, never 0 (FNV-1a). It only has to tell the pong of the latest ping from older ones; a
/// peer that wants to lie about its round trip can do so anyway.
fn tag(payload: &[u8]) -> u64 {
    let hash = payload.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.max(1)
}
