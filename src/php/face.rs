//! What the loop and the procedural functions know of the application, whichever way it was written.

use super::call::Ending;
use super::payload::ZendPayload;
use super::running::Stop;
use crate::server::Event;

/// An application: callbacks, and what it is told when. Everything is `&self`: callbacks call back into it.
pub trait Face {
    /// The server listens.
    fn started(&self) -> Result<(), Ending>;

    fn on_event(&self, event: Event<ZendPayload>) -> Result<(), Ending>;

    /// Once a turn of the loop.
    fn turn(&self) -> Result<(), Ending>;

    /// The end has been asked for: everyone is told.
    fn stopping(&self, stop: &Stop) -> Result<(), Ending>;

    /// Something that happened after [`Face::stopping`].
    fn on_late_event(&self, event: Event<ZendPayload>) -> Result<(), Ending>;

    /// The last clients are gone.
    fn stopped(&self) -> Result<(), Ending>;

    /// `ws_server_disconnect`. False where there is no such client, or it is being closed already.
    fn disconnect(&self, id: i64, code: u16, reason: &str) -> Result<bool, Ending>;

    /// The application has sent a ping to this client.
    fn pinged(&self, id: i64) -> Result<(), Ending>;
}
