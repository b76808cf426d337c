//! Public GRUUs: an address of one device of an extension, `sip:101@box;gr=…` (RFC 5627).
//!
//! Nothing is kept for them: `gr` follows from the AOR and the device's instance, so it is the same after a restart,
//! after a move, and for as long as the extension exists (RFC 5627 §5.3). It tells nobody the instance, which often is
//! the device's hardware address.

use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::message::Uri;

/// Octets of the keyed hash that are used.
const OCTETS: usize = 16;

/// The `gr` of a device: 32 hexadecimal digits, HMAC-SHA-256 under the realm of the box (RFC 2104). An instance is a
/// URN; those of UUIDs are the same in either case (RFC 9562 §4).
pub fn gr_of(realm: &str, aor: &str, instance: &str) -> String {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(realm.as_bytes()).expect("an HMAC key may have any length");
    mac.update(b"gruu\0");
    mac.update(aor.as_bytes());
    mac.update(b"\0");
    mac.update(instance.to_ascii_lowercase().as_bytes());
    let mut text = String::with_capacity(OCTETS * 2);
    for octet in &mac.finalize().into_bytes()[..OCTETS] {
        let _ = write!(text, "{octet:02x}"); // a String takes all
    }
    text
}

/// The `gr` of a URI, in the spelling of [`gr_of`], if the URI is a GRUU; `Err` if it is none that was ever given.
///
/// # Errors
/// The value has another form.
pub fn read(uri: &Uri) -> Result<Option<String>, NoGruu> {
    let Some(value) = uri.params.get("gr") else { return Ok(None) };
    let text = value.and_then(|value| std::str::from_utf8(value).ok()).ok_or(NoGruu)?;
    let is_ours = text.len() == OCTETS * 2 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // RFC 3261 §19.1.4: parameters of a URI are compared without case.
    if is_ours { Ok(Some(text.to_ascii_lowercase())) } else { Err(NoGruu) }
}

/// A `gr` that cannot be one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GRUU of this box")]
pub struct NoGruu;

/// The AOR with `gr` (RFC 5627 §5.1).
pub(super) fn public(address: &Uri, gr: &str) -> Uri {
    let mut uri = Uri { params: Default::default(), headers: None, password: None, ..address.clone() };
    uri.params.set("gr", Some(gr.to_owned()));
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gr_depends_on_all_that_it_is_made_of_and_on_nothing_else() {
        let one = gr_of("office", "101", "urn:uuid:00000000-0000-1000-8000-000A95A0E128");
        assert_eq!(one, gr_of("office", "101", "urn:uuid:00000000-0000-1000-8000-000a95a0e128"));
        assert!(one.len() == 32 && !one.contains("95a0e128"));
        for (realm, aor, instance) in
            [("office", "102", "urn:x:1"), ("office", "101", "urn:x:2"), ("shop", "101", "urn:x:1")]
        {
            assert_ne!(gr_of(realm, aor, instance), gr_of("office", "101", "urn:x:1"), "{realm} {aor} {instance}");
        }
    }

    #[test]
    fn what_is_no_gr_of_ours_is_told_from_none() {
        let read = |text: &str| read(&Uri::parse(text.as_bytes()).unwrap());
        let gr = "0123456789abcdef0123456789abcdef";
        assert_eq!(read("sip:101@h"), Ok(None));
        assert_eq!(read(&format!("sip:101@h;gr={}", gr.to_uppercase())), Ok(Some(gr.to_owned())));
        for bad in ["sip:101@h;gr", "sip:101@h;gr=", "sip:101@h;gr=urn:uuid:1", "sip:101@h;gr=%00"] {
            assert_eq!(read(bad), Err(NoGruu), "{bad}");
        }
    }
}
