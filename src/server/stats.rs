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
    /// Upgrades that the application refused.
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
    /// Requests and frames that broke the protocol.
    pub peer_errors: u64,
    /// Connections that ended, whatever ended them.
    pub closed: u64,
    /// Connections cut because they did not take what was sent to them.
    pub closed_slow: u64,
    /// Connections closed because they exceeded `message_rate`.
    pub closed_rate: u64,
    /// Connections closed because their token expired.
    pub closed_expired: u64,
    pub text_in: u64,
    pub binary_in: u64,
    pub pings_in: u64,
    pub pongs_in: u64,
    pub text_out: u64,
    pub binary_out: u64,
    /// Payload bytes of messages sent.
    pub payload_out: u64,
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
    pub fifo_messages: u64,
    /// Control connections accepted, those among them that were closed for a fault, and those sent away because there were
    /// too many.
    pub control_accepted: u64,
    pub control_errors: u64,
    pub control_refused: u64,
    /// Messages that came through control connections.
    pub control_messages: u64,
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
            peer_errors,
            closed,
            closed_slow,
            closed_rate,
            closed_expired,
            text_in,
            binary_in,
            pings_in,
            pongs_in,
            text_out,
            binary_out,
            payload_out,
            opened_deflate,
            deflated_in,
            deflated_out,
            deflate_saved,
            bytes_in,
            bytes_out,
            dropped,
            fifo_messages,
            control_accepted,
            control_errors,
            control_refused,
            control_messages,
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
        self.peer_errors += peer_errors;
        self.closed += closed;
        self.closed_slow += closed_slow;
        self.closed_rate += closed_rate;
        self.closed_expired += closed_expired;
        self.text_in += text_in;
        self.binary_in += binary_in;
        self.pings_in += pings_in;
        self.pongs_in += pongs_in;
        self.text_out += text_out;
        self.binary_out += binary_out;
        self.payload_out += payload_out;
        self.opened_deflate += opened_deflate;
        self.deflated_in += deflated_in;
        self.deflated_out += deflated_out;
        self.deflate_saved += deflate_saved;
        self.bytes_in += bytes_in;
        self.bytes_out += bytes_out;
        self.dropped += dropped;
        self.fifo_messages += fifo_messages;
        self.control_accepted += control_accepted;
        self.control_errors += control_errors;
        self.control_refused += control_refused;
        self.control_messages += control_messages;
    }
}

impl Stats {
    pub(super) fn count_out(&mut self, opcode: Opcode, length: usize) {
        self.count_out_many(opcode, length, 1);
    }

    pub(super) fn count_out_many(&mut self, opcode: Opcode, length: usize, count: usize) {
        match opcode {
            Opcode::Text => self.text_out += count as u64,
            Opcode::Binary => self.binary_out += count as u64,
            _ => {}
        }
        self.payload_out += (length * count) as u64;
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

    pub(super) fn count_closed(&mut self, closed: &Closed) {
        self.closed += 1;
        self.peer_errors += u64::from(closed.error.as_ref().is_some_and(is_violation));
    }
}

fn is_violation(error: &PeerError) -> bool {
    error.close_code().is_some() || error.http_status().is_some()
}
