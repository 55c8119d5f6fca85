//! Streams that are being sent to clients piece by piece: what is no plain file, which the driver sends by itself.

use super::agenda::remove_watch;
use super::borrowed::{BorrowedStream, State};
use super::call::Ending;
use super::face::Face;
use super::running;
use super::shim::{self, Outcome};
use super::watches::{Target, Watches};
use crate::protocol::UsageError;
use crate::server::{ConnKey, Sent};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Bytes that may wait for the client before more is read.
const ENOUGH: usize = 4 * CHUNK;

#[derive(Default)]
pub struct Transfers {
    transfers: RefCell<HashMap<ConnKey, Transfer>>,
}

#[derive(Clone)]
struct Transfer {
    stream: Rc<BorrowedStream>,
    /// Reading it waits for somebody: it is read when it is ready.
    waits: bool,
    /// The watch that tells.
    watch: Option<i64>,
}

/// What a step has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is no transfer to this connection.
    None,
    More,
    Done,
}

impl Transfers {
    /// The message was begun with the driver.
    pub fn begin(&self, key: ConnKey, stream: BorrowedStream, waits: bool) {
        let transfer = Transfer { stream: Rc::new(stream), waits, watch: None };
        self.transfers.borrow_mut().insert(key, transfer);
        running::with(|running| running.driver.tell_drain(key));
    }

    pub fn contains(&self, key: ConnKey) -> bool {
        self.transfers.borrow().contains_key(&key)
    }

    /// Forgets it; where there was one, its message is to be ended.
    pub fn forget(&self, key: ConnKey, watches: &RefCell<Watches>) -> bool {
        let Some(transfer) = self.transfers.borrow_mut().remove(&key) else { return false };
        let watch = transfer.watch.and_then(|watch| remove_watch(watches, watch));
        // Both are dropped here, where nothing is borrowed: the stream may be closed by that.
        drop((watch, transfer));
        true
    }

    /// Sends what can be sent now: the client has taken what it was sent, or (`ready`) the stream has something.
    pub fn step(
        &self,
        key: ConnKey,
        ready: bool,
        watches: &RefCell<Watches>,
        face: &dyn Face,
    ) -> Result<Step, Ending> {
        let Some(Transfer { stream, waits, watch }) = self.transfers.borrow().get(&key).cloned() else {
            return Ok(Step::None);
        };
        let mut ready = ready || !waits;
        let mut bytes = vec![0; CHUNK];
        loop {
            if buffered_ahead(key) >= ENOUGH {
                self.wait_for_client(key, watch, watches);
                return Ok(Step::More);
            }
            match stream.state() {
                State::Closed => return Ok(self.end(key, watches)),
                State::Buffered => {}
                State::Open if ready => {}
                State::Open => {
                    self.wait_for_stream(key, &stream, watch, watches)?;
                    return Ok(Step::More);
                }
            }
            let read = stream.read(&mut bytes)?;
            // A stream wrapper of the application's may have thrown: that ends the message.
            let outcome = shim::ws_pending();
            if outcome != Outcome::Returned {
                face.settle_call(outcome)?;
                return Ok(self.end(key, watches));
            }
            ready = !waits;
            match read {
                None => return Ok(self.end(key, watches)),
                Some(0) if !waits => {
                    self.wait_for_client(key, watch, watches);
                    return Ok(Step::More);
                }
                Some(count) => {
                    let sent = running::with(|running| running.driver.write_message(key, &bytes[..count]));
                    match sent {
                        Some(Ok(Sent::Queued)) => {}
                        Some(Err(UsageError::TextUtf8)) => {
                            log::warn!("a stream can't be sent on: it is not UTF-8");
                            running::with(|running| running.driver.fail(key, 1011, "stream can't be sent"));
                            return Ok(self.end(key, watches));
                        }
                        // It is gone.
                        _ => return Ok(self.end(key, watches)),
                    }
                }
            }
        }
    }

    /// A `Drain` event starts the next step.
    fn wait_for_client(&self, key: ConnKey, watch: Option<i64>, watches: &RefCell<Watches>) {
        if let Some(watch) = watch {
            let removed = remove_watch(watches, watch);
            self.change(key, |transfer| transfer.watch = None);
            drop(removed);
        }
        running::with(|running| running.driver.tell_drain(key));
    }

    fn wait_for_stream(
        &self,
        key: ConnKey,
        stream: &Rc<BorrowedStream>,
        watch: Option<i64>,
        watches: &RefCell<Watches>,
    ) -> Result<(), Ending> {
        if watch.is_some() {
            return Ok(());
        }
        if let Some(fd) = stream.descriptor()? {
            let watch = watches.borrow_mut().add(Rc::clone(stream), fd, Target::Transfer(key), false);
            self.change(key, |transfer| transfer.watch = Some(watch));
        }
        Ok(())
    }

    fn end(&self, key: ConnKey, watches: &RefCell<Watches>) -> Step {
        self.forget(key, watches);
        running::with(|running| {
            // A text that ends inside a character can't be ended; the client is told why.
            if running.driver.end_message(key).is_err() {
                running.driver.fail(key, 1011, "stream can't be sent");
            }
            running.driver.tell_drain(key);
        });
        Step::Done
    }

    fn change(&self, key: ConnKey, change: impl FnOnce(&mut Transfer)) {
        self.transfers.borrow_mut().get_mut(&key).map(change);
    }
}

/// What others have sent meanwhile does not count: it waits for our end.
fn buffered_ahead(key: ConnKey) -> usize {
    running::with(|running| running.driver.buffered_ahead(key)).unwrap_or(0)
}
