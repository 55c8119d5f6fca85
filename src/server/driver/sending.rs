//! What is sent: messages, whole and in pieces, files, and messages for the subscribers of a topic.

use super::{Driver, sockets};
use crate::protocol::{Opcode, Payload, UsageError, Utf8Validator};
use crate::server::ConnKey;
use std::fs::File;

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

/// A message that is being written in pieces.
pub(super) struct Writing {
    /// What was seen of a text.
    utf8: Option<Utf8Validator>,
    /// It comes to its end by itself: a close waits for that.
    pub(super) ends: bool,
}

impl<P: Payload> Driver<P> {
    /// Queues a message. Text must be valid UTF-8: the caller has checked it.
    pub fn send(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> Sent {
        sockets!(self, send(key, opcode, payload))
    }

    /// Queues bytes of frames that the application encoded itself.
    pub fn send_raw(&mut self, key: ConnKey, frames: &[u8]) -> Sent {
        sockets!(self, send_raw(key, frames))
    }

    /// Queues a message for every open connection but those in `except`; says for how many.
    pub fn broadcast(&mut self, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        sockets!(self, broadcast(opcode, payload, except))
    }

    /// Subscribes a connection to a topic. False: it is not open, or is subscribed already.
    pub fn subscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        self.is_open(key) && self.topics.subscribe(key, topic)
    }

    /// False if it was not subscribed.
    pub fn unsubscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        self.topics.unsubscribe(key, topic)
    }

    /// A connection's topics. They end with the connection.
    pub fn topics(&self, key: ConnKey) -> Vec<String> {
        self.topics.of(key)
    }

    /// Queues a message for every subscriber of a topic but those in `except`; says for how many.
    pub fn publish(&mut self, topic: &str, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        let keys: Vec<ConnKey> = self.topics.members(topic).filter(|key| !except.contains(key)).collect();
        sockets!(self, multicast(opcode, payload, &keys))
    }

    /// Begins a message that is written in pieces; other messages to the connection queue behind it. False: the
    /// connection is not open, or another one (or a file) is being sent.
    pub fn begin_message(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin(key, binary, false)
    }

    /// The same for a message that comes to its end by itself, whatever the application does: a close waits for it, as
    /// for a file.
    pub fn begin_transfer(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin(key, binary, true)
    }

    fn begin(&mut self, key: ConnKey, binary: bool, ends: bool) -> bool {
        if self.writing.contains_key(&key) {
            return false;
        }
        let begun = sockets!(self, begin_message(key, binary));
        if begun {
            let utf8 = (!binary).then(Utf8Validator::default);
            self.writing.insert(key, Writing { utf8, ends });
        }
        begun
    }

    /// Writes a piece of the message that was begun: one frame. Text may be cut anywhere, but must be UTF-8 as a
    /// whole.
    pub fn write_message(&mut self, key: ConnKey, piece: &[u8]) -> Result<Sent, UsageError> {
        let Some(writing) = self.writing.get_mut(&key) else { return Ok(Sent::NotOpen) };
        let before = writing.utf8;
        if writing.utf8.as_mut().is_some_and(|utf8| utf8.push(piece).is_err()) {
            writing.utf8 = before;
            return Err(UsageError::TextUtf8);
        }
        if writing.ends {
            // Whoever transfers looks at what is buffered: there is no limit that could be met in the middle.
            return Ok(sockets!(self, write_message_unbounded(key, piece)));
        }
        let sent = sockets!(self, write_message(key, piece));
        if sent == Sent::Overflow
            && let Some(writing) = self.writing.get_mut(&key)
        {
            writing.utf8 = before; // the piece was dropped
        }
        Ok(sent)
    }

    /// Ends the message that was begun; `Ok(false)` where there is none. A text that ends inside a character is
    /// an error, and goes on.
    pub fn end_message(&mut self, key: ConnKey) -> Result<bool, UsageError> {
        if self.writing.get(&key).is_some_and(Writing::ends_inside_a_character) {
            return Err(UsageError::TextUtf8);
        }
        Ok(self.writing.remove(&key).is_some() && sockets!(self, end_message(key)))
    }

    /// Sends a file as one message, from where it is read next, piece by piece as the socket takes it. A `Drain`
    /// event tells the end. False: the connection is not open, or another one is being sent. A text file that is
    /// not UTF-8 fails the connection (1011), since what was sent can't be taken back.
    pub fn send_file(&mut self, key: ConnKey, file: File, binary: bool) -> bool {
        !self.writing.contains_key(&key) && sockets!(self, send_file(key, file, binary))
    }

    /// Ends the message of a file where it is; false where none is being sent.
    pub fn cancel_file(&mut self, key: ConnKey) -> bool {
        let is_message = self.writing.contains_key(&key) || self.locks.contains_key(&key);
        !is_message && sockets!(self, cancel_file(key))
    }
}

impl Writing {
    fn ends_inside_a_character(&self) -> bool {
        self.utf8.is_some_and(|utf8| utf8.finish().is_err())
    }
}
