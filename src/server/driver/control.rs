//! What programs on control connections ask for.

use super::start::open_listener;
use super::{Driver, Sent, StartError, sockets};
use crate::net::{ListenAddress, Listener};
use crate::protocol::{ControlAnswer, ControlCommand, ControlRequest, Opcode, Payload, Position, Recipient};
use crate::server::{ConnKey, ServerConfig, SlowClient, SourceId};

/// The close code and reason for a client whose message in fragments nobody will finish.
const LOST: (u16, &str) = (1011, "framesource lost");
/// The close code for a client that does not take a fragment (IANA registry: "Try Again Later").
const SLOW: u16 = 1013;

impl<P: Payload> Driver<P> {
    /// Carries out a request of [`Event::Control`](crate::server::Event::Control) and answers it. `connection` knows the
    /// application's ids: it gives only connections that the application has not closed.
    pub fn carry_out(
        &mut self,
        source: SourceId,
        request: &ControlRequest,
        connection: impl Fn(i64) -> Option<ConnKey>,
    ) {
        // The session has looked at the frame: there is nothing wrong with it.
        let Ok(command) = request.command() else { return };
        let find = |driver: &Self, to: &Recipient| match to {
            Recipient::Token(token) => driver.with_token(token),
            Recipient::Id(id) => connection(*id),
        };
        let delivered = |done: bool| {
            let to = request.field()?;
            Some(if done { ControlAnswer::Delivered { to } } else { ControlAnswer::NotDelivered { to } })
        };
        if request.is_message() {
            self.reactor.count_control_message();
        }
        let status;
        let answer = match command {
            ControlCommand::Broadcast { binary, message } => {
                self.broadcast(opcode(binary), message, &[]);
                None
            }
            ControlCommand::Publish { topic, binary, message } => {
                self.publish(topic, opcode(binary), message, &[]);
                None
            }
            ControlCommand::Send { to, binary, message } => {
                let key = find(self, &to);
                delivered(key.is_some_and(|key| self.send_from_control(key, binary, message)))
            }
            ControlCommand::SendUnconfirmed { to, binary, message } => {
                if let Some(key) = find(self, &to) {
                    self.send_from_control(key, binary, message);
                }
                None
            }
            ControlCommand::Lock { to } => {
                let key = find(self, &to);
                delivered(key.is_some_and(|key| self.lock(source, key)))
            }
            ControlCommand::Fragment { position, binary, piece } => {
                let done = self.send_fragment(source, position, binary, piece);
                Some(if done { ControlAnswer::Done } else { ControlAnswer::NotDone })
            }
            ControlCommand::Freest => {
                let domain = self.loads.freest(&self.domains).unwrap_or_default();
                Some(ControlAnswer::Domain(domain.as_bytes()))
            }
            ControlCommand::Status => {
                status = serde_json::to_vec(&self.stats()).unwrap_or_default();
                Some(ControlAnswer::Status(&status))
            }
            // The session has answered these.
            ControlCommand::Authenticate { .. }
            | ControlCommand::Ping
            | ControlCommand::Pong
            | ControlCommand::Quit => None,
        };
        self.reactor.answer_control(source, answer.as_ref());
    }

    /// Answers a request for the status ([`ControlRequest::is_status`]) with what the application knows, instead of
    /// [`Driver::carry_out`], which answers with [`Driver::stats`]. JSON, shorter than a control frame.
    pub fn tell_status(&mut self, source: SourceId, json: &[u8]) {
        self.reactor.answer_control(source, Some(&ControlAnswer::Status(json)));
    }

    /// Where control connections are accepted, as URIs with the real ports, in the order of `control`.
    pub fn control_addresses(&self) -> &[String] {
        &self.control_addresses
    }

    /// Number of control connections.
    pub fn control_connections(&self) -> usize {
        self.reactor.control_connections()
    }

    /// Closes the clients whose source of fragments is gone. True: there were some.
    pub(super) fn close_abandoned(&mut self) -> bool {
        let lost = self.reactor.take_lost_locks();
        for key in &lost {
            self.locks.remove(key);
            let closed = self.close(*key, LOST.0, LOST.1);
            debug_assert!(closed.is_ok(), "code and reason can be sent");
        }
        !lost.is_empty()
    }

    /// A connection is over, and with it its lock.
    pub(super) fn forget_lock(&mut self, key: ConnKey) {
        if let Some(source) = self.locks.remove(&key)
            && let Some(session) = self.reactor.control_session(source)
        {
            session.unlock();
        }
    }

    /// Without a message: is it connected?
    fn send_from_control(&mut self, key: ConnKey, binary: bool, message: &[u8]) -> bool {
        if message.is_empty() {
            return self.is_open(key);
        }
        if !binary && simdutf8::basic::from_utf8(message).is_err() {
            return false;
        }
        self.send(key, opcode(binary), message) == Sent::Queued
    }

    fn lock(&mut self, source: SourceId, key: ConnKey) -> bool {
        let free = self.reactor.control_session(source).is_some_and(|session| session.locked().is_none());
        if !free || !self.is_open(key) || !sockets!(self, lock(key)) {
            return false;
        }
        self.locks.insert(key, source);
        if let Some(session) = self.reactor.control_session(source) {
            session.lock(key);
        }
        true
    }

    /// A fragment that is refused changes nothing: the message stands where it stood.
    fn send_fragment(&mut self, source: SourceId, position: Position, binary: bool, piece: &[u8]) -> bool {
        let Some(session) = self.reactor.control_session(source) else { return false };
        let Some((key, begun)) = session.admits(position, binary, piece) else { return false };
        if !begun {
            sockets!(self, decide_message(key, binary));
        }
        let last = position == Position::Last;
        let sent = if last {
            sockets!(self, finish_message(key, piece))
        } else {
            sockets!(self, write_message(key, piece))
        };
        match sent {
            Sent::Queued => {
                if let Some(session) = self.reactor.control_session(source) {
                    session.fragment_sent(position, binary, piece);
                }
                if last {
                    self.locks.remove(&key);
                    self.reactor.count_control_message();
                }
            }
            Sent::NotOpen => self.forget_lock(key),
            // Half a message can't be dropped. (With `close` the client is gone already.)
            Sent::Overflow if begun || self.slow_client == SlowClient::Close => {
                self.forget_lock(key);
                let closed = self.close(key, SLOW, "it does not take what is sent to it (max_buffered)");
                debug_assert!(closed.is_ok(), "code and reason can be sent");
            }
            Sent::Overflow => {}
        }
        sent == Sent::Queued
    }
}

/// The sockets for control connections, with their addresses.
pub fn open(config: &ServerConfig) -> Result<Vec<(Listener, String)>, StartError> {
    let mut listeners = Vec::new();
    for address in &config.control {
        for listener in open_listener(address, config, None)? {
            let found = listener.address().unwrap_or_else(|_| address.clone());
            check_locality(address, &found, config)?;
            listeners.push((listener, found.to_string()));
        }
    }
    Ok(listeners)
}

/// A name that was believed to be loopback must have turned out to be.
fn check_locality(
    address: &ListenAddress,
    found: &ListenAddress,
    config: &ServerConfig,
) -> Result<(), StartError> {
    if config.control_secret.is_some() || found.is_local() {
        return Ok(());
    }
    let problem = format!("it is {found}, not loopback, and there is no control_secret");
    Err(StartError::Listen { address: address.to_string(), error: std::io::Error::other(problem) })
}

fn opcode(binary: bool) -> Opcode {
    if binary { Opcode::Binary } else { Opcode::Text }
}
