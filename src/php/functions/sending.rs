//! Sending to one client or to all.

use super::function;
use crate::php::function::{Failure, enter};
use crate::php::parameters::Parameters;
use crate::php::{recipients, running, text};
use crate::protocol::{Opcode, UsageError};
use crate::server::Sent;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;

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
        let mut parameters = Parameters::of(call, 2, 2)?;
        let (id, text) = (parameters.long()?, parameters.string()?);
        if !text::is_text(text) {
            log::warn!("text for client {id} is not UTF-8: not sent");
            return Ok(false);
        }
        Ok(send(id, Opcode::Text, text.as_bytes()))
    });
}

extern "C" fn send_binary(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 2)?;
        Ok(send(parameters.long()?, Opcode::Binary, parameters.bytes()?))
    });
}

extern "C" fn send_frame(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 2)?;
        let (id, frame) = (parameters.long()?, parameters.bytes()?);
        Ok(running::with_connection(id, |driver, key| driver.send_raw(key, frame)) == Some(Sent::Queued))
    });
}

extern "C" fn send_ping(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 1, 2)?;
        let id = parameters.long()?;
        let payload = parameters.optional_bytes()?.unwrap_or_default();
        match running::with_connection(id, |driver, key| driver.ping(key, payload)) {
            Some(Ok(sent)) => {
                if sent && let Some(face) = running::with(|running| running.face.clone()) {
                    face.pinged(id)?;
                }
                Ok(sent)
            }
            Some(Err(UsageError::NotOpen)) | None => Ok(false),
            Some(Err(error)) => Err(Failure::exception(error)),
        }
    });
}

extern "C" fn broadcast(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 1, 3)?;
        let text = parameters.string()?;
        let binary = parameters.bool_or(false)?;
        let message = text::message(text, binary)?;
        let except = recipients::keys(parameters.optional_array()?)?;
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        let count = running::with(|running| running.driver.broadcast(opcode, message, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

fn send(id: i64, opcode: Opcode, payload: &[u8]) -> bool {
    running::with_connection(id, |driver, key| driver.send(key, opcode, payload)) == Some(Sent::Queued)
}
