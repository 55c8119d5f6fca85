//! The stream that messages are compressed with (RFC 7692 §7.2.1).

use flate2::{Compress, FlushCompress, Status};

/// What a sync flush leaves behind: an empty block with no compression, less its first 3 bits and padding.
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];
/// Room for a flush. zlib: "make sure that avail_out is greater than six".
const FLUSH: usize = 8;

/// Compresses one message after the other.
pub(super) struct Deflater {
    stream: Box<Compress>,
    level: u8,
    window_bits: u8,
}

impl Deflater {
    /// `window_bits` from 9 to 15.
    pub(super) fn new(level: u8, window_bits: u8) -> Deflater {
        Deflater { stream: Box::new(stream(level, window_bits)), level, window_bits }
    }

    pub(super) fn fits(&self, level: u8, window_bits: u8) -> bool {
        (self.level, self.window_bits) == (level, window_bits)
    }

    /// Forgets everything: the next message refers to nothing.
    pub(super) fn reset(&mut self) {
        self.stream.reset();
    }

    /// Appends the compressed message to `out`, if it has at most so many bytes. False: it has more, `out` is as it was, and
    /// everything is forgotten.
    pub(super) fn deflate(&mut self, message: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        out.reserve(most + FLUSH);
        if !self.fill(message, out) {
            // zlib-rs 0.6 does not survive the reset of a stream that has not given out everything.
            *self.stream = stream(self.level, self.window_bits);
        } else if out.len() - start <= most {
            return true;
        } else {
            self.reset();
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

fn stream(level: u8, window_bits: u8) -> Compress {
    Compress::new_with_window_bits(flate2::Compression::new(u32::from(level)), false, window_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deflated(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(100);
        assert!(deflater.fill(message, &mut out));
        out
    }

    /// RFC 7692 §7.2.3.1 and §7.2.3.2. Level 1 does better in the second.
    #[test]
    fn the_examples_of_the_rfc() {
        for level in 1..=9 {
            let mut deflater = Deflater::new(level, 15);
            let first = deflated(&mut deflater, b"Hello");
            assert_eq!(first, [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], "level {level}");
            let second: &[u8] =
                if level == 1 { &[0x02, 0x13, 0x00, 0x00] } else { &[0xf2, 0x00, 0x11, 0x00, 0x00] };
            assert_eq!(deflated(&mut deflater, b"Hello"), second, "level {level}");
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
    fn what_would_be_too_long_is_not_taken_and_forgotten() {
        let mut deflater = Deflater::new(1, 15);
        let mut out = b"before".to_vec();
        assert!(!deflater.deflate(b"Hello", 6, &mut out));
        assert!(!deflater.deflate(b"Hello", 0, &mut out));
        assert_eq!(out, b"before");
        assert!(deflater.deflate(b"Hello", 7, &mut out));
        assert_eq!(out[6..], [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
    }

    /// In zlib-rs 0.6.8 the reset of an unfinished stream leaves it with a block that was begun and never is.
    #[test]
    fn a_stream_that_ran_out_of_room_starts_anew() {
        let mut random = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        })
        .take(200_000)
        .collect();
        for level in 1..=9 {
            for window_bits in [9, 15] {
                let mut deflater = Deflater::new(level, window_bits);
                for most in [0, 100, 70_000, noise.len() - 1] {
                    assert!(!deflater.deflate(&noise, most, &mut Vec::new()));
                    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
                    assert_eq!(deflated(&mut deflater, b"Hello"), hello, "level {level}, {most}");
                    deflater.reset();
                }
            }
        }
    }
}
