//! The buffer a message is decoded into.

use super::Mask;

/// Payload buffer of a message: plain bytes (`Vec<u8>`, here) or a `zend_string` (in `src/php`).
pub trait Payload: Sized + AsRef<[u8]> {
    /// An empty payload that will probably grow to `expected` bytes. The connection never passes more than has arrived
    /// or 64 KiB, whichever is more, so a peer cannot make it allocate by announcing a large frame.
    fn with_capacity(expected: usize) -> Self;

    /// A payload of which all is there.
    fn from_masked(src: &[u8], mask: Mask) -> Self {
        let mut payload = Self::with_capacity(src.len());
        payload.extend_masked(src, mask);
        payload
    }

    /// Appends `src` XORed with `mask`: byte `i` of `src` with byte `i % 4` of the mask. [`Mask::NONE`] is a plain copy.
    fn extend_masked(&mut self, src: &[u8], mask: Mask);

    /// Bytes so far.
    fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Whether nothing was appended yet.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Payload for Vec<u8> {
    fn with_capacity(expected: usize) -> Self {
        Vec::with_capacity(expected)
    }

    fn extend_masked(&mut self, src: &[u8], mask: Mask) {
        if mask == Mask::NONE {
            return self.extend_from_slice(src);
        }
        self.reserve(src.len());
        // Copied and unmasked in pieces that stay in the first-level cache (and begin at a multiple of 4).
        for piece in src.chunks(4096) {
            let start = Vec::len(self);
            self.extend_from_slice(piece);
            mask.xor_in_place(&mut self[start..]);
        }
    }

    fn len(&self) -> usize {
        Vec::len(self)
    }
}
