//! From bytes to events, once a connection is open.

use super::close::{check_unfinished_close, parse_close};
use super::deflate::{Inflater, largest_expansion};
use super::whole::WholeMessage;
use super::{
    Connection, Event, Header, MAX_CONTROL_PAYLOAD, MAX_HEADER, Mask, Opcode, Payload, PeerError, Phase,
    Role, Timestamp, Utf8Validator, parse_header,
};

/// What is allocated for a message before its bytes have arrived, at most: so much, or twice what has arrived with its header.
/// A message of which half is there gets its final size at once, and is never moved.
const FIRST_ALLOCATION: usize = 64 << 10;

/// What has arrived of a frame, and of a message, that has not arrived whole.
pub(super) struct Partial<P> {
    header: [u8; MAX_HEADER],
    header_len: usize,
    pub(super) frame: Option<PartialFrame>,
    /// The message whose fragments are arriving; a control frame may come in between.
    pub(super) message: Option<PartialMessage<P>>,
    control: [u8; MAX_CONTROL_PAYLOAD],
}

/// A frame whose header is complete.
pub(super) struct PartialFrame {
    pub(super) header: Header,
    pub(super) received: u64,
}

pub(super) struct PartialMessage<P> {
    pub(super) binary: bool,
    /// Stays empty with `buffer_messages` off.
    pub(super) data: P,
    pub(super) utf8: Utf8Validator,
    /// Of a compressed message.
    pub(super) inflater: Option<Inflater>,
}

impl<P> Default for Partial<P> {
    fn default() -> Self {
        Partial {
            header: [0; MAX_HEADER],
            header_len: 0,
            frame: None,
            message: None,
            control: [0; MAX_CONTROL_PAYLOAD],
        }
    }
}

impl<P: Payload> Connection<P> {
    #[inline]
    pub(super) fn receive_frames(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Option<Event<P>> {
        if let Some(message) = self.usual().and_then(|usual| usual.take(input)) {
            self.liveness.last_message = now;
            return Some(message.into_event());
        }
        match self.decode(input, now, out) {
            Ok(event) => event,
            Err(error) => Some(self.violated(error, now, out)),
        }
    }

    /// The next event, whatever it is: messages, control frames, fragments, frames that arrive bit by bit.
    fn decode(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<P>>, PeerError> {
        while !input.is_empty() {
            if self.partial.as_ref().is_none_or(|partial| partial.frame.is_none()) {
                let Some(header) = self.take_header(input)? else { return Ok(None) };
                self.check_header(&header)?;
                self.begin_frame(header, input.len());
            }
            if let Some(event) = self.continue_frame(input, now, out)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The next header, if it is there; what there is of it is kept.
    fn take_header(&mut self, input: &mut &[u8]) -> Result<Option<Header>, PeerError> {
        let partial = self.partial.get_or_insert_default();
        let have = partial.header_len;
        let take = input.len().min(MAX_HEADER - have);
        partial.header[have..have + take].copy_from_slice(&input[..take]);
        match parse_header(&partial.header[..have + take])? {
            Some((header, header_len)) => {
                *input = &input[header_len - have..];
                partial.header_len = 0;
                Ok(Some(header))
            }
            None => {
                *input = &[];
                partial.header_len = have + take;
                Ok(None)
            }
        }
    }

    /// What [`parse_header`] cannot know: role, extensions, the message in progress, limits.
    #[inline]
    fn check_header(&self, header: &Header) -> Result<(), PeerError> {
        let first_of_message = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        // RFC 6455 §5.2: "If a nonzero value is received and none of the negotiated extensions defines the meaning of such a
        // nonzero value, the receiving endpoint MUST _Fail the WebSocket Connection_."
        let allowed_rsv = if first_of_message { self.extensions.allowed_rsv() } else { 0 };
        if header.rsv & !allowed_rsv != 0 {
            return Err(PeerError::ReservedBits);
        }
        match (self.role(), header.mask) {
            // RFC 6455 §5.1: "The server MUST close the connection upon receiving a frame that is not masked."
            (Role::Server, None) => return Err(PeerError::Unmasked),
            // RFC 6455 §5.1: "A client MUST close a connection if it detects a masked frame."
            (Role::Client, Some(_)) => return Err(PeerError::Masked),
            _ => {}
        }
        // After our Close messages are dropped unseen: there is no message in progress and nothing to limit.
        if header.opcode.is_control() || self.phase == Phase::CloseSent {
            return Ok(());
        }
        // RFC 6455 §5.4: "The fragments of one message MUST NOT be interleaved between the fragments of another message unless
        // an extension has been negotiated that can interpret the interleaving."
        let message = self.partial.as_ref().and_then(|partial| partial.message.as_ref());
        match (message, first_of_message) {
            (None, false) => return Err(PeerError::UnexpectedContinuation),
            (Some(_), true) => return Err(PeerError::ExpectedContinuation),
            _ => {}
        }
        if self.settings.buffer_messages {
            let before = message.map_or(0, |message| message.data.len() as u64);
            if header.len > self.settings.max_frame_size
                || before.saturating_add(header.len) > self.settings.max_message_size
            {
                let compressed = header.rsv != 0 || message.is_some_and(|message| message.inflater.is_some());
                return self.check_length(header.len, compressed);
            }
        }
        Ok(())
    }

    /// A frame that goes over one of the limits, unless it is one of a compressed message: what that comes to is known
    /// only when it is inflated.
    #[cold]
    fn check_length(&self, len: u64, compressed: bool) -> Result<(), PeerError> {
        let limit = self.settings.max_frame_size;
        let more = if compressed { largest_expansion(limit) } else { 0 };
        if len > limit.saturating_add(more) {
            Err(PeerError::FrameTooLarge)
        } else if compressed {
            Ok(())
        } else {
            Err(PeerError::MessageTooLarge)
        }
    }

    fn begin_frame(&mut self, header: Header, available: usize) {
        let buffer = self.settings.buffer_messages;
        let wanted = self.phase == Phase::Open && !header.opcode.is_control();
        let compressed = wanted && header.rsv != 0;
        let inflater = compressed.then(|| self.take_inflater());
        let partial = self.partial.get_or_insert_default();
        partial.frame = Some(PartialFrame { header, received: 0 });
        if wanted {
            partial.message.get_or_insert_with(|| {
                let announced = usize::try_from(header.len).unwrap_or(usize::MAX);
                let known = buffer && !compressed;
                let expected = if known { announced.min((2 * available).max(FIRST_ALLOCATION)) } else { 0 };
                let data = P::with_capacity(expected);
                PartialMessage {
                    binary: header.opcode == Opcode::Binary,
                    data,
                    utf8: Utf8Validator::default(),
                    inflater,
                }
            });
        }
    }

    /// Takes what belongs to the frame in progress from `input`; there may be nothing to take for it to be complete.
    fn continue_frame(
        &mut self,
        input: &mut &[u8],
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<P>>, PeerError> {
        let Some(partial) = &mut self.partial else { return Ok(None) };
        let Some(frame) = &mut partial.frame else { return Ok(None) };
        let Header { fin, opcode, len, .. } = frame.header;
        if !opcode.is_control() && partial.message.as_ref().is_some_and(|message| message.inflater.is_some())
        {
            return self.continue_compressed(input, now);
        }
        let start = frame.received;
        let take = (len - start).min(input.len() as u64);
        let (piece, rest) = input.split_at(take as usize);
        *input = rest;
        frame.received += take;
        let mask = frame.header.mask.unwrap_or(Mask::NONE).rotated((start % 4) as usize);
        let complete = frame.received == len;
        if complete {
            partial.frame = None;
        }

        if opcode.is_control() {
            let payload = &mut partial.control[start as usize..(start + take) as usize];
            payload.copy_from_slice(piece);
            mask.xor_in_place(payload);
            if !complete {
                if opcode == Opcode::Close {
                    check_unfinished_close(&partial.control[..(start + take) as usize])?;
                }
                return Ok(None);
            }
            let control = partial.control;
            if partial.message.is_none() {
                self.partial = None;
            }
            return self.handle_control(opcode, &control[..len as usize], now, out);
        }

        if self.phase == Phase::CloseSent {
            if complete {
                self.partial = None;
            }
            return Ok(None);
        }
        self.liveness.last_message = now;
        let Some(message) = &mut partial.message else { return Ok(None) };
        let last = complete && fin;
        let event = message.push(piece, mask, last, self.settings.buffer_messages)?;
        if !last {
            return Ok(event);
        }
        let event = event.or_else(|| partial.message.take().map(PartialMessage::into_event));
        self.partial = None;
        Ok(event)
    }

    fn handle_control(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<Option<Event<P>>, PeerError> {
        match opcode {
            Opcode::Close => {
                let (code, reason) = parse_close(payload)?;
                return Ok(Some(self.handle_close(code, reason, now, out)));
            }
            Opcode::Pong => self.liveness.ponged(payload, now),
            _ => {}
        }
        if self.phase != Phase::Open {
            // RFC 6455 §1.4: "After sending a control frame indicating the connection should be closed, a peer does not send
            // any further data". A pong would be legal, but the peer discards it.
            return Ok(None);
        }
        let mut data = P::with_capacity(payload.len());
        data.extend_masked(payload, Mask::NONE);
        if opcode == Opcode::Pong {
            return Ok(Some(Event::Pong(data)));
        }
        // RFC 6455 §5.5.3: "A Pong frame sent in response to a Ping frame must have identical "Application data" as found in the
        // message body of the Ping frame being replied to."
        self.write_control(Opcode::Pong, payload, out);
        Ok(Some(Event::Ping(data)))
    }

    /// The message in progress will not be finished: what comes of its frame is skipped.
    pub(super) fn forget_message(&mut self) {
        if let Some(partial) = &mut self.partial {
            partial.message = None;
        }
    }
}

impl<P: Payload> PartialMessage<P> {
    /// The next bytes. With `buffer` they are added, otherwise they are the event.
    fn push(
        &mut self,
        piece: &[u8],
        mask: Mask,
        last: bool,
        buffer: bool,
    ) -> Result<Option<Event<P>>, PeerError> {
        if buffer {
            let start = self.data.len();
            self.data.extend_masked(piece, mask);
            validate(&mut self.utf8, self.binary, &self.data.as_ref()[start..], last)?;
            return Ok(None);
        }
        if piece.is_empty() && !last {
            return Ok(None);
        }
        let mut data = P::with_capacity(piece.len());
        data.extend_masked(piece, mask);
        validate(&mut self.utf8, self.binary, data.as_ref(), last)?;
        Ok(Some(Event::Fragment { data, binary: self.binary, last }))
    }

    pub(super) fn into_event(self) -> Event<P> {
        WholeMessage { binary: self.binary, data: self.data }.into_event()
    }
}

/// RFC 6455 §5.6: "a particular text frame might include a partial UTF-8 sequence; however, the whole message MUST contain
/// valid UTF-8."
pub(super) fn validate(
    utf8: &mut Utf8Validator,
    binary: bool,
    piece: &[u8],
    last: bool,
) -> Result<(), PeerError> {
    if binary {
        return Ok(());
    }
    utf8.push(piece).map_err(|_| PeerError::TextUtf8)?;
    if last { utf8.finish().map_err(|_| PeerError::TextUtf8) } else { Ok(()) }
}
