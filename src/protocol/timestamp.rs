//! Points in time, as the caller's clock sees them.

use std::ops::{Add, Sub};
use std::time::Duration;

/// Monotonic microseconds since an epoch of the caller's choosing. The protocol has no clock of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Later than everything; inside a connection it stands for "has not happened".
    pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

    /// `None` for [`Timestamp::NEVER`].
    pub(super) fn happened(self) -> Option<Timestamp> {
        (self != Timestamp::NEVER).then_some(self)
    }

    /// The moment `after` later; `None` if `after` is zero, which means never throughout [`Settings`](super::Settings).
    pub(super) fn deadline(self, after: Duration) -> Option<Timestamp> {
        if after.is_zero() { None } else { (self + after).happened() }
    }
}

/// Saturates at the end of time.
impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        let micros =
            duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()));
        Timestamp(self.0.saturating_add(micros))
    }
}

/// Zero if `earlier` is in fact later.
impl Sub for Timestamp {
    type Output = Duration;

    fn sub(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp(5) + Duration::from_micros(7), Timestamp(12));
        assert_eq!(Timestamp(5) + Duration::MAX, Timestamp::NEVER);
        assert_eq!(Timestamp(5) - Timestamp(9), Duration::ZERO);
        assert_eq!(Timestamp(9) - Timestamp(5), Duration::from_micros(4));
    }

    #[test]
    fn zero_means_never() {
        assert_eq!(Timestamp(5).deadline(Duration::ZERO), None);
        assert_eq!(Timestamp(5).deadline(Duration::MAX), None);
        assert_eq!(Timestamp(5).deadline(Duration::from_micros(1)), Some(Timestamp(6)));
    }
}
