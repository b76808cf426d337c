//! A DHCP server (RFC 2131) for phones alone: computers on the same network keep their own.
//!
//! Owns packets, leases and what phones are told. Refuses to know interfaces and sockets: a [`Link`] says what the
//! network looks like, and the caller sends what comes out.
//!
//! Two ways of working. With a range it gives addresses of it, and the phone's options. Without one another server
//! gives addresses, and phones only learn the options from us when they ask by DHCPINFORM: an offer without an address
//! (proxyDHCP) is something that phones take for a broken server.
//!
//! **Invariants:** who is not known as a phone gets no answer; one datagram comes out for one that goes in, no longer
//! than one and a half times the question or the 300 octets that every client expects; packets that a relay passed on
//! are not answered, for leases are of this link.

mod lease;
mod options;
mod packet;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use base::{Duration, Instant};

use crate::block::{Brand, Mac};
use crate::pace::Pace;
use lease::Leases;
pub use lease::{LEASE, LeaseEvent, RANGE_MAX};
pub use packet::{DATAGRAM_MAX, Kind, Malformed, Op, Packet, code};

/// Answers at once and the time for one more, in all.
const ALL: (u32, Duration) = (200, Duration::from_millis(20));
/// The same for one device: it asks twice at a start, and again after 4, 8 and 16 seconds (RFC 2131 §4.1).
const EACH: (u32, Duration) = (8, Duration::from_secs(2));

/// The network that the server is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The box's address there.
    pub address: Ipv4Addr,
    /// Bits of the network, 8 to 30.
    pub prefix: u8,
    /// The way out, as the box has it.
    pub router: Option<Ipv4Addr>,
    /// Name servers, as the box has them.
    pub dns: Vec<Ipv4Addr>,
    /// Who tells the time.
    pub ntp: Option<Ipv4Addr>,
}

/// What phones are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where phones' files are served, ending in `/`; no token in it, for everybody on the network can read it.
    pub base: String,
    /// IANA name of the time zone.
    pub time_zone: String,
}

/// The server of one link.
#[derive(Clone, Debug)]
pub struct Server {
    link: Link,
    told: Told,
    /// Absent: another server gives the addresses.
    leases: Option<Leases>,
    pace: Pace,
}

/// A datagram to be sent from port 67.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Where to, port 68; 255.255.255.255 for a phone that has no address yet.
    pub to: Ipv4Addr,
    /// What.
    pub octets: Vec<u8>,
    /// Whose question it answers.
    pub mac: Mac,
    /// What it says.
    pub kind: Kind,
    /// The address given or confirmed.
    pub address: Option<Ipv4Addr>,
}

impl Link {
    /// Whether an address is one of this network's devices.
    pub fn has(&self, address: Ipv4Addr) -> bool {
        let (own, other) = (u32::from(self.address) & self.mask(), u32::from(address) & self.mask());
        let host = u32::from(address) & !self.mask();
        own == other && host != 0 && host != !self.mask()
    }

    fn mask(&self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix.clamp(8, 30))).unwrap_or(u32::MAX)
    }
}

impl Server {
    /// A server for this link. `range` is used as far as it lies within the link; where it does not at all, and where
    /// it is absent, no addresses are given.
    pub fn new(link: Link, told: Told, range: Option<(Ipv4Addr, Ipv4Addr)>) -> Self {
        let lowest = (u32::from(link.address) & link.mask()) + 1;
        let highest = (u32::from(link.address) | !link.mask()) - 1;
        let leases = range.and_then(|(first, last)| {
            let (first, last) = (u32::from(first).max(lowest), u32::from(last).min(highest));
            let taken = [Some(link.address), link.router, link.ntp].into_iter().flatten();
            let taken = taken.chain(link.dns.iter().copied()).collect();
            (first <= last).then(|| Leases::new(first.into(), last.into(), taken))
        });
        Server { link, told, leases, pace: Pace::new(ALL, EACH) }
    }

    /// Whether it gives addresses.
    pub fn gives_addresses(&self) -> bool {
        self.leases.is_some()
    }

    /// What was kept of the last run; before the first question.
    pub fn restore(&mut self, now: Instant, mac: Mac, address: Ipv4Addr) {
        if let Some(leases) = &mut self.leases {
            leases.restore(now, mac, address);
        }
    }

    /// What has changed since this was last asked. Keep it before the reply goes out; where that fails send nothing
    /// and call [`Server::undo`].
    pub fn take_events(&mut self) -> Vec<LeaseEvent> {
        self.leases.as_mut().map(Leases::take_events).unwrap_or_default()
    }

    /// The lease could not be kept: it was not given.
    pub fn undo(&mut self, now: Instant, mac: Mac) {
        if let Some(leases) = &mut self.leases {
            leases.undo(now, mac);
        }
    }

    /// Phones with an address of ours now.
    pub fn leased(&self, now: Instant) -> usize {
        self.leases.as_ref().map_or(0, |leases| leases.len(now))
    }

    /// A datagram that came to port 67, and what is answered.
    pub fn handle(&mut self, now: Instant, datagram: &[u8]) -> Option<Reply> {
        let asked = Packet::parse(datagram).ok()?;
        if asked.op != Op::Request || !asked.relay.is_unspecified() || !asked.mac.is_single() {
            return None;
        }
        let brand = phone(&asked)?;
        let kind = asked.kind()?;
        if !self.pace.allows(now, asked.mac) {
            return None;
        }
        let (mac, here) = (asked.mac, self.link.address);
        // Of a server's answer to somebody else nothing concerns us, but that our offer was not taken.
        let server = asked.address(code::SERVER);
        let (kind, address) = match kind {
            Kind::Inform => {
                // RFC 2131 §4.3.5: to the address that it has, which must be one that can be ours to answer.
                let is_here = self.link.has(asked.client) && asked.client != here;
                return is_here.then(|| self.reply(&asked, datagram.len(), brand, Kind::Ack, None));
            }
            Kind::Discover => {
                let wished = asked.address(code::REQUESTED_ADDRESS);
                (Kind::Offer, self.leases.as_mut()?.offer(now, mac, wished)?)
            }
            Kind::Request => self.request(now, &asked, server)?,
            Kind::Decline => {
                let address = asked.address(code::REQUESTED_ADDRESS).filter(|_| server == Some(here))?;
                self.leases.as_mut()?.decline(now, mac, address);
                tracing::warn!(%mac, %address, "another device uses an address of the phones' range");
                return None;
            }
            Kind::Release => {
                if server == Some(here) {
                    self.leases.as_mut()?.release(now, mac, Some(asked.client));
                }
                return None;
            }
            Kind::Offer | Kind::Ack | Kind::Nak => return None,
        };
        Some(self.reply(&asked, datagram.len(), brand, kind, Some(address)))
    }

    /// The three kinds of DHCPREQUEST (RFC 2131 §4.3.2).
    fn request(&mut self, now: Instant, asked: &Packet, server: Option<Ipv4Addr>) -> Option<(Kind, Ipv4Addr)> {
        let (mac, here) = (asked.mac, self.link.address);
        let leases = self.leases.as_mut()?;
        let requested = asked.address(code::REQUESTED_ADDRESS);
        let (address, is_certain) = match (server, requested) {
            // SELECTING: ours, or another server's.
            (Some(server), Some(address)) if server == here => (address, true),
            (Some(server), _) if server != here => {
                leases.release(now, mac, None);
                return None;
            }
            // INIT-REBOOT: silent about phones that we know nothing of.
            (None, Some(address)) => (address, leases.lease_of(now, mac).is_some_and(|own| own != address)),
            // RENEWING, REBINDING.
            _ if !asked.client.is_unspecified() => (asked.client, leases.lease_of(now, mac).is_some()),
            _ => return None,
        };
        if leases.confirm(now, mac, address) {
            return Some((Kind::Ack, address));
        }
        is_certain.then_some((Kind::Nak, address))
    }

    fn reply(&self, asked: &Packet, length: usize, brand: Brand, kind: Kind, address: Option<Ipv4Addr>) -> Reply {
        let here = self.link.address;
        let is_nak = kind == Kind::Nak;
        let packet = Packet {
            op: Op::Reply,
            xid: asked.xid,
            secs: 0,
            broadcast: asked.broadcast || is_nak,
            client: if kind == Kind::Ack { asked.client } else { Ipv4Addr::UNSPECIFIED },
            yours: address.filter(|_| !is_nak).unwrap_or(Ipv4Addr::UNSPECIFIED),
            next_server: if is_nak { Ipv4Addr::UNSPECIFIED } else { here },
            relay: Ipv4Addr::UNSPECIFIED,
            mac: asked.mac,
            options: options::told(&self.link, &self.told, asked, brand, kind, address.is_some()),
        };
        // RFC 2131 §4.1. To a phone that has no address yet a unicast would need its entry in the ARP table.
        let has_address = !asked.client.is_unspecified() && !is_nak && self.link.has(asked.client);
        let to = if has_address { asked.client } else { Ipv4Addr::BROADCAST };
        // RFC 2132 §9.10 counts the headers of IP and UDP; without a wish RFC 2131 §2 has 576.
        let wish =
            asked.option(code::SIZE_MAX).and_then(|v| <[u8; 2]>::try_from(v).ok()).map_or(576, u16::from_be_bytes);
        let max = usize::from(wish.max(576) - 28).min(length + length / 2);
        Reply { to, octets: packet.to_bytes(max), mac: asked.mac, kind, address }
    }
}

/// Whose phone asks; nothing for everything else.
fn phone(asked: &Packet) -> Option<Brand> {
    Brand::of_mac(asked.mac).or_else(|| Brand::of_class(asked.option(code::VENDOR_CLASS)?))
}
