//! TLS of a running server: the keys in use, and whoever watches their files.

use super::StartError;
use crate::net::tls::{Keyring, TlsConfig, TlsContext, TlsError, Watcher};
use crate::server::{Event, ServerConfig};
use std::sync::Arc;

pub struct Secure {
    keyring: Arc<Keyring>,
    watcher: Watcher,
}

impl Secure {
    /// Loads what `tls` says, where there is anything; an error where a listener needs it and there is nothing.
    pub fn start(config: &ServerConfig) -> Result<Option<Secure>, StartError> {
        let needed = config.listen.iter().any(|address| address.is_tls());
        let given = config.tls.clone().filter(|tls| needed || tls.host.identity.is_some());
        given.or_else(|| needed.then(TlsConfig::default)).map(Secure::load).transpose()
    }

    pub fn load(config: TlsConfig) -> Result<Secure, StartError> {
        let context = Arc::new(TlsContext::load(&config)?);
        let keyring = Arc::new(Keyring::new(context));
        let watcher = Watcher::start(config, Arc::clone(&keyring)).map_err(StartError::Poll)?;
        Ok(Secure { keyring, watcher })
    }

    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Connections from now on get this; on an error everything stays as it is.
    pub fn set(&self, config: TlsConfig) -> Result<(), TlsError> {
        let context = Arc::new(TlsContext::load(&config)?);
        self.keyring.replace(Arc::clone(&context));
        self.watcher.watch(config, context);
        Ok(())
    }

    /// What became of files that have changed.
    pub fn tell<P>(&self, events: &mut Vec<Event<P>>) {
        for news in self.watcher.news() {
            match news {
                Ok(()) => log::info!("the TLS certificates were loaded again"),
                Err(error) => {
                    let what = format!("the changed TLS files are not used, the old ones go on: {error}");
                    events.push(Event::Trouble { what });
                }
            }
        }
    }
}
