//! Accepting: listeners, limits and what happens when descriptors run out.

use super::sources::Source;
use super::{Reactor, reading};
use crate::net::tls::Alert;
use crate::net::{Link, Listener, Transport};
use crate::protocol::{Connection, Payload, Request, Timestamp};
use crate::server::access::{Refusal, client_address};
use crate::server::connections::Conn;
use crate::server::shared::Shared;
use crate::server::{ConnKey, Event, Peer, StartError, TcpConfig};
use socket2::SockRef;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Connections accepted in one turn, so that a storm of them does not starve those that are open.
const ACCEPTS_PER_TURN: usize = 256;
/// How long no connection is accepted after the descriptors ran out.
const BACK_OFF: Duration = Duration::from_millis(100);

/// A refusal that needs no request to have been read; the peer may still be writing it.
struct Answer {
    http: &'static [u8],
    /// For a client that wants TLS. An HTTP answer would be readable only after the handshake: a signature, a place among
    /// the connections and some round trips for each of those for whom there is no place, or who are not wanted. What a
    /// flood of clients must not cost is just that. An alert costs seven bytes, and says as much to whoever reads it.
    alert: Alert,
}

const FULL: Answer = Answer {
    http: b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 22\r\n\
        Retry-After: 5\r\nConnection: close\r\n\r\ntoo many connections\r\n",
    alert: Alert::InternalError,
};

const FORBIDDEN: Answer = Answer {
    http: b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\
        Connection: close\r\n\r\naddress not allowed\r\n",
    alert: Alert::AccessDenied,
};

#[derive(Debug, Default)]
pub struct State {
    /// Accepting goes on then.
    resume_at: Option<Timestamp>,
    /// Listeners that have connections waiting meanwhile.
    waiting: Vec<u32>,
    /// The log has been told that connections are refused; told again when there was room in between.
    told_full: bool,
}

impl State {
    pub fn resume_at(&self) -> Option<Timestamp> {
        self.resume_at
    }
}

impl<P: Payload> Reactor<P> {
    /// Serves a listener; `index` is its place in `ServerConfig::listen`.
    pub fn listen(&mut self, mut listener: Listener, index: usize) -> Result<(), StartError> {
        let id = self.next_source_id();
        listener.register(self.poll.registry(), ConnKey::of_source(id).token()).map_err(StartError::Poll)?;
        self.sources.insert(id, Source::Listener { listener, index });
        Ok(())
    }

    /// Closes the listeners; connections stay.
    pub fn stop_listening(&mut self) {
        self.sources.retain(|_, source| !matches!(source, Source::Listener { .. }));
        self.accepting.told_full = false;
    }

    pub(super) fn accept_ready(&mut self, id: u32, events: &mut Vec<Event<P>>) {
        if self.accepting_stopped(id) {
            return;
        }
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(Source::Listener { listener, index }) = self.sources.get(&id) else { return };
            let index = *index;
            match listener.accept() {
                Ok((transport, remote, local)) => {
                    if self.live.load(Relaxed) >= self.max_connections || self.connections.is_full() {
                        self.refuse_full(transport, events);
                        continue;
                    }
                    // A trusted proxy speaks for others: its request says for whom.
                    let rules = &self.config.access;
                    if remote.ip().is_some_and(|ip| !rules.trusts(ip) && !rules.admits(ip)) {
                        self.stats.refused_address += 1;
                        log::debug!("{remote} is not allowed to connect");
                        refuse(transport, &FORBIDDEN);
                        continue;
                    }
                    self.accepting.told_full = false;
                    self.live.fetch_add(1, Relaxed);
                    let peer = Peer { remote, local, listener: index };
                    let kept = match &mut self.route {
                        Some(route) => route(transport, peer),
                        None => Some((transport, peer)),
                    };
                    if let Some((transport, peer)) = kept {
                        self.admit(transport, peer, events);
                    }
                }
                Err(error) => {
                    if self.on_accept_error(id, &error, events) {
                        return;
                    }
                }
            }
        }
        self.ready_sources.push_back(id);
    }

    /// Whether a listener has to wait because the descriptors ran out; it is asked again then.
    pub(super) fn accepting_stopped(&mut self, id: u32) -> bool {
        let stopped = self.accepting.resume_at.is_some();
        if stopped {
            self.accepting.waiting.push(id);
        }
        stopped
    }

    /// Whether a listener has nothing (more) for now.
    pub(super) fn on_accept_error(&mut self, id: u32, error: &io::Error, events: &mut Vec<Event<P>>) -> bool {
        match error.kind() {
            io::ErrorKind::WouldBlock => true,
            // The peer was gone before we came to it.
            io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => false,
            _ => {
                // EMFILE, ENFILE, ENOBUFS, ENOMEM: asking again at once would spin.
                let what = format!("accepting stops for {} ms: {error}", BACK_OFF.as_millis());
                events.push(Event::Trouble { what });
                self.stats.accept_errors += 1;
                self.accepting.resume_at = Some(self.now + BACK_OFF);
                self.accepting.waiting.push(id);
                true
            }
        }
    }

    pub(super) fn resume_accepting(&mut self) {
        if self.accepting.resume_at.is_some_and(|at| at <= self.now) {
            self.accepting.resume_at = None;
            self.ready_sources.extend(self.accepting.waiting.drain(..));
        }
    }

    /// Serves a connection that was accepted, here or by another thread.
    pub fn admit(&mut self, transport: Transport, peer: Peer, events: &mut Vec<Event<P>>) {
        if self.end_at.is_some() {
            self.live.fetch_sub(1, Relaxed);
            return; // accepted by another thread just before the end
        }
        if let Some(options) = transport.socket().tcp_options() {
            // An option that the kernel refuses for one socket (the peer has just reset it) is no reason to
            // drop a connection; the first read tells what is the matter.
            let _ = apply(&self.config.tcp, &options);
        }
        let protocol = Connection::server(Arc::clone(&self.protocol), self.now);
        let (now, shared) =
            (self.now, self.arrivals.is_some().then(|| Arc::new(Shared::new(transport.descriptor()))));
        let key = self
            .connections
            .insert(|key| Conn::new(Link::new(transport, protocol), key, now, peer.listener, shared));
        let conn = self.connections.get_mut(key).expect("it was inserted in the line above");
        if let Err(error) = conn.link.transport.register(self.poll.registry(), key.token()) {
            self.connections.remove(key);
            self.live.fetch_sub(1, Relaxed);
            events.push(Event::Trouble { what: format!("a connection was dropped: {error}") });
            return;
        }
        if let (Some(arrivals), Some(shared)) = (&mut self.arrivals, &conn.shared) {
            arrivals.push_back(Arc::clone(shared));
        }
        self.loads.enter(peer.listener);
        self.stats.accepted += 1;
        self.begin_handshake(key);
        self.arm(key);
        events.push(Event::Connect { key, peer: Box::new(peer) });
    }

    fn refuse_full(&mut self, transport: Transport, events: &mut Vec<Event<P>>) {
        self.stats.refused_full += 1;
        refuse(transport, &FULL);
        if !self.accepting.told_full {
            self.accepting.told_full = true;
            let what = format!("max_connections ({}) is reached: clients get 503", self.max_connections);
            events.push(Event::Trouble { what });
        }
    }

    /// Whether the access rules let a request pass. Those that it counts against are noted.
    pub(super) fn admits_request(&mut self, key: ConnKey, request: &Request) -> Result<(), Refusal> {
        if !self.config.access.origins.admit(request) {
            return Err(Refusal::Origin);
        }
        // Who guesses tokens is slowed down first.
        self.admits_address(key, request)?;
        self.admits_token(key, request)
    }

    fn admits_address(&mut self, key: ConnKey, request: &Request) -> Result<(), Refusal> {
        let rules = &self.config.access;
        let counts = rules.max_connections_per_ip > 0 || rules.handshake_rate_per_ip > 0.0;
        if rules.trusted_proxies.is_empty() && !counts {
            return Ok(()); // the peer itself was looked at when it was accepted
        }
        let Some(conn) = self.connections.get_mut(key) else { return Ok(()) };
        // A peer that is gone by now has no address, and needs none.
        let Ok(peer) = conn.link.transport.socket().peer_address() else { return Ok(()) };
        let Some(ip) = client_address(request, &peer, rules).ip else { return Ok(()) };
        if !rules.admits(ip) {
            return Err(Refusal::Address);
        }
        if counts {
            self.admission.enter(rules, ip, self.now)?;
            conn.extras().counted = Some(ip);
        }
        Ok(())
    }
}

/// Turns a client away at the door.
fn refuse(transport: Transport, answer: &Answer) {
    let record = answer.alert.record();
    let bytes = if let Transport::Plain(_) = transport { answer.http } else { &record };
    turn_away(transport, bytes);
}

/// Answers a connection that is not served. Nothing is kept: a peer that does not read loses only the answer.
pub(super) fn turn_away(mut transport: Transport, answer: &[u8]) {
    let socket = transport.socket_mut();
    // What the peer has already sent is read first: closing with unread input would reset the connection and
    // take our answer with it.
    let _ = socket.read(&mut [0; reading::DISCARD]);
    let _ = socket.write(answer);
    socket.shutdown_write();
}

fn apply(config: &TcpConfig, socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_nodelay(config.nodelay)?;
    if let Some(size) = config.recv_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(size) = config.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(keepalive) = &config.keepalive {
        let mut settings = socket2::TcpKeepalive::new().with_time(keepalive.time);
        if let Some(interval) = keepalive.interval {
            settings = settings.with_interval(interval);
        }
        if let Some(retries) = keepalive.retries {
            settings = settings.with_retries(retries);
        }
        socket.set_tcp_keepalive(&settings)?;
    }
    Ok(())
}
