//! When to report next.

use base::{Duration, Random};

/// RFC 3550 §6.2: with two members and the bandwidth of speech the minimum rules.
const INTERVAL: Duration = Duration::from_secs(5);

/// The time to the next report: 5 s, spread evenly over half to one and a half times that (RFC 3550 §6.3.1);
/// half as long before the first (§6.2).
///
/// Deviation: no reconsideration (§6.3.3), for a call has two members and never a step join.
pub fn interval(random: &mut Random, first: bool) -> Duration {
    let base = if first { INTERVAL / 2 } else { INTERVAL };
    base / 2 + Duration::from_nanos(random.below(base.as_nanos() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_spread_around_five_seconds() {
        let mut random = Random::from_number(3);
        let all: Vec<f64> = (0..2_000).map(|_| interval(&mut random, false).as_secs_f64()).collect();
        assert!(all.iter().all(|s| (2.5..7.5).contains(s)));
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        assert!((4.8..5.2).contains(&mean), "{mean}");
        assert!((0..100).all(|_| interval(&mut random, true) < Duration::from_millis(3_750)));
    }
}
