//! The networks that the box is on, as far as phones' questions are answered there: private IPv4 ones.

use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd};
use std::{fs, io};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};

/// Interfaces looked at; a box has two.
const LINKS_MAX: usize = 32;
/// Name servers taken over from the system.
const SERVERS_MAX: usize = 3;

/// An interface with a private address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its number.
    pub index: u32,
    /// The box's address there.
    pub address: Ipv4Addr,
    /// Bits of its network.
    pub prefix: u8,
}

impl Interface {
    /// Whether an address lies in its network.
    pub fn has(&self, address: Ipv4Addr) -> bool {
        let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
        u32::from(self.address) & mask == u32::from(address) & mask
    }
}

/// The interfaces that are up, have a private address (RFC 1918, RFC 3927) and are not the loopback.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let mut found: Vec<Interface> = Vec::new();
    for one in getifaddrs()? {
        let is_up = one.flags.contains(InterfaceFlags::IFF_UP) && !one.flags.contains(InterfaceFlags::IFF_LOOPBACK);
        let v4 = |address: Option<nix::sys::socket::SockaddrStorage>| Some(address?.as_sockaddr_in()?.ip());
        let (Some(address), Some(mask)) = (v4(one.address), v4(one.netmask)) else { continue };
        if !is_up || !(address.is_private() || address.is_link_local()) || found.len() >= LINKS_MAX {
            continue;
        }
        let Ok(index) = if_nametoindex(one.interface_name.as_str()) else { continue };
        let prefix = u8::try_from(u32::from(mask).leading_ones()).unwrap_or(32);
        found.push(Interface { name: one.interface_name, index, address, prefix });
    }
    Ok(found)
}

/// The router that the box itself uses, if it lies behind this interface.
pub fn router(interface: &Interface) -> Option<Ipv4Addr> {
    router_in(&fs::read_to_string("/proc/self/net/route").ok()?, interface)
}

/// The name servers that the box itself uses and that phones can reach.
pub fn name_servers() -> Vec<Ipv4Addr> {
    name_servers_in(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
}

/// Whether something on this machine serves the time (NTP, UDP port 123).
pub fn serves_time() -> bool {
    fs::read_to_string("/proc/self/net/udp").is_ok_and(|table| {
        // The local address comes second: `00000000:007B`; 127.0.0.1 is of no use to phones.
        let local = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
        table.lines().filter_map(local).any(|at| at.ends_with(":007B") && !at.starts_with("0100007F"))
    })
}

fn router_in(table: &str, interface: &Interface) -> Option<Ipv4Addr> {
    table.lines().skip(1).find_map(|line| {
        let mut fields = line.split_whitespace();
        let (name, target, gateway) = (fields.next()?, fields.next()?, fields.next()?);
        let gateway = u32::from_str_radix(gateway, 16).ok()?;
        // In the order of the machine's octets.
        let gateway = Ipv4Addr::from(gateway.to_ne_bytes());
        (name == interface.name && target == "00000000" && interface.has(gateway)).then_some(gateway)
    })
}

fn name_servers_in(text: &str) -> Vec<Ipv4Addr> {
    let servers = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")?.trim().parse().ok());
    servers.filter(|ip: &Ipv4Addr| !ip.is_loopback() && !ip.is_unspecified()).take(SERVERS_MAX).collect()
}

/// Multicast of a group comes to a socket only if the socket itself joined it, not whenever anybody on the machine did.
pub(crate) fn only_own_groups(socket: &impl AsFd) -> io::Result<()> {
    let no: libc::c_int = 0;
    let length = libc::socklen_t::try_from(size_of_val(&no)).unwrap_or(4);
    // SAFETY: the option takes an int, whose address and length are given; the descriptor is open while borrowed.
    let done = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_MULTICAST_ALL,
            std::ptr::from_ref(&no).cast(),
            length,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_read() {
        let eth = Interface { name: "eth0".into(), index: 2, address: [192, 168, 7, 2].into(), prefix: 24 };
        let gateway = format!("{:08X}", u32::from_ne_bytes([192, 168, 7, 1]));
        let table = format!(
            "Iface Destination Gateway Flags\neth1 00000000 {gateway} 0003\neth0 0007A8C0 00000000 0001\neth0 00000000 {gateway} 0003\n"
        );
        assert_eq!(router_in(&table, &eth), Some([192, 168, 7, 1].into()));
        assert_eq!(router_in("Iface\neth0\n", &eth), None);
        let text = "# comment\nnameserver 127.0.0.53\nnameserver 192.168.7.1\nnameserver ::1\noptions edns0\n";
        assert_eq!(name_servers_in(text), [Ipv4Addr::new(192, 168, 7, 1)]);
        assert!(eth.has([192, 168, 7, 200].into()) && !eth.has([192, 168, 8, 1].into()));
        assert!(interfaces().unwrap().iter().all(|one| !one.address.is_loopback()));
    }
}
