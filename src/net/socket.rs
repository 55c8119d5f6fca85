//! A connected socket: TCP or Unix.

use super::PeerAddress;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use socket2::SockRef;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

/// A non-blocking stream socket.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // One piece is the common case, and `send` costs the kernel less than `sendmsg`.
        match (self, slices) {
            (socket, [slice]) => socket.write(slice),
            (Socket::Tcp(stream), _) => stream.write_vectored(slices),
            (Socket::Unix(stream), _) => stream.write_vectored(slices),
        }
    }

    /// Tells the peer that nothing more comes. Errors don't matter: the peer is gone then.
    pub fn shutdown_write(&self) {
        let _ = match self {
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// The peer's address, as the kernel has it.
    pub fn peer_address(&self) -> io::Result<PeerAddress> {
        match self {
            Socket::Tcp(stream) => stream.peer_addr().map(PeerAddress::Tcp),
            Socket::Unix(stream) => {
                let address = stream.peer_addr()?;
                Ok(PeerAddress::Unix(address.as_pathname().map(Path::to_owned).unwrap_or_default()))
            }
        }
    }

    pub fn descriptor(&self) -> RawFd {
        match self {
            Socket::Tcp(stream) => stream.as_raw_fd(),
            Socket::Unix(stream) => stream.as_raw_fd(),
        }
    }

    /// For options; `None` where it is not TCP.
    pub fn tcp_options(&self) -> Option<SockRef<'_>> {
        match self {
            Socket::Tcp(stream) => Some(SockRef::from(stream)),
            Socket::Unix(_) => None,
        }
    }

    pub(super) fn source(&mut self) -> &mut dyn Source {
        match self {
            Socket::Tcp(stream) => stream,
            Socket::Unix(stream) => stream,
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Unix(stream) => stream.read(buffer),
        }
    }
}
