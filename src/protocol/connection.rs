//! A connection, as its owner sees it.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{Accept, ClientRequest, Event, Opcode, Payload, Phase, Reject, Response, Role, Settings, Timestamp, UsageError};

/// One WebSocket connection, of either role, without its transport.
pub struct Connection<P> {
    payload: PhantomData<P>,
}

impl<P: Payload> Connection<P> {
    /// A connection that was just accepted; the peer's request is awaited.
    pub fn server(settings: Arc<Settings>, now: Timestamp) -> Self { todo!() }
    /// A connection that was just made; appends the request to `out`.
    pub fn client(settings: Arc<Settings>, request: ClientRequest, now: Timestamp, out: &mut Vec<u8>) -> Self { todo!() }

    /// Decodes the next event from `input`, advancing the slice. `None`: the input is used up, or (while the application
    /// decides about the request) not wanted now; once the connection is closed it is discarded.
    pub fn receive(&mut self, input: &mut &[u8], now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> { todo!() }
    /// The peer will send no more.
    pub fn handle_eof(&mut self, now: Timestamp) -> Option<Event<P>> { todo!() }
    /// Does what is due at `now`; harmless if nothing is.
    pub fn handle_timeout(&mut self, now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> { todo!() }
    /// When `handle_timeout` wants to be called. It may move later by itself; a caller re-checks when the time has come.
    pub fn poll_timeout(&self) -> Option<Timestamp> { todo!() }

    /// Accepts the request: appends the 101. The connection is open.
    pub fn accept(&mut self, accept: &Accept, now: Timestamp, out: &mut Vec<u8>) -> Result<(), UsageError> { todo!() }
    /// Refuses the request (or, with `Phase::ReadingRequest`, the connection): appends a response.
    pub fn reject(&mut self, reject: &Reject, now: Timestamp, out: &mut Vec<u8>) -> Result<Event<P>, UsageError> { todo!() }

    /// Appends a whole message or control frame, masked if this is a client.
    pub fn send(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) -> Result<(), UsageError> { todo!() }
    /// Starts the closing handshake. In `CloseReceived` it is the reply (and the end comes with the next `handle_timeout`,
    /// due at once, or `reply_close`). A second call is a no-op.
    pub fn close(&mut self, code: u16, reason: &str, now: Timestamp, out: &mut Vec<u8>) -> Result<(), UsageError> { todo!() }
    /// In `CloseReceived`: answers (`None` echoes the peer's code) and ends the connection.
    pub fn reply_close(&mut self, code: Option<u16>, reason: &str, now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> { todo!() }
    /// Ends the connection for a policy of ours (1008, 1011, 1013): writes a Close (or a 5xx during the handshake), waits for nothing.
    pub fn fail(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) -> Option<Event<P>> { todo!() }
    /// The transport broke.
    pub fn abort(&mut self, reason: &str) -> Option<Event<P>> { todo!() }
    /// Sends a ping now; the next automatic one is a `ping_interval` away from it.
    pub fn ping(&mut self, payload: &[u8], now: Timestamp, out: &mut Vec<u8>) -> Result<(), UsageError> { todo!() }
    /// The wait for a sign of life begins again: for a caller whose ping is still queued, or that had stopped reading.
    pub fn restart_ping_timeout(&mut self, now: Timestamp) { todo!() }

    /// Which end this is.
    pub fn role(&self) -> Role { todo!() }
    /// Where the connection is in its life.
    pub fn phase(&self) -> Phase { todo!() }
    /// Whether the phase is `Open`.
    pub fn is_open(&self) -> bool { todo!() }
    /// Whether messages may be sent: open, or the peer's Close has not been answered yet.
    pub fn can_send(&self) -> bool { todo!() }
    /// The settings it was made with.
    pub fn settings(&self) -> &Arc<Settings> { todo!() }
    /// Client: the response that refused the upgrade, after a `Closed` with `PeerError::Status`.
    pub fn refusal(&self) -> Option<&Response> { todo!() }
    /// When the last ping was sent.
    pub fn last_ping(&self) -> Option<Timestamp> { todo!() }
    /// When the last pong arrived.
    pub fn last_pong(&self) -> Option<Timestamp> { todo!() }
    /// From the last answered ping to its pong.
    pub fn rtt(&self) -> Option<Duration> { todo!() }
    /// When bytes last arrived; the beginning of the connection if none did.
    pub fn last_activity(&self) -> Timestamp { todo!() }
}
