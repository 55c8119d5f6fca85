//! `ws_server_read`: raw bytes, which the application sees before the protocol does, and may keep from it.

use super::callbacks::DataCallback;
use super::face::LegacyFace;
use crate::php::call::{Ending, Verdict};
use crate::php::running::{self, Stop};
use crate::php::shim::Outcome;
use crate::php::value::Value;
use crate::php::variable::Variable;
use crate::server::ConnKey;

impl LegacyFace {
    pub(super) fn read(&self, key: ConnKey, data: &[u8]) -> Result<(), Ending> {
        let (Some(callback), Some(client)) = (&self.callbacks.read, running::client(key)) else {
            // The application has closed it: what comes now is the client's answer, and the driver's business.
            return running::feed(key, data, &mut Vec::new());
        };
        let id = client.id;
        let element = self.element(id)?;
        let (outcome, verdict, changed) = callback.offer(self.mirror.all(), element, id, data);
        self.settle(outcome, Some(id))?;
        let data = changed.as_deref().unwrap_or(data);
        match verdict {
            Verdict::GoOn if outcome == Outcome::Returned => {}
            Verdict::Quit => {
                running::stop(Stop::default());
                return Ok(());
            }
            _ => return Ok(()),
        }
        let mut events = Vec::new();
        running::feed(key, data, &mut events)?;
        let mut events = events.into_iter();
        while let Some(event) = events.next() {
            self.dispatch(event)?;
            if running::course() != running::Course::On {
                break;
            }
            if client.is_paused() {
                client.hold_in_front(events);
                break;
            }
        }
        Ok(())
    }
}

impl DataCallback {
    /// Offers raw bytes to `ws_server_read`. Where it takes them by reference, the server goes on with what it made of
    /// them.
    fn offer(&self, all: Value, element: Value, id: i64, data: &[u8]) -> (Outcome, Verdict, Option<Vec<u8>>) {
        let variable = self.takes_data_by_reference().then(|| Variable::local(Value::string(data)));
        let data = variable.as_ref().map_or_else(|| Value::string(data), Variable::value);
        let (outcome, verdict) = if self.as_documented {
            self.callback.call_for_verdict(&mut [all, element, data])
        } else {
            self.callback.call_for_verdict(&mut [all, element, Value::long(id), data])
        };
        (outcome, verdict, variable.map(|variable| variable.to_bytes().unwrap_or_default()))
    }
}
