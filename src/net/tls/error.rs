//! What is wrong with a TLS option.

use super::Source;

/// An option of `tls` that can't be used. The message names the option, the file where there is one, and what is
/// wrong; never a passphrase or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("option \"{option}\" {problem}")]
pub struct TlsError {
    /// The full name: `tls.cert`, `tls.sni.example.org.key`.
    pub option: String,
    pub problem: String,
}

impl TlsError {
    pub fn new(option: impl Into<String>, problem: impl Into<String>) -> TlsError {
        TlsError { option: option.into(), problem: problem.into() }
    }

    /// A problem with what an option refers to.
    pub(super) fn of(option: impl Into<String>, source: &Source, problem: &str) -> TlsError {
        TlsError::new(option, format!("cannot be used: {source}: {problem}"))
    }
}
