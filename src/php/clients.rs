//! The connections as PHP knows them: by ids that count from 1 in the order of arrival and are never used again.
//!
//! Applications store ids in 32-bit columns, where a [`ConnKey`] would not fit.

use super::call::Ending;
use super::client::Client;
use super::variable;
use crate::net::PeerAddress;
use crate::server::{ConnKey, Peer};
use hashbrown::HashTable;
use std::collections::HashMap;
use std::rc::Rc;

/// Both ways between ids and keys, and what is kept about each connection. Events come with keys, and find the
/// client by slot; calls come with ids.
#[derive(Default)]
pub struct Clients {
    /// By shard, then slot.
    by_slot: Vec<Vec<Option<Rc<Client>>>>,
    /// Clients whose slot is another one's by now: they are paused, and their end is held with their messages.
    displaced: HashMap<ConnKey, Rc<Client>>,
    /// Without the ids themselves: the clients have them.
    by_id: HashTable<ConnKey>,
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
        let (by_slot, displaced) = (&self.by_slot, &self.displaced);
        let hash_of = |key: &ConnKey| find(by_slot, displaced, *key).map_or(0, |client| hash(client.id));
        self.by_id.insert_unique(hash(self.last), key, hash_of);
        client
    }

    /// `None` once it was removed, whatever the slot is used for now.
    #[inline]
    pub fn client(&self, key: ConnKey) -> Option<&Rc<Client>> {
        find(&self.by_slot, &self.displaced, key)
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
        let has_id = |key: &ConnKey| self.id(*key) == Some(id);
        self.by_id.find(hash(id), has_id).copied()
    }

    /// The caller lets it go, when nothing is borrowed.
    pub fn remove(&mut self, id: i64) -> Option<Rc<Client>> {
        let (by_slot, displaced) = (&self.by_slot, &self.displaced);
        let has_id = |key: &ConnKey| find(by_slot, displaced, *key).is_some_and(|client| client.id == id);
        let (key, _) = self.by_id.find_entry(hash(id), has_id).ok()?.remove();
        let slot = self.by_slot.get_mut(usize::from(key.shard()))?.get_mut(key.slot())?;
        slot.take_if(|client| client.key == key).or_else(|| self.displaced.remove(&key))
    }

    /// All ids, in the order of arrival.
    pub fn sorted(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.iter().map(|client| client.id).collect();
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

#[inline]
fn find<'a>(
    by_slot: &'a [Vec<Option<Rc<Client>>>],
    displaced: &'a HashMap<ConnKey, Rc<Client>>,
    key: ConnKey,
) -> Option<&'a Rc<Client>> {
    match by_slot.get(usize::from(key.shard()))?.get(key.slot())? {
        Some(client) if client.key == key => Some(client),
        _ => displaced.get(&key),
    }
}

/// Ids are ours and count upwards: one multiplication spreads them well enough.
#[inline]
fn hash(id: i64) -> u64 {
    let product = (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    // The table takes its index from the low bits, where a product is weakest.
    product ^ product >> 32
}
