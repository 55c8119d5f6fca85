//! Compressed messages on their way in (RFC 7692 §7.2.2).

use super::spare::{self, Scratch};
use super::{Inflater, MAX_WINDOW_BITS};
use crate::protocol::receive::{PartialFrame, PartialMessage, validate};
use crate::protocol::{Connection, Event, Mask, Payload, PeerError, Timestamp};

const _: () = assert!(MAX_WINDOW_BITS == 15, "the largest window is a part of what fits an inflater");

/// What a compressed message may have more than it would have as it is, so that one at the limit is not refused for being
/// incompressible: the largest expansion of any DEFLATE encoder in use is that of a block with fixed codes.
pub(in crate::protocol) fn largest_expansion(len: u64) -> u64 {
    len / 8 + 64
}

impl<P: Payload> Connection<P> {
    /// The stream for a message that begins.
    pub(in crate::protocol) fn take_inflater(&mut self) -> Inflater {
        let kept = self.contexts.as_mut().and_then(|contexts| contexts.inflater.take());
        kept.unwrap_or_else(spare::inflater)
    }

    /// Takes what belongs to the frame in progress, which is one of a compressed message, from `input`. With
    /// `buffer_messages` off it stops where there is enough for an event: `input` is used up when there are no more.
    pub(in crate::protocol) fn continue_compressed(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
    ) -> Result<Option<Event<P>>, PeerError> {
        self.liveness.last_message = now;
        let mut scratch = spare::scratch();
        let result = self.inflate_frame(input, &mut scratch);
        spare::return_scratch(scratch);
        result
    }

    fn inflate_frame(
        &mut self,
        input: &mut &[u8],
        scratch: &mut Scratch,
    ) -> Result<Option<Event<P>>, PeerError> {
        let Some(partial) = self.partial.as_deref_mut() else { return Ok(None) };
        let (Some(frame), Some(message)) = (&mut partial.frame, &mut partial.message) else {
            return Ok(None);
        };
        let limit = if self.settings.buffer_messages { self.settings.max_message_size } else { u64::MAX };
        let mut piece = None;
        while frame.received < frame.header.len && !input.is_empty() {
            message.inflate(frame, input, scratch, limit)?;
            if !self.settings.buffer_messages && !message.data.is_empty() {
                piece = Some(std::mem::replace(&mut message.data, P::with_capacity(0)));
                break;
            }
        }
        let binary = message.binary;
        let complete = frame.received == frame.header.len;
        let last = complete && frame.header.fin;
        if complete {
            partial.frame = None;
        }
        if !last {
            return Ok(piece.map(|data| Event::Fragment { data, binary, last: false }));
        }
        let Some(message) = partial.message.take() else { return Ok(None) };
        self.partial = None;
        self.finish_compressed(message, piece).map(Some)
    }

    fn finish_compressed(
        &mut self,
        mut message: PartialMessage<P>,
        piece: Option<P>,
    ) -> Result<Event<P>, PeerError> {
        let takeover = self.extensions.deflate.is_some_and(|agreed| agreed.receive_takeover);
        if let Some(mut inflater) = message.inflater.take() {
            inflater.finish(takeover).map_err(|_| PeerError::CorruptDeflate)?;
            if takeover {
                self.contexts.get_or_insert_default().inflater = Some(inflater);
            } else {
                spare::return_inflater(inflater);
            }
        }
        validate(&mut message.utf8, message.binary, &[], true)?;
        self.inflated = self.inflated.wrapping_add(1);
        if self.settings.buffer_messages {
            return Ok(message.into_event());
        }
        let data = piece.unwrap_or_else(|| P::with_capacity(0));
        Ok(Event::Fragment { data, binary: message.binary, last: true })
    }

    /// Compressed messages that were received; wraps around.
    pub fn inflated(&self) -> u32 {
        self.inflated
    }

    /// Whether compression was agreed on.
    pub fn is_compressed(&self) -> bool {
        self.extensions.deflate.is_some()
    }
}

impl<P: Payload> PartialMessage<P> {
    /// Inflates the next piece of `frame` and appends it: as much of `input` as the scratch has room for.
    fn inflate(
        &mut self,
        frame: &mut PartialFrame,
        input: &mut &[u8],
        scratch: &mut Scratch,
        limit: u64,
    ) -> Result<(), PeerError> {
        let Some(inflater) = &mut self.inflater else { return Ok(()) };
        let left = usize::try_from(frame.header.len - frame.received).unwrap_or(usize::MAX);
        let take = left.min(input.len()).min(scratch.input.len());
        let unmasked = &mut scratch.input[..take];
        unmasked.copy_from_slice(&input[..take]);
        let mask = frame.header.mask.unwrap_or(Mask::NONE).rotated((frame.received % 4) as usize);
        mask.xor_in_place(unmasked);

        let mut used = 0;
        loop {
            let step = inflater.inflate(&unmasked[used..], &mut scratch.room);
            used += step.used;
            // Limits and errors hold byte by byte, in this order, so that they do not depend on how the input was cut. A
            // message costs no more than the limit, whatever it would inflate to.
            let allowed = limit.saturating_sub(self.data.len() as u64);
            let inflated = &scratch.room[..step.made.min(usize::try_from(allowed).unwrap_or(usize::MAX))];
            validate(&mut self.utf8, self.binary, inflated, false)?;
            if inflated.len() < step.made {
                return Err(PeerError::MessageTooLarge);
            }
            if step.corrupt {
                return Err(PeerError::CorruptDeflate);
            }
            self.data.extend_masked(inflated, Mask::NONE);
            // Where all the input is in the stream and the room is full there is a little more to come, at most what some
            // bits can stand for; it is taken now, because nothing would ask for it later. Otherwise the rest can wait.
            if step.made < scratch.room.len() || used < unmasked.len() {
                break;
            }
        }
        frame.received += used as u64;
        *input = &input[used..];
        Ok(())
    }
}
