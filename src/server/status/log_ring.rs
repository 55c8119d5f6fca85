//! The last lines of the log.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Lines that are kept.
const LINES: usize = 100;
/// Characters of a line that are kept: its beginning, up to the first line break. Traces have arguments in them.
const LENGTH: usize = 300;

/// A few lines, whichever thread wrote them.
#[derive(Debug, Default)]
pub struct LogRing(Mutex<Lines>);

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<LogLine>,
    last: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    /// Counts from 1.
    pub number: u64,
    /// Unix time.
    pub time: f64,
    /// As PSR-3 names it.
    pub level: &'static str,
    pub message: String,
}

impl LogRing {
    pub fn push(&self, level: &'static str, message: &str) {
        let first = message.lines().next().unwrap_or_default();
        let mut kept: String = first.chars().take(LENGTH).collect();
        if kept.len() < message.len() {
            kept.push_str(" …");
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let mut lines = self.lines();
        lines.last += 1;
        let number = lines.last;
        if lines.lines.len() == LINES {
            lines.lines.pop_front();
        }
        lines.lines.push_back(LogLine { number, time, level, message: kept });
    }

    /// The lines after that with this number, oldest first; 0 for all.
    pub fn after(&self, number: u64) -> Vec<LogLine> {
        self.lines().lines.iter().filter(|line| line.number > number).cloned().collect()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_and_no_more() {
        let ring = LogRing::default();
        (1..=LINES + 5).for_each(|number| ring.push("info", &format!("line {number}")));
        let all = ring.after(0);
        assert_eq!((all.len(), all[0].number, &*all[0].message), (LINES, 6, "line 6"));
        let new = ring.after(LINES as u64 + 4);
        assert_eq!((new.len(), &*new[0].message), (1, &*format!("line {}", LINES + 5)));
    }

    #[test]
    fn of_a_long_message_the_beginning_of_the_first_line_is_kept() {
        let ring = LogRing::default();
        for (message, kept) in [
            ("one", "one".to_owned()),
            ("one\n#0 trace('secret')", "one …".to_owned()),
            (&"é".repeat(LENGTH), "é".repeat(LENGTH)),
            (&"é".repeat(LENGTH + 1), "é".repeat(LENGTH) + " …"),
            ("", String::new()),
        ] {
            ring.push("error", message);
            assert_eq!(ring.after(0).pop().unwrap().message, kept);
        }
    }
}
