//! Looking at connections and figures.

use super::function;
use crate::php::array::Array;
use crate::php::function::enter;
use crate::php::parameters::Parameters;
use crate::php::{running, statistics};
use ext_php_rs::args::Arg;
use ext_php_rs::builders::{FunctionBuilder, ModuleBuilder};
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    let connection = FunctionBuilder::new("ws_server_connection", connection)
        .arg(Arg::new("id", DataType::Long))
        .returns(DataType::Object("WsConnection".into()), false, true);
    module
        .function(connection)
        .function(function("ws_server_connections", connections, &[], &[], DataType::Iterable, &[]))
        .function(function("ws_server_stats", stats, &[], &[], DataType::Array, &[]))
}

extern "C" fn connection(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let id = Parameters::of(call, 1, 1)?.long()?;
        let client = running::look(|running| running.clients.with_id(id).cloned()).flatten();
        Ok(client.filter(|client| client.is_told()).map(|client| client.shared_handle()))
    });
}

extern "C" fn connections(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        Parameters::of(call, 0, 0)?;
        let clients = running::look(|running| running.clients.all()).unwrap_or_default();
        let mut array = Array::new();
        for client in clients.iter().filter(|client| client.is_told()) {
            array.set_index(client.id, client.shared_handle());
        }
        Ok(array)
    });
}

extern "C" fn stats(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        Parameters::of(call, 0, 0)?;
        Ok(statistics::array().unwrap_or_else(Array::new))
    });
}
