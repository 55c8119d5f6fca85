//! The driver: the one place that knows which thread serves the sockets.
//! (skeleton: signatures are settled, bodies follow)
use super::{ConnKey, Event, ServerConfig, SourceId};
use crate::protocol::{Accept, Opcode, Payload, Reject, UsageError};
use std::io;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};

/// What became of a message that was handed to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is in the connection's outbox and goes out with the next flush.
    Queued,
    /// The connection is not open (any more).
    NotOpen,
    /// Over `max_buffered`: the message was dropped, or the connection is being closed with 1013.
    Overflow,
}

pub struct Driver<P: Payload> { _p: std::marker::PhantomData<P> }

#[allow(unused_variables)]
impl<P: Payload> Driver<P> {
    /// Binds every listener and makes the FIFO. The error names the address, path or option.
    pub fn start(config: ServerConfig) -> Result<Self, StartError> { todo!() }
    /// One turn: waits (at most `timeout`, `None`: until something happens), reads, decodes, times out. Events are appended.
    pub fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event<P>>) -> io::Result<()> { todo!() }
    /// One write per connection for all that was sent since the last flush.
    pub fn flush(&mut self) { todo!() }
    pub fn accept(&mut self, key: ConnKey, accept: &Accept) -> Result<bool, UsageError> { todo!() }
    /// The refusal is sent; a `Close` event follows.
    pub fn reject(&mut self, key: ConnKey, reject: &Reject) -> Result<bool, UsageError> { todo!() }
    /// Text must be valid UTF-8: the caller has checked it.
    pub fn send(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> Sent { todo!() }
    /// Bytes of frames that the application encoded itself.
    pub fn send_raw(&mut self, key: ConnKey, frames: &[u8]) -> Sent { todo!() }
    /// To every open connection but those in `except`; the number of connections that it is queued for.
    pub fn broadcast(&mut self, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize { todo!() }
    pub fn ping(&mut self, key: ConnKey, payload: &[u8]) -> Result<bool, UsageError> { todo!() }
    /// Starts the close handshake; `Ok(false)` where there is nothing open to close. What was sent before goes out first.
    pub fn close(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> { todo!() }
    /// Answers a peer's close (after `Event::CloseReceived`). `None` echoes the peer's code.
    pub fn reply_close(&mut self, key: ConnKey, code: Option<u16>) -> bool { todo!() }
    /// Ends a connection at once for a reason of the application's (1011 after an exception): a close frame goes out, a `Close` event follows.
    pub fn fail(&mut self, key: ConnKey, code: u16, reason: &str) -> bool { todo!() }
    /// Gives back bytes of `Event::Read` to be processed; what they bring is appended to `events` now.
    pub fn feed(&mut self, key: ConnKey, data: &[u8], events: &mut Vec<Event<P>>) { todo!() }
    pub fn pause(&mut self, key: ConnKey) -> bool { todo!() }
    pub fn resume(&mut self, key: ConnKey) -> bool { todo!() }
    pub fn is_open(&self, key: ConnKey) -> bool { todo!() }
    /// Bytes waiting for the connection to take them.
    pub fn buffered(&self, key: ConnKey) -> usize { todo!() }
    /// Addresses with their real ports, as URIs, in the order of `listen`.
    pub fn addresses(&self) -> Vec<String> { todo!() }
    pub fn stop_listening(&mut self) { todo!() }
    /// Begins the end: no more accepts, a close with this code to everyone; connections that have not answered by `deadline` are cut.
    pub fn shutdown(&mut self, code: u16, reason: &str, deadline: Instant) { todo!() }
    /// After `shutdown`: every connection is gone (their `Close` events have been handed out).
    pub fn is_drained(&self) -> bool { todo!() }
    /// Number of connections, open or not yet.
    pub fn connections(&self) -> usize { todo!() }
    /// Watches a descriptor of the caller's; `Event::Ready` tells. The caller keeps it open until `unwatch`.
    pub fn watch(&mut self, fd: RawFd, readable: bool, writable: bool) -> io::Result<SourceId> { todo!() }
    pub fn rearm(&mut self, source: SourceId) -> io::Result<()> { todo!() }
    pub fn unwatch(&mut self, source: SourceId) { todo!() }
}

/// Why a server could not start; the message names what is in the way.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {error}")]
    Listen { address: String, error: io::Error },
    #[error("fifo {path}: {error}")]
    Fifo { path: String, error: io::Error },
    #[error("event loop: {0}")]
    Poll(io::Error),
}
