//! Control connections: accepted, read, written and timed out beside the clients, with budgets of their own.

use super::Reactor;
use super::accepting::turn_away;
use super::sources::Source;
use crate::net::{Listener, PeerAddress, Transport};
use crate::protocol::{ControlAnswer, ControlEvent, ControlFault, ControlSession, Payload, Timestamp};
use crate::server::ingress::ControlConnection;
use crate::server::{ConnKey, Event, SourceId, StartError};
use std::collections::{HashMap, VecDeque};

/// Connections accepted in one turn.
const ACCEPTS_PER_TURN: usize = 64;
/// Requests handed out in one turn, and those of one connection: a broadcast to everyone may be behind each.
const REQUESTS_PER_TURN: usize = 256;
const REQUESTS_PER_CONNECTION: usize = 32;
/// Bytes read in one turn; a connection reads no more than a frame.
const BYTES_PER_TURN: usize = 1024 * 1024;

/// The control connections of a reactor.
#[derive(Default)]
pub struct Controls {
    connections: HashMap<u32, ControlConnection>,
    /// How many there may be.
    most: usize,
    /// Those that have something left for another turn.
    ready: VecDeque<u32>,
    /// Those with something new in their output.
    dirty: Vec<u32>,
    /// Connections whose lock is gone with the one that held it.
    lost: Vec<ConnKey>,
    /// The log has been told that connections are refused; told again when there was much room in between.
    told_full: bool,
}

impl Controls {
    /// Nothing is to be done before something happens.
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.dirty.is_empty()
    }

    pub fn contains(&self, id: u32) -> bool {
        self.connections.contains_key(&id)
    }

    /// What the kernel said, if it was about one of these.
    pub fn note(&mut self, id: u32, readable: bool, writable: bool) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        conn.flags.readable |= readable;
        if writable {
            self.mark_dirty(id);
        }
        self.queue(id);
    }

    fn queue(&mut self, id: u32) {
        if let Some(conn) = self.connections.get_mut(&id).filter(|conn| !conn.flags.queued) {
            conn.flags.queued = true;
            self.ready.push_back(id);
        }
    }

    fn mark_dirty(&mut self, id: u32) {
        if let Some(conn) = self.connections.get_mut(&id).filter(|conn| !conn.flags.dirty) {
            conn.flags.dirty = true;
            self.dirty.push(id);
        }
    }
}

impl<P: Payload> Reactor<P> {
    /// Serves a listener for control connections, of which there may be `most`.
    pub fn listen_for_control(&mut self, mut listener: Listener, most: usize) -> Result<(), StartError> {
        let id = self.next_source_id();
        listener.register(self.poll.registry(), ConnKey::of_source(id).token()).map_err(StartError::Poll)?;
        self.sources.insert(id, Source::ControlListener(listener));
        self.controls.most = most;
        Ok(())
    }

    /// Closes the listeners; connections stay.
    pub fn stop_listening_for_control(&mut self) {
        self.sources.retain(|_, source| !matches!(source, Source::ControlListener(_)));
    }

    pub fn control_connections(&self) -> usize {
        self.controls.connections.len()
    }

    /// `None` once the connection has ended.
    pub fn control_session(&mut self, source: SourceId) -> Option<&mut ControlSession<ConnKey>> {
        let conn = self.controls.connections.get_mut(&source.0)?;
        (!conn.session.is_over()).then_some(&mut conn.session)
    }

    /// The first request of a connection's that was not answered is done.
    pub fn answer_control(&mut self, source: SourceId, answer: Option<&ControlAnswer<'_>>) {
        let Some(conn) = self.controls.connections.get_mut(&source.0) else { return };
        conn.session.answer(answer);
        if conn.session.has_more() {
            self.controls.queue(source.0);
        }
        self.controls.mark_dirty(source.0);
    }

    /// A message has come through a control connection.
    pub fn count_control_message(&mut self) {
        self.stats.control_messages += 1;
    }

    /// Connections that are not locked any more because the one that had locked them is gone.
    pub fn take_lost_locks(&mut self) -> Vec<ConnKey> {
        std::mem::take(&mut self.controls.lost)
    }

    pub(super) fn accept_control(&mut self, id: u32, events: &mut Vec<Event<P>>) {
        if self.accepting_stopped(id) {
            return;
        }
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(Source::ControlListener(listener)) = self.sources.get(&id) else { return };
            match listener.accept() {
                Ok((transport, remote, _)) => self.admit_control(transport, remote, events),
                Err(error) => {
                    if self.on_accept_error(id, &error, events) {
                        return;
                    }
                }
            }
        }
        self.ready_sources.push_back(id);
    }

    fn admit_control(&mut self, transport: Transport, peer: PeerAddress, events: &mut Vec<Event<P>>) {
        let most = self.controls.most;
        if self.controls.connections.len() >= most {
            self.stats.control_refused += 1;
            turn_away(transport, b"0E");
            if !self.controls.told_full {
                self.controls.told_full = true;
                let what = format!("there are {most} control connections: others are refused");
                events.push(Event::Trouble { what });
            }
            return;
        }
        if let Some(socket) = transport.socket().tcp_options() {
            // Answers are short, and somebody waits for them. Where the kernel says no, they come later.
            let _ = socket.set_tcp_nodelay(true);
        }
        let secret = self.config.control_secret.clone();
        // Who may open a Unix socket is what the permissions of its file say.
        let must_authenticate = secret.is_some() && matches!(peer, PeerAddress::Tcp(_));
        let session = ControlSession::new(secret, must_authenticate, self.now);
        let mut conn = ControlConnection::new(transport, session, peer);
        let id = self.next_source_id();
        if let Err(error) = conn.register(self.poll.registry(), ConnKey::of_source(id).token()) {
            return events.push(Event::Trouble { what: format!("{conn} was dropped: {error}") });
        }
        log::debug!("{conn} is open");
        self.controls.connections.insert(id, conn);
        self.stats.control_accepted += 1;
        self.settle_control(id);
    }

    pub(super) fn serve_control(&mut self, events: &mut Vec<Event<P>>) {
        let (mut requests, mut bytes) = (REQUESTS_PER_TURN, BYTES_PER_TURN);
        for _ in 0..self.controls.ready.len() {
            if requests == 0 || bytes == 0 {
                return;
            }
            let Some(id) = self.controls.ready.pop_front() else { return };
            if let Some(conn) = self.controls.connections.get_mut(&id) {
                conn.flags.queued = false;
            }
            let limit = requests.min(REQUESTS_PER_CONNECTION);
            let (asked, read) = self.serve_one_control(id, limit, events);
            requests -= asked;
            bytes = bytes.saturating_sub(read);
        }
    }

    pub(super) fn expire_control(&mut self, id: u32, deadline: Timestamp, events: &mut Vec<Event<P>>) {
        let Some(conn) = self.controls.connections.get_mut(&id) else { return };
        if !conn.armed.fired(deadline) {
            return;
        }
        if conn.deadline().is_some_and(|deadline| deadline <= self.now) {
            // What it said may be with the kernel, which has not come to tell us.
            conn.flags.readable = true;
            self.serve_one_control(id, REQUESTS_PER_CONNECTION, events);
        }
        let now = self.now;
        let Some(conn) = self.controls.connections.get_mut(&id) else { return };
        if let Some(ControlEvent::Ended(fault)) = conn.handle_timeout(now) {
            self.on_control_end(id, fault);
        }
        self.controls.mark_dirty(id);
        self.settle_control(id);
    }

    pub(super) fn flush_control(&mut self) {
        for id in std::mem::take(&mut self.controls.dirty) {
            if let Some(conn) = self.controls.connections.get_mut(&id) {
                conn.flags.dirty = false;
                conn.write(&mut self.work.tls, self.now);
                self.settle_control(id);
            }
        }
    }

    /// Reads a connection and hands out what it asks for. Returns the number of requests, and the bytes read.
    fn serve_one_control(&mut self, id: u32, limit: usize, events: &mut Vec<Event<P>>) -> (usize, usize) {
        let now = self.now;
        let Some(conn) = self.controls.connections.get_mut(&id) else { return (0, 0) };
        let read = conn.read(&mut self.read_buffer, &mut self.work.tls, now);
        let mut asked = 0;
        let mut ended = None;
        while asked < limit {
            match conn.poll_event(now) {
                Some(ControlEvent::Request(request)) => {
                    asked += 1;
                    events.push(Event::Control { source: SourceId(id), request });
                }
                Some(ControlEvent::Ended(fault)) => {
                    ended = Some(fault);
                    break;
                }
                None => break,
            }
        }
        if let Some(fault) = ended {
            self.on_control_end(id, fault);
        }
        self.controls.mark_dirty(id);
        self.settle_control(id);
        (asked, read)
    }

    /// A session is over; what is left is to say so.
    fn on_control_end(&mut self, id: u32, fault: Option<ControlFault>) {
        let Some(conn) = self.controls.connections.get_mut(&id) else { return };
        self.controls.lost.extend(conn.session.unlock());
        match fault {
            None => log::debug!("{conn} has ended"),
            // This is how clients leave that keep a connection for later and do not come back.
            Some(fault @ ControlFault::Silent) => log::debug!("{conn} is closed: {fault}"),
            Some(fault @ ControlFault::WrongSecret) => log::warn!("{conn} is closed: {fault}"),
            Some(fault) => log::info!("{conn} is closed: {fault}"),
        }
        self.stats.control_errors += u64::from(fault.is_some());
    }

    /// Arms a connection's next deadline, has it served again where there is more, or removes it.
    fn settle_control(&mut self, id: u32) {
        let Some(conn) = self.controls.connections.get_mut(&id) else { return };
        if conn.is_done() {
            self.controls.connections.remove(&id);
            self.controls.told_full &= self.controls.connections.len() > self.controls.most / 2;
            return;
        }
        let deadline = conn.deadline();
        self.timers.arm(ConnKey::of_source(id), &mut conn.armed, deadline);
        if conn.has_more() {
            self.controls.queue(id);
        }
    }
}
