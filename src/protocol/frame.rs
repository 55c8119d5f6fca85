//! The frame header (RFC 6455 §5.2).

use super::{Mask, PeerError};

/// Longest frame header: 2 bytes, a 64-bit length, a mask.
pub const MAX_HEADER: usize = 14;

/// Longest payload of a control frame.
pub const MAX_CONTROL_PAYLOAD: usize = 125;

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// The next fragment of a message.
    Continuation = 0x0,
    /// A text message, or its first fragment.
    Text = 0x1,
    /// A binary message, or its first fragment.
    Binary = 0x2,
    /// Begins or answers the closing handshake.
    Close = 0x8,
    /// Asks for a pong.
    Ping = 0x9,
    /// Answers a ping.
    Pong = 0xA,
}

impl Opcode {
    /// RFC 6455 §5.5: "Control frames are identified by opcodes where the most significant bit of the opcode is 1."
    pub const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

/// A frame header that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether the message ends with this frame.
    pub fin: bool,
    /// The three reserved bits: 4 is RSV1, 2 is RSV2, 1 is RSV3.
    pub rsv: u8,
    /// What the frame is.
    pub opcode: Opcode,
    /// The masking key; `None` if the frame is not masked.
    pub mask: Option<Mask>,
    /// Bytes of payload that follow.
    pub len: u64,
}

/// Reads the header at the beginning of `bytes`: the header and its own length, or `None` if it is not there yet.
///
/// Refuses what is wrong in every role and with every extension. Reserved bits, masks and sizes are for the caller, which
/// knows what was negotiated. What can be told from the first two bytes is refused as soon as these are there.
#[inline]
pub fn parse_header(bytes: &[u8]) -> Result<Option<(Header, usize)>, PeerError> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    let fin = first & FIN != 0;
    let opcode = match first & 0xF {
        0x0 => Opcode::Continuation,
        0x1 => Opcode::Text,
        0x2 => Opcode::Binary,
        0x8 => Opcode::Close,
        0x9 => Opcode::Ping,
        0xA => Opcode::Pong,
        // RFC 6455 §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
        reserved => return Err(PeerError::ReservedOpcode(reserved)),
    };
    let short = second & 0x7F;
    if opcode.is_control() {
        // RFC 6455 §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
        if !fin {
            return Err(PeerError::ControlFragmented);
        }
        if usize::from(short) > MAX_CONTROL_PAYLOAD {
            return Err(PeerError::ControlTooLong);
        }
    }
    // RFC 6455 §5.2: "Multibyte length quantities are expressed in network byte order. Note that in all cases, the minimal
    // number of bytes MUST be used to encode the length"
    let (len, rest) = match short {
        126 => {
            let Some((bytes, rest)) = rest.split_first_chunk() else { return Ok(None) };
            let len = u16::from_be_bytes(*bytes);
            if len < 126 {
                return Err(PeerError::LengthNotMinimal);
            }
            (u64::from(len), rest)
        }
        127 => {
            let Some((bytes, rest)) = rest.split_first_chunk() else { return Ok(None) };
            let len = u64::from_be_bytes(*bytes);
            // RFC 6455 §5.2: "If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant
            // bit MUST be 0) are the payload length."
            if len >> 63 != 0 {
                return Err(PeerError::LengthHighBit);
            }
            if len <= u64::from(u16::MAX) {
                return Err(PeerError::LengthNotMinimal);
            }
            (len, rest)
        }
        short => (u64::from(short), rest),
    };
    let (mask, rest) = if second & MASKED == 0 {
        (None, rest)
    } else {
        let Some((key, rest)) = rest.split_first_chunk() else { return Ok(None) };
        (Some(Mask::new(*key)), rest)
    };
    Ok(Some((Header { fin, rsv: first >> 4 & 0x7, opcode, mask, len }, bytes.len() - rest.len())))
}

/// A frame header to be sent, on the stack.
#[derive(Clone, Copy, Debug)]
pub struct FrameHeader {
    bytes: [u8; MAX_HEADER],
    len: u8,
}

impl AsRef<[u8]> for FrameHeader {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

/// The header of a frame with `len` bytes of payload, in its shortest form. A server passes no mask; a client passes a
/// fresh one and masks the payload with it.
#[inline]
pub fn encode_header(fin: bool, rsv1: bool, opcode: Opcode, len: u64, mask: Option<Mask>) -> FrameHeader {
    debug_assert!(len >> 63 == 0);
    let mut bytes = [0; MAX_HEADER];
    bytes[0] = opcode as u8 | if fin { FIN } else { 0 } | if rsv1 { RSV1 } else { 0 };
    let mut end = match len {
        0..=125 => {
            bytes[1] = len as u8;
            2
        }
        126..=0xFFFF => {
            bytes[1] = 126;
            bytes[2..4].copy_from_slice(&(len as u16).to_be_bytes());
            4
        }
        _ => {
            bytes[1] = 127;
            bytes[2..10].copy_from_slice(&len.to_be_bytes());
            10
        }
    };
    if let Some(mask) = mask {
        bytes[1] |= MASKED;
        bytes[end..end + 4].copy_from_slice(&mask.bytes());
        end += 4;
    }
    FrameHeader { bytes, len: end as u8 }
}

/// Appends a whole frame as a server sends it: FIN, not masked.
#[inline]
pub fn encode_frame(opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(MAX_HEADER + payload.len());
    if payload.len() < 126 {
        // The usual header, of a length that the compiler knows.
        out.extend_from_slice(&[FIN | opcode as u8, payload.len() as u8]);
    } else {
        out.extend_from_slice(encode_header(true, false, opcode, payload.len() as u64, None).as_ref());
    }
    out.extend_from_slice(payload);
}

/// Appends a whole frame as a client sends it: FIN, masked.
pub fn encode_masked_frame(opcode: Opcode, payload: &[u8], mask: Mask, out: &mut Vec<u8>) {
    use super::Payload;
    out.reserve(MAX_HEADER + payload.len());
    out.extend_from_slice(encode_header(true, false, opcode, payload.len() as u64, Some(mask)).as_ref());
    out.extend_masked(payload, mask);
}
