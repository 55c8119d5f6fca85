//! A PHP stream of the application's, for as long as it lets us have it.

use super::call::{Ending, protect};
use super::function::Failure;
use super::shim::{self, Outcome};
use ext_php_rs::types::Zval;
use std::ffi::{CString, c_char, c_int};
use std::fs::File;
use std::os::fd::{FromRawFd, RawFd};

unsafe extern "C" {
    fn ws_borrowed_open(path: *const c_char, value: *mut Zval) -> bool;
    fn ws_borrowed_file(value: *const Zval) -> c_int;
    fn ws_borrowed_waits(value: *const Zval) -> bool;
    fn ws_borrowed_read(value: *const Zval, place: *mut u8, room: usize) -> isize;
    fn ws_borrowed_close(value: *const Zval);
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

    /// Opens a path or URL for reading, as `fopen` would, without its warnings.
    pub fn open(path: &[u8]) -> Result<BorrowedStream, Failure> {
        let shown = String::from_utf8_lossy(path);
        let Ok(path) = CString::new(path) else {
            return Err(Failure::exception("a path must not contain NUL bytes"));
        };
        // SAFETY: a path and a place to write to, which becomes a resource of ours where it says so.
        let opened = protect(|| unsafe {
            let mut value = Zval::null();
            ws_borrowed_open(path.as_ptr(), &raw mut value).then_some(value)
        })?;
        match opened {
            Some(value) => Ok(BorrowedStream { resource: Some(value) }),
            None if shim::ws_pending() != Outcome::Returned => Err(Failure::Pending),
            None => Err(Failure::exception(format!("\"{shown}\" cannot be read"))),
        }
    }

    /// A descriptor of our own for the rest of a plain file; `None` where it is no plain file.
    pub fn file(&self) -> Result<Option<File>, Ending> {
        // SAFETY: as above.
        let fd = protect(|| unsafe { ws_borrowed_file(self.value()) })?;
        // SAFETY: where there is one, it was opened for us.
        Ok((fd >= 0).then(|| unsafe { File::from_raw_fd(fd) }))
    }

    /// Whether reading it waits for somebody: a socket or a pipe.
    pub fn waits(&self) -> Result<bool, Ending> {
        // SAFETY: as above.
        protect(|| unsafe { ws_borrowed_waits(self.value()) })
    }

    /// Reads what is there; `None` at the end. A wrapper of the application's may run, and throw.
    pub fn read(&self, place: &mut [u8]) -> Result<Option<usize>, Ending> {
        // SAFETY: as above; the place is as long as we say.
        let count = protect(|| unsafe { ws_borrowed_read(self.value(), place.as_mut_ptr(), place.len()) })?;
        Ok(usize::try_from(count).ok())
    }

    /// Whoever has it finds it closed, as after `fclose`.
    pub fn close(self) -> Result<(), Ending> {
        // SAFETY: as above.
        protect(|| unsafe { ws_borrowed_close(self.value()) })
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

    /// The resource, for PHP to keep.
    pub fn into_zval(mut self) -> Zval {
        self.resource.take().unwrap_or_else(Zval::null)
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
