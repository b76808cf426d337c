//! Any datagram at the PnP group: nothing panics and the pair of answers is short.
#![no_main]

use base::{Instant, Random};
use libfuzzer_sys::fuzz_target;
use provision::pnp::{Outcome, Pnp};

fuzz_target!(|datagram: &[u8]| {
    let mut pnp = Pnp::new(&mut Random::from_number(1));
    let from = "192.168.7.30:5060".parse().expect("an address");
    let here = "192.168.7.2:5060".parse().expect("an address");
    let url = || Some("https://192.168.7.2/prov/".to_owned());
    if let Outcome::Answer { datagrams, .. } = pnp.handle(Instant::ZERO, datagram, from, here, true, |_| url()) {
        assert!(datagrams.iter().map(|d| d.len()).sum::<usize>() * 2 <= datagram.len() * 3);
        for datagram in datagrams {
            sip::message::parse(datagram).expect("what we print can be read").expect("and is not blank");
        }
    }
});
