//! The question of a phone that was just unpacked: `ua-profile` (RFC 6080 §3.4), sent to a multicast group.

use super::{EventHeader, Package};
use crate::message::Request;

/// A phone that asks for its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneProfile {
    /// Its MAC address, twelve lower-case hexadecimal digits: the only thing in the request to go by, for makers name
    /// each other's models.
    pub mac: String,
    /// The maker as it says; at most [`WORD_MAX`] characters.
    pub vendor: String,
    /// The model as it says.
    pub model: String,
    /// The firmware as it says.
    pub version: String,
}

/// A word kept of what a phone says, characters.
const WORD_MAX: usize = 64;

impl PhoneProfile {
    /// What a SUBSCRIBE asks; `None` if it is not such a question, or names no MAC address.
    pub fn of(request: &Request) -> Option<PhoneProfile> {
        let event = EventHeader::of(&request.headers).ok()?;
        if event.package != Some(Package::UaProfile) {
            return None;
        }
        let kind = event.params.unquoted("profile-type");
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case(b"device")) {
            return None; // RFC 6080 §3.4: `user` and `local-network` are not ours to answer
        }
        let word = |name| {
            let text = event.params.unquoted(name).unwrap_or_default();
            String::from_utf8_lossy(&text).chars().filter(|c| !c.is_control()).take(WORD_MAX).collect()
        };
        // The address that it was sent to has the MAC; some phones have it in From alone.
        let from = request.headers.from().ok().and_then(|from| mac_of(&from.uri.user_unescaped()?));
        let mac = request.uri.user_unescaped().and_then(|user| mac_of(&user)).or(from)?;
        Some(PhoneProfile { mac, vendor: word("vendor"), model: word("model"), version: word("version") })
    }
}

/// `MAC:001565aabbcc`, `001565AABBCC`, `00:15:65:aa:bb:cc`.
fn mac_of(user: &str) -> Option<String> {
    let rest = user.get(..4).filter(|p| p.eq_ignore_ascii_case("mac:")).map_or(user, |_| &user[4..]);
    let digits: String = rest.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    let is_mac = digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit());
    is_mac.then(|| digits.to_ascii_lowercase())
}
