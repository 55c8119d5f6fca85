//! Text that PHP gives us to send: RFC 6455 §5.6 wants UTF-8.

use super::function::Failure;
use super::shim;
use crate::protocol::UsageError;
use ext_php_rs::types::ZendStr;

/// Whether a string may be sent as text. What is found out is noted with the string, so that one that is sent to many
/// clients, or that a client has sent, is looked at once.
#[inline]
pub fn is_text(string: &ZendStr) -> bool {
    let raw = std::ptr::from_ref(string);
    // SAFETY: the string is alive; its flags are PHP's and belong to this thread.
    if unsafe { shim::ws_string_is_known_utf8(raw) } {
        return true;
    }
    let valid = simdutf8::basic::from_utf8(string.as_bytes()).is_ok();
    if valid {
        // SAFETY: as above; the shim leaves strings alone that may not be written to.
        unsafe { shim::ws_string_note_utf8(raw.cast_mut()) };
    }
    valid
}

/// The bytes of a message; a `WsException` where it is a text that is none.
pub fn message(string: &ZendStr, binary: bool) -> Result<&[u8], Failure> {
    if binary || is_text(string) {
        Ok(string.as_bytes())
    } else {
        Err(Failure::exception(UsageError::TextUtf8))
    }
}
