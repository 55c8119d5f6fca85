//! The stream that compressed messages are read with (RFC 7692 §7.2.2).

use flate2::{Decompress, FlushDecompress, Status};

use super::MAX_WINDOW_BITS;

/// RFC 7692 §7.2.2: "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message." An empty block
/// follows here, which says whether what came before was whole: it changes nothing only between two blocks.
const TAIL: [u8; 9] = [0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0xFF, 0xFF];
/// The same with BFINAL set, for a stream that is not used any further: it then ends, or was broken.
const LAST_TAIL: [u8; 9] = [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];

/// Inflates one message after the other.
pub(in crate::protocol) struct Inflater {
    stream: Box<Decompress>,
    /// Bytes came since the message began, or since a block with BFINAL ended.
    fed: bool,
}

/// The message is not whole.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Corrupt;

/// What became of some input.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// Bytes of the input that were used.
    pub used: usize,
    /// Bytes that were written to the beginning of the room. They are good even where the next one is not.
    pub made: usize,
    /// What follows is not DEFLATE.
    pub corrupt: bool,
}

impl Inflater {
    /// Its window is always the largest one: zlib-rs has a single size, and every smaller window is a part of it.
    pub(super) fn new() -> Inflater {
        let stream = Decompress::new_with_window_bits(false, MAX_WINDOW_BITS);
        Inflater { stream: Box::new(stream), fed: false }
    }

    /// Forgets everything.
    pub(super) fn reset(&mut self) {
        self.stream.reset(false);
        self.fed = false;
    }

    /// Inflates `input` into `room`, as far as it reaches. Where the room was filled there may be more to come, even of
    /// no input.
    pub(super) fn inflate(&mut self, input: &[u8], room: &mut [u8]) -> Progress {
        let mut total = Progress { used: 0, made: 0, corrupt: false };
        loop {
            let (step, ended) = self.step(&input[total.used..], &mut room[total.made..]);
            total.used += step.used;
            total.made += step.made;
            total.corrupt = step.corrupt;
            self.fed |= step.used > 0;
            if !ended {
                return total;
            }
            // RFC 7692 §7.2.3.4 allows blocks with BFINAL set. Whoever makes them ends its stream with them, so that what
            // follows begins with an empty window.
            self.reset();
            if total.used == input.len() {
                return total;
            }
        }
    }

    /// The message ends here. `kept`: the next one may refer to it.
    pub(super) fn finish(&mut self, kept: bool) -> Result<(), Corrupt> {
        // Nothing at all is no DEFLATE stream, but some senders make it of an empty message. And after a block with BFINAL
        // some leave out the 0x00 that would make the tail a block.
        if !std::mem::take(&mut self.fed) {
            return Ok(());
        }
        let tail = if kept { &TAIL } else { &LAST_TAIL };
        let (step, ended) = self.step(tail, &mut [0; 1]);
        let whole = Progress { used: tail.len(), made: 0, corrupt: false };
        if step == whole && ended != kept { Ok(()) } else { Err(Corrupt) }
    }

    /// One call of the stream; whether a block with BFINAL ended in it.
    fn step(&mut self, input: &[u8], room: &mut [u8]) -> (Progress, bool) {
        let before = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, room, FlushDecompress::None);
        let used = (self.stream.total_in() - before.0) as usize;
        let made = (self.stream.total_out() - before.1) as usize;
        let ended = matches!(status, Ok(Status::StreamEnd));
        (Progress { used, made, corrupt: status.is_err() }, ended)
    }
}
