//! DHCP packets (RFC 2131 §2, options RFC 2132): octets to values and back.
//!
//! Only Ethernet clients (hardware type 1, six octets) are read. **Invariant:** any octets give a packet or an error,
//! and what is taken prints to what reads the same.

use std::net::Ipv4Addr;

use crate::block::Mac;

/// Longest datagram looked at, octets: what an Ethernet frame carries.
pub const DATAGRAM_MAX: usize = 1_500;
/// Different options in a packet at most.
const OPTIONS_MAX: usize = 128;
/// RFC 1542 §2.1: shorter ones are not taken by every client.
const PADDED: usize = 300;
/// The fixed part with the cookie.
const HEAD: usize = 240;
/// RFC 2131 §3.
const COOKIE: [u8; 4] = [99, 130, 83, 99];

/// Option codes (RFC 2132 unless said).
pub mod code {
    #![allow(missing_docs)] // each is its RFC's name
    pub const SUBNET_MASK: u8 = 1;
    pub const TIME_OFFSET: u8 = 2;
    pub const ROUTER: u8 = 3;
    pub const DNS: u8 = 6;
    pub const NTP: u8 = 42;
    pub const VENDOR: u8 = 43;
    pub const REQUESTED_ADDRESS: u8 = 50;
    pub const LEASE_TIME: u8 = 51;
    pub const OVERLOAD: u8 = 52;
    pub const MESSAGE_TYPE: u8 = 53;
    pub const SERVER: u8 = 54;
    pub const PARAMETERS: u8 = 55;
    pub const MESSAGE: u8 = 56;
    pub const SIZE_MAX: u8 = 57;
    pub const RENEWAL_TIME: u8 = 58;
    pub const REBINDING_TIME: u8 = 59;
    pub const VENDOR_CLASS: u8 = 60;
    pub const TFTP_SERVER: u8 = 66;
    pub const BOOT_FILE: u8 = 67;
    pub const POSIX_ZONE: u8 = 100; // RFC 4833 §2
    pub const ZONE_NAME: u8 = 101; // RFC 4833 §3
    pub const DEFAULT_URL: u8 = 114; // RFC 3679 §3.2.3 names the use; RFC 8910 took the number over for portals
    pub const TFTP_ADDRESSES: u8 = 150; // RFC 5859
    pub const POLYCOM_URL: u8 = 160;
}

/// What a packet is for (RFC 2132 §9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the RFC's names
pub enum Kind {
    Discover = 1,
    Offer = 2,
    Request = 3,
    Decline = 4,
    Ack = 5,
    Nak = 6,
    Release = 7,
    Inform = 8,
}

/// Who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A client.
    Request = 1,
    /// A server.
    Reply = 2,
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Who sent it.
    pub op: Op,
    /// The client's number for this exchange.
    pub xid: u32,
    /// Since the client began, seconds.
    pub secs: u16,
    /// The client cannot take unicast yet.
    pub broadcast: bool,
    /// `ciaddr`: the address that the client uses.
    pub client: Ipv4Addr,
    /// `yiaddr`: the address that it is given.
    pub yours: Ipv4Addr,
    /// `siaddr`: where the next step of the start is served.
    pub next_server: Ipv4Addr,
    /// `giaddr`: the relay that passed it on.
    pub relay: Ipv4Addr,
    /// `chaddr`.
    pub mac: Mac,
    /// Each code once, in their order; values of up to 65,535 octets (RFC 3396).
    pub options: Vec<(u8, Vec<u8>)>,
}

/// Why octets are no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than its fixed part, or longer than a frame.
    #[error("not of a packet's length")]
    Length,
    /// Not DHCP, or not over Ethernet.
    #[error("not a DHCP packet of an Ethernet client")]
    Foreign,
    /// An option ends behind its field.
    #[error("an option is cut off")]
    CutOff,
    /// More options than anybody needs.
    #[error("too many options")]
    TooMany,
}

impl Packet {
    /// Reads a datagram.
    pub fn parse(octets: &[u8]) -> Result<Packet, Malformed> {
        if octets.len() < HEAD || octets.len() > DATAGRAM_MAX {
            return Err(Malformed::Length);
        }
        let op = match octets[0] {
            1 => Op::Request,
            2 => Op::Reply,
            _ => return Err(Malformed::Foreign),
        };
        if octets[1..3] != [1, 6] || octets[236..240] != COOKIE {
            return Err(Malformed::Foreign);
        }
        let address = |at: usize| Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
        let mut mac = [0; 6];
        mac.copy_from_slice(&octets[28..34]);
        let mut options = Vec::new();
        read_options(&octets[HEAD..], &mut options)?;
        // RFC 2131 §4.1: the two name fields may hold further options, `file` first.
        let overload = options.iter().find(|o| o.0 == code::OVERLOAD).and_then(|o| o.1.first().copied()).unwrap_or(0);
        if overload & 1 != 0 {
            read_options(&octets[108..236], &mut options)?;
        }
        if overload & 2 != 0 {
            read_options(&octets[44..108], &mut options)?;
        }
        options.retain(|o| o.0 != code::OVERLOAD);
        Ok(Packet {
            op,
            xid: u32::from_be_bytes([octets[4], octets[5], octets[6], octets[7]]),
            secs: u16::from_be_bytes([octets[8], octets[9]]),
            broadcast: octets[10] & 0x80 != 0,
            client: address(12),
            yours: address(16),
            next_server: address(20),
            relay: address(24),
            mac: Mac(mac),
            options,
        })
    }

    /// Writes it into at most `max` octets (never below 300, which every client takes): options that do not fit are
    /// left out, so the dispensable ones stand last.
    pub fn to_bytes(&self, max: usize) -> Vec<u8> {
        let max = max.clamp(PADDED, DATAGRAM_MAX);
        let mut out = vec![0; HEAD];
        out[..4].copy_from_slice(&[self.op as u8, 1, 6, 0]);
        out[4..8].copy_from_slice(&self.xid.to_be_bytes());
        out[8..10].copy_from_slice(&self.secs.to_be_bytes());
        out[10] = if self.broadcast { 0x80 } else { 0 };
        for (at, address) in [(12, self.client), (16, self.yours), (20, self.next_server), (24, self.relay)] {
            out[at..at + 4].copy_from_slice(&address.octets());
        }
        out[28..34].copy_from_slice(&self.mac.0);
        out[236..HEAD].copy_from_slice(&COOKIE);
        for (code, value) in &self.options {
            let parts = value.len().div_ceil(255).max(1);
            if out.len() + value.len() + 2 * parts + 1 > max {
                continue;
            }
            // RFC 3396 §5: a long value in pieces, one behind the other.
            let mut rest = value.as_slice();
            for _ in 0..parts {
                let (piece, behind) = rest.split_at(rest.len().min(255));
                out.extend([*code, u8::try_from(piece.len()).unwrap_or(u8::MAX)]);
                out.extend_from_slice(piece);
                rest = behind;
            }
        }
        out.push(255);
        out.resize(out.len().max(PADDED), 0);
        out
    }

    /// The value of an option.
    pub fn option(&self, code: u8) -> Option<&[u8]> {
        self.options.iter().find(|option| option.0 == code).map(|option| option.1.as_slice())
    }

    /// The value of an option that is one address.
    pub fn address(&self, code: u8) -> Option<Ipv4Addr> {
        <[u8; 4]>::try_from(self.option(code)?).ok().map(Ipv4Addr::from)
    }

    /// What it is for.
    pub fn kind(&self) -> Option<Kind> {
        match self.option(code::MESSAGE_TYPE)? {
            [1] => Some(Kind::Discover),
            [2] => Some(Kind::Offer),
            [3] => Some(Kind::Request),
            [4] => Some(Kind::Decline),
            [5] => Some(Kind::Ack),
            [6] => Some(Kind::Nak),
            [7] => Some(Kind::Release),
            [8] => Some(Kind::Inform),
            _ => None,
        }
    }
}

/// Adds the options of a field; the pieces of one option are joined (RFC 3396 §7).
fn read_options(mut field: &[u8], options: &mut Vec<(u8, Vec<u8>)>) -> Result<(), Malformed> {
    while let [code, rest @ ..] = field {
        match *code {
            0 => field = rest,
            255 => break,
            code => {
                let [length, rest @ ..] = rest else { return Err(Malformed::CutOff) };
                let value = rest.get(..usize::from(*length)).ok_or(Malformed::CutOff)?;
                match options.iter().position(|option| option.0 == code) {
                    Some(at) => options[at].1.extend_from_slice(value),
                    None if options.len() >= OPTIONS_MAX => return Err(Malformed::TooMany),
                    None => options.push((code, value.to_vec())),
                }
                field = &rest[value.len()..];
            }
        }
    }
    Ok(())
}
