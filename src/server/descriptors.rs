//! The descriptor limit, which bounds the number of connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt;

/// Descriptors that are not for clients: listeners, FIFO, epoll, log, and what PHP code opens.
const RESERVE: u64 = 64;

/// The most control connections at a time. Each may have a frame of input and as much output waiting, so that all of them
/// hold a quarter of a gigabyte at the worst; a web server rarely has more workers than this.
const MAX_CONTROL: usize = 1024;
/// Where descriptors are few, one in so many is for control connections.
const CONTROL_SHARE: usize = 16;

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

    /// How many of those may be control connections, where there are any.
    pub fn control_connections(self) -> usize {
        (self.connections() / CONTROL_SHARE).clamp(1, MAX_CONTROL)
    }
}

impl fmt::Display for DescriptorLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |limit: Option<u64>| limit.map_or("unlimited".to_owned(), |limit| limit.to_string());
        write!(f, "the descriptor limit is {} (it was {})", text(self.now), text(self.before))
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
    fn control_connections_get_a_share() {
        let share = |now| DescriptorLimit { before: None, now }.control_connections();
        assert_eq!(
            [share(Some(10)), share(Some(1024)), share(Some(1 << 20)), share(None)],
            [1, 60, 1024, 1024]
        );
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
