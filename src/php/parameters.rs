//! The parameters of a native function or method, read one after the other with PHP's own rules for types.

use super::call::Callback;
use super::function::Failure;
use super::shim::RawCallback;
use ext_php_rs::ffi::{HashTable, zend_string, zval};
use ext_php_rs::types::{ZendHashTable, ZendStr, Zval};
use ext_php_rs::zend::ExecuteData;
use std::ptr;

/// The arguments of a running call. What is read from them lives as long as the call does.
pub struct Parameters<'a> {
    call: &'a ExecuteData,
    count: u32,
    next: u32,
}

unsafe extern "C" {
    fn ws_arg_count(call: *const ExecuteData, min: u32, max: u32) -> bool;
    fn ws_arg_string(
        call: *const ExecuteData,
        index: u32,
        nullable: bool,
        out: *mut *mut zend_string,
    ) -> bool;
    fn ws_arg_long(call: *const ExecuteData, index: u32, out: *mut i64) -> bool;
    fn ws_arg_double(
        call: *const ExecuteData,
        index: u32,
        nullable: bool,
        is_null: *mut bool,
        out: *mut f64,
    ) -> bool;
    fn ws_arg_bool(call: *const ExecuteData, index: u32, out: *mut bool) -> bool;
    fn ws_arg_array(call: *const ExecuteData, index: u32, out: *mut *mut HashTable) -> bool;
    fn ws_arg_string_or_long(
        call: *const ExecuteData,
        index: u32,
        string: *mut *mut zend_string,
        number: *mut i64,
    ) -> bool;
    fn ws_arg_iterable(call: *const ExecuteData, index: u32) -> *mut zval;
    fn ws_arg_callback(
        call: *const ExecuteData,
        index: u32,
        nullable: bool,
        out: *mut *mut RawCallback,
    ) -> bool;
    fn ws_arg_logger(call: *const ExecuteData, index: u32, out: *mut *mut RawCallback) -> bool;
    fn ws_arg_value(call: *const ExecuteData, index: u32) -> *mut zval;
}

/// A parameter that may be either.
pub enum StringOrLong<'a> {
    String(&'a [u8]),
    Long(i64),
}

impl<'a> Parameters<'a> {
    /// An `ArgumentCountError` where there are fewer or more.
    #[inline]
    pub fn of(call: &'a ExecuteData, min: u32, max: u32) -> Result<Parameters<'a>, Failure> {
        // SAFETY: a call in progress counts its arguments in `This.u2`.
        let count = unsafe { call.This.u2.num_args };
        if count < min || count > max {
            // SAFETY: the call in progress; it throws.
            unsafe { ws_arg_count(call, min, max) };
            return Err(Failure::Pending);
        }
        Ok(Parameters { call, count, next: 0 })
    }

    #[inline]
    pub fn string(&mut self) -> Result<&'a ZendStr, Failure> {
        let mut string = ptr::null_mut();
        // SAFETY: `next` is below the count (the caller of `of` has said how many there are); as below.
        let read = unsafe { ws_arg_string(self.call, self.take(), false, &raw mut string) };
        // SAFETY: the call's frame holds the string.
        self.checked(read, || unsafe { &*string })
    }

    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], Failure> {
        self.string().map(ZendStr::as_bytes)
    }

    pub fn text(&mut self) -> Result<&'a str, Failure> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|_| Failure::exception("a name must be UTF-8"))
    }

    pub fn optional_bytes(&mut self) -> Result<Option<&'a [u8]>, Failure> {
        if self.is_absent() { Ok(None) } else { self.bytes().map(Some) }
    }

    /// `None` for null too.
    pub fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, Failure> {
        if self.is_absent() {
            return Ok(None);
        }
        let mut string: *mut zend_string = ptr::null_mut();
        // SAFETY: as above; null where the argument is.
        let read = unsafe { ws_arg_string(self.call, self.take(), true, &raw mut string) };
        // SAFETY: as above.
        self.checked(read, || unsafe { string.as_ref() }.map(|string| string.as_bytes()))
    }

    pub fn long(&mut self) -> Result<i64, Failure> {
        let mut value = 0;
        // SAFETY: as above.
        let read = unsafe { ws_arg_long(self.call, self.take(), &raw mut value) };
        self.checked(read, || value)
    }

    pub fn long_or(&mut self, default: i64) -> Result<i64, Failure> {
        if self.is_absent() { Ok(default) } else { self.long() }
    }

    pub fn double(&mut self) -> Result<f64, Failure> {
        self.number(false).map(Option::unwrap_or_default)
    }

    /// `None` where it is absent or null.
    pub fn nullable_double(&mut self) -> Result<Option<f64>, Failure> {
        if self.is_absent() { Ok(None) } else { self.number(true) }
    }

    pub fn double_or(&mut self, default: f64) -> Result<f64, Failure> {
        if self.is_absent() { Ok(default) } else { self.double() }
    }

    pub fn bool(&mut self) -> Result<bool, Failure> {
        let mut value = false;
        // SAFETY: as above.
        let read = unsafe { ws_arg_bool(self.call, self.take(), &raw mut value) };
        self.checked(read, || value)
    }

    pub fn bool_or(&mut self, default: bool) -> Result<bool, Failure> {
        if self.is_absent() { Ok(default) } else { self.bool() }
    }

    pub fn optional_array(&mut self) -> Result<Option<&'a ZendHashTable>, Failure> {
        if self.is_absent() {
            return Ok(None);
        }
        let mut array: *mut HashTable = ptr::null_mut();
        // SAFETY: as above.
        let read = unsafe { ws_arg_array(self.call, self.take(), &raw mut array) };
        // SAFETY: the call's frame holds the array.
        self.checked(read, || unsafe { array.as_ref() })
    }

    pub fn string_or_long(&mut self) -> Result<StringOrLong<'a>, Failure> {
        let (mut string, mut number): (*mut zend_string, _) = (ptr::null_mut(), 0);
        // SAFETY: as above; one of the two is written.
        let read = unsafe { ws_arg_string_or_long(self.call, self.take(), &raw mut string, &raw mut number) };
        // SAFETY: null, or a string that the call's frame holds.
        self.checked(read, || match unsafe { string.as_ref() } {
            Some(string) => StringOrLong::String(string.as_bytes()),
            None => StringOrLong::Long(number),
        })
    }

    /// An array, or something Traversable.
    pub fn iterable(&mut self) -> Result<&'a Zval, Failure> {
        // SAFETY: as above; null, or a value that the call's frame holds.
        unsafe { ws_arg_iterable(self.call, self.take()).as_ref() }.ok_or(Failure::Pending)
    }

    pub fn callback(&mut self) -> Result<Callback, Failure> {
        self.nullable_callback_as(false)?.ok_or(Failure::Pending)
    }

    /// `None` for null.
    pub fn nullable_callback(&mut self) -> Result<Option<Callback>, Failure> {
        self.nullable_callback_as(true)
    }

    /// The `log` of a PSR-3 logger, or something callable; `None` for null.
    pub fn logger(&mut self) -> Result<Option<Callback>, Failure> {
        let mut raw = ptr::null_mut();
        // SAFETY: as above.
        let read = unsafe { ws_arg_logger(self.call, self.take(), &raw mut raw) };
        // SAFETY: null, or a callback that passes over.
        self.checked(read, || unsafe { Callback::from_raw(raw) })
    }

    /// Any value.
    pub fn value(&mut self) -> &'a Zval {
        // SAFETY: as above; the call's frame holds the value.
        unsafe { &*ws_arg_value(self.call, self.take()) }
    }

    pub fn optional_value(&mut self) -> Option<&'a Zval> {
        if self.is_absent() { None } else { Some(self.value()) }
    }

    fn number(&mut self, nullable: bool) -> Result<Option<f64>, Failure> {
        let (mut value, mut is_null) = (0.0, false);
        // SAFETY: as above.
        let read =
            unsafe { ws_arg_double(self.call, self.take(), nullable, &raw mut is_null, &raw mut value) };
        self.checked(read, || (!is_null).then_some(value))
    }

    fn nullable_callback_as(&mut self, nullable: bool) -> Result<Option<Callback>, Failure> {
        let mut raw = ptr::null_mut();
        // SAFETY: as above.
        let read = unsafe { ws_arg_callback(self.call, self.take(), nullable, &raw mut raw) };
        // SAFETY: null, or a callback that passes over.
        self.checked(read, || unsafe { Callback::from_raw(raw) })
    }

    #[inline]
    fn take(&mut self) -> u32 {
        let index = self.next;
        debug_assert!(index < self.count, "a parameter that is not there is read");
        self.next += 1;
        index
    }

    /// Whether the next optional one was left out.
    fn is_absent(&mut self) -> bool {
        let absent = self.next >= self.count;
        self.next += u32::from(absent);
        absent
    }

    #[inline]
    fn checked<T>(&self, read: bool, value: impl FnOnce() -> T) -> Result<T, Failure> {
        if read { Ok(value()) } else { Err(Failure::Pending) }
    }
}
