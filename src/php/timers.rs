//! Timers: what is to be called when.

use super::call::Callback;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A heap of due times over a table of timers. A cancelled one leaves its heap entry behind, which is skipped when its
/// time comes, or swept when there are too many.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<Entry>>,
    timers: HashMap<i64, Timer>,
    last: i64,
}

/// Ordered by time; timers of the same moment in the order in which they were set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    due: Instant,
    id: i64,
}

pub struct Timer {
    pub callback: Rc<Callback>,
    due: Instant,
    /// `None`: once.
    period: Option<Duration>,
}

/// Dead entries that are not worth sweeping.
const FEW: usize = 64;

impl Timers {
    pub fn set(&mut self, after: Duration, callback: Callback, repeat: bool) -> i64 {
        self.last += 1;
        let due = Instant::now() + after;
        let timer = Timer { callback: Rc::new(callback), due, period: repeat.then_some(after) };
        self.timers.insert(self.last, timer);
        self.heap.push(Reverse(Entry { due, id: self.last }));
        self.last
    }

    /// The caller drops it, when nothing is borrowed: a destructor may run.
    pub fn cancel(&mut self, id: i64) -> Option<Timer> {
        let timer = self.timers.remove(&id);
        if self.heap.len() > 2 * self.timers.len() + FEW {
            let timers = &self.timers;
            self.heap
                .retain(|Reverse(entry)| timers.get(&entry.id).is_some_and(|timer| timer.due == entry.due));
        }
        timer
    }

    /// When the next one is due.
    pub fn next(&mut self) -> Option<Instant> {
        while let Some(Reverse(entry)) = self.heap.peek() {
            if self.is_live(*entry) {
                return Some(entry.due);
            }
            self.heap.pop();
        }
        None
    }

    /// Those that are due now, in order. Each is to be started when its turn comes: an earlier one may cancel it.
    pub fn due_now(&mut self) -> Vec<i64> {
        if self.heap.is_empty() {
            return Vec::new();
        }
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some(Reverse(entry)) = self.heap.peek().copied() {
            if entry.due > now {
                break;
            }
            self.heap.pop();
            if self.is_live(entry) {
                due.push(entry.id);
            }
        }
        due
    }

    /// What to call; `None` where it was cancelled. One that repeats is set again, a period after it was due, or after
    /// now where it is late already; the other is gone.
    pub fn start(&mut self, id: i64) -> Option<Rc<Callback>> {
        let timer = self.timers.get_mut(&id)?;
        let Some(period) = timer.period else {
            return self.timers.remove(&id).map(|timer| timer.callback);
        };
        let (now, next) = (Instant::now(), timer.due + period);
        timer.due = if next > now { next } else { now + period };
        self.heap.push(Reverse(Entry { due: timer.due, id }));
        Some(Rc::clone(&timer.callback))
    }

    pub fn len(&self) -> usize {
        self.timers.len()
    }

    pub fn callbacks(&self) -> impl Iterator<Item = &Rc<Callback>> {
        self.timers.values().map(|timer| &timer.callback)
    }

    fn is_live(&self, entry: Entry) -> bool {
        self.timers.get(&entry.id).is_some_and(|timer| timer.due == entry.due)
    }
}
