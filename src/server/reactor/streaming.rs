//! Messages that are sent in pieces: those that the application or a control client writes, and files.
//!
//! RFC 6455 §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message
//! unless an extension has been negotiated that can interpret the interleaving." So other messages to the same
//! connection queue behind until the last piece is out.

use super::Reactor;
use crate::protocol::{Opcode, Payload, Utf8Validator, encode_header};
use crate::server::connections::Conn;
use crate::server::{ConnKey, Event, Sent};
use std::fs::File;
use std::io::Read;

/// Bytes read from a file at once; the next ones are read when the socket has taken these.
const CHUNK: usize = 64 * 1024;
/// Bytes of files sent to one connection in one turn.
const BYTES_PER_TURN: usize = 1024 * 1024;

/// A message that is being sent.
#[derive(Debug)]
pub struct Stream {
    source: Source,
    binary: bool,
    /// Of the next frame: the message's own for the first, continuation after that. `None` where the kind of the message is
    /// not known yet.
    opcode: Option<Opcode>,
    /// Encoded frames of other messages, which wait for the end of this one.
    behind: Vec<u8>,
}

#[derive(Debug)]
enum Source {
    /// The application writes.
    Application,
    File {
        file: File,
        utf8: Option<Utf8Validator>,
    },
}

impl Stream {
    pub fn waiting(&self) -> usize {
        self.behind.len()
    }

    pub fn is_file(&self) -> bool {
        matches!(self.source, Source::File { .. })
    }

    pub fn queue(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.behind.extend_from_slice(part);
        }
    }

    fn new(source: Source, binary: bool) -> Stream {
        Stream { source, binary, opcode: Some(opcode(binary)), behind: Vec::new() }
    }

    fn next_opcode(&mut self) -> Option<Opcode> {
        let opcode = self.opcode?;
        self.opcode = Some(Opcode::Continuation);
        Some(opcode)
    }
}

impl<P: Payload> Reactor<P> {
    /// Begins a message that the application writes in pieces. False: the connection is not open, or another one
    /// is being sent.
    pub fn begin_message(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin(key, Stream::new(Source::Application, binary))
    }

    /// Takes the place for a message whose kind will be known when its first piece comes; other messages queue behind
    /// already. False: as above.
    pub fn lock(&mut self, key: ConnKey) -> bool {
        self.begin(key, Stream { opcode: None, ..Stream::new(Source::Application, false) })
    }

    /// Says what kind the message is for which the place was taken.
    pub fn decide_message(&mut self, key: ConnKey, binary: bool) {
        if let Some(stream) = self.connections.get_mut(key).and_then(Conn::stream_mut)
            && stream.opcode != Some(Opcode::Continuation)
        {
            stream.binary = binary;
            stream.opcode = Some(opcode(binary));
        }
    }

    /// A piece of the message that was begun. What waits behind the message has no part in whether there is room for it.
    pub fn write_message(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        self.queue_after(key, Conn::waiting_ahead, |reactor, key| reactor.push_piece(key, false, piece))
    }

    /// A piece, whatever waits already: the caller has looked. `Overflow` does not come.
    pub fn write_message_unbounded(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        if !self.connections.get(key).is_some_and(|conn| conn.link.protocol.can_send()) {
            return Sent::NotOpen;
        }
        self.push_piece(key, false, piece);
        self.mark_dirty(key);
        Sent::Queued
    }

    /// The end of the message that was begun.
    pub fn end_message(&mut self, key: ConnKey) -> bool {
        self.connections.get(key).is_some_and(writes_message) && self.end_stream(key, &[])
    }

    /// The last piece of the message that was begun.
    pub fn finish_message(&mut self, key: ConnKey, piece: &[u8]) -> Sent {
        self.queue_after(key, Conn::waiting_ahead, |reactor, key| {
            reactor.end_stream(key, piece);
        })
    }

    /// The last piece, whatever waits already: the caller has looked.
    pub fn finish_message_unbounded(&mut self, key: ConnKey, piece: &[u8]) {
        if self.connections.get(key).is_some_and(writes_message) {
            self.end_stream(key, piece);
        }
    }

    /// Sends a file as one message, from where it is read next. A `Drain` event comes when all of it is out.
    pub fn send_file(&mut self, key: ConnKey, file: File, binary: bool) -> bool {
        let utf8 = (!binary).then(Utf8Validator::default);
        let begun = self.begin(key, Stream::new(Source::File { file, utf8 }, binary));
        if begun {
            if let Some(conn) = self.connections.get_mut(key) {
                conn.flags.wants_drain = true;
            }
            self.mark_dirty(key);
        }
        begun
    }

    /// Ends the message of a file where it is.
    pub fn cancel_file(&mut self, key: ConnKey) -> bool {
        self.connections.get(key).is_some_and(sends_file) && self.end_stream(key, &[])
    }

    /// Feeds a connection's file to its socket. True: there is more to send than this turn allows.
    pub(super) fn pump_file(&mut self, key: ConnKey) -> bool {
        if !self.connections.get(key).is_some_and(sends_file) {
            return false;
        }
        let mut bytes = std::mem::take(&mut self.read_buffer);
        let more = self.pump_file_through(key, &mut bytes[..CHUNK]);
        self.read_buffer = bytes;
        more
    }

    fn pump_file_through(&mut self, key: ConnKey, bytes: &mut [u8]) -> bool {
        let mut budget = BYTES_PER_TURN;
        while let Some(conn) = self.connections.get_mut(key) {
            if !conn.link.protocol.can_send() {
                // A Close is out, behind which nothing may come.
                conn.set_stream(None);
                return false;
            }
            // What the socket has not taken comes first; it tells when it has room.
            if conn.link.waiting() > 0 || !sends_file(conn) {
                return false;
            }
            if budget == 0 {
                return true;
            }
            match conn.stream_mut().map(|stream| stream.read(bytes)) {
                None => return false,
                Some(Ok(0)) => {
                    self.end_stream(key, &[]);
                }
                Some(Ok(count)) => {
                    let limit = self.config.max_out_frame;
                    for piece in bytes[..count].chunks(if limit == 0 { CHUNK } else { limit }) {
                        self.push_piece(key, false, piece);
                    }
                    budget = budget.saturating_sub(count);
                }
                Some(Err(what)) => {
                    self.pending.push(Event::Trouble { what: format!("a file can't be sent on: {what}") });
                    self.fail(key, 1011, "file can't be sent");
                    return false;
                }
            }
            self.write_out(key);
        }
        false
    }

    fn begin(&mut self, key: ConnKey, stream: Stream) -> bool {
        let Some(conn) = self.connections.get_mut(key) else { return false };
        if !conn.takes_messages() || conn.stream().is_some() {
            return false;
        }
        conn.set_stream(Some(stream));
        true
    }

    /// The place for a message is free again, if nothing has come of it; what waits behind goes out.
    pub(super) fn leave_undecided(&mut self, key: ConnKey) {
        if self.connections.get(key).and_then(Conn::stream).is_some_and(|stream| stream.opcode.is_none()) {
            self.end_stream(key, &[]);
        }
    }

    /// The last frame may be empty: where nobody could know that nothing more would come.
    fn end_stream(&mut self, key: ConnKey, piece: &[u8]) -> bool {
        if !self.connections.get(key).is_some_and(|conn| conn.link.protocol.can_send()) {
            return false;
        }
        self.push_piece(key, true, piece);
        let Some(conn) = self.connections.get_mut(key) else { return false };
        let Some(stream) = conn.set_stream(None) else { return false };
        // A message that the application wrote ended for PHP's thread when it asked for the end.
        if let Some(shared) = &conn.shared
            && stream.is_file()
        {
            shared.set_streaming(false);
        }
        conn.link.outbox.push(&stream.behind, &mut self.work.pool);
        let close = conn.take_close();
        self.mark_dirty(key);
        if let Some((code, reason)) = close {
            // They were looked at when they were given.
            let _ = self.close_now(key, code, &reason);
        }
        true
    }

    fn push_piece(&mut self, key: ConnKey, last: bool, piece: &[u8]) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        let Some(stream) = conn.stream_mut() else { return };
        // Of a message whose kind was never told there is no frame.
        let Some(opcode) = stream.next_opcode() else { return };
        let header = encode_header(last, false, opcode, piece.len() as u64, None);
        self.stats.count_piece_out(stream.binary, last, piece.len());
        conn.link.outbox.push_parts(&[header.as_ref(), piece], &mut self.work.pool);
    }
}

impl Stream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        let Source::File { file, utf8 } = &mut self.source else { return Ok(0) };
        let count = loop {
            match file.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| error.to_string())?,
            }
        };
        let Some(utf8) = utf8 else { return Ok(count) };
        let checked = if count == 0 { utf8.finish() } else { utf8.push(&buffer[..count]) };
        checked.map(|()| count).map_err(|_| "it is not UTF-8".to_owned())
    }
}

fn sends_file<P>(conn: &Conn<P>) -> bool {
    conn.stream().is_some_and(Stream::is_file)
}

fn writes_message<P>(conn: &Conn<P>) -> bool {
    conn.stream().is_some_and(|stream| !stream.is_file())
}

fn opcode(binary: bool) -> Opcode {
    if binary { Opcode::Binary } else { Opcode::Text }
}
