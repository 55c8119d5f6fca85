//! The connections that a parameter names.

use super::client::Phase;
use super::function::Failure;
use super::{object, running};
use crate::server::ConnKey;
use ext_php_rs::types::ZendHashTable;

/// The connections behind a list of ids and `WsConnection`s; those that are gone are left out.
pub fn keys(list: Option<&ZendHashTable>) -> Result<Vec<ConnKey>, Failure> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let mut keys = Vec::with_capacity(list.len());
    for value in list.values() {
        let value = value.dereference();
        if let Some(id) = value.long() {
            keys.extend(running::with_connection(id, |_, key| key));
        } else if let Some(client) = object::client(value) {
            // A handle may outlive its server, and the key mean another connection by now.
            keys.extend((client.phase() == Phase::Open).then_some(client.key));
        } else {
            return Err(Failure::exception("$except must be a list of connections or their ids (int)"));
        }
    }
    Ok(keys)
}
