//! The terminal's way to stop the server: a line `q` on standard input.

use std::os::fd::RawFd;

/// Reads what is there without ever waiting, and without touching the descriptor's flags: it is shared with the
/// shell. The end of the input (`/dev/null`, as under systemd) means nothing.
#[derive(Debug, Default)]
pub struct Stdin {
    line: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Nothing of interest.
    Nothing,
    /// A line `q`.
    Quit,
    /// There will be no more.
    End,
}

/// Longer lines are not kept; they are not `q`.
const MAX_LINE: usize = 64;

impl Stdin {
    pub const FD: RawFd = libc::STDIN_FILENO;

    pub fn read(&mut self) -> Typed {
        while may_read() {
            let mut bytes = [0u8; 1024];
            // SAFETY: the buffer is as long as we say.
            let count = unsafe { libc::read(Self::FD, bytes.as_mut_ptr().cast(), bytes.len()) };
            if count <= 0 {
                return Typed::End;
            }
            if self.take(&bytes[..count as usize]) {
                return Typed::Quit;
            }
        }
        Typed::Nothing
    }

    fn take(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if *byte != b'\n' {
                if self.line.len() < MAX_LINE {
                    self.line.push(*byte);
                }
                continue;
            }
            let quit = self.line.trim_ascii() == b"q";
            self.line.clear();
            if quit {
                return true;
            }
        }
        false
    }
}

/// Whether a read would return at once, and not stop us: a background job that reads its terminal gets SIGTTIN.
fn may_read() -> bool {
    let mut poll = libc::pollfd { fd: Stdin::FD, events: libc::POLLIN, revents: 0 };
    // SAFETY: one pollfd, no waiting; the others only ask.
    unsafe {
        libc::poll(&raw mut poll, 1, 0) == 1
            && (libc::isatty(Stdin::FD) == 0 || libc::tcgetpgrp(Stdin::FD) == libc::getpgrp())
    }
}
