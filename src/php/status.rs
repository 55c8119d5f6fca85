//! What the status thread is told of the server that runs, and its beginning and end.

use super::payload::ZendPayload;
use super::running::{self, Running};
use super::{log as sink, notify, on_stage, pulse, shim};
use crate::net::ListenAddress;
use crate::server::{Board, Driver, PhpMemory, Snapshot, StartError, Status, StatusConfig};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A snapshot is published so often at most.
const PUBLISH_EVERY: Duration = Duration::from_millis(250);
/// A foreign loop lets ours turn so often at least: it could not be told from one that is stuck else.
const MAX_REST: Duration = Duration::from_secs(1);

/// The status thread. It ends when this is dropped.
pub struct Watch {
    board: Arc<Board>,
    /// Somebody may look at more than whether the loop turns.
    has_listener: bool,
    _thread: Status,
}

/// Starts the thread, where there is something for it to do. `listen`: the option metrics.
pub fn start(listen: Option<ListenAddress>, stall_after: Duration) -> Result<Option<Watch>, StartError> {
    let signs_of_life = notify::signs_of_life();
    if listen.is_none() && signs_of_life.is_none() {
        return Ok(None);
    }
    let board = Arc::new(Board::new(shim::php_version(), stall_after, on_stage::name));
    let has_listener = listen.is_some();
    let thread = Status::start(StatusConfig { listen, signs_of_life }, Arc::clone(&board))?;
    on_stage::set_watched(has_listener);
    if has_listener {
        sink::remember(Some(Arc::clone(&board)));
    }
    for address in thread.addresses() {
        let address = address.strip_prefix("tcp://").map_or(address.clone(), |tcp| format!("http://{tcp}/"));
        log::info!("metrics, health and a status page on {address}");
    }
    if thread.is_exposed() {
        log::warn!(
            "the metrics listener asks nobody who they are: whoever reaches it sees figures and the log"
        );
    }
    Ok(Some(Watch { board, has_listener, _thread: thread }))
}

impl Watch {
    /// The server listens.
    pub fn attach(&self, driver: &Driver<ZendPayload>) {
        self.board.attach(driver.counters(), driver.addresses());
    }

    pub fn set_stall_after(&self, stall_after: Duration) {
        self.board.heartbeat.set_stall_after(stall_after);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        on_stage::set_watched(false);
        sink::remember(None);
    }
}

/// The loop's side: it says when it turns, and publishes what it knows.
pub struct Observer {
    board: Arc<Board>,
    publishes: bool,
    published: Option<Instant>,
}

impl Observer {
    /// `None` where nobody watches the server that runs.
    pub fn of_running() -> Option<Observer> {
        running::look(|running| {
            let watch = running.watch.as_ref()?;
            let board = Arc::clone(&watch.board);
            Some(Observer { board, publishes: watch.has_listener, published: None })
        })
        .flatten()
    }

    pub fn serving(&self) {
        self.board.heartbeat.serving();
    }

    pub fn stopping(&self) {
        self.board.heartbeat.stopping();
    }

    /// Before a wait of at most `timeout`. Returns how long it may be: what is known by now has to be published soon.
    pub fn waits(&mut self, now: Instant, timeout: Duration) -> Duration {
        let timeout = timeout.min(self.publish(now));
        self.board.heartbeat.beat(now + timeout);
        timeout
    }

    /// The wait is over.
    pub fn awake(&self, now: Instant) {
        self.board.heartbeat.beat(now);
    }

    /// How long a foreign loop may let ours rest.
    pub fn longest_rest(&self, longest: Option<Duration>) -> Duration {
        longest.map_or(MAX_REST, |longest| longest.min(MAX_REST))
    }

    /// A foreign loop wakes ours after so long; `None`: it turns it when it likes.
    pub fn rests(&self, wait: Option<Duration>) {
        self.board.heartbeat.beat(Instant::now() + wait.unwrap_or_default().min(MAX_REST));
    }

    /// Publishes, if it is time. Returns when it will be.
    fn publish(&mut self, now: Instant) -> Duration {
        if !self.publishes {
            return Duration::MAX;
        }
        if let Some(published) = self.published
            && now - published < PUBLISH_EVERY
        {
            return PUBLISH_EVERY - (now - published);
        }
        self.published = Some(now);
        if let Some(snapshot) = running::look(snapshot) {
            self.board.publish(snapshot);
        }
        Duration::MAX
    }
}

fn snapshot(running: &Running) -> Snapshot {
    let (timers, watches) = running.agenda.len();
    Snapshot {
        stats: running.driver.own_stats().clone(),
        connections: running.driver.connections(),
        control_connections: running.driver.control_connections(),
        timers,
        watches,
        callbacks: pulse::callbacks(),
        turns: pulse::turns().durations,
        memory: PhpMemory {
            used: shim::ws_memory_usage(false),
            reserved: shim::ws_memory_usage(true),
            peak: shim::ws_memory_peak(),
        },
    }
}
