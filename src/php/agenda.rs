//! What the application has the loop do beside serving clients: timers and watched streams.

use super::borrowed::BorrowedStream;
use super::call::{Callback, Ending};
use super::face::Face;
use super::function::Failure;
use super::label::Label;
use super::payload::ZendPayload;
use super::running;
use super::shim;
use super::timers::Timers;
use super::transfers::{Step, Transfers};
use super::value::Value;
use super::watches::{Call, Target, Watches};
use crate::server::{ConnKey, SourceId};
use ext_php_rs::types::Zval;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// It lives as long as the server's PHP side does: what is set before the start counts from the start.
#[derive(Default)]
pub struct Agenda {
    timers: RefCell<Timers>,
    watches: RefCell<Watches>,
    transfers: Transfers,
}

impl Agenda {
    /// After so many seconds, and every so many seconds where it repeats.
    pub fn set_timer(&self, seconds: f64, callback: Callback, repeat: bool) -> Result<i64, Failure> {
        let after = Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|after| Instant::now().checked_add(*after).is_some())
            .ok_or_else(|| Failure::exception(format!("a timer cannot wait {seconds} s")))?;
        let id = self.timers.borrow_mut().set(after, callback.called_for(Label::TIMER), repeat);
        wake();
        Ok(id)
    }

    pub fn cancel_timer(&self, id: i64) -> bool {
        // Dropped outside of the borrow: a destructor may call back.
        let cancelled = self.timers.borrow_mut().cancel(id);
        cancelled.is_some()
    }

    /// Calls back with the stream whenever it can be read, or written to.
    pub fn watch(&self, stream: &Zval, callback: Callback, write: bool) -> Result<i64, Failure> {
        let Some(stream) = BorrowedStream::of(stream) else {
            return Err(Failure::exception("what is to be watched must be an open stream"));
        };
        let Some(fd) = stream.descriptor()? else {
            return Err(Failure::exception("the stream has no descriptor that could be watched"));
        };
        let target = Target::Callback(Rc::new(callback.called_for(Label::WATCH)));
        let id = self.watches.borrow_mut().add(Rc::new(stream), fd, target, write);
        wake();
        Ok(id)
    }

    pub fn unwatch(&self, id: i64) -> bool {
        // Dropped outside of the borrows: a destructor may call back.
        let removed = remove_watch(&self.watches, id);
        removed.is_some()
    }

    /// Sends a stream as one message; false where the connection is not open, or another one is being sent.
    pub fn send_stream(&self, key: ConnKey, stream: BorrowedStream, binary: bool) -> Result<bool, Ending> {
        if let Some(file) = stream.file()? {
            return Ok(running::with(|running| running.driver.send_file(key, file, binary)) == Some(true));
        }
        let waits = stream.waits()?;
        if running::with(|running| running.driver.begin_transfer(key, binary)) != Some(true) {
            return Ok(false);
        }
        self.transfers.begin(key, stream, waits);
        Ok(true)
    }

    /// Whether a stream is being sent to this connection.
    pub fn sends_stream(&self, key: ConnKey) -> bool {
        self.transfers.contains(key)
    }

    /// Ends the message of a stream where it is.
    pub fn cancel_stream(&self, key: ConnKey) -> bool {
        if self.transfers.forget(key, &self.watches) {
            // A text that was cut inside a character can't be ended.
            let ended = running::with(|running| running.driver.end_message(key));
            if matches!(ended, Some(Err(_))) {
                running::with(|running| running.driver.fail(key, 1011, "stream can't be sent"));
            }
            return true;
        }
        running::with(|running| running.driver.cancel_file(key)) == Some(true)
    }

    /// The connection is over.
    #[inline]
    pub fn forget(&self, key: ConnKey) {
        self.transfers.forget(key, &self.watches);
    }

    /// A connection has taken what it was sent. True: that was for us.
    pub fn on_drain(&self, key: ConnKey, face: &dyn Face) -> Result<bool, Ending> {
        Ok(self.transfers.step(key, false, &self.watches, face)? != Step::None)
    }

    /// Before a wait: how long it may be.
    pub fn prepare(&self) -> Duration {
        let prepared = running::with(|running| self.watches.borrow_mut().prepare(&mut running.driver));
        // The closed ones are dropped here, where nothing is borrowed.
        if prepared.is_some_and(|prepared| prepared.ready) {
            return Duration::ZERO;
        }
        let next = self.timers.borrow_mut().next();
        next.map_or(Duration::MAX, |next| next.saturating_duration_since(Instant::now()))
    }

    /// A watched descriptor is ready. Returns the number of callbacks that ran.
    pub fn on_ready(
        &self,
        source: SourceId,
        readable: bool,
        writable: bool,
        face: &dyn Face,
    ) -> Result<usize, Ending> {
        let calls = self.watches.borrow().ready(source, readable, writable);
        let count = self.call(calls, face)?;
        running::with(|running| self.watches.borrow().rearm(source, &mut running.driver));
        Ok(count)
    }

    /// Timers that are due, and streams that are ready without the kernel's help.
    pub fn run_due(&self, face: &dyn Face) -> Result<usize, Ending> {
        let calls = self.watches.borrow().ready_by_themselves();
        let mut count = self.call(calls, face)?;
        let due = self.timers.borrow_mut().due_now();
        for id in due {
            let callback = self.timers.borrow_mut().start(id);
            if let Some(callback) = callback {
                face.settle_call(callback.call(&mut []))?;
                count += 1;
                // It may have been the last that anybody has of the callable and what that holds.
                drop(callback);
                face.settle_call(shim::ws_pending())?;
            }
            if running::course() != running::Course::On {
                break;
            }
        }
        Ok(count)
    }

    /// How many timers and watches there are.
    pub fn len(&self) -> (usize, usize) {
        (self.timers.borrow().len(), self.watches.borrow().len())
    }

    /// The driver is gone; the watches stay.
    pub fn unregister(&self) {
        self.watches.borrow_mut().unregister();
    }

    /// For the cycle collector.
    pub fn for_each_callback(&self, mut look: impl FnMut(&Callback)) {
        self.timers.borrow().callbacks().for_each(|callback| look(callback));
        self.watches.borrow().callbacks().for_each(|callback| look(callback));
    }

    fn call(&self, calls: Vec<Call>, face: &dyn Face) -> Result<usize, Ending> {
        let mut count = 0;
        for Call { id, target, stream } in calls {
            // An earlier one may have removed it, or stopped the server.
            if running::course() != running::Course::On {
                break;
            }
            if !self.watches.borrow().contains(id) {
                continue;
            }
            match target {
                Target::Callback(callback) => {
                    face.settle_call(callback.call(&mut [Value::lent(stream.value())]))?;
                    count += 1;
                }
                Target::Transfer(key) => {
                    self.transfers.step(key, true, &self.watches, face)?;
                }
            }
            // Callable and stream may have been the last that anybody has of them.
            drop(stream);
            face.settle_call(shim::ws_pending())?;
        }
        Ok(count)
    }
}

/// Takes a watch out, with or without a server that runs.
pub fn remove_watch(watches: &RefCell<Watches>, id: i64) -> Option<Call> {
    let removed = running::with(|running| watches.borrow_mut().remove(id, Some(&mut running.driver)));
    removed.unwrap_or_else(|| watches.borrow_mut().remove::<ZendPayload>(id, None))
}

/// A foreign loop that waits for ours has to hear of what is new.
fn wake() {
    running::with(|_| ());
}
