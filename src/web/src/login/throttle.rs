//! Brakes on guessing: failures are counted per source and per account, and each count buys a growing delay.
//!
//! After [`FREE_TRIES`] the next try must wait 1, 2, 4 … seconds, from the tenth failure on 15 minutes, and longer
//! each time. An account under attack from many places stays open to the places from which its owner has logged in
//! before, and to the box itself: nobody can lock the owner out (security.md 15 is the test).

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use base::{Duration, Instant};

/// Failures that cost nothing.
const FREE_TRIES: u32 = 3;
/// From this failure on the delay is [`LONG_DELAY`].
const LONG_AFTER: u32 = 10;
const LONG_DELAY: Duration = Duration::from_secs(15 * 60);
const DELAY_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// A tally is forgotten this long after its last failure and its delay.
const FORGET_AFTER: Duration = Duration::from_secs(60 * 60);
/// Rows in each table; beyond it the rows closest to being forgotten go.
const ROWS_MAX: usize = 10_000;

/// The brakes.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    sources: HashMap<IpAddr, Tally>,
    accounts: HashMap<String, Tally>,
    known: HashMap<(String, IpAddr), Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    failures: u32,
    open_at: Instant,
}

impl Throttle {
    /// Counts a try that begins now as a failure, unless it must wait: then says how long. Counting before the
    /// check makes tries sent at the same moment pay like those sent one by one; [`Throttle::success`] takes it back.
    pub fn begin(&self, now: Instant, account: &str, source: IpAddr) -> Result<(), Duration> {
        let source = network(source);
        let mut tables = self.tables();
        let known = source.is_loopback() || tables.known.contains_key(&(account.to_owned(), source));
        let mut wait = wait(&tables.sources, &source, now);
        if !known {
            wait = wait.max(self::wait(&tables.accounts, &account.to_owned(), now));
        }
        if !wait.is_zero() {
            return Err(wait);
        }
        count(&mut tables.sources, source, now);
        if !known {
            count(&mut tables.accounts, account.to_owned(), now);
        }
        Ok(())
    }

    /// The try was right: the source becomes one of the account's own, and the try is not a failure.
    pub fn success(&self, now: Instant, account: &str, source: IpAddr) {
        let source = network(source);
        let mut tables = self.tables();
        // Only this try is taken back, not all: else somebody with one account could reset the brake at will while
        // guessing at others.
        uncount(&mut tables.sources, &source, now);
        uncount(&mut tables.accounts, &account.to_owned(), now);
        if tables.known.len() >= ROWS_MAX
            && let Some(oldest) = tables.known.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
        {
            tables.known.remove(&oldest);
        }
        tables.known.insert((account.to_owned(), source), now);
    }

    /// The account's owner has logged in from here before (read from the audit log at the start).
    pub fn remember(&self, account: &str, source: IpAddr) {
        self.tables().known.insert((account.to_owned(), network(source)), Instant::ZERO);
    }

    fn tables(&self) -> std::sync::MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<K: Eq + Hash>(table: &HashMap<K, Tally>, key: &K, now: Instant) -> Duration {
    table.get(key).map_or(Duration::ZERO, |tally| tally.open_at - now)
}

fn count<K: Eq + Hash + Clone + Ord>(table: &mut HashMap<K, Tally>, key: K, now: Instant) {
    if table.len() >= ROWS_MAX && !table.contains_key(&key) {
        make_room(table, now);
    }
    let tally = table.entry(key).or_insert(Tally { failures: 0, open_at: now });
    if now - tally.open_at > FORGET_AFTER {
        tally.failures = 0;
    }
    tally.failures = tally.failures.saturating_add(1);
    tally.open_at = now + delay(tally.failures);
}

fn uncount<K: Eq + Hash>(table: &mut HashMap<K, Tally>, key: &K, now: Instant) {
    if let Some(tally) = table.get_mut(key) {
        tally.failures = tally.failures.saturating_sub(1);
        tally.open_at = now;
        if tally.failures == 0 {
            table.remove(key);
        }
    }
}

fn make_room<K: Eq + Hash + Clone + Ord>(table: &mut HashMap<K, Tally>, now: Instant) {
    table.retain(|_, tally| now - tally.open_at <= FORGET_AFTER);
    if table.len() < ROWS_MAX {
        return;
    }
    // A tenth at once, so that a flood of sources does not sort the table at each of them.
    let mut rows: Vec<(Instant, K)> = table.iter().map(|(key, tally)| (tally.open_at, key.clone())).collect();
    rows.sort();
    for (_, key) in rows.into_iter().take(ROWS_MAX / 10) {
        table.remove(&key);
    }
}

/// What the next try costs after so many failures.
fn delay(failures: u32) -> Duration {
    match failures {
        0..FREE_TRIES => Duration::ZERO,
        FREE_TRIES..LONG_AFTER => Duration::from_secs(1 << (failures - FREE_TRIES)),
        _ => {
            let doublings = (failures - LONG_AFTER).min(8);
            (LONG_DELAY * (1 << doublings)).min(DELAY_MAX)
        }
    }
}

/// One customer of an IPv6 provider has a /64 at least, so that is what counts as one source.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ten_failures_from_one_source_close_it_for_a_quarter_of_an_hour() {
        let (throttle, mut now, mut tries) = (Throttle::default(), 0, 0);
        while tries < 10 {
            match throttle.begin(at(now), "admin", ip("198.51.100.1")) {
                Ok(()) => tries += 1,
                Err(wait) => now += wait.as_secs().max(1),
            }
        }
        let wait = throttle.begin(at(now), "admin", ip("198.51.100.1")).unwrap_err();
        assert_eq!(wait, LONG_DELAY);
        assert!(throttle.begin(at(now), "other", ip("198.51.100.1")).is_err(), "the source is closed for all accounts");
        assert!(throttle.begin(at(now + 900), "admin", ip("198.51.100.1")).is_ok());
        assert!(throttle.begin(at(now + 901), "admin", ip("198.51.100.1")).unwrap_err() > LONG_DELAY);
    }

    #[test]
    fn many_sources_close_the_account_but_not_to_its_owner() {
        let throttle = Throttle::default();
        throttle.begin(at(0), "admin", ip("192.168.1.5")).unwrap();
        throttle.success(at(0), "admin", ip("192.168.1.5"));
        let mut let_in = 0;
        for n in 0..200u8 {
            let_in += u32::from(throttle.begin(at(1), "admin", IpAddr::from([203, 0, 113, n])).is_ok());
        }
        assert!(let_in <= LONG_AFTER, "{let_in}");
        assert!(throttle.begin(at(2), "admin", ip("192.168.1.5")).is_ok());
        assert!(throttle.begin(at(2), "admin", ip("127.0.0.1")).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let throttle = Throttle::default();
        let mut let_in = 0;
        for n in 0..200u16 {
            let source = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, n, n, n, n));
            let_in += u32::from(throttle.begin(at(0), &format!("a{n}"), source).is_ok());
        }
        assert!(let_in <= FREE_TRIES, "{let_in}");
    }

    #[test]
    fn the_tables_are_bounded() {
        let throttle = Throttle::default();
        for n in 0..12_000u32 {
            let _ = throttle.begin(at(u64::from(n)), &format!("a{n}"), IpAddr::from(n.to_be_bytes()));
        }
        let tables = throttle.tables();
        assert!(tables.sources.len() <= ROWS_MAX && tables.accounts.len() <= ROWS_MAX);
    }
}
