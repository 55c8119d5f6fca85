//! Where log lines go: the sink behind the `log` crate.

use crate::server::LogTarget;
use log::{LevelFilter, Log, Metadata, Record};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Log lines may tell about clients: the file is for its owner and group.
const FILE_MODE: u32 = 0o640;

static SINK: Sink = Sink(Mutex::new(None));

struct Sink(Mutex<Option<Output>>);

enum Output {
    Stderr,
    Stdout,
    File(File),
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
    log::set_max_level(if output.is_some() { level } else { LevelFilter::Off });
    *SINK.0.lock().unwrap_or_else(PoisonError::into_inner) = output;
    Ok(())
}

/// The end of [`open`].
pub fn close() {
    log::set_max_level(LevelFilter::Off);
    *SINK.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl Log for Sink {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = timestamp(SystemTime::now());
        let level = record.level().as_str().to_ascii_lowercase();
        if writeln!(line, " {level}: {}", record.args()).is_err() {
            return;
        }
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A line that can't be written has nowhere else to go.
        let _ = match output.as_mut() {
            None => Ok(()),
            Some(Output::Stderr) => io::stderr().write_all(line.as_bytes()),
            Some(Output::Stdout) => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush())
            }
            Some(Output::File(file)) => file.write_all(line.as_bytes()),
        };
    }

    fn flush(&self) {}
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
