//! The random bytes a client needs: its key and a mask for every frame.

use super::Mask;

/// Where random bytes come from: fills the slice it is given.
///
/// RFC 6455 §5.3: "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong source
/// of entropy". [`Entropy::system`] is one; [`Entropy::from_fn`] is for tests.
pub struct Entropy {
    fill: Fill,
    /// Drawn in advance, so that a frame does not cost a system call.
    pool: [u8; 256],
    used: usize,
}

type Fill = Box<dyn FnMut(&mut [u8]) + Send>;

impl Entropy {
    /// The operating system's generator.
    pub fn system() -> Entropy {
        Entropy::from_fn(|bytes| {
            // It fails only where the system has no generator at all; a predictable mask would be worse than a panic.
            getrandom::fill(bytes).expect("the operating system has no source of random bytes");
        })
    }

    /// Bytes of the caller's choosing.
    pub fn from_fn(fill: impl FnMut(&mut [u8]) + Send + 'static) -> Entropy {
        Entropy { fill: Box::new(fill), pool: [0; 256], used: 256 }
    }

    /// RFC 6455 §4.1: "a nonce consisting of a randomly selected 16-byte value"
    pub(super) fn nonce(&mut self) -> [u8; 16] {
        self.draw()
    }

    /// RFC 6455 §5.3: "a fresh masking key" for every frame
    pub(super) fn mask(&mut self) -> Mask {
        Mask::new(self.draw())
    }

    fn draw<const N: usize>(&mut self) -> [u8; N] {
        if self.pool.len() - self.used < N {
            (self.fill)(&mut self.pool);
            self.used = 0;
        }
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.pool[self.used..self.used + N]);
        // What was drawn is not kept: it may be on the wire by now, what comes next must not be told from it.
        self.pool[self.used..self.used + N].fill(0);
        self.used += N;
        bytes
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_used_once() {
        let mut next = 0u32;
        let mut entropy = Entropy::from_fn(move |bytes| {
            for byte in bytes {
                *byte = (next / 7) as u8 ^ next as u8;
                next += 1;
            }
        });
        let masks: Vec<_> = (0..200).map(|_| entropy.mask().bytes()).collect();
        assert!(masks.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_system_gives_different_nonces() {
        assert_ne!(Entropy::system().nonce(), Entropy::system().nonce());
    }
}
