//! Whole messages: the short way for what nearly all clients send, one frame that has arrived with its header.

use super::utf8::is_utf8;
use super::{Connection, Event, Mask, Opcode, Payload, Phase, Role, Timestamp, parse_header};

/// A message out of [`Connection::receive_messages`]; where it is text, it is valid UTF-8.
#[derive(Debug)]
pub struct WholeMessage<P> {
    pub binary: bool,
    pub data: P,
}

/// The usual frame: a message of its own, not compressed, masked as its sender has to, within the limits.
#[derive(Clone, Copy)]
pub(super) struct Usual {
    masked: bool,
    limit: u64,
}

impl<P: Payload> Connection<P> {
    /// Takes the messages at the beginning of `input` that lie there whole, each in one frame and not compressed: nearly
    /// all that ever arrive. It stops at whatever is something else, a violation included: [`receive`](Self::receive) deals
    /// with that.
    #[inline]
    pub fn receive_messages(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        mut on_message: impl FnMut(WholeMessage<P>),
    ) {
        let Some(usual) = self.usual() else { return };
        let mut rest = *input;
        while let Some(message) = usual.take(&mut rest) {
            on_message(message);
        }
        if rest.len() < input.len() {
            *input = rest;
            self.liveness.received();
            self.liveness.last_message = now;
        }
    }

    /// What a frame must be for the short way; `None` where the long way is the only one.
    #[inline]
    pub(super) fn usual(&self) -> Option<Usual> {
        let settings = &self.settings;
        let may_be = self.phase == Phase::Open && self.partial.is_none() && settings.buffer_messages;
        may_be.then(|| Usual {
            masked: self.role() == Role::Server,
            limit: settings.max_frame_size.min(settings.max_message_size),
        })
    }
}

impl Usual {
    /// The message at the beginning of `input`, if it is there whole. Nothing is taken otherwise.
    #[inline(always)]
    pub(super) fn take<P: Payload>(self, input: &mut &[u8]) -> Option<WholeMessage<P>> {
        let (header, header_len) = parse_header(input).ok()??;
        let binary = match header.opcode {
            Opcode::Text => false,
            Opcode::Binary => true,
            _ => return None,
        };
        let rest = &input[header_len..];
        let usual = header.fin && header.rsv == 0 && header.mask.is_some() == self.masked;
        if !usual || header.len > self.limit || header.len > rest.len() as u64 {
            return None;
        }
        let (payload, rest) = rest.split_at(header.len as usize);
        let data = P::from_masked(payload, header.mask.unwrap_or(Mask::NONE));
        // RFC 6455 §8.1: "When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in
        // fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_."
        if !binary && !is_utf8(data.as_ref()) {
            return None;
        }
        *input = rest;
        Some(WholeMessage { binary, data })
    }
}

impl<P> WholeMessage<P> {
    pub(super) fn into_event(self) -> Event<P> {
        if self.binary { Event::Binary(self.data) } else { Event::Text(self.data) }
    }
}
