//! `WsConnection`: the handle of a connection.

use super::{flow, head};
use crate::php::agenda::Agenda;
use crate::php::array::Array;
use crate::php::borrowed::BorrowedStream;
use crate::php::client::{Client, Phase};
use crate::php::function::Failure;
use crate::php::functions::{close_code, close_reason};
use crate::php::object::{Handle, Handler, Native, borrow, method, release};
use crate::php::payload::ZendPayload;
use crate::php::value::Value;
use crate::php::{running, text};
use crate::protocol::Opcode;
use crate::server::{ConnectionStats, Driver, Sent};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ffi::c_void;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

// SAFETY: `Object::connection` gives every WsConnection object an `Rc<Client>`.
unsafe impl Native for Client {}

/// The methods, in the order of `ws_connection_methods` in classes.c.
#[repr(C)]
pub struct Methods {
    send_text: Handler,
    send_binary: Handler,
    send_file: Handler,
    cancel_file: Handler,
    begin_message: Handler,
    write: Handler,
    end: Handler,
    ping: Handler,
    close: Handler,
    pause: Handler,
    resume: Handler,
    line_mode: Handler,
    subscribe: Handler,
    unsubscribe: Handler,
    topics: Handler,
    handle: Handle,
}

pub static METHODS: Methods = Methods {
    send_text,
    send_binary,
    send_file,
    cancel_file,
    begin_message,
    write,
    end,
    ping,
    close,
    pause,
    resume,
    line_mode,
    subscribe,
    unsubscribe,
    topics,
    handle: Handle { release: release::<Client>, read },
};

extern "C" fn send_text(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Client>, parameters| {
        let text = text::message(parameters.string()?, false)?;
        Ok(send(this, Opcode::Text, text))
    });
}

extern "C" fn send_binary(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Client>, parameters| {
        Ok(send(this, Opcode::Binary, parameters.bytes()?))
    });
}

#[inline]
fn send(client: &Client, opcode: Opcode, payload: &[u8]) -> bool {
    if client.phase() != Phase::Open {
        return false;
    }
    running::with(|running| running.driver.send(client.key, opcode, payload)) == Some(Sent::Queued)
}

extern "C" fn send_file(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Client>, parameters| {
        let source = parameters.value();
        let binary = parameters.bool_or(true)?;
        let stream = match BorrowedStream::of(source) {
            Some(stream) => stream,
            None => open(source)?,
        };
        let Some(agenda) = agenda(this) else { return Ok(false) };
        Ok(agenda.send_stream(this.key, stream, binary)?)
    });
}

extern "C" fn cancel_file(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Client>, _| {
        Ok(agenda(this).is_some_and(|agenda| agenda.cancel_stream(this.key)))
    });
}

fn agenda(client: &Client) -> Option<Rc<Agenda>> {
    if client.phase() != Phase::Open {
        return None;
    }
    running::look(|running| Rc::clone(&running.agenda))
}

/// A path or URL.
fn open(path: &Zval) -> Result<BorrowedStream, Failure> {
    let Some(bytes) = path.dereference().zend_str().map(|path| path.as_bytes()) else {
        return Err(Failure::exception("what is to be sent must be a path or an open stream"));
    };
    BorrowedStream::open(bytes)
}

/// Whether a stream is being sent, whose message is not the application's to write to.
fn sends_stream(client: &Client) -> bool {
    agenda(client).is_some_and(|agenda| agenda.sends_stream(client.key))
}

extern "C" fn begin_message(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 1), |this: &Rc<Client>, parameters| {
        let binary = parameters.bool_or(false)?;
        Ok(ask(this, |driver| driver.begin_message(this.key, binary)).unwrap_or(false))
    });
}

extern "C" fn write(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Client>, parameters| {
        let piece = parameters.bytes()?;
        if sends_stream(this) {
            return Ok(false);
        }
        match ask(this, |driver| driver.write_message(this.key, piece)) {
            Some(sent) => Ok(sent.map_err(Failure::exception)? == Sent::Queued),
            None => Ok(false),
        }
    });
}

extern "C" fn end(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Client>, _| {
        if sends_stream(this) {
            return Ok(false);
        }
        match ask(this, |driver| driver.end_message(this.key)) {
            Some(ended) => ended.map_err(Failure::exception),
            None => Ok(false),
        }
    });
}

extern "C" fn ping(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 1), |this: &Rc<Client>, parameters| {
        let payload = parameters.optional_bytes()?.unwrap_or_default();
        match ask(this, |driver| driver.ping(this.key, payload)) {
            Some(sent) => sent.map_err(Failure::exception),
            None => Ok(false),
        }
    });
}

extern "C" fn close(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 2), |this: &Rc<Client>, parameters| {
        let code = close_code(parameters.long_or(1000)?)?;
        let reason = close_reason(parameters.optional_bytes()?.unwrap_or_default())?;
        if this.phase() == Phase::Open
            && let Some(face) = running::with(|running| Rc::clone(&running.face))
        {
            face.disconnect(this.id, code, reason)?;
        }
        Ok(())
    });
}

extern "C" fn pause(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Client>, _| {
        flow::pause(this);
        Ok(())
    });
}

extern "C" fn resume(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Client>, _| {
        flow::resume(this);
        Ok(())
    });
}

extern "C" fn line_mode(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Client>, parameters| {
        let on = parameters.bool()?;
        let max = parameters.long_or(2048)?;
        let max = usize::try_from(max)
            .ok()
            .filter(|max| (1..=1 << 30).contains(max))
            .ok_or_else(|| Failure::exception("a line has from 1 to 1073741824 bytes"))?;
        if this.phase() == Phase::Open {
            if running::with(|running| running.face.knows_lines()) == Some(false) {
                return Err(Failure::exception("line mode is for WsServer: there is no callback for lines"));
            }
            this.set_line_mode(on.then_some(max));
            flow::deliver_later(this);
        }
        Ok(())
    });
}

extern "C" fn subscribe(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Client>, parameters| {
        let topic = parameters.text()?;
        ask(this, |driver| driver.subscribe(this.key, topic));
        Ok(())
    });
}

extern "C" fn unsubscribe(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Client>, parameters| {
        let topic = parameters.text()?;
        ask(this, |driver| driver.unsubscribe(this.key, topic));
        Ok(())
    });
}

extern "C" fn topics(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 0), |this: &Rc<Client>, _| {
        let mut topics = ask(this, |driver| driver.topics(this.key)).unwrap_or_default();
        topics.sort_unstable();
        Ok(Array::strings(topics))
    });
}

/// Asks the driver about a connection that is open; `None` where it is not.
fn ask<R>(client: &Client, ask: impl FnOnce(&mut Driver<ZendPayload>) -> R) -> Option<R> {
    if client.phase() != Phase::Open {
        return None;
    }
    running::with(|running| ask(&mut running.driver))
}

/// The properties, in the order of `ws_register_connection` in classes.c.
const PROPERTIES: [fn(&Client) -> Value; 19] = [
    |client| Value::long(client.id),
    |client| Value::string(client.remote_address().as_bytes()),
    |client| Value::long(i64::from(client.remote_port())),
    |client| Value::string(client.local.to_string().as_bytes()),
    |client| head::text(client.request().map(|request| request.target())),
    |client| head::text(client.request().map(|request| request.host())),
    |client| head::optional(client.request().and_then(|request| request.origin()).map(str::as_bytes)),
    |client| head::headers(client.request()),
    |client| head::cookie_array(client.request()),
    |client| head::optional(client.subprotocol().as_deref().map(str::as_bytes)),
    |client| Value::string(state(client).as_bytes()),
    |client| Value::long(buffered(client)),
    |client| Value::long(figures(client).map_or(0, |stats| stats.bytes_out as i64)),
    |client| Value::long(figures(client).map_or(0, |stats| stats.bytes_in as i64)),
    |client| time(figures(client).and_then(|stats| stats.last_ping)),
    |client| time(figures(client).and_then(|stats| stats.last_pong)),
    |client| {
        let rtt = figures(client).and_then(|stats| stats.rtt);
        rtt.map_or_else(Value::null, |rtt| Value::double(rtt.as_secs_f64()))
    },
    |client| Value::double(client.connected_at),
    head::tls,
];

extern "C" fn read(state: *mut c_void, index: u32, value: &mut Zval) {
    // SAFETY: the hook gets the state of a WsConnection.
    let client = unsafe { borrow::<Client>(state) };
    if let (Some(client), Some(property)) = (client, PROPERTIES.get(index as usize)) {
        property(client).move_to(value);
    }
}

fn state(client: &Client) -> &'static str {
    match client.phase() {
        Phase::Connecting => "CONNECTING",
        Phase::Open => "OPEN",
        Phase::Closing => "CLOSING",
        Phase::Closed => "CLOSED",
    }
}

fn buffered(client: &Client) -> i64 {
    if client.phase() == Phase::Closed {
        return 0;
    }
    running::look(|running| running.driver.buffered(client.key)).unwrap_or(0) as i64
}

fn figures(client: &Client) -> Option<ConnectionStats> {
    if client.phase() == Phase::Closed {
        return client.last_stats();
    }
    running::look(|running| running.driver.connection_stats(client.key)).flatten()
}

fn time(time: Option<SystemTime>) -> Value {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or_else(Value::null, |since| Value::double(since.as_secs_f64()))
}
