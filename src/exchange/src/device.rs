//! Phones that the box set up itself sign in under a name and a secret of their own, so that one phone can be shut out
//! without a new secret for all the others of an extension. Kept as facts under `device/<name>`.
//!
//! **Invariant:** a device counts only while the configuration has its phone, with that extension on a line, and the
//! extension is switched on.

use std::fmt;

use config::Config;
use dialplan::state::Fact;
use serde::{Deserialize, Serialize};
use sip::digest::Ha1;

use crate::Exchange;
use crate::facts::Facts;
use crate::io::{Answer, Refusal};

/// What one line of a phone signs in with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The phone's MAC address, twelve hexadecimal digits in lower case.
    pub mac: String,
    /// The extension that it signs in for, and for no other.
    pub extension: String,
    /// MD5(name:realm:secret), 32 hexadecimal digits (RFC 7616 §3.4.2).
    pub ha1_md5: String,
    /// SHA-256(name:realm:secret), 64 hexadecimal digits.
    pub ha1_sha256: String,
}

impl Fact for Device {
    const KIND: &'static str = "device";
}

impl fmt::Debug for Device {
    /// Without the HA1s: whoever has them can register as this device.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("mac", &self.mac).field("extension", &self.extension).finish_non_exhaustive()
    }
}

impl Device {
    /// A device with its digests.
    pub fn new(mac: &str, extension: &str, ha1_md5: [u8; 16], ha1_sha256: [u8; 32]) -> Self {
        let (ha1_md5, ha1_sha256) = (hexadecimal(&ha1_md5), hexadecimal(&ha1_sha256));
        Device { mac: mac.to_owned(), extension: extension.to_owned(), ha1_md5, ha1_sha256 }
    }

    fn ha1(&self) -> Option<Ha1> {
        Some(Ha1 { md5: octets(&self.ha1_md5)?, sha256: octets(&self.ha1_sha256)? })
    }
}

impl Exchange {
    /// Lets a phone sign in under this name from now on, or no more.
    pub(crate) fn put_device(&mut self, name: &str, device: Option<&Device>, by: &str) -> Result<Answer, Refusal> {
        if let Some(device) = device {
            let tail = name.strip_prefix(&device.extension).and_then(|rest| rest.strip_prefix('-'));
            let is_its_name =
                tail.is_some_and(|tail| tail.len() == 6 && device.mac.len() == 12 && device.mac.ends_with(tail));
            if !is_its_name || device.ha1().is_none() {
                return Err(Refusal(format!("{name} cannot be the name of that device")));
            }
            let has_line = self.config.phones.get(&device.mac).is_some_and(|p| p.lines.contains(&device.extension));
            if !has_line || !self.config.extensions.contains_key(&device.extension) {
                return Err(Refusal(format!("{} is not on a line of {}", device.extension, device.mac)));
            }
        } else if self.facts.get::<Device>(name).is_none() {
            return Ok(Answer::Done);
        }
        // Twelve digits end differently where six do not: two phones with the same tail cannot share an extension.
        if let (Some(new), Some(old)) = (device, self.facts.get::<Device>(name))
            && old.mac != new.mac
            && self.config.phones.contains_key(&old.mac)
        {
            return Err(Refusal(format!("{name} is already the name of {}", old.mac)));
        }
        self.put_fact(name, device, by);
        Ok(Answer::Done)
    }
}

/// What a user name of a digest stands for: an extension, or a device of one.
pub(crate) fn holder_of(config: &Config, facts: &Facts, user: &str) -> Option<(String, Ha1)> {
    if let Some(e) = config.extensions.get(user) {
        return e.enabled.then(|| (e.number.clone(), Ha1 { md5: e.ha1_md5, sha256: e.ha1_sha256 }));
    }
    let device: Device = facts.get(user)?;
    let phone = config.phones.get(&device.mac)?;
    let is_on = config.extensions.get(&device.extension)?.enabled && phone.lines.contains(&device.extension);
    is_on.then(|| device.ha1()).flatten().map(|ha1| (device.extension, ha1))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn octets<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (octet, n) in octets.iter_mut().zip(0..) {
        *octet = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_read_back() {
        let device = Device::new("00156574abcd", "101", [0xa5; 16], [7; 32]);
        let Ha1 { md5, sha256 } = device.ha1().unwrap();
        assert_eq!((md5, sha256), ([0xa5; 16], [7; 32]));
        assert!(!format!("{device:?}").contains("a5a5"));
        let cut = Device { ha1_md5: "a5".repeat(15), ..device.clone() };
        assert!(cut.ha1().is_none());
        assert!(Device { ha1_sha256: "zz".repeat(32), ..device }.ha1().is_none());
    }
}
