//! Token buckets, and the limits that count per address.

use super::{AccessRules, Refusal};
use crate::protocol::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A token bucket: `rate` a second, `rate` at once (one at the least). 16 bytes, no clock of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bucket {
    /// Tokens taken and not yet grown back.
    used: f64,
    since: Timestamp,
}

impl Bucket {
    /// Takes a token; where there is none says how long until there is one.
    pub fn take(&mut self, rate: f64, now: Timestamp) -> Result<(), Duration> {
        self.used = (self.used - (now - self.since).as_secs_f64() * rate).max(0.0);
        self.since = now;
        let burst = rate.max(1.0);
        if self.used + 1.0 > burst {
            return Err(Duration::from_secs_f64((self.used + 1.0 - burst) / rate));
        }
        self.used += 1.0;
        Ok(())
    }

    fn is_full(&self, rate: f64, now: Timestamp) -> bool {
        self.used <= (now - self.since).as_secs_f64() * rate
    }
}

/// Connections and handshakes per address, for all threads. Empty where no such limit is set.
#[derive(Debug, Default, Clone)]
pub struct Admission {
    addresses: Arc<Mutex<Addresses>>,
}

#[derive(Debug, Default)]
struct Addresses {
    entries: HashMap<IpAddr, Address>,
    /// Entries at which those that have nothing to remember are swept out next.
    sweep_at: usize,
}

#[derive(Debug, Default)]
struct Address {
    connections: u32,
    handshakes: Bucket,
}

/// Fewer entries than this are not worth a sweep.
const SWEEP_FROM: usize = 1024;

impl Admission {
    /// Counts a handshake from this address, and a connection if it is let in. The caller gives it back with
    /// [`Admission::leave`].
    pub fn enter(&self, rules: &AccessRules, address: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        let mut addresses = self.lock();
        if addresses.entries.len() >= addresses.sweep_at.max(SWEEP_FROM) {
            let rate = rules.handshake_rate_per_ip;
            addresses
                .entries
                .retain(|_, entry| entry.connections > 0 || !entry.handshakes.is_full(rate, now));
            // Twice as many as are left: a sweep costs each of them, and each has paid by then.
            addresses.sweep_at = 2 * addresses.entries.len();
        }
        let entry = addresses.entries.entry(address).or_default();
        if rules.handshake_rate_per_ip > 0.0
            && let Err(retry_after) = entry.handshakes.take(rules.handshake_rate_per_ip, now)
        {
            return Err(Refusal::TooManyHandshakes { retry_after });
        }
        if rules.max_connections_per_ip > 0 && entry.connections >= rules.max_connections_per_ip {
            return Err(Refusal::TooManyConnections);
        }
        entry.connections += 1;
        Ok(())
    }

    pub fn leave(&self, rules: &AccessRules, address: IpAddr) {
        let mut addresses = self.lock();
        if let Some(entry) = addresses.entries.get_mut(&address) {
            entry.connections = entry.connections.saturating_sub(1);
            if entry.connections == 0 && rules.handshake_rate_per_ip == 0.0 {
                addresses.entries.remove(&address);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Addresses> {
        self.addresses.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::default();
        let now = Timestamp(7 * SECOND);
        for _ in 0..5 {
            assert_eq!(bucket.take(5.0, now), Ok(()));
        }
        assert_eq!(bucket.take(5.0, now), Err(Duration::from_millis(200)));
        assert!(bucket.take(5.0, Timestamp(now.0 + SECOND / 5)).is_ok());
        assert!(bucket.take(5.0, Timestamp(now.0 + SECOND / 5)).is_err());
    }

    #[test]
    fn less_than_one_a_second_still_gives_one() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(0.5, Timestamp(0)).is_ok());
        assert_eq!(bucket.take(0.5, Timestamp(0)), Err(Duration::from_secs(2)));
        assert!(bucket.take(0.5, Timestamp(2 * SECOND)).is_ok());
    }

    #[test]
    fn connections_are_counted_per_address_and_given_back() {
        let rules = AccessRules { max_connections_per_ip: 2, ..AccessRules::default() };
        let admission = Admission::default();
        let [one, two] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
        let enter = |address| admission.enter(&rules, address, Timestamp(0));
        assert_eq!((enter(one), enter(one)), (Ok(()), Ok(())));
        assert_eq!((enter(one), enter(two)), (Err(Refusal::TooManyConnections), Ok(())));
        admission.leave(&rules, one);
        assert_eq!(enter(one), Ok(()));
        for address in [one, one, two] {
            admission.leave(&rules, address);
        }
        assert!(admission.lock().entries.is_empty(), "addresses without connections are forgotten");
    }

    #[test]
    fn addresses_with_nothing_to_remember_are_swept_out() {
        let rules = AccessRules { handshake_rate_per_ip: 1.0, ..AccessRules::default() };
        let admission = Admission::default();
        for index in 0..100_000u32 {
            let address = IpAddr::from(index.to_be_bytes());
            admission.enter(&rules, address, Timestamp(u64::from(index) * SECOND)).unwrap();
            admission.leave(&rules, address);
        }
        assert!(admission.lock().entries.len() <= SWEEP_FROM);
    }
}
