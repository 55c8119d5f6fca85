//! Sources that are no connections: listeners, the FIFO, and descriptors watched for the application.

use super::Reactor;
use crate::net::Listener;
use crate::protocol::{Payload, Timestamp};
use crate::server::ingress::Fifo;
use crate::server::{ConnKey, Event, SourceId, StartError};
use mio::Interest;
use mio::unix::SourceFd;
use std::io;
use std::os::fd::RawFd;

#[derive(Debug)]
pub enum Source {
    Listener { listener: Listener, index: usize },
    ControlListener(Listener),
    Fifo(Box<Fifo>),
    Watch { fd: RawFd, interest: Interest, readable: bool, writable: bool },
}

impl Source {
    /// Remembers what the kernel said until the source is served.
    pub fn note(&mut self, can_read: bool, can_write: bool) {
        if let Source::Watch { readable, writable, .. } = self {
            *readable |= can_read;
            *writable |= can_write;
        }
    }
}

impl<P: Payload> Reactor<P> {
    pub fn add_fifo(&mut self, fifo: Fifo) -> Result<(), StartError> {
        let id = self.next_source_id();
        fifo.register(self.poll.registry(), ConnKey::of_source(id).token()).map_err(StartError::Poll)?;
        self.sources.insert(id, Source::Fifo(Box::new(fifo)));
        Ok(())
    }

    /// Watches a descriptor of the caller's, who keeps it open until [`Reactor::unwatch`].
    pub fn watch(&mut self, fd: RawFd, readable: bool, writable: bool) -> io::Result<SourceId> {
        let interest = match (readable, writable) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (false, true) => Interest::WRITABLE,
            _ => Interest::READABLE,
        };
        let id = self.next_source_id();
        self.poll.registry().register(&mut SourceFd(&fd), ConnKey::of_source(id).token(), interest)?;
        self.sources.insert(id, Source::Watch { fd, interest, readable: false, writable: false });
        Ok(SourceId(id))
    }

    /// Has the kernel tell again if the descriptor is still ready: for those that don't use it up.
    pub fn rearm(&mut self, source: SourceId) -> io::Result<()> {
        let Some(Source::Watch { fd, interest, .. }) = self.sources.get(&source.0) else { return Ok(()) };
        let token = ConnKey::of_source(source.0).token();
        self.poll.registry().reregister(&mut SourceFd(fd), token, *interest)
    }

    pub fn unwatch(&mut self, source: SourceId) {
        if let Some(Source::Watch { fd, .. }) = self.sources.get(&source.0) {
            // A descriptor that its owner has closed before is not registered any more.
            let _ = self.poll.registry().deregister(&mut SourceFd(fd));
            self.sources.remove(&source.0);
        }
    }

    /// Watches a descriptor no more that its owner has closed: the number may name something else by now.
    pub fn forget(&mut self, source: SourceId) {
        if matches!(self.sources.get(&source.0), Some(Source::Watch { .. })) {
            self.sources.remove(&source.0);
        }
    }

    pub(super) fn next_source_id(&mut self) -> u32 {
        // Control connections come and go for as long as the server runs: the numbers may have been round once.
        loop {
            self.next_source = self.next_source.wrapping_add(1);
            let id = self.next_source;
            if !self.sources.contains_key(&id) && !self.controls.contains(id) {
                return id;
            }
        }
    }

    pub(super) fn source_deadline(&self) -> Option<Timestamp> {
        self.sources
            .values()
            .filter_map(|source| if let Source::Fifo(fifo) = source { fifo.deadline() } else { None })
            .min()
    }

    pub(super) fn serve_sources(&mut self, events: &mut Vec<Event<P>>) {
        for _ in 0..self.ready_sources.len() {
            let Some(id) = self.ready_sources.pop_front() else { break };
            match self.sources.get_mut(&id) {
                Some(Source::Listener { .. }) => self.accept_ready(id, events),
                Some(Source::ControlListener(_)) => self.accept_control(id, events),
                Some(Source::Fifo(fifo)) => {
                    let mut messages = Vec::new();
                    let read = fifo.read(&mut self.read_buffer, self.now, &mut messages);
                    match read {
                        Ok(true) => {}
                        Ok(false) => self.ready_sources.push_back(id),
                        Err(error) => {
                            events.push(Event::Trouble { what: format!("the FIFO can't be read: {error}") })
                        }
                    }
                    self.on_fifo_messages(messages, events);
                }
                Some(Source::Watch { readable, writable, .. }) => {
                    let (readable, writable) = (std::mem::take(readable), std::mem::take(writable));
                    if readable || writable {
                        events.push(Event::Ready { source: SourceId(id), readable, writable });
                    }
                }
                None => {}
            }
        }
        let now = self.now;
        let mut messages = Vec::new();
        for source in self.sources.values_mut() {
            if let Source::Fifo(fifo) = source {
                fifo.expire(now, &mut messages);
            }
        }
        self.on_fifo_messages(messages, events);
    }

    fn on_fifo_messages(&mut self, messages: Vec<Vec<u8>>, events: &mut Vec<Event<P>>) {
        self.stats.fifo_messages += messages.len() as u64;
        events.extend(messages.into_iter().map(|data| Event::Fifo { data }));
    }
}
