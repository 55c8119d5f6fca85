//! The reactor: sockets of one thread, served by one mio poll. It never calls PHP; what happened comes out as
//! events, what is to be done goes in as method calls.
//!
//! | file | what |
//! |---|---|
//! | `accepting` | listeners, limits, back-off |
//! | `reading` | input, decoding, budgets |
//! | `intake` | what was decoded, as events; `message_rate` |
//! | `sending` | outboxes, flush, slow clients |
//! | `broadcasting` | one message to many |
//! | `shared_message` | a message for many, encoded once |
//! | `streaming` | messages in pieces, and files |
//! | `closing` | the ends of a connection |
//! | `deadlines` | the next one of each connection, and what follows when it has passed |
//! | `securing` | TLS handshakes: their budget, their time |
//! | `tokens` | who may connect because the web application says so, and for how long |
//! | `sources` | FIFO, and descriptors watched for the application |
//! | `control` | control connections |

mod accepting;
mod broadcasting;
mod closing;
mod control;
mod deadlines;
mod intake;
mod reading;
mod securing;
mod sending;
mod shared_message;
mod sources;
mod streaming;
mod tokens;

pub use shared_message::SharedMessage;
pub use streaming::Stream;

use super::access::{Admission, Holders};
use super::connections::{Conn, Connections};
use super::loads::Loads;
use super::shared::Shared;
use super::stats::{ConnectionStats, Stats};
use super::timers::Timers;
use super::{ConnKey, Event, Peer, ServerConfig};
use crate::net::{Transport, Workspace};
use crate::protocol::{Payload, Settings, Timestamp};
use sources::Source;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime};

/// One shared read buffer: it takes what a socket buffer usually holds in one call.
const READ_BUFFER: usize = 256 * 1024;
/// Kernel events taken in one turn: so few that what was read, what is sent and the connections are still in the processor's
/// cache when PHP has had its say, so many that asking the kernel for them costs nothing beside.
const POLL_EVENTS: usize = 64;
/// Events after which a turn ends, so that their payloads stay in the cache and timers are kept.
const EVENTS_PER_TURN: usize = 4096;
/// Bytes read after which a turn ends.
const BYTES_PER_TURN: usize = 8 * 1024 * 1024;

pub struct Reactor<P: Payload> {
    poll: mio::Poll,
    kernel_events: mio::Events,
    config: Arc<ServerConfig>,
    protocol: Arc<Settings>,
    connections: Connections<P>,
    max_connections: usize,
    sources: HashMap<u32, Source>,
    next_source: u32,
    timers: Timers,
    /// Connections that have input left for another turn.
    ready: VecDeque<ConnKey>,
    /// Sources that have something left for another turn.
    ready_sources: VecDeque<u32>,
    controls: control::Controls,
    /// Connections with something new in their outbox.
    dirty: Vec<ConnKey>,
    /// Connections to remove at the end of the turn.
    doomed: Vec<ConnKey>,
    /// Figures of those that were removed before their `Close` events were handed out, since the last turn began.
    ended: HashMap<ConnKey, ConnectionStats>,
    /// Likewise, before that: the last turn has handed these events out.
    ended_before: HashMap<ConnKey, ConnectionStats>,
    /// Events that commands brought about; the next turn hands them out.
    pending: Vec<Event<P>>,
    read_buffer: Box<[u8]>,
    work: Workspace,
    stats: Stats,
    epoch: Instant,
    wall_epoch: SystemTime,
    now: Timestamp,
    accepting: accepting::State,
    securing: securing::Budget,
    /// When the connections that are left are cut; set by [`Reactor::shutdown`].
    end_at: Option<Timestamp>,
    /// Connections of all reactors of the server.
    live: Arc<AtomicUsize>,
    /// Of all reactors of the server.
    loads: Loads,
    /// Where accepted connections go; `None`: they stay here.
    route: Option<Route>,
    /// PHP runs on another thread: connections have a [`Shared`], new ones stand here until they are taken.
    arrivals: Option<VecDeque<Arc<Shared>>>,
    /// Off while PHP's thread has no room for more events.
    reading: bool,
    /// Connections per address, for all reactors of the server.
    admission: Admission,
    /// Tokens in use, likewise.
    holders: Holders,
}

/// Takes an accepted connection elsewhere, or gives it back to be kept.
pub type Route = Box<dyn FnMut(Transport, Peer) -> Option<(Transport, Peer)> + Send>;

impl<P: Payload> Reactor<P> {
    pub fn new(
        config: Arc<ServerConfig>,
        shard: u8,
        max_connections: usize,
        loads: Loads,
    ) -> io::Result<Reactor<P>> {
        Ok(Reactor {
            poll: mio::Poll::new()?,
            kernel_events: mio::Events::with_capacity(POLL_EVENTS),
            protocol: Arc::new(config.protocol.clone()),
            config,
            connections: Connections::new(shard),
            max_connections,
            sources: HashMap::new(),
            next_source: 0,
            timers: Timers::default(),
            ready: VecDeque::new(),
            ready_sources: VecDeque::new(),
            controls: control::Controls::default(),
            dirty: Vec::new(),
            doomed: Vec::new(),
            ended: HashMap::new(),
            ended_before: HashMap::new(),
            pending: Vec::new(),
            read_buffer: vec![0; READ_BUFFER].into_boxed_slice(),
            work: Workspace::default(),
            stats: Stats::default(),
            epoch: Instant::now(),
            wall_epoch: SystemTime::now(),
            now: Timestamp(0),
            accepting: accepting::State::default(),
            securing: securing::Budget::default(),
            end_at: None,
            live: Arc::default(),
            loads,
            route: None,
            arrivals: None,
            reading: true,
            admission: Admission::default(),
            holders: Holders::default(),
        })
    }

    /// One turn: waits at most `timeout` (`None`: until something happens), then reads, decodes and times out.
    /// Events are appended to `events`. A signal ends the wait early, without an error.
    pub fn turn(&mut self, timeout: Option<Duration>, events: &mut Vec<Event<P>>) -> io::Result<()> {
        let timeout = self.longest_wait(timeout);
        self.ended_before = std::mem::take(&mut self.ended);
        events.append(&mut self.pending);
        match self.poll.poll(&mut self.kernel_events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        self.now = self.timestamp(Instant::now());
        self.note_kernel_events();
        self.serve_sources(events);
        self.serve_control(events);
        self.securing.begin_turn();
        if self.reading {
            self.serve_ready(events);
        }
        self.expire(events);
        events.append(&mut self.pending);
        Ok(())
    }

    /// Limits, times and rules change from now on; what is the protocol's, for connections that come from now on.
    /// Addresses, threads, FIFO and `max_connections` stay.
    pub fn reconfigure(&mut self, config: Arc<ServerConfig>) {
        self.protocol = Arc::new(config.protocol.clone());
        self.config = config;
    }

    /// Makes this the reactor of an I/O thread. All but `route` are shared by all of them.
    pub fn serve_another_thread(
        &mut self,
        live: Arc<AtomicUsize>,
        admission: Admission,
        holders: Holders,
        route: Option<Route>,
    ) {
        self.live = live;
        self.admission = admission;
        self.holders = holders;
        self.route = route;
        self.arrivals = Some(VecDeque::new());
    }

    /// Wakes this reactor from its wait.
    pub fn waker(&mut self) -> io::Result<mio::Waker> {
        let id = self.next_source_id();
        mio::Waker::new(self.poll.registry(), ConnKey::of_source(id).token())
    }

    /// Whether sockets are read. What arrives meanwhile waits with the kernel.
    pub fn set_reading(&mut self, reading: bool) {
        self.reading = reading;
    }

    /// What PHP's thread is to know of the connections that came since the last call, in order.
    pub fn take_arrivals(&mut self) -> VecDeque<Arc<Shared>> {
        self.arrivals.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn shared(&self, key: ConnKey) -> Option<&Arc<Shared>> {
        self.connections.get(key)?.shared.as_ref()
    }

    /// What is counted for one connection, or was, until the turn is over that hands out its `Close` event.
    pub fn connection_stats(&self, key: ConnKey) -> Option<ConnectionStats> {
        let Some(conn) = self.connections.get(key) else {
            return self.ended.get(&key).or_else(|| self.ended_before.get(&key)).copied();
        };
        let protocol = &conn.link.protocol;
        Some(ConnectionStats {
            bytes_in: conn.bytes_in,
            bytes_out: conn.bytes_out,
            last_ping: protocol.last_ping().map(|at| self.wall_clock(at)),
            last_pong: protocol.last_pong().map(|at| self.wall_clock(at)),
            rtt: protocol.rtt(),
            connected_at: self.wall_clock(conn.since),
        })
    }

    /// The descriptor of a connection that is not over, to ask whether it is ready; it is closed with the connection.
    pub fn descriptor(&self, key: ConnKey) -> Option<RawFd> {
        self.connections
            .get(key)
            .filter(|conn| !conn.flags.reported)
            .map(|conn| conn.link.transport.descriptor())
    }

    /// Tells PHP's thread how a connection stands, where that is another one.
    fn publish(&self, key: ConnKey) {
        if let Some(shared) = self.shared(key)
            && let Some(stats) = self.connection_stats(key)
        {
            let behind = self.connections.get(key).map_or(0, Conn::waiting_behind);
            shared.publish(self.buffered(key), behind, &stats);
        }
    }

    /// So many bytes that PHP's thread has handed over have been queued.
    pub fn arrived(&self, key: ConnKey, bytes: usize) {
        if let Some(conn) = self.connections.get(key)
            && let Some(shared) = &conn.shared
        {
            shared.arrived(bytes, conn.waiting(), conn.waiting_behind());
        }
    }

    fn wall_clock(&self, at: Timestamp) -> SystemTime {
        self.wall_epoch + (at - Timestamp(0))
    }

    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Connections that the application has not yet been told the end of, and those whose sockets are ending.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Nothing is left to be done for any connection: those that are still there have been reported and have sent all
    /// they had, and only linger for their peers.
    pub fn is_drained(&self) -> bool {
        self.pending.is_empty()
            && self.connections.iter().all(|conn| conn.flags.reported && conn.link.outbox.is_empty())
    }

    /// Microseconds since this reactor was made.
    fn timestamp(&self, instant: Instant) -> Timestamp {
        Timestamp(instant.saturating_duration_since(self.epoch).as_micros() as u64)
    }

    /// How long a turn would wait at most, if nothing happened: nothing where there is work left.
    pub fn longest_wait(&self, timeout: Option<Duration>) -> Option<Duration> {
        let ready = self.reading && !self.ready.is_empty();
        let sources_rest = self.ready_sources.is_empty() && self.controls.is_idle();
        let idle = self.pending.is_empty() && sources_rest && self.dirty.is_empty() && !ready;
        if idle { self.until_next_deadline(timeout) } else { Some(Duration::ZERO) }
    }

    /// What becomes readable when there is something to do.
    pub fn descriptor_to_wait_for(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    /// Turns what the kernel said into marks; the work is done by the queues, which have budgets.
    fn note_kernel_events(&mut self) {
        for event in &self.kernel_events {
            let key = ConnKey::from_token(event.token());
            if let Some(id) = key.source() {
                let (readable, writable) =
                    (event.is_readable() || event.is_read_closed(), event.is_writable());
                if let Some(source) = self.sources.get_mut(&id) {
                    source.note(readable, writable);
                    self.ready_sources.push_back(id);
                } else {
                    self.controls.note(id, readable || event.is_error(), writable);
                }
                continue;
            }
            let Some(conn) = self.connections.get_mut(key) else { continue };
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                conn.flags.readable = true;
                conn.flags.read_closed |= event.is_read_closed() || event.is_error();
                if !conn.flags.queued {
                    conn.flags.queued = true;
                    self.ready.push_back(key);
                }
            }
            if event.is_writable() && conn.is_blocked() && !conn.flags.dirty {
                conn.flags.dirty = true;
                self.dirty.push(key);
            }
        }
    }
}
