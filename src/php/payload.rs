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

/// Two words, because events hold one each, and so it goes from function to function in registers: what is larger is boxed.
#[derive(Debug)]
enum Buffer {
    Empty,
    Whole(Whole),
    Growing(Box<ZendBuffer>),
    #[expect(clippy::box_collection, reason = "a vector alone is three words")]
    Plain(Box<Vec<u8>>),
}

/// A finished `zend_string` that nobody else holds.
#[derive(Debug)]
struct Whole(NonNull<zend_string>);

/// A `zend_string` that nobody else holds; `len` counts what is written, the string's own length is set at the end.
#[derive(Debug)]
struct ZendBuffer {
    string: NonNull<zend_string>,
    len: usize,
    capacity: usize,
}

/// More unused bytes than this are given back before PHP gets the string: an application may keep it.
const MAX_WASTE: usize = 4096;

/// Whole messages shorter than this are not asked about: those of one turn together have an upper limit that is far below
/// any `memory_limit`.
const SMALL: usize = 1024;

impl ZendPayload {
    /// A text message as an argument for PHP: it has been found to be UTF-8, and need not be looked at again where it is
    /// sent on.
    #[inline]
    pub fn into_text(self) -> Value {
        match self.0 {
            Buffer::Whole(whole) => {
                // SAFETY: the string is ours alone.
                unsafe { shim::ws_string_note_utf8(whole.0.as_ptr()) };
                Value::owned_string(whole.into_string())
            }
            buffer => ZendPayload(buffer).into_value(),
        }
    }

    /// The message as an argument for PHP.
    pub fn into_value(self) -> Value {
        match self.0 {
            Buffer::Empty => Value::string(b""),
            Buffer::Whole(whole) => Value::owned_string(whole.into_string()),
            Buffer::Growing(buffer) => Value::owned_string(buffer.into_whole().into_string()),
            Buffer::Plain(bytes) => Value::string(&bytes),
        }
    }

    fn reserve(&mut self, more: usize) {
        match &mut self.0 {
            Buffer::Empty => self.0 = Buffer::with_capacity(more),
            Buffer::Whole(_) => self.0 = Buffer::copy(self.as_ref(), more),
            Buffer::Growing(buffer) if buffer.capacity - buffer.len >= more => {}
            Buffer::Growing(buffer) => {
                let capacity = (buffer.len + more).max(buffer.capacity * 2);
                if shim::ws_memory_has_room(capacity) {
                    buffer.grow(capacity);
                } else {
                    let mut bytes = Vec::with_capacity(capacity);
                    bytes.extend_from_slice(buffer.written());
                    self.0 = Buffer::Plain(Box::new(bytes));
                }
            }
            Buffer::Plain(bytes) => bytes.reserve(more),
        }
    }
}

impl Payload for ZendPayload {
    #[inline]
    fn from_masked(src: &[u8], mask: Mask) -> Self {
        if src.is_empty() {
            return ZendPayload(Buffer::Empty);
        }
        if src.len() >= SMALL && !shim::ws_memory_has_room(src.len()) {
            let mut bytes = Vec::with_capacity(src.len());
            bytes.extend_masked(src, mask);
            return ZendPayload(Buffer::Plain(Box::new(bytes)));
        }
        let mut buffer = ZendBuffer::new(src.len());
        mask.xor_copy(buffer.spare(), src);
        buffer.len = src.len();
        ZendPayload(Buffer::Whole(buffer.into_whole()))
    }

    fn with_capacity(expected: usize) -> Self {
        ZendPayload(if expected == 0 { Buffer::Empty } else { Buffer::with_capacity(expected) })
    }

    fn extend_masked(&mut self, src: &[u8], mask: Mask) {
        if src.is_empty() {
            return;
        }
        self.reserve(src.len());
        match &mut self.0 {
            // `reserve` has made another one of it.
            Buffer::Empty | Buffer::Whole(_) => {}
            Buffer::Growing(buffer) => {
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
            Buffer::Whole(whole) => whole.bytes(),
            Buffer::Growing(buffer) => buffer.written(),
            Buffer::Plain(bytes) => bytes,
        }
    }
}

impl Buffer {
    fn with_capacity(capacity: usize) -> Buffer {
        if shim::ws_memory_has_room(capacity) {
            Buffer::Growing(Box::new(ZendBuffer::new(capacity)))
        } else {
            Buffer::Plain(Box::new(Vec::with_capacity(capacity)))
        }
    }

    /// A copy with room for more.
    #[cold]
    fn copy(bytes: &[u8], more: usize) -> Buffer {
        let mut payload = ZendPayload(Buffer::with_capacity(bytes.len() + more));
        payload.extend_masked(bytes, Mask::NONE);
        payload.0
    }
}

impl Whole {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the string is alive as long as `self` is.
        unsafe { self.0.as_ref().as_bytes() }
    }

    /// Its count passes over.
    fn into_string(self) -> *mut zend_string {
        let string = self.0.as_ptr();
        std::mem::forget(self);
        string
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        // SAFETY: the string is ours alone and is not used afterwards.
        unsafe { shim::ws_string_release(self.0.as_ptr()) };
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

    /// The finished string, NUL-terminated as PHP's are.
    fn into_whole(mut self) -> Whole {
        if self.capacity - self.len > MAX_WASTE {
            self.grow(self.len);
        }
        // SAFETY: the allocation has one byte more than `capacity`, for the NUL.
        unsafe {
            self.start().add(self.len).write(0);
            (*self.string.as_ptr()).len = self.len;
        }
        let whole = Whole(self.string);
        std::mem::forget(self);
        whole
    }
}

impl Drop for ZendBuffer {
    fn drop(&mut self) {
        // SAFETY: the string is ours alone and is not used afterwards.
        unsafe { shim::ws_string_release(self.string.as_ptr()) };
    }
}
