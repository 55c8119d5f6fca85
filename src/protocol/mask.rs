//! Masking (RFC 6455 §5.3): XOR with four bytes, over and over.

use std::mem::MaybeUninit;

/// A masking key, in wire order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask([u8; 4]);

/// Bytes XORed in one go; a compiler makes two or one vector operations of it.
const LANE: usize = 32;

impl Mask {
    /// XOR with it changes nothing: the mask of a frame that has none.
    pub const NONE: Mask = Mask([0; 4]);

    /// A masking key as it is on the wire.
    pub const fn new(key: [u8; 4]) -> Mask {
        Mask(key)
    }

    /// The bytes as they are on the wire.
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }

    /// The mask for payload that begins `offset` bytes into the frame: only `offset % 4` matters.
    pub const fn rotated(self, offset: usize) -> Mask {
        let [a, b, c, d] = self.0;
        Mask(match offset % 4 {
            0 => [a, b, c, d],
            1 => [b, c, d, a],
            2 => [c, d, a, b],
            _ => [d, a, b, c],
        })
    }

    /// Masks or unmasks `bytes`; the two are the same.
    pub fn xor_in_place(self, bytes: &mut [u8]) {
        // RFC 6455 §5.3: "Octet i of the transformed data ("transformed-octet-i") is the XOR of octet i of the original
        // data ("original-octet-i") with octet at index i modulo 4 of the masking key"
        let key = self.lane();
        let (lanes, rest) = bytes.as_chunks_mut::<LANE>();
        for lane in lanes {
            for i in 0..LANE {
                lane[i] ^= key[i];
            }
        }
        let (words, rest) = rest.as_chunks_mut::<4>();
        for word in words {
            *word = self.xor_word(*word);
        }
        for (byte, key) in rest.iter_mut().zip(self.0) {
            *byte ^= key;
        }
    }

    /// Writes `src` XORed into the first `src.len()` bytes of `dst`, all of which are initialised afterwards.
    ///
    /// # Panics
    ///
    /// If `dst` is shorter than `src`.
    pub fn xor_copy(self, dst: &mut [MaybeUninit<u8>], src: &[u8]) {
        let key = self.lane();
        let dst = &mut dst[..src.len()];
        let (dst_lanes, dst_rest) = dst.as_chunks_mut::<LANE>();
        let (src_lanes, src_rest) = src.as_chunks::<LANE>();
        for (dst, src) in dst_lanes.iter_mut().zip(src_lanes) {
            for i in 0..LANE {
                dst[i].write(src[i] ^ key[i]);
            }
        }
        let (dst_words, dst_rest) = dst_rest.as_chunks_mut::<4>();
        let (src_words, src_rest) = src_rest.as_chunks::<4>();
        for (dst, src) in dst_words.iter_mut().zip(src_words) {
            let word = self.xor_word(*src);
            for i in 0..4 {
                dst[i].write(word[i]);
            }
        }
        for ((dst, src), key) in dst_rest.iter_mut().zip(src_rest).zip(self.0) {
            dst.write(src ^ key);
        }
    }

    fn xor_word(self, word: [u8; 4]) -> [u8; 4] {
        (u32::from_ne_bytes(word) ^ u32::from_ne_bytes(self.0)).to_ne_bytes()
    }

    fn lane(self) -> [u8; LANE] {
        std::array::from_fn(|i| self.0[i % 4])
    }
}
