//! The driver: the one place that knows which thread serves the sockets. Everything above it, and every test,
//! is the same whichever it is.
//!
//! | file | what |
//! |---|---|
//! | `start` | from a configuration to a server, and why there is none |
//! | `sending` | messages, files, topics |
//! | `pool` | PHP's side of the I/O threads |
//! | `secure` | certificates in use, and their files |
//! | `worker` | an I/O thread |
//! | `command` | what the one asks of the other |
//! | `control` | what programs on control connections ask for |
//! | `mailbox` | how it gets there, and wakes whoever sleeps |

mod command;
mod control;
mod mailbox;
mod pool;
mod secure;
mod sending;
mod start;
mod worker;

pub use sending::Sent;
pub use start::StartError;

use super::descriptors::DescriptorLimit;
use super::loads::Loads;
use super::pid_file::PidFile;
use super::reactor::Reactor;
use super::topics::Topics;
use super::{ConnKey, ConnectionStats, Counters, Event, ServerConfig, SlowClient, SourceId, Stats};
use crate::net::tls::TlsConfig;
use crate::protocol::{Accept, HttpResponse, Payload, Reject, UsageError};
use mailbox::Bell;
use pool::Pool;
use secure::Secure;
use sending::Writing;
use std::collections::HashMap;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Serves the sockets, on the calling thread or on I/O threads (`ServerConfig::io_threads`). Between two calls
/// nothing is borrowed, so the caller may run anything it likes, PHP included.
pub struct Driver<P: Payload> {
    /// The calling thread's own: FIFO and watched descriptors, and the sockets where there are no threads.
    reactor: Reactor<P>,
    threads: Option<Threads>,
    secure: Option<Secure>,
    topics: Topics,
    /// Messages that are being written in pieces.
    writing: HashMap<ConnKey, Writing>,
    addresses: Vec<String>,
    control_addresses: Vec<String>,
    /// Connections that are locked for a message in fragments, and by whom.
    locks: HashMap<ConnKey, SourceId>,
    /// In the order of the listeners, with how many connections these have.
    domains: Vec<String>,
    loads: Loads,
    slow_client: SlowClient,
    /// The first listener's descriptor.
    listening: Option<RawFd>,
    /// How many addresses were listened on since the start.
    listeners: usize,
    limit: DescriptorLimit,
    /// The last field: when it is gone, so is everything else.
    pid_file: Option<PidFile>,
}

struct Threads {
    pool: Pool,
    /// Wakes the calling thread.
    bell: Arc<Bell>,
}

/// Runs a command where the sockets are.
macro_rules! sockets {
    ($driver:expr, $name:ident ( $($argument:expr),* )) => {
        match &mut $driver.threads {
            Some(threads) => threads.pool.$name($($argument),*),
            None => $driver.reactor.$name($($argument),*),
        }
    };
}
use sockets;

impl<P: Payload> Driver<P> {
    /// The descriptor of the pid file, whose lock a forked child must let go.
    pub fn pid_file_descriptor(&self) -> Option<RawFd> {
        self.pid_file.as_ref().map(PidFile::descriptor)
    }

    /// The descriptor limit, as it was found and as it is now.
    pub fn descriptor_limit(&self) -> DescriptorLimit {
        self.limit
    }

    /// One turn: waits (at most `timeout`, `None`: until something happens), reads, decodes, times out. Events
    /// are appended. A signal ends the wait early, without an error.
    pub fn wait(&mut self, timeout: Option<Duration>, events: &mut Vec<Event<P>>) -> io::Result<()> {
        let before = events.len();
        let turned = match &mut self.threads {
            None => self.reactor.turn(timeout, events),
            Some(Threads { pool, bell }) => {
                bell.lie_down();
                let timeout = if pool.has_reports() { Some(Duration::ZERO) } else { timeout };
                let turned = self.reactor.turn(timeout, events);
                bell.get_up();
                pool.collect(events);
                turned
            }
        };
        self.forget_closed(&events[before..]);
        self.close_abandoned();
        if let Some(secure) = &self.secure {
            secure.tell(events);
        }
        turned
    }

    /// For a caller that waits elsewhere until it calls [`Driver::wait`] again: how long that may be, if
    /// [`Driver::descriptor_to_wait_for`] does not become readable before. `None`: as long as it likes.
    pub fn rest(&mut self) -> Option<Duration> {
        if let Some(Threads { pool, bell }) = &mut self.threads {
            // From now on the threads ring.
            bell.lie_down();
            if pool.has_reports() {
                return Some(Duration::ZERO);
            }
        }
        self.reactor.longest_wait(None)
    }

    pub fn descriptor_to_wait_for(&self) -> RawFd {
        self.reactor.descriptor_to_wait_for()
    }

    /// One write per connection for all that was sent since the last flush.
    pub fn flush(&mut self) {
        self.reactor.flush();
        if self.close_abandoned() {
            self.reactor.flush();
        }
    }

    /// Accepts an upgrade request; `Ok(false)` where there is none (any more).
    pub fn accept(&mut self, key: ConnKey, accept: &Accept) -> Result<bool, UsageError> {
        sockets!(self, accept(key, accept))
    }

    /// Refuses an upgrade request, or a connection that has not sent one yet; a `Close` event follows. `Ok(false)`
    /// where there is nothing to refuse (any more).
    pub fn reject(&mut self, key: ConnKey, reject: &Reject) -> Result<bool, UsageError> {
        sockets!(self, reject(key, reject))
    }

    /// Answers a request that asks for no upgrade; a `Close` event follows. `Ok(false)` where there is none (any more).
    pub fn respond(&mut self, key: ConnKey, response: &HttpResponse) -> Result<bool, UsageError> {
        sockets!(self, respond(key, response))
    }

    /// Changes options of a running server. Limits of sending, access rules and TCP options count from now on; those
    /// of the protocol (sizes, timeouts, subprotocols) for connections that come from now on. Addresses, threads, FIFO
    /// and `max_connections` stay as they were at the start.
    pub fn reconfigure(&mut self, config: ServerConfig) {
        let config = Arc::new(config);
        self.slow_client = config.slow_client;
        self.reactor.reconfigure(Arc::clone(&config));
        if let Some(threads) = &mut self.threads {
            threads.pool.reconfigure(config);
        }
    }

    /// Loads certificates again, or other ones: connections from now on get them, those that are open stay as they are.
    /// Where nothing listens with TLS, they are for those who will. On an error nothing changes.
    pub fn set_tls(&mut self, config: TlsConfig) -> Result<(), StartError> {
        match &self.secure {
            Some(secure) => secure.set(config)?,
            None => self.secure = Some(Secure::load(config)?),
        }
        Ok(())
    }

    /// The descriptor of a connection, only to ask whether it is ready: it belongs to the driver, which reads and
    /// writes it and closes it with the connection. `None` once the connection is over.
    pub fn descriptor(&self, key: ConnKey) -> Option<RawFd> {
        match &self.threads {
            Some(threads) => threads.pool.descriptor(key),
            None => self.reactor.descriptor(key),
        }
    }

    /// The descriptor of the first listener, likewise; it is closed when listening stops.
    pub fn listener_descriptor(&self) -> Option<RawFd> {
        self.listening
    }

    /// What is counted for one connection; `None` where it is gone, and its `Close` event was handed out in an earlier turn.
    pub fn connection_stats(&self, key: ConnKey) -> Option<ConnectionStats> {
        match &self.threads {
            Some(threads) => threads.pool.connection_stats(key),
            None => self.reactor.connection_stats(key),
        }
    }

    /// Sends a ping; `Ok(false)` where the connection is not open.
    pub fn ping(&mut self, key: ConnKey, payload: &[u8]) -> Result<bool, UsageError> {
        sockets!(self, ping(key, payload))
    }

    /// Starts the close handshake; `Ok(false)` where there is nothing to close. What was sent before goes out
    /// first, files and transfers included; a message of [`Driver::begin_message`] stays without its end. A connection
    /// whose upgrade is not done is cut.
    pub fn close(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        match self.writing.get(&key) {
            Some(writing) if writing.ends => sockets!(self, close_behind(key, code, reason)),
            _ => sockets!(self, close(key, code, reason)),
        }
    }

    /// Answers a peer's close (after [`Event::CloseReceived`]); `None` echoes the peer's code.
    pub fn reply_close(&mut self, key: ConnKey, code: Option<u16>) -> bool {
        match &mut self.threads {
            Some(threads) => threads.pool.reply_close(key, code),
            None => self.reactor.reply_close(key, code, ""),
        }
    }

    /// Ends a connection at once for a reason of the application's (1011 after an exception): a close frame
    /// goes out, a `Close` event follows.
    pub fn fail(&mut self, key: ConnKey, code: u16, reason: &str) -> bool {
        sockets!(self, fail(key, code, reason))
    }

    /// Gives back bytes of [`Event::Read`] to be processed. What they bring is appended to `events` now, or comes
    /// with a later turn where an I/O thread decodes them.
    pub fn feed(&mut self, key: ConnKey, data: &[u8], events: &mut Vec<Event<P>>) {
        let before = events.len();
        match &mut self.threads {
            Some(threads) => threads.pool.feed(key, data),
            None => self.reactor.feed(key, data, events),
        }
        self.forget_closed(&events[before..]);
    }

    /// Subscriptions end with their connection.
    fn forget_closed(&mut self, events: &[Event<P>]) {
        for event in events {
            if let Event::Close { key, .. } = event {
                self.topics.forget(*key);
                self.writing.remove(key);
                self.forget_lock(*key);
            }
        }
    }

    /// Reads nothing more from a connection until [`Driver::resume`]; what was read before is still handed out.
    pub fn pause(&mut self, key: ConnKey) -> bool {
        sockets!(self, pause(key))
    }

    /// Has a `Drain` event sent when nothing waits for the connection any more, be it now.
    pub fn tell_drain(&mut self, key: ConnKey) {
        sockets!(self, tell_drain(key));
    }

    pub fn resume(&mut self, key: ConnKey) -> bool {
        sockets!(self, resume(key))
    }

    pub fn is_open(&self, key: ConnKey) -> bool {
        match &self.threads {
            Some(threads) => threads.pool.is_open(key),
            None => self.reactor.is_open(key),
        }
    }

    /// The open connection that has shown this token (`AccessRules::tokens`).
    pub fn with_token(&self, token: &str) -> Option<ConnKey> {
        match &self.threads {
            Some(threads) => threads.pool.with_token(token),
            None => self.reactor.with_token(token),
        }
    }

    /// Bytes waiting for the connection to take them.
    pub fn buffered(&self, key: ConnKey) -> usize {
        match &self.threads {
            Some(threads) => threads.pool.buffered(key),
            None => self.reactor.buffered(key),
        }
    }

    /// The same without what waits for the end of a message in pieces.
    pub fn buffered_ahead(&self, key: ConnKey) -> usize {
        match &self.threads {
            Some(threads) => threads.pool.buffered_ahead(key),
            None => self.reactor.buffered_ahead(key),
        }
    }

    /// Addresses with their real ports, as URIs, in the order of `listen`.
    pub fn addresses(&self) -> Vec<String> {
        self.addresses.clone()
    }

    /// Begins the end: no more accepts, a close with this code to everyone; connections that have not answered
    /// by `deadline` are cut. Control connections that are there stay for as long as the driver does.
    pub fn shutdown(&mut self, code: u16, reason: &str, deadline: Instant) -> Result<(), UsageError> {
        self.listening = None;
        self.reactor.stop_listening_for_control();
        sockets!(self, shutdown(code, reason, deadline))
    }

    /// After [`Driver::shutdown`]: every connection's `Close` event has been handed out, and its last bytes are with the
    /// kernel. Sockets that only wait for their peers to hang up don't count.
    pub fn is_drained(&self) -> bool {
        match &self.threads {
            Some(threads) => threads.pool.is_drained(),
            None => self.reactor.is_drained(),
        }
    }

    /// Number of connections, open or not yet, and those whose sockets are ending.
    pub fn connections(&self) -> usize {
        match &self.threads {
            Some(threads) => threads.pool.len(),
            None => self.reactor.len(),
        }
    }

    /// Counters since the start, over all threads.
    pub fn stats(&self) -> Stats {
        let mut stats = self.reactor.stats().clone();
        if let Some(threads) = &self.threads {
            stats += &threads.pool.stats();
        }
        stats
    }

    /// What the calling thread itself has counted, without the I/O threads.
    pub fn own_stats(&self) -> &Stats {
        self.reactor.stats()
    }

    /// What the I/O threads count, for whoever wants to know it without this.
    pub fn counters(&self) -> Counters {
        self.threads.as_ref().map(|threads| threads.pool.counters()).unwrap_or_default()
    }

    /// Watches a descriptor of the caller's; [`Event::Ready`] tells. The caller keeps it open until
    /// [`Driver::unwatch`]. Regular files can't be watched (`EPERM`).
    pub fn watch(&mut self, fd: RawFd, readable: bool, writable: bool) -> io::Result<SourceId> {
        self.reactor.watch(fd, readable, writable)
    }

    /// Has a descriptor that was not used up reported again.
    pub fn rearm(&mut self, source: SourceId) -> io::Result<()> {
        self.reactor.rearm(source)
    }

    pub fn unwatch(&mut self, source: SourceId) {
        self.reactor.unwatch(source);
    }

    /// [`Driver::unwatch`] for a descriptor that was closed: its number may name something else by now.
    pub fn forget(&mut self, source: SourceId) {
        self.reactor.forget(source);
    }
}
