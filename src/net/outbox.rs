//! The outbox of a connection: bytes in order, waiting for the socket to take them.

use super::BufferPool;
use crate::protocol::{Opcode, encode_frame};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;

/// Encoded bytes that many connections send: a broadcast is encoded once and shared.
pub type SharedFrame = Arc<[u8]>;

/// From this length on a shared frame is queued as it is; shorter ones are cheaper to copy, because the
/// write that follows then has one piece.
pub const SHARE_FROM: usize = 8 * 1024;

/// Pieces handed to one `writev`. Linux takes 1024; more than a few dozen bring nothing.
const PIECES_PER_WRITE: usize = 32;

/// What is to be sent. Small frames are gathered in one buffer that is lent by a [`BufferPool`]; large shared
/// ones are queued by reference. An empty outbox owns no memory, and is a null pointer: most are empty most of the time.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Option<Box<Buffer>>,
}

/// The content of an outbox that has some.
#[derive(Debug, Default)]
pub struct Buffer {
    /// Pieces before `tail`.
    queue: VecDeque<Piece>,
    /// The newest bytes, still being added to.
    tail: Vec<u8>,
    /// Bytes of the first piece that the socket has taken already.
    sent: usize,
    len: usize,
}

#[derive(Debug)]
enum Piece {
    Owned(Vec<u8>),
    Shared(SharedFrame),
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Owned(bytes) => bytes,
            Piece::Shared(frame) => frame,
        }
    }
}

/// How far a [`Outbox::flush`] got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flushed {
    /// Everything is with the kernel.
    All,
    /// The socket takes no more for now; so many bytes went out.
    Blocked { written: usize },
}

impl Outbox {
    /// Bytes that wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.waiting.as_ref().map_or(0, |buffer| buffer.len)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }

    /// Appends bytes by copying them.
    pub fn push(&mut self, bytes: &[u8], pool: &mut BufferPool) {
        self.push_parts(&[bytes], pool);
    }

    /// Appends a message as one frame, as a server sends it, by copying it.
    #[inline]
    pub fn push_message(&mut self, opcode: Opcode, payload: &[u8], pool: &mut BufferPool) {
        let buffer = self.buffer(pool);
        let before = buffer.tail.len();
        encode_frame(opcode, payload, &mut buffer.tail);
        buffer.len += buffer.tail.len() - before;
    }

    /// Appends a frame given in parts (header, payload) by copying them.
    pub fn push_parts(&mut self, parts: &[&[u8]], pool: &mut BufferPool) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length == 0 {
            return;
        }
        let buffer = self.buffer(pool);
        parts.iter().for_each(|part| buffer.tail.extend_from_slice(part));
        buffer.len += length;
    }

    /// Appends a frame that others send too, without a copy where it is long.
    pub fn push_shared(&mut self, frame: &SharedFrame, pool: &mut BufferPool) {
        if frame.len() < SHARE_FROM {
            return self.push(frame, pool);
        }
        let buffer = self.buffer(pool);
        if !buffer.tail.is_empty() {
            buffer.queue.push_back(Piece::Owned(std::mem::take(&mut buffer.tail)));
        }
        buffer.queue.push_back(Piece::Shared(frame.clone()));
        buffer.len += frame.len();
    }

    /// Writes as much as `write` takes: it is called with the pieces in order and says how many bytes it took.
    pub fn flush(
        &mut self,
        pool: &mut BufferPool,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Flushed> {
        let mut written = 0;
        while let Some(buffer) = &mut self.waiting {
            let (offered, result) = buffer.offer(&mut write);
            match result {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    written += taken;
                    buffer.consume(taken);
                    if buffer.len == 0 {
                        self.clear(pool);
                    } else if taken < offered {
                        // A short write means that the socket is full: asking again would only bring EAGAIN.
                        return Ok(Flushed::Blocked { written });
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Flushed::Blocked { written });
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Flushed::All)
    }

    /// Forgets what waits.
    pub fn clear(&mut self, pool: &mut BufferPool) {
        if let Some(buffer) = self.waiting.take() {
            pool.give_back(buffer);
        }
    }

    #[inline]
    fn buffer(&mut self, pool: &mut BufferPool) -> &mut Buffer {
        self.waiting.get_or_insert_with(|| pool.lend())
    }
}

impl Buffer {
    /// An empty one with some capacity.
    pub fn with_capacity(capacity: usize) -> Buffer {
        Buffer { tail: Vec::with_capacity(capacity), ..Buffer::default() }
    }

    pub fn capacity(&self) -> usize {
        self.tail.capacity()
    }

    /// Empties it.
    pub fn reset(&mut self) {
        self.queue = VecDeque::new();
        self.tail.clear();
        self.sent = 0;
        self.len = 0;
    }

    /// Offers what waits, in order: how many bytes that were, and what came of it.
    #[inline]
    fn offer(
        &self,
        write: &mut impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> (usize, io::Result<usize>) {
        if self.queue.is_empty() {
            return (self.len, write(&[IoSlice::new(&self.tail[self.sent..])]));
        }
        let mut slices = [IoSlice::new(&[]); PIECES_PER_WRITE];
        let mut count = 0;
        for bytes in self.queue.iter().map(Piece::bytes).chain([&self.tail[..]]).take(PIECES_PER_WRITE) {
            let bytes = if count == 0 { &bytes[self.sent..] } else { bytes };
            if !bytes.is_empty() {
                slices[count] = IoSlice::new(bytes);
                count += 1;
            }
        }
        (slices[..count].iter().map(|slice| slice.len()).sum(), write(&slices[..count]))
    }

    fn consume(&mut self, taken: usize) {
        self.len -= taken;
        self.sent += taken;
        while let Some(first) = self.queue.front() {
            let length = first.bytes().len();
            if self.sent < length {
                return;
            }
            self.sent -= length;
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A socket that takes `room` bytes a call.
    fn take(room: usize, taken: &mut Vec<u8>) -> impl FnMut(&[IoSlice<'_>]) -> io::Result<usize> {
        move |slices| {
            let before = taken.len();
            taken.extend(slices.iter().flat_map(|slice| slice.iter()).take(room));
            Ok(taken.len() - before)
        }
    }

    #[test]
    fn all_that_was_pushed_goes_out_with_one_write() {
        let (mut outbox, mut pool, mut calls) = (Outbox::default(), BufferPool::default(), 0);
        outbox.push(b"one", &mut pool);
        outbox.push_shared(&SharedFrame::from(vec![7; SHARE_FROM]), &mut pool);
        outbox.push_parts(&[b"t", b"wo"], &mut pool);
        let flushed = outbox.flush(&mut pool, |slices| {
            calls += 1;
            Ok(slices.iter().map(|slice| slice.len()).sum())
        });
        assert_eq!((flushed.unwrap(), calls), (Flushed::All, 1));
        assert!(outbox.is_empty());
        assert!(outbox.waiting.is_none(), "an empty outbox owns no memory");
    }

    #[test]
    fn an_error_is_handed_on_and_loses_nothing() {
        let (mut outbox, mut pool) = (Outbox::default(), BufferPool::default());
        outbox.push(b"data", &mut pool);
        let reset = |_: &[IoSlice<'_>]| Err(io::ErrorKind::ConnectionReset.into());
        assert_eq!(outbox.flush(&mut pool, reset).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(outbox.len(), 4);
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(
            frames in prop::collection::vec((any::<bool>(), 0usize..3 * SHARE_FROM), 0..80),
            room in 500usize..100_000,
        ) {
            let (mut outbox, mut pool) = (Outbox::default(), BufferPool::default());
            let (mut pushed, mut taken) = (Vec::new(), Vec::new());
            for (index, (shared, length)) in frames.into_iter().enumerate() {
                let bytes = vec![index as u8; length];
                pushed.extend_from_slice(&bytes);
                if shared {
                    outbox.push_shared(&SharedFrame::from(bytes), &mut pool);
                } else {
                    outbox.push(&bytes, &mut pool);
                }
                if index % 5 == 0 {
                    outbox.flush(&mut pool, take(room, &mut taken)).unwrap();
                }
                prop_assert_eq!(outbox.len(), pushed.len() - taken.len());
            }
            while !outbox.is_empty() {
                outbox.flush(&mut pool, take(room, &mut taken)).unwrap();
            }
            prop_assert_eq!(taken, pushed);
        }
    }
}
