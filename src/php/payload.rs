//! The buffer a message is decoded into: a `zend_string`, so that PHP gets it without a copy.

use super::shim;
use super::value::Value;
use crate::protocol::{Mask, Payload};
use ext_php_rs::ffi::zend_string;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// A message on its way to PHP. It lives in PHP's heap while that has room, else in Rust's: clients that send
/// half a message each must not run PHP into `memory_limit`, which is fatal. Not `Send`: PHP's heap belongs to
/// the thread that decodes.
#[derive(Debug)]
pub struct ZendPayload(Buffer);

#[derive(Debug)]
enum Buffer {
    Empty,
    Zend(ZendBuffer),
    Plain(Vec<u8>),
}

/// A `zend_string` that nobody else holds; `len` counts what is written, the string's own length is set at the end.
#[derive(Debug)]
struct ZendBuffer {
    string: NonNull<zend_string>,
    len: usize,
    capacity: usize,
}

/// More unused bytes than this are given back before PHP gets the string: an application may keep it.
const MAX_WASTE: usize = 4096;

impl ZendPayload {
    /// The message as an argument for PHP.
    pub fn into_value(self) -> Value {
        match self.0 {
            Buffer::Empty => Value::string(b""),
            Buffer::Zend(buffer) => Value::owned_string(buffer.into_string()),
            Buffer::Plain(bytes) => Value::string(&bytes),
        }
    }

    fn reserve(&mut self, more: usize) {
        match &mut self.0 {
            Buffer::Empty => self.0 = Buffer::with_capacity(more),
            Buffer::Zend(buffer) if buffer.capacity - buffer.len >= more => {}
            Buffer::Zend(buffer) => {
                let capacity = (buffer.len + more).max(buffer.capacity * 2);
                if shim::ws_memory_has_room(capacity) {
                    buffer.grow(capacity);
                } else {
                    let mut bytes = Vec::with_capacity(capacity);
                    bytes.extend_from_slice(buffer.written());
                    self.0 = Buffer::Plain(bytes);
                }
            }
            Buffer::Plain(bytes) => bytes.reserve(more),
        }
    }
}

impl Payload for ZendPayload {
    fn with_capacity(expected: usize) -> Self {
        ZendPayload(if expected == 0 { Buffer::Empty } else { Buffer::with_capacity(expected) })
    }

    fn extend_masked(&mut self, src: &[u8], mask: Mask) {
        if src.is_empty() {
            return;
        }
        self.reserve(src.len());
        match &mut self.0 {
            Buffer::Empty => {}
            Buffer::Zend(buffer) => {
                mask.xor_copy(buffer.spare(), src);
                buffer.len += src.len();
            }
            Buffer::Plain(bytes) => bytes.extend_masked(src, mask),
        }
    }
}

impl AsRef<[u8]> for ZendPayload {
    fn as_ref(&self) -> &[u8] {
        match &self.0 {
            Buffer::Empty => &[],
            Buffer::Zend(buffer) => buffer.written(),
            Buffer::Plain(bytes) => bytes,
        }
    }
}

impl Buffer {
    fn with_capacity(capacity: usize) -> Buffer {
        if shim::ws_memory_has_room(capacity) {
            Buffer::Zend(ZendBuffer::new(capacity))
        } else {
            Buffer::Plain(Vec::with_capacity(capacity))
        }
    }
}

impl ZendBuffer {
    fn new(capacity: usize) -> ZendBuffer {
        // SAFETY: the engine never returns null; it ends the request instead.
        let string = unsafe { NonNull::new_unchecked(shim::ws_string_alloc(capacity)) };
        ZendBuffer { string, len: 0, capacity }
    }

    fn grow(&mut self, capacity: usize) {
        // SAFETY: the string is ours alone, and its first `len` bytes are written.
        self.string = unsafe {
            NonNull::new_unchecked(shim::ws_string_resize(self.string.as_ptr(), self.len, capacity))
        };
        self.capacity = capacity;
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: the characters follow the header in the same allocation.
        unsafe { (&raw mut (*self.string.as_ptr()).val).cast() }
    }

    fn written(&self) -> &[u8] {
        // SAFETY: the first `len` bytes are written, and `len` is at most `capacity`.
        unsafe { std::slice::from_raw_parts(self.start(), self.len) }
    }

    fn spare(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: inside the allocation, and borrowed as long as `self` is.
        unsafe { std::slice::from_raw_parts_mut(self.start().add(self.len).cast(), self.capacity - self.len) }
    }

    /// The finished string, NUL-terminated as PHP's are; its count passes over.
    fn into_string(mut self) -> *mut zend_string {
        if self.capacity - self.len > MAX_WASTE {
            self.grow(self.len);
        }
        let string = self.string.as_ptr();
        // SAFETY: the allocation has one byte more than `capacity`, for the NUL.
        unsafe {
            self.start().add(self.len).write(0);
            (*string).len = self.len;
        }
        std::mem::forget(self);
        string
    }
}

impl Drop for ZendBuffer {
    fn drop(&mut self) {
        // SAFETY: the string is ours alone and is not used afterwards.
        unsafe { shim::ws_string_release(self.string.as_ptr()) };
    }
}
