//! Log lines for PHP: the `log` event, and a logger. They come between callbacks, in the order in which they were
//! written, whichever thread wrote them.

use super::handlers::Name;
use super::server::Server;
use crate::php::array::Array;
use crate::php::call::{Callback, Ending};
use crate::php::client::Client;
use crate::php::label::Label;
use crate::php::log as sink;
use crate::php::shim::Outcome;
use crate::php::throwable::Throwable;
use crate::php::value::Value;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// What `setLogger()` was given: a PSR-3 logger's `log` and any callable take the same arguments.
#[derive(Default)]
pub struct Logger {
    callback: RefCell<Option<Rc<Callback>>>,
    /// Whether there is anybody to be told.
    listens: Cell<bool>,
}

impl Logger {
    /// For the cycle collector.
    pub fn for_each(&self, look: &mut impl FnMut(&Callback)) {
        self.callback.borrow().iter().for_each(|callback| look(callback));
    }
}

impl Server {
    /// It gets the lines instead of the `log` option's target; `None` goes back to that.
    pub fn set_logger(&self, callback: Option<Callback>) {
        let callback = callback.map(|callback| Rc::new(callback.called_for(Label::LOGGER)));
        let old = self.logger.callback.replace(callback);
        drop(old);
        self.update_audience();
    }

    /// Lets the sink know whether PHP listens.
    pub(super) fn update_audience(&self) {
        let instead = self.logger.callback.borrow().is_some();
        let listens = instead || self.handlers.has(Name::Log);
        self.logger.listens.set(listens);
        if self.is_starting_or_up() {
            if listens { sink::listen(instead) } else { sink::leave() }
        }
    }

    /// Tells PHP what was logged since the last time.
    pub(super) fn tell_log(&self) -> Result<(), Ending> {
        if !self.logger.listens.get() {
            return Ok(());
        }
        // What the listeners themselves bring about comes the next time.
        for _ in 0..sink::waiting() {
            let Some(line) = sink::next_line() else { break };
            self.tell_line(line.level, &line.message, Value::array)?;
        }
        Ok(())
    }

    /// An exception that nobody has caught, where there is no error handler.
    pub(super) fn log_uncaught(&self, thrown: &Throwable, client: Option<&Rc<Client>>) -> Result<(), Ending> {
        let description = thrown.describe()?;
        let message = match client {
            Some(client) => format!("uncaught in a callback for client {}: {description}", client.id),
            None => format!("uncaught in a callback: {description}"),
        };
        if !self.logger.listens.get() {
            log::error!("{message}");
            return Ok(());
        }
        if self.logger.callback.borrow().is_none() {
            sink::write_past_audience(&message);
        } else {
            sink::show("error", &message);
        }
        self.tell_line("error", &message, || {
            let mut context = Array::new();
            context.set("exception", thrown.shared());
            context.set("connection", client.map_or_else(Value::null, |client| Value::long(client.id)));
            context.into_value()
        })
    }

    fn tell_line(&self, level: &str, message: &str, context: impl Fn() -> Value) -> Result<(), Ending> {
        let logger = self.logger.callback.borrow().clone();
        for callback in logger.into_iter().chain(self.handlers.handler(Name::Log)) {
            let mut arguments =
                [Value::string(level.as_bytes()), Value::string(message.as_bytes()), context()];
            match callback.call(&mut arguments) {
                Outcome::Returned => {}
                // Not through the log: it would come back here.
                Outcome::Threw => {
                    let description = Throwable::take().describe()?;
                    sink::write_past_audience(&format!("uncaught in a logger: {description}"));
                }
                Outcome::Exit => return Err(Ending::Exit),
                Outcome::Bailout => return Err(Ending::Bailout),
            }
        }
        Ok(())
    }
}
