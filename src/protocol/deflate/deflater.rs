//! The stream that messages are compressed with (RFC 7692 §7.2.1).

use flate2::{Compress, FlushCompress, Status};

/// What a sync flush leaves behind: an empty block with no compression, less its first 3 bits and padding.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Compresses one message after the other.
pub(super) struct Deflater {
    stream: Box<Compress>,
    level: u8,
    window_bits: u8,
}

impl Deflater {
    /// `window_bits` from 9 to 15.
    pub(super) fn new(level: u8, window_bits: u8) -> Deflater {
        let compression = flate2::Compression::new(u32::from(level));
        let stream = Compress::new_with_window_bits(compression, false, window_bits);
        Deflater { stream: Box::new(stream), level, window_bits }
    }

    pub(super) fn fits(&self, level: u8, window_bits: u8) -> bool {
        (self.level, self.window_bits) == (level, window_bits)
    }

    /// Forgets everything: the next message refers to nothing.
    pub(super) fn reset(&mut self) {
        self.stream.reset();
    }

    /// Appends the compressed message to `out`, where it is shorter than `message`. False: it would not be, `out` is as it
    /// was, and the next message must be preceded by a `reset`.
    pub(super) fn deflate(&mut self, message: &[u8], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        out.reserve(message.len() + TAIL.len());
        if self.fill(message, out) && out.len() - start < message.len() {
            return true;
        }
        out.truncate(start);
        false
    }

    /// Compresses into the room that `out` has. False: it was not enough.
    fn fill(&mut self, message: &[u8], out: &mut Vec<u8>) -> bool {
        let before = self.stream.total_in();
        let status = self.stream.compress_vec(message, out, FlushCompress::Sync);
        let all = self.stream.total_in() - before == message.len() as u64;
        // zlib: "If deflate() returns with avail_out == 0, this function must be called again": the flush is not complete.
        if !all || !matches!(status, Ok(Status::Ok)) || out.len() == out.capacity() {
            return false;
        }
        // RFC 7692 §7.2.1: "Remove 4 octets (that are 0x00 0x00 0xff 0xff) from the tail end."
        debug_assert!(out.ends_with(&TAIL));
        out.truncate(out.len() - TAIL.len());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflated(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(100);
        assert!(deflater.fill(message, &mut out));
        out
    }

    /// RFC 7692 §7.2.3.1 and §7.2.3.2.
    #[test]
    fn the_examples_of_the_rfc() {
        for level in 1..=9 {
            let mut deflater = Deflater::new(level, 15);
            let first = deflated(&mut deflater, b"Hello");
            assert_eq!(first, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], "level {level}");
            let second = deflated(&mut deflater, b"Hello");
            assert_eq!(second, [0xf2, 0x00, 0x11, 0x00, 0x00], "level {level}");
            deflater.reset();
            assert_eq!(deflated(&mut deflater, b"Hello"), first, "level {level}");
        }
    }

    /// RFC 7692 §7.2.3.6: an empty message is 0x00.
    #[test]
    fn an_empty_message() {
        assert_eq!(deflated(&mut Deflater::new(1, 15), b""), [0x00]);
    }

    #[test]
    fn what_would_grow_is_not_taken() {
        let mut deflater = Deflater::new(1, 15);
        let mut out = b"before".to_vec();
        assert!(!deflater.deflate(b"Hello", &mut out));
        deflater.reset();
        assert!(!deflater.deflate(b"", &mut out));
        deflater.reset();
        assert_eq!(out, b"before");
        assert!(deflater.deflate(&[b'x'; 100], &mut out));
        assert!(out.starts_with(b"before") && out.len() < 20);
    }
}
