//! The keys of a secured leg (RFC 4568, SDES).

use core::fmt;

use serde::{Deserialize, Serialize};

/// What protects a stream in both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secure {
    /// How.
    pub suite: SecureSuite,
    /// What we send with.
    pub ours: SecureKey,
    /// What the peer sends with.
    pub theirs: SecureKey,
}

/// A crypto-suite (RFC 4568 §6.2, RFC 7714 §14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SecureSuite {
    /// `AES_CM_128_HMAC_SHA1_80`
    AesCm128HmacSha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`
    AesCm128HmacSha1_32,
}

/// Master key (16 octets) and salt (14), in that order (RFC 4568 §6.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecureKey(pub [u8; 30]);

impl fmt::Debug for SecureKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecureKey(…)")
    }
}
