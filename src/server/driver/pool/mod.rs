//! The PHP thread's side of the I/O threads: what it knows of each connection, and how it asks for things.
//!
//! | file | what |
//! |---|---|
//! | `sending` | what goes to them: messages, for as much as there is room |
//! | `reports` | what comes from them |

mod reports;
mod sending;

use super::StartError;
use super::command::Command;
use super::mailbox::{Bell, Mailbox};
use super::worker::{Report, Worker};
use crate::net::{Listener, spawn_without_signals};
use crate::protocol::{Accept, HttpResponse, MAX_CONTROL_PAYLOAD, Reject, UsageError, check_close};
use crate::server::access::{Admission, Holders};
use crate::server::loads::Loads;
use crate::server::reactor::{Reactor, Route};
use crate::server::shared::Shared;
use crate::server::{ConnKey, ConnectionStats, Counters, ServerConfig, Stats};
use crossbeam_channel::Receiver;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// Commands that may wait for a thread; PHP waits when it is further ahead.
const COMMANDS: usize = 64 * 1024;
/// Reports that may wait for PHP. A thread that finds no room adds to its next one, up to its own limit.
const REPORTS: usize = 16;

pub struct Pool {
    threads: Vec<Thread>,
    live: Arc<AtomicUsize>,
    /// Tokens in use in all threads.
    holders: Holders,
    /// Connections that are open as far as this thread has been told.
    open: usize,
    /// Connections whose `Close` events came with the last collection: their figures can still be asked for.
    ended: Vec<(ConnKey, Arc<Shared>)>,
    config: Arc<ServerConfig>,
    /// The process that started the threads: in a forked child there are none.
    owner: u32,
}

struct Thread {
    commands: Mailbox<Command>,
    reports: Receiver<Report>,
    stats: Arc<Mutex<Stats>>,
    /// By slot.
    connections: Vec<Option<Known>>,
    handle: Option<JoinHandle<()>>,
}

/// What this thread knows of a connection.
struct Known {
    key: ConnKey,
    phase: Phase,
    shared: Arc<Shared>,
}

#[derive(PartialEq, Eq)]
enum Phase {
    Handshake,
    /// A request waits for a decision; these subprotocols were offered.
    Deciding(Vec<String>),
    /// A request that asks for no upgrade waits for an answer.
    Answering,
    Open,
    /// A close waits for the end of a message in pieces; only that is still sent.
    Finishing,
    Closing,
}

impl Pool {
    /// Starts the threads; the first one accepts, and deals connections out in turn. `bell` wakes this thread.
    pub fn start(
        config: Arc<ServerConfig>,
        max_connections: usize,
        loads: &Loads,
        listeners: Vec<(Listener, usize)>,
        bell: Arc<Bell>,
    ) -> Result<Pool, StartError> {
        let live = Arc::new(AtomicUsize::new(0));
        let mut parts = Vec::new();
        for shard in 0..config.io_threads {
            let mut reactor = Reactor::new(Arc::clone(&config), shard as u8, max_connections, loads.clone())
                .map_err(StartError::Poll)?;
            let own_bell = Bell::new(reactor.waker().map_err(StartError::Poll)?);
            let (commands, inbox) = Mailbox::new(COMMANDS, Arc::clone(&own_bell));
            parts.push((reactor, own_bell, commands, inbox));
        }
        let mailboxes: Vec<_> = parts.iter().map(|(_, _, commands, _)| commands.clone()).collect();
        let (admission, holders) = (Admission::default(), Holders::default());
        let mut pool = Pool {
            threads: Vec::new(),
            live,
            holders: holders.clone(),
            open: 0,
            ended: Vec::new(),
            config,
            owner: std::process::id(),
        };
        let mut listeners = Some(listeners);
        for (reactor, own_bell, commands, inbox) in parts {
            let mut reactor = reactor;
            let accepts = listeners.take();
            let route = accepts.is_some().then(|| deal_out(mailboxes.clone()));
            let (live, admission, holders) = (Arc::clone(&pool.live), admission.clone(), holders.clone());
            reactor.serve_another_thread(live, admission, holders, route);
            for (listener, index) in accepts.unwrap_or_default() {
                reactor.listen(listener, index)?;
            }
            let (reports, outbox) = Mailbox::new(REPORTS, Arc::clone(&bell));
            let stats = Arc::new(Mutex::new(Stats::default()));
            let worker =
                Worker { reactor, commands: inbox, bell: own_bell, reports, stats: Arc::clone(&stats) };
            let name = format!("ws-io-{}", pool.threads.len());
            let handle = spawn_without_signals(name, move || worker.run()).map_err(StartError::Poll)?;
            pool.threads.push(Thread {
                commands,
                reports: outbox,
                stats,
                connections: Vec::new(),
                handle: Some(handle),
            });
        }
        Ok(pool)
    }

    pub fn accept(&mut self, key: ConnKey, accept: &Accept) -> Result<bool, UsageError> {
        let Some(known) = self.known(key) else { return Ok(false) };
        let Phase::Deciding(offered) = &known.phase else { return Ok(false) };
        accept.check(offered)?;
        known.phase = Phase::Open;
        self.open += 1;
        self.submit(key, Command::Accept { key, accept: accept.clone() });
        Ok(true)
    }

    pub fn reject(&mut self, key: ConnKey, reject: &Reject) -> Result<bool, UsageError> {
        let Some(known) = self.known(key) else { return Ok(false) };
        if !matches!(known.phase, Phase::Handshake | Phase::Deciding(_) | Phase::Answering) {
            return Ok(false);
        }
        reject.check()?;
        known.phase = Phase::Closing;
        self.submit(key, Command::Reject { key, reject: reject.clone() });
        Ok(true)
    }

    pub fn respond(&mut self, key: ConnKey, response: &HttpResponse) -> Result<bool, UsageError> {
        let Some(known) = self.known(key).filter(|known| known.phase == Phase::Answering) else {
            return Ok(false);
        };
        response.check()?;
        known.phase = Phase::Closing;
        self.submit(key, Command::Respond { key, response: response.clone() });
        Ok(true)
    }

    pub fn descriptor(&self, key: ConnKey) -> Option<RawFd> {
        self.look_up(key)?.shared.descriptor()
    }

    pub fn connection_stats(&self, key: ConnKey) -> Option<ConnectionStats> {
        let just_ended = || self.ended.iter().find(|(ended, _)| *ended == key).map(|(_, shared)| shared);
        self.look_up(key).map(|known| &known.shared).or_else(just_ended)?.stats()
    }

    pub fn reconfigure(&mut self, config: Arc<ServerConfig>) {
        for thread in &self.threads {
            thread.commands.send(Command::Reconfigure { config: Arc::clone(&config) });
        }
        self.config = config;
    }

    pub fn ping(&mut self, key: ConnKey, payload: &[u8]) -> Result<bool, UsageError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(UsageError::ControlTooLong(payload.len()));
        }
        let open = self.is_open(key);
        if open {
            self.submit(key, Command::Ping { key, payload: payload.to_vec() });
        }
        Ok(open)
    }

    pub fn close(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        check_close(code, reason)?;
        Ok(self.end(key, Command::Close { key, code, reason: reason.to_owned() }))
    }

    pub fn close_behind(&mut self, key: ConnKey, code: u16, reason: &str) -> Result<bool, UsageError> {
        check_close(code, reason)?;
        if !self.is_open(key) {
            return Ok(false);
        }
        if let Some(known) = self.known(key) {
            known.phase = Phase::Finishing;
            self.open -= 1;
        }
        Ok(self.submit(key, Command::CloseBehind { key, code, reason: reason.to_owned() }))
    }

    pub fn reply_close(&mut self, key: ConnKey, code: Option<u16>) -> bool {
        self.end(key, Command::ReplyClose { key, code })
    }

    pub fn fail(&mut self, key: ConnKey, code: u16, reason: &str) -> bool {
        self.end(key, Command::Fail { key, code, reason: reason.to_owned() })
    }

    pub fn feed(&mut self, key: ConnKey, data: &[u8]) {
        self.submit(key, Command::Feed { key, data: data.to_vec() });
    }

    pub fn pause(&mut self, key: ConnKey) -> bool {
        if self.known(key).is_none() || !self.submit(key, Command::Pause { key }) {
            return false;
        }
        // As without threads: nothing is read after this call.
        self.catch_up(key);
        true
    }

    pub fn tell_drain(&mut self, key: ConnKey) {
        if self.is_open(key) {
            self.submit(key, Command::TellDrain { key });
        }
    }

    pub fn resume(&mut self, key: ConnKey) -> bool {
        self.known(key).is_some() && self.submit(key, Command::Resume { key })
    }

    pub fn is_open(&self, key: ConnKey) -> bool {
        self.look_up(key).is_some_and(|known| known.phase == Phase::Open && !known.shared.is_over())
    }

    pub fn with_token(&self, token: &str) -> Option<ConnKey> {
        self.holders.holder(token).filter(|key| self.is_open(*key))
    }

    pub fn buffered(&self, key: ConnKey) -> usize {
        self.look_up(key).map_or(0, |known| known.shared.buffered())
    }

    pub fn buffered_ahead(&self, key: ConnKey) -> usize {
        self.look_up(key).map_or(0, |known| known.shared.buffered_ahead())
    }

    pub fn listen(&mut self, listener: Listener, index: usize) -> Result<(), StartError> {
        self.threads[0].commands.send(Command::Listen { listener, index });
        Ok(())
    }

    pub fn stop_listening(&mut self) {
        self.threads[0].commands.send(Command::StopListening);
        // As without threads: the address is free after this call.
        self.threads[0].catch_up();
    }

    pub fn shutdown(&mut self, code: u16, reason: &str, deadline: Instant) -> Result<(), UsageError> {
        check_close(code, reason)?;
        // The one that accepts first, so that nothing is dealt to a thread that has closed all it had.
        for thread in &self.threads {
            thread.commands.send(Command::Shutdown { code, reason: reason.to_owned(), deadline });
        }
        for known in self.threads.iter_mut().flat_map(|thread| thread.connections.iter_mut().flatten()) {
            if known.phase == Phase::Open {
                self.open -= 1;
            }
            known.phase = Phase::Closing;
        }
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.live.load(Relaxed)
    }

    /// Every connection's end has been collected. A thread flushes before it reports, so what it could write then is
    /// with the kernel.
    pub fn is_drained(&self) -> bool {
        let known = self.threads.iter().any(|thread| thread.connections.iter().any(Option::is_some));
        !known && !self.has_reports()
    }

    /// The sum over the threads.
    pub fn stats(&self) -> Stats {
        let mut sum = Stats::default();
        self.counters().add_to(&mut sum);
        sum
    }

    pub fn counters(&self) -> Counters {
        let threads = self.threads.iter().map(|thread| Arc::clone(&thread.stats)).collect();
        Counters { threads, live: Arc::clone(&self.live) }
    }

    /// Waits until the connection's thread has done all it was asked to, and has flushed.
    fn catch_up(&self, key: ConnKey) {
        if let Some(thread) = self.threads.get(key.shard() as usize) {
            thread.catch_up();
        }
    }

    /// Submits a command after which the connection takes nothing more.
    fn end(&mut self, key: ConnKey, command: Command) -> bool {
        let Some(known) = self.known(key) else { return false };
        if known.phase == Phase::Closing || known.shared.is_over() {
            return false;
        }
        let was_open = known.phase == Phase::Open;
        known.phase = Phase::Closing;
        self.open -= usize::from(was_open);
        self.submit(key, command)
    }

    fn submit(&self, key: ConnKey, command: Command) -> bool {
        self.threads.get(key.shard() as usize).is_some_and(|thread| thread.commands.send(command))
    }

    fn known(&mut self, key: ConnKey) -> Option<&mut Known> {
        let slot = self.threads.get_mut(key.shard() as usize)?.connections.get_mut(key.slot())?;
        slot.as_mut().filter(|known| known.key == key)
    }

    fn look_up(&self, key: ConnKey) -> Option<&Known> {
        let slot = self.threads.get(key.shard() as usize)?.connections.get(key.slot())?;
        slot.as_ref().filter(|known| known.key == key)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.owner != std::process::id() {
            // A forked child has the handles, but not the threads.
            for thread in &mut self.threads {
                std::mem::forget(thread.handle.take());
            }
            return;
        }
        for thread in &self.threads {
            thread.commands.send(Command::Exit);
        }
        for thread in &mut self.threads {
            if let Some(handle) = thread.handle.take() {
                // A thread that panicked has told its story on stderr; there is nothing to add.
                let _ = handle.join();
            }
        }
    }
}

impl Known {
    /// Whether a message in pieces may go on.
    fn takes_pieces(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Finishing) && !self.shared.is_over()
    }
}

impl Thread {
    /// Waits until it has done all that it was asked to, and has flushed.
    fn catch_up(&self) {
        let (done, wait) = crossbeam_channel::bounded(1);
        self.commands.send(Command::Sync { done });
        // An error means that the thread is gone, and with it everything that could wait.
        let _ = wait.recv();
    }

    fn insert(&mut self, key: ConnKey, shared: Arc<Shared>) {
        if self.connections.len() <= key.slot() {
            self.connections.resize_with(key.slot() + 1, || None);
        }
        self.connections[key.slot()] = Some(Known { key, phase: Phase::Handshake, shared });
    }
}

/// Deals connections out in turn; the thread that accepts keeps its own share.
fn deal_out(threads: Vec<Mailbox<Command>>) -> Route {
    let mut next = 0;
    Box::new(move |transport, peer| {
        let turn = next % threads.len();
        next += 1;
        if turn == 0 {
            return Some((transport, peer));
        }
        match threads[turn].offer(Command::Adopt { transport, peer }) {
            Ok(()) => None,
            // That thread has much to do, or is ending: we can serve it as well.
            Err(Command::Adopt { transport, peer }) => Some((transport, peer)),
            Err(_) => None,
        }
    })
}
