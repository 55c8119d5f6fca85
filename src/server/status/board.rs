//! What the loop's thread and the status thread both see.

use super::heartbeat::{Health, Heartbeat};
use super::log_ring::LogRing;
use crate::server::{Counters, Durations, Stats};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The loop's thread writes, the status thread reads. Whoever holds a lock here does nothing else.
#[derive(Debug)]
pub struct Board {
    pub heartbeat: Heartbeat,
    pub log: LogRing,
    pub about: About,
    snapshot: Mutex<Snapshot>,
    server: OnceLock<(Counters, Vec<String>)>,
    current_callback: fn() -> Option<String>,
}

/// What does not change while the server runs.
#[derive(Debug)]
pub struct About {
    /// PHP's.
    pub php: String,
    /// When the server was started.
    pub since: Instant,
    pub started_at: SystemTime,
}

/// What the loop's thread knows, published some times a second.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Without those of the I/O threads.
    pub stats: Stats,
    /// Where there are no I/O threads.
    pub connections: usize,
    pub control_connections: usize,
    pub timers: usize,
    pub watches: usize,
    pub callbacks: Vec<CallbackTimes>,
    /// Time that the loop spent outside of its waits, turn by turn: that long something that happened had to wait.
    pub turns: Durations,
    pub memory: PhpMemory,
}

/// How long the callbacks of one kind took.
#[derive(Debug, Clone, PartialEq)]
pub struct CallbackTimes {
    /// What they are called for: an event, or the function's name in the legacy face.
    pub name: &'static str,
    pub durations: Durations,
}

/// PHP's heap, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PhpMemory {
    /// By PHP's variables.
    pub used: usize,
    /// Taken from the system.
    pub reserved: usize,
    /// The most that was taken at once.
    pub peak: usize,
}

impl Board {
    /// `current_callback` names the callback that runs; it is asked by any thread, and has not to wait for PHP.
    pub fn new(php: String, stall_after: Duration, current_callback: fn() -> Option<String>) -> Board {
        Board {
            heartbeat: Heartbeat::new(stall_after),
            log: LogRing::default(),
            about: About { php, since: Instant::now(), started_at: SystemTime::now() },
            snapshot: Mutex::default(),
            server: OnceLock::new(),
            current_callback,
        }
    }

    /// The server listens on these addresses.
    pub fn attach(&self, counters: Counters, addresses: Vec<String>) {
        // There is one server for a board.
        let _ = self.server.set((counters, addresses));
    }

    pub fn publish(&self, snapshot: Snapshot) {
        *lock(&self.snapshot) = snapshot;
    }

    /// The callback that runs.
    pub fn current_callback(&self) -> Option<String> {
        (self.current_callback)()
    }

    pub fn addresses(&self) -> &[String] {
        self.server.get().map_or(&[], |(_, addresses)| addresses)
    }

    /// All that is known now: what was published last, and what the I/O threads have counted since.
    pub fn look(&self) -> View {
        let mut snapshot = lock(&self.snapshot).clone();
        let mut connections = snapshot.connections;
        if let Some((counters, _)) = self.server.get() {
            counters.add_to(&mut snapshot.stats);
            connections = counters.connections().unwrap_or(connections);
        }
        let now = Instant::now();
        let health = self.heartbeat.health(now);
        View {
            snapshot,
            connections: connections as u64,
            health,
            late: self.heartbeat.late(now),
            callback: self.current_callback(),
            uptime: now - self.about.since,
        }
    }
}

/// The board, as it was at one moment.
#[derive(Debug, Clone)]
pub struct View {
    /// With the counters of all threads.
    pub snapshot: Snapshot,
    /// Open or not, and those whose sockets are ending.
    pub connections: u64,
    pub health: Health,
    /// For how long the loop should have turned.
    pub late: Duration,
    /// The callback that runs.
    pub callback: Option<String>,
    pub uptime: Duration,
}

impl View {
    /// Connections that are over for the application, and whose sockets are ending.
    pub fn closing(&self) -> u64 {
        let stats = &self.snapshot.stats;
        self.connections.saturating_sub(stats.open()).saturating_sub(stats.connecting())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_the_threads_count_is_there_without_the_loop() {
        let board = Board::new(String::new(), Duration::from_secs(10), || Some("text".to_owned()));
        let thread = Arc::new(Mutex::new(Stats { opened: 3, accepted: 4, ..Stats::default() }));
        let live = Arc::new(std::sync::atomic::AtomicUsize::new(5));
        board.attach(Counters { threads: vec![Arc::clone(&thread)], live }, vec!["tcp://x:1".to_owned()]);
        board.publish(Snapshot {
            stats: Stats { fifo_messages: 7, ..Stats::default() },
            ..Snapshot::default()
        });
        thread.lock().unwrap().opened = 4;
        let view = board.look();
        let stats = &view.snapshot.stats;
        assert_eq!((stats.opened, stats.fifo_messages, view.connections), (4, 7, 5));
        assert_eq!((stats.open(), stats.connecting(), view.closing()), (4, 0, 1));
        assert_eq!(
            (board.addresses(), view.callback.as_deref()),
            (&["tcp://x:1".to_owned()][..], Some("text"))
        );
    }
}
