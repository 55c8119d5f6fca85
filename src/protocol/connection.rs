//! A connection, as its owner sees it.

use std::sync::Arc;
use std::time::Duration;

use super::close::{ABNORMAL, ClosePayload, NO_STATUS, check_close};
use super::deflate::{Contexts, Params};
use super::extensions::Extensions;
use super::handshake::Handshake;
use super::head::HeadReader;
use super::liveness::Liveness;
use super::receive::Partial;
use super::{
    ClientRequest, Closed, Entropy, Event, HttpResponse, MAX_CONTROL_PAYLOAD, Mask, Opcode, Outgoing,
    Payload, PeerError, Phase, Response, Role, Settings, Timestamp, UsageError, encode_frame, encode_header,
    encode_masked_frame,
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

/// The peer's Close, until it is answered.
pub(super) struct PeerClose {
    code: u16,
    reason: String,
    /// False where there is no Close: it is this end that fails the connection, and the application has the last word.
    clean: bool,
    /// What the peer did wrong, if that is why.
    error: Option<PeerError>,
    /// The application answered with `close`; what is left to do is to say so.
    replied: bool,
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

    /// Starts the closing handshake; `Closed` follows when the peer answers, hangs up, or `close_timeout` is over.
    ///
    /// In `CloseReceived` this is the answer to the peer: `Closed` comes with the next `handle_timeout`, which is due at
    /// once, or with [`reply_close`](Self::reply_close). On a connection that is closing or closed already it does nothing.
    pub fn close(
        &mut self,
        code: u16,
        reason: &str,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Result<(), UsageError> {
        check_close(code, reason)?;
        match self.phase {
            Phase::Open => {
                self.write_close(code, reason, out);
                self.phase.advance(Phase::CloseSent);
                self.liveness.since = now;
                self.forget_message();
                Ok(())
            }
            Phase::CloseReceived => {
                self.write_close(code, reason, out);
                Ok(())
            }
            Phase::CloseSent | Phase::Closed => Ok(()),
            Phase::ReadingRequest | Phase::AwaitingResponse | Phase::Deciding => Err(UsageError::NotOpen),
        }
    }

    /// In `CloseReceived`: answers the peer's Close (`None`, or a code that may not be sent, echoes the peer's code) and ends
    /// the connection. `None` in every other phase.
    pub fn reply_close(
        &mut self,
        code: Option<u16>,
        reason: &str,
        _now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Option<Event<P>> {
        let Some(Stage::PeerClose(peer_close)) = self.stage.as_deref() else { return None };
        let own_reason = peer_close.reason.clone();
        // RFC 6455 §5.5.1: "When sending a Close frame in response, the endpoint typically echos the status code it received."
        let (code, reason) = match code {
            Some(code) if check_close(code, "").is_ok() => (code, reason),
            // Our own reason is told; the peer knows its own.
            _ => (peer_close.code, if peer_close.clean { "" } else { own_reason.as_str() }),
        };
        self.write_close(code, reason, out);
        Some(self.end_as_peer_closed())
    }

    /// Ends the connection for a policy of ours (1008, 1011, 1013 …): writes a Close and waits for nothing. During the
    /// handshake of a server it writes a response instead: 500 for 1011, 403 for 1008, 503 for the rest.
    pub fn fail(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) -> Option<Event<P>> {
        match self.phase {
            Phase::Closed => return None,
            Phase::ReadingRequest | Phase::Deciding => {
                let status = match code {
                    1008 => 403,
                    1011 => 500,
                    _ => 503,
                };
                self.write_response(&HttpResponse::status(status), out);
                return Some(self.end(ABNORMAL, reason.to_owned(), false, None));
            }
            Phase::AwaitingResponse => return self.abort(reason),
            Phase::Open | Phase::CloseReceived => self.write_close(code, reason, out),
            Phase::CloseSent => {}
        }
        Some(self.end(code, reason.to_owned(), false, None))
    }

    /// The transport broke, or its owner gives it up without a word.
    pub fn abort(&mut self, reason: &str) -> Option<Event<P>> {
        (self.phase != Phase::Closed).then(|| self.end(ABNORMAL, reason.to_owned(), false, None))
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

    /// Appends a Close, once: in `CloseReceived` it is remembered that it was answered.
    pub(super) fn write_close(&mut self, code: u16, reason: &str, out: &mut Vec<u8>) {
        if let Some(Stage::PeerClose(peer_close)) = self.stage.as_deref_mut()
            && std::mem::replace(&mut peer_close.replied, true)
        {
            return;
        }
        self.write_control(Opcode::Close, ClosePayload::new(code, reason).as_ref(), out);
    }

    /// The peer's Close has come.
    pub(super) fn handle_close(
        &mut self,
        code: u16,
        reason: String,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Event<P> {
        if self.phase == Phase::CloseSent {
            return self.end(code, reason, true, None);
        }
        if self.settings.hold_close {
            return self.hold(PeerClose { code, reason, clean: true, error: None, replied: false }, now);
        }
        // RFC 6455 §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST
        // send a Close frame in response."
        self.write_close(code, "", out);
        self.end(code, reason, true, None)
    }

    /// The peer broke the protocol. With `hold_close` the application may first answer what came before.
    pub(super) fn violated(&mut self, error: PeerError, now: Timestamp, out: &mut Vec<u8>) -> Event<P> {
        match error.close_code() {
            Some(code) if self.settings.hold_close && self.phase == Phase::Open => {
                let reason = error.to_string();
                self.hold(PeerClose { code, reason, clean: false, error: Some(error), replied: false }, now)
            }
            _ => self.fail_for(error, out),
        }
    }

    /// Fails an open connection like [`fail`](Self::fail), but with `hold_close` the application may first answer what
    /// came before: [`Event::CloseReceived`], then [`reply_close`](Self::reply_close). `None` in every other phase.
    pub fn fail_politely(
        &mut self,
        code: u16,
        reason: &str,
        now: Timestamp,
        out: &mut Vec<u8>,
    ) -> Option<Event<P>> {
        if !(self.settings.hold_close && self.phase == Phase::Open) {
            return self.fail(code, reason, out);
        }
        let reason = reason.to_owned();
        Some(self.hold(PeerClose { code, reason, clean: false, error: None, replied: false }, now))
    }

    /// Nothing more is taken from the peer; the application has the last word.
    fn hold(&mut self, close: PeerClose, now: Timestamp) -> Event<P> {
        self.phase.advance(Phase::CloseReceived);
        self.liveness.since = now;
        self.partial = None;
        let event = Event::CloseReceived { code: close.code, reason: close.reason.clone() };
        self.stage = Some(Box::new(Stage::PeerClose(close)));
        event
    }

    pub(super) fn has_replied(&self) -> bool {
        matches!(self.stage.as_deref(), Some(Stage::PeerClose(close)) if close.replied)
    }

    pub(super) fn end_as_peer_closed(&mut self) -> Event<P> {
        match self.stage.take().map(|stage| *stage) {
            Some(Stage::PeerClose(close)) => self.end(close.code, close.reason, close.clean, close.error),
            _ => self.end(NO_STATUS, String::new(), true, None),
        }
    }

    /// RFC 6455 §7.1.7, _Fail the WebSocket Connection_: "the endpoint SHOULD send a Close frame with an appropriate status
    /// code before proceeding to _Close the WebSocket Connection_."
    pub(super) fn fail_for(&mut self, error: PeerError, out: &mut Vec<u8>) -> Event<P> {
        let code = error.close_code().unwrap_or(ABNORMAL);
        let reason = error.to_string();
        if self.phase == Phase::Open {
            self.write_close(code, &reason, out);
        }
        self.end(code, reason, false, Some(error))
    }

    /// The one way into `Closed`.
    pub(super) fn end(
        &mut self,
        code: u16,
        reason: String,
        clean: bool,
        error: Option<PeerError>,
    ) -> Event<P> {
        let opened = !self.phase.is_handshake();
        self.phase.advance(Phase::Closed);
        self.partial = None;
        self.contexts = None;
        if !matches!(self.handshake(), Some(Handshake::Refused(_))) {
            self.stage = None;
        }
        Event::Closed(Closed { code, reason, clean, error, opened })
    }
}
