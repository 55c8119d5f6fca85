//! The procedural functions: they act on the server that runs in this process, whichever face started it.
//!
//! Every handler does the same three things: reads its [`Parameters`](super::parameters::Parameters), looks the server up,
//! and returns through [`enter`](super::function::enter).

mod agenda;
mod closing;
mod control;
mod conversing;
mod looking;
mod sending;

pub use closing::{code as close_code, reason as close_reason};
pub use control::{seconds, stop_parameters};

use ext_php_rs::args::Arg;
use ext_php_rs::builders::{FunctionBuilder, ModuleBuilder};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
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
