//! How long callbacks take, and the loop.
//!
//! Reading a precise clock costs more than calling PHP does, so each callback is timed by the coarse clock of the
//! kernel's ticks, which is nearly free, and one in [`SAMPLE`] of those with the same label by the precise one. What is
//! longer than a tick is counted one by one, and what is shorter is taken to be as long as the sample before it was.

use super::label::{LABELS, Label};
use super::on_stage::{self, Mark};
use super::place::place;
use crate::server::{CallbackTimes, Durations};
use std::cell::{Cell, RefCell};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// One callback in so many is timed precisely.
const SAMPLE: u64 = 16;
const NANOSECONDS: u64 = 1_000_000_000;

place! {
    /// Made when the first server of the thread starts, and kept.
    static PULSE: Pulse;
}

struct Pulse {
    tallies: [Tally; LABELS],
    times: RefCell<[Times; LABELS]>,
    turns: RefCell<Turns>,
    /// What a callback may take before it is logged; zero: never.
    slow: Cell<Duration>,
    /// When the last callback ended, by [`coarse`], while the loop calls one after the other: the next one begins then.
    chain: Cell<Option<NonZeroU64>>,
}

/// When a callback began.
pub struct Beat {
    /// By [`coarse`].
    began: NonZeroU64,
    /// It was called by the loop, and not by another callback.
    chained: bool,
    precise: Option<Instant>,
    label: Label,
    /// What ran before, where somebody wants to know what runs.
    before: Option<Mark>,
}

/// The loop's figures since the server's start.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    /// Time that the loop spent outside of its waits: that long something that happened had to wait.
    pub durations: Durations,
    /// That of the last turn.
    pub last: Duration,
}

/// Of one label: how many callbacks there were, and after which one the next sample is due.
#[derive(Default)]
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
    /// The last sample, and its bucket.
    sample: Duration,
    bucket: usize,
}

/// A server starts.
pub fn reset(slow_callback: Duration) {
    if PULSE.get().is_null() {
        PULSE.replace(Box::into_raw(Box::new(Pulse::new())));
    }
    if let Some(pulse) = here() {
        pulse.reset();
        pulse.slow.set(slow_callback);
    }
    on_stage::clear();
}

pub fn set_slow(slow_callback: Duration) {
    if let Some(pulse) = here() {
        pulse.slow.set(slow_callback);
    }
}

/// The times of all callbacks that were called, by label.
pub fn callbacks() -> Vec<CallbackTimes> {
    here().map(Pulse::callbacks).unwrap_or_default()
}

pub fn turns() -> Turns {
    here().map(|pulse| pulse.turns.borrow().clone()).unwrap_or_default()
}

/// The loop calls callbacks from now on, one after the other, and does nothing else that takes long.
pub fn chain() {
    if let Some(pulse) = here() {
        pulse.chain.set(Some(coarse()));
    }
}

/// It has called them.
pub fn unchain() {
    if let Some(pulse) = here() {
        pulse.chain.set(None);
    }
}

/// `mark` is asked where somebody wants to know what runs.
#[inline]
pub fn begin(label: Label, mark: impl FnOnce() -> Mark) -> Beat {
    let (sampled, ended) = match here() {
        Some(pulse) => (pulse.tallies[label.index()].add(), pulse.chain.take()),
        None => (false, None),
    };
    let before = on_stage::is_watched().then(|| on_stage::enter(mark()));
    let began = ended.unwrap_or_else(coarse);
    Beat { began, chained: ended.is_some(), precise: sampled.then(Instant::now), label, before }
}

/// `name` is asked where the callback took too long.
#[inline]
pub fn end(beat: Beat, name: impl FnOnce() -> String) {
    if let Some(before) = beat.before {
        on_stage::leave(before);
    }
    let now = coarse();
    if beat.chained
        && let Some(pulse) = here()
    {
        pulse.chain.set(Some(now));
    }
    if now == beat.began {
        if let Some(began) = beat.precise {
            sampled(beat.label, began.elapsed());
        }
    } else {
        long(&beat, now, name);
    }
}

/// The loop has been busy for so long.
pub fn turned(busy: Duration) {
    if let Some(pulse) = here() {
        let mut turns = pulse.turns.borrow_mut();
        turns.durations.count(busy);
        turns.last = busy;
    }
}

fn sampled(label: Label, took: Duration) {
    let Some(pulse) = here() else { return };
    let tally = &pulse.tallies[label.index()];
    let count = tally.count.get();
    tally.next_sample.set(count + SAMPLE - 1);
    let times = &mut pulse.times.borrow_mut()[label.index()];
    times.settle(count - 1);
    (times.sample, times.bucket) = (took, Durations::bucket(took));
    times.add(times.bucket, took);
}

#[cold]
fn long(beat: &Beat, now: NonZeroU64, name: impl FnOnce() -> String) {
    let Some(pulse) = here() else { return };
    let took = match beat.precise {
        Some(began) => began.elapsed(),
        None => Duration::from_nanos(now.get() - beat.began.get()),
    };
    pulse.times.borrow_mut()[beat.label.index()].add(Durations::bucket(took), took);
    let slow = pulse.slow.get();
    if !slow.is_zero() && took >= slow {
        log::warn!("a callback took {:.3} s: {}", took.as_secs_f64(), name());
    }
}

#[inline]
fn here<'a>() -> Option<&'a Pulse> {
    // SAFETY: null, or made by `reset` and never freed.
    unsafe { PULSE.get().as_ref() }
}

impl Pulse {
    fn new() -> Pulse {
        Pulse {
            tallies: std::array::from_fn(|_| Tally::default()),
            times: RefCell::new([Times::default(); LABELS]),
            turns: RefCell::default(),
            slow: Cell::default(),
            chain: Cell::default(),
        }
    }

    fn reset(&self) {
        for tally in &self.tallies {
            tally.count.set(0);
            tally.next_sample.set(0);
        }
        self.times.replace([Times::default(); LABELS]);
        self.turns.take();
        self.chain.set(None);
    }

    fn callbacks(&self) -> Vec<CallbackTimes> {
        Label::all()
            .filter_map(|label| {
                let count = self.tallies[label.index()].count.get();
                let mut times = self.times.borrow()[label.index()];
                times.settle(count);
                (count > 0).then(|| CallbackTimes { name: label.name(), durations: times.durations })
            })
            .collect()
    }
}

impl Tally {
    /// One more. True: it is to be timed.
    #[inline]
    fn add(&self) -> bool {
        let count = self.count.get() + 1;
        self.count.set(count);
        count > self.next_sample.get()
    }
}

impl Times {
    fn add(&mut self, bucket: usize, took: Duration) {
        self.durations.count_in(bucket, took);
        self.settled += 1;
    }

    /// Adds those that were not timed, as long as the last sample: so many there were in all. A figure that has been
    /// shown never shrinks.
    fn settle(&mut self, count: u64) {
        let missing = count.saturating_sub(self.settled);
        self.durations.buckets[self.bucket] += missing;
        self.durations.seconds += self.sample.as_secs_f64() * missing as f64;
        self.settled += missing;
    }
}

/// Nanoseconds by the clock that goes on with the kernel's ticks. By libc and not by rustix, which looks for the kernel's page
/// itself, and does not find it under valgrind.
#[cfg(target_os = "linux")]
fn coarse() -> NonZeroU64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place to write to; this clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut now) };
    // From the start of the machine: a number that is not 0, and fits.
    NonZeroU64::MIN.saturating_add(now.tv_sec as u64 * NANOSECONDS + now.tv_nsec as u64)
}

#[cfg(not(target_os = "linux"))]
fn coarse() -> NonZeroU64 {
    thread_local! {
        static START: Instant = Instant::now();
    }
    // No such clock: milliseconds of the precise one, so that the rest is the same.
    NonZeroU64::MIN.saturating_add(START.with(Instant::elapsed).as_millis() as u64 * (NANOSECONDS / 1000))
}
