//! Close codes and the payload of a Close frame (RFC 6455 §5.5.1, §7.4).

use super::{PeerError, UsageError};

/// Longest reason of a Close, in bytes: a control frame's 125 less the code.
pub const MAX_REASON: usize = 123;

/// "No status received": never on the wire.
pub(super) const NO_STATUS: u16 = 1005;
/// "Abnormal closure": never on the wire.
pub(super) const ABNORMAL: u16 = 1006;

/// Whether an endpoint may send this code in a Close: 1000–1003, 1007–1014, 3000–4999.
pub fn is_sendable_close_code(code: u16) -> bool {
    // RFC 6455 §7.4.1: 1004 "Reserved"; 1005, 1006 and 1015 "MUST NOT be set as a status code in a Close control frame
    // by an endpoint". §7.4.2: "Status codes in the range 0-999 are not used"; 1000–2999 "are reserved for definition by
    // this protocol" (the IANA registry has since added 1012, 1013 and 1014); 3000–3999 libraries, 4000–4999 private use.
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// Whether a Close with this code is valid on receipt. The same codes: what may not be sent is a protocol error.
pub fn is_receivable_close_code(code: u16) -> bool {
    is_sendable_close_code(code)
}

/// Reads a received Close: code (1005 if it is empty) and reason.
pub(super) fn parse_close(payload: &[u8]) -> Result<(u16, String), PeerError> {
    // RFC 6455 §5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer (in network
    // byte order) representing a status code"
    let (code, reason) = match payload {
        [] => return Ok((NO_STATUS, String::new())),
        [_] => return Err(PeerError::ClosePayload),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    if !is_receivable_close_code(code) {
        return Err(PeerError::CloseCode(code));
    }
    // RFC 6455 §5.5.1: "Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/"
    let reason = simdutf8::basic::from_utf8(reason).map_err(|_| PeerError::CloseReasonUtf8)?;
    Ok((code, reason.to_owned()))
}

/// What is wrong already with a Close whose payload has come up to here.
pub(super) fn check_unfinished_close(payload: &[u8]) -> Result<(), PeerError> {
    let [high, low, reason @ ..] = payload else { return Ok(()) };
    let code = u16::from_be_bytes([*high, *low]);
    if !is_receivable_close_code(code) {
        return Err(PeerError::CloseCode(code));
    }
    match std::str::from_utf8(reason) {
        Err(error) if error.error_len().is_some() => Err(PeerError::CloseReasonUtf8),
        // A character may go on in what is still to come.
        _ => Ok(()),
    }
}

/// Checks what an application wants to send: [`Connection::close`](super::Connection::close) makes the same check.
pub fn check_close(code: u16, reason: &str) -> Result<(), UsageError> {
    if !is_sendable_close_code(code) {
        return Err(UsageError::CloseCode(code));
    }
    if reason.len() > MAX_REASON {
        return Err(UsageError::ReasonTooLong(reason.len()));
    }
    Ok(())
}

/// The payload of a Close on the stack. `NO_STATUS` gives an empty one, a reason that is too long is cut at a character.
pub(super) struct ClosePayload {
    bytes: [u8; 2 + MAX_REASON],
    len: usize,
}

impl ClosePayload {
    pub(super) fn new(code: u16, reason: &str) -> ClosePayload {
        let mut payload = ClosePayload { bytes: [0; 2 + MAX_REASON], len: 0 };
        if code == NO_STATUS {
            return payload;
        }
        let mut end = reason.len().min(MAX_REASON);
        while !reason.is_char_boundary(end) {
            end -= 1;
        }
        payload.bytes[..2].copy_from_slice(&code.to_be_bytes());
        payload.bytes[2..2 + end].copy_from_slice(&reason.as_bytes()[..end]);
        payload.len = 2 + end;
        payload
    }
}

impl AsRef<[u8]> for ClosePayload {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_by_range() {
        let valid: Vec<u16> = (0..=u16::MAX).filter(|code| is_sendable_close_code(*code)).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(valid, expected);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "é".repeat(70);
        let payload = ClosePayload::new(1008, &reason);
        let (code, cut) = parse_close(payload.as_ref()).unwrap();
        assert_eq!((code, cut.len()), (1008, 122));
        assert!(reason.starts_with(&cut));
    }
}
