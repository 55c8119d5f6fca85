//! Which callback runs, for a thread that wonders why the loop does not turn.
//!
//! The thread can't ask PHP: it would have to wait for the very callback that it wonders about. So PHP's thread notes a
//! number before each call, and has put down beforehand what the number stands for.

use super::label::{LABELS, Label};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Names that are put down at most; further callbacks go by what they are called for.
const MAX_NAMES: usize = 1000;

/// The callback that runs: 0 for none, then the labels, then [`NAMES`].
static CURRENT: AtomicU32 = AtomicU32::new(0);

static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Whether anybody may ask: only then callbacks are told apart by more than their labels.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// What stands for a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u32);

impl Mark {
    pub fn of(label: Label) -> Mark {
        Mark(label.index() as u32 + 1)
    }

    /// For a callback whose name says more than its label.
    pub fn named(label: Label, name: &str) -> Mark {
        if name == label.name() {
            return Mark::of(label);
        }
        let name = format!("{} ({name})", label.name());
        let mut names = names();
        let index = names.iter().position(|known| *known == name).or_else(|| {
            let room = names.len() < MAX_NAMES;
            room.then(|| {
                names.push(name);
                names.len() - 1
            })
        });
        index.map_or(Mark::of(label), |index| Mark((LABELS + index) as u32 + 1))
    }
}

#[inline]
pub fn is_watched() -> bool {
    WATCHED.load(Relaxed)
}

pub fn set_watched(watched: bool) {
    WATCHED.store(watched, Relaxed);
}

/// A callback begins. Returns the one in which it does, which goes on when it ends.
#[inline]
pub fn enter(mark: Mark) -> Mark {
    // There is one thread that writes.
    let before = CURRENT.load(Relaxed);
    CURRENT.store(mark.0, Relaxed);
    Mark(before)
}

#[inline]
pub fn leave(before: Mark) {
    CURRENT.store(before.0, Relaxed);
}

/// No callback runs.
pub fn clear() {
    CURRENT.store(0, Relaxed);
}

/// The name of the callback that runs; for any thread.
pub fn name() -> Option<String> {
    let index = CURRENT.load(Relaxed).checked_sub(1)? as usize;
    match index.checked_sub(LABELS) {
        None => Label::all().nth(index).map(|label| label.name().to_owned()),
        Some(index) => names().get(index).cloned(),
    }
}

fn names() -> MutexGuard<'static, Vec<String>> {
    NAMES.lock().unwrap_or_else(PoisonError::into_inner)
}
