//! The ids by which PHP knows connections: counted from 1 in the order of arrival, never used again.
//!
//! Applications store them in 32-bit columns, where a [`ConnKey`] would not fit.

use crate::server::ConnKey;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Both ways between ids and keys. Events come with keys, and find the id by slot; calls come with ids.
#[derive(Debug, Default)]
pub struct Ids {
    /// By shard, then slot.
    by_slot: Vec<Vec<Option<(ConnKey, i64)>>>,
    by_id: HashMap<i64, ConnKey, BuildHasherDefault<IdHasher>>,
    last: i64,
}

impl Ids {
    /// Gives a new connection its id.
    pub fn insert(&mut self, key: ConnKey) -> i64 {
        self.last += 1;
        let (shard, slot) = (usize::from(key.shard()), key.slot());
        if self.by_slot.len() <= shard {
            self.by_slot.resize_with(shard + 1, Vec::new);
        }
        let slots = &mut self.by_slot[shard];
        if slots.len() <= slot {
            slots.resize(slot + 1, None);
        }
        slots[slot] = Some((key, self.last));
        self.by_id.insert(self.last, key);
        self.last
    }

    /// The id of a connection; `None` once it was removed, whatever the slot is used for now.
    #[inline]
    pub fn id(&self, key: ConnKey) -> Option<i64> {
        match self.by_slot.get(usize::from(key.shard()))?.get(key.slot())? {
            Some((held, id)) if *held == key => Some(*id),
            _ => None,
        }
    }

    #[inline]
    pub fn key(&self, id: i64) -> Option<ConnKey> {
        self.by_id.get(&id).copied()
    }

    pub fn remove(&mut self, id: i64) -> Option<ConnKey> {
        let key = self.by_id.remove(&id)?;
        if let Some(entry) =
            self.by_slot.get_mut(usize::from(key.shard())).and_then(|slots| slots.get_mut(key.slot()))
            && entry.is_some_and(|(held, _)| held == key)
        {
            *entry = None;
        }
        Some(key)
    }

    /// All ids, in the order of arrival.
    pub fn sorted(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.by_id.keys().copied().collect();
        ids.sort_unstable();
        ids
    }
}

/// Ids are ours and count upwards: one multiplication spreads them well enough.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_i64(i64::from(*byte));
        }
    }

    fn write_i64(&mut self, id: i64) {
        self.0 = (self.0 ^ id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        // The table takes its index from the low bits, where a product is weakest.
        self.0 ^ self.0 >> 32
    }
}
