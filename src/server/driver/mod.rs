//! The driver: the one place that knows which thread serves the sockets. Everything above it, and every test,
//! is the same whichever it is.
//!
//! | file | what |
//! |---|---|
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
mod worker;

use super::descriptors::{self, DescriptorLimit};
use super::ingress::Fifo;
use super::loads::Loads;
use super::pid_file::{PidFile, PidFileError};
use super::reactor::Reactor;
use super::topics::Topics;
use super::{ConnKey, ConnectionStats, Counters, Event, ServerConfig, SlowClient, SourceId, Stats, status};
use crate::net::tls::{Keyring, TlsConfig, TlsError};
use crate::net::{ListenAddress, ListenSettings, Listener};
use crate::protocol::{Accept, HttpResponse, Opcode, Payload, Reject, UsageError, Utf8Validator};
use mailbox::Bell;
use pool::Pool;
use secure::Secure;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Permission bits of a Unix listener's file.
const UNIX_MODE: u32 = 0o660;

/// What became of a message that was handed to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is in the connection's outbox and goes out with the next flush.
    Queued,
    /// The connection is not open (any more).
    NotOpen,
    /// Over `max_buffered`: the message was dropped, or the connection is being closed with 1013.
    Overflow,
}

/// Why a server could not start; the message names what is in the way.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {error}")]
    Listen { address: String, error: io::Error },
    #[error("{error} (pid file {path})")]
    PidFile { path: String, error: PidFileError },
    #[error("FIFO {path}: {error}")]
    Fifo { path: String, error: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("event loop: {0}")]
    Poll(io::Error),
}

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

struct Writing {
    /// What was seen of a text.
    utf8: Option<Utf8Validator>,
    /// It comes to its end by itself: a close waits for that.
    ends: bool,
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
    /// Binds every listener, starts the threads and makes the FIFO. On an error nothing is left behind.
    pub fn start(config: ServerConfig) -> Result<Self, StartError> {
        let config = Arc::new(config);
        // Before anything that a server which runs already would notice.
        let mut pid_file = config.pid.as_deref().map(lock_pid_file).transpose()?;
        let limit = descriptors::raise();
        let most_control = if config.control.is_empty() { 0 } else { limit.control_connections() };
        let kept_back = most_control + config.metrics.as_ref().map_or(0, |_| status::CONNECTIONS);
        let possible = limit.connections().saturating_sub(kept_back).max(1);
        let most = possible.min(config.max_connections.unwrap_or(usize::MAX));
        let loads = Loads::new(config.domains.len());
        let mut reactor =
            Reactor::new(Arc::clone(&config), 0, most, loads.clone()).map_err(StartError::Poll)?;
        let secure = Secure::start(&config)?;
        let listeners = open_listeners(&config, secure.as_ref().map(Secure::keyring))?;
        let addresses = listeners
            .iter()
            .filter_map(|(listener, _)| listener.address().ok())
            .map(|address| address.to_string())
            .collect();
        let listening = listeners.first().map(|(listener, _)| listener.descriptor());
        // The FIFO comes after the listeners: whoever finds it may count on the server being there.
        if let Some(fifo) = &config.fifo {
            let made = Fifo::create(fifo)
                .map_err(|error| StartError::Fifo { path: fifo.path.display().to_string(), error })?;
            reactor.add_fifo(made)?;
        }
        let mut control_addresses = Vec::new();
        for (listener, address) in control::open(&config)? {
            reactor.listen_for_control(listener, most_control)?;
            control_addresses.push(address);
        }
        let threads = if config.io_threads == 0 {
            for (listener, index) in listeners {
                reactor.listen(listener, index)?;
            }
            None
        } else {
            let bell = Bell::new(reactor.waker().map_err(StartError::Poll)?);
            let pool = Pool::start(Arc::clone(&config), most, &loads, listeners, Arc::clone(&bell))?;
            Some(Threads { pool, bell })
        };
        if let (Some(pid_file), Some(path)) = (&mut pid_file, &config.pid) {
            pid_file.write().map_err(|error| no_pid_file(path, error.into()))?;
        }
        Ok(Driver {
            reactor,
            threads,
            secure,
            topics: Topics::default(),
            writing: HashMap::new(),
            addresses,
            control_addresses,
            locks: HashMap::new(),
            domains: config.domains.clone(),
            loads,
            slow_client: config.slow_client,
            listening,
            listeners: config.listen.len(),
            limit,
            pid_file,
        })
    }

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

    /// Queues a message. Text must be valid UTF-8: the caller has checked it.
    pub fn send(&mut self, key: ConnKey, opcode: Opcode, payload: &[u8]) -> Sent {
        sockets!(self, send(key, opcode, payload))
    }

    /// Queues bytes of frames that the application encoded itself.
    pub fn send_raw(&mut self, key: ConnKey, frames: &[u8]) -> Sent {
        sockets!(self, send_raw(key, frames))
    }

    /// Queues a message for every open connection but those in `except`; says for how many.
    pub fn broadcast(&mut self, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        sockets!(self, broadcast(opcode, payload, except))
    }

    /// Subscribes a connection to a topic. False: it is not open, or is subscribed already.
    pub fn subscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        self.is_open(key) && self.topics.subscribe(key, topic)
    }

    /// False if it was not subscribed.
    pub fn unsubscribe(&mut self, key: ConnKey, topic: &str) -> bool {
        self.topics.unsubscribe(key, topic)
    }

    /// A connection's topics. They end with the connection.
    pub fn topics(&self, key: ConnKey) -> Vec<String> {
        self.topics.of(key)
    }

    /// Queues a message for every subscriber of a topic but those in `except`; says for how many.
    pub fn publish(&mut self, topic: &str, opcode: Opcode, payload: &[u8], except: &[ConnKey]) -> usize {
        let keys: Vec<ConnKey> = self.topics.members(topic).filter(|key| !except.contains(key)).collect();
        sockets!(self, multicast(opcode, payload, &keys))
    }

    /// Begins a message that is written in pieces; other messages to the connection queue behind it. False: the
    /// connection is not open, or another one (or a file) is being sent.
    pub fn begin_message(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin(key, binary, false)
    }

    /// The same for a message that comes to its end by itself, whatever the application does: a close waits for it, as
    /// for a file.
    pub fn begin_transfer(&mut self, key: ConnKey, binary: bool) -> bool {
        self.begin(key, binary, true)
    }

    fn begin(&mut self, key: ConnKey, binary: bool, ends: bool) -> bool {
        if self.writing.contains_key(&key) {
            return false;
        }
        let begun = sockets!(self, begin_message(key, binary));
        if begun {
            let utf8 = (!binary).then(Utf8Validator::default);
            self.writing.insert(key, Writing { utf8, ends });
        }
        begun
    }

    /// Writes a piece of the message that was begun: one frame. Text may be cut anywhere, but must be UTF-8 as a
    /// whole.
    pub fn write_message(&mut self, key: ConnKey, piece: &[u8]) -> Result<Sent, UsageError> {
        let Some(writing) = self.writing.get_mut(&key) else { return Ok(Sent::NotOpen) };
        let before = writing.utf8;
        if writing.utf8.as_mut().is_some_and(|utf8| utf8.push(piece).is_err()) {
            writing.utf8 = before;
            return Err(UsageError::TextUtf8);
        }
        if writing.ends {
            // Whoever transfers looks at what is buffered: there is no limit that could be met in the middle.
            return Ok(sockets!(self, write_message_unbounded(key, piece)));
        }
        let sent = sockets!(self, write_message(key, piece));
        if sent == Sent::Overflow
            && let Some(writing) = self.writing.get_mut(&key)
        {
            writing.utf8 = before; // the piece was dropped
        }
        Ok(sent)
    }

    /// Ends the message that was begun; `Ok(false)` where there is none. A text that ends inside a character is
    /// an error, and goes on.
    pub fn end_message(&mut self, key: ConnKey) -> Result<bool, UsageError> {
        if self.writing.get(&key).is_some_and(Writing::ends_inside_a_character) {
            return Err(UsageError::TextUtf8);
        }
        Ok(self.writing.remove(&key).is_some() && sockets!(self, end_message(key)))
    }

    /// Sends a file as one message, from where it is read next, piece by piece as the socket takes it. A `Drain`
    /// event tells the end. False: the connection is not open, or another one is being sent. A text file that is
    /// not UTF-8 fails the connection (1011), since what was sent can't be taken back.
    pub fn send_file(&mut self, key: ConnKey, file: File, binary: bool) -> bool {
        !self.writing.contains_key(&key) && sockets!(self, send_file(key, file, binary))
    }

    /// Ends the message of a file where it is; false where none is being sent.
    pub fn cancel_file(&mut self, key: ConnKey) -> bool {
        let is_message = self.writing.contains_key(&key) || self.locks.contains_key(&key);
        !is_message && sockets!(self, cancel_file(key))
    }

    /// The descriptor of a connection, only to ask whether it is ready: it belongs to the driver, which reads and
    /// writes it and closes it with the connection.
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

    /// What is counted for one connection; `None` where it is gone.
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

    /// Listens on the addresses of this configuration too; its other options count as far as they concern listeners.
    pub fn listen(&mut self, config: &ServerConfig) -> Result<(), StartError> {
        if self.secure.is_none() {
            self.secure = Secure::start(config)?;
        }
        let first = self.listeners;
        for (listener, index) in open_listeners(config, self.secure.as_ref().map(Secure::keyring))? {
            let address = listener.address();
            self.listening.get_or_insert(listener.descriptor());
            sockets!(self, listen(listener, first + index))?;
            self.addresses.extend(address.ok().map(|address| address.to_string()));
        }
        self.listeners += config.listen.len();
        Ok(())
    }

    /// Closes the listeners; connections stay.
    pub fn stop_listening(&mut self) {
        self.listening = None;
        self.addresses.clear();
        sockets!(self, stop_listening());
    }

    /// Reads the FIFO no more and removes its file.
    pub fn remove_fifo(&mut self) {
        self.reactor.remove_fifo();
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

impl Writing {
    fn ends_inside_a_character(&self) -> bool {
        self.utf8.is_some_and(|utf8| utf8.finish().is_err())
    }
}

fn lock_pid_file(path: &Path) -> Result<PidFile, StartError> {
    PidFile::lock(path).map_err(|error| no_pid_file(path, error))
}

fn no_pid_file(path: &Path, error: PidFileError) -> StartError {
    StartError::PidFile { path: path.display().to_string(), error }
}

fn open_listeners(
    config: &ServerConfig,
    keyring: Option<&Arc<Keyring>>,
) -> Result<Vec<(Listener, usize)>, StartError> {
    let mut listeners = Vec::new();
    for (index, address) in config.listen.iter().enumerate() {
        let opened = open_listener(address, config, keyring)?;
        listeners.extend(opened.into_iter().map(|listener| (listener, index)));
    }
    Ok(listeners)
}

/// The sockets that an address stands for.
fn open_listener(
    address: &ListenAddress,
    config: &ServerConfig,
    keyring: Option<&Arc<Keyring>>,
) -> Result<Vec<Listener>, StartError> {
    let settings =
        ListenSettings { backlog: config.backlog, reuse_port: config.reuse_port, unix_mode: UNIX_MODE };
    let opened = Listener::open(address, settings)
        .map_err(|error| StartError::Listen { address: address.to_string(), error })?;
    Ok(match keyring.filter(|_| address.is_tls()) {
        Some(keyring) => opened.into_iter().map(|listener| listener.secure(Arc::clone(keyring))).collect(),
        None => opened,
    })
}
