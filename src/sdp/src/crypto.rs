//! Keys in descriptions (RFC 4568, SDES): `a=crypto` read, judged and written.

use core::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// What protects a stream (RFC 4568 §6.2). Others are not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CryptoSuite {
    /// `AES_CM_128_HMAC_SHA1_80`, which everybody has (RFC 4568 §6.2.1).
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`: tags of 4 octets on RTP.
    AesCm128HmacSha1_32,
}

/// Master key (16 octets) and salt (14), in that order (RFC 4568 §6.1). It comes from whoever makes the
/// [`crate::Negotiation`]: nothing here draws random numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(pub [u8; 30]);

/// One `a=crypto` line as it came; whether it is of use says [`Crypto::usable`].
#[derive(Clone, PartialEq, Eq)]
pub struct Crypto {
    /// Names the line within its stream; an answer repeats it (RFC 4568 §5.1.2).
    pub tag: u32,
    suite: String,
    keys: String,
    parameters: Vec<String>,
}

impl CryptoSuite {
    /// The name in `a=crypto`.
    pub fn name(self) -> &'static str {
        match self {
            CryptoSuite::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            CryptoSuite::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [CryptoSuite::AesCm128HmacSha1_80, CryptoSuite::AesCm128HmacSha1_32]
            .into_iter()
            .find(|suite| suite.name().eq_ignore_ascii_case(name))
    }
}

impl Crypto {
    /// The most lines kept per stream; what comes after them is dropped.
    pub const LINES_MAX: usize = 16;

    /// A line of ours.
    pub(crate) fn new(tag: u32, suite: CryptoSuite, key: &MasterKey) -> Self {
        let keys = format!("{INLINE}{}", BASE64.encode(key.0));
        Crypto { tag, suite: suite.name().to_owned(), keys, parameters: Vec::new() }
    }

    /// `1 AES_CM_128_HMAC_SHA1_80 inline:… UNENCRYPTED_SRTCP`; none where a part is missing.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let mut fields = value.split_whitespace();
        // RFC 4568 §9.2: one to nine digits.
        let tag = fields.next().filter(|tag| tag.len() <= 9).and_then(|tag| tag.parse().ok())?;
        let (suite, keys) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        Some(Crypto { tag, suite, keys, parameters: fields.map(str::to_owned).collect() })
    }

    /// The value as it is printed.
    pub(crate) fn value(&self) -> String {
        let mut out = format!("{} {} {}", self.tag, self.suite, self.keys);
        for parameter in &self.parameters {
            out.push(' ');
            out.push_str(parameter);
        }
        out
    }

    /// Suite and key, if we can do all that the line asks for: a suite that we know, one key, no master
    /// key identifier, everything encrypted and authenticated, no key derivation in between.
    pub fn usable(&self) -> Option<(CryptoSuite, MasterKey)> {
        let suite = CryptoSuite::from_name(&self.suite)?;
        if !self.parameters.iter().all(|parameter| is_harmless(parameter)) {
            return None;
        }
        Some((suite, master_key(&self.keys)?))
    }
}

/// RFC 4568 §6.3: what a parameter that is not understood asks for cannot be done, unless it begins with
/// `-` (§6.3.7). `UNENCRYPTED_SRTP` and its like are understood and refused.
fn is_harmless(parameter: &str) -> bool {
    let upper = parameter.to_ascii_uppercase();
    // §6.3.1: a rate of zero is none, the default. §6.3.6: a hint; our replay window is 128 wide.
    parameter.starts_with('-') || upper == "KDR=0" || upper.starts_with("WSH=")
}

/// `inline:` key and salt, perhaps a lifetime. Several keys need identifiers, which we do not do.
fn master_key(keys: &str) -> Option<MasterKey> {
    let (method, key) = keys.split_at_checked(INLINE.len())?;
    if !method.eq_ignore_ascii_case(INLINE) || key.contains(';') {
        return None;
    }
    let mut fields = key.split('|');
    // Padding that stands where none belongs is discarded too.
    let octets = BASE64.decode(fields.next()?.trim_end_matches('=')).ok()?;
    match (fields.next(), fields.next()) {
        (None, None) => {}
        // The field of an identifier always has a colon and so is no number (RFC 4568 §6.1).
        (Some(lifetime), None) if outlives_a_call(lifetime) => {}
        _ => return None,
    }
    Some(MasterKey(octets.try_into().ok()?))
}

/// A lifetime in packets, as a number or a power of two. One that a day's call might outlive is not
/// taken up, for nobody renews keys within a call; above 2^48 it is invalid (RFC 4568 §6.1, §6.2.1).
fn outlives_a_call(lifetime: &str) -> bool {
    let packets = match lifetime.strip_prefix("2^") {
        Some(power) => power.parse().ok().filter(|power| *power < 64).map(|power: u32| 1_u64 << power),
        None => lifetime.parse().ok(),
    };
    packets.is_some_and(|packets| (1 << LIFETIME_MIN_LOG2..=1 << 48).contains(&packets))
}

/// 2^20 packets are six hours at 50 a second; the smallest that phones are known to send.
const LIFETIME_MIN_LOG2: u64 = 20;

const INLINE: &str = "inline:";

/// RFC 4568 §6.1: padding is discarded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl fmt::Debug for MasterKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl fmt::Debug for Crypto {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crypto").field("tag", &self.tag).field("suite", &self.suite).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4568 §6.1's examples.
    const KEY: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    fn usable(line: &str) -> Option<CryptoSuite> {
        let crypto = Crypto::parse(line)?;
        assert_eq!(Crypto::parse(&crypto.value()).as_ref(), Some(&crypto));
        Some(crypto.usable()?.0)
    }

    #[test]
    fn what_a_line_asks_for_decides_whether_it_is_of_use() {
        let long = Some(CryptoSuite::AesCm128HmacSha1_80);
        for (line, verdict) in [
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}"), long),
            (format!("999999999 aes_cm_128_hmac_sha1_80 {KEY}|2^31"), long),
            (format!("2 AES_CM_128_HMAC_SHA1_32 {KEY}|2^20"), Some(CryptoSuite::AesCm128HmacSha1_32)),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}=="), long),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} KDR=0 WSH=64 -X=1"), long),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^20|1:4"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|1:4"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^49"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|2^99999999999"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|100"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}|"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY};{KEY}"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTP"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNENCRYPTED_SRTCP"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} UNAUTHENTICATED_SRTP"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY} KDR=3"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 {KEY}AAAA"), None),
            ("1 AES_CM_128_HMAC_SHA1_80 inline:short".to_owned(), None),
            ("1 AES_CM_128_HMAC_SHA1_80 uri:x".to_owned(), None),
            (format!("1 F8_128_HMAC_SHA1_80 {KEY}"), None),
            (format!("1 AEAD_AES_128_GCM {KEY}"), None),
            (format!("1234567890 AES_CM_128_HMAC_SHA1_80 {KEY}"), None),
            ("1 AES_CM_128_HMAC_SHA1_80".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(usable(&line), verdict, "{line}");
        }
    }

    #[test]
    fn a_key_is_written_as_it_is_read_and_never_shown() {
        let (suite, key) = Crypto::parse(&format!("7 AES_CM_128_HMAC_SHA1_32 {KEY}")).unwrap().usable().unwrap();
        assert_eq!(&key.0[..4], b"wDfv");
        let ours = Crypto::new(7, suite, &key);
        assert_eq!(ours.value(), format!("7 AES_CM_128_HMAC_SHA1_32 {KEY}"));
        assert!(!format!("{ours:?} {key:?}").contains("d0Rm"));
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}
