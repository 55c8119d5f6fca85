//! The procedural functions: they act on the server that runs in this process, whichever face started it.
//!
//! Every handler does the same three things: reads its parameters (`shim.c` does, with PHP's own rules for types),
//! looks the server up, and returns through [`enter`](super::function::enter).

mod agenda;
mod closing;
mod control;
mod conversing;
mod looking;
mod sending;

pub use closing::{code as close_code, reason as close_reason};

use ext_php_rs::args::Arg;
use ext_php_rs::builders::{FunctionBuilder, ModuleBuilder};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::{ZendStr, Zval};
use ext_php_rs::zend::ExecuteData;

/// Adds all of them to the module.
pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    let module = control::register(module);
    let module = sending::register(module);
    let module = conversing::register(module);
    let module = looking::register(module);
    let module = closing::register(module);
    agenda::register(module)
}

type Handler = extern "C" fn(&mut ExecuteData, &mut Zval);

/// A function with its required and optional parameters; an optional one comes with its default, as PHP writes it.
fn function(
    name: &'static str,
    handler: Handler,
    required: &[(&'static str, DataType)],
    optional: &[(&'static str, DataType, &'static str)],
    returns: DataType,
    docs: &'static [&'static str],
) -> FunctionBuilder<'static> {
    let mut function = FunctionBuilder::new(name, handler);
    for (name, kind) in required {
        function = function.arg(Arg::new(*name, *kind));
    }
    function = function.not_required();
    for (name, kind, default) in optional {
        function = function.arg(Arg::new(*name, *kind).default(*default));
    }
    function.returns(returns, false, false).docs(docs)
}

/// The bytes of a string parameter. It lives as long as the call does.
///
/// # Safety
///
/// `string` is a string that `shim.c` read from the parameters of the running call.
unsafe fn bytes<'a>(string: *const ZendStr) -> &'a [u8] {
    // SAFETY: the caller's promise; the call's frame holds the string.
    unsafe { (*string).as_bytes() }
}
