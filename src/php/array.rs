//! A PHP array on its way to PHP.

use super::shim;
use super::value::Value;

/// Nobody else holds it. Keys that look like numbers are numbers, as everywhere in PHP.
pub struct Array(Value);

impl Array {
    pub fn new() -> Array {
        Array(Value::array())
    }

    /// `$array[$key] = $value`.
    pub fn set(&mut self, key: impl AsRef<[u8]>, mut value: Value) {
        let key = key.as_ref();
        // SAFETY: it is an array and ours alone; the value passes over; pointer and length belong together.
        unsafe {
            shim::ws_array_set(self.0.as_mut_ptr(), key.as_ptr().cast(), key.len(), value.as_mut_ptr());
        }
    }

    pub fn set_index(&mut self, key: i64, mut value: Value) {
        // SAFETY: as above.
        unsafe { shim::ws_array_set_index(self.0.as_mut_ptr(), key, value.as_mut_ptr()) };
    }

    /// `$array[] = $value`.
    pub fn push(&mut self, mut value: Value) {
        // SAFETY: as above.
        unsafe { shim::ws_array_push(self.0.as_mut_ptr(), value.as_mut_ptr()) };
    }

    pub fn into_value(self) -> Value {
        self.0
    }

    /// A list of strings.
    pub fn strings<S: AsRef<[u8]>>(strings: impl IntoIterator<Item = S>) -> Array {
        let mut array = Array::new();
        strings.into_iter().for_each(|string| array.push(Value::string(string.as_ref())));
        array
    }
}
