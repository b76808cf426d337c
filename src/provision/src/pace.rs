//! How often strangers are answered: so many a second in all, and so many a minute each.

use std::collections::BTreeMap;

use base::{Duration, Instant};

use crate::block::Mac;

/// Devices remembered; beyond it those that have been quiet go, and while none has, newcomers are not answered.
const DEVICES_MAX: usize = 1_024;

/// A limit in all and one for each device.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    all: Bucket,
    each: BTreeMap<Mac, Bucket>,
    /// Of each device: at once, and the time for one more.
    burst: u32,
    every: Duration,
}

/// A token bucket, kept as the moment at which it is full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    full_at: Instant,
    burst: u32,
    every: Duration,
}

impl Bucket {
    fn take(&mut self, now: Instant) -> bool {
        let full_at = self.full_at.max(now) + self.every;
        let fits = full_at.saturating_since(now) <= self.every * self.burst;
        if fits {
            self.full_at = full_at;
        }
        fits
    }
}

impl Pace {
    /// `all` and `each` are how many at once and the time after which one more is allowed.
    pub(crate) fn new(all: (u32, Duration), each: (u32, Duration)) -> Self {
        let all = Bucket { full_at: Instant::ZERO, burst: all.0, every: all.1 };
        Pace { all, each: BTreeMap::new(), burst: each.0, every: each.1 }
    }

    /// Whether this device may be answered now; counts it if so.
    pub(crate) fn allows(&mut self, now: Instant, mac: Mac) -> bool {
        // The limit in all comes last, so that one noisy device does not use it up.
        if !self.each.contains_key(&mac) && self.each.len() >= DEVICES_MAX {
            self.each.retain(|_, bucket| bucket.full_at > now);
            if self.each.len() >= DEVICES_MAX {
                return false;
            }
        }
        let fresh = Bucket { full_at: now, burst: self.burst, every: self.every };
        let own = self.each.get(&mac).copied().unwrap_or(fresh);
        let mut taken = own;
        if !taken.take(now) || !self.all.take(now) {
            return false;
        }
        self.each.insert(mac, taken);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(n: u32) -> Mac {
        let [a, b, c, d] = n.to_be_bytes();
        Mac([0, 0x15, a, b, c, d])
    }

    #[test]
    fn a_noisy_device_is_heard_so_often_and_others_go_on() {
        let mut pace = Pace::new((10, Duration::from_millis(100)), (3, Duration::from_secs(20)));
        let at = |s: u64| Instant::ZERO + Duration::from_secs(s);
        let heard = (0..50).filter(|_| pace.allows(at(1), mac(1))).count();
        assert_eq!(heard, 3);
        assert!(pace.allows(at(1), mac(2)));
        assert!(!pace.allows(at(20), mac(1)));
        assert!(pace.allows(at(21), mac(1)));
        let heard = (100..200).filter(|n| pace.allows(at(40), mac(*n))).count();
        assert_eq!(heard, 10, "in all");
    }

    #[test]
    fn the_table_has_an_end() {
        let mut pace = Pace::new((100_000, Duration::from_millis(1)), (1, Duration::from_secs(60)));
        let now = Instant::ZERO + Duration::from_secs(1);
        let heard = (0..5_000).filter(|n| pace.allows(now, mac(*n))).count();
        assert_eq!((heard, pace.each.len()), (DEVICES_MAX, DEVICES_MAX));
        assert!(pace.allows(now + Duration::from_secs(61), mac(9_999)), "the quiet ones have gone");
    }
}
