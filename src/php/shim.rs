//! What `shim.c` offers: the engine's macros as functions. Nothing here decides anything.

use ext_php_rs::ffi::{zend_object, zend_reference, zend_string, zval};
use ext_php_rs::zend::ModuleEntry;
use std::ffi::{c_char, c_int, c_void};

/// A callable with what the engine found out about it, kept by the shim.
#[repr(C)]
pub struct RawCallback {
    _opaque: [u8; 0],
}

/// How a stretch of PHP ended.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "made in C")]
pub enum Outcome {
    Returned = 0,
    /// An exception is pending.
    Threw = 1,
    /// `exit`, or a fiber that is being destroyed: it stays pending and ends the script when we return.
    Exit = 2,
    /// A fatal error: PHP wants out. `shim.c` caught its longjmp; [`ws_bailout`] must be called, last of all.
    Bailout = 3,
}

pub const WISH_NOTHING: c_int = 0;
pub const WISH_TRUTH: c_int = 1;
pub const WISH_VERDICT: c_int = 2;
pub const WISH_NOT_FALSE: c_int = 3;

pub const VERDICT_GO_ON: c_int = 0;
pub const VERDICT_SKIP: c_int = 1;

unsafe extern "C" {
    // Two of the engine's own, which are not among ext-php-rs's.
    pub fn zend_unregister_ini_entries(module: c_int);
    pub fn display_ini_entries(module: *mut ModuleEntry);

    pub fn ws_protect(run: unsafe extern "C" fn(*mut c_void), context: *mut c_void) -> Outcome;
    pub fn ws_bailout() -> !;
    pub safe fn ws_pending() -> Outcome;
    pub safe fn ws_has_leftover() -> bool;
    pub safe fn ws_unclean() -> bool;
    pub safe fn ws_vm_interrupt() -> Outcome;
    pub safe fn ws_disarm_time_limit();
    pub safe fn ws_rearm_time_limit();
    pub fn ws_module_startup() -> c_int;

    pub fn ws_callback_for_function(name: *const c_char, len: usize) -> *mut RawCallback;
    pub fn ws_callback_for_method(
        object: *mut zend_object,
        name: *const c_char,
        len: usize,
    ) -> *mut RawCallback;
    pub fn ws_callback_name(callback: *const RawCallback) -> *mut zend_string;
    pub fn ws_callback_zval(callback: *mut RawCallback) -> *mut zval;
    pub fn ws_callback_free(callback: *mut RawCallback) -> Outcome;
    pub fn ws_callback_parameters(callback: *const RawCallback) -> u32;
    pub fn ws_callback_is_variadic(callback: *const RawCallback) -> bool;
    pub fn ws_callback_by_ref(callback: *const RawCallback) -> u32;
    pub fn ws_call(
        callback: *mut RawCallback,
        count: u32,
        arguments: *mut zval,
        wish: c_int,
        answer: *mut c_int,
    ) -> Outcome;

    pub fn ws_exception_take() -> *mut zend_object;
    pub fn ws_object_release(object: *mut zend_object) -> Outcome;
    pub fn ws_object_hold(object: *mut zend_object);
    pub fn ws_object_references(object: *const zend_object) -> u32;
    pub fn ws_exception_describe(exception: *mut zend_object, description: *mut *mut zend_string) -> Outcome;
    pub fn ws_throw(message: *const c_char, len: usize, code: i64);

    pub safe fn ws_string_alloc(capacity: usize) -> *mut zend_string;
    pub fn ws_string_init(bytes: *const c_char, len: usize) -> *mut zend_string;
    pub fn ws_string_resize(string: *mut zend_string, used: usize, capacity: usize) -> *mut zend_string;
    pub fn ws_string_is_known_utf8(string: *const zend_string) -> bool;
    pub fn ws_string_note_utf8(string: *mut zend_string);
    pub fn ws_string_release(string: *mut zend_string);
    pub safe fn ws_memory_has_room(size: usize) -> bool;
    pub safe fn ws_memory_usage(reserved: bool) -> usize;
    pub safe fn ws_memory_peak() -> usize;
    safe fn ws_php_version() -> *mut zend_string;

    pub fn ws_global_reference(name: *const c_char, len: usize) -> *mut zend_reference;
    pub fn ws_reference_new(out: *mut *mut zend_reference, value: *mut zval);
    pub fn ws_reference_release(reference: *mut zend_reference) -> Outcome;
    pub fn ws_reference_assign(reference: *mut zend_reference, value: *mut zval) -> Outcome;
    pub fn ws_reference_copy(reference: *mut zend_reference, value: *mut zval);
    pub fn ws_reference_string(reference: *mut zend_reference) -> *mut zend_string;

    pub fn ws_empty_array(value: *mut zval);
    pub fn ws_array_set(array: *mut zval, key: *const c_char, len: usize, value: *mut zval);
    pub fn ws_array_set_index(array: *mut zval, key: i64, value: *mut zval);
    pub fn ws_array_push(array: *mut zval, value: *mut zval);
    pub fn ws_array_element(array: *mut zend_reference, key: u64) -> *mut zend_reference;
    pub fn ws_array_put(array: *mut zend_reference, key: u64, value: *mut zval) -> Outcome;
    pub fn ws_array_remove(array: *mut zend_reference, key: u64) -> Outcome;
    pub fn ws_connection_new(value: *mut zval, peer_name: *const c_char, len: usize, state: c_int);
    pub fn ws_connection_update(
        array: *mut zend_reference,
        key: u64,
        state: c_int,
        buffer: bool,
        ping: f64,
        pong: f64,
    ) -> Outcome;

    pub safe fn ws_signal_is_default(signal: c_int) -> bool;
}

/// `PHP_VERSION`.
pub fn php_version() -> String {
    // SAFETY: the string is ours until it is released.
    unsafe {
        let version = ws_php_version();
        let text = String::from_utf8_lossy((*version).as_bytes()).into_owned();
        ws_string_release(version);
        text
    }
}
