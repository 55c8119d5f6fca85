//! A stream socket that waits, but never longer than a call may.

use super::deadline::Deadline;
use super::failure::Problem;
use crate::net::ListenAddress;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, SockAddr, Socket, Type};
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::path::Path;

/// A peer that is gone is an error, not a signal. Elsewhere than on Linux socket2 sets an option for that.
#[cfg(target_os = "linux")]
const NO_SIGNAL: i32 = libc::MSG_NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const NO_SIGNAL: i32 = 0;

#[derive(Debug)]
pub struct ControlSocket {
    /// Non-blocking: it is waited for with `poll`.
    socket: Socket,
}

impl ControlSocket {
    pub fn connect(address: &ListenAddress, deadline: &mut Deadline) -> Result<ControlSocket, Problem> {
        let socket = match address {
            ListenAddress::Unix(path) => connect_unix(path, deadline)?,
            ListenAddress::Tcp { host, port } => connect_tcp(host, *port, deadline)?,
            _ => return Err(Problem::Scheme),
        };
        socket.set_nonblocking(true).map_err(Problem::Connect)?;
        Ok(ControlSocket { socket })
    }

    /// Writes everything. `written` counts what the kernel has taken, also where it ends with an error.
    pub fn write_all(&self, bytes: &[u8], written: &mut usize, deadline: &Deadline) -> Result<(), Problem> {
        while let rest @ [_, ..] = &bytes[*written..] {
            match self.socket.send_with_flags(rest, NO_SIGNAL) {
                Ok(count) => *written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.wait(PollFlags::OUT, deadline)?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::Lost(error)),
            }
        }
        Ok(())
    }

    /// Reads what there is, and waits where there is nothing yet.
    pub fn read(&self, buffer: &mut [u8], deadline: &Deadline) -> Result<usize, Problem> {
        loop {
            match self.try_read(buffer)? {
                Some(count) => return Ok(count),
                None => self.wait(PollFlags::IN, deadline)?,
            }
        }
    }

    /// Reads what there is; `None` where there is nothing.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<Option<usize>, Problem> {
        loop {
            match (&self.socket).read(buffer) {
                Ok(0) => return Err(Problem::Closed),
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::Lost(error)),
            }
        }
    }

    fn wait(&self, what: PollFlags, deadline: &Deadline) -> Result<(), Problem> {
        loop {
            // A timeout beyond what the kernel can count is none.
            let left = Timespec::try_from(deadline.left()?).ok();
            match poll(&mut [PollFd::new(&self.socket, what)], left.as_ref()) {
                Ok(0) => return Err(deadline.passed()),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Problem::Lost(error.into())),
            }
        }
    }
}

fn connect_unix(path: &Path, deadline: &Deadline) -> Result<Socket, Problem> {
    let connect = || {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        let address = SockAddr::unix(path)?;
        Ok((socket, address))
    };
    let (socket, address) = connect().map_err(Problem::Connect)?;
    loop {
        // Where the queue of the listener is full, `connect` waits, and it keeps to the timeout of sending.
        let left = deadline.left()?;
        let connected = socket.set_write_timeout(Some(left)).and_then(|()| socket.connect(&address));
        match connected {
            Ok(()) => return Ok(socket),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(deadline.passed()),
            Err(error) => return Err(Problem::Connect(error)),
        }
    }
}

fn connect_tcp(host: &str, port: u16, deadline: &mut Deadline) -> Result<Socket, Problem> {
    // The system's resolver can't be told how long it may take.
    deadline.rest();
    let addresses = ListenAddress::resolve(host, port);
    deadline.resume();
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for address in addresses.map_err(Problem::Host)? {
        match connect_address(address, deadline) {
            Ok(socket) => return Ok(socket),
            // "localhost" may be ::1 and 127.0.0.1, and the server listen on one of them.
            Err(Problem::Connect(error)) => last = error,
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::Connect(last))
}

fn connect_address(address: SocketAddr, deadline: &Deadline) -> Result<Socket, Problem> {
    let left = deadline.left()?;
    let connect = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_tcp_nodelay(true)?;
        socket.connect_timeout(&address.into(), left)?;
        Ok(socket)
    };
    connect().map_err(|error: io::Error| match error.kind() {
        ErrorKind::TimedOut => deadline.passed(),
        _ => Problem::Connect(error),
    })
}

#[cfg(test)]
impl ControlSocket {
    /// One end of a pair.
    pub fn of(stream: std::os::unix::net::UnixStream) -> ControlSocket {
        stream.set_nonblocking(true).unwrap();
        ControlSocket { socket: Socket::from(std::os::fd::OwnedFd::from(stream)) }
    }
}
