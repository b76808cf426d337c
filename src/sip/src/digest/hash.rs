//! The hashes of RFC 7616 §3.4 with the algorithms of RFC 8760.

use core::fmt;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::credentials::Credentials;

/// A hash algorithm that we offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `SHA-256`.
    Sha256,
    /// `MD5`.
    Md5,
}

/// What is stored of a user's secret: H(username ":" realm ":" secret) for both algorithms. As good as the
/// secret within its realm, so it prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// With MD5.
    pub md5: [u8; 16],
    /// With SHA-256.
    pub sha256: [u8; 32],
}

impl Ha1 {
    /// The hashes of one user's secret.
    pub fn new(username: &str, realm: &str, secret: &str) -> Ha1 {
        let text = [username.as_bytes(), b":", realm.as_bytes(), b":", secret.as_bytes()];
        Ha1 { md5: digest::<Md5>(&text).into(), sha256: digest::<Sha256>(&text).into() }
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(…)")
    }
}

impl Algorithm {
    /// The name on the wire (RFC 7616 §6.1).
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "SHA-256",
            Algorithm::Md5 => "MD5",
        }
    }

    /// The algorithm of that name, in any case.
    pub fn parse(name: &[u8]) -> Option<Algorithm> {
        [Algorithm::Sha256, Algorithm::Md5].into_iter().find(|a| a.name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// The length of a response, in hexadecimal digits.
    pub(super) fn response_len(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Md5 => 32,
        }
    }

    /// The right response (RFC 7616 §3.4.1) with `qop=auth`, in lower-case hexadecimal.
    pub(super) fn response(self, ha1: &Ha1, method: &[u8], given: &Credentials) -> Hex {
        let rest: [&[u8]; 3] = [&given.nonce, &given.count_text, &given.cnonce];
        self.response_from(ha1, method, &given.uri, Some(rest), &given.nonce)
    }

    /// As above; without nonce, count and cnonce as of RFC 2069.
    pub(super) fn response_from(
        self,
        ha1: &Ha1,
        method: &[u8],
        uri: &[u8],
        qop: Option<[&[u8]; 3]>,
        nonce: &[u8],
    ) -> Hex {
        let ha1 = match self {
            Algorithm::Sha256 => Hex::new(&ha1.sha256),
            Algorithm::Md5 => Hex::new(&ha1.md5),
        };
        let ha2 = self.hash(&[method, b":", uri]);
        match qop {
            Some([nonce, count, cnonce]) => {
                self.hash(&[ha1.as_bytes(), b":", nonce, b":", count, b":", cnonce, b":auth:", ha2.as_bytes()])
            }
            None => self.hash(&[ha1.as_bytes(), b":", nonce, b":", ha2.as_bytes()]),
        }
    }

    fn hash(self, pieces: &[&[u8]]) -> Hex {
        match self {
            Algorithm::Sha256 => Hex::new(&digest::<Sha256>(pieces)),
            Algorithm::Md5 => Hex::new(&digest::<Md5>(pieces)),
        }
    }
}

fn digest<D: Digest>(pieces: &[&[u8]]) -> md5::digest::Output<D> {
    let mut hash = D::new();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize()
}

/// Up to 32 octets in lower-case hexadecimal, without an allocation.
pub(super) struct Hex {
    digits: [u8; 64],
    len: usize,
}

impl Hex {
    pub(super) fn new(octets: &[u8]) -> Hex {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = Hex { digits: [0; 64], len: 0 };
        for (pair, octet) in hex.digits.chunks_exact_mut(2).zip(octets) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
            hex.len += 2;
        }
        hex
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|&b| fmt::Write::write_char(f, char::from(b)))
    }
}
