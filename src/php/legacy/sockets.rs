//! `$server` and `$sockets`, as far as they go by now: numbers that stand for the sockets, with the legacy keys.
//!
//! `$sockets[0]` is `$server`, `$sockets[$client_key]` belongs to the client; `!== $server` and `count` work.

use crate::php::call::Ending;
use crate::php::value::Value;
use crate::php::variable::Variable;

pub struct Sockets {
    server: Variable,
    sockets: Variable,
}

/// The key and, for now, the value of the listener.
const SERVER: i64 = 0;

impl Sockets {
    pub fn share() -> Result<Sockets, Ending> {
        let sockets = Sockets { server: Variable::global("server"), sockets: Variable::global("sockets") };
        sockets.server.assign(Value::long(SERVER))?;
        sockets.sockets.assign(Value::array())?;
        sockets.add(SERVER)?;
        Ok(sockets)
    }

    /// `&$server`.
    pub fn server(&self) -> Value {
        self.server.value()
    }

    /// `&$sockets`.
    pub fn all(&self) -> Value {
        self.sockets.value()
    }

    pub fn add(&self, id: i64) -> Result<(), Ending> {
        self.sockets.put(id, Value::long(id))
    }

    pub fn remove(&self, id: i64) -> Result<(), Ending> {
        self.sockets.remove(id)
    }
}
