//! Phones, computers and what nobody should send.

use proptest::prelude::*;

use super::*;

const YEALINK: Mac = Mac([0x00, 0x15, 0x65, 0xaa, 0xbb, 0xcc]);
const GIGASET: Mac = Mac([0x7c, 0x2f, 0x80, 0, 0, 1]);
const SNOM: Mac = Mac([0x00, 0x04, 0x13, 0, 0, 1]);
const POLYCOM: Mac = Mac([0x00, 0x04, 0xf2, 0, 0, 1]);
const FANVIL: Mac = Mac([0x0c, 0x38, 0x3e, 0, 0, 1]);
const COMPUTER: Mac = Mac([0x52, 0x54, 0x00, 0, 0, 1]);
const HERE: Ipv4Addr = Ipv4Addr::new(192, 168, 7, 2);

fn ip(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 7, n)
}

fn at(s: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(s)
}

fn server(range: Option<(u8, u8)>) -> Server {
    let link = Link { address: HERE, prefix: 24, router: Some(ip(1)), dns: vec![ip(1)], ntp: Some(HERE) };
    let told = Told { base: "https://192.168.7.2:8443/prov/".to_owned(), time_zone: "Europe/Brussels".to_owned() };
    Server::new(link, told, range.map(|(first, last)| (ip(first), ip(last))))
}

fn ask(kind: Kind, mac: Mac, options: &[(u8, &[u8])]) -> Packet {
    let mut all = vec![(code::MESSAGE_TYPE, vec![kind as u8])];
    all.extend(options.iter().map(|(code, value)| (*code, value.to_vec())));
    let nobody = Ipv4Addr::UNSPECIFIED;
    Packet {
        op: Op::Request,
        xid: 77,
        secs: 0,
        broadcast: false,
        client: nobody,
        yours: nobody,
        next_server: nobody,
        relay: nobody,
        mac,
        options: all,
    }
}

fn answer(server: &mut Server, s: u64, packet: &Packet) -> Option<(Reply, Packet)> {
    let reply = server.handle(at(s), &packet.to_bytes(DATAGRAM_MAX))?;
    let read = Packet::parse(&reply.octets).unwrap();
    assert_eq!((read.op, read.xid, read.mac), (Op::Reply, packet.xid, packet.mac));
    Some((reply, read))
}

#[test]
fn a_phone_gets_its_address_and_where_its_files_are() {
    let mut server = server(Some((100, 110)));
    let (reply, offer) = answer(&mut server, 0, &ask(Kind::Discover, YEALINK, &[])).unwrap();
    assert_eq!((offer.kind(), offer.yours, reply.to), (Some(Kind::Offer), ip(100), Ipv4Addr::BROADCAST));
    assert_eq!(server.take_events(), [], "nothing is given yet");

    let chosen = ip(100).octets();
    let request = ask(
        Kind::Request,
        YEALINK,
        &[
            (code::SERVER, &HERE.octets()),
            (code::REQUESTED_ADDRESS, &chosen),
            (code::PARAMETERS, &[66, 43, 42, 100, 101, 2, 6, 12]),
            (code::SIZE_MAX, &1_500_u16.to_be_bytes()),
            (code::VENDOR_CLASS, &[b'x'; 120]),
        ],
    );
    let (_, ack) = answer(&mut server, 0, &request).unwrap();
    assert_eq!((ack.kind(), ack.yours, ack.next_server), (Some(Kind::Ack), ip(100), HERE));
    assert_eq!(server.take_events(), [LeaseEvent::Given { mac: YEALINK, address: ip(100) }]);
    let text = |code| ack.option(code).map(|v| String::from_utf8_lossy(v).into_owned());
    assert_eq!(text(code::TFTP_SERVER).as_deref(), Some("https://192.168.7.2:8443/prov/"));
    assert_eq!(text(code::VENDOR), text(code::TFTP_SERVER));
    assert_eq!(text(code::POSIX_ZONE).as_deref(), Some("CET-1CEST,M3.5.0,M10.5.0/3"));
    assert_eq!(text(code::ZONE_NAME).as_deref(), Some("Europe/Brussels"));
    assert_eq!(ack.option(code::TIME_OFFSET), Some(&3_600_i32.to_be_bytes()[..]));
    assert_eq!(ack.option(code::SUBNET_MASK), Some(&[255, 255, 255, 0][..]));
    assert_eq!((ack.address(code::ROUTER), ack.address(code::DNS)), (Some(ip(1)), Some(ip(1))));
    assert_eq!((ack.address(code::SERVER), ack.address(code::NTP)), (Some(HERE), Some(HERE)));
    assert_eq!(ack.option(code::LEASE_TIME), Some(&3_600_u32.to_be_bytes()[..]));

    // Renewal goes to the address it has.
    let renewal = Packet { client: ip(100), ..ask(Kind::Request, YEALINK, &[]) };
    let (reply, ack) = answer(&mut server, 1_800, &renewal).unwrap();
    assert_eq!((ack.kind(), reply.to, server.leased(at(1_800))), (Some(Kind::Ack), ip(100), 1));
}

#[test]
fn computers_keep_their_own_server() {
    let mut server = server(Some((100, 110)));
    let ours = HERE.octets();
    for kind in [Kind::Discover, Kind::Request, Kind::Inform] {
        for class in [&b"MSFT 5.0"[..], b"udhcp 1.36.1", b""] {
            let options = [(code::VENDOR_CLASS, class), (code::SERVER, &ours)];
            let asked = Packet { client: ip(50), ..ask(kind, COMPUTER, &options) };
            assert_eq!(answer(&mut server, 0, &asked), None, "{kind:?} {class:?}");
        }
    }
    let by_class = ask(Kind::Discover, COMPUTER, &[(code::VENDOR_CLASS, b"yealink")]);
    assert!(answer(&mut server, 0, &by_class).is_some());
}

#[test]
fn each_maker_finds_its_own_option() {
    let mut server = server(Some((100, 110)));
    let mut told = |mac, listed: &[u8]| {
        let pad = [b'x'; 100]; // as long as real phones' questions are
        let asked = ask(Kind::Discover, mac, &[(code::PARAMETERS, listed), (12, &pad)]);
        answer(&mut server, 0, &asked).unwrap().1
    };
    let text = |packet: &Packet, code| packet.option(code).map(|v| String::from_utf8_lossy(v).into_owned());
    let gigaset = told(GIGASET, &[]);
    assert_eq!(text(&gigaset, 114).unwrap(), "https://192.168.7.2:8443/prov/7c2f80000001.xml");
    assert_eq!(text(&gigaset, 66), None);
    let polycom = told(POLYCOM, &[]);
    assert_eq!(text(&polycom, 160).unwrap(), "https://192.168.7.2:8443/prov/");
    let fanvil = told(FANVIL, &[43]);
    assert_eq!(text(&fanvil, 43).unwrap(), "https://192.168.7.2:8443/prov/0c383e000001.cfg");
    let snom = told(SNOM, &[43]);
    assert_eq!(text(&snom, 66).unwrap(), "https://192.168.7.2:8443");
    assert_eq!(text(&snom, 67).unwrap(), "prov/000413000001.xml");
    assert_eq!(snom.option(43).unwrap()[..2], [66, 24]);
}

#[test]
fn without_a_range_only_those_with_an_address_are_told() {
    let mut server = server(None);
    assert_eq!(answer(&mut server, 0, &ask(Kind::Discover, YEALINK, &[])), None);
    let renewal = Packet { client: ip(50), ..ask(Kind::Request, YEALINK, &[]) };
    assert_eq!(answer(&mut server, 0, &renewal), None);
    let inform = Packet { client: ip(50), ..ask(Kind::Inform, YEALINK, &[]) };
    let (reply, ack) = answer(&mut server, 0, &inform).unwrap();
    assert_eq!((ack.kind(), ack.yours, reply.to), (Some(Kind::Ack), Ipv4Addr::UNSPECIFIED, ip(50)));
    assert_eq!((ack.option(code::LEASE_TIME), ack.option(code::SUBNET_MASK)), (None, None));
    assert!(ack.option(code::TFTP_SERVER).is_some());
    for elsewhere in [Ipv4Addr::new(8, 8, 8, 8), HERE, ip(0), ip(255), Ipv4Addr::UNSPECIFIED] {
        let inform = Packet { client: elsewhere, ..ask(Kind::Inform, YEALINK, &[]) };
        assert_eq!(answer(&mut server, 10, &inform), None, "{elsewhere}");
    }
}

#[test]
fn other_servers_are_respected() {
    let mut server = server(Some((100, 100)));
    let requested = ip(100).octets();
    answer(&mut server, 0, &ask(Kind::Discover, YEALINK, &[])).unwrap();
    // Taken from somebody else: our offer is free again.
    let options = [(code::SERVER, &ip(3).octets()[..]), (code::REQUESTED_ADDRESS, &[192, 168, 7, 60])];
    assert_eq!(answer(&mut server, 0, &ask(Kind::Request, YEALINK, &options)), None);
    let (_, offer) = answer(&mut server, 0, &ask(Kind::Discover, SNOM, &[])).unwrap();
    assert_eq!(offer.yours, ip(100));
    // A phone that comes back with an address we know nothing of.
    let reboot = ask(Kind::Request, POLYCOM, &[(code::REQUESTED_ADDRESS, &[192, 168, 7, 90])]);
    assert_eq!(answer(&mut server, 0, &reboot), None);
    // Another's address is refused to who selects us.
    let options = [(code::SERVER, &HERE.octets()[..]), (code::REQUESTED_ADDRESS, &requested)];
    let (reply, nak) = answer(&mut server, 0, &ask(Kind::Request, FANVIL, &options)).unwrap();
    assert_eq!((nak.kind(), nak.yours, reply.to), (Some(Kind::Nak), Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST));
    // What a relay passed on.
    let relayed = Packet { relay: ip(9), ..ask(Kind::Discover, SNOM, &[]) };
    assert_eq!(answer(&mut server, 0, &relayed), None);
}

#[test]
fn declined_addresses_are_left_out_and_released_ones_come_back() {
    let mut server = server(Some((1, 4)));
    let begin = |server: &mut Server, s, mac| {
        let (_, offer) = answer(server, s, &ask(Kind::Discover, mac, &[]))?;
        let options = [(code::SERVER, &HERE.octets()[..]), (code::REQUESTED_ADDRESS, &offer.yours.octets())];
        answer(server, s, &ask(Kind::Request, mac, &options)).map(|(_, ack)| ack.yours)
    };
    // 1 is the router, 2 the box.
    assert_eq!(begin(&mut server, 0, YEALINK), Some(ip(3)));
    let told = |address: Ipv4Addr| [(code::SERVER, HERE.octets()), (code::REQUESTED_ADDRESS, address.octets())];
    let options = told(ip(3));
    let options: Vec<(u8, &[u8])> = options.iter().map(|(code, value)| (*code, &value[..])).collect();
    assert_eq!(answer(&mut server, 1, &ask(Kind::Decline, YEALINK, &options)), None);
    assert_eq!(begin(&mut server, 20, YEALINK), Some(ip(4)));
    assert_eq!(begin(&mut server, 20, SNOM), None);
    let release = Packet { client: ip(4), ..ask(Kind::Release, YEALINK, &[(code::SERVER, &HERE.octets())]) };
    assert_eq!(answer(&mut server, 21, &release), None);
    assert_eq!(begin(&mut server, 22, SNOM), Some(ip(4)));
}

#[test]
fn a_flood_is_answered_in_measure() {
    let mut server = server(Some((10, 250)));
    let one = (0..100).filter(|_| answer(&mut server, 5, &ask(Kind::Discover, YEALINK, &[])).is_some()).count();
    assert_eq!(one, 8);
    let many = (0..2_000_u16).filter(|n| {
        let [a, b] = n.to_be_bytes();
        answer(&mut server, 60, &ask(Kind::Discover, Mac([0, 0x15, 0x65, 1, a, b]), &[])).is_some()
    });
    assert_eq!(many.count(), 200);
}

#[test]
fn answers_are_not_much_longer_than_questions() {
    let mut server = server(Some((10, 250)));
    let everything: Vec<u8> = (1..=254).collect();
    let mut asked = ask(Kind::Discover, YEALINK, &[(code::SIZE_MAX, &[0xff, 0xff])]);
    for (n, length) in [(1, 0), (2, 100), (3, 254)] {
        asked.mac.0[5] = n;
        asked.options.push((code::PARAMETERS, everything[..length].to_vec()));
        let question = asked.to_bytes(DATAGRAM_MAX);
        let reply = server.handle(at(0), &question).unwrap();
        assert!(reply.octets.len() * 2 <= question.len() * 3, "{} for {}", reply.octets.len(), question.len());
        assert!(Packet::parse(&reply.octets).unwrap().option(code::TFTP_SERVER).is_some());
        asked.options.pop();
    }
}

fn packets() -> impl Strategy<Value = Packet> {
    let value = proptest::collection::vec(any::<u8>(), 0..300);
    let options = proptest::collection::btree_map(1_u8..=254, value, 0..4);
    let numbers = (any::<u32>(), any::<u16>(), any::<bool>(), any::<[u8; 6]>(), any::<[u32; 4]>());
    (any::<bool>(), numbers, options).prop_map(|(reply, (xid, secs, broadcast, mac, a), options)| Packet {
        op: if reply { Op::Reply } else { Op::Request },
        xid,
        secs,
        broadcast,
        client: a[0].into(),
        yours: a[1].into(),
        next_server: a[2].into(),
        relay: a[3].into(),
        mac: Mac(mac),
        options: options.into_iter().filter(|o| o.0 != code::OVERLOAD).collect(),
    })
}

proptest! {
    #[test]
    fn packets_print_and_read_back(packet in packets()) {
        prop_assert_eq!(Packet::parse(&packet.to_bytes(DATAGRAM_MAX)), Ok(packet));
    }

    #[test]
    fn nothing_panics(octets in proptest::collection::vec(any::<u8>(), 0..700), flips in proptest::collection::vec((0_usize..400, any::<u8>()), 0..12)) {
        let mut server = server(Some((100, 110)));
        let _ = server.handle(at(0), &octets);
        let mut real = ask(Kind::Discover, YEALINK, &[(code::PARAMETERS, &[66, 43]), (code::SIZE_MAX, &[1, 2])]).to_bytes(DATAGRAM_MAX);
        real.extend([0; 100]);
        for (place, value) in flips {
            real[place] = value;
        }
        if let Ok(packet) = Packet::parse(&real) {
            prop_assert_eq!(Packet::parse(&packet.to_bytes(DATAGRAM_MAX)), Ok(packet));
        }
        if let Some(reply) = server.handle(at(0), &real) {
            prop_assert!(reply.octets.len() * 2 <= real.len() * 3);
        }
    }

    /// Whatever phones send in whatever order, no address is two phones' at once and none lies outside the range.
    #[test]
    fn no_address_is_given_twice(steps in proptest::collection::vec((0_u8..8, 0_u8..5, 98_u8..104, 0_u64..2_000), 1..80)) {
        let mut server = server(Some((100, 102)));
        let mut held: std::collections::BTreeMap<Mac, (Ipv4Addr, u64)> = Default::default();
        let mut now = 0;
        for (phone, step, wish, later) in steps {
            now += later;
            let mac = Mac([0, 0x15, 0x65, 0, 0, phone]);
            let (kind, with_server, client) = match step {
                0 => (Kind::Discover, false, false),
                1 => (Kind::Request, true, false),
                2 => (Kind::Request, false, true),
                3 => (Kind::Decline, true, false),
                _ => (Kind::Release, true, true),
            };
            let (ours, wished) = (HERE.octets(), ip(wish).octets());
            let mut options = Vec::new();
            if with_server { options.push((code::SERVER, &ours[..])); }
            if !client { options.push((code::REQUESTED_ADDRESS, &wished[..])); }
            let mut packet = ask(kind, mac, &options);
            if client { packet.client = ip(wish); }
            let own = held.get(&mac).map(|(address, _)| *address);
            if matches!(kind, Kind::Decline | Kind::Release) && own == Some(ip(wish)) { held.remove(&mac); }
            let Some((_, answer)) = answer(&mut server, now, &packet) else { continue };
            if answer.kind() == Some(Kind::Ack) {
                prop_assert!((100..=102).contains(&answer.yours.octets()[3]));
                for (other, (address, until)) in &held {
                    prop_assert!(*other == mac || *address != answer.yours || *until <= now, "{other} and {mac}");
                }
                held.insert(mac, (answer.yours, now + LEASE.as_secs()));
            }
        }
    }
}
