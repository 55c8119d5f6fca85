//! Tokens of connections: shown with the request, held by one connection at a time, good until they expire.

use super::Reactor;
use crate::protocol::{Payload, Phase, Request};
use crate::server::ConnKey;
use crate::server::access::{Refusal, TokenError};
use crate::server::stats::Cause;
use std::time::{SystemTime, UNIX_EPOCH};

/// The close code and reason of a connection whose token has expired, as ws(s)on has them.
const EXPIRED: (u16, &str) = (1000, "expired");

impl<P: Payload> Reactor<P> {
    /// Whether the rules for tokens let a request pass. The connection then holds its token.
    pub(super) fn admits_token(&mut self, key: ConnKey, request: &Request) -> Result<(), Refusal> {
        let Some(rules) = &self.config.access.tokens else { return Ok(()) };
        // The system's clock, as it is now: it may have been set since we started.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claim = rules.verify(request, now)?;
        let Some(conn) = self.connections.get_mut(key) else { return Ok(()) };
        // From here on the token ages with the monotonic clock.
        conn.set_token(self.holders.take(&claim, key, rules.max_per_user, self.now)?);
        Ok(())
    }

    /// The open connection that has shown this token.
    pub fn with_token(&self, token: &str) -> Option<ConnKey> {
        self.holders.holder(token).filter(|key| self.is_open(*key))
    }

    /// The time of a connection's token is over: nothing is left to be said to it.
    pub(super) fn on_token_expired(&mut self, key: ConnKey) {
        let Some(conn) = self.connections.get_mut(key) else { return };
        if let Some(token) = conn.token_mut() {
            token.expires_at = None;
        }
        match conn.link.protocol.phase() {
            Phase::Open => {
                conn.flags.cause = Cause::Expired;
                let (code, reason) = EXPIRED;
                let done = self.close(key, code, reason);
                debug_assert!(done.is_ok(), "code and reason can be sent");
            }
            // The application has taken too long.
            Phase::Deciding => self.refuse_request(key, Refusal::Token(TokenError::Expired)),
            // It is on its way out.
            _ => {}
        }
    }
}
