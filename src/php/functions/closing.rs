//! Closing a connection.

use super::function;
use crate::php::function::{Failure, enter};
use crate::php::parameters::Parameters;
use crate::php::running;
use crate::protocol::{MAX_REASON, UsageError, is_sendable_close_code};
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;

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
        let mut parameters = Parameters::of(call, 1, 3)?;
        let id = parameters.long()?;
        let code = code(parameters.long_or(1000)?)?;
        let reason = reason(parameters.optional_bytes()?.unwrap_or_default())?;
        let Some(face) = running::with(|running| running.face.clone()) else { return Ok(false) };
        Ok(face.disconnect(id, code, reason)?)
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
