//! Session keys: derived once from the master key (RFC 3711 §4.3), used for every packet.

use core::fmt;
use core::hint::black_box;

use aes::Aes128Enc;
use aes::cipher::{InnerIvInit as _, KeyInit as _, StreamCipher as _, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::control::{SecureKey, SecureSuite};

/// What one direction of a stream is protected with.
pub(super) struct DirectionKeys {
    suite: SecureSuite,
    /// RTP.
    pub(super) rtp: SessionKeys,
    /// RTCP.
    pub(super) rtcp: SessionKeys,
    /// Octets of the tag on RTP.
    pub(super) rtp_tag_len: usize,
}

/// Cipher, salt and authentication of RTP or RTCP.
pub(super) struct SessionKeys {
    cipher: Aes128Enc,
    salt: Zeroizing<[u8; SALT_LEN]>,
    mac: Hmac<Sha1>,
}

/// AES in counter mode over a cipher that is lent.
type CounterMode<'a> = StreamCipherCoreWrapper<CtrCore<&'a Aes128Enc, Ctr128BE>>;

const KEY_LEN: usize = 16;
const SALT_LEN: usize = 14;
/// RFC 3711 §5.2: 160 bits.
const AUTH_KEY_LEN: usize = 20;
const TAG_LEN: usize = 20;

/// The labels of the first key of each kind; authentication and salt have the next two (RFC 3711 §4.3.1, §4.3.2).
const RTP: u8 = 0;
const RTCP: u8 = 3;

impl DirectionKeys {
    pub(super) fn new(suite: SecureSuite, key: &SecureKey) -> DirectionKeys {
        let rtp_tag_len = match suite {
            SecureSuite::AesCm128HmacSha1_80 => 10,
            SecureSuite::AesCm128HmacSha1_32 => 4,
        };
        DirectionKeys { suite, rtp: SessionKeys::derive(key, RTP), rtcp: SessionKeys::derive(key, RTCP), rtp_tag_len }
    }
}

impl SessionKeys {
    fn derive(master: &SecureKey, label: u8) -> SessionKeys {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let mut auth = Zeroizing::new([0; AUTH_KEY_LEN]);
        let mut salt = Zeroizing::new([0; SALT_LEN]);
        derive(master, label, &mut *key);
        derive(master, label + 1, &mut *auth);
        derive(master, label + 2, &mut *salt);
        SessionKeys { cipher: Aes128Enc::new((&*key).into()), salt, mac: mac(&*auth) }
    }

    /// Encrypts or decrypts `data`, the packet of `ssrc` with `index` (RFC 3711 §4.1.1).
    pub(super) fn crypt(&self, ssrc: u32, index: u64, data: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..SALT_LEN].copy_from_slice(&*self.salt);
        xor(&mut iv[4..8], &ssrc.to_be_bytes());
        xor(&mut iv[8..14], &index.to_be_bytes()[2..]);
        counter_mode(&self.cipher, &iv).apply_keystream(data);
    }

    /// The whole tag of `packet` followed by `suffix` (RFC 3711 §4.2.1); what is sent is its beginning.
    pub(super) fn tag(&self, packet: &[u8], suffix: &[u8]) -> [u8; TAG_LEN] {
        let mut mac = self.mac.clone();
        mac.update(packet);
        mac.update(suffix);
        mac.finalize().into_bytes().into()
    }
}

/// The key stream of the master key from `label` on: key derivation without a rate (RFC 3711 §4.3.3).
fn derive(SecureKey(master): &SecureKey, label: u8, out: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..SALT_LEN].copy_from_slice(&master[KEY_LEN..]);
    iv[7] ^= label;
    let mut key = Zeroizing::new([0; KEY_LEN]);
    key.copy_from_slice(&master[..KEY_LEN]);
    let cipher = Aes128Enc::new((&*key).into());
    out.fill(0);
    counter_mode(&cipher, &iv).apply_keystream(out);
}

fn counter_mode<'a>(cipher: &'a Aes128Enc, iv: &[u8; 16]) -> CounterMode<'a> {
    StreamCipherCoreWrapper::from_core(CtrCore::inner_iv_init(cipher, iv.into()))
}

fn mac(key: &[u8]) -> Hmac<Sha1> {
    <Hmac<Sha1> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn xor(to: &mut [u8], with: &[u8]) {
    for (to, with) in to.iter_mut().zip(with) {
        *to ^= with;
    }
}

impl Drop for SessionKeys {
    /// Cipher and salt wipe themselves; the hash's state knows no way to, so another takes its place.
    fn drop(&mut self) {
        self.mac = mac(&[]);
        black_box(&self.mac);
    }
}

impl fmt::Debug for DirectionKeys {
    /// Without the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectionKeys").field("suite", &self.suite).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets<const N: usize>(hex: &str) -> [u8; N] {
        let digits: Vec<u8> = hex.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
        assert_eq!(digits.len(), 2 * N);
        let octet = |at: usize| u8::from_str_radix(std::str::from_utf8(&digits[2 * at..2 * at + 2]).unwrap(), 16);
        core::array::from_fn(|at| octet(at).unwrap())
    }

    #[test]
    fn rfc_3711_b_2_key_stream() {
        let key: [u8; 16] = octets("2B7E151628AED2A6ABF7158809CF4F3C");
        let keys = SessionKeys {
            cipher: Aes128Enc::new(&key.into()),
            salt: Zeroizing::new(octets("F0F1F2F3F4F5F6F7F8F9FAFBFCFD")),
            mac: mac(&[]),
        };
        let mut stream = vec![0; 1_044_512];
        keys.crypt(0, 0, &mut stream);
        let blocks: Vec<&[u8]> = stream.chunks(16).collect();
        assert_eq!(blocks.len(), 65_282);
        for (at, expected) in [
            (0, "E03EAD0935C95E80E166B16DD92B4EB4"),
            (1, "D23513162B02D0F72A43A2FE4A5F97AB"),
            (2, "41E95B3BB0A2E8DD477901E4FCA894C0"),
            (0xFEFF, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
            (0xFF00, "362B7C3C6773516318A077D7FC5073AE"),
            (0xFF01, "6A2CC3787889374FBEB4C81B17BA6C44"),
        ] {
            assert_eq!(blocks[at], octets::<16>(expected), "block {at:#x}");
        }
    }

    #[test]
    fn rfc_3711_b_3_key_derivation() {
        let master = SecureKey(octets("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"));
        let mut key = [0; 16];
        derive(&master, 0, &mut key);
        assert_eq!(key, octets("C61E7A93744F39EE10734AFE3FF7A087"));
        let mut salt = [0; 14];
        derive(&master, 2, &mut salt);
        assert_eq!(salt, octets("30CBBC08863D8C85D49DB34A9AE1"));
        let mut auth = [0; 94];
        derive(&master, 1, &mut auth);
        let expected = octets::<94>(
            "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098 \
             6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2",
        );
        assert_eq!(auth, expected);
    }
}
