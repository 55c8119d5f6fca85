//! TLS over a socket, without ever blocking.
//!
//! Whatever one read brings is decrypted and handed out at once, so no decrypted data ever waits in here: the
//! kernel's edge-triggered events, and "a short read means empty", hold as they do for a plain socket. An idle
//! connection keeps no buffer.

use super::session::Session;
use super::{Keyring, TlsContext, TlsInfo};
use crate::net::{Received, Socket};
use crate::protocol::Timestamp;
use rustls::server::Acceptor;
use std::io::{self, IoSlice, Read};
use std::sync::Arc;
use std::time::Duration;

/// What one read takes from the socket, with what was held back before: several records of 16 KiB.
const INPUT: usize = 128 * 1024;
/// A record or handshake message that has not arrived whole may have so many bytes; rustls' own limits are lower.
const MAX_PARTIAL: usize = 96 * 1024;
/// The same for the first message, which anyone may send: one record.
const MAX_HELLO: usize = 20 * 1024;
/// RFC 8446 §5.1: "The length MUST NOT exceed 2^14 bytes."
const RECORD: usize = 16 * 1024;
/// Records encrypted before they are offered to the socket.
const RECORDS_PER_WRITE: usize = 4;
/// More than header, padding and tag of a record take.
const RECORD_OVERHEAD: usize = 256;
/// RFC 8446 §5.1: the content type of a handshake record.
const HANDSHAKE: u8 = 0x16;

/// For a browser that was sent to `http://`.
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 55\r\n\
    Connection: close\r\n\r\nThis port speaks TLS only: use https:// and wss:// URLs";

/// Buffers of the thread that serves the connection; allocated when they are first used.
#[derive(Debug, Default)]
pub struct TlsWork {
    input: Vec<u8>,
    output: Vec<u8>,
    staging: Vec<u8>,
}

/// One TLS connection, server side.
pub struct TlsStream {
    socket: Socket,
    phase: Phase,
    /// Ciphertext of a record or message that has not arrived whole. Empty, and without memory, otherwise.
    partial: Vec<u8>,
    /// Ciphertext that the socket has not taken.
    unsent: Vec<u8>,
    /// How much of `unsent` it has.
    sent: usize,
    /// What it has taken since that was last asked for.
    wire: usize,
    /// The handshake must be done by then.
    deadline: Option<Timestamp>,
    /// The peer has sent its close_notify.
    ended: bool,
}

enum Phase {
    /// The client has not said yet which host it wants.
    Hello { context: Arc<TlsContext>, acceptor: Option<Box<Acceptor>> },
    /// Handshake, and then data.
    Session(Box<Session>),
    /// It is told why not; its input is read and dropped.
    Refused,
}

impl TlsStream {
    pub fn new(socket: Socket, keyring: &Keyring) -> TlsStream {
        TlsStream {
            socket,
            phase: Phase::Hello { context: keyring.current(), acceptor: None },
            partial: Vec::new(),
            unsent: Vec::new(),
            sent: 0,
            wire: 0,
            deadline: None,
            ended: false,
        }
    }

    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    pub fn socket_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// The handshake is done.
    pub fn is_established(&self) -> bool {
        matches!(&self.phase, Phase::Session(session) if session.is_established())
    }

    pub fn is_refused(&self) -> bool {
        matches!(self.phase, Phase::Refused)
    }

    /// Time for the handshake alone, where there is such a limit.
    pub fn handshake_timeout(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Hello { context, .. } => context.handshake_timeout(),
            _ => None,
        }
    }

    pub fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    pub fn set_deadline(&mut self, deadline: Option<Timestamp>) {
        self.deadline = deadline;
    }

    /// What was agreed on; once, when the handshake is done.
    pub fn take_info(&mut self) -> Option<TlsInfo> {
        match &mut self.phase {
            Phase::Session(session) if session.is_established() => Some(session.take_info()),
            _ => None,
        }
    }

    /// Ciphertext that waits for the socket.
    pub fn unsent(&self) -> usize {
        self.unsent.len() - self.sent
    }

    /// Ciphertext that the socket has taken since this was last asked.
    pub fn take_wire(&mut self) -> usize {
        std::mem::take(&mut self.wire)
    }

    /// Reads what is there into `buffer`, decrypted.
    pub fn read(&mut self, buffer: &mut [u8], work: &mut TlsWork) -> io::Result<Received> {
        if self.ended {
            return Ok(Received::End);
        }
        work.input.resize(INPUT, 0);
        let held = self.partial.len();
        // Plaintext is never longer than its ciphertext, so it fits if that does.
        let limit = buffer.len().min(INPUT);
        if held >= limit {
            return Ok(self.refuse("a TLS record is too long".to_owned(), 0));
        }
        work.input[..held].copy_from_slice(&self.partial);
        let wire = self.socket.read(&mut work.input[held..limit])?;
        if wire == 0 {
            return Ok(Received::End);
        }
        let drained = held + wire < limit;
        match self.take(&mut work.input[..held + wire], held, buffer) {
            Err(problem) => Ok(self.refuse(problem, wire)),
            Ok(count) => {
                self.flush()?;
                // Its end may already be known: it is handed out by the next read.
                Ok(Received::Bytes { count, wire, drained: drained && !self.ended })
            }
        }
    }

    /// Encrypts and writes as much as the socket takes; what one write was too much by stays in here, see
    /// [`TlsStream::unsent`]. `WouldBlock` while the handshake is not done.
    pub fn write_vectored(&mut self, slices: &[IoSlice<'_>], work: &mut TlsWork) -> io::Result<usize> {
        let session = match &mut self.phase {
            Phase::Session(session) if session.is_established() => session,
            Phase::Refused => return Ok(slices.iter().map(|slice| slice.len()).sum()),
            _ => return Err(io::ErrorKind::WouldBlock.into()),
        };
        session.take_answers(&mut self.unsent, &mut self.partial);
        self.flush()?;
        work.output.resize(RECORDS_PER_WRITE * (RECORD + RECORD_OVERHEAD), 0);
        let mut pieces = Pieces { slices, index: 0, offset: 0 };
        let mut taken = 0;
        while self.unsent() == 0 {
            let Phase::Session(session) = &mut self.phase else { break };
            let mut length = 0;
            for _ in 0..RECORDS_PER_WRITE {
                let plain = pieces.next_record(&mut work.staging);
                if plain.is_empty() {
                    break;
                }
                length += session
                    .encrypt(plain, &mut work.output[length..], &mut self.partial)
                    .map_err(io::Error::other)?;
                taken += plain.len();
            }
            if length == 0 {
                return Ok(taken);
            }
            self.write(&work.output[..length])?;
        }
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    /// Offers what is encrypted to the socket again. No error where it takes nothing: see [`TlsStream::unsent`].
    pub fn flush(&mut self) -> io::Result<()> {
        while self.sent < self.unsent.len() {
            match self.socket.write(&self.unsent[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.sent += count;
                    self.wire += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.unsent = Vec::new();
        self.sent = 0;
        Ok(())
    }

    /// Says that nothing more comes (close_notify), as far as the socket takes it now.
    pub fn finish(&mut self) {
        if let Phase::Session(session) = &mut self.phase
            && session.is_established()
        {
            session.close(&mut self.unsent, &mut self.partial);
            // The peer is gone if it fails.
            let _ = self.flush();
        }
    }

    /// Writes ciphertext behind which nothing waits; keeps what the socket does not take.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let count = match self.socket.write(bytes) {
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => 0,
            Err(error) => return Err(error),
        };
        self.wire += count;
        if count < bytes.len() {
            self.unsent.extend_from_slice(&bytes[count..]);
        }
        Ok(())
    }

    /// Takes ciphertext, of which the first `held` bytes have been seen before. Returns the length of the plaintext.
    fn take(&mut self, input: &mut [u8], held: usize, plain: &mut [u8]) -> Result<usize, String> {
        if let Phase::Hello { context, acceptor } = &mut self.phase {
            if input[0].is_ascii_uppercase() {
                self.unsent.extend_from_slice(PLAIN_HTTP);
                return Err("plain HTTP came to a TLS listener".to_owned());
            }
            if input[0] != HANDSHAKE {
                return Err("what came is not TLS".to_owned());
            }
            let acceptor = acceptor.get_or_insert_default();
            let Some(session) = greet(acceptor, context, &input[held..], &mut self.unsent)? else {
                if input.len() > MAX_HELLO {
                    return Err("the TLS hello is too long".to_owned());
                }
                self.partial.extend_from_slice(&input[held..]);
                return Ok(0);
            };
            self.phase = Phase::Session(Box::new(session));
        }
        let Phase::Session(session) = &mut self.phase else {
            return Ok(0); // refused: it is dropped
        };
        let progress =
            session.receive(input, plain, &mut self.unsent).map_err(|error| format!("TLS: {error}"))?;
        let rest = &input[progress.used..];
        if rest.len() > MAX_PARTIAL {
            return Err("a TLS message is too long".to_owned());
        }
        self.partial = if progress.closed { Vec::new() } else { rest.to_vec() };
        self.ended |= progress.closed;
        Ok(progress.plain)
    }

    fn refuse(&mut self, why: String, wire: usize) -> Received {
        self.phase = Phase::Refused;
        self.partial = Vec::new();
        // The peer learns why, if it still listens; a failure is its loss only.
        let _ = self.flush();
        Received::Refused { why, wire }
    }
}

/// Gives the first bytes to rustls until they are a ClientHello, and chooses the configuration for its host. The
/// session then begins at the beginning: all that was seen is given to it again.
fn greet(
    acceptor: &mut Acceptor,
    context: &TlsContext,
    mut input: &[u8],
    out: &mut Vec<u8>,
) -> Result<Option<Session>, String> {
    loop {
        // rustls takes a few KiB at a time. Beyond one record it takes no more, and says so.
        let count = acceptor.read_tls(&mut input).map_err(|error| format!("TLS: {error}"))?;
        match acceptor.accept() {
            Ok(Some(accepted)) => {
                let sni = accepted.client_hello().server_name().map(Box::from);
                let config = Arc::clone(context.choose(sni.as_deref()));
                return Session::new(config, sni).map(Some).map_err(|error| format!("TLS: {error}"));
            }
            Ok(None) if count == 0 || input.is_empty() => return Ok(None),
            Ok(None) => {}
            Err((error, mut alert)) => {
                // Writing to a Vec does not fail.
                let _ = alert.write_all(out);
                return Err(format!("TLS: {error}"));
            }
        }
    }
}

/// Plaintext on its way into records.
struct Pieces<'a> {
    slices: &'a [IoSlice<'a>],
    index: usize,
    offset: usize,
}

impl<'a> Pieces<'a> {
    /// The content of the next record; empty at the end. Short pieces (a header and its payload, many small frames)
    /// are joined in `staging`, for each record has its price.
    fn next_record<'b>(&mut self, staging: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        staging.clear();
        while let Some(slice) = self.slices.get(self.index) {
            let slice: &'a [u8] = slice;
            let rest = &slice[self.offset..];
            if staging.is_empty() && rest.len() >= RECORD {
                self.offset += RECORD;
                return &rest[..RECORD];
            }
            let count = rest.len().min(RECORD - staging.len());
            staging.extend_from_slice(&rest[..count]);
            if count < rest.len() {
                self.offset += count;
                break;
            }
            self.index += 1;
            self.offset = 0;
        }
        staging
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_answer_to_plain_http_has_the_length_that_it_says() {
        let text = std::str::from_utf8(PLAIN_HTTP).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }

    proptest! {
        #[test]
        fn pieces_come_out_once_and_in_order(lengths in prop::collection::vec(0usize..40_000, 0..20)) {
            let buffers: Vec<Vec<u8>> =
                lengths.iter().enumerate().map(|(index, length)| vec![index as u8; *length]).collect();
            let slices: Vec<IoSlice<'_>> = buffers.iter().map(|buffer| IoSlice::new(buffer)).collect();
            let mut pieces = Pieces { slices: &slices, index: 0, offset: 0 };
            let (mut staging, mut seen) = (Vec::new(), Vec::new());
            loop {
                let record = pieces.next_record(&mut staging);
                prop_assert!(record.len() <= RECORD);
                if record.is_empty() {
                    break;
                }
                seen.extend_from_slice(record);
            }
            prop_assert_eq!(seen, buffers.concat());
        }
    }
}
