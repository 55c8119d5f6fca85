//! The byte stream under a connection: TCP or a Unix socket.

use super::PeerAddress;
use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

/// A non-blocking stream.
#[derive(Debug)]
pub enum Transport {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Transport {
    /// Reads what is there: `Ok(0)` is the end of the stream, `WouldBlock` means nothing for now.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Transport::Tcp(stream) => stream.read(buffer),
            Transport::Unix(stream) => stream.read(buffer),
        }
    }

    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // One piece is the common case, and `send` costs the kernel less than `sendmsg`.
        match (self, slices) {
            (Transport::Tcp(stream), [slice]) => stream.write(slice),
            (Transport::Tcp(stream), _) => stream.write_vectored(slices),
            (Transport::Unix(stream), [slice]) => stream.write(slice),
            (Transport::Unix(stream), _) => stream.write_vectored(slices),
        }
    }

    /// The peer's address, as the kernel has it.
    pub fn peer_address(&self) -> io::Result<PeerAddress> {
        match self {
            Transport::Tcp(stream) => stream.peer_addr().map(PeerAddress::Tcp),
            Transport::Unix(stream) => {
                let address = stream.peer_addr()?;
                Ok(PeerAddress::Unix(address.as_pathname().map(Path::to_owned).unwrap_or_default()))
            }
        }
    }

    /// The descriptor, for somebody who only wants to know whether it is ready.
    pub fn descriptor(&self) -> RawFd {
        match self {
            Transport::Tcp(stream) => stream.as_raw_fd(),
            Transport::Unix(stream) => stream.as_raw_fd(),
        }
    }

    /// Tells the peer that nothing more comes. Errors don't matter: the peer is gone then.
    pub fn shutdown_write(&self) {
        let _ = match self {
            Transport::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Transport::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }

    /// Edge-triggered for both directions, once: no system call is needed later, whatever we wait for.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let source: &mut dyn Source = match self {
            Transport::Tcp(stream) => stream,
            Transport::Unix(stream) => stream,
        };
        source.register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }
}
