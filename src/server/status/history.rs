//! The last minutes, second by second: what the page plots.

use super::board::{Snapshot, View};
use super::process;
use crate::server::Durations;
use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds that are kept.
const LENGTH: usize = 300;

/// What a [`Point`] says, in the order of [`Point::to_json`].
pub const COLUMNS: [&str; 13] = [
    "time",
    "in",
    "out",
    "bytes_in",
    "bytes_out",
    "callbacks",
    "median",
    "p99",
    "lag",
    "open",
    "buffered",
    "heap",
    "resident",
];

/// Rates and levels of one second.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Milliseconds of Unix time.
    time: u64,
    /// A second: messages, bytes of sockets, callbacks.
    messages_in: f64,
    messages_out: f64,
    bytes_in: f64,
    bytes_out: f64,
    callbacks: f64,
    /// Seconds that callbacks took; `None` where there were none.
    median: Option<f64>,
    p99: Option<f64>,
    /// Seconds that turns of the loop took; nine of a hundred at most took longer.
    lag: Option<f64>,
    open: u64,
    buffered: u64,
    heap: u64,
    resident: u64,
}

/// Points, oldest first, and what the next one is compared with.
#[derive(Debug)]
pub struct History {
    points: VecDeque<Point>,
    before: Snapshot,
    at: Instant,
}

impl History {
    pub fn new(view: &View) -> History {
        History { points: VecDeque::with_capacity(LENGTH), before: view.snapshot.clone(), at: Instant::now() }
    }

    /// A second has passed.
    pub fn add(&mut self, view: &View, now: Instant) -> &Point {
        let point = Point::between(&self.before, view, now - self.at);
        self.before = view.snapshot.clone();
        self.at = now;
        if self.points.len() == LENGTH {
            self.points.pop_front();
        }
        self.points.push_back(point);
        &self.points[self.points.len() - 1]
    }

    pub fn to_json(&self) -> Vec<serde_json::Value> {
        self.points.iter().map(Point::to_json).collect()
    }
}

impl Point {
    fn between(before: &Snapshot, view: &View, passed: Duration) -> Point {
        let now = &view.snapshot;
        let seconds = passed.as_secs_f64().max(1e-3);
        let rate = |earlier: u64, later: u64| later.saturating_sub(earlier) as f64 / seconds;
        let (was, is) = (&before.stats, &now.stats);
        let callbacks = all_callbacks(now).since(&all_callbacks(before));
        Point {
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64,
            messages_in: rate(was.text_in + was.binary_in, is.text_in + is.binary_in),
            messages_out: rate(
                was.text_out + was.binary_out + was.raw_out,
                is.text_out + is.binary_out + is.raw_out,
            ),
            bytes_in: rate(was.bytes_in, is.bytes_in),
            bytes_out: rate(was.bytes_out, is.bytes_out),
            callbacks: callbacks.total() as f64 / seconds,
            median: callbacks.quantile(0.5),
            p99: callbacks.quantile(0.99),
            lag: now.turns.since(&before.turns).quantile(0.99),
            open: is.open(),
            buffered: is.buffered,
            heap: now.memory.used as u64,
            resident: process::resident_bytes().unwrap_or_default(),
        }
    }

    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!([
            self.time,
            round(self.messages_in),
            round(self.messages_out),
            round(self.bytes_in),
            round(self.bytes_out),
            round(self.callbacks),
            self.median,
            self.p99,
            self.lag,
            self.open,
            self.buffered,
            self.heap,
            self.resident,
        ])
    }
}

fn all_callbacks(snapshot: &Snapshot) -> Durations {
    snapshot.callbacks.iter().fold(Durations::default(), |mut sum, callback| {
        sum += &callback.durations;
        sum
    })
}

/// Tenths are enough to look at.
fn round(rate: f64) -> f64 {
    (rate * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::status::board::{Board, CallbackTimes};

    #[test]
    fn a_point_is_what_happened_since_the_last_one() {
        let board = Board::new(String::new(), Duration::from_secs(10), || None);
        let mut snapshot = Snapshot::default();
        snapshot.stats.text_in = 100;
        board.publish(snapshot.clone());
        let mut history = History::new(&board.look());
        snapshot.stats.text_in = 300;
        snapshot.stats.binary_in = 100;
        snapshot.stats.bytes_out = 3000;
        let mut durations = Durations::default();
        durations.count(Duration::from_millis(4));
        snapshot.callbacks = vec![CallbackTimes { name: "text", durations }];
        board.publish(snapshot);
        let two_seconds = history.at + Duration::from_secs(2);
        let point = history.add(&board.look(), two_seconds).clone();
        assert_eq!((point.messages_in, point.bytes_out, point.callbacks), (150.0, 1500.0, 0.5));
        let (median, p99) = (point.median.unwrap(), point.p99.unwrap());
        assert!((0.001..=0.004).contains(&median) && median <= p99 && p99 <= 0.004, "{median} {p99}");
        let quiet = history.add(&board.look(), two_seconds + Duration::from_secs(1));
        assert_eq!((quiet.messages_in, quiet.median), (0.0, None));
        assert_eq!(quiet.to_json().as_array().unwrap().len(), COLUMNS.len());
        (0..2 * LENGTH).for_each(|_| drop(history.add(&board.look(), two_seconds).clone()));
        assert_eq!(history.to_json().len(), LENGTH);
    }
}
