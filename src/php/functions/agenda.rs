//! Timers and watched streams of the running server.

use super::function;
use crate::php::agenda::Agenda;
use crate::php::function::{Failure, enter};
use crate::php::parameters::Parameters;
use crate::php::running;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::rc::Rc;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    module
        .function(function(
            "ws_server_timer",
            timer,
            &[("seconds", DataType::Double), ("fn", DataType::Callable)],
            &[("repeat", DataType::Bool, "false")],
            DataType::Long,
            &[
                " Calls `fn()` from the loop of the running server after so many seconds, and every so many seconds where it",
                " repeats. It ends with the server.",
                "",
                " @return int for `ws_server_cancel_timer()`",
                " @throws WsException if the time can't be waited for, or no server runs",
            ],
        ))
        .function(function(
            "ws_server_cancel_timer",
            cancel_timer,
            &[("timer", DataType::Long)],
            &[],
            DataType::Bool,
            &[" @return bool false if there is no such timer (any more)"],
        ))
        .function(function(
            "ws_server_watch",
            watch,
            &[("stream", DataType::Mixed), ("fn", DataType::Callable)],
            &[("write", DataType::Bool, "false")],
            DataType::Long,
            &[
                " Calls `fn($stream)` from the loop of the running server whenever the stream can be read, or written to, until",
                " it is unwatched or closed.",
                "",
                " @param resource $stream an open stream that has a descriptor; it should not block",
                " @return int for `ws_server_unwatch()`",
                " @throws WsException if it can't be watched, or no server runs",
            ],
        ))
        .function(function(
            "ws_server_unwatch",
            unwatch,
            &[("watch", DataType::Long)],
            &[],
            DataType::Bool,
            &[" @return bool false if there is no such watch (any more)"],
        ))
}

extern "C" fn timer(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 3)?;
        let seconds = parameters.double()?;
        let callback = parameters.callback()?;
        let repeat = parameters.bool_or(false)?;
        required()?.set_timer(seconds, callback, repeat)
    });
}

extern "C" fn cancel_timer(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let timer = Parameters::of(call, 1, 1)?.long()?;
        Ok(agenda().is_some_and(|agenda| agenda.cancel_timer(timer)))
    });
}

extern "C" fn watch(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 3)?;
        let stream = parameters.value();
        let callback = parameters.callback()?;
        let write = parameters.bool_or(false)?;
        required()?.watch(stream, callback, write)
    });
}

extern "C" fn unwatch(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let watch = Parameters::of(call, 1, 1)?.long()?;
        Ok(agenda().is_some_and(|agenda| agenda.unwatch(watch)))
    });
}

fn agenda() -> Option<Rc<Agenda>> {
    running::with(|running| Rc::clone(&running.agenda))
}

fn required() -> Result<Rc<Agenda>, Failure> {
    agenda().ok_or_else(|| Failure::exception("no server is running in this process"))
}
