//! Which phone has which address.
//!
//! **Invariants:** an address is one device's at a time; none is given twice within its lease; a device that comes
//! back gets the address it had unless another needed it; all tables are no larger than the range.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use base::{Duration, Instant};

use crate::block::Mac;

/// How long an address is given.
pub const LEASE: Duration = Duration::from_secs(3_600);
/// How long an address that was offered waits for its phone.
const OFFER: Duration = Duration::from_secs(30);
/// Offers under way at most: a flood of inventions blocks no more addresses than these.
const OFFERS_MAX: usize = 256;
/// An address that somebody else turned out to use is left alone so long.
const DECLINED: Duration = Duration::from_secs(3_600);
/// Addresses of a range that are used; what lies behind is not.
pub const RANGE_MAX: u32 = 16_384;

/// What is to be kept, so that no address is given twice after a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseEvent {
    /// This device has that address.
    Given {
        /// Who.
        mac: Mac,
        /// What.
        address: Ipv4Addr,
    },
    /// This device has none any more.
    Gone {
        /// Who.
        mac: Mac,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Offered, and perhaps kept as this device's from an earlier lease.
    Offered {
        kept: bool,
    },
    Leased,
    /// Its lease has been given back, or its offer was not taken.
    Free {
        kept: bool,
    },
    /// Nobody's: something else answers there.
    Declined,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    mac: Mac,
    state: State,
    until: Instant,
}

/// The range and who has what of it.
#[derive(Clone, Debug)]
pub(crate) struct Leases {
    first: u32,
    last: u32,
    /// Addresses within that are never given: the box, the router, name servers.
    taken: Vec<Ipv4Addr>,
    /// The first address that nobody ever had.
    fresh: u32,
    slots: BTreeMap<Ipv4Addr, Slot>,
    of: BTreeMap<Mac, Ipv4Addr>,
    ends: BTreeSet<(Instant, Ipv4Addr)>,
    offers: BTreeSet<(Instant, Ipv4Addr)>,
    events: Vec<LeaseEvent>,
}

impl Leases {
    pub(crate) fn new(first: Ipv4Addr, last: Ipv4Addr, taken: Vec<Ipv4Addr>) -> Self {
        let first = u32::from(first);
        let last = u32::from(last).min(first.saturating_add(RANGE_MAX - 1));
        Leases {
            first,
            last,
            taken,
            fresh: first,
            slots: BTreeMap::new(),
            of: BTreeMap::new(),
            ends: BTreeSet::new(),
            offers: BTreeSet::new(),
            events: Vec::new(),
        }
    }

    /// What was kept of the last run. How long ago it was given is not known: it counts as given now.
    pub(crate) fn restore(&mut self, now: Instant, mac: Mac, address: Ipv4Addr) {
        if self.is_ours(address) && !self.slots.contains_key(&address) && !self.of.contains_key(&mac) {
            self.put(address, Slot { mac, state: State::Leased, until: now + LEASE });
        }
    }

    /// An address for this device, held for it for a while.
    pub(crate) fn offer(&mut self, now: Instant, mac: Mac, wished: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        while self.offers.first().is_some_and(|(until, _)| *until <= now) {
            self.offers.pop_first();
        }
        let own = self.of.get(&mac).copied();
        let held = own.and_then(|address| self.slots.get(&address)).copied();
        match held.map(|slot| slot.state) {
            // Its lease is not shortened by an offer of the same.
            Some(State::Leased) if held.is_some_and(|slot| slot.until > now) => return own,
            Some(State::Offered { .. }) if held.is_some_and(|slot| slot.until > now) => return own,
            _ => {}
        }
        if self.offers.len() >= OFFERS_MAX {
            return None;
        }
        let kept = held.is_some_and(|slot| slot.is_kept());
        let address = match own {
            Some(own) => own,
            None => self.free(now, wished)?,
        };
        let until = now + OFFER;
        self.put(address, Slot { mac, state: State::Offered { kept }, until });
        self.offers.insert((until, address));
        Some(address)
    }

    /// The device takes what it was offered, or what it has, for another lease. False: it may not.
    pub(crate) fn confirm(&mut self, now: Instant, mac: Mac, address: Ipv4Addr) -> bool {
        let Some(slot) = self.slots.get(&address).copied().filter(|slot| slot.mac == mac) else { return false };
        if slot.state == State::Declined {
            return false;
        }
        if !slot.is_kept() {
            self.events.push(LeaseEvent::Given { mac, address });
        }
        self.put(address, Slot { mac, state: State::Leased, until: now + LEASE });
        true
    }

    /// The device has taken another server's offer, or gives its lease back.
    pub(crate) fn release(&mut self, now: Instant, mac: Mac, address: Option<Ipv4Addr>) {
        let Some(own) = self.of.get(&mac).copied().filter(|own| address.is_none_or(|a| a == *own)) else { return };
        let Some(slot) = self.slots.get(&own).copied() else { return };
        self.put(own, Slot { state: State::Free { kept: slot.is_kept() }, until: now, ..slot });
    }

    /// The device has found somebody else at the address it was given.
    pub(crate) fn decline(&mut self, now: Instant, mac: Mac, address: Ipv4Addr) {
        let Some(slot) = self.slots.get(&address).copied().filter(|slot| slot.mac == mac) else { return };
        if slot.is_kept() {
            self.events.push(LeaseEvent::Gone { mac });
        }
        self.put(address, Slot { mac, state: State::Declined, until: now + DECLINED });
        self.of.remove(&mac);
    }

    /// What this device has, while its lease runs.
    pub(crate) fn lease_of(&self, now: Instant, mac: Mac) -> Option<Ipv4Addr> {
        let own = *self.of.get(&mac)?;
        self.slots.get(&own).filter(|slot| slot.state == State::Leased && slot.until > now).map(|_| own)
    }

    /// What was given could not be kept: as if it had not been given.
    pub(crate) fn undo(&mut self, now: Instant, mac: Mac) {
        if let Some(own) = self.of.get(&mac).copied() {
            self.put(own, Slot { mac, state: State::Free { kept: false }, until: now });
        }
    }

    pub(crate) fn take_events(&mut self) -> Vec<LeaseEvent> {
        std::mem::take(&mut self.events)
    }

    /// Addresses whose lease runs.
    pub(crate) fn len(&self, now: Instant) -> usize {
        self.slots.values().filter(|slot| slot.state == State::Leased && slot.until > now).count()
    }

    fn is_ours(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&u32::from(address)) && !self.taken.contains(&address)
    }

    /// An address that nobody has now: the one wished for, one that nobody had yet, the one that has been free for
    /// the longest.
    fn free(&mut self, now: Instant, wished: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        if let Some(wished) = wished.filter(|address| self.is_ours(*address)) {
            match self.slots.get(&wished) {
                None => return Some(wished),
                Some(slot) if slot.until <= now => {
                    self.empty(wished);
                    return Some(wished);
                }
                Some(_) => {}
            }
        }
        while self.fresh <= self.last {
            let address = Ipv4Addr::from(self.fresh);
            if self.is_ours(address) && !self.slots.contains_key(&address) {
                return Some(address);
            }
            // Never overflows: a range that ended at 255.255.255.255 would not be a network's.
            self.fresh = self.fresh.saturating_add(1);
            if self.fresh == u32::MAX {
                break;
            }
        }
        let (until, address) = *self.ends.first()?;
        if until > now {
            return None;
        }
        self.empty(address);
        Some(address)
    }

    /// Forgets who had it.
    fn empty(&mut self, address: Ipv4Addr) {
        let Some(slot) = self.slots.remove(&address) else { return };
        self.ends.remove(&(slot.until, address));
        if self.of.get(&slot.mac) == Some(&address) {
            self.of.remove(&slot.mac);
            if slot.is_kept() {
                self.events.push(LeaseEvent::Gone { mac: slot.mac });
            }
        }
    }

    fn put(&mut self, address: Ipv4Addr, slot: Slot) {
        if let Some(old) = self.slots.insert(address, slot) {
            self.ends.remove(&(old.until, address));
            self.offers.remove(&(old.until, address));
        }
        self.ends.insert((slot.until, address));
        self.of.insert(slot.mac, address);
    }
}

impl Slot {
    /// Whether the shell keeps it as this device's.
    fn is_kept(self) -> bool {
        match self.state {
            State::Leased => true,
            State::Offered { kept } | State::Free { kept } => kept,
            State::Declined => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(n: u8) -> Mac {
        Mac([0, 0x15, 0x65, 0, 0, n])
    }

    fn ip(n: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, n)
    }

    fn at(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    #[test]
    fn a_device_keeps_its_address_until_another_needs_it() {
        let mut leases = Leases::new(ip(10), ip(11), vec![]);
        assert_eq!(leases.offer(at(0), mac(1), None), Some(ip(10)));
        assert!(leases.confirm(at(0), mac(1), ip(10)));
        assert!(!leases.confirm(at(0), mac(2), ip(10)));
        assert_eq!(leases.take_events(), [LeaseEvent::Given { mac: mac(1), address: ip(10) }]);
        assert!(leases.confirm(at(1_800), mac(1), ip(10)), "renewed");
        assert_eq!(leases.take_events(), []);
        leases.offer(at(1_800), mac(2), Some(ip(10)));
        assert!(leases.confirm(at(1_800), mac(2), ip(11)));
        assert_eq!(leases.len(at(1_900)), 2);
        assert_eq!(leases.offer(at(2_000), mac(3), None), None, "full");
        // Expired, but nobody else came: the same again.
        assert_eq!(leases.offer(at(9_000), mac(1), None), Some(ip(10)));
        assert!(leases.confirm(at(9_000), mac(1), ip(10)));
        leases.take_events();
        // The other's has expired, too, and is needed.
        assert_eq!(leases.offer(at(9_000), mac(3), None), Some(ip(11)));
        assert_eq!(leases.take_events(), [LeaseEvent::Gone { mac: mac(2) }]);
        assert!(!leases.confirm(at(9_000), mac(2), ip(11)));
    }

    #[test]
    fn an_address_in_use_elsewhere_is_left_alone() {
        let mut leases = Leases::new(ip(10), ip(12), vec![ip(11)]);
        leases.offer(at(0), mac(1), None);
        leases.confirm(at(0), mac(1), ip(10));
        leases.decline(at(1), mac(2), ip(10));
        assert_eq!(leases.lease_of(at(1), mac(1)), Some(ip(10)), "only its holder declines");
        leases.decline(at(1), mac(1), ip(10));
        assert_eq!(leases.offer(at(1), mac(1), Some(ip(10))), Some(ip(12)), "11 is the router's");
        assert!(leases.confirm(at(1), mac(1), ip(12)));
        assert_eq!(leases.offer(at(2), mac(2), None), None);
        assert_eq!(leases.offer(at(3_700), mac(2), None), Some(ip(10)));
        assert_eq!(leases.lease_of(at(3_000), mac(1)), Some(ip(12)));
    }

    #[test]
    fn offers_end_and_their_number_is_bounded() {
        let mut leases = Leases::new(Ipv4Addr::new(10, 1, 0, 0), Ipv4Addr::new(10, 1, 255, 255), vec![]);
        let many = |n: u32| Mac([0, 0x15, 0x65, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
        let got = (0..10_000).filter(|n| leases.offer(at(0), many(*n), None).is_some()).count();
        assert_eq!((got, leases.offers.len()), (OFFERS_MAX, OFFERS_MAX));
        assert!(leases.offer(at(31), many(20_000), None).is_some());
        assert_eq!(leases.take_events(), []);
    }

    #[test]
    fn a_restart_gives_nothing_twice() {
        let mut leases = Leases::new(ip(10), ip(12), vec![]);
        leases.restore(at(0), mac(1), ip(10));
        leases.restore(at(0), mac(2), ip(10));
        leases.restore(at(0), mac(3), ip(200));
        assert_eq!(leases.offer(at(1), mac(2), Some(ip(10))), Some(ip(11)));
        assert!(leases.confirm(at(1), mac(1), ip(10)));
        assert_eq!(leases.take_events(), []);
        leases.release(at(2), mac(1), Some(ip(10)));
        assert_eq!(leases.lease_of(at(2), mac(1)), None);
        leases.undo(at(2), mac(1));
        assert_eq!(leases.offer(at(3), mac(4), Some(ip(10))), Some(ip(10)));
    }
}
