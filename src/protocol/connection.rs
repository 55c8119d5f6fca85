//! A connection, as its owner sees it.

use std::sync::Arc;
use std::time::Duration;

use super::closing::PeerClose;
use super::deflate::{Contexts, Params};
use super::extensions::Extensions;
use super::handshake::Handshake;
use super::head::HeadReader;
use super::liveness::Liveness;
use super::receive::Partial;
use super::{
    ClientRequest, Entropy, Event, MAX_CONTROL_PAYLOAD, Mask, Opcode, Outgoing, Payload, Phase, Response,
    Role, Settings, Timestamp, UsageError, encode_frame, encode_header, encode_masked_frame,
};

/// One WebSocket connection, of either role, without its transport.
///
/// The owner feeds it what arrives ([`receive`](Self::receive), [`handle_eof`](Self::handle_eof)), wakes it when
/// [`poll_timeout`](Self::poll_timeout) says so, and writes what it appends to `out`. Every connection ends with exactly one
/// [`Event::Closed`]; after it the owner writes the rest of `out` and ends the transport.
///
/// An idle connection is this struct and nothing else: what a handshake or a partly received frame needs is allocated for
/// as long as it lasts.
pub struct Connection<P> {
    pub(super) settings: Arc<Settings>,
    /// A frame or message that has not arrived whole.
    pub(super) partial: Option<Box<Partial<P>>>,
    /// What its beginning or its end needs; nothing while it is open.
    pub(super) stage: Option<Box<Stage>>,
    /// Clients only: they mask what they send.
    entropy: Option<Box<Entropy>>,
    pub(super) liveness: Liveness,
    pub(super) phase: Phase,
    pub(super) extensions: Extensions,
    /// Compressed messages that were received.
    pub(super) inflated: u32,
    /// With context takeover, from the first compressed message on.
    pub(super) contexts: Option<Box<Contexts>>,
}

pub(super) enum Stage {
    /// Until the connection is open.
    Handshake(Handshake),
    /// In `CloseReceived`.
    PeerClose(PeerClose),
}

impl<P: Payload> Connection<P> {
    /// A connection that was just accepted: the peer's request is awaited.
    pub fn server(settings: Arc<Settings>, now: Timestamp) -> Self {
        let reading = Handshake::Reading(HeadReader::default());
        Connection::new(settings, Phase::ReadingRequest, reading, None, now)
    }

    /// A connection that was just made: appends the request to `out`.
    pub fn client(
        settings: Arc<Settings>,
        mut request: ClientRequest,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Self {
        let deflate = settings.compression.as_ref().map(Params::offer);
        let accept = request.write(deflate.as_ref(), out);
        let head = HeadReader::default();
        let awaiting = Handshake::Awaiting { head, accept, offered: request.subprotocols, deflate };
        Connection::new(settings, Phase::AwaitingResponse, awaiting, Some(Box::new(request.entropy)), now)
    }

    fn new(
        settings: Arc<Settings>,
        phase: Phase,
        handshake: Handshake,
        entropy: Option<Box<Entropy>>,
        now: Timestamp,
    ) -> Self {
        Connection {
            settings,
            partial: None,
            stage: Some(Box::new(Stage::Handshake(handshake))),
            entropy,
            liveness: Liveness::new(now),
            phase,
            extensions: Extensions::default(),
            inflated: 0,
            contexts: None,
        }
    }

    /// Decodes the next event from `input`, advancing the slice; to be called until it gives `None`.
    ///
    /// `None`: the input is used up. Two exceptions: while the application decides about a request nothing is taken, and
    /// the caller keeps what is left; once the peer's Close has come everything is discarded (RFC 6455 §1.4: "After
    /// receiving a control frame indicating the connection should be closed, a peer discards any further data received").
    ///
    /// Answers (pongs, closes, HTTP refusals) are appended to `out`.
    #[inline]
    pub fn receive(&mut self, input: &mut &[u8], now: Timestamp, out: &mut Vec<u8>) -> Option<Event<P>> {
        if input.is_empty() {
            return None;
        }
        self.liveness.received();
        match self.phase {
            Phase::Open | Phase::CloseSent => self.receive_frames(input, now, out),
            Phase::ReadingRequest => self.read_request(input, out),
            Phase::AwaitingResponse => self.read_response(input, now),
            Phase::Deciding => None,
            Phase::CloseReceived | Phase::Closed => {
                *input = &[];
                None
            }
        }
    }

    /// The peer will send no more: the end of the connection. But one that has made a plain request waits for its answer:
    /// `None`, and the end comes with that.
    pub fn handle_eof(&mut self, _now: Timestamp) -> Option<Event<P>> {
        match self.phase {
            Phase::Closed => None,
            Phase::Deciding if matches!(self.handshake(), Some(Handshake::Answering { .. })) => None,
            Phase::CloseReceived => Some(self.end_as_peer_closed()),
            // RFC 6455 §7.1.5: "If _The WebSocket Connection is Closed_ and no Close control frame was received by the
            // endpoint …, _The WebSocket Connection Close Code_ is considered to be 1006."
            phase if phase.is_handshake() => self.abort("connection ended during the handshake"),
            _ => self.abort("connection ended without a close frame"),
        }
    }

    /// Appends a text message, compressed where that was agreed on and makes it shorter.
    pub fn send_text(&mut self, text: &str, out: &mut Vec<u8>) -> Result<(), UsageError> {
        self.send_message(Opcode::Text, text.as_bytes(), out)
    }

    /// Appends a binary message, compressed where that was agreed on and makes it shorter.
    pub fn send_binary(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), UsageError> {
        self.send_message(Opcode::Binary, data, out)
    }

    fn send_message(&mut self, opcode: Opcode, message: &[u8], out: &mut Vec<u8>) -> Result<(), UsageError> {
        if self.outgoing(message.len()) == Outgoing::Plain || !self.can_send() {
            return self.send_frame(opcode, message, true, out);
        }
        let mut deflated = Vec::new();
        let shorter = self.deflate(message, &mut deflated);
        let payload = if shorter { &deflated } else { message };
        let mask = self.next_mask();
        out.extend_from_slice(encode_header(true, shorter, opcode, payload.len() as u64, mask).as_ref());
        out.extend_masked(payload, mask.unwrap_or(Mask::NONE));
        Ok(())
    }

    /// Appends one frame as it is, masked if this is a client. That fragments follow each other as they must, and that text is
    /// UTF-8, is left to the caller. Not for Close: that is [`close`](Self::close).
    pub fn send_frame(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), UsageError> {
        if !self.can_send() || opcode == Opcode::Close {
            return Err(UsageError::NotOpen);
        }
        if opcode.is_control() && payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(UsageError::ControlTooLong(payload.len()));
        }
        let mask = self.next_mask();
        out.extend_from_slice(encode_header(fin, false, opcode, payload.len() as u64, mask).as_ref());
        out.extend_masked(payload, mask.unwrap_or(Mask::NONE));
        Ok(())
    }

    /// For callers that encode frames themselves: the mask of the next one, `None` if this is a server.
    pub fn next_mask(&mut self) -> Option<Mask> {
        // RFC 6455 §5.1: "a client MUST mask all frames that it sends to the server" and "A server MUST NOT mask any frames
        // that it sends to the client."
        self.entropy.as_mut().map(|entropy| entropy.mask())
    }

    /// Sends a ping; the next automatic one follows a `ping_interval` after it.
    pub fn ping(&mut self, payload: &[u8], now: Timestamp, out: &mut Vec<u8>) -> Result<(), UsageError> {
        self.send_frame(Opcode::Ping, payload, true, out)?;
        self.liveness.pinged(payload, now);
        Ok(())
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        if self.entropy.is_some() { Role::Client } else { Role::Server }
    }

    /// Where the connection is in its life.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the phase is `Open`.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether messages may be sent: the connection is open, or the peer's Close has not been answered yet.
    pub fn can_send(&self) -> bool {
        match self.phase {
            Phase::Open => true,
            Phase::CloseReceived => !self.has_replied(),
            _ => false,
        }
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// Client: the response that was refused, after a `Closed` whose error is about it.
    pub fn refusal(&self) -> Option<&Response> {
        match self.handshake() {
            Some(Handshake::Refused(response)) => Some(response),
            _ => None,
        }
    }

    /// When the last ping was sent, by itself or by the application.
    pub fn last_ping(&self) -> Option<Timestamp> {
        self.liveness.last_ping.happened()
    }

    /// When the last pong arrived.
    pub fn last_pong(&self) -> Option<Timestamp> {
        self.liveness.last_pong.happened()
    }

    /// The time between the latest ping that was answered and its pong.
    pub fn rtt(&self) -> Option<Duration> {
        self.liveness.rtt()
    }

    pub(super) fn handshake(&self) -> Option<&Handshake> {
        match self.stage.as_deref() {
            Some(Stage::Handshake(handshake)) => Some(handshake),
            _ => None,
        }
    }

    pub(super) fn set_handshake(&mut self, handshake: Handshake) {
        self.stage = Some(Box::new(Stage::Handshake(handshake)));
    }

    /// Appends a control frame.
    pub(super) fn write_control(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        match self.next_mask() {
            None => encode_frame(opcode, payload, out),
            Some(mask) => encode_masked_frame(opcode, payload, mask, out),
        }
    }
}
