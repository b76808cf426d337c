//! SIP secrets: which are too weak to be taken, and the HA1s that are kept in their place.
//!
//! **Invariant:** a secret in clear is never part of a [`Config`](crate::Config), a document or a
//! version; only MD5 and SHA-256 of `number:realm:secret` are (RFC 7616 §3.4.2).

use base::{Random, Redacted};
use md5::Digest as _;

/// Shortest secret taken, in characters.
pub const LENGTH_MIN: usize = 10;
/// Longest secret taken, in characters; phones cut off longer ones without a word.
pub const LENGTH_MAX: usize = 64;
/// A secret of one kind of character only (all digits, all lower case …) must be this long.
const ONE_CLASS_LENGTH_MIN: usize = 16;
/// Fewest different characters.
const DISTINCT_MIN: usize = 5;

/// The words that guessing programs try first, with whatever digits around them.
const COMMON: [&str; 32] = [
    "password",
    "passwort",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "secret",
    "welcome",
    "welcome to",
    "letmein",
    "changeme",
    "change me",
    "changethis",
    "default",
    "admin",
    "administrator",
    "asterisk",
    "freeswitch",
    "freepbx",
    "strowger",
    "telephone",
    "extension",
    "voicemail",
    "football",
    "baseball",
    "iloveyou",
    "sunshine",
    "princess",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "trustno",
    "abcd",
];

/// Why a secret is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`LENGTH_MIN`] characters.
    #[error("shorter than {LENGTH_MIN} characters")]
    Short,
    /// More than [`LENGTH_MAX`] characters.
    #[error("longer than {LENGTH_MAX} characters")]
    Long,
    /// Something else than the visible characters of ASCII; phones disagree about the encoding of others.
    #[error("other characters than the visible ones of ASCII")]
    Characters,
    /// The extension's own number, with nothing but punctuation or repetition around it.
    #[error("made of the extension's own number")]
    OwnNumber,
    /// The same few characters again and again.
    #[error("fewer than {DISTINCT_MIN} different characters")]
    Repetition,
    /// Counting up or down.
    #[error("a run of neighbouring characters")]
    Sequence,
    /// One kind of character only, and short.
    #[error("only one kind of character in fewer than {ONE_CLASS_LENGTH_MIN}")]
    OneClass,
    /// Among the first that anybody tries.
    #[error("a common password")]
    Common,
}

/// Refuses a secret that guessing would find (SEC-11). `number` is the extension that it is for.
pub fn check(number: &str, secret: &str) -> Result<(), Weakness> {
    if !secret.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Weakness::Characters);
    }
    let bytes = secret.as_bytes();
    if bytes.len() < LENGTH_MIN {
        return Err(Weakness::Short);
    }
    if bytes.len() > LENGTH_MAX {
        return Err(Weakness::Long);
    }
    let mut seen = [false; 128];
    for b in bytes {
        seen[usize::from(b & 0x7f)] = true;
    }
    if seen.iter().filter(|s| **s).count() < DISTINCT_MIN {
        return Err(Weakness::Repetition);
    }
    if !number.is_empty() && !secret.replace(number, "").bytes().any(|b| b.is_ascii_alphanumeric()) {
        return Err(Weakness::OwnNumber);
    }
    if is_run(bytes) {
        return Err(Weakness::Sequence);
    }
    let folded = secret.to_ascii_lowercase();
    let core = folded.trim_matches(|c: char| !c.is_ascii_alphabetic());
    if COMMON.contains(&core) || COMMON.contains(&folded.as_str()) {
        return Err(Weakness::Common);
    }
    if bytes.len() < ONE_CLASS_LENGTH_MIN && classes(bytes) < 2 {
        return Err(Weakness::OneClass);
    }
    Ok(())
}

/// `1234567890`, `abcdefghij`, `9876543210`: each character the neighbour of the one before.
fn is_run(bytes: &[u8]) -> bool {
    let steps = || bytes.windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0]));
    // `0` follows `9` on a keypad.
    steps().all(|step| step == 1 || step == -9) || steps().all(|step| step == -1 || step == 9)
}

/// How many of digits, small letters, capitals and punctuation occur.
fn classes(bytes: &[u8]) -> usize {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_punctuation];
    kinds.iter().filter(|kind| bytes.iter().any(kind)).count()
}

/// A new secret: 20 characters with 5 bits each, none of them easily misread.
pub fn generate(random: &mut Random) -> Redacted<String> {
    loop {
        let secret = random.token(20);
        // One in 10^12 comes out with too few different characters.
        if check("", &secret).is_ok() {
            return Redacted(secret);
        }
    }
}

/// MD5(number:realm:secret) and SHA-256(number:realm:secret) (RFC 7616 §3.4.2).
pub fn ha1(number: &str, realm: &str, secret: &str) -> ([u8; 16], [u8; 32]) {
    let mut md5 = md5::Md5::new();
    let mut sha256 = sha2::Sha256::new();
    for part in [number, ":", realm, ":", secret] {
        md5.update(part.as_bytes());
        sha256.update(part.as_bytes());
    }
    (md5.finalize().into(), sha256.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_secrets_are_refused_with_the_reason() {
        let verdict = |secret: &str| check("101", secret).err();
        assert_eq!(verdict("demo-101-secret"), None);
        assert_eq!(verdict("k7d9w2xq5m"), None);
        assert_eq!(verdict("correcthorsebatterystaple"), None);
        assert_eq!(verdict("k7d9w2xq5"), Some(Weakness::Short));
        assert_eq!(verdict(&"k7d9w2xq5m".repeat(7)), Some(Weakness::Long));
        assert_eq!(verdict("k7d9 w2xq5m"), Some(Weakness::Characters));
        assert_eq!(verdict("k7d9éw2xq5m"), Some(Weakness::Characters));
        assert_eq!(verdict("aaaaaaaaaaaa"), Some(Weakness::Repetition));
        assert_eq!(verdict("1212121212121212"), Some(Weakness::Repetition));
        assert_eq!(check("24680", "24680-24680"), Err(Weakness::OwnNumber));
        assert_eq!(verdict("1234567890"), Some(Weakness::Sequence));
        assert_eq!(verdict("9876543210"), Some(Weakness::Sequence));
        assert_eq!(verdict("abcdefghijklmnop"), Some(Weakness::Sequence));
        assert_eq!(verdict("4711081502"), Some(Weakness::OneClass));
        assert_eq!(verdict("Password2026!"), Some(Weakness::Common));
        assert_eq!(verdict("password101"), Some(Weakness::Common));
        assert_eq!(verdict("qwertyuiop123"), Some(Weakness::Common));
    }

    #[test]
    fn a_generated_secret_is_strong_and_new_each_time() {
        let mut random = Random::from_number(7);
        let (a, b) = (generate(&mut random), generate(&mut random));
        assert_ne!(a.0, b.0);
        assert_eq!(check("101", &a.0), Ok(()));
        assert_eq!(format!("{a:?}"), "…");
    }

    #[test]
    fn ha1_of_the_example_in_rfc_7616() {
        // RFC 7616 §3.9.1: the user, realm and password of the worked example.
        let (md5, sha256) = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(&md5), "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(hex(&sha256), "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }
}
