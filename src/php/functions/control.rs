//! Running and stopping the server.

use super::function;
use crate::php::function::{Failure, enter};
use crate::php::parameters::Parameters;
use crate::php::running::{self, Stop};
use crate::php::{ini, options, serve};
use crate::server::ServerOptions;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
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
        let mut parameters = Parameters::of(call, 0, 1)?;
        let given = parameters.optional_array()?.map(options::read).transpose()?.unwrap_or_default();
        let mut options = ini::defaults()?;
        options.extend(given);
        serve::serve(ServerOptions::parse(options).map_err(Failure::exception)?)
    });
}

extern "C" fn stop(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        running::stop(stop_parameters(&mut Parameters::of(call, 0, 3)?)?);
        Ok(())
    });
}

/// `int $code = 1001, string $reason = "server shutting down", float $timeout = 5.0`.
pub fn stop_parameters(parameters: &mut Parameters<'_>) -> Result<Stop, Failure> {
    let default = Stop::default();
    let code = super::closing::code(parameters.long_or(i64::from(default.code))?)?;
    let reason = match parameters.optional_bytes()? {
        Some(reason) => super::closing::reason(reason)?.to_owned(),
        None => default.reason,
    };
    let timeout = seconds(parameters.double_or(default.timeout.as_secs_f64())?)?;
    Ok(Stop { code, reason, timeout })
}

/// A time to wait.
pub fn seconds(seconds: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| Failure::exception(format!("a timeout of {seconds} s can't be used")))
}
