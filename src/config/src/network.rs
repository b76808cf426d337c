//! Networks by address and length: `192.0.2.0/24`, `2001:db8::/32`.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network; one address alone is the network of that host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

/// Why text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANetwork {
    /// No address, or a length that does not fit it.
    #[error("expected an address or a network, \"192.0.2.0/24\"")]
    Unreadable,
    /// The address says more than the network: a slip in one of the two.
    #[error("the network is written \"{0}\"")]
    HostBits(Network),
}

impl Network {
    /// Reads a network.
    pub fn parse(text: &str) -> Result<Self, NotANetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().map_err(|_| NotANetwork::Unreadable)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => width,
            Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok().filter(|length| *length <= width).ok_or(NotANetwork::Unreadable)?
            }
            Some(_) => return Err(NotANetwork::Unreadable),
        };
        let network = Network { address: masked(address, length), length };
        if network.address == address { Ok(network) } else { Err(NotANetwork::HostBits(network)) }
    }

    /// Is the address in it? An IPv4 address that came over an IPv6 socket (RFC 4291 §2.5.5.2) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.length) == self.address
    }
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)).into()),
        IpAddr::V6(v6) => {
            IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)).into())
        }
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        Network::parse(text)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_host = self.length == if self.address.is_ipv4() { 32 } else { 128 };
        if is_host { write!(f, "{}", self.address) } else { write!(f, "{}/{}", self.address, self.length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_own_addresses() {
        let cases = [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.0/24", "::ffff:192.0.2.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("::/0", "::1", true),
        ];
        for (network, address, expected) in cases {
            let read = Network::parse(network).unwrap();
            assert_eq!(read.contains(address.parse().unwrap()), expected, "{network} {address}");
            assert_eq!(read.to_string(), network);
        }
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        for text in ["", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/+8", "192.0.2/24", "::/129", "host/8", "1.2.3.4/8/8"]
        {
            assert_eq!(Network::parse(text), Err(NotANetwork::Unreadable), "{text}");
        }
        let right = Network::parse("192.0.2.0/24").unwrap();
        assert_eq!(Network::parse("192.0.2.1/24"), Err(NotANetwork::HostBits(right)));
    }
}
