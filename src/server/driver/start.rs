//! The beginning: what a server needs is taken all, or nothing of it; and listeners that come later.

use super::pool::Pool;
use super::secure::Secure;
use super::{Bell, Driver, Threads, control, sockets};
use crate::net::tls::{Keyring, TlsError};
use crate::net::{ListenAddress, ListenSettings, Listener};
use crate::protocol::Payload;
use crate::server::ingress::Fifo;
use crate::server::loads::Loads;
use crate::server::pid_file::{PidFile, PidFileError};
use crate::server::reactor::Reactor;
use crate::server::topics::Topics;
use crate::server::{ServerConfig, descriptors, status};
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Permission bits of a Unix listener's file.
const UNIX_MODE: u32 = 0o660;

/// Why a server could not start; the message names what is in the way.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {error}")]
    Listen { address: String, error: io::Error },
    #[error("{error} (pid file {path})")]
    PidFile { path: String, error: PidFileError },
    #[error("FIFO {path}: {error}")]
    Fifo { path: String, error: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("event loop: {0}")]
    Poll(io::Error),
}

impl<P: Payload> Driver<P> {
    /// Binds every listener, starts the threads and makes the FIFO. On an error nothing is left behind.
    pub fn start(config: ServerConfig) -> Result<Self, StartError> {
        let config = Arc::new(config);
        // Before anything that a server which runs already would notice.
        let mut pid_file = config.pid.as_deref().map(lock_pid_file).transpose()?;
        let limit = descriptors::raise();
        let most_control = if config.control.is_empty() { 0 } else { limit.control_connections() };
        let kept_back = most_control + config.metrics.as_ref().map_or(0, |_| status::CONNECTIONS);
        let possible = limit.connections().saturating_sub(kept_back).max(1);
        let most = possible.min(config.max_connections.unwrap_or(usize::MAX));
        let loads = Loads::new(config.domains.len());
        let mut reactor =
            Reactor::new(Arc::clone(&config), 0, most, loads.clone()).map_err(StartError::Poll)?;
        let secure = Secure::start(&config)?;
        let listeners = open_listeners(&config, secure.as_ref().map(Secure::keyring))?;
        let addresses = listeners
            .iter()
            .filter_map(|(listener, _)| listener.address().ok())
            .map(|address| address.to_string())
            .collect();
        let listening = listeners.first().map(|(listener, _)| listener.descriptor());
        // The FIFO comes after the listeners: whoever finds it may count on the server being there.
        if let Some(fifo) = &config.fifo {
            let made = Fifo::create(fifo)
                .map_err(|error| StartError::Fifo { path: fifo.path.display().to_string(), error })?;
            reactor.add_fifo(made)?;
        }
        let mut control_addresses = Vec::new();
        for (listener, address) in control::open(&config)? {
            reactor.listen_for_control(listener, most_control)?;
            control_addresses.push(address);
        }
        let threads = if config.io_threads == 0 {
            for (listener, index) in listeners {
                reactor.listen(listener, index)?;
            }
            None
        } else {
            let bell = Bell::new(reactor.waker().map_err(StartError::Poll)?);
            let pool = Pool::start(Arc::clone(&config), most, &loads, listeners, Arc::clone(&bell))?;
            Some(Threads { pool, bell })
        };
        if let (Some(pid_file), Some(path)) = (&mut pid_file, &config.pid) {
            pid_file.write().map_err(|error| no_pid_file(path, error.into()))?;
        }
        Ok(Driver {
            reactor,
            threads,
            secure,
            topics: Topics::default(),
            writing: HashMap::new(),
            addresses,
            control_addresses,
            locks: HashMap::new(),
            domains: config.domains.clone(),
            loads,
            slow_client: config.slow_client,
            listening,
            listeners: config.listen.len(),
            limit,
            pid_file,
        })
    }

    /// Listens on the addresses of this configuration too; its other options count as far as they concern listeners.
    pub fn listen(&mut self, config: &ServerConfig) -> Result<(), StartError> {
        if self.secure.is_none() {
            self.secure = Secure::start(config)?;
        }
        let first = self.listeners;
        for (listener, index) in open_listeners(config, self.secure.as_ref().map(Secure::keyring))? {
            let address = listener.address();
            self.listening.get_or_insert(listener.descriptor());
            sockets!(self, listen(listener, first + index))?;
            self.addresses.extend(address.ok().map(|address| address.to_string()));
        }
        self.listeners += config.listen.len();
        Ok(())
    }

    /// Closes the listeners; connections stay.
    pub fn stop_listening(&mut self) {
        self.listening = None;
        self.addresses.clear();
        sockets!(self, stop_listening());
    }
}

fn lock_pid_file(path: &Path) -> Result<PidFile, StartError> {
    PidFile::lock(path).map_err(|error| no_pid_file(path, error))
}

fn no_pid_file(path: &Path, error: PidFileError) -> StartError {
    StartError::PidFile { path: path.display().to_string(), error }
}

fn open_listeners(
    config: &ServerConfig,
    keyring: Option<&Arc<Keyring>>,
) -> Result<Vec<(Listener, usize)>, StartError> {
    let mut listeners = Vec::new();
    for (index, address) in config.listen.iter().enumerate() {
        let opened = open_listener(address, config, keyring)?;
        listeners.extend(opened.into_iter().map(|listener| (listener, index)));
    }
    Ok(listeners)
}

/// The sockets that an address stands for.
pub(super) fn open_listener(
    address: &ListenAddress,
    config: &ServerConfig,
    keyring: Option<&Arc<Keyring>>,
) -> Result<Vec<Listener>, StartError> {
    let settings =
        ListenSettings { backlog: config.backlog, reuse_port: config.reuse_port, unix_mode: UNIX_MODE };
    let opened = Listener::open(address, settings)
        .map_err(|error| StartError::Listen { address: address.to_string(), error })?;
    Ok(match keyring.filter(|_| address.is_tls()) {
        Some(keyring) => opened.into_iter().map(|listener| listener.secure(Arc::clone(keyring))).collect(),
        None => opened,
    })
}
