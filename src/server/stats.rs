//! Counters of a reactor, since it was started.

use super::access::{Refusal, TokenError};
use crate::protocol::{Closed, Opcode, PeerError};
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// What is counted for one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionStats {
    /// Bytes read from and written to its socket, framing included.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// When we pinged it last, and when its last pong came.
    pub last_ping: Option<SystemTime>,
    pub last_pong: Option<SystemTime>,
    /// From our last answered ping to its pong.
    pub rtt: Option<Duration>,
    pub connected_at: SystemTime,
}

/// What a server has done. Plain counters, each written by one thread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Connections accepted from the kernel.
    pub accepted: u64,
    /// Accepts that failed for lack of a resource.
    pub accept_errors: u64,
    /// Connections sent away because `max_connections` was reached.
    pub refused_full: u64,
    /// Upgrades that succeeded.
    pub opened: u64,
    /// Connections that the application refused before they were open, or ended.
    pub rejected: u64,
    /// Clients sent away by the access rules: by address, origin, and limits per address.
    pub refused_address: u64,
    pub refused_origin: u64,
    pub refused_rate: u64,
    /// By the rules for tokens: without a good one, with one that has expired, with one that another connection has, and
    /// users that have too many connections.
    pub refused_token: u64,
    pub refused_expired: u64,
    pub refused_in_use: u64,
    pub refused_user: u64,
    /// Connections that ended before they were open: those that were refused after they had been accepted, and those of the
    /// next four.
    pub unopened: u64,
    /// Requests that were answered with a 4xx or 5xx of our own.
    pub failed_request: u64,
    /// Handshakes that were not done in time.
    pub failed_timeout: u64,
    /// TLS handshakes that failed.
    pub failed_tls: u64,
    /// Clients that went away before they were open.
    pub failed_abandoned: u64,
    /// Requests and frames that broke the protocol.
    pub peer_errors: u64,
    /// Connections that ended, whatever ended them, those that never were open included.
    pub closed: u64,
    /// Open connections that ended with the closing handshake.
    pub closed_clean: u64,
    /// Those that broke the protocol or a limit of it.
    pub closed_violation: u64,
    /// Those that did not answer our ping, or our Close.
    pub closed_timeout: u64,
    /// Connections cut because they did not take what was sent to them.
    pub closed_slow: u64,
    /// Connections closed because they exceeded `message_rate`.
    pub closed_rate: u64,
    /// Connections closed because their token expired.
    pub closed_expired: u64,
    /// Those that this end ended at once: after an exception, or at the end of the server.
    pub closed_aborted: u64,
    /// Those whose transport ended without a Close.
    pub closed_lost: u64,
    pub text_in: u64,
    pub binary_in: u64,
    pub pings_in: u64,
    pub pongs_in: u64,
    pub text_out: u64,
    pub binary_out: u64,
    pub pings_out: u64,
    /// Pieces of frames that the application encoded itself.
    pub raw_out: u64,
    /// Payload bytes of messages received and sent, as the application has them.
    pub text_bytes_in: u64,
    pub binary_bytes_in: u64,
    pub text_bytes_out: u64,
    pub binary_bytes_out: u64,
    /// Connections that agreed on compression.
    pub opened_deflate: u64,
    /// Compressed messages received and sent; they are among those above, with their payload as the application has it.
    pub deflated_in: u64,
    pub deflated_out: u64,
    /// Bytes that compressing spared in messages sent.
    pub deflate_saved: u64,
    /// Bytes read from and written to sockets, framing included.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Messages that were not sent because their client had too much waiting.
    pub dropped: u64,
    /// Messages that were not handed on because their client exceeded `message_rate`.
    pub dropped_rate: u64,
    pub fifo_messages: u64,
    /// Control connections accepted, those among them that were closed for a fault, and those sent away because there were
    /// too many.
    pub control_accepted: u64,
    pub control_errors: u64,
    pub control_refused: u64,
    /// Messages that came through control connections.
    pub control_messages: u64,
    /// Bytes that wait for clients to take them now, as of the last flush. Not a counter.
    pub buffered: u64,
}

/// Why a connection ends, where what the protocol says of it does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cause {
    #[default]
    Unknown,
    /// It was refused, which is counted where it is done, or a plain request was answered.
    Refused,
    /// Something was not done in time.
    Timeout,
    /// It does not take what is sent to it.
    Slow,
    /// It exceeded `message_rate`.
    Rate,
    /// Its token expired.
    Expired,
    /// This end has ended it at once.
    Aborted,
}

impl std::ops::AddAssign<&Stats> for Stats {
    fn add_assign(&mut self, other: &Stats) {
        // Taken apart by name, so that a counter that is added later is not forgotten here.
        let Stats {
            accepted,
            accept_errors,
            refused_full,
            opened,
            rejected,
            refused_address,
            refused_origin,
            refused_rate,
            refused_token,
            refused_expired,
            refused_in_use,
            refused_user,
            unopened,
            failed_request,
            failed_timeout,
            failed_tls,
            failed_abandoned,
            peer_errors,
            closed,
            closed_clean,
            closed_violation,
            closed_timeout,
            closed_slow,
            closed_rate,
            closed_expired,
            closed_aborted,
            closed_lost,
            text_in,
            binary_in,
            pings_in,
            pongs_in,
            text_out,
            binary_out,
            pings_out,
            raw_out,
            text_bytes_in,
            binary_bytes_in,
            text_bytes_out,
            binary_bytes_out,
            opened_deflate,
            deflated_in,
            deflated_out,
            deflate_saved,
            bytes_in,
            bytes_out,
            dropped,
            dropped_rate,
            fifo_messages,
            control_accepted,
            control_errors,
            control_refused,
            control_messages,
            buffered,
        } = other;
        self.accepted += accepted;
        self.accept_errors += accept_errors;
        self.refused_full += refused_full;
        self.opened += opened;
        self.rejected += rejected;
        self.refused_address += refused_address;
        self.refused_origin += refused_origin;
        self.refused_rate += refused_rate;
        self.refused_token += refused_token;
        self.refused_expired += refused_expired;
        self.refused_in_use += refused_in_use;
        self.refused_user += refused_user;
        self.unopened += unopened;
        self.failed_request += failed_request;
        self.failed_timeout += failed_timeout;
        self.failed_tls += failed_tls;
        self.failed_abandoned += failed_abandoned;
        self.peer_errors += peer_errors;
        self.closed += closed;
        self.closed_clean += closed_clean;
        self.closed_violation += closed_violation;
        self.closed_timeout += closed_timeout;
        self.closed_slow += closed_slow;
        self.closed_rate += closed_rate;
        self.closed_expired += closed_expired;
        self.closed_aborted += closed_aborted;
        self.closed_lost += closed_lost;
        self.text_in += text_in;
        self.binary_in += binary_in;
        self.pings_in += pings_in;
        self.pongs_in += pongs_in;
        self.text_out += text_out;
        self.binary_out += binary_out;
        self.pings_out += pings_out;
        self.raw_out += raw_out;
        self.text_bytes_in += text_bytes_in;
        self.binary_bytes_in += binary_bytes_in;
        self.text_bytes_out += text_bytes_out;
        self.binary_bytes_out += binary_bytes_out;
        self.opened_deflate += opened_deflate;
        self.deflated_in += deflated_in;
        self.deflated_out += deflated_out;
        self.deflate_saved += deflate_saved;
        self.bytes_in += bytes_in;
        self.bytes_out += bytes_out;
        self.dropped += dropped;
        self.dropped_rate += dropped_rate;
        self.fifo_messages += fifo_messages;
        self.control_accepted += control_accepted;
        self.control_errors += control_errors;
        self.control_refused += control_refused;
        self.control_messages += control_messages;
        self.buffered += buffered;
    }
}

impl Stats {
    /// Payload bytes of messages received.
    pub fn payload_in(&self) -> u64 {
        self.text_bytes_in + self.binary_bytes_in
    }

    /// Payload bytes of messages sent.
    pub fn payload_out(&self) -> u64 {
        self.text_bytes_out + self.binary_bytes_out
    }

    /// Handshakes that were refused, for whatever reason.
    pub fn refused(&self) -> u64 {
        let by_rules = self.refused_address + self.refused_origin + self.refused_rate;
        let by_tokens = self.refused_token + self.refused_expired + self.refused_in_use + self.refused_user;
        self.rejected + self.refused_full + by_rules + by_tokens
    }

    /// Handshakes that came to nothing for what the client did, or did not do.
    pub fn failed(&self) -> u64 {
        self.failed_request + self.failed_timeout + self.failed_tls + self.failed_abandoned
    }

    /// Connections that are open now: from the 101 to the end, the closing handshake included.
    pub fn open(&self) -> u64 {
        self.opened.saturating_sub(self.closed.saturating_sub(self.unopened))
    }

    /// Connections that are on their way to be open.
    pub fn connecting(&self) -> u64 {
        self.accepted.saturating_sub(self.opened).saturating_sub(self.unopened)
    }

    /// A piece of a message came; its `last`, or the whole of it, counts as the message.
    #[inline]
    pub(super) fn count_in(&mut self, binary: bool, last: bool, length: usize) {
        if binary {
            self.binary_in += u64::from(last);
            self.binary_bytes_in += length as u64;
        } else {
            self.text_in += u64::from(last);
            self.text_bytes_in += length as u64;
        }
    }

    pub(super) fn count_out(&mut self, opcode: Opcode, length: usize) {
        self.count_out_many(opcode, length, 1);
    }

    pub(super) fn count_out_many(&mut self, opcode: Opcode, length: usize, count: usize) {
        let (messages, bytes) = match opcode {
            Opcode::Text => (&mut self.text_out, &mut self.text_bytes_out),
            Opcode::Binary => (&mut self.binary_out, &mut self.binary_bytes_out),
            _ => return,
        };
        *messages += count as u64;
        *bytes += (length * count) as u64;
    }

    /// A piece of a message that is sent in pieces; its last one counts as the message.
    pub(super) fn count_piece_out(&mut self, binary: bool, last: bool, length: usize) {
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        self.count_out_many(opcode, 0, usize::from(last));
        let bytes = if binary { &mut self.binary_bytes_out } else { &mut self.text_bytes_out };
        *bytes += length as u64;
    }

    pub(super) fn count_refusal(&mut self, refusal: Refusal) {
        match refusal {
            Refusal::Address => self.refused_address += 1,
            Refusal::Origin => self.refused_origin += 1,
            Refusal::TooManyConnections | Refusal::TooManyHandshakes { .. } => self.refused_rate += 1,
            Refusal::Token(TokenError::Expired) => self.refused_expired += 1,
            Refusal::Token(_) => self.refused_token += 1,
            Refusal::TokenInUse => self.refused_in_use += 1,
            Refusal::TooManyOfUser => self.refused_user += 1,
        }
    }

    /// A message of `length` bytes was sent as `sent` bytes, because it was compressed or although it was not.
    pub(super) fn count_deflated(&mut self, compressed: bool, length: usize, sent: usize) {
        self.deflated_out += u64::from(compressed);
        self.deflate_saved += if compressed { length.saturating_sub(sent) as u64 } else { 0 };
    }

    /// A connection ended. `established`: its transport's own handshake was done.
    pub(super) fn count_closed(&mut self, closed: &Closed, cause: Cause, established: bool) {
        self.closed += 1;
        self.peer_errors += u64::from(closed.error.as_ref().is_some_and(is_violation));
        if closed.opened {
            *self.end_of_open(closed, cause) += 1;
        } else {
            self.unopened += 1;
            if let Some(failure) = self.failure(closed, cause, established) {
                *failure += 1;
            }
        }
    }

    fn end_of_open(&mut self, closed: &Closed, cause: Cause) -> &mut u64 {
        match cause {
            Cause::Expired => &mut self.closed_expired,
            _ if closed.clean => &mut self.closed_clean,
            Cause::Slow => &mut self.closed_slow,
            Cause::Rate => &mut self.closed_rate,
            Cause::Timeout => &mut self.closed_timeout,
            _ if closed.error.is_some() => &mut self.closed_violation,
            Cause::Aborted => &mut self.closed_aborted,
            Cause::Unknown | Cause::Refused => &mut self.closed_lost,
        }
    }

    fn failure(&mut self, closed: &Closed, cause: Cause, established: bool) -> Option<&mut u64> {
        Some(match (cause, &closed.error) {
            (Cause::Refused, _) => return None,
            (Cause::Timeout, _) | (_, Some(PeerError::RequestTimeout)) => &mut self.failed_timeout,
            (_, Some(_)) => &mut self.failed_request,
            (_, None) if !established => &mut self.failed_tls,
            (_, None) => &mut self.failed_abandoned,
        })
    }
}

fn is_violation(error: &PeerError) -> bool {
    error.close_code().is_some() || error.http_status().is_some()
}
