//! The connections as PHP knows them: by ids that count from 1 in the order of arrival and are never used again.
//!
//! Applications store ids in 32-bit columns, where a [`ConnKey`] would not fit.

use super::call::Ending;
use super::client::Client;
use super::variable;
use crate::net::PeerAddress;
use crate::server::{ConnKey, Peer};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// Both ways between ids and keys, and what is kept about each connection. Events come with keys, and find the
/// client by slot; calls come with ids.
#[derive(Default)]
pub struct Clients {
    /// By shard, then slot.
    by_slot: Vec<Vec<Option<Rc<Client>>>>,
    /// Clients whose slot is another one's by now: they are paused, and their end is held with their messages.
    displaced: HashMap<ConnKey, Rc<Client>>,
    by_id: HashMap<i64, ConnKey, BuildHasherDefault<IdHasher>>,
    last: i64,
    /// Our end of the latest connection: it is mostly that of the next one too.
    local: Option<Rc<PeerAddress>>,
}

impl Clients {
    /// Gives a new connection its id.
    pub fn insert(&mut self, key: ConnKey, peer: &Peer) -> Rc<Client> {
        self.last += 1;
        let local = match &self.local {
            Some(local) if **local == peer.local => Rc::clone(local),
            _ => Rc::clone(self.local.insert(Rc::new(peer.local.clone()))),
        };
        let client = Rc::new(Client::new(self.last, key, peer.remote.clone(), local));
        let (shard, slot) = (usize::from(key.shard()), key.slot());
        if self.by_slot.len() <= shard {
            self.by_slot.resize_with(shard + 1, Vec::new);
        }
        let slots = &mut self.by_slot[shard];
        if slots.len() <= slot {
            slots.resize_with(slot + 1, || None);
        }
        if let Some(before) = slots[slot].replace(Rc::clone(&client)) {
            self.displaced.insert(before.key, before);
        }
        self.by_id.insert(self.last, key);
        client
    }

    /// `None` once it was removed, whatever the slot is used for now.
    #[inline]
    pub fn client(&self, key: ConnKey) -> Option<&Rc<Client>> {
        match self.by_slot.get(usize::from(key.shard()))?.get(key.slot())? {
            Some(client) if client.key == key => Some(client),
            _ => self.displaced.get(&key),
        }
    }

    pub fn with_id(&self, id: i64) -> Option<&Rc<Client>> {
        self.client(self.key(id)?)
    }

    /// The id of a connection.
    #[inline]
    pub fn id(&self, key: ConnKey) -> Option<i64> {
        self.client(key).map(|client| client.id)
    }

    #[inline]
    pub fn key(&self, id: i64) -> Option<ConnKey> {
        self.by_id.get(&id).copied()
    }

    /// The caller lets it go, when nothing is borrowed.
    pub fn remove(&mut self, id: i64) -> Option<Rc<Client>> {
        let key = self.by_id.remove(&id)?;
        let slot = self.by_slot.get_mut(usize::from(key.shard()))?.get_mut(key.slot())?;
        slot.take_if(|client| client.key == key).or_else(|| self.displaced.remove(&key))
    }

    /// All ids, in the order of arrival.
    pub fn sorted(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.by_id.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// All clients, in the order of arrival.
    pub fn all(&self) -> Vec<Rc<Client>> {
        let mut all: Vec<Rc<Client>> = self.iter().map(Rc::clone).collect();
        all.sort_unstable_by_key(|client| client.id);
        all
    }

    pub fn iter(&self) -> impl Iterator<Item = &Rc<Client>> {
        self.by_slot.iter().flatten().flatten().chain(self.displaced.values())
    }

    /// At the end of the server.
    pub fn let_all_go(self) -> Result<(), Ending> {
        let mut result = Ok(());
        for client in self.by_slot.into_iter().flatten().flatten().chain(self.displaced.into_values()) {
            result = result.and(variable::settle(client.let_go()));
        }
        result
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
