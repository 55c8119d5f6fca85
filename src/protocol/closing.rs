//! The end of a connection: the closing handshake (§7), and what is done instead where there is none.

use super::close::{ABNORMAL, ClosePayload, NO_STATUS, check_close};
use super::connection::Stage;
use super::handshake::Handshake;
use super::{
    Closed, Connection, Event, HttpResponse, Opcode, Payload, PeerError, Phase, Timestamp, UsageError,
};

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

    /// The transport broke, or its owner gives it up without a word.
    pub fn abort(&mut self, reason: &str) -> Option<Event<P>> {
        (self.phase != Phase::Closed).then(|| self.end(ABNORMAL, reason.to_owned(), false, None))
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
