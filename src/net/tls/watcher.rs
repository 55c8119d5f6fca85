//! Takes up changed files: a thread that looks at them every now and then.

use super::source::Stamp;
use super::{Keyring, TlsConfig, TlsContext, TlsError};
use crate::net::spawn_without_signals;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

/// What became of changed files.
type News = Result<(), TlsError>;

/// Watches the files of a [`TlsConfig`] from a thread of its own: reading an encrypted key takes a tenth of a second
/// of computing, which open connections must not wait for. Dropping it ends the thread.
pub struct Watcher {
    orders: Option<Sender<Watched>>,
    news: Receiver<News>,
    thread: Option<JoinHandle<()>>,
    /// The process that started the thread: in a forked child there is none.
    owner: u32,
}

/// What is watched: a configuration and what was loaded from it.
struct Watched {
    config: TlsConfig,
    loaded: Arc<TlsContext>,
}

impl Watcher {
    pub fn start(config: TlsConfig, keyring: Arc<Keyring>) -> io::Result<Watcher> {
        let (orders, inbox) = unbounded();
        let (tell, news) = unbounded();
        let watched = Watched { config, loaded: keyring.current() };
        let thread =
            spawn_without_signals("ws-tls".to_owned(), move || run(watched, &keyring, &inbox, &tell))?;
        Ok(Watcher { orders: Some(orders), news, thread: Some(thread), owner: std::process::id() })
    }

    /// Watches another configuration from now on.
    pub fn watch(&self, config: TlsConfig, loaded: Arc<TlsContext>) {
        if let Some(orders) = &self.orders {
            // It fails where the thread is gone: then nothing is watched.
            let _ = orders.send(Watched { config, loaded });
        }
    }

    /// What became of changed files since the last call: they are in use, or what is wrong with them.
    pub fn news(&self) -> impl Iterator<Item = News> {
        self.news.try_iter()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.orders = None;
        if self.owner != std::process::id() {
            std::mem::forget(self.thread.take());
        } else if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut watched: Watched, keyring: &Keyring, orders: &Receiver<Watched>, tell: &Sender<News>) {
    let mut last = watched.loaded.stamps.clone();
    let mut loaded = last.clone();
    loop {
        match orders.recv_timeout(watched.config.check_interval) {
            Ok(order) => {
                watched = order;
                last = watched.loaded.stamps.clone();
                loaded = last.clone();
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let now: Vec<Stamp> = last.iter().map(Stamp::again).collect();
                // A certificate and its key are seldom written in one moment: a change must have settled.
                if now != loaded && now == last {
                    loaded = now;
                    reload(&mut watched, keyring, tell);
                } else {
                    last = now;
                }
            }
        }
    }
}

fn reload(watched: &mut Watched, keyring: &Keyring, tell: &Sender<News>) {
    let news = match TlsContext::load(&watched.config) {
        Ok(context) => {
            let context = Arc::new(context);
            if !keyring.replace_if(&watched.loaded, Arc::clone(&context)) {
                return; // an order for something else is on its way
            }
            watched.loaded = context;
            Ok(())
        }
        Err(error) => Err(error),
    };
    // It fails where nobody listens any more.
    let _ = tell.send(news);
}
