//! A queue into a thread that sleeps in a poll, which wakes it only when it sleeps.

use crossbeam_channel::{Receiver, Sender, TrySendError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// The sending end; the receiving thread is woken by the first item after it has gone to sleep.
pub struct Mailbox<T> {
    queue: Sender<T>,
    bell: Arc<Bell>,
}

/// Wakes a thread from its poll.
pub struct Bell {
    waker: mio::Waker,
    /// The thread sleeps, or is about to.
    asleep: AtomicBool,
}

impl Bell {
    pub fn new(waker: mio::Waker) -> Arc<Bell> {
        Arc::new(Bell { waker, asleep: AtomicBool::new(false) })
    }

    /// The owner is about to look at its queue for the last time before it sleeps.
    pub fn lie_down(&self) {
        self.asleep.store(true, SeqCst);
    }

    pub fn get_up(&self) {
        self.asleep.store(false, SeqCst);
    }

    pub fn ring(&self) {
        if self.asleep.swap(false, SeqCst) {
            // The waker writes to an eventfd, which fails only when it is full: the thread wakes then too.
            let _: io::Result<()> = self.waker.wake();
        }
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Mailbox { queue: self.queue.clone(), bell: Arc::clone(&self.bell) }
    }
}

impl<T> Mailbox<T> {
    pub fn new(capacity: usize, bell: Arc<Bell>) -> (Mailbox<T>, Receiver<T>) {
        let (queue, receiver) = crossbeam_channel::bounded(capacity);
        (Mailbox { queue, bell }, receiver)
    }

    /// Waits where the queue is full: the other thread is woken and makes room. False: that thread is gone.
    pub fn send(&self, item: T) -> bool {
        match self.queue.try_send(item) {
            Ok(()) => {
                self.bell.ring();
                true
            }
            Err(TrySendError::Full(item)) => {
                self.bell.ring();
                let sent = self.queue.send(item).is_ok();
                self.bell.ring();
                sent
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }

    /// Gives the item back where the queue is full.
    pub fn offer(&self, item: T) -> Result<(), T> {
        match self.queue.try_send(item) {
            Ok(()) => {
                self.bell.ring();
                Ok(())
            }
            Err(TrySendError::Full(item) | TrySendError::Disconnected(item)) => Err(item),
        }
    }
}
