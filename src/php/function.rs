//! The frame around every native function: from a result to what PHP sees.

use super::array::Array;
use super::call::Ending;
use super::value::Value;
use super::{shim, throwable};
use ext_php_rs::types::Zval;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a native function does not return normally.
#[derive(Debug)]
pub enum Failure {
    /// A `WsException` with this message.
    Exception(String),
    /// The same with a code other than 0.
    Coded(String, i64),
    /// An exception is pending already.
    Pending,
    Ending(Ending),
}

impl From<Ending> for Failure {
    fn from(ending: Ending) -> Failure {
        Failure::Ending(ending)
    }
}

impl Failure {
    pub fn exception(message: impl ToString) -> Failure {
        Failure::Exception(message.to_string())
    }
}

/// What a native function returns to PHP.
pub trait Answer {
    fn write(self, retval: &mut Zval);
}

impl Answer for () {
    fn write(self, _: &mut Zval) {}
}

impl Answer for bool {
    fn write(self, retval: &mut Zval) {
        Value::bool(self).move_to(retval);
    }
}

impl Answer for i64 {
    fn write(self, retval: &mut Zval) {
        Value::long(self).move_to(retval);
    }
}

impl Answer for Value {
    fn write(self, retval: &mut Zval) {
        self.move_to(retval);
    }
}

impl Answer for Array {
    fn write(self, retval: &mut Zval) {
        self.into_value().move_to(retval);
    }
}

impl<T: Answer> Answer for Option<T> {
    fn write(self, retval: &mut Zval) {
        if let Some(value) = self {
            value.write(retval);
        }
    }
}

impl Answer for String {
    fn write(self, retval: &mut Zval) {
        Value::string(self.as_bytes()).move_to(retval);
    }
}

/// Runs the body of a native function. A panic becomes an exception: it must not cross PHP's frames. A bailout is
/// passed on from here, where nothing of Rust is left to drop.
pub fn enter<T: Answer>(retval: &mut Zval, body: impl FnOnce() -> Result<T, Failure>) {
    if let Some(Ending::Bailout) = settle(retval, body) {
        // SAFETY: `settle` has dropped everything; the frames from here to PHP's have no destructors.
        unsafe { shim::ws_bailout() }
    }
}

fn settle<T: Answer>(retval: &mut Zval, body: impl FnOnce() -> Result<T, Failure>) -> Option<Ending> {
    let unclean_before = shim::ws_unclean();
    let result = catch_unwind(AssertUnwindSafe(body));
    if !unclean_before && shim::ws_unclean() {
        // A destructor that ran while we cleaned up ended in a fatal error.
        return Some(Ending::Bailout);
    }
    match result {
        Ok(Ok(answer)) => answer.write(retval),
        Ok(Err(Failure::Exception(message))) => throwable::throw(&message, 0),
        Ok(Err(Failure::Coded(message, code))) => throwable::throw(&message, code),
        Ok(Err(Failure::Pending)) => {}
        Ok(Err(Failure::Ending(ending))) => return Some(ending),
        Err(panic) => throwable::throw(&format!("internal error: {}", panic_message(&*panic)), 0),
    }
    None
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
