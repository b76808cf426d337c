//! PINs of mailboxes: told right from wrong, chosen, and guessed at.

use base::{Duration, Instant};
use sip::digest::Ha1;

use super::fact::{MailboxState, PinDigest};
use crate::Exchange;

/// Wrong PINs in one call before the box hangs up.
pub(super) const TRIES_MAX: u8 = 3;
/// Wrong PINs of one mailbox, in however many calls, before it is locked for others than its own phones.
const FAILURES_MAX: u32 = 10;
/// For so long.
const LOCKED: Duration = Duration::from_secs(15 * 60);
/// Shortest and longest PIN that can be chosen.
const DIGITS: std::ops::RangeInclusive<usize> = 4..=10;

/// Wrong PINs of one mailbox lately.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    count: u32,
    /// When the last one was typed.
    last: Option<Instant>,
}

impl Exchange {
    /// Whether the typed PIN opens the mailbox. As many steps whatever was typed.
    pub(super) fn pin_is_right(&self, mailbox: &str, typed: &str) -> bool {
        let state: MailboxState = self.mailbox_state(mailbox);
        if let Some(PinDigest { salt, digest }) = &state.pin {
            return same(digest.as_bytes(), digest_of(mailbox, salt, typed).as_bytes());
        }
        let of_person = || self.config.extensions.get(mailbox).and_then(|e| e.voicemail_pin.as_ref());
        let Some(pin) = self.mailbox(mailbox).and_then(|b| b.pin).or_else(of_person) else { return false };
        // Digests are compared, so that not even the length of the PIN makes a difference.
        same(digest_of(mailbox, "", &pin.0).as_bytes(), digest_of(mailbox, "", typed).as_bytes())
    }

    /// Whether the typed PIN is that of an extension, guesses counted: for logging in at a desk.
    pub(crate) fn pin_opens(&mut self, extension: &str, typed: &str) -> bool {
        let right = !self.is_locked(extension) && self.pin_is_right(extension, typed);
        if right {
            self.pin_succeeded(extension);
        } else {
            self.pin_failed(extension);
        }
        right
    }

    /// Whether there is any PIN that would open it.
    pub(super) fn has_pin(&self, mailbox: &str) -> bool {
        self.mailbox_state(mailbox).pin.is_some() || self.mailbox(mailbox).is_some_and(|b| b.pin.is_some())
    }

    /// A PIN as it is kept, under new salt.
    pub(super) fn new_pin(&mut self, mailbox: &str, pin: &str) -> PinDigest {
        let mut octets = [0; 16];
        self.random.fill(&mut octets);
        let salt = hexadecimal(&octets);
        let digest = digest_of(mailbox, &salt, pin);
        PinDigest { salt, digest }
    }

    /// Whether so many wrong PINs were typed that none is taken now.
    pub(super) fn is_locked(&self, mailbox: &str) -> bool {
        self.voicemail.failures.get(mailbox).is_some_and(|f| f.count >= FAILURES_MAX && f.is_recent(self.now))
    }

    /// A wrong PIN was typed for a mailbox that exists: the table is no longer than the list of mailboxes.
    pub(super) fn pin_failed(&mut self, mailbox: &str) {
        if self.mailbox(mailbox).is_none() && !self.config.extensions.contains_key(mailbox) {
            return;
        }
        let now = self.now;
        let failures = self.voicemail.failures.entry(mailbox.to_owned()).or_default();
        if !failures.is_recent(now) {
            failures.count = 0;
        }
        failures.count += 1;
        failures.last = Some(now);
        if failures.count == FAILURES_MAX {
            let what = format!("mailbox {mailbox} locked for {} min: {FAILURES_MAX} wrong PINs", LOCKED.as_secs() / 60);
            self.audit(what);
        }
    }

    /// The right one was typed.
    pub(super) fn pin_succeeded(&mut self, mailbox: &str) {
        self.voicemail.failures.remove(mailbox);
    }
}

impl Failures {
    fn is_recent(&self, now: Instant) -> bool {
        self.last.is_some_and(|at| now.saturating_since(at) < LOCKED)
    }
}

/// Whether a PIN may be chosen: 4 to 10 digits, not all the same, not one after the other, not the mailbox's number.
pub(super) fn is_acceptable(mailbox: &str, pin: &str) -> bool {
    let digits: Vec<i16> = pin.bytes().map(i16::from).collect();
    let steps = |step: i16| digits.windows(2).all(|pair| matches!(pair, [a, b] if b - a == step));
    DIGITS.contains(&pin.len())
        && pin.bytes().all(|b| b.is_ascii_digit())
        && !(steps(0) || steps(1) || steps(-1))
        && pin != mailbox
}

fn digest_of(mailbox: &str, salt: &str, pin: &str) -> String {
    // H(mailbox ":" salt ":" PIN), the shape that digest authentication has too.
    hexadecimal(&Ha1::new(mailbox, salt, pin).sha256)
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_pins_are_refused() {
        for pin in ["", "123", "1111", "0000", "1234", "456789", "9876", "4321", "12345678901", "12a4", "1010"] {
            assert!(!is_acceptable("1010", pin), "{pin}");
        }
        for pin in ["4711", "1357", "112233", "9012345", "1122"] {
            assert!(is_acceptable("101", pin), "{pin}");
        }
    }

    #[test]
    fn a_digest_belongs_to_one_mailbox_and_one_salt() {
        let of = digest_of("101", "aa", "4711");
        assert_eq!(of.len(), 64);
        assert!(same(of.as_bytes(), digest_of("101", "aa", "4711").as_bytes()));
        for other in [digest_of("102", "aa", "4711"), digest_of("101", "ab", "4711"), digest_of("101", "aa", "4712")] {
            assert!(!same(of.as_bytes(), other.as_bytes()));
        }
    }
}
