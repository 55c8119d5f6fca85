//! `WsServer` on Rust's side: its options, its handlers and its loop.

use super::handlers::{Handlers, Name};
use super::logger::Logger;
use super::options::{self, Options};
use super::todo::Todo;
use crate::net::tls::TlsConfig;
use crate::php::agenda::Agenda;
use crate::php::borrowed::BorrowedStream;
use crate::php::call::{Callback, Ending, protect};
use crate::php::event_loop::{EventLoop, Wish};
use crate::php::face::Face;
use crate::php::function::Failure;
use crate::php::object::Native;
use crate::php::running::{self, Running};
use crate::php::value::Value;
use crate::php::{alarm, log as sink, pulse, serve};
use crate::server::{OptionValue, ServerConfig, ServerOptions, StartError};
use ext_php_rs::ffi::zend_object;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// What hangs on a `WsServer` object. Everything is `&self`: handlers call back into it.
pub struct Server {
    /// The object this belongs to; it lives longer.
    object: NonNull<zend_object>,
    weak: Weak<Server>,
    pub(super) handlers: Handlers,
    pub(super) agenda: Rc<Agenda>,
    pub(super) options: RefCell<Options>,
    /// `None` while it turns, and where there is no server.
    turns: Cell<Option<Box<EventLoop>>>,
    stage: Cell<Stage>,
    /// Connections between their open and close events.
    pub(super) open: Cell<usize>,
    /// What callbacks have asked for.
    pub(super) todo: Todo,
    pub(super) logger: Logger,
    /// The first turn has begun: all handlers that there are at the start have been set.
    pub(super) has_started: Cell<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was started.
    New,
    /// The log is open already.
    Starting,
    /// It listens, between turns or in one.
    Up,
    /// It has ended; only `run()` and `listen()` start it again.
    Ended,
}

// SAFETY: `ws_create_server` gives every WsServer object an `Rc<Server>`.
unsafe impl Native for Server {}

impl Server {
    pub fn new(object: NonNull<zend_object>) -> Rc<Server> {
        // They count where a subclass never calls our constructor. (INI entries that can't be used are told by one that is
        // called.)
        let options = Options::parse(Vec::new()).unwrap_or_default();
        Rc::new_cyclic(|weak| Server {
            object,
            weak: Weak::clone(weak),
            handlers: Handlers::of(object),
            agenda: Rc::default(),
            options: RefCell::new(options),
            turns: Cell::new(None),
            stage: Cell::new(Stage::New),
            open: Cell::new(0),
            todo: Todo::default(),
            logger: Logger::default(),
            has_started: Cell::new(false),
        })
    }

    pub(super) fn weak(&self) -> Weak<Server> {
        Weak::clone(&self.weak)
    }

    /// `$server`, for a call.
    pub fn value(&self) -> Value {
        Value::lent_object(self.object)
    }

    pub fn object(&self) -> NonNull<zend_object> {
        self.object
    }

    /// `new WsServer($options)`.
    pub fn construct(&self, options: Options) -> Result<(), Failure> {
        if self.is_up() {
            return Err(Failure::exception("the server is running"));
        }
        self.options.replace(options);
        Ok(())
    }

    /// Something of the server, where it is this one that listens. `ask` must not call PHP.
    pub fn ask<R>(&self, ask: impl FnOnce(&mut Running) -> R) -> Option<R> {
        if self.is_up() { running::with(ask) } else { None }
    }

    /// [`Server::ask`] for what changes nothing.
    pub fn look<R>(&self, look: impl FnOnce(&Running) -> R) -> Option<R> {
        if self.is_up() { running::look(look) } else { None }
    }

    /// For the cycle collector.
    pub fn for_each_callback(&self, mut look: impl FnMut(&Callback)) {
        self.handlers.for_each(|callback| look(callback));
        self.logger.for_each(&mut look);
        self.agenda.for_each_callback(look);
    }

    pub(super) fn is_starting_or_up(&self) -> bool {
        matches!(self.stage.get(), Stage::Starting | Stage::Up)
    }

    pub fn is_up(&self) -> bool {
        self.stage.get() == Stage::Up
    }

    /// Binds the listeners, if that was not done.
    pub fn start(self: &Rc<Server>) -> Result<(), Failure> {
        if self.is_up() { Ok(()) } else { self.start_with(None) }
    }

    /// `first`: instead of listening where `listen` says by default.
    fn start_with(self: &Rc<Server>, first: Option<ServerConfig>) -> Result<(), Failure> {
        serve::check_place()?;
        let config = {
            let options = self.options.borrow();
            let ServerOptions { log, log_level, .. } = &options.parsed;
            sink::open(log.as_ref(), *log_level).map_err(Failure::exception)?;
            pulse::reset(options.parsed.slow_callback);
            let mut config = self.config(&options);
            if let Some(first) = first {
                let mut listen = if options.has("listen") { config.listen } else { Vec::new() };
                listen.extend(first.listen);
                config =
                    ServerConfig { listen, backlog: first.backlog, reuse_port: first.reuse_port, ..config };
            }
            config
        };
        self.stage.set(Stage::Starting);
        self.update_audience();
        let face: Rc<dyn Face> = Rc::clone(self) as Rc<dyn Face>;
        if let Err(failure) = serve::start(config, Rc::clone(&face), Rc::clone(&self.agenda)) {
            self.stage.set(Stage::Ended);
            sink::leave();
            sink::close();
            return Err(failure);
        }
        self.turns.set(Some(Box::new(EventLoop::new(face, Rc::clone(&self.agenda)))));
        self.stage.set(Stage::Up);
        self.open.set(0);
        Ok(())
    }

    /// Turns the loop until it is over.
    pub fn run(self: &Rc<Server>) -> Result<i64, Failure> {
        let signals = serve::catch_signals()?;
        self.start()?;
        let mut turns = self.begin_turn("run")?;
        let result = serve::run(&mut turns, serve::Input::Ignored, signals);
        self.ended()?;
        result
    }

    /// One turn; how much happened.
    pub fn tick(self: &Rc<Server>, timeout: Option<Duration>) -> Result<i64, Failure> {
        if self.stage.get() == Stage::Ended {
            return Ok(0);
        }
        self.start()?;
        let mut turns = self.begin_turn("tick")?;
        running::stir();
        let mut ready = |source| if alarm::is_mine(source) { Wish::Nothing } else { Wish::NotMine };
        let result = protect(|| turns.turn(timeout, &mut ready));
        let result = result.unwrap_or_else(|ending| Err(Failure::Ending(ending)));
        if result.is_ok() && !turns.is_over() {
            let longest = turns.longest_rest(self.longest_rest());
            turns.rests(alarm::rest(&self.agenda, longest));
            self.turns.set(Some(turns));
        } else {
            let ended = serve::end(result.is_ok());
            self.ended()?;
            ended?;
        }
        result.map(|count| count as i64)
    }

    /// A PHP stream that becomes readable when `tick()` has something to do.
    pub fn stream(self: &Rc<Server>) -> Result<BorrowedStream, Failure> {
        self.start()?;
        alarm::set_up().map_err(|error| Failure::exception(format!("timer: {error}")))?;
        let fd = running::with(|running| running.driver.descriptor_to_wait_for());
        let Some(fd) = fd else { return Err(Failure::exception("the server is not running")) };
        alarm::rest(&self.agenda, self.longest_rest());
        // A copy of the descriptor: closing the stream does the server no harm.
        BorrowedStream::open(format!("php://fd/{fd}").as_bytes())
    }

    fn longest_rest(&self) -> Option<Duration> {
        let tick = self.options.borrow().parsed.config.tick_interval;
        (self.handlers.has(Name::Tick) || !self.has_started.get()).then_some(tick)
    }

    /// The object is going: nobody will turn the loop any more.
    pub fn abandon(&self) -> Result<(), Ending> {
        if !self.is_up() {
            return Ok(());
        }
        let ended = serve::end(false);
        // No handler is called any more: the object is going.
        sink::leave();
        self.ended().and(ended)
    }

    /// Listens on one more address, now.
    pub fn listen(self: &Rc<Server>, uri: &str, given: Vec<(String, OptionValue)>) -> Result<(), Failure> {
        let config = self.options.borrow().for_listener(uri, given)?;
        if !self.is_up() {
            return self.start_with(Some(config));
        }
        let listening = running::with(|running| {
            running.driver.listen(&config)?;
            running.listening = true;
            Ok(running.driver.addresses())
        });
        let addresses = listening.transpose().map_err(|error: StartError| Failure::exception(error))?;
        for address in addresses.into_iter().flatten().rev().take(1) {
            log::info!("listening on {address}");
        }
        Ok(())
    }

    /// `setOption`: it counts from now on.
    pub fn set_option(&self, name: &str, value: OptionValue) -> Result<(), Failure> {
        if self.is_up() && options::is_fixed(name) {
            return Err(Failure::exception(format!(
                "option \"{name}\" can only be set before the server listens"
            )));
        }
        let options = self.options.borrow().with(name, value)?;
        if self.is_up() {
            let ServerOptions { log, log_level, slow_callback, .. } = &options.parsed;
            if matches!(name, "log" | "log_level") {
                sink::open(log.as_ref(), *log_level).map_err(Failure::exception)?;
            }
            if name == "tls" {
                self.set_tls(options.parsed.config.tls.as_ref())?;
            }
            pulse::set_slow(*slow_callback);
        }
        self.options.replace(options);
        self.reconfigure();
        Ok(())
    }

    /// Certificates for connections from now on. What can't be used changes nothing.
    fn set_tls(&self, tls: Option<&TlsConfig>) -> Result<(), Failure> {
        match tls {
            Some(tls) => {
                let set = running::with(|running| running.driver.set_tls(tls.clone())).transpose();
                set.map_err(Failure::exception).map(drop)
            }
            None if self.options.borrow().parsed.config.tls.is_none() => Ok(()),
            None => Err(Failure::exception("option \"tls\" cannot be taken away from a server that listens")),
        }
    }

    /// Tells the running server what the options and handlers come to now.
    pub fn reconfigure(&self) {
        if !self.is_up() {
            return;
        }
        let config = self.config(&self.options.borrow());
        running::with(|running| {
            running.access = config.access.clone();
            running.tick = config.tick_interval;
            if let Some(watch) = &running.watch {
                watch.set_stall_after(config.stall_after);
            }
            running.driver.reconfigure(config);
        });
    }

    pub fn on(&self, name: Name, callback: Option<Callback>) {
        drop(self.handlers.set(name, callback));
        if name == Name::Log {
            self.update_audience();
        }
        if matches!(name, Name::Request | Name::Connect) {
            self.reconfigure();
        }
    }

    fn config(&self, options: &Options) -> ServerConfig {
        let mut config = options.parsed.config.clone();
        // Before the first turn handlers may still be set; until then nobody is let in without PHP.
        let decides = self.handlers.has(Name::Request) || self.handlers.has(Name::Connect);
        config.auto_accept = !decides && self.has_started.get();
        // What a client sent before its Close, or before a mistake, is answered first.
        config.protocol.hold_close = true;
        config
    }

    fn begin_turn(&self, method: &str) -> Result<Box<EventLoop>, Failure> {
        self.turns.take().ok_or_else(|| {
            Failure::exception(format!("{method}() cannot be called in a callback of the server that runs"))
        })
    }

    fn ended(&self) -> Result<(), Ending> {
        self.turns.set(None);
        self.stage.set(Stage::Ended);
        self.has_started.set(false);
        // After exit() nobody was told their ends.
        self.open.set(0);
        self.todo.clear();
        let told = self.tell_log();
        sink::leave();
        sink::close();
        told
    }
}
