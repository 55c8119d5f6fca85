//! How long callbacks take, and the loop.
//!
//! Reading a precise clock costs more than calling PHP does, so each callback is timed by the coarse clock of the
//! kernel's ticks, which is nearly free, and one in [`SAMPLE`] of those with the same label by the precise one. What is
//! longer than a tick is counted one by one, and what is shorter is taken to be as long as the sample before it was.

use super::label::{LABELS, Label};
use super::on_stage::{self, Mark};
use crate::server::{CallbackTimes, Durations};
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// One callback in so many is timed precisely.
const SAMPLE: u64 = 16;

/// When a callback began.
pub struct Beat {
    coarse: Duration,
    precise: Option<Instant>,
    label: Label,
    /// What ran before.
    before: Mark,
}

/// The loop's figures since the server's start.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    /// Time that the loop spent outside of its waits: that long something that happened had to wait.
    pub durations: Durations,
    /// That of the last turn.
    pub last: Duration,
}

/// Of one label: how many callbacks there were, and with which one the next sample is due.
struct Tally {
    count: Cell<u64>,
    next_sample: Cell<u64>,
}

/// What was found out about them. `durations` may be behind: those that were short and not timed are added later.
#[derive(Clone, Copy, Default)]
struct Times {
    durations: Durations,
    /// How many of them are in `durations`.
    settled: u64,
    last_sample: Duration,
}

thread_local! {
    static TALLIES: [Tally; LABELS] =
        const { [const { Tally { count: Cell::new(0), next_sample: Cell::new(0) } }; LABELS] };
    static TIMES: RefCell<[Times; LABELS]> = RefCell::new([Times::default(); LABELS]);
    static TURNS: RefCell<Turns> = RefCell::default();
    /// What a callback may take before it is logged; zero: never.
    static SLOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A server starts.
pub fn reset(slow_callback: Duration) {
    TALLIES.with(|tallies| {
        for tally in tallies {
            tally.count.set(0);
            tally.next_sample.set(0);
        }
    });
    TIMES.set([Times::default(); LABELS]);
    TURNS.take();
    SLOW.set(slow_callback);
    on_stage::clear();
}

pub fn set_slow(slow_callback: Duration) {
    SLOW.set(slow_callback);
}

/// The times of all callbacks that were called, by label.
pub fn callbacks() -> Vec<CallbackTimes> {
    Label::all()
        .filter_map(|label| {
            let count = count(label);
            let mut times = TIMES.with_borrow(|all| all[label.index()]);
            times.settle(count);
            (count > 0).then(|| CallbackTimes { name: label.name(), durations: times.durations })
        })
        .collect()
}

pub fn turns() -> Turns {
    TURNS.with_borrow(Turns::clone)
}

#[inline]
pub fn begin(label: Label, mark: Mark) -> Beat {
    let sampled = TALLIES.with(|tallies| {
        let tally = &tallies[label.index()];
        let count = tally.count.get() + 1;
        tally.count.set(count);
        count > tally.next_sample.get()
    });
    let before = on_stage::enter(mark);
    Beat { coarse: coarse(), precise: sampled.then(Instant::now), label, before }
}

/// `name` is asked where the callback took too long.
#[inline]
pub fn end(beat: Beat, name: impl FnOnce() -> String) {
    on_stage::leave(beat.before);
    let coarse = coarse() - beat.coarse;
    if coarse.is_zero() {
        if let Some(began) = beat.precise {
            sampled(beat.label, began.elapsed());
        }
    } else {
        long(beat.label, beat.precise.map_or(coarse, |began| began.elapsed()), name);
    }
}

/// The loop has been busy for so long.
pub fn turned(busy: Duration) {
    TURNS.with_borrow_mut(|turns| {
        turns.durations.count(busy);
        turns.last = busy;
    });
}

fn sampled(label: Label, took: Duration) {
    let count = count(label);
    TALLIES.with(|tallies| tallies[label.index()].next_sample.set(count + SAMPLE - 1));
    change(label, |times| {
        times.settle(count - 1);
        times.add(took);
        times.last_sample = took;
    });
}

#[cold]
fn long(label: Label, took: Duration, name: impl FnOnce() -> String) {
    change(label, |times| times.add(took));
    let slow = SLOW.get();
    if !slow.is_zero() && took >= slow {
        log::warn!("a callback took {:.3} s: {}", took.as_secs_f64(), name());
    }
}

fn count(label: Label) -> u64 {
    TALLIES.with(|tallies| tallies[label.index()].count.get())
}

fn change(label: Label, change: impl FnOnce(&mut Times)) {
    TIMES.with_borrow_mut(|all| change(&mut all[label.index()]));
}

impl Times {
    fn add(&mut self, took: Duration) {
        self.durations.count(took);
        self.settled += 1;
    }

    /// Adds those that were not timed, as long as the last sample: so many there were in all. A figure that has been
    /// shown never shrinks.
    fn settle(&mut self, count: u64) {
        let missing = count.saturating_sub(self.settled);
        self.durations.buckets[Durations::bucket(self.last_sample)] += missing;
        self.durations.seconds += self.last_sample.as_secs_f64() * missing as f64;
        self.settled += missing;
    }
}

/// By libc and not by rustix, which looks for the kernel's page itself, and does not find it under valgrind.
#[cfg(target_os = "linux")]
fn coarse() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place to write to; this clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

#[cfg(not(target_os = "linux"))]
fn coarse() -> Duration {
    thread_local! {
        static START: Instant = Instant::now();
    }
    // No such clock: milliseconds of the precise one, so that the rest is the same.
    Duration::from_millis(START.with(Instant::elapsed).as_millis() as u64)
}
