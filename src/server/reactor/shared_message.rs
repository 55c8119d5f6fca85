//! A message for many connections, encoded once for each way in which they want it.

use super::sending::encode_message;
use crate::net::SharedFrame;
use crate::protocol::{Compression, Opcode, Outgoing, deflate_message, parse_header};
use crate::server::ServerConfig;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Cheap to clone and to hand to other threads. It is compressed by the first thread that has a connection for which it
/// has to be, once for each window.
#[derive(Debug, Clone)]
pub struct SharedMessage {
    pub opcode: Opcode,
    /// Bytes of the message as it is.
    pub len: usize,
    plain: SharedFrame,
    /// `None` where it will not be compressed for anyone.
    deflated: Option<Arc<Deflated>>,
}

#[derive(Debug)]
struct Deflated {
    compression: Compression,
    max_out_frame: usize,
    /// By window bits, from 9 on; `None` in one where it would not be shorter.
    by_window: [OnceLock<Option<SharedFrame>>; WINDOWS],
}

const WINDOWS: usize = 7;
const SMALLEST: u8 = 9;

impl SharedMessage {
    pub fn new(opcode: Opcode, payload: &[u8], config: &ServerConfig) -> SharedMessage {
        let max_out_frame = config.max_out_frame;
        let compression = config.protocol.compression.filter(|compression| compression.covers(payload.len()));
        let deflated = compression.map(|compression| {
            Arc::new(Deflated { compression, max_out_frame, by_window: Default::default() })
        });
        let plain = encode_message(opcode, false, payload, max_out_frame);
        SharedMessage { opcode, len: payload.len(), plain, deflated }
    }

    /// The frames for a connection that takes messages like this; and whether they are compressed.
    pub fn frames(&self, outgoing: Outgoing) -> (&SharedFrame, bool) {
        let (Outgoing::Shared(window_bits), Some(deflated)) = (outgoing, &self.deflated) else {
            return (&self.plain, false);
        };
        let frame = deflated.by_window[usize::from(window_bits - SMALLEST)].get_or_init(|| {
            let mut bytes = Vec::new();
            deflate_message(&deflated.compression, window_bits, &self.payload(), &mut bytes)
                .then(|| encode_message(self.opcode, true, &bytes, deflated.max_out_frame))
        });
        frame.as_ref().map_or((&self.plain, false), |frame| (frame, true))
    }

    /// The message as it is. It is not kept a second time: it can be taken out of its frames.
    pub fn payload(&self) -> Cow<'_, [u8]> {
        let mut message = Cow::Borrowed(&[][..]);
        let mut rest = &self.plain[..];
        while let Ok(Some((header, used))) = parse_header(rest) {
            let (piece, next) = rest[used..].split_at(header.len as usize);
            rest = next;
            if header.fin && message.is_empty() {
                return Cow::Borrowed(piece);
            }
            message.to_mut().extend_from_slice(piece);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(payload: &[u8], max_out_frame: usize) -> SharedMessage {
        let mut config = ServerConfig { max_out_frame, ..ServerConfig::default() };
        config.protocol.compression = Some(Compression::default());
        SharedMessage::new(Opcode::Text, payload, &config)
    }

    #[test]
    fn the_payload_comes_out_of_its_frames() {
        for (len, max_out_frame) in [(0, 0), (1, 0), (70_000, 0), (10, 3), (9, 3), (1000, 1)] {
            let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(message(&payload, max_out_frame).payload(), payload, "{len} {max_out_frame}");
        }
    }

    #[test]
    fn each_window_is_compressed_once() {
        let message = message(&b"again and again ".repeat(100), 0);
        let (first, compressed) = message.frames(Outgoing::Shared(15));
        assert!(compressed && first.len() < 100 && first[0] == 0xC1);
        let clone = message.clone();
        assert!(Arc::ptr_eq(first, clone.frames(Outgoing::Shared(15)).0));
        assert!(!Arc::ptr_eq(first, message.frames(Outgoing::Shared(9)).0));
        let (plain, compressed) = message.frames(Outgoing::Plain);
        assert!(!compressed && plain[0] == 0x81 && plain.len() > 1600);
    }

    #[test]
    fn what_would_not_be_shorter_is_plain() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let noise: Vec<u8> = (0..300).map(|_| random()).collect();
        for payload in [&noise[..], b"short"] {
            let message = message(payload, 0);
            let (frame, compressed) = message.frames(Outgoing::Shared(15));
            assert!(!compressed && Arc::ptr_eq(frame, message.frames(Outgoing::Plain).0));
        }
    }

    #[test]
    fn compressed_frames_are_fragmented_too() {
        let message = message((0..2000).map(|i| format!("price {i}, ")).collect::<String>().as_bytes(), 500);
        let (frames, compressed) = message.frames(Outgoing::Shared(12));
        assert!(compressed);
        let (mut rest, mut shape) = (&frames[..], Vec::new());
        while let Ok(Some((header, used))) = parse_header(rest) {
            rest = &rest[used + header.len as usize..];
            shape.push((header.opcode, header.rsv, header.fin));
        }
        assert!(shape.len() > 2);
        assert_eq!(shape[0], (Opcode::Text, 4, false), "RSV1 in the first");
        assert!(shape[1..].iter().all(|(opcode, rsv, _)| (*opcode, *rsv) == (Opcode::Continuation, 0)));
        assert!(shape.iter().rev().skip(1).all(|(_, _, fin)| !fin) && shape.last().unwrap().2);
    }
}
