//! The context that new connections get.

use super::TlsContext;
use std::sync::{Arc, PoisonError, RwLock};

/// Holds the newest good [`TlsContext`]; shared by listeners, and by whoever replaces it.
#[derive(Debug)]
pub struct Keyring(RwLock<Arc<TlsContext>>);

impl Keyring {
    pub fn new(context: Arc<TlsContext>) -> Keyring {
        Keyring(RwLock::new(context))
    }

    pub fn current(&self) -> Arc<TlsContext> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn replace(&self, new: Arc<TlsContext>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// Replaces `old`. False, and nothing happens, where somebody else has replaced it meanwhile.
    pub fn replace_if(&self, old: &Arc<TlsContext>, new: Arc<TlsContext>) -> bool {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let unchanged = Arc::ptr_eq(&current, old);
        if unchanged {
            *current = new;
        }
        unchanged
    }
}
