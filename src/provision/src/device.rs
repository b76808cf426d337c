//! What a phone proves itself with. Nothing of it is kept: each is derived from the box's key, so that the same phone
//! gets the same secret whenever it asks again, and a higher generation makes all that was given before worthless.

use base::Redacted;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The key from which phones' secrets are derived. Who has it can be any phone.
pub type BoxKey = Redacted<[u8; 32]>;

/// Letters and digits that nobody confuses when a secret must be typed: 32, so that each carries five bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a secret and of a token's secret part: 130 bits.
const LENGTH: usize = 26;

/// The name under which a phone signs in for one of its lines: the extension and the phone's last six digits.
pub fn device_name(extension: &str, mac: &str) -> String {
    format!("{extension}-{}", mac.get(mac.len().saturating_sub(6)..).unwrap_or(mac))
}

/// The SIP secret of a phone's line.
pub fn device_secret(key: &BoxKey, mac: &str, extension: &str, generation: u32) -> Redacted<String> {
    Redacted(derive(key, &["line", mac, extension, &generation.to_string()]))
}

/// The token by which a phone that was set up fetches its files again. It stands in those files alone.
pub fn resync_token(key: &BoxKey, mac: &str, generation: u32) -> String {
    format!("{mac}{}", derive(key, &["resync", mac, &generation.to_string()]))
}

/// The token that invites a phone to fetch its files for the first time; `number` counts the invitations.
pub fn invitation_token(key: &BoxKey, mac: &str, generation: u32, number: u32) -> String {
    format!("{mac}{}", derive(key, &["invitation", mac, &generation.to_string(), &number.to_string()]))
}

/// The phone that a token is for, if it has the form of one.
pub fn mac_of_token(token: &str) -> Option<String> {
    let fits = token.len() == 12 + LENGTH && token.bytes().all(|b| b.is_ascii_alphanumeric());
    crate::mac_of(token.get(..12).filter(|_| fits)?)
}

/// Whether a token is the one it should be, in a time that does not depend on where they differ.
pub fn is_token(token: &str, right: &str) -> bool {
    token.len() == right.len() && token.bytes().zip(right.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn derive(key: &BoxKey, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("an HMAC key may have any length");
    for part in parts {
        // The length stands before each part: no two lists of parts give the same octets.
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part.as_bytes());
    }
    let octets = mac.finalize().into_bytes();
    octets.iter().take(LENGTH).map(|octet| char::from(ALPHABET[usize::from(octet & 31)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: BoxKey = Redacted([7; 32]);

    #[test]
    fn each_phone_line_and_generation_has_a_secret_of_its_own() {
        let secret = |mac, extension, generation| device_secret(&KEY, mac, extension, generation).0;
        let one = secret("00156574abcd", "101", 1);
        assert_eq!(one, secret("00156574abcd", "101", 1));
        for other in
            [secret("00156574abce", "101", 1), secret("00156574abcd", "102", 1), secret("00156574abcd", "101", 2)]
        {
            assert_ne!(one, other);
        }
        assert_ne!(one, device_secret(&Redacted([8; 32]), "00156574abcd", "101", 1).0);
        config::secret::check("101", &one).unwrap();
    }

    #[test]
    fn a_token_names_its_phone_and_no_other_passes() {
        let token = resync_token(&KEY, "00156574abcd", 1);
        assert_eq!(mac_of_token(&token).as_deref(), Some("00156574abcd"));
        assert!(is_token(&token, &token));
        let others = [
            resync_token(&KEY, "00156574abcd", 2),
            invitation_token(&KEY, "00156574abcd", 1, 0),
            resync_token(&Redacted([0; 32]), "00156574abcd", 1),
            token[..37].to_owned(),
            String::new(),
        ];
        assert!(others.iter().all(|other| !is_token(other, &token)));
        assert_eq!(mac_of_token("00156574abcd"), None);
        assert_eq!(mac_of_token(&"é".repeat(19)), None);
        assert_eq!(device_name("101", "00156574abcd"), "101-74abcd");
    }
}
