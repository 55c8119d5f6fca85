//! Clients that are paused: what came from them already waits here, in order.

use super::face::LegacyFace;
use crate::php::call::Ending;
use crate::php::client::{Client, Phase};
use crate::php::payload::ZendPayload;
use crate::php::running::{self, Course};
use crate::server::Event;
use std::rc::Rc;

/// The client behind an event, if the event has to wait behind others of its.
#[inline]
pub fn client(event: &Event<ZendPayload>) -> Option<Rc<Client>> {
    match event {
        Event::Text { key, .. }
        | Event::Binary { key, .. }
        | Event::Ping { key, .. }
        | Event::Pong { key, .. }
        | Event::Read { key, .. }
        | Event::CloseReceived { key, .. }
        | Event::Close { key, .. } => running::look(|running| {
            running.clients.client(*key).filter(|client| client.is_on_a_detour()).cloned()
        })
        .flatten(),
        _ => None,
    }
}

impl LegacyFace {
    #[cold]
    pub(super) fn hold(&self, client: &Rc<Client>, event: Event<ZendPayload>) -> Result<(), Ending> {
        client.extras(|extras| extras.held.push_back(event));
        self.deliver(client)
    }

    #[inline]
    pub(super) fn deliver_resumed(&self) -> Result<(), Ending> {
        loop {
            let Some(client) = self.resumed.borrow_mut().pop() else { return Ok(()) };
            self.deliver(&client)?;
        }
    }

    /// Hands out what a client holds, until it is paused again, or gone.
    fn deliver(&self, client: &Rc<Client>) -> Result<(), Ending> {
        while client.phase() == Phase::Open && running::course() == Course::On {
            if client.is_paused() {
                return Ok(());
            }
            let Some(event) = client.extras(|extras| extras.held.pop_front()) else { break };
            self.dispatch(event)?;
        }
        client.straighten();
        Ok(())
    }
}
