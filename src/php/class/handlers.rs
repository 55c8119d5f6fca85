//! The application's handlers: what was given to `on()`, and methods like `onText` of a subclass.

use crate::php::call::Callback;
use crate::php::label::Label;
use ext_php_rs::ffi::zend_object;
use std::cell::RefCell;
use std::ptr::NonNull;
use std::rc::Rc;

/// What a server tells its application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Start,
    Stop,
    Connect,
    Request,
    Open,
    Text,
    Binary,
    Message,
    Fragment,
    Line,
    Ping,
    Pong,
    Drain,
    Close,
    Fifo,
    Tick,
    Error,
    Log,
}

const ALL: [(Name, &str, &str); 18] = [
    (Name::Start, "start", "onstart"),
    (Name::Stop, "stop", "onstop"),
    (Name::Connect, "connect", "onconnect"),
    (Name::Request, "request", "onrequest"),
    (Name::Open, "open", "onopen"),
    (Name::Text, "text", "ontext"),
    (Name::Binary, "binary", "onbinary"),
    (Name::Message, "message", "onmessage"),
    (Name::Fragment, "fragment", "onfragment"),
    (Name::Line, "line", "online"),
    (Name::Ping, "ping", "onping"),
    (Name::Pong, "pong", "onpong"),
    (Name::Drain, "drain", "ondrain"),
    (Name::Close, "close", "onclose"),
    (Name::Fifo, "fifo", "onfifo"),
    (Name::Tick, "tick", "ontick"),
    (Name::Error, "error", "onerror"),
    (Name::Log, "log", "onlog"),
];

type Table = [Option<Rc<Callback>>; ALL.len()];

impl Name {
    pub fn parse(name: &[u8]) -> Option<Name> {
        ALL.iter().find(|(_, event, _)| event.as_bytes() == name).map(|(name, _, _)| *name)
    }
}

/// One handler an event. What `on()` was given goes before a method.
pub struct Handlers {
    methods: Table,
    current: RefCell<Table>,
}

impl Handlers {
    /// Looks for the methods of a subclass. The object outlives this.
    pub fn of(object: NonNull<zend_object>) -> Handlers {
        let mut methods = Table::default();
        for (name, event, method) in ALL {
            let callback = Callback::method(object, method);
            methods[name as usize] = callback.map(|callback| Rc::new(callback.called_for(Label::of(event))));
        }
        Handlers { current: RefCell::new(methods.clone()), methods }
    }

    /// Sets a handler; `None` goes back to the method, where there is one. The caller drops the old one, when nothing
    /// is borrowed.
    pub fn set(&self, name: Name, callback: Option<Callback>) -> Option<Rc<Callback>> {
        let label = Label::of(ALL[name as usize].1);
        let new = callback
            .map(|callback| Rc::new(callback.called_for(label)))
            .or_else(|| self.methods[name as usize].clone());
        std::mem::replace(&mut self.current.borrow_mut()[name as usize], new)
    }

    /// Counted, so that a handler may replace itself.
    #[inline]
    pub fn handler(&self, name: Name) -> Option<Rc<Callback>> {
        self.current.borrow()[name as usize].clone()
    }

    pub fn has(&self, name: Name) -> bool {
        self.current.borrow()[name as usize].is_some()
    }

    /// For the cycle collector.
    pub fn for_each(&self, look: impl FnMut(&Rc<Callback>)) {
        self.current.borrow().iter().flatten().for_each(look);
    }
}
