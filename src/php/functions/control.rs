//! Running and stopping the server.

use super::{bytes, function};
use crate::php::function::{Failure, enter};
use crate::php::running::{self, Stop};
use crate::php::{options, serve, shim};
use crate::server::ServerOptions;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::ffi::{HashTable, zend_string};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ptr;
use std::time::Duration;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module
        .function(function(
            "ws_server_run",
            run,
            &[],
            &[("options", DataType::Array, "[]")],
            DataType::Long,
            &[
                " Runs the server with the application's global functions `ws_server_*`, until it is stopped:",
                " by `ws_server_stop()`, SIGTERM or SIGINT, a line `q` on standard input, or \"quit\" from",
                " `ws_server_read()`.",
                "",
                " @param array $options see the table of options; an unknown name or a wrong type is refused",
                " @return int the exit status: 0 after a clean end",
                " @throws WsException if an option is wrong, `ws_server_authenticate()` is missing, an address is in",
                "   use, or a server is running already in this process",
            ],
        ))
        .function(function(
            "ws_server_stop",
            stop,
            &[],
            &[
                ("code", DataType::Long, "1001"),
                ("reason", DataType::String, "\"server shutting down\""),
                ("timeout", DataType::Double, "5.0"),
            ],
            DataType::Void,
            &[
                " Ends the running server when the callback in hand returns: every client gets a Close frame and its",
                " close callbacks, then `ws_server_run()` returns. Does nothing where no server runs.",
                "",
                " @param int $code close code (RFC 6455 section 7.4)",
                " @param string $reason at most 123 bytes of UTF-8",
                " @param float $timeout seconds that clients have to answer the Close frame",
                " @throws WsException if code, reason or timeout can't be used",
            ],
        ))
}

extern "C" fn run(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut array: *mut HashTable = ptr::null_mut();
        // SAFETY: the running call and a place to write to.
        if !unsafe { shim::ws_parse_run(call, &raw mut array) } {
            return Err(Failure::Pending);
        }
        // SAFETY: null, or an array that the call's frame holds.
        let options = unsafe { array.as_ref() }.map(options::read).transpose()?.unwrap_or_default();
        serve::serve(ServerOptions::parse(options).map_err(Failure::exception)?)
    });
}

extern "C" fn stop(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let default = Stop::default();
        let mut code = i64::from(default.code);
        let mut reason: *mut zend_string = ptr::null_mut();
        let mut timeout = default.timeout.as_secs_f64();
        // SAFETY: the running call and places to write to.
        if !unsafe { shim::ws_parse_stop(call, &raw mut code, &raw mut reason, &raw mut timeout) } {
            return Err(Failure::Pending);
        }
        let code = super::closing::code(code)?;
        let reason = if reason.is_null() {
            default.reason
        } else {
            // SAFETY: read from the parameters just now.
            super::closing::reason(unsafe { bytes(reason) })?.to_owned()
        };
        let timeout = Duration::try_from_secs_f64(timeout)
            .map_err(|_| Failure::exception(format!("a timeout of {timeout} s can't be used")))?;
        running::stop(Stop { code, reason, timeout });
        Ok(())
    });
}
