//! Messages on their way out: which ones are compressed, and for whom.

use super::{Agreed, Compression, MIN_DEFLATED_BITS, spare};
use crate::protocol::{Connection, Payload};

/// How the messages to a peer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// They are sent as they are.
    Plain,
    /// Each is compressed by itself with a window of so many bits ([`deflate_message`]): the result is good for every
    /// peer with the same window.
    Shared(u8),
    /// Each is compressed with those before it in mind ([`Connection::deflate`]), for this peer alone.
    Own,
}

/// Bytes that a message may grow by, for the sake of those that will refer to it.
const WORTH_A_CONTEXT: usize = 16;

impl<P: Payload> Connection<P> {
    /// How a message of so many bytes is to be sent.
    #[inline]
    pub fn outgoing(&self, len: usize) -> Outgoing {
        match self.extensions.deflate {
            None => Outgoing::Plain,
            Some(agreed) => self.outgoing_deflated(agreed, len),
        }
    }

    fn outgoing_deflated(&self, agreed: Agreed, len: usize) -> Outgoing {
        let Some(compression) = &self.settings.compression else { return Outgoing::Plain };
        if !compression.covers(len) || agreed.send_bits < MIN_DEFLATED_BITS {
            Outgoing::Plain
        } else if agreed.send_takeover {
            Outgoing::Own
        } else {
            Outgoing::Shared(agreed.send_bits)
        }
    }

    /// Compresses a whole message, whose frames the caller makes: appends it to `out`, and the first of them has RSV1 set.
    /// False: it would be longer, nothing was appended, the message is sent as it is. RFC 7692 §6: compression is decided message by message.
    ///
    /// With context takeover the peer now counts on having got it: it must be sent, and in this order.
    pub fn deflate(&mut self, message: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(compression) = self.settings.compression else { return false };
        match self.outgoing(message.len()) {
            Outgoing::Plain => false,
            Outgoing::Shared(window_bits) => deflate_message(&compression, window_bits, message, out),
            Outgoing::Own => {
                let Some(Agreed { send_bits, .. }) = self.extensions.deflate else { return false };
                let contexts = self.contexts.get_or_insert_default();
                let deflater =
                    contexts.deflater.get_or_insert_with(|| spare::deflater(compression.level, send_bits));
                // Small messages compress only by those before them, so the first ones may become a little longer. What
                // becomes much longer is sent plain, and forgotten, because the peer will not have it for a context.
                deflater.deflate(message, message.len() + WORTH_A_CONTEXT, out)
            }
        }
    }
}

/// Compresses a message by itself, for all peers whose connections say [`Outgoing::Shared`] with these `window_bits`
/// (9–15). False: it would not be shorter, nothing was appended to `out`.
pub fn deflate_message(
    compression: &Compression,
    window_bits: u8,
    message: &[u8],
    out: &mut Vec<u8>,
) -> bool {
    if !compression.covers(message.len()) {
        return false;
    }
    let mut deflater = spare::deflater(compression.level, window_bits);
    let shorter = deflater.deflate(message, message.len() - 1, out);
    spare::return_deflater(deflater);
    shorter
}

impl Compression {
    /// Whether messages of so many bytes are worth the attempt.
    pub fn covers(&self, len: usize) -> bool {
        self.level > 0 && len >= self.threshold && len > 0
    }
}
