//! Objects of our classes: PHP's half is a `zend_object`, Rust's half hangs on it.

use super::client::Client;
use super::function::{Answer, Failure, enter};
use super::parameters::Parameters;
use super::shim::{self, Outcome};
use super::value::Value;
use ext_php_rs::ffi::zend_object;
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ExecuteData;
use std::ffi::c_void;
use std::ptr::NonNull;
use std::rc::Rc;

unsafe extern "C" {
    fn ws_connection_handle(state: *mut c_void) -> *mut zend_object;
    fn ws_request_handle(state: *mut c_void) -> *mut zend_object;
    fn ws_connection_set_data(object: *mut zend_object, value: *const Zval);
    fn ws_object_state(object: *mut zend_object) -> *mut c_void;
    fn ws_connection_state(value: *const Zval) -> *mut c_void;
}

/// A count on an object of ours.
pub struct Object {
    raw: NonNull<zend_object>,
}

impl Object {
    /// A `WsConnection`. It holds the client, until PHP frees it.
    pub fn connection(client: Rc<Client>) -> Object {
        // SAFETY: the object takes the count over; the hook that frees it (`release`) gives it back.
        unsafe { Object::new(ws_connection_handle(Rc::into_raw(client).cast_mut().cast())) }
    }

    /// A `WsRequest`.
    pub fn request<T: Native>(state: Rc<T>) -> Object {
        // SAFETY: as above; there is one type of state for the class.
        unsafe { Object::new(ws_request_handle(Rc::into_raw(state).cast_mut().cast())) }
    }

    /// # Safety
    ///
    /// A new object, whose count passes over.
    unsafe fn new(raw: *mut zend_object) -> Object {
        // SAFETY: the engine never returns null; it ends the request instead.
        Object { raw: unsafe { NonNull::new_unchecked(raw) } }
    }

    /// As an argument, for a call that ends before the object is let go.
    #[inline]
    pub fn lent(&self) -> Value {
        Value::lent_object(self.raw)
    }

    /// For PHP to keep.
    pub fn shared(&self) -> Value {
        Value::shared_object(self.raw)
    }

    /// `WsConnection::$data = value`.
    pub fn set_data(&self, value: &Zval) {
        // SAFETY: the object is alive; the shim copies.
        unsafe { ws_connection_set_data(self.raw.as_ptr(), value) };
    }

    /// Whether somebody else holds it too.
    pub fn is_shared(&self) -> bool {
        // SAFETY: the object is alive.
        unsafe { shim::ws_object_references(self.raw.as_ptr()) > 1 }
    }

    /// Gives the count back. A destructor may run.
    pub fn release(self) -> Outcome {
        let raw = self.raw;
        std::mem::forget(self);
        if shim::ws_unclean() {
            return Outcome::Returned; // PHP frees its objects by itself, and nothing of it may run
        }
        // SAFETY: the count is ours.
        unsafe { shim::ws_object_release(raw.as_ptr()) }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if !shim::ws_unclean() {
            // SAFETY: as above. What a destructor does shows in EG(exception) or in `ws_unclean`.
            unsafe { shim::ws_object_release(self.raw.as_ptr()) };
        }
    }
}

/// A native function or method, as the engine calls it.
pub type Handler = extern "C" fn(&mut ExecuteData, &mut Zval);

/// What a class of handles has beside methods: `ws_handle` in classes.c.
#[repr(C)]
pub struct Handle {
    /// Gives the state back.
    pub release: extern "C" fn(*mut c_void),
    /// Reads property `index` of those without storage.
    pub read: extern "C" fn(*mut c_void, u32, &mut Zval),
}

/// The client behind a `WsConnection`; `None` for any other value. It lives as long as the value does.
pub fn client(value: &Zval) -> Option<&Client> {
    // SAFETY: the shim looks at the class; the state of that class is an `Rc<Client>`, and the object holds it.
    unsafe { ws_connection_state(value).cast::<Client>().as_ref() }
}

/// The Rust half of one class.
///
/// # Safety
///
/// Every object of the class for whose methods [`method`] is used with this type has an `Rc<Self>` as its state.
pub unsafe trait Native: Sized {}

/// Runs the body of a method with `$this` and the arguments.
#[inline]
pub fn method<T: Native, A: Answer>(
    call: &mut ExecuteData,
    retval: &mut Zval,
    (min, max): (u32, u32),
    body: impl FnOnce(&Rc<T>, &mut Parameters<'_>) -> Result<A, Failure>,
) {
    enter(retval, || {
        let mut parameters = Parameters::of(call, min, max)?;
        // SAFETY: the engine calls a method with an object of its class, and the call holds the object; the type is
        // right by the promise of `Native`. Null only where a constructor has failed.
        let state = unsafe { ws_object_state(call.This.value.obj) };
        let Some(state) = NonNull::new(state.cast::<T>()) else {
            return Err(Failure::exception("the object is not usable"));
        };
        // SAFETY: as above. This count is only borrowed: it is not given back.
        let this = std::mem::ManuallyDrop::new(unsafe { Rc::from_raw(state.as_ptr()) });
        body(&this, &mut parameters)
    });
}

/// The hook by which PHP gives a state back.
pub extern "C" fn release<T: Native>(state: *mut c_void) {
    // SAFETY: made from an `Rc<T>` when the object was, and given back once.
    drop(unsafe { Rc::from_raw(state.cast::<T>()) });
}

/// The state behind a hook's pointer, borrowed for as long as the hook runs.
///
/// # Safety
///
/// `state` is null, or was made from an `Rc<T>` and not given back.
pub unsafe fn borrow<'a, T: Native>(state: *mut c_void) -> Option<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { state.cast::<T>().as_ref() }
}
