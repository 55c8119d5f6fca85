//! How long callbacks take, and the loop.
//!
//! Reading a precise clock costs more than calling PHP does, so each callback is timed by the coarse clock of the
//! kernel's ticks, which is nearly free, and one in [`SAMPLE`] by the precise one. What is shorter than a tick is
//! counted by the samples, and what is longer one by one.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// One callback in so many is timed precisely.
const SAMPLE: u64 = 16;

/// Upper bounds of the histogram's buckets, in microseconds; what is longer than the last has a bucket of its own.
pub const BOUNDS: [u64; 14] =
    [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000];

/// What was counted since the server's start.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub callbacks: u64,
    /// Estimated, as the buckets are.
    pub seconds: f64,
    pub longest: Duration,
    /// Not cumulative. The last one is for what is longer than all bounds.
    pub buckets: [u64; BOUNDS.len() + 1],
    pub turns: u64,
    /// Time that the loop spent outside of its waits: that long something that happened had to wait.
    pub lag: Duration,
    pub longest_lag: Duration,
}

/// When a callback began.
pub struct Beat {
    coarse: Duration,
    precise: Option<Instant>,
}

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// What a callback may take before it is logged; zero: never.
    static SLOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static FIGURES: RefCell<Figures> = RefCell::default();
}

/// A server starts.
pub fn reset(slow_callback: Duration) {
    COUNT.set(0);
    SLOW.set(slow_callback);
    FIGURES.take();
}

pub fn set_slow(slow_callback: Duration) {
    SLOW.set(slow_callback);
}

pub fn figures() -> Figures {
    let mut figures = FIGURES.with_borrow(Figures::clone);
    figures.callbacks = COUNT.get();
    figures
}

#[inline]
pub fn begin() -> Beat {
    let count = COUNT.get();
    COUNT.set(count + 1);
    Beat { coarse: coarse(), precise: count.is_multiple_of(SAMPLE).then(Instant::now) }
}

/// `name` is asked where the callback took too long.
#[inline]
pub fn end(beat: Beat, name: impl FnOnce() -> String) {
    let coarse = coarse() - beat.coarse;
    if coarse.is_zero() {
        if let Some(began) = beat.precise {
            count(began.elapsed(), SAMPLE);
        }
    } else {
        long(beat.precise.map_or(coarse, |began| began.elapsed()), name);
    }
}

/// The loop has been busy for so long.
pub fn turned(busy: Duration) {
    FIGURES.with_borrow_mut(|figures| {
        figures.turns += 1;
        figures.lag = busy;
        figures.longest_lag = figures.longest_lag.max(busy);
    });
}

#[cold]
fn long(took: Duration, name: impl FnOnce() -> String) {
    count(took, 1);
    let slow = SLOW.get();
    if !slow.is_zero() && took >= slow {
        log::warn!("a callback took {:.3} s: {}", took.as_secs_f64(), name());
    }
}

fn count(took: Duration, weight: u64) {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let bucket = BOUNDS.iter().position(|bound| micros < *bound).unwrap_or(BOUNDS.len());
    FIGURES.with_borrow_mut(|figures| {
        figures.buckets[bucket] += weight;
        figures.seconds += took.as_secs_f64() * weight as f64;
        figures.longest = figures.longest.max(took);
    });
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
