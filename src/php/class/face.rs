//! From events to handlers.

use super::handlers::Name;
use super::server::Server;
use super::todo::Task;
use crate::php::call::Ending;
use crate::php::client::{Client, Phase};
use crate::php::face::Face;
use crate::php::payload::ZendPayload;
use crate::php::running::{self, Stop};
use crate::php::shim::Outcome;
use crate::php::throwable::Throwable;
use crate::php::value::Value;
use crate::protocol::Reject;
use crate::server::{ConnKey, Event, Peer};
use std::rc::Rc;

impl Face for Server {
    fn started(&self) -> Result<(), Ending> {
        self.has_started.set(true);
        self.reconfigure();
        self.tell(Name::Start)
    }

    fn on_event(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        match event {
            Event::Text { key, payload } => return self.on_message(key, payload, false),
            Event::Binary { key, payload } => return self.on_message(key, payload, true),
            Event::Fragment { key, .. } | Event::Ping { key, .. } | Event::Pong { key, .. } => {
                self.message(key, event)?;
            }
            Event::Connect { key, peer } => self.connect(key, &peer)?,
            Event::Request { key, request, tls } => self.request(key, request, tls)?,
            Event::Open { key, request, tls } => self.accepted_already(key, request, tls)?,
            Event::Drain { key } => self.drain(key)?,
            Event::Close { key, closed } => self.closed(key, closed)?,
            Event::Fifo { data } => self.fifo(&data)?,
            Event::Trouble { what } => log::warn!("{what}"),
            Event::CloseReceived { .. } => self.close_received(event)?,
            // Raw reads and plain requests are not asked for; descriptors and control connections are the loop's.
            Event::Read { .. } | Event::HttpRequest { .. } | Event::Ready { .. } | Event::Control { .. } => {}
        }
        self.finish_tasks()
    }

    fn on_message(&self, key: ConnKey, payload: ZendPayload, binary: bool) -> Result<(), Ending> {
        self.whole_message(key, payload, binary)?;
        self.finish_tasks()
    }

    fn on_late_event(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        match event {
            Event::Close { key, closed } => self.closed(key, closed),
            event @ Event::CloseReceived { .. } => self.close_received(event),
            _ => Ok(()),
        }
    }

    fn afterwards(&self) -> Result<(), Ending> {
        self.finish_tasks()?;
        self.tell_log()
    }

    fn settle_call(&self, outcome: Outcome) -> Result<(), Ending> {
        self.settle(outcome, None)
    }

    fn turn(&self) -> Result<(), Ending> {
        self.tell(Name::Tick)
    }

    /// Whoever is open gets a Close from the driver; who waits for a decision gets a 503.
    fn stopping(&self, _: &Stop) -> Result<(), Ending> {
        // What was accepted is open, and is told so before it is told the end.
        self.afterwards()?;
        for client in running::with(|running| running.clients.all()).unwrap_or_default() {
            match client.phase() {
                Phase::Connecting => {
                    running::with(|running| running.driver.reject(client.key, &Reject::status(503)));
                }
                Phase::Open | Phase::Closing => self.begin_closing(&client),
                Phase::Closed => {}
            }
        }
        self.afterwards()
    }

    fn stopped(&self) -> Result<(), Ending> {
        self.tell(Name::Stop)
    }

    fn disconnect(&self, id: i64, code: u16, reason: &str) -> Result<bool, Ending> {
        let client = running::with(|running| running.clients.client(running.clients.key(id)?).cloned());
        Ok(client.flatten().is_some_and(|client| self.close(&client, code, reason)))
    }

    fn deliver_later(&self, client: &Rc<Client>) {
        self.todo.push(Task::Deliver(Rc::clone(client)));
    }

    fn knows_lines(&self) -> bool {
        true
    }

    fn pinged(&self, _: i64) -> Result<(), Ending> {
        Ok(())
    }
}

impl Server {
    /// What callbacks have asked for.
    #[inline]
    fn finish_tasks(&self) -> Result<(), Ending> {
        while let Some(task) = self.todo.next() {
            match task {
                Task::Open(client) => self.opened(&client)?,
                Task::Deliver(client) => self.deliver(&client)?,
            }
        }
        Ok(())
    }

    fn connect(&self, key: ConnKey, peer: &Peer) -> Result<(), Ending> {
        let Some(client) = running::with(|running| running.clients.insert(key, peer)) else { return Ok(()) };
        let Some(handler) = self.handlers.handler(Name::Connect) else { return Ok(()) };
        let address = Value::string(client.remote_address().as_bytes());
        let port = Value::long(i64::from(client.remote_port()));
        let (outcome, welcome) = handler.call_unless_false(&mut [self.value(), address, port]);
        self.settle(outcome, None)?;
        let refusal = match outcome {
            Outcome::Returned if welcome => return Ok(()),
            Outcome::Returned => 403,
            _ => 500,
        };
        // Its request may be here already: nobody is asked about it.
        client.set_phase(Phase::Closed);
        running::with(|running| running.driver.reject(key, &Reject::status(refusal)));
        Ok(())
    }

    fn drain(&self, key: ConnKey) -> Result<(), Ending> {
        match running::client(key) {
            Some(client) if client.phase() == Phase::Open => self.call(Name::Drain, &client),
            _ => Ok(()),
        }
    }

    fn fifo(&self, data: &[u8]) -> Result<(), Ending> {
        let Some(handler) = self.handlers.handler(Name::Fifo) else { return Ok(()) };
        self.settle(handler.call(&mut [self.value(), Value::string(data)]), None)
    }

    fn tell(&self, name: Name) -> Result<(), Ending> {
        let Some(handler) = self.handlers.handler(name) else { return Ok(()) };
        self.settle(handler.call(&mut [self.value()]), None)
    }

    /// Calls a handler that gets nothing but the connection.
    fn call(&self, name: Name, client: &Rc<Client>) -> Result<(), Ending> {
        let Some(handler) = self.handlers.handler(name) else { return Ok(()) };
        self.settle(handler.call(&mut [client.handle()]), Some(client))
    }

    /// What an outcome means: an exception closes the connection in hand with 1011 and is told to the error handler, or
    /// the log; the server goes on.
    #[inline]
    pub(super) fn settle(&self, outcome: Outcome, client: Option<&Rc<Client>>) -> Result<(), Ending> {
        match outcome {
            Outcome::Returned => Ok(()),
            Outcome::Threw => self.uncaught(client),
            Outcome::Exit => Err(Ending::Exit),
            Outcome::Bailout => Err(Ending::Bailout),
        }
    }

    #[cold]
    fn uncaught(&self, client: Option<&Rc<Client>>) -> Result<(), Ending> {
        let thrown = Throwable::take();
        // Before the handler is told: what it does to the connection comes too late to matter.
        if let Some(client) = client
            && client.phase() == Phase::Open
        {
            self.begin_closing(client);
            running::with(|running| running.driver.fail(client.key, 1011, "internal error"));
        }
        let Some(handler) = self.handlers.handler(Name::Error) else {
            return self.log_uncaught(&thrown, client);
        };
        let connection = client.map_or_else(Value::null, |client| client.handle());
        match handler.call(&mut [thrown.value(), connection]) {
            Outcome::Threw => {
                log::error!("uncaught in the error handler: {}", Throwable::take().describe()?);
                log::error!("it was told of: {}", thrown.describe()?);
                Ok(())
            }
            Outcome::Returned => Ok(()),
            Outcome::Exit => Err(Ending::Exit),
            Outcome::Bailout => Err(Ending::Bailout),
        }
    }
}
