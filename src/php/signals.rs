//! SIGTERM and SIGINT end the server cleanly.
//!
//! The handler writes a byte to a socket pair that the driver watches. A handler of the application's
//! (`pcntl_signal`), or an ignored signal (nohup, a shell's background job), is left alone. PHP's own default
//! handler would end the process in the middle of things, so ours replaces it and does not chain to it.

use super::shim;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

const SIGNALS: [libc::c_int; 2] = [libc::SIGTERM, libc::SIGINT];
const NOBODY: RawFd = -1;

/// Where the handler writes; signals belong to the process, so there is one for all threads.
static WAKE: AtomicI32 = AtomicI32::new(NOBODY);

/// The process that serves. A child that an application forks off inherits handler and sockets.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// The installed handlers; dropping it puts the old ones back.
pub struct Signals {
    receiver: UnixStream,
    _sender: Option<UnixStream>,
    replaced: Vec<(libc::c_int, libc::sigaction)>,
}

impl Signals {
    /// Does nothing where another thread's server has them already.
    pub fn install() -> io::Result<Signals> {
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        sender.set_nonblocking(true)?;
        let mut signals = Signals { receiver, _sender: None, replaced: Vec::new() };
        if WAKE.compare_exchange(NOBODY, sender.as_raw_fd(), Ordering::AcqRel, Ordering::Acquire).is_ok() {
            signals._sender = Some(sender);
            OWNER.store(std::process::id() as i32, Ordering::Release);
            signals.replaced = SIGNALS.into_iter().filter_map(replace).collect();
        }
        Ok(signals)
    }

    pub fn fd(&self) -> RawFd {
        self.receiver.as_raw_fd()
    }

    /// How many signals came since the last time.
    pub fn count(&mut self) -> usize {
        let mut bytes = [0; 64];
        self.receiver.read(&mut bytes).unwrap_or(0)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (signal, old) in &self.replaced {
            if current(*signal).is_some_and(|now| now.sa_sigaction == on_signal as *const () as usize) {
                // SAFETY: `old` is what the kernel gave us for this signal.
                unsafe { libc::sigaction(*signal, old, ptr::null_mut()) };
            }
        }
        if self._sender.is_some() {
            WAKE.store(NOBODY, Ordering::Release);
        }
    }
}

fn replace(signal: libc::c_int) -> Option<(libc::c_int, libc::sigaction)> {
    if !shim::ws_signal_is_default(signal) {
        return None;
    }
    let mut old = MaybeUninit::uninit();
    // SAFETY: a zeroed sigaction is a valid one, filled in here; `old` is written where 0 is returned.
    unsafe {
        let mut ours: libc::sigaction = std::mem::zeroed();
        ours.sa_sigaction = on_signal as *const () as usize;
        ours.sa_flags = libc::SA_RESTART;
        libc::sigemptyset(&raw mut ours.sa_mask);
        (libc::sigaction(signal, &raw const ours, old.as_mut_ptr()) == 0).then(|| (signal, old.assume_init()))
    }
}

fn current(signal: libc::c_int) -> Option<libc::sigaction> {
    let mut now = MaybeUninit::uninit();
    // SAFETY: asks only; `now` is written where 0 is returned.
    unsafe { (libc::sigaction(signal, ptr::null(), now.as_mut_ptr()) == 0).then(|| now.assume_init()) }
}

extern "C" fn on_signal(signal: libc::c_int) {
    let fd = WAKE.load(Ordering::Acquire);
    if fd == NOBODY {
        return;
    }
    // SAFETY: all of these are async-signal-safe; the descriptor stays open while WAKE names it. A full buffer means
    // that enough bytes wait already.
    unsafe {
        if libc::getpid() != OWNER.load(Ordering::Acquire) {
            // A forked child does what it would have done without us; the signal is delivered when we return.
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
            return;
        }
        let errno = errno();
        let saved = *errno;
        libc::write(fd, [0u8].as_ptr().cast(), 1);
        *errno = saved;
    }
}

#[cfg(target_os = "linux")]
unsafe fn errno() -> *mut libc::c_int {
    // SAFETY: has no conditions.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
unsafe fn errno() -> *mut libc::c_int {
    // SAFETY: has no conditions.
    unsafe { libc::__error() }
}
