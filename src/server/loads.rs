//! How many connections each listener has, for those that have a domain.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counters by a listener's place in `ServerConfig::listen`, shared by all reactors of a server.
#[derive(Debug, Clone, Default)]
pub struct Loads(Arc<[AtomicUsize]>);

impl Loads {
    /// For so many listeners; what others have is not counted.
    pub fn new(listeners: usize) -> Loads {
        Loads((0..listeners).map(|_| AtomicUsize::new(0)).collect())
    }

    pub fn enter(&self, listener: usize) {
        if let Some(count) = self.0.get(listener) {
            count.fetch_add(1, Relaxed);
        }
    }

    pub fn leave(&self, listener: usize) {
        if let Some(count) = self.0.get(listener) {
            count.fetch_sub(1, Relaxed);
        }
    }

    /// The domain of the listener with the fewest connections, the first of them where several have as few. `domains` are in
    /// the listeners' order, empty where a listener has none.
    pub fn freest<'a>(&self, domains: &'a [String]) -> Option<&'a str> {
        let counted = domains.iter().zip(&*self.0).filter(|(domain, _)| !domain.is_empty());
        counted.min_by_key(|(_, count)| count.load(Relaxed)).map(|(domain, _)| domain.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_freest_has_the_fewest_connections_and_a_domain() {
        let domains = ["a", "", "c", "d"].map(str::to_owned);
        let loads = Loads::new(domains.len());
        assert_eq!(loads.freest(&domains), Some("a"), "the first where all are equal");
        loads.enter(0);
        assert_eq!(loads.freest(&domains), Some("c"));
        loads.enter(2);
        loads.enter(3);
        loads.enter(3);
        loads.enter(99);
        assert_eq!(loads.freest(&domains), Some("a"));
        loads.leave(3);
        loads.leave(3);
        assert_eq!(loads.freest(&domains), Some("d"));
        assert_eq!((loads.freest(&[String::new()]), Loads::new(0).freest(&[])), (None, None));
    }
}
