//! The byte stream under a connection: a socket, or TLS over one.

use super::Socket;
use super::tls::{TlsInfo, TlsStream, TlsWork};
use crate::protocol::Timestamp;
use mio::{Interest, Registry, Token};
use std::fmt;
use std::io::{self, IoSlice, Read};
use std::os::fd::RawFd;
use std::time::Duration;

/// A non-blocking stream.
pub enum Transport {
    Plain(Socket),
    Tls(Box<TlsStream>),
}

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    Bytes {
        /// Bytes for the protocol, now in the buffer. With TLS there may be none, and still more to come.
        count: usize,
        /// Bytes that came over the wire.
        wire: usize,
        /// The socket is empty: the kernel tells when there is more.
        drained: bool,
    },
    /// The peer sends nothing more.
    End,
    /// The peer was refused before it could say anything to the protocol. It is being told.
    Refused { why: String, wire: usize },
}

impl Transport {
    /// Reads what is there; `WouldBlock` means nothing for now.
    pub fn read(&mut self, buffer: &mut [u8], work: &mut TlsWork) -> io::Result<Received> {
        match self {
            Transport::Plain(socket) => Ok(match socket.read(buffer)? {
                0 => Received::End,
                // epoll(7): a short read from a stream socket means that it is empty.
                count => Received::Bytes { count, wire: count, drained: count < buffer.len() },
            }),
            Transport::Tls(stream) => stream.read(buffer, work),
        }
    }

    /// Takes as much as the socket does. TLS may take a little more, see [`Transport::unsent`].
    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>], work: &mut TlsWork) -> io::Result<usize> {
        match self {
            Transport::Plain(socket) => socket.write_vectored(slices),
            Transport::Tls(stream) => stream.write_vectored(slices, work),
        }
    }

    /// The descriptor, for somebody who only wants to know whether it is ready. (With TLS its bytes are not the messages'.)
    pub fn descriptor(&self) -> RawFd {
        self.socket().descriptor()
    }

    /// Bytes that were taken and are not with the kernel yet.
    pub fn unsent(&self) -> usize {
        match self {
            Transport::Plain(_) => 0,
            Transport::Tls(stream) => stream.unsent(),
        }
    }

    /// Bytes that went over the wire since this was last asked, where the socket or TLS has taken `taken` of ours
    /// meanwhile. TLS wraps them, and has something to say itself.
    pub fn take_wire(&mut self, taken: usize) -> usize {
        match self {
            Transport::Plain(_) => taken,
            Transport::Tls(stream) => stream.take_wire(),
        }
    }

    /// Offers those bytes again.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Transport::Plain(_) => Ok(()),
            Transport::Tls(stream) => stream.flush(),
        }
    }

    /// The last word of a connection, where the transport has one (TLS: close_notify).
    pub fn finish(&mut self) {
        if let Transport::Tls(stream) = self {
            stream.finish();
        }
    }

    /// Tells the peer that nothing more comes.
    pub fn shutdown_write(&self) {
        self.socket().shutdown_write();
    }

    /// Whether the protocol can talk: with TLS, when its handshake is done.
    pub fn is_established(&self) -> bool {
        match self {
            Transport::Plain(_) => true,
            Transport::Tls(stream) => stream.is_established(),
        }
    }

    /// See [`Received::Refused`].
    pub fn is_refused(&self) -> bool {
        matches!(self, Transport::Tls(stream) if stream.is_refused())
    }

    /// What the TLS handshake agreed on: once, when it is done.
    pub fn take_tls_info(&mut self) -> Option<Box<TlsInfo>> {
        match self {
            Transport::Plain(_) => None,
            Transport::Tls(stream) => stream.take_info().map(Box::new),
        }
    }

    /// Time for the TLS handshake alone, where there is such a limit.
    pub fn handshake_timeout(&self) -> Option<Duration> {
        match self {
            Transport::Plain(_) => None,
            Transport::Tls(stream) => stream.handshake_timeout(),
        }
    }

    /// When that time is over.
    pub fn handshake_deadline(&self) -> Option<Timestamp> {
        match self {
            Transport::Plain(_) => None,
            Transport::Tls(stream) => stream.deadline(),
        }
    }

    pub fn set_handshake_deadline(&mut self, deadline: Option<Timestamp>) {
        if let Transport::Tls(stream) = self {
            stream.set_deadline(deadline);
        }
    }

    pub fn socket(&self) -> &Socket {
        match self {
            Transport::Plain(socket) => socket,
            Transport::Tls(stream) => stream.socket(),
        }
    }

    pub fn socket_mut(&mut self) -> &mut Socket {
        match self {
            Transport::Plain(socket) => socket,
            Transport::Tls(stream) => stream.socket_mut(),
        }
    }

    /// Edge-triggered for both directions, once: no system call is needed later, whatever we wait for.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket_mut().source().register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Transport::Plain(_)) { "Plain" } else { "Tls" };
        f.debug_tuple(kind).field(self.socket()).finish()
    }
}
