//! Where log lines go: the sink behind the `log` crate.

use crate::server::{Board, LogTarget};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::collections::VecDeque;
use std::fmt::{Display, Write as _};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Log lines may tell about clients: the file is for its owner and group.
const FILE_MODE: u32 = 0o640;

/// Lines that PHP is to be told, and has not been; further ones are lost, and counted.
const MAX_WAITING: usize = 10_000;

static SINK: Sink =
    Sink(Mutex::new(State { output: None, level: LevelFilter::Off, audience: None, board: None }));

struct Sink(Mutex<State>);

struct State {
    output: Option<Output>,
    level: LevelFilter,
    /// Lines for PHP, where it listens.
    audience: Option<Audience>,
    /// The last ones are shown there.
    board: Option<Arc<Board>>,
}

#[derive(Default)]
struct Audience {
    waiting: VecDeque<Line>,
    lost: usize,
    /// PHP has a logger of its own: nothing goes to the output.
    instead: bool,
}

enum Output {
    Stderr,
    Stdout,
    File(File),
}

/// A log line on its way to PHP.
pub struct Line {
    /// As PSR-3 names it.
    pub level: &'static str,
    pub message: String,
}

/// Makes the sink known to the `log` crate; it swallows everything until [`open`].
pub fn register() {
    // Fails only where the module is started twice in one process: then it is registered.
    let _ = log::set_logger(&SINK);
    log::set_max_level(LevelFilter::Off);
}

/// Sends lines to `target` from now on.
pub fn open(target: Option<&LogTarget>, level: LevelFilter) -> Result<(), String> {
    let output = match target {
        None => None,
        Some(LogTarget::Stderr) => Some(Output::Stderr),
        Some(LogTarget::Stdout) => Some(Output::Stdout),
        Some(LogTarget::File(path)) => {
            let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path);
            Some(Output::File(file.map_err(|error| format!("option \"log\": {}: {error}", path.display()))?))
        }
    };
    let mut state = SINK.state();
    state.output = output;
    state.level = level;
    state.set_max_level();
    Ok(())
}

/// Keeps lines for PHP, which asks with [`next_line`]; `instead` of the output, or beside it.
pub fn listen(instead: bool) {
    let mut state = SINK.state();
    state.audience.get_or_insert_default().instead = instead;
    state.set_max_level();
}

/// PHP listens no more.
pub fn leave() {
    let mut state = SINK.state();
    state.audience = None;
    state.set_max_level();
}

/// How many lines wait for PHP.
pub fn waiting() -> usize {
    SINK.state().audience.as_ref().map_or(0, |audience| audience.waiting.len())
}

/// The next line for PHP.
pub fn next_line() -> Option<Line> {
    let mut state = SINK.state();
    let audience = state.audience.as_mut()?;
    let lost = std::mem::take(&mut audience.lost);
    if lost > 0 {
        return Some(Line { level: "warning", message: format!("{lost} log lines were lost") });
    }
    audience.waiting.pop_front()
}

/// A line about the audience itself, past it.
pub fn write_past_audience(message: &str) {
    let mut state = SINK.state();
    state.show("error", message);
    state.write("error", message);
}

/// Keeps the last lines there too, wherever else they go. `None`: no more.
pub fn remember(board: Option<Arc<Board>>) {
    let mut state = SINK.state();
    state.board = board;
    state.set_max_level();
}

/// A line that the audience gets by another way.
pub fn show(level: &'static str, message: &str) {
    SINK.state().show(level, message);
}

/// The end of [`open`].
pub fn close() {
    let mut state = SINK.state();
    state.output = None;
    state.set_max_level();
}

impl Sink {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set_max_level(&self) {
        let listens = self.output.is_some() || self.audience.is_some() || self.board.is_some();
        log::set_max_level(if listens { self.level } else { LevelFilter::Off });
    }

    fn show(&self, level: &'static str, message: &str) {
        if let Some(board) = &self.board {
            board.log.push(level, message);
        }
    }

    fn write(&mut self, level: &str, message: impl Display) {
        let mut line = timestamp(SystemTime::now());
        if writeln!(line, " {level}: {message}").is_err() {
            return;
        }
        // A line that can't be written has nowhere else to go.
        let _ = match self.output.as_mut() {
            None => Ok(()),
            Some(Output::Stderr) => io::stderr().write_all(line.as_bytes()),
            Some(Output::Stdout) => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush())
            }
            Some(Output::File(file)) => file.write_all(line.as_bytes()),
        };
    }
}

impl Log for Sink {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut state = self.state();
        if state.board.is_some() {
            state.show(psr_name(record.level()), &record.args().to_string());
        }
        let instead = match &mut state.audience {
            Some(audience) => {
                if audience.waiting.len() < MAX_WAITING {
                    let message = record.args().to_string();
                    audience.waiting.push_back(Line { level: psr_name(record.level()), message });
                } else {
                    audience.lost += 1;
                }
                audience.instead
            }
            None => false,
        };
        if !instead {
            let level = record.level().as_str().to_ascii_lowercase();
            state.write(&level, record.args());
        }
    }

    fn flush(&self) {}
}

fn psr_name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info",
        Level::Debug | Level::Trace => "debug",
    }
}

/// `[2026-11-21 02:35:11.042]`, UTC.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() as libc::time_t;
    // SAFETY: plain data, filled in from a valid time.
    let parts = unsafe {
        let mut parts = std::mem::zeroed();
        libc::gmtime_r(&raw const seconds, &raw mut parts);
        parts
    };
    format!(
        "[{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}]",
        parts.tm_year + 1900,
        parts.tm_mon + 1,
        parts.tm_mday,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        since.subsec_millis()
    )
}
