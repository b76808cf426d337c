//! Which addresses may be asked: the public ones, and private networks by name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address and how many of its leading bits name the network.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// A text that is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a network: it wants the form 10.1.0.0/16 or fd00::/8")]
pub struct NetworkError;

impl Network {
    /// Whether `ip` is of this network.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                (u32::from(base) ^ u32::from(ip)).checked_shr(32 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                (u128::from(base) ^ u128::from(ip)).checked_shr(128 - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// `10.1.0.0/16`, or a single address.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits.parse::<u8>().map_err(|_| NetworkError)?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| NetworkError)?;
        let max = if base.is_ipv4() { 32 } else { 128 };
        match bits.unwrap_or(max) {
            bits if bits <= max => Ok(Network { base, bits }),
            _ => Err(NetworkError),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a connection to `ip` may be made. An address that carries an IPv4 address inside is judged by that one.
pub(super) fn may_ask(ip: IpAddr, allow_private: &[Network]) -> bool {
    let ip = match ip {
        IpAddr::V6(v6) => carried(v6).map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    };
    let never = match ip {
        IpAddr::V4(v4) => v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast(),
        IpAddr::V6(v6) => v6.is_unspecified() || v6.is_multicast(),
    };
    let public = match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    };
    !never && (public || allow_private.iter().any(|network| network.contains(ip)))
}

/// The IPv4 address in one that is mapped (RFC 4291 §2.5.5.2), compatible (§2.5.5.1), translated (RFC 6052 §2.1) or
/// 6to4 (RFC 3056 §2).
fn carried(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = v6.segments();
    let tail = Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        // ::1 and :: are themselves.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(tail),
        [0x2002, high, low, ..] => Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        _ => None,
    }
}

/// Not in the registry of special purposes (RFC 6890 §2.2.2).
fn is_public_v4(ip: Ipv4Addr) -> bool {
    !matches!(
        ip.octets(),
        [0 | 10 | 127, ..]                // this network, private, loopback
            | [100, 64..=127, ..]         // shared between provider and customers (RFC 6598)
            | [169, 254, ..]              // link-local, and where clouds keep their secrets
            | [172, 16..=31, ..]
            | [192, 0, 0, _] | [192, 0, 2, _] | [192, 88, 99, _] | [192, 168, ..]
            | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _]
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

/// Global unicast (RFC 4291 §2.4: 2000::/3) without the parts set aside inside it.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // Protocol assignments with Teredo and ORCHID (RFC 2928: 2001::/23), documentation (RFC 3849, RFC 9637).
        [0x2001, 0x0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0x0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(ip: &str) -> bool {
        may_ask(ip.parse().unwrap(), &[])
    }

    #[test]
    fn the_edges_of_what_is_public() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00::1",
            "3ffe::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(judge(public), "{public}");
        }
        for closed in [
            "0.1.2.3",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.255.255.255",
            "169.254.0.0",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.0.0",
            "198.18.0.0",
            "198.19.255.255",
            "224.0.0.0",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff05::1",
            "2001:db8::1",
            "2001:1ff::1",
            "3fff:1::1",
            "64:ff9b:1::1",
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "::ffff:10.0.0.1",
            "::ffff:0:0",
            "100::1",
            "4000::1",
        ] {
            assert!(!judge(closed), "{closed}");
        }
    }

    #[test]
    fn a_listed_network_opens_itself_only() {
        let allow: Vec<Network> = ["10.1.0.0/16", "fd00:1::/32", "192.168.7.9"].map(|t| t.parse().unwrap()).to_vec();
        let may = |ip: &str| may_ask(ip.parse().unwrap(), &allow);
        assert!(
            may("10.1.0.0") && may("10.1.255.255") && may("::ffff:10.1.2.3") && may("192.168.7.9") && may("fd00:1::5")
        );
        assert!(
            !may("10.0.255.255") && !may("10.2.0.0") && !may("192.168.7.8") && !may("fd00:2::5") && !may("127.0.0.1")
        );
        // Even who allows everything cannot ask many at once or nobody.
        let all: Vec<Network> = vec!["0.0.0.0/0".parse().unwrap(), "::/0".parse().unwrap()];
        assert!(may_ask("127.0.0.1".parse().unwrap(), &all) && may_ask("fe80::1".parse().unwrap(), &all));
        for never in ["0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "ff02::1", "::ffff:224.0.0.1"] {
            assert!(!may_ask(never.parse().unwrap(), &all), "{never}");
        }
    }

    #[test]
    fn networks_are_written_as_usual() {
        for good in ["10.0.0.0/8", "fd00::/8", "10.0.0.1/32", "0.0.0.0/0"] {
            assert_eq!(good.parse::<Network>().unwrap().to_string(), good);
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "lan"] {
            assert_eq!(bad.parse::<Network>(), Err(NetworkError), "{bad}");
        }
    }
}
