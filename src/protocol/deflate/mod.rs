//! permessage-deflate (RFC 7692): messages compressed with DEFLATE, in both roles.
//!
//! | file | noun |
//! |---|---|
//! | `params` | [`Params`]: what is offered, answered and verified (§7.1) |
//! | `receive` | compressed messages on their way in: limits, UTF-8, pieces |
//! | `send` | messages on their way out: which ones are compressed, for whom |
//! | `inflater`, `deflater` | the two streams (§7.2) |
//! | `spare` | streams that nobody uses for now |
//!
//! Without context takeover a connection owns no state between two messages: streams are lent by the thread. With it, a
//! connection keeps [`INFLATER_BYTES`] from its first compressed message on, and [`deflater_bytes`] from the first that is
//! compressed for it. The test `protocol_allocations` counts both.

mod deflater;
mod inflater;
mod params;
mod receive;
mod send;
mod spare;

pub use send::{Outgoing, deflate_message};

pub(super) use inflater::Inflater;
pub(super) use params::Params;
pub(super) use receive::largest_expansion;

use super::Role;
use deflater::Deflater;

/// What a connection with context takeover keeps for inflating, whatever the window: zlib-rs has one size.
pub const INFLATER_BYTES: usize = 48_000;

/// What a connection with context takeover keeps for compressing, with a window of `2^window_bits` bytes.
pub const fn deflater_bytes(window_bits: u8) -> usize {
    // A window of twice its size and as many 16-bit positions, beside tables that have one size.
    249_600 + (4 << window_bits)
}

/// How messages are compressed, where the peer agrees (RFC 7692).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compression {
    /// 0–9; what is received is inflated in any case, and 0 compresses nothing. Default 1: it takes 2 µs for a message of
    /// 1 KB and leaves 29 %, where level 2 takes 6 µs and leaves 24 %.
    pub level: u8,
    /// The largest window is `2^window_bits` bytes, in both directions: 9–15, default 15. Smaller ones save memory only
    /// with context takeover, and only for what is sent.
    pub window_bits: u8,
    /// On: a message may refer to those before it, which makes small and similar ones much smaller and costs each
    /// connection up to 428 KB. Off (the default): streams are shared by all connections, an idle one costs nothing, and
    /// a broadcast is compressed once for all.
    pub context_takeover: bool,
    /// Messages with fewer bytes are sent as they are. Default 256: below it there is little to win.
    pub threshold: usize,
    /// With context takeover: the most bytes that a connection may keep between two messages. Smaller windows, and then
    /// no takeover, are agreed on where a connection would keep more. Default 512 KiB, which is enough for everything.
    pub memory: usize,
}

impl Default for Compression {
    fn default() -> Self {
        Compression {
            level: 1,
            window_bits: MAX_WINDOW_BITS,
            context_takeover: false,
            threshold: 256,
            memory: 512 << 10,
        }
    }
}

/// RFC 7692 §7.1.2.1: the value "MUST be a decimal integer … between 8 to 15 inclusive".
pub(super) const MIN_WINDOW_BITS: u8 = 8;
pub(super) const MAX_WINDOW_BITS: u8 = 15;

/// zlib has no raw streams with a window of 256 bytes. A peer that asks for one gets only what refers to nothing: messages
/// as they are.
const MIN_DEFLATED_BITS: u8 = 9;

/// What a connection may keep between two messages, by its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    /// The inflater's context.
    receive: bool,
    /// The deflater's context.
    send: bool,
    /// The window to send with.
    send_bits: u8,
}

impl Compression {
    fn kept(&self) -> Kept {
        let receive = self.context_takeover && self.memory >= INFLATER_BYTES;
        let left = self.memory - if receive { INFLATER_BYTES } else { 0 };
        let fitting = (MIN_DEFLATED_BITS..=self.window_bits).rev().find(|bits| deflater_bytes(*bits) <= left);
        match fitting {
            Some(bits) if self.context_takeover => Kept { receive, send: true, send_bits: bits },
            _ => Kept { receive, send: false, send_bits: self.window_bits },
        }
    }
}

/// What was agreed on, as this end sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// The window that may be referred to in what is sent.
    send_bits: u8,
    /// What is sent may refer to the messages before it.
    send_takeover: bool,
    /// What is received may do so.
    receive_takeover: bool,
}

impl Agreed {
    pub(super) fn new(role: Role, answer: &Params, compression: &Compression) -> Agreed {
        let kept = compression.kept();
        let server_takeover = !answer.server_no_context_takeover;
        let client_takeover = !answer.client_no_context_takeover;
        match role {
            Role::Server => Agreed {
                send_bits: answer.server_max_window_bits.unwrap_or(MAX_WINDOW_BITS),
                send_takeover: server_takeover,
                receive_takeover: client_takeover,
            },
            // RFC 7692 §7.1.1.2: without the parameter a client may, but need not, take over its context.
            Role::Client => Agreed {
                send_bits: answer.client_bits().min(kept.send_bits),
                send_takeover: client_takeover && kept.send,
                receive_takeover: server_takeover,
            },
        }
    }
}

/// The streams of a connection that are kept between two messages; made when they are first needed.
#[derive(Default)]
pub(super) struct Contexts {
    inflater: Option<Inflater>,
    deflater: Option<Deflater>,
}
