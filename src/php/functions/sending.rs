//! Sending to one client or to all.

use super::{bytes, function};
use crate::php::function::{Failure, enter};
use crate::php::{recipients, running, shim};
use crate::protocol::Opcode;
use crate::server::Sent;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::ffi::{HashTable, zend_string};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ptr;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module
        .function(function(
            "ws_server_send_text",
            send_text,
            &[("id", DataType::Long), ("text", DataType::String)],
            &[],
            DataType::Bool,
            &[
                " Sends a text message. It goes out when the callback in hand has returned.",
                "",
                " @return bool false if the client is not open (or unknown, or no server runs), if it has more than",
                "   `max_buffered` bytes waiting, or if the text is not UTF-8 (which is logged)",
            ],
        ))
        .function(function(
            "ws_server_send_binary",
            send_binary,
            &[("id", DataType::Long), ("data", DataType::String)],
            &[],
            DataType::Bool,
            &[
                " Sends a binary message. It goes out when the callback in hand has returned.",
                "",
                " @return bool false if the client is not open (or unknown, or no server runs), or if it has more than",
                "   `max_buffered` bytes waiting",
            ],
        ))
        .function(function(
            "ws_server_send_frame",
            send_frame,
            &[("id", DataType::Long), ("frame", DataType::String)],
            &[],
            DataType::Bool,
            &[
                " Sends bytes of frames that the application encoded itself (RFC 6455 section 5.2, without a mask).",
                " They are not checked.",
                "",
                " @return bool false if the client is not open (or unknown, or no server runs), or if it has more than",
                "   `max_buffered` bytes waiting",
            ],
        ))
        .function(function(
            "ws_server_send_ping",
            send_ping,
            &[("id", DataType::Long)],
            &[("payload", DataType::String, "\"\"")],
            DataType::Bool,
            &[
                " Sends a ping. The client's answer comes to `ws_server_pong()`.",
                "",
                " @param string $payload at most 125 bytes (RFC 6455 section 5.5)",
                " @return bool false if the client is not open (or unknown, or no server runs)",
                " @throws WsException if the payload is too long",
            ],
        ))
        .function(function(
            "ws_server_broadcast",
            broadcast,
            &[("text", DataType::String)],
            &[("binary", DataType::Bool, "false"), ("except", DataType::Array, "[]")],
            DataType::Long,
            &[
                " Sends a message to every open client.",
                "",
                " @param bool $binary whether it is a binary message",
                " @param int[] $except ids of clients that do not get it",
                " @return int the number of clients that get it; 0 where no server runs",
                " @throws WsException if a text is not UTF-8, or $except holds something else than ids",
            ],
        ))
}

extern "C" fn send_text(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let (id, text) = id_and_string(call)?;
        if simdutf8::basic::from_utf8(text).is_err() {
            log::warn!("text for client {id} is not UTF-8: not sent");
            return Ok(false);
        }
        Ok(send(id, Opcode::Text, text))
    });
}

extern "C" fn send_binary(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let (id, data) = id_and_string(call)?;
        Ok(send(id, Opcode::Binary, data))
    });
}

extern "C" fn send_frame(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let (id, frame) = id_and_string(call)?;
        Ok(running::with_connection(id, |driver, key| driver.send_raw(key, frame)) == Some(Sent::Queued))
    });
}

extern "C" fn send_ping(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut id = 0;
        let mut payload: *mut zend_string = ptr::null_mut();
        // SAFETY: the running call and places to write to.
        if !unsafe { shim::ws_parse_id_optional_string(call, &raw mut id, &raw mut payload) } {
            return Err(Failure::Pending);
        }
        // SAFETY: read from the parameters just now.
        let payload = unsafe { bytes(payload) };
        match running::with_connection(id, |driver, key| driver.ping(key, payload)) {
            Some(Ok(sent)) => {
                if sent && let Some(face) = running::with(|running| running.face.clone()) {
                    face.pinged(id)?;
                }
                Ok(sent)
            }
            Some(Err(crate::protocol::UsageError::NotOpen)) | None => Ok(false),
            Some(Err(error)) => Err(Failure::exception(error)),
        }
    });
}

extern "C" fn broadcast(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut text: *mut zend_string = ptr::null_mut();
        let mut binary = false;
        let mut except: *mut HashTable = ptr::null_mut();
        // SAFETY: the running call and places to write to.
        if !unsafe { shim::ws_parse_broadcast(call, &raw mut text, &raw mut binary, &raw mut except) } {
            return Err(Failure::Pending);
        }
        // SAFETY: read from the parameters just now.
        let text = unsafe { bytes(text) };
        if !binary && simdutf8::basic::from_utf8(text).is_err() {
            return Err(Failure::exception("a text message must be UTF-8"));
        }
        // SAFETY: null, or an array that the call's frame holds.
        let except = recipients::keys(unsafe { except.as_ref() })?;
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        let count = running::with(|running| running.driver.broadcast(opcode, text, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

fn id_and_string<'a>(call: &mut ExecuteData) -> Result<(i64, &'a [u8]), Failure> {
    let mut id = 0;
    let mut string: *mut zend_string = ptr::null_mut();
    // SAFETY: the running call and places to write to; the string was read from the parameters just now.
    unsafe {
        if !shim::ws_parse_id_string(call, &raw mut id, &raw mut string) {
            return Err(Failure::Pending);
        }
        Ok((id, bytes(string)))
    }
}

fn send(id: i64, opcode: Opcode, payload: &[u8]) -> bool {
    running::with_connection(id, |driver, key| driver.send(key, opcode, payload)) == Some(Sent::Queued)
}
