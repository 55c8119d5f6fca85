//! The name of a connection: slot, generation and the I/O shard that owns it.

use std::fmt;

/// Names one connection for as long as the server runs: it is the mio token and the guard against stale
/// use. A slot is used again after a close, a generation never is, so a key that outlived its connection
/// finds nothing.
///
/// PHP sees another number, counted from 1 in the order of arrival: applications store it in 32-bit
/// columns, where a packed key would not fit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnKey(u64);

/// Connections a shard can hold: the last slot number marks the reactor's own sources.
pub const MAX_SLOTS: usize = SOURCE_SLOT as usize;

const SOURCE_SLOT: u64 = (1 << SLOT_BITS) - 1;

const SLOT_BITS: u32 = 24;
const SHARD_BITS: u32 = 8;

impl ConnKey {
    pub(super) fn new(shard: u8, slot: usize, generation: u32) -> ConnKey {
        debug_assert!(slot < MAX_SLOTS);
        ConnKey(u64::from(generation) << 32 | u64::from(shard) << SLOT_BITS | slot as u64)
    }

    /// Index into the shard's slab; below [`MAX_SLOTS`].
    pub fn slot(self) -> usize {
        (self.0 & ((1 << SLOT_BITS) - 1)) as usize
    }

    /// The I/O shard that owns the connection; 0 where there is only one.
    pub fn shard(self) -> u8 {
        (self.0 >> SLOT_BITS & ((1 << SHARD_BITS) - 1)) as u8
    }

    pub fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The token of a source that is no connection.
    pub(super) fn of_source(id: u32) -> ConnKey {
        ConnKey(u64::from(id) << 32 | SOURCE_SLOT)
    }

    /// The source's number, where this is not a connection's key.
    pub(super) fn source(self) -> Option<u32> {
        (self.slot() == MAX_SLOTS).then(|| self.generation())
    }

    pub(super) fn token(self) -> mio::Token {
        mio::Token(self.0 as usize)
    }

    pub(super) fn from_token(token: mio::Token) -> ConnKey {
        ConnKey(token.0 as u64)
    }
}

impl fmt::Debug for ConnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}#{}", self.shard(), self.slot(), self.generation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_survive_packing() {
        let key = ConnKey::new(255, MAX_SLOTS - 1, u32::MAX);
        assert_eq!((key.shard(), key.slot(), key.generation()), (255, MAX_SLOTS - 1, u32::MAX));
        assert_eq!((key.source(), ConnKey::of_source(9).source()), (None, Some(9)));
        let key = ConnKey::from_token(ConnKey::new(3, 77, 5).token());
        assert_eq!((key.shard(), key.slot(), key.generation()), (3, 77, 5));
    }
}
