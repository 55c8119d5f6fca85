//! UTF-8 that arrives in pieces, refused at its first bad byte.

/// The bytes so far can be no part of valid UTF-8, whatever follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Invalid;

/// Validates UTF-8 cut into pieces anywhere. It fails as soon as the bytes seen cannot become valid any more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Utf8Validator {
    /// The beginning of a character that has not arrived whole; always a prefix of a valid one.
    pending: [u8; 3],
    pending_len: u8,
}

impl Utf8Validator {
    /// Looks at the next piece.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), Utf8Invalid> {
        while self.pending_len > 0 {
            let Some((byte, rest)) = piece.split_first() else { return Ok(()) };
            let len = usize::from(self.pending_len);
            let mut character = [0; 4];
            character[..len].copy_from_slice(&self.pending[..len]);
            character[len] = *byte;
            match std::str::from_utf8(&character[..=len]) {
                Ok(_) => self.pending_len = 0,
                Err(error) if error.error_len().is_none() => {
                    self.pending[len] = *byte;
                    self.pending_len += 1;
                }
                Err(_) => return Err(Utf8Invalid),
            }
            piece = rest;
        }
        let Err(error) = simdutf8::compat::from_utf8(piece) else { return Ok(()) };
        if error.error_len().is_some() {
            return Err(Utf8Invalid);
        }
        let tail = &piece[error.valid_up_to()..];
        self.pending[..tail.len()].copy_from_slice(tail);
        self.pending_len = tail.len() as u8;
        Ok(())
    }

    /// The text ends here: no character may be left unfinished.
    pub fn finish(&self) -> Result<(), Utf8Invalid> {
        if self.pending_len == 0 { Ok(()) } else { Err(Utf8Invalid) }
    }
}

/// A whole text at once: the fast way.
pub(super) fn is_utf8(text: &[u8]) -> bool {
    simdutf8::basic::from_utf8(text).is_ok()
}
