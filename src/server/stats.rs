//! Counters of a reactor, since it was started.

use crate::protocol::{Closed, Opcode, PeerError};

/// What a server has done. Plain counters, each written by one thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Requests and frames that broke the protocol.
    pub peer_errors: u64,
    /// Connections that ended, whatever ended them.
    pub closed: u64,
    /// Connections cut because they did not take what was sent to them.
    pub closed_slow: u64,
    pub text_in: u64,
    pub binary_in: u64,
    pub pings_in: u64,
    pub pongs_in: u64,
    pub text_out: u64,
    pub binary_out: u64,
    /// Payload bytes of messages sent.
    pub payload_out: u64,
    /// Bytes read from and written to sockets, framing included.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// Messages that were not sent because their client had too much waiting.
    pub dropped: u64,
    pub fifo_messages: u64,
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

    pub(super) fn count_closed(&mut self, closed: &Closed) {
        self.closed += 1;
        self.peer_errors += u64::from(closed.error.as_ref().is_some_and(is_violation));
    }
}

fn is_violation(error: &PeerError) -> bool {
    error.close_code().is_some() || error.http_status().is_some()
}
