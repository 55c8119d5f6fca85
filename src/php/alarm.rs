//! What wakes a foreign loop for the sake of ours: the driver's descriptor becomes readable when the time has come.

use super::agenda::Agenda;
use super::running;
use crate::server::SourceId;
use std::io;
use std::time::Duration;

/// A timer of the kernel's among the descriptors that the driver watches.
pub struct Alarm {
    timer: Timer,
    source: SourceId,
}

/// Sets one up for the server that runs, if it has none.
pub fn set_up() -> io::Result<()> {
    running::with(|running| {
        if running.alarm.is_none() {
            let timer = Timer::new()?;
            let source = running.driver.watch(timer.descriptor(), true, false)?;
            running.alarm = Some(Alarm { timer, source });
        }
        Ok(())
    })
    .unwrap_or(Ok(()))
}

/// Our loop rests until the foreign one turns it again: in `longest` at last, where the application wants its ticks.
/// Returns how long that may be; `None` where nobody asked to be woken.
pub fn rest(agenda: &Agenda, longest: Option<Duration>) -> Option<Duration> {
    if running::with(|running| running.alarm.is_some()) != Some(true) {
        return None;
    }
    let wait = agenda.prepare().min(longest.unwrap_or(Duration::MAX));
    running::with(|running| {
        let over = running.stop.is_some() && running.driver.is_drained();
        let wait =
            if over { Duration::ZERO } else { running.driver.rest().map_or(wait, |rest| rest.min(wait)) };
        if let Some(alarm) = &running.alarm {
            alarm.timer.set((wait < Duration::MAX).then_some(wait));
            running.resting = true;
        }
        wait
    })
}

/// True: this was the alarm, which is off now.
pub fn is_mine(source: SourceId) -> bool {
    let mine = running::with(|running| match &running.alarm {
        Some(alarm) if alarm.source == source => {
            alarm.timer.clear();
            true
        }
        _ => false,
    });
    mine == Some(true)
}

impl Alarm {
    /// Something was asked for while the loop rests.
    #[cold]
    pub fn ring(&self) {
        self.timer.set(Some(Duration::ZERO));
    }
}

#[cfg(target_os = "linux")]
mod timer {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd, RawFd};
    use std::time::Duration;

    pub struct Timer(OwnedFd);

    impl Timer {
        pub fn new() -> io::Result<Timer> {
            let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
            Ok(Timer(timerfd_create(TimerfdClockId::Monotonic, flags)?))
        }

        pub fn descriptor(&self) -> RawFd {
            self.0.as_raw_fd()
        }

        /// `None`: never.
        pub fn set(&self, wait: Option<Duration>) {
            // A zero would mean "never" to the kernel.
            let wait = wait.map_or(Duration::ZERO, |wait| wait.max(Duration::from_nanos(1)));
            let it_value = Timespec {
                tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: wait.subsec_nanos().into(),
            };
            let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
            // It fails for times that are none, which these are not.
            let _ =
                timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value });
        }

        pub fn clear(&self) {
            // How often it went off does not matter.
            let _ = rustix::io::read(&self.0, &mut [0u8; 8]);
        }
    }
}

/// Other systems: the foreign loop has to turn ours often enough by itself.
#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::os::fd::{AsRawFd, RawFd};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    pub struct Timer(UnixStream, UnixStream);

    impl Timer {
        pub fn new() -> io::Result<Timer> {
            let (sender, receiver) = UnixStream::pair()?;
            sender.set_nonblocking(true)?;
            receiver.set_nonblocking(true)?;
            Ok(Timer(sender, receiver))
        }

        pub fn descriptor(&self) -> RawFd {
            self.1.as_raw_fd()
        }

        pub fn set(&self, wait: Option<Duration>) {
            if wait == Some(Duration::ZERO) {
                // A full socket rings as well.
                let _ = io::Write::write(&mut &self.0, &[0]);
            }
        }

        pub fn clear(&self) {
            // How often it was rung does not matter.
            let _ = io::Read::read(&mut &self.1, &mut [0; 64]);
        }
    }
}

use timer::Timer;
