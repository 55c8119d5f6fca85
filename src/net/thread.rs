//! Threads that take no signals.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Starts a thread with every signal blocked: signals are PHP's, and belong to PHP's thread.
pub fn spawn_without_signals<T: Send + 'static>(
    name: String,
    run: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    // A thread inherits the mask of the one that starts it, so ours is changed around the start.
    let old = block_all()?;
    let thread = Builder::new().name(name).spawn(run);
    // SAFETY: `old` is a mask that the kernel has filled; the last pointer may be null.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut()) };
    thread
}

fn block_all() -> io::Result<libc::sigset_t> {
    let mut all = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    let mut old = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both pointers are valid for a write; `sigfillset` initialises `all` before it is read.
    let error = unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), old.as_mut_ptr())
    };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    // SAFETY: the call above succeeded, so the kernel has written the old mask.
    Ok(unsafe { old.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(signal: libc::c_int) -> bool {
        let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: with a null set the mask is only read, into a pointer valid for a write.
        unsafe {
            libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr());
            libc::sigismember(mask.as_ptr(), signal) == 1
        }
    }

    #[test]
    fn the_thread_takes_no_signals_and_its_starter_still_does() {
        let inside = spawn_without_signals("test".to_owned(), || blocked(libc::SIGTERM)).unwrap();
        assert!(inside.join().unwrap());
        assert!(!blocked(libc::SIGTERM));
    }
}
