//! A message in pieces, as PHP gives it: an array or something Traversable.

use super::call::Ending;
use super::function::Failure;
use super::shim::{self, Outcome};
use ext_php_rs::ffi::{zend_string, zval};
use ext_php_rs::types::Zval;
use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

#[repr(C)]
struct RawPieces {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn ws_pieces_begin(iterable: *const zval, out: *mut *mut RawPieces) -> Outcome;
    fn ws_pieces_next(
        pieces: *mut RawPieces,
        piece: *mut *mut zend_string,
        wrong: *mut *const c_char,
    ) -> Outcome;
    fn ws_pieces_end(pieces: *mut RawPieces) -> Outcome;
}

/// The strings of an iterable that a call holds, in order. Each step may run PHP code: nothing may be borrowed meanwhile.
pub struct Pieces<'a> {
    raw: NonNull<RawPieces>,
    iterable: PhantomData<&'a Zval>,
}

/// One of them.
pub struct Piece(NonNull<zend_string>);

impl<'a> Pieces<'a> {
    pub fn of(iterable: &'a Zval) -> Result<Pieces<'a>, Failure> {
        let mut raw = ptr::null_mut();
        // SAFETY: an iterable, which outlives what is made here.
        let outcome = unsafe { ws_pieces_begin(iterable, &raw mut raw) };
        let pieces = NonNull::new(raw).map(|raw| Pieces { raw, iterable: PhantomData });
        returned(outcome)?;
        pieces.ok_or(Failure::Pending)
    }

    /// `None` at the end.
    pub fn next(&mut self) -> Result<Option<Piece>, Failure> {
        let (mut piece, mut wrong) = (ptr::null_mut(), ptr::null());
        // SAFETY: made by `ws_pieces_begin`, not ended yet.
        let outcome = unsafe { ws_pieces_next(self.raw.as_ptr(), &raw mut piece, &raw mut wrong) };
        let piece = NonNull::new(piece).map(Piece);
        returned(outcome)?;
        if wrong.is_null() {
            return Ok(piece);
        }
        // SAFETY: the engine's name of a type: a C string that stays.
        let wrong = unsafe { CStr::from_ptr(wrong) }.to_string_lossy();
        Err(Failure::exception(format!("a piece must be a string, {wrong} given")))
    }
}

impl Drop for Pieces<'_> {
    fn drop(&mut self) {
        if !shim::ws_unclean() {
            // SAFETY: as above. What a destructor does shows in EG(exception) or in `ws_unclean`.
            unsafe { ws_pieces_end(self.raw.as_ptr()) };
        }
    }
}

impl Piece {
    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the count is ours.
        unsafe { self.0.as_ref() }.as_bytes()
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if !shim::ws_unclean() {
            // SAFETY: as above, and given back once.
            unsafe { shim::ws_string_release(self.0.as_ptr()) };
        }
    }
}

fn returned(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Returned => Ok(()),
        Outcome::Threw => Err(Failure::Pending),
        Outcome::Exit => Err(Failure::Ending(Ending::Exit)),
        Outcome::Bailout => Err(Failure::Ending(Ending::Bailout)),
    }
}
