//! A PHP stream of the application's, for as long as it lets us have it.

use super::call::{Ending, protect};
use super::shim;
use ext_php_rs::types::Zval;
use std::ffi::c_int;
use std::os::fd::RawFd;

unsafe extern "C" {
    fn ws_borrowed_descriptor(value: *const Zval) -> c_int;
    fn ws_borrowed_state(value: *const Zval) -> c_int;
}

/// A count on a stream resource. The application may close it under our hands, which shows in [`BorrowedStream::state`].
pub struct BorrowedStream {
    resource: Option<Zval>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Closed,
    Open,
    /// PHP has bytes in its own buffer, of which the kernel knows nothing.
    Buffered,
}

impl BorrowedStream {
    /// `None` where the value is no open stream.
    pub fn of(value: &Zval) -> Option<BorrowedStream> {
        // SAFETY: a value of PHP's; the shim looks at its type first.
        let state = unsafe { ws_borrowed_state(value) };
        (state >= 0).then(|| BorrowedStream { resource: Some(value.shallow_clone()) })
    }

    pub fn state(&self) -> State {
        // SAFETY: as above.
        match unsafe { ws_borrowed_state(self.value()) } {
            0 => State::Open,
            1 => State::Buffered,
            _ => State::Closed,
        }
    }

    /// What epoll can wait for; `None` where the stream has nothing of the kind.
    pub fn descriptor(&self) -> Result<Option<RawFd>, Ending> {
        // SAFETY: as above. A bailout in a user's wrapper comes back as a value.
        let fd = protect(|| unsafe { ws_borrowed_descriptor(self.value()) })?;
        Ok((fd >= 0).then_some(fd))
    }

    pub fn value(&self) -> &Zval {
        // It is only gone in `drop`.
        self.resource.as_ref().expect("the stream is held")
    }
}

impl Drop for BorrowedStream {
    fn drop(&mut self) {
        if shim::ws_unclean() {
            // PHP frees its resources by itself.
            std::mem::forget(self.resource.take());
        }
    }
}
