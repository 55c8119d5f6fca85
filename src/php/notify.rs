//! What a service manager is told (`sd_notify(3)`), where `NOTIFY_SOCKET` names one. A server that was started by hand
//! tells nobody.

use sd_notify::NotifyState;
use std::time::{Duration, Instant};

/// Listening, and the application has been told.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// On the way to the end.
pub fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// Signs of life, where the service manager asks for them (`WatchdogSec=`). They come from the loop, so a callback that
/// never returns ends them.
#[derive(Debug)]
pub struct Watchdog {
    every: Option<Duration>,
    last: Instant,
}

impl Watchdog {
    pub fn new() -> Watchdog {
        // Twice as often as asked for: sd_watchdog_enabled(3).
        let every = sd_notify::watchdog_enabled().map(|limit| limit / 2);
        Watchdog { every, last: Instant::now() }
    }

    /// The loop has turned.
    pub fn turned(&mut self) {
        let Some(every) = self.every else { return };
        let now = Instant::now();
        if now.duration_since(self.last) >= every {
            self.last = now;
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::warn!("the service manager could not be told: {error}");
    }
}
