//! What callbacks ask for and what happens when they have returned: callbacks run one at a time.

use crate::php::client::Client;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Default)]
pub struct Todo {
    tasks: RefCell<VecDeque<Task>>,
    any: Cell<bool>,
}

pub enum Task {
    /// Its request was accepted.
    Open(Rc<Client>),
    /// It was resumed, or left line mode: what it holds can come out.
    Deliver(Rc<Client>),
}

impl Todo {
    pub fn push(&self, task: Task) {
        self.tasks.borrow_mut().push_back(task);
        self.any.set(true);
    }

    #[inline]
    pub fn next(&self) -> Option<Task> {
        if !self.any.get() {
            return None;
        }
        let next = self.tasks.borrow_mut().pop_front();
        self.any.set(next.is_some());
        next
    }

    pub fn clear(&self) {
        self.any.set(false);
        drop(self.tasks.take());
    }
}
