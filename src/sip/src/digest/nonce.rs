//! Nonces that carry their own proof, and the counts of those in use.

use std::collections::BTreeMap;

use base::{Duration, Instant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Ha1;

/// Makes and recognises nonces: time, serial number, and a MAC over both and the realm.
pub(super) struct Nonces {
    keyed: Hmac<Sha256>,
    next_serial: u64,
}

/// A nonce of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verified {
    pub made: Instant,
    pub serial: u64,
}

const MAC_LEN: usize = 16;
const NONCE_LEN: usize = 8 + 8 + MAC_LEN;

impl Nonces {
    pub(super) fn new(key: [u8; 32], realm: &str) -> Nonces {
        let mut keyed = keyed(&key);
        keyed.update(realm.as_bytes());
        keyed.update(&[0]);
        Nonces { keyed, next_serial: 1 }
    }

    /// A nonce that was never given before, in 43 characters.
    pub(super) fn mint(&mut self, now: Instant) -> String {
        let nonce = Verified { made: now, serial: self.next_serial };
        self.next_serial += 1;
        let mut octets = [0u8; NONCE_LEN];
        octets[..8].copy_from_slice(&nonce.made.as_nanos().to_be_bytes());
        octets[8..16].copy_from_slice(&nonce.serial.to_be_bytes());
        let mac = self.mac(&octets[..16]);
        octets[16..].copy_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(octets)
    }

    /// What a nonce says, if we made it.
    pub(super) fn verify(&self, text: &[u8]) -> Option<Verified> {
        let mut octets = [0u8; NONCE_LEN];
        if URL_SAFE_NO_PAD.decode_slice(text, &mut octets).ok()? != NONCE_LEN {
            return None;
        }
        let mut mac = self.keyed.clone();
        mac.update(&octets[..16]);
        mac.verify_truncated_left(&octets[16..]).ok()?; // compares in constant time
        let number = |at: usize| u64::from_be_bytes(octets[at..at + 8].try_into().unwrap_or_default());
        Some(Verified { made: Instant::from_nanos(number(0)), serial: number(8) })
    }

    /// Hashes that belong to nobody.
    pub(super) fn decoy(&self) -> Ha1 {
        let mut mac = self.keyed.clone();
        mac.update(b"decoy");
        let sha256: [u8; 32] = mac.finalize().into_bytes().into();
        let mut md5 = [0u8; 16];
        md5.copy_from_slice(&sha256[..16]);
        Ha1 { md5, sha256 }
    }

    fn mac(&self, text: &[u8]) -> [u8; MAC_LEN] {
        let mut mac = self.keyed.clone();
        mac.update(text);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut short = [0u8; MAC_LEN];
        short.copy_from_slice(&full[..MAC_LEN]);
        short
    }
}

/// HMAC takes keys of any length, so the fallback is never reached.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).expect("an HMAC key may have any length")
}

impl core::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Nonces").field("next_serial", &self.next_serial).finish_non_exhaustive()
    }
}

/// Which counts of which nonces were used. A nonce gets in by its first right answer, never before.
#[derive(Debug)]
pub(super) struct NonceCounts {
    /// By serial number, which is also the order of making.
    used: BTreeMap<u64, Used>,
    max: usize,
    /// Nonces up to this serial number that are not in the table are forgotten, not unused.
    forgotten_upto: u64,
}

#[derive(Debug)]
struct Used {
    made: Instant,
    highest: u32,
    /// Bit n: the count `highest - n` was used.
    window: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Fresh,
    Replayed,
}

impl NonceCounts {
    pub(super) fn new(max: usize) -> NonceCounts {
        NonceCounts { used: BTreeMap::new(), max, forgotten_upto: 0 }
    }

    /// Takes one count of a nonce. Counts may come out of order, as datagrams do, but each only once
    /// (RFC 7616 §3.4.6).
    pub(super) fn take(&mut self, nonce: Verified, count: u32) -> Counted {
        let Some(used) = self.used.get_mut(&nonce.serial) else {
            if nonce.serial <= self.forgotten_upto {
                return Counted::Replayed;
            }
            self.used.insert(nonce.serial, Used { made: nonce.made, highest: count, window: 1 });
            if self.used.len() > self.max {
                self.forget_oldest();
            }
            return Counted::Fresh;
        };
        if count > used.highest {
            let step = count - used.highest;
            used.window = used.window.checked_shl(step).unwrap_or(0) | 1;
            used.highest = count;
            return Counted::Fresh;
        }
        match 1u64.checked_shl(used.highest - count) {
            Some(bit) if used.window & bit == 0 => {
                used.window |= bit;
                Counted::Fresh
            }
            _ => Counted::Replayed,
        }
    }

    /// Forgets nonces that are past their lifetime; they are refused for their age.
    pub(super) fn forget(&mut self, now: Instant, lifetime: Duration) {
        while self.used.first_key_value().is_some_and(|(_, used)| now.saturating_since(used.made) > lifetime) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((serial, _)) = self.used.pop_first() {
            self.forgotten_upto = self.forgotten_upto.max(serial);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nonce(serial: u64) -> Verified {
        Verified { made: Instant::from_nanos(serial), serial }
    }

    #[test]
    fn each_count_serves_once_in_any_order() {
        let mut counts = NonceCounts::new(4);
        let order = [(1, Counted::Fresh), (3, Counted::Fresh), (2, Counted::Fresh), (2, Counted::Replayed)];
        for (count, wanted) in order.into_iter().chain([(1, Counted::Replayed), (200, Counted::Fresh)]) {
            assert_eq!(counts.take(nonce(1), count), wanted, "{count}");
        }
        assert_eq!(counts.take(nonce(1), 136), Counted::Replayed, "beyond the window is as good as used");
        assert_eq!(counts.take(nonce(1), 137), Counted::Fresh);
        assert_eq!(counts.take(nonce(1), u32::MAX), Counted::Fresh);
    }

    #[test]
    fn a_full_table_forgets_the_oldest_and_never_takes_it_for_new() {
        let mut counts = NonceCounts::new(2);
        for serial in [5, 3, 7] {
            assert_eq!(counts.take(nonce(serial), 1), Counted::Fresh);
        }
        assert_eq!(counts.len(), 2);
        assert_eq!(counts.take(nonce(3), 2), Counted::Replayed, "forgotten");
        assert_eq!(counts.take(nonce(2), 1), Counted::Replayed, "perhaps forgotten");
        assert_eq!(counts.take(nonce(6), 1), Counted::Fresh);
        counts.forget(Instant::from_nanos(100), Duration::from_nanos(50));
        assert_eq!(counts.len(), 0);
        assert_eq!(counts.take(nonce(7), 9), Counted::Replayed);
    }

    #[test]
    fn only_our_own_nonces_are_ours() {
        let mut ours = Nonces::new([1; 32], "realm");
        let text = ours.mint(Instant::from_nanos(77));
        assert_eq!(ours.verify(text.as_bytes()), Some(Verified { made: Instant::from_nanos(77), serial: 1 }));
        assert_ne!(ours.mint(Instant::from_nanos(77)), text);
        assert_eq!(Nonces::new([2; 32], "realm").verify(text.as_bytes()), None);
        assert_eq!(Nonces::new([1; 32], "other").verify(text.as_bytes()), None);
        for at in 0..text.len() - 1 {
            let mut forged = text.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(ours.verify(&forged), None);
        }
        for bad in [&b""[..], b"x", &[b'A'; 200], &text.as_bytes()[1..]] {
            assert_eq!(ours.verify(bad), None);
        }
    }
}
