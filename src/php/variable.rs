//! A PHP variable that we share with the application.

use super::call::Ending;
use super::shim::{self, Outcome};
use super::value::Value;
use ext_php_rs::ffi::zend_reference;
use std::ptr::{self, NonNull};

/// The `zend_reference` behind a variable. The application may assign anything to the variable, copy it, bind it or
/// unset it; what is read from it is never trusted.
pub struct Variable {
    reference: NonNull<zend_reference>,
}

impl Variable {
    /// Shares the global `$name`, which is made where it is missing.
    pub fn global(name: &str) -> Variable {
        // SAFETY: pointer and length belong together; never null, and the count is ours.
        let reference =
            unsafe { NonNull::new_unchecked(shim::ws_global_reference(name.as_ptr().cast(), name.len())) };
        Variable { reference }
    }

    /// A variable without a name, for a by-reference argument whose new value we want to see.
    pub fn local(mut value: Value) -> Variable {
        let mut reference = ptr::null_mut();
        // SAFETY: the value passes over; the shim fills in a reference whose count is ours.
        let reference = unsafe {
            shim::ws_reference_new(&raw mut reference, value.as_mut_ptr());
            NonNull::new_unchecked(reference)
        };
        Variable { reference }
    }

    /// The bytes, if it is a string.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        // SAFETY: the reference is alive, and with it its string, for as long as no PHP runs.
        unsafe { Some(shim::ws_reference_string(self.reference.as_ptr()).as_ref()?.as_bytes().to_vec()) }
    }

    /// The variable as a by-reference argument.
    #[inline]
    pub fn value(&self) -> Value {
        Value::lent_reference(self.reference)
    }

    /// What the variable holds now.
    pub fn copy(&self) -> Value {
        let mut value = Value::null();
        // SAFETY: the reference is alive; the shim overwrites a null and takes a count.
        unsafe { shim::ws_reference_copy(self.reference.as_ptr(), value.as_mut_ptr()) };
        value.into_owned()
    }

    /// `$name = value`.
    pub fn assign(&self, mut value: Value) -> Result<(), Ending> {
        // SAFETY: the value passes over.
        settle(unsafe { shim::ws_reference_assign(self.reference.as_ptr(), value.as_mut_ptr()) })
    }

    /// `$name[key] = value`, where the variable is made an array if it is none.
    pub fn put(&self, key: i64, mut value: Value) -> Result<(), Ending> {
        // SAFETY: the value passes over.
        settle(unsafe { shim::ws_array_put(self.reference.as_ptr(), key as u64, value.as_mut_ptr()) })
    }

    /// `unset($name[key])`.
    pub fn remove(&self, key: i64) -> Result<(), Ending> {
        // SAFETY: the reference is alive.
        settle(unsafe { shim::ws_array_remove(self.reference.as_ptr(), key as u64) })
    }

    /// `$name[key]` as a by-reference argument; `None` where the element is missing. Good until PHP runs again, so it
    /// goes right into the next call.
    #[inline]
    pub fn element(&self, key: i64) -> Option<Value> {
        // SAFETY: the reference is alive.
        let element = unsafe { shim::ws_array_element(self.reference.as_ptr(), key as u64) };
        NonNull::new(element).map(Value::lent_reference)
    }

    pub fn as_ptr(&self) -> *mut zend_reference {
        self.reference.as_ptr()
    }
}

impl Drop for Variable {
    fn drop(&mut self) {
        if !shim::ws_unclean() {
            // SAFETY: the count is ours. Where it was the last one (the application unset the global), destructors
            // run; what they do shows in EG(exception) or in `ws_unclean`.
            unsafe { shim::ws_reference_release(self.reference.as_ptr()) };
        }
    }
}

/// Changing a variable may run the destructor of what was in it. An exception out of one has no connection and no
/// callback to go to: it is logged like others.
pub fn settle(outcome: Outcome) -> Result<(), Ending> {
    match outcome {
        Outcome::Returned => Ok(()),
        Outcome::Threw => {
            let thrown = super::throwable::Throwable::take();
            log::error!("uncaught in a destructor: {}", thrown.describe()?);
            Ok(())
        }
        Outcome::Exit => Err(Ending::Exit),
        Outcome::Bailout => Err(Ending::Bailout),
    }
}
