//! What is kept about one connection on PHP's side: its part of the handshake, and the handle that PHP holds.

use super::object::Object;
use super::payload::ZendPayload;
use super::shim::Outcome;
use super::value::Value;
use crate::net::PeerAddress;
use crate::net::tls::TlsInfo;
use crate::protocol::Request;
use crate::server::{AccessRules, ClientAddress, ConnKey, ConnectionStats, Event, Lines, client_address};
use ext_php_rs::types::Zval;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// One connection. It outlives its socket where PHP keeps the handle.
pub struct Client {
    pub id: i64,
    pub key: ConnKey,
    /// Unix time.
    pub connected_at: f64,
    peer: PeerAddress,
    /// Many have the same.
    pub local: Rc<PeerAddress>,
    request: OnceCell<Request>,
    phase: Cell<Phase>,
    /// The application wants nothing from it for now.
    paused: Cell<bool>,
    /// It is paused, in line mode, or holds something: messages do not go straight to their handlers.
    detour: Cell<bool>,
    /// `WsConnection`, once somebody could see it; it is held until the connection is over.
    object: Cell<Option<Object>>,
    extras: OnceCell<Box<RefCell<Extras>>>,
}

/// How far a connection is, for PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Connecting,
    Open,
    /// A close has begun; no message reaches PHP any more.
    Closing,
    Closed,
}

/// What few connections need.
#[derive(Default)]
pub struct Extras {
    /// Its address, where a trusted proxy speaks for it.
    pub proxied: Option<ClientAddress>,
    pub subprotocol: Option<String>,
    pub tls: Option<Box<TlsInfo>>,
    /// What came while it was paused, in order.
    pub held: VecDeque<Event<ZendPayload>>,
    pub lines: Lines,
    /// Its figures at the end.
    pub last_stats: Option<ConnectionStats>,
}

impl Client {
    pub fn new(id: i64, key: ConnKey, remote: PeerAddress, local: Rc<PeerAddress>) -> Client {
        Client {
            id,
            key,
            connected_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64(),
            peer: remote,
            local,
            request: OnceCell::new(),
            phase: Cell::new(Phase::Connecting),
            paused: Cell::new(false),
            detour: Cell::new(false),
            object: Cell::new(None),
            extras: OnceCell::new(),
        }
    }

    /// Its upgrade request came.
    pub fn requested(&self, request: Box<Request>, rules: &AccessRules) {
        let proxied = client_address(&request, &self.peer, rules);
        if proxied != self.direct() {
            self.extras(|extras| extras.proxied = Some(proxied));
        }
        // There is one request a connection.
        let _ = self.request.set(*request);
    }

    pub fn request(&self) -> Option<&Request> {
        self.request.get()
    }

    /// Of its socket, whoever a proxy speaks for: the peer's end, or ours.
    pub fn socket_name(&self, remote: bool) -> String {
        if remote { self.peer.to_string() } else { self.local.to_string() }
    }

    /// An IP address, or empty for a client on a Unix socket.
    pub fn remote_address(&self) -> String {
        self.remote().ip.map(|ip| ip.to_string()).unwrap_or_default()
    }

    pub fn remote_port(&self) -> u16 {
        self.remote().port
    }

    fn remote(&self) -> ClientAddress {
        let proxied = self.extras.get().and_then(|extras| extras.borrow().proxied);
        proxied.unwrap_or_else(|| self.direct())
    }

    fn direct(&self) -> ClientAddress {
        ClientAddress { ip: self.peer.ip().map(|ip| ip.to_canonical()), port: self.peer.port() }
    }

    #[inline]
    pub fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// Its open event has been told, or is about to be, and its close event has not.
    pub fn is_told(&self) -> bool {
        matches!(self.phase(), Phase::Open | Phase::Closing)
    }

    pub fn set_phase(&self, phase: Phase) {
        self.phase.set(phase);
    }

    pub fn is_paused(&self) -> bool {
        self.paused.get()
    }

    pub fn set_paused(&self, paused: bool) {
        self.paused.set(paused);
        if paused {
            self.detour.set(true);
        }
    }

    /// Whether messages must not go straight to their handlers.
    #[inline]
    pub fn is_on_a_detour(&self) -> bool {
        self.detour.get()
    }

    /// Goes back to the straight way, if nothing is against it.
    pub fn straighten(&self) {
        let holds =
            self.extras(|extras| extras.lines.is_on() || !extras.held.is_empty() || !extras.lines.is_empty());
        self.detour.set(holds || self.is_paused());
    }

    /// It is being closed: only its end is still of interest.
    pub fn drop_held_messages(&self) {
        self.extras(|extras| {
            extras.held.retain(|event| matches!(event, Event::Close { .. }));
            extras.lines = Lines::default();
        });
    }

    /// Events that come before those that it holds already.
    pub fn hold_in_front(&self, events: impl DoubleEndedIterator<Item = Event<ZendPayload>>) {
        self.extras(|extras| events.rev().for_each(|event| extras.held.push_front(event)));
    }

    pub fn is_in_line_mode(&self) -> bool {
        self.extras.get().is_some_and(|extras| extras.borrow().lines.is_on())
    }

    /// `None` ends line mode.
    pub fn set_line_mode(&self, max: Option<usize>) {
        self.extras(|extras| extras.lines.set(max));
        self.detour.set(true);
    }

    pub fn push_line_bytes(&self, bytes: &[u8]) {
        self.extras(|extras| extras.lines.push(bytes));
    }

    /// The next whole line; where line mode has ended, what it has left.
    pub fn next_line(&self) -> Option<Vec<u8>> {
        let lines = &mut self.extras.get()?.borrow_mut().lines;
        if lines.is_on() { lines.next_line().map(<[u8]>::to_vec) } else { lines.rest() }
    }

    /// An unfinished line at the end of the connection.
    pub fn take_line_rest(&self) -> Option<Vec<u8>> {
        self.extras.get()?.borrow_mut().lines.rest()
    }

    pub fn subprotocol(&self) -> Option<String> {
        self.extras.get()?.borrow().subprotocol.clone()
    }

    pub fn set_subprotocol(&self, subprotocol: Option<&str>) {
        if let Some(name) = subprotocol {
            self.extras(|extras| extras.subprotocol = Some(name.to_owned()));
        }
    }

    pub fn set_tls(&self, tls: Option<Box<TlsInfo>>) {
        if let Some(tls) = tls {
            log::debug!("client {} has {tls}", self.id);
            self.extras(|extras| extras.tls = Some(tls));
        }
    }

    /// `look` calls no PHP.
    pub fn tls<R>(&self, look: impl FnOnce(&TlsInfo) -> R) -> Option<R> {
        self.extras.get()?.borrow().tls.as_deref().map(look)
    }

    pub fn last_stats(&self) -> Option<ConnectionStats> {
        self.extras.get()?.borrow().last_stats
    }

    /// `change` calls no PHP.
    pub fn extras<R>(&self, change: impl FnOnce(&mut Extras) -> R) -> R {
        change(&mut self.extras.get_or_init(Box::default).borrow_mut())
    }

    /// `WsConnection`, for a call that ends before the connection is let go. Always the same one.
    #[inline]
    pub fn handle(self: &Rc<Client>) -> Value {
        self.with_object(Object::lent)
    }

    /// `WsConnection`, for PHP to keep.
    pub fn shared_handle(self: &Rc<Client>) -> Value {
        self.with_object(Object::shared)
    }

    /// `WsConnection::$data = value`, before PHP has seen the handle: what it replaces is null, and no destructor can run.
    pub fn set_data(self: &Rc<Client>, value: &Zval) {
        self.with_object(|object| object.set_data(value));
    }

    #[inline]
    fn with_object<R>(self: &Rc<Client>, look: impl FnOnce(&Object) -> R) -> R {
        let object = self.object.take().unwrap_or_else(|| Object::connection(Rc::clone(self)));
        let result = look(&object);
        self.object.set(Some(object));
        result
    }

    /// Whether PHP has ever seen it.
    pub fn has_handle(&self) -> bool {
        let object = self.object.take();
        let seen = object.is_some();
        self.object.set(object);
        seen
    }

    /// The connection is over: the handle is the application's alone. A destructor may run.
    pub fn let_go(&self) -> Outcome {
        self.phase.set(Phase::Closed);
        let object = self.object.take();
        object.map_or(Outcome::Returned, Object::release)
    }
}
