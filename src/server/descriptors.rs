//! The descriptor limit, which bounds the number of connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that are not for clients: listeners, FIFO, epoll, log, and what PHP code opens.
const RESERVE: u64 = 64;

/// What the limit was and what it is now; `None` stands for "unlimited".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DescriptorLimit {
    pub before: Option<u64>,
    pub now: Option<u64>,
}

/// Raises the soft limit to the hard limit. Where that fails the old limit goes on.
pub fn raise() -> DescriptorLimit {
    let old = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: old.maximum, maximum: old.maximum });
    DescriptorLimit { before: old.current, now: getrlimit(Resource::Nofile).current }
}

impl DescriptorLimit {
    /// Connections that fit, as far as descriptors go.
    pub fn connections(self) -> usize {
        let limit = self.now.unwrap_or(u64::MAX);
        usize::try_from(limit.saturating_sub(RESERVE).max(1)).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_limit() {
        assert_eq!(raise().now, getrlimit(Resource::Nofile).maximum);
    }

    #[test]
    fn some_descriptors_are_kept_back() {
        let limit = |now| DescriptorLimit { before: None, now }.connections();
        assert_eq!(
            (limit(Some(1024)), limit(Some(10)), limit(None)),
            (960, 1, usize::MAX - RESERVE as usize)
        );
    }
}
