//! The methods of `WsServer`.

use super::handlers::Name;
use super::options::Options;
use super::server::Server;
use crate::php::array::Array;
use crate::php::function::Failure;
use crate::php::functions::{seconds, stop_parameters};
use crate::php::object::{Handler, borrow, method};
use crate::php::running;
use crate::php::value::Value;
use crate::php::{options, recipients, shim, statistics, text};
use crate::protocol::Opcode;
use ext_php_rs::ffi::{zend_object, zval};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ffi::{c_char, c_void};
use std::ptr::NonNull;
use std::rc::Rc;

/// The methods, in the order of `ws_server_methods` in classes.c.
#[repr(C)]
pub struct Methods {
    construct: Handler,
    on: Handler,
    listen: Handler,
    addresses: Handler,
    is_listening: Handler,
    run: Handler,
    tick: Handler,
    stream: Handler,
    stop: Handler,
    stop_listening: Handler,
    broadcast: Handler,
    broadcast_binary: Handler,
    publish: Handler,
    connection: Handler,
    connections: Handler,
    count: Handler,
    get_iterator: Handler,
    timer: Handler,
    cancel_timer: Handler,
    watch: Handler,
    unwatch: Handler,
    stats: Handler,
    read_option: Handler,
    set_option: Handler,
    set_logger: Handler,
    create: extern "C" fn(*mut zend_object) -> *mut c_void,
    release: extern "C" fn(*mut c_void),
    gc: extern "C" fn(*mut c_void, *mut c_void),
    version: *const c_char,
}

// SAFETY: the only pointer is to a constant.
unsafe impl Sync for Methods {}

pub static METHODS: Methods = Methods {
    construct,
    on,
    listen,
    addresses,
    is_listening,
    run,
    tick,
    stream,
    stop,
    stop_listening,
    broadcast,
    broadcast_binary,
    publish,
    connection,
    connections,
    count,
    get_iterator,
    timer,
    cancel_timer,
    watch,
    unwatch,
    stats,
    read_option,
    set_option,
    set_logger,
    create,
    release,
    gc,
    version: concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast(),
};

unsafe extern "C" {
    fn ws_gc_add(buffer: *mut c_void, value: *mut zval);
    fn ws_array_iterator(result: *mut Zval, array: *mut zval);
}

extern "C" fn create(object: *mut zend_object) -> *mut c_void {
    // The engine never passes null.
    NonNull::new(object)
        .map_or(std::ptr::null_mut(), |object| Rc::into_raw(Server::new(object)).cast_mut().cast())
}

extern "C" fn release(state: *mut c_void) {
    let ended = {
        // SAFETY: made in `create`, and given back once.
        let server = unsafe { Rc::from_raw(state.cast::<Server>()) };
        server.abandon()
    };
    if ended == Err(crate::php::call::Ending::Bailout) {
        // SAFETY: nothing of Rust is left to drop.
        unsafe { shim::ws_bailout() }
    }
}

extern "C" fn gc(state: *mut c_void, buffer: *mut c_void) {
    // SAFETY: the hook gets the state of a WsServer.
    let Some(server) = (unsafe { borrow::<Server>(state) }) else { return };
    server.for_each_callback(|callback| {
        if let Some(held) = callback.held() {
            // SAFETY: the collector's buffer, and a value that the callback holds.
            unsafe { ws_gc_add(buffer, held.as_ptr()) };
        }
    });
}

extern "C" fn construct(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 1), |this: &Rc<Server>, parameters| {
        let given = parameters.optional_array()?.map(options::read).transpose()?.unwrap_or_default();
        this.construct(Options::parse(given)?)
    });
}

extern "C" fn on(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (2, 2), |this: &Rc<Server>, parameters| {
        let event = parameters.bytes()?;
        let handler = parameters.nullable_callback()?;
        let Some(name) = Name::parse(event) else {
            let event = String::from_utf8_lossy(event);
            return Err(Failure::exception(format!("there is no event \"{event}\"")));
        };
        this.on(name, handler);
        Ok(Value::shared_object(this.object()))
    });
}

extern "C" fn listen(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Server>, parameters| {
        let uri = parameters.text()?;
        let given = parameters.optional_array()?.map(options::read).transpose()?.unwrap_or_default();
        this.listen(uri, given)?;
        Ok(Value::shared_object(this.object()))
    });
}

extern "C" fn addresses(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| {
        let addresses = this.look(|running| running.driver.addresses());
        Ok(Array::strings(addresses.unwrap_or_default()))
    });
}

extern "C" fn is_listening(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| {
        Ok(this.look(|running| running.listening && running.stop.is_none()).unwrap_or(false))
    });
}

extern "C" fn run(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| this.run());
}

extern "C" fn tick(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 1), |this: &Rc<Server>, parameters| {
        let timeout = parameters.nullable_double()?;
        this.tick(timeout.map(seconds).transpose()?)
    });
}

extern "C" fn stream(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| Ok(Value::owned(this.stream()?.into_zval())));
}

extern "C" fn stop(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 3), |this: &Rc<Server>, parameters| {
        let stop = stop_parameters(parameters)?;
        if this.is_up() {
            running::stop(stop);
        }
        Ok(())
    });
}

extern "C" fn stop_listening(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| {
        this.ask(|running| {
            running.listening = false;
            running.driver.stop_listening();
        });
        Ok(())
    });
}

extern "C" fn broadcast(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Server>, parameters| {
        let text = text::message(parameters.string()?, false)?;
        let except = recipients::keys(parameters.optional_array()?)?;
        let count = this.ask(|running| running.driver.broadcast(Opcode::Text, text, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

extern "C" fn broadcast_binary(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Server>, parameters| {
        let data = parameters.bytes()?;
        let except = recipients::keys(parameters.optional_array()?)?;
        let count = this.ask(|running| running.driver.broadcast(Opcode::Binary, data, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

extern "C" fn publish(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (2, 4), |this: &Rc<Server>, parameters| {
        let topic = parameters.text()?;
        let message = parameters.string()?;
        let binary = parameters.bool_or(false)?;
        let message = text::message(message, binary)?;
        let except = recipients::keys(parameters.optional_array()?)?;
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        let count = this.ask(|running| running.driver.publish(topic, opcode, message, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

extern "C" fn connection(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Server>, parameters| {
        let id = parameters.long()?;
        let client = this.look(|running| running.clients.with_id(id).cloned()).flatten();
        Ok(client.filter(|client| client.is_told()).map(|client| client.shared_handle()))
    });
}

extern "C" fn connections(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| Ok(all(this)));
}

extern "C" fn get_iterator(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| {
        let mut array = all(this).into_value();
        let mut iterator = Zval::new();
        // SAFETY: an array that passes over, and a place to write to.
        unsafe { ws_array_iterator(&raw mut iterator, array.as_mut_ptr()) };
        Ok(Value::owned(iterator))
    });
}

extern "C" fn count(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| Ok(this.open.get() as i64));
}

extern "C" fn timer(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (2, 3), |this: &Rc<Server>, parameters| {
        let seconds = parameters.double()?;
        let callback = parameters.callback()?;
        let repeat = parameters.bool_or(false)?;
        this.agenda.set_timer(seconds, callback, repeat)
    });
}

extern "C" fn cancel_timer(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Server>, parameters| {
        Ok(this.agenda.cancel_timer(parameters.long()?))
    });
}

extern "C" fn watch(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (2, 3), |this: &Rc<Server>, parameters| {
        let stream = parameters.value();
        let callback = parameters.callback()?;
        let write = parameters.bool_or(false)?;
        this.agenda.watch(stream, callback, write)
    });
}

extern "C" fn unwatch(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Server>, parameters| Ok(this.agenda.unwatch(parameters.long()?)));
}

extern "C" fn stats(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Server>, _| {
        let mut array = this.is_up().then(statistics::array).flatten().unwrap_or_else(Array::new);
        array.set("open", Value::long(this.open.get() as i64));
        Ok(array)
    });
}

extern "C" fn read_option(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Server>, parameters| {
        let name = parameters.text()?;
        Ok(options::write(&this.options.borrow().value(name)?))
    });
}

extern "C" fn set_option(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (2, 2), |this: &Rc<Server>, parameters| {
        let name = parameters.text()?;
        let value = options::read_one(name, parameters.value())?;
        this.set_option(name, value)
    });
}

extern "C" fn set_logger(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Server>, parameters| {
        this.set_logger(parameters.logger()?);
        Ok(())
    });
}

/// id => WsConnection.
fn all(server: &Server) -> Array {
    let clients = server.look(|running| running.clients.all()).unwrap_or_default();
    let mut array = Array::new();
    for client in clients.iter().filter(|client| client.is_told()) {
        array.set_index(client.id, client.shared_handle());
    }
    array
}
