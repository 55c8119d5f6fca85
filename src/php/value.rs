//! A value on its way to PHP: a zval without a destructor.

use super::shim;
use ext_php_rs::ffi::{
    IS_DOUBLE, IS_FALSE, IS_INTERNED_STRING_EX, IS_LONG, IS_NULL, IS_OBJECT_EX, IS_REFERENCE_EX,
    IS_STRING_EX, IS_TRUE, zend_object, zend_reference, zend_string, zval,
};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// An argument or a value to assign. Dropping it does nothing: what it owns is released by whoever takes it, a
/// call or an assignment. `u2.extra` tells a call whether the argument is its own (1) or only lent (0).
#[repr(transparent)]
pub struct Value(ManuallyDrop<zval>);

const LENT: u32 = 0;
const OWNED: u32 = 1;

impl Value {
    pub fn null() -> Value {
        Value::new(IS_NULL, LENT, |_| ())
    }

    pub fn bool(value: bool) -> Value {
        Value::new(if value { IS_TRUE } else { IS_FALSE }, LENT, |_| ())
    }

    pub fn long(value: i64) -> Value {
        Value::new(IS_LONG, LENT, |zv| zv.value.lval = value)
    }

    /// A new string.
    pub fn string(bytes: &[u8]) -> Value {
        // SAFETY: pointer and length belong together; the shim copies. One character and none are interned.
        let string = unsafe { shim::ws_string_init(bytes.as_ptr().cast(), bytes.len()) };
        if bytes.len() < 2 {
            return Value::new(IS_INTERNED_STRING_EX, LENT, |zv| zv.value.str_ = string);
        }
        Value::owned_string(string)
    }

    /// A string whose count passes over; it is not interned.
    pub fn owned_string(string: *mut zend_string) -> Value {
        Value::new(IS_STRING_EX, OWNED, |zv| zv.value.str_ = string)
    }

    /// An empty array.
    pub fn array() -> Value {
        let mut value = Value::new(IS_NULL, OWNED, |_| ());
        // SAFETY: the shim overwrites a null with an array.
        unsafe { shim::ws_empty_array(value.as_mut_ptr()) };
        value
    }

    /// What `$connections` holds for a new connection.
    pub fn connection(peer_name: &str, state: super::legacy::State) -> Value {
        let mut value = Value::new(IS_NULL, OWNED, |_| ());
        // SAFETY: as above; pointer and length belong together, and the shim copies.
        unsafe {
            shim::ws_connection_new(
                value.as_mut_ptr(),
                peer_name.as_ptr().cast(),
                peer_name.len(),
                state as i32,
            )
        };
        value
    }

    /// A reference that somebody else holds until PHP has taken its own count.
    pub fn lent_reference(reference: NonNull<zend_reference>) -> Value {
        Value::new(IS_REFERENCE_EX, LENT, |zv| zv.value.ref_ = reference.as_ptr())
    }

    /// An object that somebody else holds for as long as the call takes.
    pub fn lent_object(object: NonNull<zend_object>) -> Value {
        Value::new(IS_OBJECT_EX, LENT, |zv| zv.value.obj = object.as_ptr())
    }

    /// The same, with a count that passes over.
    pub fn into_owned(mut self) -> Value {
        self.0.u2.extra = OWNED;
        self
    }

    /// An object with a count of its own, which passes over.
    pub fn shared_object(object: NonNull<zend_object>) -> Value {
        // SAFETY: the object is alive.
        unsafe { shim::ws_object_hold(object.as_ptr()) };
        Value::new(IS_OBJECT_EX, OWNED, |zv| zv.value.obj = object.as_ptr())
    }

    /// Somebody else's value, for a call that ends before it is gone.
    pub fn lent(value: &ext_php_rs::types::Zval) -> Value {
        // SAFETY: a copy of the bits that takes no part in counting: `Value` drops nothing.
        let mut copy = Value(ManuallyDrop::new(unsafe { std::ptr::read(value) }));
        copy.0.u2.extra = LENT;
        copy
    }

    /// Takes any value over.
    pub fn owned(value: ext_php_rs::types::Zval) -> Value {
        let mut value = Value(ManuallyDrop::new(value));
        value.0.u2.extra = OWNED;
        value
    }

    pub fn double(value: f64) -> Value {
        Value::new(IS_DOUBLE, LENT, |zv| zv.value.dval = value)
    }

    /// Frees what it owns, where there is nobody to give it to. For strings: nothing that a destructor could see.
    pub fn discard(mut self) {
        // SAFETY: what is read was written by `new`; the count is its own, and it is not used afterwards.
        unsafe {
            if self.0.u2.extra == OWNED {
                ManuallyDrop::drop(&mut self.0);
            }
        }
    }

    /// Gives it to a place that PHP reads, which owns it from now on.
    pub fn move_to(mut self, place: &mut zval) {
        // SAFETY: the old value of a place that is being filled needs no destructor (it is null); the bits move.
        unsafe { std::ptr::write(place, ManuallyDrop::take(&mut self.0)) };
    }

    /// To look at.
    pub fn as_zval(&self) -> &zval {
        &self.0
    }

    pub fn as_mut_ptr(&mut self) -> *mut zval {
        &raw mut *self.0
    }

    #[inline]
    fn new(type_info: u32, owned: u32, fill: impl FnOnce(&mut zval)) -> Value {
        // SAFETY: a zval is plain numbers and pointers; all zeros are one that is undefined.
        let mut value = ManuallyDrop::new(unsafe { std::mem::zeroed::<zval>() });
        fill(&mut value);
        value.u1.type_info = type_info;
        value.u2.extra = owned;
        Value(value)
    }
}
