//! From events to the application's functions.

use super::callbacks::{Callbacks, DataCallback};
use super::closing::Farewell;
use super::mirror::{Mirror, State, Update};
use super::pausing;
use super::sockets::Sockets;
use crate::net::PeerAddress;
use crate::php;
use crate::php::call::{Callback, Ending};
use crate::php::face::Face;
use crate::php::function::Failure;
use crate::php::payload::ZendPayload;
use crate::php::running::{self, Running, Stop};
use crate::php::shim::Outcome;
use crate::php::stream;
use crate::php::throwable::Throwable;
use crate::php::value::Value;
use crate::php::variable::Variable;
use crate::server::{ConnKey, Event, Peer, ServerConfig};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The application, as the loop sees it. Everything is `&self`: callbacks call back into it.
pub struct LegacyFace {
    pub(super) callbacks: Callbacks,
    pub(super) mirror: Mirror,
    pub(super) sockets: Sockets,
    fifo: Option<PathBuf>,
    pub(super) subprotocols: Vec<String>,
    /// The clients that the application knows: from `ws_server_connect` to `ws_server_after_close`.
    clients: RefCell<HashMap<i64, Client>>,
    /// Clients that were resumed: what they hold can come out.
    pub(super) resumed: RefCell<Vec<Rc<php::client::Client>>>,
}

/// What we know of a client ourselves.
#[derive(Debug, Clone)]
pub struct Client {
    pub peer: PeerAddress,
    pub state: State,
    /// Its close callbacks are running.
    pub leaving: bool,
}

impl LegacyFace {
    /// Looks the application's functions up, sets the globals, and fits the configuration to them.
    pub fn new(config: &mut ServerConfig) -> Result<LegacyFace, Failure> {
        let callbacks = Callbacks::find()
            .map_err(|missing| Failure::exception(format!("the function {missing} is not defined")))?;
        if !config.protocol.buffer_messages {
            return Err(Failure::exception(
                "option \"buffer_messages\" must be on: ws_server_text gets whole messages",
            ));
        }
        config.auto_accept = false;
        config.raw_reads = callbacks.read.is_some();
        // `ws_server_before_close` may still send to a client that has sent its Close.
        config.protocol.hold_close = true;
        Ok(LegacyFace {
            callbacks,
            mirror: Mirror::share()?,
            sockets: Sockets::share()?,
            fifo: config.fifo.as_ref().map(|fifo| fifo.path.clone()),
            subprotocols: config.protocol.subprotocols.clone(),
            clients: RefCell::default(),
            resumed: RefCell::default(),
        })
    }

    fn connect(&self, key: ConnKey, peer: Peer) -> Result<(), Ending> {
        let Some(id) = running::with(|running| running.clients.insert(key, &peer).id) else { return Ok(()) };
        log::debug!("client {id} connected from {}", peer.remote);
        self.mirror.add(id, &peer.remote.to_string(), State::Connecting)?;
        self.sockets.add(id)?;
        let client = Client { peer: peer.remote, state: State::Connecting, leaving: false };
        self.clients.borrow_mut().insert(id, client);
        let Some(connect) = &self.callbacks.connect else { return Ok(()) };
        let element = self.element(id)?;
        let outcome = connect.call(&mut [self.mirror.all(), element, Value::long(id)]);
        self.settle(outcome, Some(id))
    }

    /// The hot path: a message for the application.
    #[inline]
    fn data(
        &self,
        callback: &Option<DataCallback>,
        id: i64,
        payload: ZendPayload,
        text: bool,
    ) -> Result<(), Ending> {
        let Some(DataCallback { callback, as_documented }) = callback else { return Ok(()) };
        let element = self.element(id)?;
        let payload = if text { payload.into_text() } else { payload.into_value() };
        let outcome = if *as_documented {
            callback.call(&mut [self.mirror.all(), element, payload])
        } else {
            callback.call(&mut [self.mirror.all(), element, Value::long(id), payload])
        };
        self.settle(outcome, Some(id))
    }

    /// The driver sends most pings, without telling: `ping_time` follows when the answer comes. As before, a pong
    /// that nobody asked for changes nothing.
    fn pong(&self, key: ConnKey, payload: ZendPayload) -> Result<(), Ending> {
        let Some(id) = running::id(key) else { return Ok(()) };
        let stats = running::with(|running| running.driver.connection_stats(key)).flatten();
        if let Some(ping_time) = stats.as_ref().and_then(|stats| stats.last_ping) {
            let update = Update {
                ping_time: Some(microtime(ping_time)),
                pong_time: Some(microtime(SystemTime::now())),
                ..Update::default()
            };
            self.mirror.update(id, update)?;
        }
        self.data(&self.callbacks.pong, id, payload, false)
    }

    fn drain(&self, key: ConnKey) -> Result<(), Ending> {
        let Some(drain) = &self.callbacks.drain else { return Ok(()) };
        let Some(id) = running::id(key) else { return Ok(()) };
        let element = self.element(id)?;
        let outcome = drain.call(&mut [self.mirror.all(), element, Value::long(id)]);
        self.settle(outcome, Some(id))
    }

    fn fifo(&self, data: &[u8]) -> Result<(), Ending> {
        let Some(fifo) = &self.callbacks.fifo else { return Ok(()) };
        let (server, sockets) = (self.sockets.server(), self.sockets.all());
        let outcome = fifo.call(&mut [server, sockets, self.mirror.all(), Value::string(trim(data))]);
        self.settle(outcome, None)
    }

    /// Tells the application.
    pub(super) fn dispatch(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        match event {
            Event::Text { key, payload } => self.message(&self.callbacks.text, key, payload, true),
            Event::Binary { key, payload } => self.message(&self.callbacks.binary, key, payload, false),
            Event::Connect { key, peer } => self.connect(key, *peer),
            Event::Read { key, data } => self.read(key, &data),
            Event::Request { key, request, tls } => self.request(key, request, tls),
            Event::Ping { key, payload } => self.message(&self.callbacks.ping, key, payload, false),
            Event::Pong { key, payload } => self.pong(key, payload),
            Event::Drain { key } => self.drain(key),
            Event::CloseReceived { key, .. } => self.close_received(key),
            Event::Close { key, closed } => self.closed(key, &closed),
            Event::Fifo { data } => self.fifo(&data),
            Event::Trouble { what } => {
                log::warn!("{what}");
                Ok(())
            }
            // The reactor accepts nothing by itself here, and plain requests are not asked for; descriptors and control
            // connections are the loop's.
            Event::Open { .. }
            | Event::HttpRequest { .. }
            | Event::Fragment { .. }
            | Event::Ready { .. }
            | Event::Control { .. } => Ok(()),
        }
    }

    /// A message that does not come straight from the loop.
    fn message(
        &self,
        callback: &Option<DataCallback>,
        key: ConnKey,
        payload: ZendPayload,
        text: bool,
    ) -> Result<(), Ending> {
        // No id: the application has closed it, with this message already decoded.
        running::id(key).map_or(Ok(()), |id| self.data(callback, id, payload, text))
    }

    fn call_global(&self, callback: &Option<Callback>) -> Result<(), Ending> {
        let Some(callback) = callback else { return Ok(()) };
        let outcome = callback.call(&mut [self.sockets.server(), self.sockets.all(), self.mirror.all()]);
        self.settle(outcome, None)
    }

    /// `&$connections[$id]`, for the very next call. An element that the application has removed comes back with
    /// what we know, for the connection is still there.
    #[inline]
    pub(super) fn element(&self, id: i64) -> Result<Value, Ending> {
        match self.mirror.element(id) {
            Some(element) => Ok(element),
            None => self.restored_element(id),
        }
    }

    #[cold]
    fn restored_element(&self, id: i64) -> Result<Value, Ending> {
        if let Some(client) = self.client(id) {
            self.mirror.add(id, &client.peer.to_string(), client.state)?;
        }
        // A destructor that ran meanwhile may have removed it again; null is as good then.
        Ok(self.mirror.element(id).unwrap_or_else(Value::null))
    }

    /// What an outcome means: an exception closes the connection in hand with 1011 and is told to the log and to
    /// `ws_server_error`; the server goes on.
    #[inline]
    pub(super) fn settle(&self, outcome: Outcome, id: Option<i64>) -> Result<(), Ending> {
        match outcome {
            Outcome::Returned => self.close_closed_sockets(),
            Outcome::Threw => self.uncaught(id),
            Outcome::Exit => Err(Ending::Exit),
            Outcome::Bailout => Err(Ending::Bailout),
        }
    }

    /// `fclose($sockets[$client_key])` is a wish to have that client closed. It is fulfilled here, and not inside
    /// `fclose`, where no PHP may run.
    #[inline]
    fn close_closed_sockets(&self) -> Result<(), Ending> {
        while let Some(id) = stream::take_closed() {
            self.leave(id, Farewell::Close { code: 1000, reason: "", status: 403 })?;
        }
        Ok(())
    }

    #[cold]
    fn uncaught(&self, id: Option<i64>) -> Result<(), Ending> {
        self.report(id)?;
        if let Some(id) = id {
            self.leave(id, Farewell::Fail { code: 1011, status: 500 })?;
        }
        Ok(())
    }

    fn report(&self, id: Option<i64>) -> Result<(), Ending> {
        let thrown = Throwable::take();
        match id {
            Some(id) => log::error!("uncaught in a callback for client {id}: {}", thrown.describe()?),
            None => log::error!("uncaught in a callback: {}", thrown.describe()?),
        }
        let Some(error) = &self.callbacks.error else { return Ok(()) };
        let key = id.map_or_else(Value::null, Value::long);
        match error.call(&mut [self.mirror.all(), key, thrown.value()]) {
            Outcome::Threw => {
                log::error!("uncaught in ws_server_error: {}", Throwable::take().describe()?);
                Ok(())
            }
            Outcome::Returned => Ok(()),
            Outcome::Exit => Err(Ending::Exit),
            Outcome::Bailout => Err(Ending::Bailout),
        }
    }

    pub(super) fn client(&self, id: i64) -> Option<Client> {
        self.clients.borrow().get(&id).cloned()
    }

    pub(super) fn change<R>(&self, id: i64, change: impl FnOnce(&mut Client) -> R) -> Option<R> {
        self.clients.borrow_mut().get_mut(&id).map(change)
    }

    pub(super) fn forget(&self, id: i64) {
        self.clients.borrow_mut().remove(&id);
    }
}

impl Face for LegacyFace {
    fn started(&self) -> Result<(), Ending> {
        self.sockets.open(self.fifo.as_deref())?;
        if let Some(serving) = &self.callbacks.serving {
            self.settle(serving.call(&mut []), None)?;
        }
        self.call_global(&self.callbacks.started)
    }

    fn on_event(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        match pausing::client(&event) {
            Some(client) => self.hold(&client, event),
            None => self.dispatch(event),
        }
    }

    fn on_message(&self, key: ConnKey, payload: ZendPayload, binary: bool) -> Result<(), Ending> {
        let look = |running: &Running| {
            running.clients.client(key).map(|client| (client.id, client.is_on_a_detour()))
        };
        match running::look(look).flatten() {
            Some((id, false)) => {
                let callback = if binary { &self.callbacks.binary } else { &self.callbacks.text };
                self.data(callback, id, payload, !binary)
            }
            Some((_, true)) if binary => self.on_event(Event::Binary { key, payload }),
            Some((_, true)) => self.on_event(Event::Text { key, payload }),
            // The application has closed it, with this message already decoded.
            None => Ok(()),
        }
    }

    fn afterwards(&self) -> Result<(), Ending> {
        self.deliver_resumed()
    }

    fn deliver_later(&self, client: &Rc<php::client::Client>) {
        self.resumed.borrow_mut().push(Rc::clone(client));
    }

    fn settle_call(&self, outcome: Outcome) -> Result<(), Ending> {
        self.settle(outcome, None)
    }

    fn turn(&self) -> Result<(), Ending> {
        self.close_closed_sockets()?;
        self.call_global(&self.callbacks.turn)
    }

    /// Everyone gets the close callbacks.
    fn stopping(&self, stop: &Stop) -> Result<(), Ending> {
        Variable::global("shutdown_flag").assign(Value::bool(true))?;
        let everyone = running::with(|running| running.clients.sorted()).unwrap_or_default();
        for id in everyone {
            self.leave(id, Farewell::Close { code: stop.code, reason: &stop.reason, status: 503 })?;
        }
        Ok(())
    }

    fn on_late_event(&self, event: Event<ZendPayload>) -> Result<(), Ending> {
        match event {
            // The clients' answers. There is nobody any more to tell of anything else.
            Event::Read { key, data } => running::feed(key, &data, &mut Vec::new()),
            _ => Ok(()),
        }
    }

    fn lingers(&self, hurry: bool) -> Result<bool, Ending> {
        let Some(lingers) = &self.callbacks.lingers else { return Ok(false) };
        let (outcome, answer) = lingers.call_for_truth(&mut [Value::bool(hurry)]);
        self.settle(outcome, None)?;
        // One of the application's callbacks in there has thrown: ask again.
        Ok(answer || outcome == Outcome::Threw)
    }

    fn stopped(&self) -> Result<(), Ending> {
        self.call_global(&self.callbacks.shutdown)?;
        self.sockets.close()
    }

    fn disconnect(&self, id: i64, code: u16, reason: &str) -> Result<bool, Ending> {
        self.leave(id, Farewell::Close { code, reason, status: 403 })
    }

    fn knows_lines(&self) -> bool {
        false
    }

    fn pinged(&self, id: i64) -> Result<(), Ending> {
        let ping_time = Some(microtime(SystemTime::now()));
        self.mirror.update(id, Update { ping_time, ..Update::default() })
    }
}

/// What PHP's `trim` leaves.
fn trim(mut data: &[u8]) -> &[u8] {
    const WHITE: &[u8] = b" \t\n\r\0\x0B";
    while let [first, rest @ ..] = data
        && WHITE.contains(first)
    {
        data = rest;
    }
    while let [rest @ .., last] = data
        && WHITE.contains(last)
    {
        data = rest;
    }
    data
}

/// A time as `microtime(true)` has it.
fn microtime(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
