//! Descriptors that another process handed to us: `fd://N` and systemd's socket activation.

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// The first descriptor that systemd passes (`sd_listen_fds(3)`).
const FIRST_SYSTEMD_FD: RawFd = 3;

/// A descriptor of our own for `fd`, which stays open for whoever else uses it.
pub fn take(fd: RawFd) -> io::Result<OwnedFd> {
    // A number that is not open must be an error here, before it is treated as a descriptor.
    // SAFETY: F_GETFD takes no pointer, and fails with EBADF for a closed descriptor.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open (just asked), and the borrow ends in this statement.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()
}

/// The sockets that systemd passed to this process (`LISTEN_PID`, `LISTEN_FDS`).
pub fn from_systemd() -> io::Result<Vec<OwnedFd>> {
    let number = |name| std::env::var(name).ok().and_then(|value: String| value.parse::<RawFd>().ok());
    let count = match (number("LISTEN_PID"), number("LISTEN_FDS")) {
        (Some(pid), Some(count)) if pid as u32 == std::process::id() && count > 0 => count,
        _ => return Err(io::Error::new(io::ErrorKind::NotFound, "systemd passed no sockets (LISTEN_FDS)")),
    };
    (FIRST_SYSTEMD_FD..FIRST_SYSTEMD_FD.saturating_add(count))
        .map(|fd| {
            let own = take(fd)?;
            // SAFETY: systemd gave the descriptor to this process, nobody else in it knows of it, and
            // `take` has just seen it open. Without this the port would stay bound after the listener is gone.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
            Ok(own)
        })
        .collect()
}
