//! Alerts without a session: for clients that are turned away before their handshake has begun.

/// Why a client is turned away (RFC 8446 §6.2). Both are fatal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alert {
    /// "…when access control was applied, the sender decided not to proceed with negotiation."
    AccessDenied,
    /// "An internal error unrelated to the peer or the correctness of the protocol … makes it impossible to continue."
    InternalError,
}

impl Alert {
    /// The alert as a record, not encrypted, as it must be while there are no keys.
    pub const fn record(self) -> [u8; 7] {
        let description = match self {
            Alert::AccessDenied => 49,
            Alert::InternalError => 80,
        };
        // RFC 8446 §5.1: type 21 is an alert, 0x0303 the version of all records, then the length; §6: 2 is fatal.
        [21, 3, 3, 0, 2, 2, description]
    }
}
