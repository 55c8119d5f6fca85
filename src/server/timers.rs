//! Deadlines of connections: a heap with at most one live entry each.

use super::ConnKey;
use crate::protocol::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// When to look at which connection again.
///
/// Most deadlines (ping, idle) move later with every message and are never reached. They are therefore not
/// moved in the heap: an entry that comes up early is looked at and armed again.
#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Timestamp, ConnKey)>>,
}

/// The deadline for which a connection stands in the heap; kept by the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Armed(Moment);

/// A point in time that may be missing, in the room of one that is there: each connection has some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(Timestamp);

impl Timers {
    /// Makes sure that `key` comes up at `deadline` or earlier.
    pub fn arm(&mut self, key: ConnKey, armed: &mut Armed, deadline: Option<Timestamp>) {
        let Some(deadline) = deadline else { return };
        if armed.0.is_none_or(|earlier| deadline < earlier) {
            armed.0 = Moment::at(deadline);
            self.heap.push(Reverse((deadline, key)));
        }
    }

    /// The earliest entry; it may be stale.
    pub fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// Takes the next entry that is due. The caller asks [`Armed::fired`] whether it still counts.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<(Timestamp, ConnKey)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }
}

impl Armed {
    /// Whether the connection stands in the heap.
    pub fn is_armed(self) -> bool {
        self.0.is_some()
    }

    /// Whether the entry for `deadline` is the live one; it is used up then.
    pub fn fired(&mut self, deadline: Timestamp) -> bool {
        let live = self.0.get() == Some(deadline);
        if live {
            self.0 = Moment::NONE;
        }
        live
    }
}

impl Moment {
    pub const NONE: Moment = Moment(Timestamp(u64::MAX));

    /// The end of time is none.
    pub fn at(timestamp: Timestamp) -> Moment {
        Moment(timestamp)
    }

    pub fn get(self) -> Option<Timestamp> {
        self.is_some().then_some(self.0)
    }

    #[inline]
    pub fn is_some(self) -> bool {
        self != Moment::NONE
    }

    pub fn is_none_or(self, test: impl FnOnce(Timestamp) -> bool) -> bool {
        self.get().is_none_or(test)
    }
}

impl Default for Moment {
    fn default() -> Self {
        Moment::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(slot: usize) -> ConnKey {
        ConnKey::new(0, slot, 0)
    }

    #[test]
    fn a_later_deadline_costs_no_entry_and_an_earlier_one_wins() {
        let (mut timers, mut armed) = (Timers::default(), Armed::default());
        timers.arm(key(1), &mut armed, Some(Timestamp(50)));
        timers.arm(key(1), &mut armed, Some(Timestamp(90)));
        assert_eq!(timers.heap.len(), 1);
        timers.arm(key(1), &mut armed, Some(Timestamp(20)));
        assert_eq!(timers.pop_due(Timestamp(60)), Some((Timestamp(20), key(1))));
        assert!(armed.fired(Timestamp(20)));
        let (stale, _) = timers.pop_due(Timestamp(60)).unwrap();
        assert!(!armed.fired(stale), "the first entry is stale now");
        assert_eq!(timers.pop_due(Timestamp(60)), None);
    }

    #[test]
    fn entries_come_in_order_and_not_early() {
        let mut timers = Timers::default();
        for slot in [3, 1, 2] {
            timers.arm(key(slot), &mut Armed::default(), Some(Timestamp(slot as u64 * 10)));
        }
        assert_eq!(timers.pop_due(Timestamp(9)), None);
        assert_eq!(timers.pop_due(Timestamp(20)), Some((Timestamp(10), key(1))));
        assert_eq!(timers.pop_due(Timestamp(20)), Some((Timestamp(20), key(2))));
        assert_eq!(timers.pop_due(Timestamp(20)), None);
    }
}
