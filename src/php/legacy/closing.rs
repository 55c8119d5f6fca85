//! Every way a connection ends for the application: one `before_close`, one `after_close`, whatever the reason.

use super::face::LegacyFace;
use super::mirror::{State, Update};
use crate::php::call::Ending;
use crate::php::payload::ZendPayload;
use crate::php::running;
use crate::protocol::{Closed, Reject};
use crate::server::{ConnKey, Driver};

/// What the client is told between the two callbacks.
#[derive(Debug, Clone, Copy)]
pub enum Farewell<'a> {
    /// A Close frame of ours; during the handshake an HTTP status.
    Close { code: u16, reason: &'a str, status: u16 },
    /// The answer to the client's own Close, with its code.
    Reply,
    /// An HTTP answer instead of the upgrade.
    Refuse(u16),
    /// The callback for it failed: a Close frame without waiting for an answer; during the handshake an HTTP status.
    Fail { code: u16, status: u16 },
    /// It is gone.
    Nothing,
}

impl LegacyFace {
    /// The client's Close came: the application may still send before it is answered.
    pub(super) fn close_received(&self, key: ConnKey) -> Result<(), Ending> {
        let Some(id) = running::id(key) else { return Ok(()) };
        self.leave(id, Farewell::Reply).map(drop)
    }

    /// The connection is over. Nothing is left to say where we closed it ourselves.
    pub(super) fn closed(&self, key: ConnKey, closed: &Closed) -> Result<(), Ending> {
        let Some(id) = running::id(key) else { return Ok(()) };
        log::debug!("client {id} closed: {} {}", closed.code, closed.reason);
        // 1006 without a mistake of the peer's: it hung up, or was not heard of any more.
        if closed.code == 1006 && closed.error.is_none() {
            self.change(id, |client| client.state = State::RemoteTerminated);
            self.mirror.update(id, Update { state: Some(State::RemoteTerminated), ..Update::default() })?;
        }
        self.leave(id, Farewell::Nothing).map(drop)
    }

    /// `ws_server_before_close`, the farewell, out of the arrays, `ws_server_after_close`.
    pub(super) fn leave(&self, id: i64, farewell: Farewell<'_>) -> Result<bool, Ending> {
        let entered = self.change(id, |client| !std::mem::replace(&mut client.leaving, true));
        if entered != Some(true) {
            return Ok(false);
        }
        if let Some(before_close) = &self.callbacks.before_close {
            let element = self.element(id)?;
            let outcome = before_close.call(&mut [self.mirror.all(), element]);
            self.settle(outcome, Some(id))?;
        }
        let client = running::with(|running| {
            let client = running.clients.remove(id)?;
            farewell.say(&mut running.driver, client.key);
            Some(client)
        });
        if let Some(client) = client.flatten() {
            self.settle(client.let_go(), None)?;
        }
        self.forget(id);
        self.mirror.remove(id)?;
        self.sockets.remove(id)?;
        if let Some(after_close) = &self.callbacks.after_close {
            let outcome = after_close.call(&mut [self.mirror.all()]);
            self.settle(outcome, None)?;
        }
        Ok(true)
    }
}

impl Farewell<'_> {
    /// Each falls back to the next ruder way, for a handshake that has not come so far.
    fn say(self, driver: &mut Driver<ZendPayload>, key: ConnKey) {
        let said = match self {
            Farewell::Close { code, reason, status } => {
                refuse(driver, key, status) || matches!(driver.close(key, code, reason), Ok(true))
            }
            Farewell::Reply => driver.reply_close(key, None),
            Farewell::Refuse(status) => refuse(driver, key, status),
            Farewell::Fail { code, status } => {
                refuse(driver, key, status) || driver.fail(key, code, "internal error")
            }
            Farewell::Nothing => true,
        };
        if !said {
            driver.fail(key, 1011, "");
        }
    }
}

fn refuse(driver: &mut Driver<ZendPayload>, key: ConnKey, status: u16) -> bool {
    matches!(driver.reject(key, &Reject::status(status)), Ok(true))
}
