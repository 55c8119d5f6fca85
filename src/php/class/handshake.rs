//! From the upgrade request to the open event.

use super::handlers::Name;
use super::request::Pending;
use super::server::Server;
use super::todo::Task;
use crate::net::tls::TlsInfo;
use crate::php::call::Ending;
use crate::php::client::{Client, Phase};
use crate::php::object::Object;
use crate::php::running;
use crate::php::shim::Outcome;
use crate::protocol::{Accept, Reject, Request, UsageError};
use crate::server::ConnKey;
use std::rc::Rc;

impl Server {
    /// Asks the handler, who decides now, or keeps the request and decides later, or leaves it to us.
    pub(super) fn request(
        &self,
        key: ConnKey,
        request: Box<Request>,
        tls: Option<Box<TlsInfo>>,
    ) -> Result<(), Ending> {
        let Some(client) = running::client(key).filter(is_undecided) else { return Ok(()) };
        running::with(|running| client.requested(request, &running.access));
        client.set_tls(tls);
        let Some(handler) = self.handlers.handler(Name::Request) else {
            self.accept_as_asked(&client);
            return Ok(());
        };
        let pending = Rc::new(Pending::new(Rc::clone(&client), self.weak()));
        let object = Object::request(Rc::clone(&pending));
        let outcome = handler.call(&mut [self.value(), object.lent()]);
        let opened = client.phase() == Phase::Open;
        self.settle(outcome, opened.then_some(&client))?;
        if !pending.is_decided() {
            if outcome != Outcome::Returned {
                pending.decide();
                refuse(&client, 500);
            } else if !object.is_shared() {
                pending.decide();
                self.accept_as_asked(&client);
            }
        }
        self.settle(object.release(), None)
    }

    /// The driver accepted it by itself.
    pub(super) fn accepted_already(
        &self,
        key: ConnKey,
        request: Box<Request>,
        tls: Option<Box<TlsInfo>>,
    ) -> Result<(), Ending> {
        let Some(client) = running::client(key) else { return Ok(()) };
        if !is_undecided(&client) {
            // An I/O thread was faster than the connect handler, which was set a moment ago.
            running::with(|running| running.driver.fail(key, 1008, "refused"));
            return Ok(());
        }
        running::with(|running| client.requested(request, &running.access));
        client.set_tls(tls);
        let subprotocol = self.first_offered(&client);
        self.open(&client, subprotocol.as_deref());
        Ok(())
    }

    fn accept_as_asked(&self, client: &Rc<Client>) {
        let accept = Accept { subprotocol: self.first_offered(client), ..Accept::default() };
        // What the client has offered can be accepted.
        let _ = self.accept(client, &accept);
    }

    /// `Ok(false)`: the client is gone.
    pub(super) fn accept(&self, client: &Rc<Client>, accept: &Accept) -> Result<bool, UsageError> {
        // A request may outlive its server, and the key mean another connection by now.
        if client.phase() != Phase::Connecting {
            return Ok(false);
        }
        let accepted = running::with(|running| running.driver.accept(client.key, accept)).transpose()?;
        let accepted = accepted.unwrap_or(false);
        if accepted {
            self.open(client, accept.subprotocol.as_deref());
        }
        Ok(accepted)
    }

    /// The first of the subprotocols that the client offers that is ours too.
    pub(super) fn first_offered(&self, client: &Client) -> Option<String> {
        let options = self.options.borrow();
        let spoken = &options.parsed.config.protocol.subprotocols;
        client.request()?.choose_subprotocol(spoken).map(str::to_owned)
    }

    fn open(&self, client: &Rc<Client>, subprotocol: Option<&str>) {
        client.set_subprotocol(subprotocol);
        client.set_phase(Phase::Open);
        self.open.set(self.open.get() + 1);
        self.todo.push(Task::Open(Rc::clone(client)));
    }

    /// Tells the handler. It may have been closed meanwhile: it was open, and its close event follows.
    pub(super) fn opened(&self, client: &Rc<Client>) -> Result<(), Ending> {
        let Some(handler) = self.handlers.handler(Name::Open) else { return Ok(()) };
        self.settle(handler.call(&mut [client.handle()]), Some(client))
    }
}

/// Not refused by the connect handler.
fn is_undecided(client: &Rc<Client>) -> bool {
    client.phase() == Phase::Connecting
}

pub(super) fn refuse(client: &Client, status: u16) {
    running::with(|running| running.driver.reject(client.key, &Reject::status(status)));
}
