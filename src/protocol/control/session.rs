//! The server's side of one control connection: bytes and time in, requests and answers out.

use super::{
    ControlAnswer, ControlCommand, ControlError, ControlFrame, ControlHeader, ControlSecret, Fragments,
    MAX_CONTROL_FRAME, Position, RECIPIENT_LEN, parse_control_header,
};
use crate::protocol::Timestamp;
use crate::protocol::utf8::is_utf8;
use std::sync::Arc;
use std::time::Duration;

/// How long a client may be silent before it is pinged, and then again until the connection ends.
const SILENCE: Duration = Duration::from_secs(1);
/// How long a client that has to authenticate may take, whatever else it says.
const AUTHENTICATION: Duration = Duration::from_secs(5);
/// Answers that may wait for the client to take them, beyond which it is asked nothing more.
const MAX_UNREAD: usize = 64 * 1024;
/// Requests handed out and not answered yet, beyond which there are no more.
const MAX_OUTSTANDING: usize = 64;
/// An input buffer is kept up to this capacity.
const KEEP_CAPACITY: usize = 4 * 1024;

/// A control connection, without its socket. `K` names the connections that it may lock.
///
/// [`poll_event`](ControlSession::poll_event) hands out requests in order, and each must be
/// [answered](ControlSession::answer) in that order. What the session answers by itself (pings, the secret), and its end,
/// waits for its turn: answers come in the order of what they answer.
#[derive(Debug)]
pub struct ControlSession<K> {
    secret: Option<Arc<ControlSecret>>,
    /// The secret has to come first, and until then. `None` once it has come, or where it need not.
    authenticate_by: Option<Timestamp>,
    /// What came, from the first frame that was not looked at on.
    input: Vec<u8>,
    used: usize,
    /// The client sends nothing more.
    finished: bool,
    output: Vec<u8>,
    sent: usize,
    outstanding: usize,
    /// When the client was heard last, or the ping was sent that it has to answer.
    heard: Timestamp,
    pinged: bool,
    lock: Option<(K, Fragments)>,
    over: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum ControlEvent {
    /// To be carried out and answered.
    Request(ControlRequest),
    /// The connection ends when the output is out; for a fault of the client's, of which it has been told, or quietly.
    Ended(Option<ControlFault>),
}

/// A command that somebody else than the session carries out. It owns its payload.
#[derive(Debug, PartialEq, Eq)]
pub struct ControlRequest {
    letter: u8,
    payload: Vec<u8>,
}

/// Why a control connection ends, where that is the client's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlFault {
    #[error(transparent)]
    Protocol(#[from] ControlError),
    #[error("it did not begin with the control secret")]
    Unauthenticated,
    #[error("the control secret is wrong")]
    WrongSecret,
    #[error("it ended inside a frame")]
    CutOff,
    #[error("it was silent, and did not answer the ping")]
    Silent,
    #[error("it does not take its answers")]
    Unread,
}

/// What comes next in the input.
enum Next {
    Nothing,
    Pong,
    Ping,
    Secret {
        matches: bool,
    },
    Quit,
    /// The rest is for somebody else.
    Request(ControlHeader),
}

impl ControlRequest {
    pub fn command(&self) -> Result<ControlCommand<'_>, ControlError> {
        ControlCommand::parse(ControlFrame { letter: self.letter, payload: &self.payload })
    }

    /// The field that names the recipient, as the answer repeats it.
    pub fn field(&self) -> Option<[u8; RECIPIENT_LEN]> {
        self.payload.first_chunk().copied()
    }

    /// Whether it brings a whole message. (One in fragments is whole with the last of them.)
    pub fn is_message(&self) -> bool {
        match self.letter.to_ascii_lowercase() {
            b'b' | b't' => true,
            // Without a message it is a question.
            b'c' | b'd' => self.payload.len() > RECIPIENT_LEN,
            _ => false,
        }
    }

    pub fn is_status(&self) -> bool {
        self.letter == b'j'
    }
}

impl<K: Copy> ControlSession<K> {
    /// A connection that was accepted just now. A secret that comes is compared wherever there is one; with
    /// `must_authenticate` it has to come first.
    pub fn new(secret: Option<Arc<ControlSecret>>, must_authenticate: bool, now: Timestamp) -> Self {
        ControlSession {
            secret,
            authenticate_by: must_authenticate.then(|| now + AUTHENTICATION),
            input: Vec::new(),
            used: 0,
            finished: false,
            output: Vec::new(),
            sent: 0,
            outstanding: 0,
            heard: now,
            pinged: false,
            lock: None,
            over: false,
        }
    }

    /// Bytes that there is room for: what was not handed out yet and what comes are one frame at most.
    pub fn room(&self) -> usize {
        if self.over || self.finished { 0 } else { MAX_CONTROL_FRAME - (self.input.len() - self.used) }
    }

    /// Takes what came: not more than there is room for.
    pub fn receive(&mut self, bytes: &[u8], now: Timestamp) {
        debug_assert!(bytes.len() <= self.room());
        self.hear(now);
        self.input.drain(..self.used);
        self.used = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The client sends nothing more. What it has asked for is answered before the connection ends.
    pub fn handle_eof(&mut self) {
        self.finished = true;
    }

    /// The next thing that somebody else has to know of; `None` until there is more input, an answer, or room for answers.
    pub fn poll_event(&mut self, now: Timestamp) -> Option<ControlEvent> {
        while !self.over && !self.is_held_up() {
            match self.next() {
                Ok((Next::Nothing, _)) if self.finished && self.outstanding == 0 => {
                    return Some(self.end(None));
                }
                Ok((Next::Nothing, _)) => break,
                Ok((Next::Pong, end)) => self.use_up(end, now),
                Ok((Next::Request(ControlHeader { letter, start, end }), _)) => {
                    let payload = self.input[self.used..][start..end].to_vec();
                    self.use_up(end, now);
                    self.outstanding += 1;
                    return Some(ControlEvent::Request(ControlRequest { letter, payload }));
                }
                // What follows has its turn when all before it is answered.
                _ if self.outstanding > 0 => break,
                Ok((Next::Ping, end)) => {
                    self.use_up(end, now);
                    self.write(&ControlAnswer::Pong);
                }
                Ok((Next::Secret { matches: true }, end)) => {
                    self.use_up(end, now);
                    self.authenticate_by = None;
                    self.write(&ControlAnswer::Done);
                }
                Ok((Next::Secret { matches: false }, _)) => {
                    return Some(self.end(Some(ControlFault::WrongSecret)));
                }
                Ok((Next::Quit, _)) => return Some(self.end(None)),
                Err(fault) => return Some(self.end(Some(fault))),
            }
        }
        None
    }

    /// The first request that was not answered is done; `None` where its command has no answer.
    pub fn answer(&mut self, answer: Option<&ControlAnswer<'_>>) {
        self.outstanding = self.outstanding.saturating_sub(1);
        if let Some(answer) = answer {
            self.write(answer);
        }
    }

    /// Whether [`ControlSession::poll_event`] has something to look at.
    pub fn has_more(&self) -> bool {
        if self.over || self.is_held_up() {
            return false;
        }
        match self.next() {
            Ok((Next::Nothing, _)) => self.finished && self.outstanding == 0,
            Ok((Next::Pong | Next::Request(_), _)) => true,
            _ => self.outstanding == 0,
        }
    }

    /// When [`ControlSession::handle_timeout`] wants to be called.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let silence = self.heard + SILENCE;
        (!self.over).then(|| self.authenticate_by.map_or(silence, |by| by.min(silence)))
    }

    /// Pings a silent client, or ends the connection. The caller has handed over everything that has come.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Option<ControlEvent> {
        if self.over {
            return None;
        }
        if self.authenticate_by.is_some_and(|by| by <= now) {
            return Some(self.end(Some(ControlFault::Unauthenticated)));
        }
        if now < self.heard + SILENCE {
            return None;
        }
        if self.outstanding > 0 || self.has_more() {
            // It is not the client whom everybody waits for.
            self.hear(now);
        } else if !self.pinged {
            self.heard = now;
            self.pinged = true;
            self.write(&ControlAnswer::Ping);
        } else if self.is_held_up() || self.finished {
            return Some(self.end(Some(ControlFault::Unread)));
        } else {
            return Some(self.end(Some(ControlFault::Silent)));
        }
        None
    }

    /// What is to be written.
    pub fn output(&self) -> &[u8] {
        &self.output[self.sent..]
    }

    /// So much of the output was taken.
    pub fn advance(&mut self, count: usize, now: Timestamp) {
        if self.is_held_up() {
            // Nothing is read from it now: that it takes something is its sign of life.
            self.hear(now);
        }
        self.sent += count;
        if self.sent >= self.output.len() {
            self.sent = 0;
            self.output = Vec::new();
        } else if self.sent >= MAX_UNREAD {
            self.output.drain(..self.sent);
            self.sent = 0;
        }
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The connection that is locked.
    pub fn locked(&self) -> Option<K> {
        self.lock.map(|(key, _)| key)
    }

    /// A connection was locked for a message in fragments; there is one at a time.
    pub fn lock(&mut self, key: K) {
        self.lock = Some((key, Fragments::default()));
    }

    /// The lock is gone: the message is whole, or the connection has ended.
    pub fn unlock(&mut self) -> Option<K> {
        self.lock.take().map(|(key, _)| key)
    }

    /// The locked connection, and whether its message has begun, if this fragment may come next.
    pub fn admits(&self, position: Position, binary: bool, piece: &[u8]) -> Option<(K, bool)> {
        let (key, fragments) = self.lock?;
        fragments.after(position, binary, piece).map(|_| (key, fragments.has_begun()))
    }

    /// This fragment was sent. The last one unlocks.
    pub fn fragment_sent(&mut self, position: Position, binary: bool, piece: &[u8]) {
        let Some((_, fragments)) = &mut self.lock else { return };
        match fragments.after(position, binary, piece) {
            Some(_) if position == Position::Last => self.lock = None,
            Some(after) => *fragments = after,
            None => {}
        }
    }

    /// The next frame and where it ends, or what is wrong with it: as soon as that can be told.
    fn next(&self) -> Result<(Next, usize), ControlFault> {
        let input = &self.input[self.used..];
        let Some(header) = parse_control_header(input)? else { return self.incomplete(input) };
        if self.authenticate_by.is_some() && !matches!(header.letter, b'k' | b'P' | b'q' | b'Q') {
            return Err(ControlFault::Unauthenticated);
        }
        ControlCommand::check(&header)?;
        let Some(payload) = input.get(header.start..header.end) else { return self.incomplete(input) };
        let letter = header.letter;
        let next = match ControlCommand::parse(ControlFrame { letter, payload })? {
            ControlCommand::Ping => Next::Ping,
            ControlCommand::Pong => Next::Pong,
            ControlCommand::Quit => Next::Quit,
            ControlCommand::Authenticate { secret } => {
                // Where none is configured, none is wrong.
                Next::Secret { matches: self.secret.as_ref().is_none_or(|own| own.matches(secret)) }
            }
            // Nobody would hear of it otherwise: these are not answered.
            ControlCommand::Broadcast { binary: false, message }
            | ControlCommand::SendUnconfirmed { binary: false, message, .. }
            | ControlCommand::Publish { binary: false, message, .. }
                if !is_utf8(message) =>
            {
                return Err(ControlError::Text(letter.into()).into());
            }
            _ => Next::Request(header),
        };
        Ok((next, header.end))
    }

    fn incomplete(&self, input: &[u8]) -> Result<(Next, usize), ControlFault> {
        if self.finished && !input.is_empty() { Err(ControlFault::CutOff) } else { Ok((Next::Nothing, 0)) }
    }

    /// Nothing more is handed out for now.
    fn is_held_up(&self) -> bool {
        self.output.len() - self.sent > MAX_UNREAD || self.outstanding >= MAX_OUTSTANDING
    }

    fn use_up(&mut self, length: usize, now: Timestamp) {
        self.hear(now);
        self.used += length;
        if self.used == self.input.len() {
            self.used = 0;
            self.input.clear();
            if self.input.capacity() > KEEP_CAPACITY {
                self.input = Vec::new();
            }
        }
    }

    fn hear(&mut self, now: Timestamp) {
        self.heard = now;
        self.pinged = false;
    }

    fn write(&mut self, answer: &ControlAnswer<'_>) {
        let written = answer.write(&mut self.output);
        debug_assert!(written.is_ok(), "answers are shorter than a frame may be");
    }

    fn end(&mut self, fault: Option<ControlFault>) -> ControlEvent {
        match fault {
            None => {}
            Some(ControlFault::WrongSecret) => self.write(&ControlAnswer::NotDone),
            Some(_) => self.write(&ControlAnswer::Error),
        }
        self.over = true;
        self.input = Vec::new();
        self.used = 0;
        ControlEvent::Ended(fault)
    }
}

#[cfg(test)]
mod tests;
