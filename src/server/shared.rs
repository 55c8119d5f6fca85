//! What the PHP thread and an I/O thread both know about a connection.

use super::stats::ConnectionStats;
use std::os::fd::RawFd;
use std::sync::Mutex;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// Input of one connection that PHP has not taken yet; beyond it the connection is not read.
const MAX_UNDELIVERED: usize = 512 * 1024;
/// What an event costs beside its payload.
const EVENT_COST: usize = 64;

/// Counters that are read by one thread and written by another. They are estimates by nature (the other
/// thread is already on), so no order between them is needed but for [`Shared::arrived`].
#[derive(Debug, Default)]
pub struct Shared {
    /// Bytes that PHP has handed over and the I/O thread has not seen yet.
    submitted: AtomicUsize,
    /// Bytes that wait for the connection to take them.
    waiting: AtomicUsize,
    /// Those among them that wait for the end of a message in pieces.
    behind: AtomicUsize,
    /// Bytes of events that PHP has not taken.
    undelivered: AtomicUsize,
    /// The I/O thread has stopped reading because of `undelivered`.
    stalled: AtomicBool,
    /// The connection is over; PHP will hear of it.
    over: AtomicBool,
    /// A message in pieces is being sent.
    streaming: AtomicBool,
    stats: Mutex<Option<ConnectionStats>>,
    /// The socket's descriptor, for as long as the connection is not over.
    descriptor: AtomicI32,
}

impl Shared {
    pub fn new(descriptor: RawFd) -> Shared {
        Shared { descriptor: AtomicI32::new(descriptor), ..Shared::default() }
    }

    /// To ask whether the socket is ready; it may be closed at any moment.
    pub fn descriptor(&self) -> Option<RawFd> {
        (!self.is_over()).then(|| self.descriptor.load(Relaxed))
    }

    pub fn buffered(&self) -> usize {
        self.submitted.load(Acquire) + self.waiting.load(Relaxed)
    }

    /// Without what waits for the end of a message in pieces.
    pub fn buffered_ahead(&self) -> usize {
        self.buffered().saturating_sub(self.behind.load(Relaxed))
    }

    pub fn submit(&self, bytes: usize) {
        self.submitted.fetch_add(bytes, Relaxed);
    }

    /// The I/O thread has seen so many bytes, with which so many wait. They are among these first, and then no longer
    /// handed over: PHP would send too much if it saw them in neither.
    pub fn arrived(&self, bytes: usize, waiting: usize, behind: usize) {
        self.waiting.store(waiting, Relaxed);
        self.behind.store(behind, Relaxed);
        self.submitted.fetch_sub(bytes, Release);
    }

    /// Tells PHP's thread how the connection stands.
    pub fn publish(&self, waiting: usize, behind: usize, stats: &ConnectionStats) {
        self.waiting.store(waiting, Relaxed);
        self.behind.store(behind, Relaxed);
        *self.stats.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(*stats);
    }

    /// As of the last flush of the connection.
    pub fn stats(&self) -> Option<ConnectionStats> {
        *self.stats.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes the place for a message in pieces; false where there is one under way.
    pub fn begin_stream(&self) -> bool {
        !self.streaming.swap(true, Relaxed)
    }

    pub fn set_streaming(&self, streaming: bool) {
        self.streaming.store(streaming, Relaxed);
    }

    pub fn is_streaming(&self) -> bool {
        self.streaming.load(Relaxed)
    }

    pub fn end(&self) {
        self.over.store(true, Relaxed);
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }

    /// An event with a payload of so many bytes is on its way to PHP.
    pub fn deliver(&self, payload: usize) {
        self.undelivered.fetch_add(payload + EVENT_COST, Relaxed);
    }

    /// PHP has taken it. True: the I/O thread waits to be told.
    pub fn delivered(&self, payload: usize) -> bool {
        let before = self.undelivered.fetch_sub(payload + EVENT_COST, Relaxed);
        before.saturating_sub(payload + EVENT_COST) <= MAX_UNDELIVERED / 2
            && self.stalled.swap(false, Relaxed)
    }

    /// Whether the connection must not be read now; PHP tells when that is over.
    pub fn is_stalled(&self) -> bool {
        let stalled = self.undelivered.load(Relaxed) > MAX_UNDELIVERED;
        if stalled {
            self.stalled.store(true, Relaxed);
            // PHP may have taken everything between the two lines above, and would not tell again.
            return self.undelivered.load(Relaxed) > MAX_UNDELIVERED / 2;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_over_its_limit_stalls_and_its_end_is_told_once() {
        let shared = Shared::default();
        shared.deliver(MAX_UNDELIVERED - EVENT_COST);
        assert!(!shared.is_stalled(), "at the limit");
        shared.deliver(0);
        assert!(shared.is_stalled(), "over the limit");
        assert!(!shared.delivered(0), "still above half");
        assert!(shared.delivered(MAX_UNDELIVERED - EVENT_COST));
        assert!(!shared.is_stalled());
        shared.deliver(5);
        assert!(!shared.delivered(5), "nobody waits");
    }
}
