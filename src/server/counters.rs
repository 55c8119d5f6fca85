//! A server's counters, for a thread that does not have its driver.

use super::Stats;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// What the I/O threads count, as of the last turn of each, and how many connections they have together. Empty where
/// there are none: what the loop's own thread counts is known only to itself.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    pub(super) threads: Vec<Arc<Mutex<Stats>>>,
    pub(super) live: Arc<AtomicUsize>,
}

impl Counters {
    pub fn add_to(&self, stats: &mut Stats) {
        for thread in &self.threads {
            *stats += &*thread.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Connections of all threads; `None` where there are none.
    pub fn connections(&self) -> Option<usize> {
        (!self.threads.is_empty()).then(|| self.live.load(Relaxed))
    }
}
