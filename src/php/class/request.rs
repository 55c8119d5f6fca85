//! `WsRequest`: an upgrade request that waits for its decision.

use super::head;
use super::server::Server;
use crate::php::array::Array;
use crate::php::client::{Client, Phase};
use crate::php::function::Failure;
use crate::php::object::{Handle, Handler, Native, borrow, method, release};
use crate::php::running;
use crate::php::value::Value;
use crate::protocol::{Accept, Reject};
use ext_php_rs::types::{ZendHashTable, Zval};
use ext_php_rs::zend::ExecuteData;
use std::cell::Cell;
use std::ffi::c_void;
use std::rc::{Rc, Weak};

/// What hangs on a `WsRequest` object.
pub struct Pending {
    client: Rc<Client>,
    server: Weak<Server>,
    decided: Cell<bool>,
}

// SAFETY: `Object::request` gives every WsRequest object an `Rc<Pending>`.
unsafe impl Native for Pending {}

impl Pending {
    pub fn new(client: Rc<Client>, server: Weak<Server>) -> Pending {
        Pending { client, server, decided: Cell::new(false) }
    }

    pub fn is_decided(&self) -> bool {
        self.decided.get()
    }

    pub fn decide(&self) {
        self.decided.set(true);
    }

    fn check_undecided(&self) -> Result<(), Failure> {
        if self.is_decided() {
            Err(Failure::exception("the request has been decided already"))
        } else {
            Ok(())
        }
    }
}

/// The methods, in the order of `ws_request_methods` in classes.c.
#[repr(C)]
pub struct Methods {
    header: Handler,
    accept: Handler,
    reject: Handler,
    handle: Handle,
}

pub static METHODS: Methods =
    Methods { header, accept, reject, handle: Handle { release: release::<Pending>, read } };

extern "C" fn header(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (1, 1), |this: &Rc<Pending>, parameters| {
        let name = parameters.text()?;
        let value = this.client.request().and_then(|request| head::header(request, name));
        Ok(value.map(|value| Value::string(&value)))
    });
}

extern "C" fn accept(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 3), |this: &Rc<Pending>, parameters| {
        let subprotocol = parameters.nullable_bytes()?;
        let headers = header_list(parameters.optional_array()?)?;
        let data = parameters.optional_value().filter(|data| !data.is_null());
        this.check_undecided()?;
        let Some(server) = this.server.upgrade() else { return Ok(()) };
        let subprotocol = match subprotocol {
            None => server.first_offered(&this.client),
            Some(b"") => None,
            Some(name) => Some(String::from_utf8_lossy(name).into_owned()),
        };
        let accept = Accept { subprotocol, headers };
        let accepted = server.accept(&this.client, &accept).map_err(Failure::exception)?;
        this.decide();
        if accepted && let Some(data) = data {
            this.client.set_data(data);
        }
        Ok(())
    });
}

extern "C" fn reject(call: &mut ExecuteData, retval: &mut Zval) {
    method(call, retval, (0, 3), |this: &Rc<Pending>, parameters| {
        let status = parameters.long_or(403)?;
        let headers = header_list(parameters.optional_array()?)?;
        let body = parameters.optional_bytes()?.unwrap_or_default().to_vec();
        this.check_undecided()?;
        let status = u16::try_from(status)
            .map_err(|_| Failure::exception(format!("status {status} cannot refuse a request")))?;
        let reject = Reject { status, headers, body };
        reject.check().map_err(Failure::exception)?;
        if this.client.phase() == Phase::Connecting {
            running::with(|running| running.driver.reject(this.client.key, &reject));
        }
        this.decide();
        Ok(())
    });
}

/// `['Name' => 'value', 'Set-Cookie' => ['a=1', 'b=2']]`.
fn header_list(array: Option<&ZendHashTable>) -> Result<Vec<(String, String)>, Failure> {
    let wrong =
        || Failure::exception("headers are an array of names with a string or a list of strings each");
    let mut headers = Vec::new();
    for (name, value) in array.into_iter().flat_map(ZendHashTable::iter) {
        let name = match name {
            ext_php_rs::types::ArrayKey::Long(_) => return Err(wrong()),
            name => name.to_string(),
        };
        let mut add = |value: &Zval| {
            let value = value.dereference();
            let text =
                value.str().map(str::to_owned).or_else(|| value.long().map(|number| number.to_string()));
            headers.push((name.clone(), text.ok_or_else(wrong)?));
            Ok::<(), Failure>(())
        };
        match value.dereference().array() {
            Some(values) => values.values().try_for_each(&mut add)?,
            None => add(value)?,
        }
    }
    Ok(headers)
}

/// The properties, in the order of `ws_register_request` in classes.c.
const PROPERTIES: [fn(&Client) -> Value; 16] = [
    |client| head::text(client.request().map(|request| request.method())),
    |client| head::text(client.request().map(|request| request.target())),
    |client| head::text(client.request().map(|request| request.path())),
    |client| head::text(client.request().map(|request| request.query())),
    |client| head::headers(client.request()),
    |client| head::cookie_array(client.request()),
    |client| head::text(client.request().map(|request| request.host())),
    |client| head::optional(client.request().and_then(|request| request.origin()).map(str::as_bytes)),
    |client| head::optional(client.request().and_then(|request| request.user_agent())),
    |client| {
        Array::strings(client.request().into_iter().flat_map(|request| request.subprotocols())).into_value()
    },
    |client| {
        Array::strings(client.request().into_iter().flat_map(|request| request.extensions())).into_value()
    },
    |client| Value::string(client.remote_address().as_bytes()),
    |client| Value::long(i64::from(client.remote_port())),
    |client| Value::string(client.local.to_string().as_bytes()),
    head::tls,
    head::client_certificate,
];

extern "C" fn read(state: *mut c_void, index: u32, value: &mut Zval) {
    // SAFETY: the hook gets the state of a WsRequest.
    let pending = unsafe { borrow::<Pending>(state) };
    if let (Some(pending), Some(property)) = (pending, PROPERTIES.get(index as usize)) {
        property(&pending.client).move_to(value);
    }
}
