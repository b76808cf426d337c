use super::*;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn port(at: &str) -> UdpPort {
    UdpPort::bind(addr(at)).unwrap()
}

fn flow(local: SocketAddr, peer: SocketAddr) -> Flow {
    Flow { transport: Transport::Udp, local, peer, connection: 0 }
}

/// Waits (bounded) until `count` datagrams came.
fn collect(port: &mut UdpPort, count: usize) -> Vec<(Flow, Bytes)> {
    let mut out = Vec::new();
    while out.len() < count {
        let mut fds = [PollFd::new(port.as_fd(), PollFlags::POLLIN)];
        assert_eq!(poll(&mut fds, PollTimeout::from(2_000u16)).unwrap(), 1, "only {} of {count} came", out.len());
        port.receive_batch(&mut out, 10_000).unwrap();
    }
    out
}

#[test]
fn a_busy_port_is_named() {
    let first = port("127.0.0.1:0");
    let error = UdpPort::bind(first.local_addr()).unwrap_err();
    assert!(matches!(error, NetError::Busy { .. }));
    assert_eq!(error.to_string(), format!("UDP {} is already in use by another program", first.local_addr()));
    let error = UdpPort::bind(addr("192.0.2.1:0")).unwrap_err();
    assert!(matches!(error, NetError::NoSuchAddress { .. }), "{error}");
}

#[test]
fn batches_go_and_come_whole_and_in_order() {
    let (mut a, mut b) = (port("127.0.0.1:0"), port("127.0.0.1:0"));
    let to = flow(a.local_addr(), b.local_addr());
    for n in 0..100u32 {
        a.queue(&to, Bytes::from(n.to_be_bytes().to_vec()));
    }
    a.queue(&to, Bytes::new());
    a.queue(&to, Bytes::from(vec![7; 60_000]));
    assert_eq!(a.flush().unwrap(), 102);
    assert!(!a.pending());
    let got = collect(&mut b, 102);
    assert_eq!(got.len(), 102);
    for (n, (from, octets)) in got.iter().take(100).enumerate() {
        assert_eq!(*from, flow(b.local_addr(), a.local_addr()));
        assert_eq!(octets[..], (n as u32).to_be_bytes());
    }
    assert!(got[100].1.is_empty());
    assert_eq!(got[101].1.len(), 60_000);
    assert_eq!(b.receive_batch(&mut Vec::new(), 10).unwrap(), 0);
    assert_eq!((a.counters().sent, b.counters().received), (102, 102));
}

#[test]
fn at_most_max_are_taken() {
    let (mut a, mut b) = (port("127.0.0.1:0"), port("127.0.0.1:0"));
    let to = flow(a.local_addr(), b.local_addr());
    (0..40).for_each(|_| a.queue(&to, Bytes::from_static(b"x")));
    a.flush().unwrap();
    let mut out = Vec::new();
    assert_eq!(b.receive_batch(&mut out, 35).unwrap(), 35);
    assert_eq!(b.receive_batch(&mut out, 35).unwrap(), 5);
}

#[test]
fn a_wildcard_port_answers_from_the_address_that_was_asked() {
    let mut server = port("0.0.0.0:0");
    let mut phone = port("127.0.0.1:0");
    for asked in ["127.0.0.5", "127.0.0.1", "127.0.0.9"] {
        let asked = SocketAddr::new(asked.parse().unwrap(), server.local_addr().port());
        phone.queue(&flow(phone.local_addr(), asked), Bytes::from_static(b"OPTIONS"));
        phone.flush().unwrap();
        let got = collect(&mut server, 1);
        assert_eq!(got[0].0, flow(asked, phone.local_addr()));
        server.queue(&got[0].0, Bytes::from_static(b"200"));
        server.flush().unwrap();
        let answer = collect(&mut phone, 1);
        assert_eq!(answer[0].0.peer, asked, "answered from another address");
    }
}

#[test]
fn one_batch_leaves_from_several_addresses() {
    let mut server = port("0.0.0.0:0");
    let mut phone = port("127.0.0.1:0");
    let number = server.local_addr().port();
    for n in 1..=40u8 {
        let from = SocketAddr::new(Ipv4Addr::new(127, 0, 0, n).into(), number);
        server.queue(&flow(from, phone.local_addr()), Bytes::from(vec![n]));
    }
    server.flush().unwrap();
    for (from, octets) in collect(&mut phone, 40) {
        assert_eq!(from.peer.ip(), IpAddr::from([127, 0, 0, octets[0]]));
    }
}

#[test]
fn a_dual_stack_port_serves_both_protocols() {
    let Ok(mut server) = UdpPort::bind(addr("[::]:0")) else { return }; // a kernel without IPv6
    let number = server.local_addr().port();
    for (at, asked) in [("127.0.0.1:0", "127.0.0.3"), ("[::1]:0", "::1")] {
        let Ok(mut phone) = UdpPort::bind(addr(at)) else { continue };
        let asked = SocketAddr::new(asked.parse().unwrap(), number);
        phone.queue(&flow(phone.local_addr(), asked), Bytes::from_static(b"x"));
        phone.flush().unwrap();
        let got = collect(&mut server, 1);
        assert_eq!(got[0].0, flow(asked, phone.local_addr()));
        server.queue(&got[0].0, Bytes::from_static(b"y"));
        server.flush().unwrap();
        assert_eq!(collect(&mut phone, 1)[0].0.peer, asked);
    }
}

#[test]
fn a_refused_datagram_is_reported_and_the_rest_go() {
    let (mut a, mut b) = (port("127.0.0.1:0"), port("127.0.0.1:0"));
    let good = flow(a.local_addr(), b.local_addr());
    // Longer than UDP can carry; to an address that needs the broadcast permission; by the wrong protocol.
    let broadcast = flow(a.local_addr(), addr("255.255.255.255:5060"));
    let wrong = flow(a.local_addr(), addr("[::1]:5060"));
    a.queue(&good, Bytes::from_static(b"1"));
    a.queue(&good, Bytes::from(vec![0; 70_000]));
    a.queue(&broadcast, Bytes::from_static(b"2"));
    a.queue(&wrong, Bytes::from_static(b"3"));
    a.queue(&good, Bytes::from_static(b"4"));
    assert_eq!(a.flush().unwrap(), 2);
    assert_eq!(a.take_failed(), [good, broadcast, wrong]);
    assert!(a.take_failed().is_empty());
    assert_eq!(a.counters().refused, 3);
    let got: Vec<_> = collect(&mut b, 2).into_iter().map(|(_, octets)| octets).collect();
    assert_eq!(got, ["1", "4"]);
}

#[test]
fn an_unreachable_peer_does_not_stop_the_port() {
    let mut a = port("127.0.0.1:0");
    let gone = port("127.0.0.1:0").local_addr(); // bound and closed again: ICMP port unreachable
    let (here, mut b) = (a.local_addr(), port("127.0.0.1:0"));
    for _ in 0..10 {
        a.queue(&flow(here, gone), Bytes::from_static(b"anybody?"));
        a.flush().unwrap();
    }
    b.queue(&flow(b.local_addr(), here), Bytes::from_static(b"still here"));
    b.flush().unwrap();
    assert_eq!(collect(&mut a, 1)[0].1, "still here");
}

#[test]
fn a_full_queue_drops_the_oldest() {
    let mut a = port("127.0.0.1:0");
    let to = flow(a.local_addr(), a.local_addr());
    for n in 0..=QUEUED_MAX as u32 {
        a.queue(&to, Bytes::from(n.to_be_bytes().to_vec()));
    }
    assert_eq!(a.counters().overflowed, 1);
    assert_eq!(a.queue.len(), QUEUED_MAX);
    assert_eq!(a.queue[0].1[..], 1u32.to_be_bytes());
}

#[test]
fn our_address_towards_a_peer() {
    assert_eq!(local_address_for(addr("127.0.0.1:5060")), Some(IpAddr::from([127, 0, 0, 1])));
    assert!(local_address_for(addr("127.3.2.1:9")).is_some_and(|ip| ip.is_loopback()));
}
