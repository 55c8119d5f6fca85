//! What the loop and the procedural functions know of the application, whichever way it was written.

use super::call::Ending;
use super::client::Client;
use super::payload::ZendPayload;
use super::running::Stop;
use super::shim::Outcome;
use crate::server::{ConnKey, Event};
use std::rc::Rc;

/// An application: callbacks, and what it is told when. Everything is `&self`: callbacks call back into it.
pub trait Face {
    /// The server listens.
    fn started(&self) -> Result<(), Ending>;

    fn on_event(&self, event: Event<ZendPayload>) -> Result<(), Ending>;

    /// The hot path of [`Face::on_event`]: a whole message.
    fn on_message(&self, key: ConnKey, payload: ZendPayload, binary: bool) -> Result<(), Ending>;

    /// What callbacks have asked for and what is done when they have returned. Before each wait, at least.
    fn afterwards(&self) -> Result<(), Ending>;

    /// What it means that a timer or a watch ended like this.
    fn settle_call(&self, outcome: Outcome) -> Result<(), Ending>;

    /// Once a turn of the loop.
    fn turn(&self) -> Result<(), Ending>;

    /// The end has been asked for: everyone is told.
    fn stopping(&self, stop: &Stop) -> Result<(), Ending>;

    /// Something that happened after [`Face::stopping`].
    fn on_late_event(&self, event: Event<ZendPayload>) -> Result<(), Ending>;

    /// Whether the end has to wait for something of the application's, once the last clients are gone. `hurry`: the
    /// end has been asked for twice.
    fn lingers(&self, hurry: bool) -> Result<bool, Ending> {
        let _ = hurry;
        Ok(false)
    }

    /// The last clients are gone, and there is nothing else to wait for.
    fn stopped(&self) -> Result<(), Ending>;

    /// `ws_server_disconnect`. False where there is no such client, or it is being closed already.
    fn disconnect(&self, id: i64, code: u16, reason: &str) -> Result<bool, Ending>;

    /// What was held of a client's messages can come out, when the callback in hand has returned.
    fn deliver_later(&self, client: &Rc<Client>);

    /// Whether it can be told lines.
    fn knows_lines(&self) -> bool;

    /// The application has sent a ping to this client.
    fn pinged(&self, id: i64) -> Result<(), Ending>;
}
