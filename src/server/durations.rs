//! Durations, counted by how long they were.

use std::time::Duration;

/// Upper bounds of the buckets, in microseconds; what is longer than the last has a bucket of its own.
pub const BOUNDS: [u64; 14] =
    [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 10_000_000];

const NANOS: [u64; BOUNDS.len()] = {
    let mut nanos = BOUNDS;
    let mut index = 0;
    while index < nanos.len() {
        nanos[index] *= 1000;
        index += 1;
    }
    nanos
};

/// A histogram. Its figures only ever grow.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Durations {
    /// Not cumulative. The last one is for what is longer than all bounds.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// In sum.
    pub seconds: f64,
    pub longest: Duration,
}

impl Durations {
    /// The bucket that a duration belongs to.
    pub fn bucket(took: Duration) -> usize {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        NANOS.iter().position(|bound| nanos <= *bound).unwrap_or(BOUNDS.len())
    }

    pub fn count(&mut self, took: Duration) {
        self.count_in(Durations::bucket(took), took);
    }

    /// [`Durations::count`], where the bucket is known.
    pub fn count_in(&mut self, bucket: usize, took: Duration) {
        self.buckets[bucket] += 1;
        self.seconds += took.as_secs_f64();
        self.longest = self.longest.max(took);
    }

    /// How many there were.
    pub fn total(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// What was added since `earlier`; `longest` stays.
    pub fn since(&self, earlier: &Durations) -> Durations {
        let mut difference = *self;
        for (bucket, before) in difference.buckets.iter_mut().zip(earlier.buckets) {
            *bucket = bucket.saturating_sub(before);
        }
        difference.seconds = (self.seconds - earlier.seconds).max(0.0);
        difference
    }

    /// A quantile in seconds, as far as buckets tell: between the bounds of its bucket, in equal steps. `None` where there
    /// are no durations.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let total = self.total();
        let rank = quantile * total as f64;
        let mut below = 0.0;
        for (index, count) in self.buckets.iter().enumerate() {
            let count = *count as f64;
            if count > 0.0 && below + count >= rank {
                let lower = if index == 0 { 0 } else { BOUNDS[index - 1] } as f64 / 1e6;
                let longest = self.longest.as_secs_f64();
                let upper = BOUNDS.get(index).map_or(longest, |bound| (*bound as f64 / 1e6).min(longest));
                return Some(lower + (upper - lower).max(0.0) * ((rank - below) / count).clamp(0.0, 1.0));
            }
            below += count;
        }
        None
    }
}

impl std::ops::AddAssign<&Durations> for Durations {
    fn add_assign(&mut self, other: &Durations) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += more;
        }
        self.seconds += other.seconds;
        self.longest = self.longest.max(other.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: &[u64]) -> Durations {
        let mut durations = Durations::default();
        micros.iter().for_each(|micros| durations.count(Duration::from_micros(*micros)));
        durations
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        // Prometheus: a bucket counts what is less than or equal to its bound.
        let rows =
            [(0, 0), (1_000, 0), (1_001, 1), (1_000_000, 6), (10_000_000_000, 13), (10_000_000_001, 14)];
        for (nanos, bucket) in rows {
            assert_eq!(Durations::bucket(Duration::from_nanos(nanos)), bucket, "{nanos}");
        }
        assert_eq!(Durations::bucket(Duration::MAX), 14);
    }

    #[test]
    fn quantiles_lie_in_the_bucket_that_their_rank_is_in() {
        assert_eq!(Durations::default().quantile(0.5), None);
        let durations = of(&[&[700; 99][..], &[3_000]].concat());
        let median = durations.quantile(0.5).unwrap();
        assert!((0.000_5..=0.001).contains(&median), "{median}");
        let last = durations.quantile(0.995).unwrap();
        assert!((0.001..=0.003).contains(&last), "{last}: nothing was longer than 3 ms");
        assert_eq!(of(&[60_000_000]).quantile(1.0), Some(60.0));
    }

    #[test]
    fn differences_and_sums() {
        let (earlier, mut later) = (of(&[5, 70]), of(&[5, 70]));
        later += &of(&[70, 2_000_000]);
        let difference = later.since(&earlier);
        assert_eq!((difference.total(), difference.buckets[4], difference.buckets[13]), (2, 1, 1));
        assert!((difference.seconds - 2.000_07).abs() < 1e-9);
        assert_eq!(earlier.since(&later).total(), 0, "never less than nothing");
    }
}
