//! `$connections`: the application's picture of the clients.
//!
//! It belongs to the application, which adds keys of its own, copies it, unsets elements or assigns something
//! else; the extension writes to it and never decides by what it finds there.

use crate::php::call::Ending;
use crate::php::shim;
use crate::php::value::Value;
use crate::php::variable::{Variable, settle};

/// `$connection["state"]`; the numbers are those of `ws_states` in `shim.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Connecting = 0,
    Open = 1,
    /// The peer is gone; nothing can be sent any more.
    RemoteTerminated = 2,
}

pub struct Mirror {
    connections: Variable,
}

/// Fields of an element to write; the others stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Update {
    pub state: Option<State>,
    /// `buffer` = [].
    pub buffer: bool,
    /// As `microtime(true)` has it.
    pub ping_time: Option<f64>,
    pub pong_time: Option<f64>,
}

impl Mirror {
    pub fn share() -> Result<Mirror, Ending> {
        let mirror = Mirror { connections: Variable::global("connections") };
        mirror.connections.assign(Value::array())?;
        Ok(mirror)
    }

    /// `&$connections`.
    #[inline]
    pub fn all(&self) -> Value {
        self.connections.value()
    }

    pub fn add(&self, id: i64, peer_name: &str, state: State) -> Result<(), Ending> {
        self.connections.put(id, Value::connection(peer_name, state))?;
        if state == State::Open {
            self.update(id, Update { buffer: true, ..Update::default() })
        } else {
            Ok(())
        }
    }

    /// `&$connections[$id]`, for the next call. `None` where the application has removed the element.
    #[inline]
    pub fn element(&self, id: i64) -> Option<Value> {
        self.connections.element(id)
    }

    pub fn update(&self, id: i64, update: Update) -> Result<(), Ending> {
        let state = update.state.map_or(-1, |state| state as i32);
        let (ping, pong) = (update.ping_time.unwrap_or(f64::NAN), update.pong_time.unwrap_or(f64::NAN));
        // SAFETY: the reference is alive; the shim looks at what it finds before it writes.
        settle(unsafe {
            shim::ws_connection_update(self.connections.as_ptr(), id as u64, state, update.buffer, ping, pong)
        })
    }

    pub fn remove(&self, id: i64) -> Result<(), Ending> {
        self.connections.remove(id)
    }
}
