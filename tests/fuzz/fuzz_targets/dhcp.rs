//! Any datagram at the DHCP server's port: nothing panics, what is taken reads back the same, no answer is long.
#![no_main]

use std::net::Ipv4Addr;

use base::Instant;
use libfuzzer_sys::fuzz_target;
use provision::dhcp::{DATAGRAM_MAX, Link, Packet, Server, Told};

fuzz_target!(|datagram: &[u8]| {
    if let Ok(packet) = Packet::parse(datagram)
        && packet.options.iter().map(|(_, value)| value.len() + 2 * (value.len() / 255 + 1)).sum::<usize>() < 1_200
    {
        assert_eq!(Packet::parse(&packet.to_bytes(DATAGRAM_MAX)), Ok(packet));
    }
    let address = Ipv4Addr::new(192, 168, 7, 2);
    let link = Link { address, prefix: 24, router: Some(address), dns: vec![address], ntp: None };
    let told = Told { base: "https://192.168.7.2/prov/".into(), time_zone: "Europe/Brussels".into() };
    let range = Some((Ipv4Addr::new(192, 168, 7, 100), Ipv4Addr::new(192, 168, 7, 110)));
    for range in [None, range] {
        let mut server = Server::new(link.clone(), told.clone(), range);
        for second in 0..3 {
            let now = Instant::ZERO + std::time::Duration::from_secs(second);
            if let Some(reply) = server.handle(now, datagram) {
                assert!(reply.octets.len() <= usize::max(300, datagram.len() * 3 / 2));
                Packet::parse(&reply.octets).expect("what we print can be read");
            }
        }
    }
});
