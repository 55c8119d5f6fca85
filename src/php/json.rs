//! JSON as PHP reads it.

use super::value::Value;
use ext_php_rs::ffi::zval;
use ext_php_rs::types::Zval;
use std::ffi::c_char;

unsafe extern "C" {
    fn ws_json_array(json: *const c_char, len: usize, value: *mut zval) -> bool;
}

/// The array in a JSON text; `None` where there is none.
pub fn array(json: &[u8]) -> Option<Value> {
    let mut value = Zval::new();
    // SAFETY: pointer and length belong together; the shim writes a value that is ours, or null.
    let read = unsafe { ws_json_array(json.as_ptr().cast(), json.len(), &raw mut value) };
    read.then(|| Value::owned(value))
}
