//! The ends of a connection: one close event for each that opened.

use super::handlers::Name;
use super::server::Server;
use super::todo::Task;
use crate::php::call::Ending;
use crate::php::client::{Client, Phase};
use crate::php::payload::ZendPayload;
use crate::php::running;
use crate::php::value::Value;
use crate::protocol::Closed;
use crate::server::{ConnKey, Event};
use std::rc::Rc;

impl Server {
    /// `WsConnection::close`, `ws_server_disconnect`. False where it is not open.
    pub(super) fn close(&self, client: &Rc<Client>, code: u16, reason: &str) -> bool {
        if client.phase() != Phase::Open {
            return false;
        }
        let begun = running::with(|running| running.driver.close(client.key, code, reason));
        self.begin_closing(client);
        matches!(begun, Some(Ok(true)))
    }

    /// No message of its reaches a handler any more. If its end has come already, that is told next.
    pub(super) fn begin_closing(&self, client: &Rc<Client>) {
        client.set_phase(Phase::Closing);
        client.set_paused(false);
        if client.is_on_a_detour() {
            client.drop_held_messages();
            self.todo.push(Task::Deliver(Rc::clone(client)));
        }
    }

    /// The peer's Close, or the end for what it sent: held back until here, so that what came before it is answered
    /// first.
    pub(super) fn close_received(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        let Event::CloseReceived { key, .. } = event else { return Ok(()) };
        match running::client(key) {
            Some(client) if client.phase() == Phase::Open && client.is_on_a_detour() => {
                client.extras(|extras| extras.held.push_back(event));
                self.deliver(&client)
            }
            _ => {
                answer_close(key);
                Ok(())
            }
        }
    }

    /// The connection is over. Behind messages that are held, its end is too.
    pub(super) fn closed(&self, key: ConnKey, closed: Box<Closed>) -> Result<(), Ending> {
        let Some(client) = running::client(key) else { return Ok(()) };
        if client.has_handle() {
            let stats = running::with(|running| running.driver.connection_stats(key)).flatten();
            client.extras(|extras| extras.last_stats = stats);
        }
        if client.phase() == Phase::Open && client.is_on_a_detour() {
            client.extras(|extras| extras.held.push_back(Event::Close { key, closed }));
            return self.deliver(&client);
        }
        self.finish(&client, &closed)
    }

    pub(super) fn finish(&self, client: &Rc<Client>, closed: &Closed) -> Result<(), Ending> {
        let phase = client.phase();
        if phase == Phase::Open
            && let Some(rest) = client.take_line_rest()
            && let Some(handler) = self.handlers.handler(Name::Line)
        {
            let outcome = handler.call(&mut [client.handle(), Value::string(&rest)]);
            self.settle(outcome, Some(client))?;
        }
        client.set_phase(Phase::Closed);
        if matches!(phase, Phase::Open | Phase::Closing) {
            self.open.set(self.open.get().saturating_sub(1));
            log::debug!("client {} closed: {} {}", client.id, closed.code, closed.reason);
            if let Some(handler) = self.handlers.handler(Name::Close) {
                let outcome = handler.call(&mut [
                    client.handle(),
                    Value::long(i64::from(closed.code)),
                    Value::string(closed.reason.as_bytes()),
                    Value::bool(closed.clean),
                ]);
                self.settle(outcome, Some(client))?;
            }
        } else if phase == Phase::Connecting {
            log::debug!("client {} was not let in: {}", client.id, closed.reason);
        }
        running::with(|running| running.clients.remove(client.id));
        self.settle(client.let_go(), None)
    }
}

pub(super) fn answer_close(key: ConnKey) {
    running::with(|running| running.driver.reply_close(key, None));
}
