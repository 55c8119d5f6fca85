//! An exception that a callback threw, and throwing our own.

use super::call::Ending;
use super::shim::{self, Outcome};
use super::value::Value;
use ext_php_rs::ffi::{zend_object, zend_string};
use std::ptr::{self, NonNull};

/// A caught exception.
pub struct Throwable {
    object: NonNull<zend_object>,
}

impl Throwable {
    /// Takes the pending exception, after [`Outcome::Threw`]; nothing is pending afterwards.
    pub fn take() -> Throwable {
        // SAFETY: an exception is pending; its count passes to us.
        let object = unsafe { NonNull::new_unchecked(shim::ws_exception_take()) };
        Throwable { object }
    }

    /// `Class: message in file:line` and the trace, without the arguments of the calls: those hold cookies and
    /// passwords. Previous exceptions follow.
    pub fn describe(&self) -> Result<String, Ending> {
        let mut description: *mut zend_string = ptr::null_mut();
        // SAFETY: the object is alive; the shim fills in a string of ours, or leaves the null.
        match unsafe { shim::ws_exception_describe(self.object.as_ptr(), &raw mut description) } {
            Outcome::Bailout => return Err(Ending::Bailout),
            Outcome::Exit => return Err(Ending::Exit),
            // A property hook threw: the exception that is being described matters more.
            Outcome::Threw => drop(Throwable::take()),
            Outcome::Returned => {}
        }
        let Some(description) = NonNull::new(description) else { return Ok("an exception".to_owned()) };
        // SAFETY: a string that nobody else has; it is released here and not used afterwards.
        unsafe {
            let text = String::from_utf8_lossy(description.as_ref().as_bytes()).into_owned();
            shim::ws_string_release(description.as_ptr());
            Ok(text)
        }
    }

    /// It has no connection and no callback to go to: it is logged like others. What ends PHP meanwhile stays pending.
    pub fn log_as_leftover(&self) {
        if let Ok(description) = self.describe() {
            log::error!("uncaught in a destructor: {description}");
        }
    }

    /// For a call that ends before this is dropped.
    pub fn value(&self) -> Value {
        Value::lent_object(self.object)
    }

    /// For PHP to keep.
    pub fn shared(&self) -> Value {
        Value::shared_object(self.object)
    }
}

impl Drop for Throwable {
    fn drop(&mut self) {
        if !shim::ws_unclean() {
            // SAFETY: the count is ours. What a destructor does in here shows in EG(exception) or in `ws_unclean`.
            unsafe { shim::ws_object_release(self.object.as_ptr()) };
        }
    }
}

/// Throws a `WsException`: it is pending until we return to PHP.
pub fn throw(message: &str, code: i64) {
    // SAFETY: pointer and length belong together; the shim copies.
    unsafe { shim::ws_throw(message.as_ptr().cast(), message.len(), code) }
}
