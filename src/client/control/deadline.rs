//! How long one call may wait.

use super::failure::Problem;
use std::time::{Duration, Instant};

/// The time that a call may spend waiting for the server, in sum. It stands still while a name is looked up, and while the
/// application makes the next piece of a message.
#[derive(Debug)]
pub struct Deadline {
    timeout: Duration,
    left: Duration,
    /// Since when it runs.
    since: Option<Instant>,
}

impl Deadline {
    pub fn within(timeout: Duration) -> Deadline {
        Deadline { timeout, left: timeout, since: Some(Instant::now()) }
    }

    /// What is left, never zero.
    pub fn left(&self) -> Result<Duration, Problem> {
        let passed = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        match self.left.saturating_sub(passed) {
            // A timeout of no microseconds would be none at all for the kernel.
            left if left < Duration::from_micros(1) => Err(self.passed()),
            left => Ok(left),
        }
    }

    pub fn passed(&self) -> Problem {
        Problem::TimedOut(self.timeout)
    }

    pub fn rest(&mut self) {
        if let Some(since) = self.since.take() {
            self.left = self.left.saturating_sub(since.elapsed());
        }
    }

    pub fn resume(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_while_it_rests() {
        let mut deadline = Deadline::within(Duration::from_secs(3600));
        deadline.rest();
        let left = deadline.left().unwrap();
        assert_eq!(deadline.left().unwrap(), left);
        deadline.resume();
        assert!(deadline.left().unwrap() <= left);
    }

    #[test]
    fn it_ends() {
        let mut deadline = Deadline::within(Duration::from_nanos(1));
        deadline.rest();
        assert!(matches!(deadline.left(), Err(Problem::TimedOut(timeout)) if timeout.as_nanos() == 1));
    }
}
