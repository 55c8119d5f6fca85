//! Files, topics, and the flow of one connection.

use super::function;
use crate::php::borrowed::BorrowedStream;
use crate::php::class::flow;
use crate::php::client::{Client, Phase};
use crate::php::function::enter;
use crate::php::parameters::Parameters;
use crate::php::payload::ZendPayload;
use crate::php::{recipients, running, text};
use crate::protocol::Opcode;
use crate::server::Driver;
use ext_php_rs::builders::ModuleBuilder;
use ext_php_rs::flags::DataType;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::rc::Rc;

pub fn register(module: ModuleBuilder<'_>) -> ModuleBuilder<'_> {
    let topic = [("id", DataType::Long), ("topic", DataType::String)];
    let id = [("id", DataType::Long)];
    module
        .function(function(
            "ws_server_send_file",
            send_file,
            &[("id", DataType::Long), ("path", DataType::String)],
            &[("binary", DataType::Bool, "true")],
            DataType::Bool,
            &[],
        ))
        .function(function(
            "ws_server_publish",
            publish,
            &[("topic", DataType::String), ("message", DataType::String)],
            &[("binary", DataType::Bool, "false"), ("except", DataType::Array, "[]")],
            DataType::Long,
            &[],
        ))
        .function(function("ws_server_subscribe", subscribe, &topic, &[], DataType::Bool, &[]))
        .function(function("ws_server_unsubscribe", unsubscribe, &topic, &[], DataType::Bool, &[]))
        .function(function("ws_server_pause", pause, &id, &[], DataType::Bool, &[]))
        .function(function("ws_server_resume", resume, &id, &[], DataType::Bool, &[]))
}

extern "C" fn send_file(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 3)?;
        let id = parameters.long()?;
        let path = parameters.bytes()?;
        let binary = parameters.bool_or(true)?;
        let stream = BorrowedStream::open(path)?;
        let found = running::with(|running| Some((running.clients.key(id)?, Rc::clone(&running.agenda))));
        match found.flatten() {
            Some((key, agenda)) => Ok(agenda.send_stream(key, stream, binary)?),
            None => Ok(false),
        }
    });
}

extern "C" fn publish(call: &mut ExecuteData, retval: &mut Zval) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 4)?;
        let topic = parameters.text()?;
        let message = parameters.string()?;
        let binary = parameters.bool_or(false)?;
        let except = recipients::keys(parameters.optional_array()?)?;
        let message = text::message(message, binary)?;
        let opcode = if binary { Opcode::Binary } else { Opcode::Text };
        let count = running::with(|running| running.driver.publish(topic, opcode, message, &except));
        Ok(count.unwrap_or(0) as i64)
    });
}

extern "C" fn subscribe(call: &mut ExecuteData, retval: &mut Zval) {
    about_topic(call, retval, |driver, key, topic| driver.subscribe(key, topic));
}

extern "C" fn unsubscribe(call: &mut ExecuteData, retval: &mut Zval) {
    about_topic(call, retval, |driver, key, topic| driver.unsubscribe(key, topic));
}

extern "C" fn pause(call: &mut ExecuteData, retval: &mut Zval) {
    about_client(call, retval, flow::pause);
}

extern "C" fn resume(call: &mut ExecuteData, retval: &mut Zval) {
    about_client(call, retval, flow::resume);
}

fn about_topic(
    call: &mut ExecuteData,
    retval: &mut Zval,
    ask: impl FnOnce(&mut Driver<ZendPayload>, crate::server::ConnKey, &str) -> bool,
) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, 2, 2)?;
        let id = parameters.long()?;
        let topic = parameters.text()?;
        Ok(running::with_connection(id, |driver, key| ask(driver, key, topic)).unwrap_or(false))
    });
}

fn about_client(call: &mut ExecuteData, retval: &mut Zval, ask: impl FnOnce(&Rc<Client>) -> bool) {
    enter(retval, || {
        let id = Parameters::of(call, 1, 1)?.long()?;
        let client = running::look(|running| running.clients.with_id(id).cloned()).flatten();
        Ok(client.filter(|client| client.phase() == Phase::Open).is_some_and(|client| ask(&client)))
    });
}
