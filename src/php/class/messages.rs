//! Messages on their way to handlers: at once where nothing is in the way, else held until it is gone.

use super::closing::answer_close;
use super::handlers::Name;
use super::server::Server;
use crate::php::call::Ending;
use crate::php::client::{Client, Phase};
use crate::php::payload::ZendPayload;
use crate::php::running;
use crate::php::value::Value;
use crate::server::{ConnKey, Event};
use std::rc::Rc;

impl Server {
    /// The hot path.
    #[inline]
    pub(super) fn whole_message(
        &self,
        key: ConnKey,
        payload: ZendPayload,
        binary: bool,
    ) -> Result<(), Ending> {
        let Some(client) = running::client(key) else { return Ok(()) };
        // No message reaches a handler once the application has closed the connection.
        if client.phase() != Phase::Open {
            return Ok(());
        }
        if client.is_on_a_detour() {
            let event = if binary { Event::Binary { key, payload } } else { Event::Text { key, payload } };
            return self.detour(&client, event);
        }
        let name = if binary { Name::Binary } else { Name::Text };
        let payload = if binary { payload.into_value() } else { payload.into_text() };
        self.call_message(name, &client, payload, binary)
    }

    /// What is no whole message.
    pub(super) fn message(&self, key: ConnKey, event: Event<ZendPayload>) -> Result<(), Ending> {
        let Some(client) = running::client(key) else { return Ok(()) };
        if client.phase() != Phase::Open {
            return Ok(());
        }
        if client.is_on_a_detour() {
            return self.detour(&client, event);
        }
        self.hand_over(&client, event)
    }

    /// It is paused, or in line mode.
    #[cold]
    fn detour(&self, client: &Rc<Client>, event: Event<ZendPayload>) -> Result<(), Ending> {
        client.extras(|extras| extras.held.push_back(event));
        self.deliver(client)
    }

    /// Hands out what a connection holds, in order, until it is paused.
    pub(super) fn deliver(&self, client: &Rc<Client>) -> Result<(), Ending> {
        loop {
            if client.phase() == Phase::Open {
                if client.is_paused() {
                    return Ok(());
                }
                if self.next_line(client)? {
                    continue;
                }
            }
            let Some(event) = client.extras(|extras| extras.held.pop_front()) else { break };
            match event {
                Event::Close { closed, .. } => return self.finish(client, &closed),
                Event::CloseReceived { key, .. } => answer_close(key),
                _ if client.phase() != Phase::Open => {}
                Event::Text { payload, .. } if client.is_in_line_mode() => {
                    client.push_line_bytes(payload.as_ref())
                }
                Event::Binary { payload, .. } if client.is_in_line_mode() => {
                    client.push_line_bytes(payload.as_ref());
                }
                Event::Fragment { data, .. } if client.is_in_line_mode() => {
                    client.push_line_bytes(data.as_ref())
                }
                event => self.hand_over(client, event)?,
            }
        }
        client.straighten();
        Ok(())
    }

    /// True: a line was handed over, or what line mode has left.
    fn next_line(&self, client: &Rc<Client>) -> Result<bool, Ending> {
        let Some(line) = client.next_line() else { return Ok(false) };
        if client.is_in_line_mode() {
            self.call_with(Name::Line, client, Value::string(&line))?;
        } else {
            self.call_message(Name::Text, client, Value::string(&line), false)?;
        }
        Ok(true)
    }

    /// Calls the handler for a message of any kind.
    fn hand_over(&self, client: &Rc<Client>, event: Event<ZendPayload>) -> Result<(), Ending> {
        match event {
            Event::Text { payload, .. } => self.call_message(Name::Text, client, payload.into_value(), false),
            Event::Binary { payload, .. } => {
                self.call_message(Name::Binary, client, payload.into_value(), true)
            }
            Event::Ping { payload, .. } => self.call_with(Name::Ping, client, payload.into_value()),
            Event::Pong { payload, .. } => self.call_with(Name::Pong, client, payload.into_value()),
            Event::Fragment { data, binary, last, .. } => {
                let Some(handler) = self.handlers.handler(Name::Fragment) else { return Ok(()) };
                let mut arguments =
                    [client.handle(), data.into_value(), Value::bool(last), Value::bool(binary)];
                self.settle(handler.call(&mut arguments), Some(client))
            }
            _ => Ok(()),
        }
    }

    /// The handler for the kind of message, or the one for all kinds.
    #[inline(always)]
    fn call_message(
        &self,
        name: Name,
        client: &Rc<Client>,
        payload: Value,
        binary: bool,
    ) -> Result<(), Ending> {
        if let Some(handler) = self.handlers.handler(name) {
            return self.settle(handler.call(&mut [client.handle(), payload]), Some(client));
        }
        self.call_for_any_message(client, payload, binary)
    }

    #[inline(never)]
    fn call_for_any_message(&self, client: &Rc<Client>, payload: Value, binary: bool) -> Result<(), Ending> {
        match self.handlers.handler(Name::Message) {
            Some(handler) => {
                let mut arguments = [client.handle(), payload, Value::bool(binary)];
                self.settle(handler.call(&mut arguments), Some(client))
            }
            None => {
                payload.discard();
                Ok(())
            }
        }
    }

    fn call_with(&self, name: Name, client: &Rc<Client>, payload: Value) -> Result<(), Ending> {
        match self.handlers.handler(name) {
            Some(handler) => self.settle(handler.call(&mut [client.handle(), payload]), Some(client)),
            None => {
                payload.discard();
                Ok(())
            }
        }
    }
}
