//! Who may connect, how often, and from which pages.
//!
//! | file | what |
//! |---|---|
//! | `rules` | addresses that are let in, kept out, or believed as proxies |
//! | `forwarded` | a client's address behind trusted proxies |
//! | `origin` | the `Origin` policy (RFC 6455 §10.2) |
//! | `rate` | buckets, and the limits per address |
//! | `tokens` | what the web application signs for whoever may connect |
//! | `holders` | the tokens in use, and the limit per user |

mod forwarded;
mod holders;
mod origin;
mod rate;
mod rules;
mod tokens;

pub use forwarded::{ClientAddress, client_address};
pub use holders::{Hold, Holders};
pub use origin::Origins;
pub use rate::{Admission, Bucket};
pub use rules::AccessRules;
pub use tokens::{Claim, TokenAlgorithm, TokenCookies, TokenError, TokenRules, TokenSecret};

use std::time::Duration;

/// Why a client is sent away before it is open; each is one HTTP status. The text is for the client and for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 403
    #[error("address not allowed")]
    Address,
    /// The page that wants the connection is not allowed to. 403
    #[error("origin not allowed")]
    Origin,
    /// It shows no good token. 403
    #[error(transparent)]
    Token(#[from] TokenError),
    /// `max_connections_per_ip` is reached. 429
    #[error("too many connections from this address")]
    TooManyConnections,
    /// `handshake_rate_per_ip` is exceeded. 429
    #[error("too many handshakes from this address")]
    TooManyHandshakes { retry_after: Duration },
    /// Another connection has its token. 429
    #[error("the token is in use")]
    TokenInUse,
    /// `tokens.max_per_user` is reached. 429
    #[error("too many connections of this user")]
    TooManyOfUser,
}

/// When a connection that is in the way may have ended.
const WHEN_ONE_HAS_ENDED: u64 = 5;

impl Refusal {
    pub fn status(self) -> u16 {
        match self {
            Refusal::Address | Refusal::Origin | Refusal::Token(_) => 403,
            Refusal::TooManyConnections
            | Refusal::TooManyHandshakes { .. }
            | Refusal::TokenInUse
            | Refusal::TooManyOfUser => 429,
        }
    }

    /// Whole seconds for a `Retry-After` header.
    pub fn retry_after(self) -> Option<u64> {
        match self {
            Refusal::TooManyHandshakes { retry_after } => {
                Some(retry_after.as_secs_f64().ceil().max(1.0) as u64)
            }
            Refusal::TooManyConnections | Refusal::TokenInUse | Refusal::TooManyOfUser => {
                Some(WHEN_ONE_HAS_ENDED)
            }
            Refusal::Address | Refusal::Origin | Refusal::Token(_) => None,
        }
    }
}
