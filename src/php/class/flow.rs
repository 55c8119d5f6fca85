//! Pausing a connection, and going on.

use crate::php::client::{Client, Phase};
use crate::php::running;
use std::rc::Rc;

/// Nothing more is read from the socket; what was read already is held.
pub fn pause(client: &Rc<Client>) -> bool {
    if client.phase() != Phase::Open || client.is_paused() {
        return false;
    }
    client.set_paused(true);
    running::with(|running| running.driver.pause(client.key)) == Some(true)
}

/// What is held comes out first.
pub fn resume(client: &Rc<Client>) -> bool {
    if !client.is_paused() {
        return false;
    }
    client.set_paused(false);
    running::with(|running| running.driver.resume(client.key));
    deliver_later(client);
    true
}

pub fn deliver_later(client: &Rc<Client>) {
    if let Some(face) = running::with(|running| Rc::clone(&running.face)) {
        face.deliver_later(client);
    }
}
