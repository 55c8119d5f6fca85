//! `WsControl`: pushes through a server from another process.

use crate::client::{ControlClient, ControlFailure, ControlSettings, Fate};
use crate::php::function::{Answer, Failure};
use crate::php::object::{Handler, Native, method, release};
use crate::php::parameters::{Parameters, StringOrLong};
use crate::php::pieces::Pieces;
use crate::php::value::Value;
use crate::php::{json, options};
use crate::protocol::Recipient;
use crate::server::{ConfigError, OptionReader, OptionValue};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::cell::RefCell;
use std::ffi::c_void;
use std::rc::Rc;
use std::time::Duration;

const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

/// The codes of exceptions that tell what became of the message.
const NOT_DELIVERED: i64 = 1;
const UNKNOWN: i64 = 2;

/// What hangs on a `WsControl` object.
#[derive(Default)]
pub struct Control {
    /// Shared: a generator that is being sent may construct the object again.
    client: RefCell<Option<Rc<ControlClient>>>,
}

// SAFETY: `create` gives every WsControl object an `Rc<Control>`.
unsafe impl Native for Control {}

/// The methods, in the order of `ws_control_methods` in classes.c.
#[repr(C)]
pub struct Methods {
    construct: Handler,
    broadcast: Handler,
    send: Handler,
    publish: Handler,
    send_fragments: Handler,
    freest: Handler,
    stats: Handler,
    ping: Handler,
    create: extern "C" fn() -> *mut c_void,
    release: extern "C" fn(*mut c_void),
    not_delivered: i64,
    unknown: i64,
}

pub static METHODS: Methods = Methods {
    construct,
    broadcast,
    send,
    publish,
    send_fragments,
    freest,
    stats,
    ping,
    create,
    release: release::<Control>,
    not_delivered: NOT_DELIVERED,
    unknown: UNKNOWN,
};

extern "C" fn create() -> *mut c_void {
    Rc::into_raw(Rc::<Control>::default()).cast_mut().cast()
}

extern "C" fn construct(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 2), |this: &Rc<Control>, parameters| {
        let uri = parameters.text()?.to_owned();
        let given = parameters.optional_array()?.map(options::read).transpose()?.unwrap_or_default();
        let (secret, timeout) = read(&given).map_err(Failure::exception)?;
        let client = ControlClient::new(ControlSettings { uri, secret, timeout })?;
        this.client.replace(Some(Rc::new(client)));
        Ok(())
    });
}

extern "C" fn broadcast(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (1, 2), |client, parameters| {
        let message = parameters.bytes()?;
        Ok(client.broadcast(message, parameters.bool_or(false)?)?)
    });
}

extern "C" fn send(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (2, 3), |client, parameters| {
        let to = recipient(parameters)?;
        let message = parameters.bytes()?;
        Ok(client.send(&to, message, parameters.bool_or(false)?)?)
    });
}

extern "C" fn publish(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (2, 3), |client, parameters| {
        let topic = parameters.text()?;
        let message = parameters.bytes()?;
        Ok(client.publish(topic, message, parameters.bool_or(false)?)?)
    });
}

extern "C" fn send_fragments(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (2, 3), |client, parameters| {
        let to = recipient(parameters)?;
        let iterable = parameters.iterable()?;
        let binary = parameters.bool_or(false)?;
        let Some(mut message) = client.begin(&to, binary)? else { return Ok(false) };
        // However this is left, by an exception of the generator's too: without its end the message gives up the lock.
        let mut pieces = Pieces::of(iterable)?;
        while let Some(piece) = pieces.next()? {
            if !message.write(piece.as_bytes())? {
                return Ok(false);
            }
        }
        Ok(message.end()?)
    });
}

extern "C" fn freest(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (0, 0), |client, _| Ok(Value::string(&client.freest()?)));
}

extern "C" fn stats(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (0, 0), |client, _| {
        json::array(&client.status()?).ok_or_else(|| Failure::exception("the server's status is no JSON"))
    });
}

extern "C" fn ping(call: &mut ExecuteData, retval: &mut Zval) {
    with_client(call, retval, (0, 0), |client, _| Ok(Value::double(client.ping()?.as_secs_f64())));
}

fn with_client<A: Answer>(
    call: &mut ExecuteData,
    retval: &mut Zval,
    counts: (u32, u32),
    body: impl FnOnce(&ControlClient, &mut Parameters<'_>) -> Result<A, Failure>,
) {
    method(call, retval, counts, |this: &Rc<Control>, parameters| {
        let client = this.client.borrow().clone();
        let client = client.ok_or_else(|| Failure::exception("the WsControl was not constructed"))?;
        body(&client, parameters)
    });
}

impl From<ControlFailure> for Failure {
    fn from(failure: ControlFailure) -> Failure {
        match failure.fate {
            None => Failure::exception(failure),
            Some(Fate::NotDelivered) => Failure::Coded(failure.to_string(), NOT_DELIVERED),
            Some(Fate::Unknown) => Failure::Coded(failure.to_string(), UNKNOWN),
        }
    }
}

fn recipient(parameters: &mut Parameters<'_>) -> Result<Recipient, Failure> {
    Ok(match parameters.string_or_long()? {
        StringOrLong::Long(id) => Recipient::Id(id),
        StringOrLong::String(token) => {
            let token = std::str::from_utf8(token);
            Recipient::Token(token.map_err(|_| Failure::exception("a token must be UTF-8"))?.into())
        }
    })
}

/// The options: secret and timeout.
fn read(given: &[(String, OptionValue)]) -> Result<(Option<Vec<u8>>, Duration), ConfigError> {
    let (mut secret, mut timeout) = (None, DEFAULT_TIMEOUT);
    for (name, value) in given {
        let option = OptionReader::new(name, value);
        match option.name() {
            "secret" => secret = option.optional(read_secret)?,
            "timeout" => timeout = option.positive_seconds()?,
            _ => return Err(option.error("is unknown")),
        }
    }
    Ok((secret, timeout))
}

fn read_secret(option: &OptionReader<'_>) -> Result<Vec<u8>, ConfigError> {
    let secret = match option.bytes() {
        Some(bytes) => bytes,
        None => option.string()?.as_bytes(),
    };
    if secret.is_empty() { Err(option.error("must not be empty")) } else { Ok(secret.to_vec()) }
}
