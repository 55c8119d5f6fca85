//! Closing a connection.

use super::{bytes, function};
use crate::php::function::{Failure, enter};
use crate::php::{running, shim};
use crate::protocol::{MAX_REASON, UsageError, is_sendable_close_code};
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::ffi::zend_string;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ptr;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module.function(function(
        "ws_server_disconnect",
        disconnect,
        &[("id", DataType::Long)],
        &[("code", DataType::Long, "1000"), ("reason", DataType::String, "\"\"")],
        DataType::Bool,
        &[
            " Closes a connection: `ws_server_before_close()` runs now, then the Close frame is queued behind what was",
            " sent before, the client leaves `$connections`, and `ws_server_after_close()` runs. No callback for it",
            " follows. During the handshake the client gets a 403.",
            "",
            " @param int $code close code (RFC 6455 section 7.4)",
            " @param string $reason at most 123 bytes of UTF-8",
            " @return bool false if there is no such client, or it is being closed already",
            " @throws WsException if code or reason can't be sent",
        ],
    ))
}

extern "C" fn disconnect(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut id = 0;
        let mut status = 1000;
        let mut text: *mut zend_string = ptr::null_mut();
        // SAFETY: the running call and places to write to.
        if !unsafe { shim::ws_parse_disconnect(call, &raw mut id, &raw mut status, &raw mut text) } {
            return Err(Failure::Pending);
        }
        let status = code(status)?;
        // SAFETY: read from the parameters just now.
        let text = reason(unsafe { bytes(text) })?;
        let Some(face) = running::with(|running| running.face.clone()) else { return Ok(false) };
        Ok(face.disconnect(id, status, text)?)
    });
}

/// A close code that may be sent.
pub fn code(code: i64) -> Result<u16, Failure> {
    u16::try_from(code)
        .ok()
        .filter(|code| is_sendable_close_code(*code))
        .ok_or_else(|| Failure::exception(format!("close code {code} cannot be sent")))
}

/// A close reason that may be sent.
pub fn reason(reason: &[u8]) -> Result<&str, Failure> {
    if reason.len() > MAX_REASON {
        return Err(Failure::exception(UsageError::ReasonTooLong(reason.len())));
    }
    std::str::from_utf8(reason).map_err(|_| Failure::exception("a close reason must be UTF-8"))
}
