//! The firm that all runs take place in: extensions 101–109, ring group 400, echo test `*43`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use config::{Config, Document, Extension, RingGroup};

/// Where the box is.
pub const BOX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);

const REALM: &str = "sim.example";

/// Names for the extensions from 101 on.
const NAMES: [&str; 9] = ["Anna", "Bob", "Clara", "Dora", "Emil", "Frieda", "Gustav", "Hanna", "Ida"];

/// Where the phone of an extension is: `10.0.1.n`, its own address each.
pub fn phone_address(number: &str) -> SocketAddr {
    let last = number.bytes().fold(0_u8, |n, digit| n.wrapping_mul(10).wrapping_add(digit.wrapping_sub(b'0')));
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, last)), 5060)
}

/// The SIP secret of an extension.
pub fn secret_of(number: &str) -> String {
    format!("sim-{number}-secret")
}

/// The configuration that runs begin with.
pub fn company() -> Config {
    let extensions = NAMES.iter().zip(101..).map(|(name, number)| extension(number, name));
    let group = RingGroup {
        number: "400".to_owned(),
        name: "Everybody".to_owned(),
        members: ["101", "102", "103"].map(str::to_owned).into(),
        ring_time_s: Some(15),
    };
    let mut config = (**Document::parse("").expect("an empty document is right").config()).clone();
    config.system.realm = REALM.to_owned();
    config.listen.sip = BOX;
    config.listen.rtp = (20_000, 20_199);
    config.sip.ring_time_s = 25;
    // Short, so that runs of some minutes see refreshes (RFC 4028) and registrations that run out.
    config.sip.session_expires_s = 120;
    config.sip.session_min_s = 90;
    config.sip.expires_min_s = 30;
    config.media.codecs = ["PCMA", "PCMU", "G722"].map(str::to_owned).into();
    config.media.inactivity_s = 30;
    config.extensions = extensions.map(|e| (e.number.clone(), e)).collect();
    config.ring_groups = BTreeMap::from([(group.number.clone(), group)]);
    config
}

fn extension(number: u32, name: &str) -> Extension {
    let number = number.to_string();
    let (ha1_md5, ha1_sha256) = config::secret::ha1(&number, REALM, &secret_of(&number));
    Extension { number, name: name.to_owned(), email: None, ha1_md5, ha1_sha256, enabled: true, ring_time_s: None }
}
