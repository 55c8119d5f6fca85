//! What went wrong, and what became of the message.

use crate::net::AddressError;
use crate::protocol::{ControlError, UsageError};
use std::fmt;
use std::io;
use std::time::Duration;

/// A call that did not do what it was asked to.
#[derive(Debug)]
pub struct ControlFailure {
    /// The server's address.
    pub uri: String,
    pub problem: Problem,
    /// `None` where there was no message.
    pub fate: Option<Fate>,
}

/// What became of a message whose call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server does not have it, or not whole: it may be sent again.
    NotDelivered,
    /// It was sent, and the server's word for it is missing.
    Unknown,
}

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("the address of a control socket has the form unix:///PATH or tcp://HOST:PORT")]
    Scheme,
    #[error("the host is not found: {0}")]
    Host(io::Error),
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// It says the same in both cases.
    #[error("the server wants its control_secret first, or has no room for another control connection")]
    NotAdmitted,
    #[error("the server has no room for another control connection")]
    Full,
    #[error("the server does not accept the secret")]
    WrongSecret,
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("the server closed the connection")]
    Closed,
    #[error("the connection is lost: {0}")]
    Lost(io::Error),
    #[error("the server says that something was wrong with what it was sent, and closed the connection")]
    Refused,
    #[error("what the server says is not the control protocol: {0}")]
    Nonsense(ControlError),
    #[error("the server's answer does not belong to the question")]
    OutOfTurn,
    #[error("the message was begun in the process that forked this one")]
    Forked,
    /// The caller's own mistake.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// Likewise.
    #[error(transparent)]
    Command(ControlError),
    #[error("a topic can't hold a NUL byte")]
    Topic,
    #[error("{what} of {length} bytes is too long; there is room for {most}")]
    TooLong { what: &'static str, length: usize, most: usize },
}

/// A problem on the way, with what is known of the command: [`ControlFailure`] before it has an address.
#[derive(Debug)]
pub(super) struct Setback {
    pub problem: Problem,
    /// The server may have acted on the command.
    pub uncertain: bool,
}

impl From<Problem> for Setback {
    /// Before anything was sent.
    fn from(problem: Problem) -> Setback {
        Setback { problem, uncertain: false }
    }
}

impl Setback {
    /// The connection was gone, and so was the command: another connection may try it.
    pub fn is_repeatable(&self) -> bool {
        !self.uncertain && matches!(self.problem, Problem::Closed | Problem::Lost(_))
    }
}

impl fmt::Display for ControlFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problem {
            // It names the URI itself.
            Problem::Address(_) => write!(f, "{}", self.problem)?,
            Problem::Scheme => write!(f, "\"{}\": {}", self.uri, self.problem)?,
            // The server has no part in those.
            Problem::Usage(_) | Problem::Command(_) | Problem::Topic | Problem::TooLong { .. } => {
                return write!(f, "{}", self.problem);
            }
            _ => write!(f, "{}: {}", self.uri, self.problem)?,
        }
        match self.fate {
            None => Ok(()),
            Some(Fate::NotDelivered) => f.write_str("; the message was not delivered"),
            Some(Fate::Unknown) => f.write_str("; it is not known whether the message was delivered"),
        }
    }
}

impl std::error::Error for ControlFailure {}
