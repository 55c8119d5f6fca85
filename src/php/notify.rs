//! What a service manager is told (`sd_notify(3)`), where `NOTIFY_SOCKET` names one. A server that was started by hand
//! tells nobody.

use crate::server::SignsOfLife;
use sd_notify::NotifyState;

/// Listening, and the application has been told.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// On the way to the end.
pub fn stopping(status: &str) {
    tell(&[NotifyState::Stopping, NotifyState::Status(status)]);
}

/// Signs of life, where the service manager asks for them (`WatchdogSec=`). The status thread gives them, for as long as
/// the loop turns: a callback that takes longer than `stall_after` ends them.
pub fn signs_of_life() -> Option<SignsOfLife> {
    // Twice as often as asked for: sd_watchdog_enabled(3).
    let every = sd_notify::watchdog_enabled()? / 2;
    Some(SignsOfLife { every, give: Box::new(|| tell(&[NotifyState::Watchdog])) })
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        log::warn!("the service manager could not be told: {error}");
    }
}
