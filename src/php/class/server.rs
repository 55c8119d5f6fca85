//! `WsServer` on Rust's side: its options, its handlers and its loop.

use super::handlers::{Handlers, Name};
use super::todo::Todo;
use crate::php::agenda::Agenda;
use crate::php::call::{Callback, Ending, protect};
use crate::php::event_loop::{EventLoop, Wish};
use crate::php::face::Face;
use crate::php::function::Failure;
use crate::php::object::Native;
use crate::php::running::{self, Running};
use crate::php::value::Value;
use crate::php::{log as sink, serve};
use crate::server::{OptionValue, ServerConfig, ServerOptions};
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
    /// The first turn has begun: all handlers that there are at the start have been set.
    pub(super) has_started: Cell<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was started.
    New,
    /// It listens, between turns or in one.
    Up,
    /// It has ended; only `run()` and `listen()` start it again.
    Ended,
}

/// The options as they were given, and what they come to.
pub struct Options {
    pub given: Vec<(String, OptionValue)>,
    pub parsed: ServerOptions,
}

// SAFETY: `ws_create_server` gives every WsServer object an `Rc<Server>`.
unsafe impl Native for Server {}

impl Options {
    /// The defaults of this face: pages of other hosts are kept out.
    pub fn parse(given: Vec<(String, OptionValue)>) -> Result<Options, Failure> {
        let mut options = vec![("origins".to_owned(), OptionValue::Str("same".to_owned()))];
        options.extend(given.iter().cloned());
        let parsed = ServerOptions::parse(options).map_err(Failure::exception)?;
        Ok(Options { given, parsed })
    }

    /// With one option changed.
    pub fn with(&self, name: &str, value: OptionValue) -> Result<Options, Failure> {
        let mut given = self.given.clone();
        given.retain(|(other, _)| other != name);
        given.push((name.to_owned(), value));
        Options::parse(given)
    }
}

impl Server {
    pub fn new(object: NonNull<zend_object>) -> Rc<Server> {
        let parsed = ServerOptions::default();
        let options = Options { given: Vec::new(), parsed };
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

    /// For the cycle collector.
    pub fn for_each_callback(&self, mut look: impl FnMut(&Callback)) {
        self.handlers.for_each(|callback| look(callback));
        self.agenda.for_each_callback(look);
    }

    pub fn is_up(&self) -> bool {
        self.stage.get() == Stage::Up
    }

    /// Binds the listeners, if that was not done.
    pub fn start(self: &Rc<Server>) -> Result<(), Failure> {
        if self.is_up() {
            return Ok(());
        }
        serve::check_place()?;
        let config = {
            let options = self.options.borrow();
            let ServerOptions { log, log_level, .. } = &options.parsed;
            sink::open(log.as_ref(), *log_level).map_err(Failure::exception)?;
            self.config(&options)
        };
        let face: Rc<dyn Face> = Rc::clone(self) as Rc<dyn Face>;
        if let Err(failure) = serve::start(config, Rc::clone(&face), Rc::clone(&self.agenda)) {
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
        self.ended();
        result
    }

    /// One turn; how much happened.
    pub fn tick(self: &Rc<Server>, timeout: Option<Duration>) -> Result<i64, Failure> {
        if self.stage.get() == Stage::Ended {
            return Ok(0);
        }
        self.start()?;
        let mut turns = self.begin_turn("tick")?;
        let result = protect(|| turns.turn(timeout, &mut |_| Wish::NotMine));
        let result = result.unwrap_or_else(|ending| Err(Failure::Ending(ending)));
        if result.is_ok() && !turns.is_over() {
            self.turns.set(Some(turns));
        } else {
            let ended = serve::end(result.is_ok());
            self.ended();
            ended?;
        }
        result.map(|count| count as i64)
    }

    /// The object is going: nobody will turn the loop any more.
    pub fn abandon(&self) -> Result<(), Ending> {
        if !self.is_up() {
            return Ok(());
        }
        let ended = serve::end(false);
        self.ended();
        ended
    }

    /// Changes options; they count from now on, as far as they can be changed.
    pub fn set_options(&self, options: Options) {
        *self.options.borrow_mut() = options;
        self.reconfigure();
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
            running.driver.reconfigure(config);
        });
    }

    pub fn on(&self, name: Name, callback: Option<Callback>) {
        drop(self.handlers.set(name, callback));
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

    fn ended(&self) {
        self.turns.set(None);
        self.stage.set(Stage::Ended);
        self.has_started.set(false);
        self.todo.clear();
        sink::close();
    }
}
