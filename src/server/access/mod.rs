//! Who may connect, how often, and from which pages.
//!
//! | file | what |
//! |---|---|
//! | `rules` | addresses that are let in, kept out, or believed as proxies |
//! | `forwarded` | a client's address behind trusted proxies |
//! | `origin` | the `Origin` policy (RFC 6455 §10.2) |
//! | `rate` | token buckets, and the limits per address |

mod forwarded;
mod origin;
mod rate;
mod rules;

pub use forwarded::{ClientAddress, client_address};
pub use origin::Origins;
pub use rate::{Admission, Bucket};
pub use rules::AccessRules;

use std::time::Duration;

/// Why a client is sent away before it is open; each is one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its address is not allowed. 403
    Address,
    /// The page that wants the connection is not allowed to. 403
    Origin,
    /// `max_connections_per_ip` is reached. 429
    TooManyConnections,
    /// `handshake_rate_per_ip` is exceeded. 429
    TooManyHandshakes { retry_after: Duration },
}

impl Refusal {
    pub fn status(self) -> u16 {
        match self {
            Refusal::Address | Refusal::Origin => 403,
            Refusal::TooManyConnections | Refusal::TooManyHandshakes { .. } => 429,
        }
    }

    pub fn reason(self) -> &'static str {
        match self {
            Refusal::Address => "address not allowed",
            Refusal::Origin => "origin not allowed",
            Refusal::TooManyConnections => "too many connections from this address",
            Refusal::TooManyHandshakes { .. } => "too many handshakes from this address",
        }
    }

    /// Whole seconds for a `Retry-After` header.
    pub fn retry_after(self) -> Option<u64> {
        match self {
            Refusal::TooManyHandshakes { retry_after } => {
                Some(retry_after.as_secs_f64().ceil().max(1.0) as u64)
            }
            Refusal::TooManyConnections => Some(5),
            _ => None,
        }
    }
}
