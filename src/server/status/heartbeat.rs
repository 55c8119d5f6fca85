//! Whether the loop turns: told by the loop, asked by everyone else.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU64};
use std::time::{Duration, Instant};

/// The loop says when it will turn next, at the latest: before a wait that is when the wait ends, at all other times it is
/// now. Two plain stores a turn; nobody else has to be awake for it.
#[derive(Debug)]
pub struct Heartbeat {
    epoch: Instant,
    /// Microseconds since `epoch`.
    due: AtomicU64,
    stall_after: AtomicU64,
    phase: AtomicU8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    Starting,
    Serving,
    Stopping,
}

/// What can be said of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It has not turned yet.
    Starting,
    Turning,
    /// It has not turned for so long, which is more than `stall_after`.
    Stalled(Duration),
    /// The server is about to end.
    Stopping,
}

impl Heartbeat {
    pub fn new(stall_after: Duration) -> Heartbeat {
        Heartbeat {
            epoch: Instant::now(),
            due: AtomicU64::new(0),
            stall_after: AtomicU64::new(micros(stall_after)),
            phase: AtomicU8::new(Phase::Starting as u8),
        }
    }

    pub fn set_stall_after(&self, stall_after: Duration) {
        self.stall_after.store(micros(stall_after), Relaxed);
    }

    /// The loop turns, and will do so again at `due` at the latest.
    pub fn beat(&self, due: Instant) {
        self.due.store(micros(due.saturating_duration_since(self.epoch)), Relaxed);
    }

    /// The first turn begins.
    pub fn serving(&self) {
        self.beat(Instant::now());
        self.phase.store(Phase::Serving as u8, Release);
    }

    pub fn stopping(&self) {
        self.phase.store(Phase::Stopping as u8, Release);
    }

    pub fn health(&self, now: Instant) -> Health {
        match self.phase.load(Acquire) {
            phase if phase == Phase::Starting as u8 => Health::Starting,
            phase if phase == Phase::Stopping as u8 => Health::Stopping,
            _ => self.stall(now).map_or(Health::Turning, Health::Stalled),
        }
    }

    /// Whether a service manager may be told that the server lives: the loop has begun to turn, and has not stalled since,
    /// on its way to the end neither.
    pub fn is_alive(&self, now: Instant) -> bool {
        self.phase.load(Acquire) != Phase::Starting as u8 && self.stall(now).is_none()
    }

    /// For how long the loop should have turned by now.
    pub fn late(&self, now: Instant) -> Duration {
        let due = Duration::from_micros(self.due.load(Relaxed));
        now.saturating_duration_since(self.epoch).saturating_sub(due)
    }

    fn stall(&self, now: Instant) -> Option<Duration> {
        let late = self.late(now);
        (late > Duration::from_micros(self.stall_after.load(Relaxed))).then_some(late)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_loop_that_waits_is_not_stalled_and_one_that_is_late_is() {
        let heartbeat = Heartbeat::new(10 * SECOND);
        let start = heartbeat.epoch;
        assert_eq!(heartbeat.health(start + 100 * SECOND), Health::Starting);
        assert!(!heartbeat.is_alive(start + 100 * SECOND));
        heartbeat.serving();
        heartbeat.beat(start + 60 * SECOND);
        for seconds in [0, 60, 70] {
            assert_eq!(heartbeat.health(start + seconds * SECOND), Health::Turning, "at {seconds} s");
        }
        assert_eq!(heartbeat.health(start + 71 * SECOND), Health::Stalled(11 * SECOND));
        assert!(!heartbeat.is_alive(start + 71 * SECOND));
        heartbeat.beat(start + 71 * SECOND);
        assert_eq!(heartbeat.health(start + 71 * SECOND), Health::Turning);
        assert_eq!(heartbeat.late(start + 74 * SECOND), 3 * SECOND);
        heartbeat.set_stall_after(2 * SECOND);
        assert_eq!(heartbeat.health(start + 74 * SECOND), Health::Stalled(3 * SECOND));
    }

    #[test]
    fn a_server_that_ends_is_alive_for_as_long_as_it_turns() {
        let heartbeat = Heartbeat::new(10 * SECOND);
        heartbeat.serving();
        heartbeat.stopping();
        let now = heartbeat.epoch + 5 * SECOND;
        assert_eq!((heartbeat.health(now), heartbeat.is_alive(now)), (Health::Stopping, true));
        let later = heartbeat.epoch + 20 * SECOND;
        assert_eq!((heartbeat.health(later), heartbeat.is_alive(later)), (Health::Stopping, false));
    }
}
