//! Streams that the application watches in our loop.
//!
//! A descriptor can be registered once, so watches of the same one share a registration. The application may close a
//! stream without telling; the number then names nothing, or something else: such a registration is forgotten, not
//! taken back.

use super::borrowed::{BorrowedStream, State};
use super::call::Callback;
use crate::protocol::Payload;
use crate::server::{ConnKey, Driver, SourceId};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;

#[derive(Default)]
pub struct Watches {
    /// In the order in which they were set.
    watches: BTreeMap<i64, Watch>,
    registrations: HashMap<RawFd, Registration>,
    /// Whether the registrations are behind the watches.
    changed: bool,
    last: i64,
}

struct Watch {
    stream: Rc<BorrowedStream>,
    target: Target,
    fd: RawFd,
    write: bool,
}

/// How the driver watches a descriptor.
struct Registration {
    /// `None` for a regular file: the kernel calls it always ready, and does not watch it.
    source: Option<SourceId>,
    wanted: Wanted,
    /// Where somebody else has registered the number: our own one for the same thing.
    _copy: Option<OwnedFd>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wanted {
    read: bool,
    write: bool,
}

/// Who wants to know.
#[derive(Clone)]
pub enum Target {
    Callback(Rc<Callback>),
    /// A stream that is being sent to this connection.
    Transfer(ConnKey),
}

/// What to call for a watch.
pub struct Call {
    pub id: i64,
    pub target: Target,
    pub stream: Rc<BorrowedStream>,
}

impl Watches {
    pub fn add(&mut self, stream: Rc<BorrowedStream>, fd: RawFd, target: Target, write: bool) -> i64 {
        self.last += 1;
        let watch = Watch { stream, target, fd, write };
        self.watches.insert(self.last, watch);
        self.changed = true;
        self.last
    }

    /// The caller drops what comes back, when nothing is borrowed. The registration ends now, not before the next wait:
    /// by then the number may name something else.
    pub fn remove<P: Payload>(&mut self, id: i64, driver: Option<&mut Driver<P>>) -> Option<Call> {
        let watch = self.watches.remove(&id)?;
        self.changed = true;
        if watch.is_closed() {
            self.forget_registration(watch.fd, driver);
        } else if !self.watches.values().any(|other| other.fd == watch.fd)
            && let Some(Registration { source: Some(source), .. }) = self.registrations.remove(&watch.fd)
            && let Some(driver) = driver
        {
            driver.unwatch(source);
        }
        Some(watch.call(id))
    }

    /// To be called before each wait. Brings the registrations in line with the watches, and removes those whose
    /// stream was closed. Whether there is something that the kernel will not tell of.
    pub fn prepare<P: Payload>(&mut self, driver: &mut Driver<P>) -> Prepared {
        let mut prepared = Prepared::default();
        for (id, watch) in &self.watches {
            match watch.stream.state() {
                State::Closed => prepared.closed.push(watch.call(*id)),
                State::Buffered => prepared.ready |= !watch.write,
                State::Open => {}
            }
        }
        for Call { id, .. } in &prepared.closed {
            self.forget(*id, driver);
        }
        if std::mem::take(&mut self.changed) {
            self.register(driver);
        }
        prepared.ready |= self.registrations.values().any(|registration| registration.source.is_none());
        prepared
    }

    /// What to call for a descriptor that is ready.
    pub fn ready(&self, source: SourceId, readable: bool, writable: bool) -> Vec<Call> {
        let found = self.registrations.iter().find(|(_, registration)| registration.source == Some(source));
        let Some((fd, _)) = found else { return Vec::new() };
        self.calls(|watch| watch.fd == *fd && if watch.write { writable } else { readable })
    }

    /// To be called when those were called: what they have not used up is told again. Not where one of them has closed
    /// its stream: the number may name something else by now.
    pub fn rearm<P: Payload>(&self, source: SourceId, driver: &mut Driver<P>) {
        let found = self.registrations.iter().find(|(_, registration)| registration.source == Some(source));
        let Some((fd, _)) = found else { return };
        if !self.watches.values().any(|watch| watch.fd == *fd && watch.is_closed()) {
            // It fails where the descriptor was closed behind PHP's back; such a watch tells nothing any more.
            let _ = driver.rearm(source);
        }
    }

    /// What is ready without the kernel's help: files, and streams with bytes in PHP's own buffer.
    pub fn ready_by_themselves(&self) -> Vec<Call> {
        let is_file =
            |fd| self.registrations.get(&fd).is_some_and(|registration| registration.source.is_none());
        self.calls(|watch| is_file(watch.fd) || (!watch.write && watch.stream.state() == State::Buffered))
    }

    pub fn contains(&self, id: i64) -> bool {
        self.watches.contains_key(&id)
    }

    pub fn len(&self) -> usize {
        self.watches.len()
    }

    pub fn callbacks(&self) -> impl Iterator<Item = &Rc<Callback>> {
        self.watches.values().filter_map(|watch| match &watch.target {
            Target::Callback(callback) => Some(callback),
            Target::Transfer(_) => None,
        })
    }

    /// The driver is gone, and its registrations with it.
    pub fn unregister(&mut self) {
        self.registrations.clear();
        self.changed = true;
    }

    fn register<P: Payload>(&mut self, driver: &mut Driver<P>) {
        let mut wanted: HashMap<RawFd, Wanted> = HashMap::new();
        for watch in self.watches.values() {
            let wanted = wanted.entry(watch.fd).or_default();
            wanted.read |= !watch.write;
            wanted.write |= watch.write;
        }
        self.registrations.retain(|fd, registration| {
            let stays = wanted.get(fd) == Some(&registration.wanted);
            if !stays && let Some(source) = registration.source {
                driver.unwatch(source);
            }
            stays
        });
        for (fd, wanted) in wanted {
            self.registrations.entry(fd).or_insert_with(|| Registration::new(driver, fd, wanted));
        }
    }

    /// Removes a watch whose stream was closed: its registration ended with the descriptor.
    fn forget<P: Payload>(&mut self, id: i64, driver: &mut Driver<P>) {
        let Some(watch) = self.watches.remove(&id) else { return };
        self.changed = true;
        self.forget_registration(watch.fd, Some(driver));
    }

    fn forget_registration<P: Payload>(&mut self, fd: RawFd, driver: Option<&mut Driver<P>>) {
        if let Some(Registration { source: Some(source), .. }) = self.registrations.remove(&fd)
            && let Some(driver) = driver
        {
            driver.forget(source);
        }
    }

    fn calls(&self, hit: impl Fn(&Watch) -> bool) -> Vec<Call> {
        self.watches.iter().filter(|(_, watch)| hit(watch)).map(|(id, watch)| watch.call(*id)).collect()
    }
}

/// What [`Watches::prepare`] found.
#[derive(Default)]
pub struct Prepared {
    /// Something is ready already.
    pub ready: bool,
    /// Watches that are gone because their stream is; to be dropped when nothing is borrowed.
    pub closed: Vec<Call>,
}

impl Registration {
    fn new<P: Payload>(driver: &mut Driver<P>, fd: RawFd, wanted: Wanted) -> Registration {
        let watch = |driver: &mut Driver<P>, fd| driver.watch(fd, wanted.read, wanted.write);
        let (source, copy) = match watch(driver, fd) {
            Ok(source) => (Some(source), None),
            // Standard input, say, which the server watches itself.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match duplicate(fd) {
                Ok(copy) => (watch(driver, copy.as_raw_fd()).ok(), Some(copy)),
                Err(_) => (None, None),
            },
            // EPERM: a file.
            Err(_) => (None, None),
        };
        Registration { source, wanted, _copy: copy }
    }
}

impl Watch {
    fn is_closed(&self) -> bool {
        self.stream.state() == State::Closed
    }

    fn call(&self, id: i64) -> Call {
        Call { id, target: self.target.clone(), stream: Rc::clone(&self.stream) }
    }
}

fn duplicate(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the stream that was looked at just now keeps it open.
    unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()
}
