use super::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::runtime::Runtime;

/// A hub on its own runtime, and what it reports.
struct World {
    runtime: Runtime,
    hub: StreamHub,
    inbound: mpsc::Receiver<Inbound>,
    tcp: SocketAddr,
}

impl World {
    fn new(options: StreamOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, inbound) = inbound_queue();
        let hub = StreamHub::start(runtime.handle().clone(), options, sender, Wake::new().unwrap());
        let tcp = hub.serve_tcp(bind("127.0.0.1:0".parse().unwrap()).unwrap()).unwrap();
        World { runtime, hub, inbound, tcp }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.tcp).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        stream
    }

    /// The next news; waits a bounded time.
    fn news(&mut self) -> Inbound {
        let next = async { tokio::time::timeout(Duration::from_secs(5), self.inbound.recv()).await };
        self.runtime.block_on(next).expect("no news in time").expect("the hub has ended")
    }

    fn message(&mut self) -> (Flow, Bytes) {
        match self.news() {
            Inbound::Message { flow, raw, .. } => (flow, raw),
            other => panic!("expected a message, got {other:?}"),
        }
    }

    fn closed(&mut self) -> Flow {
        match self.news() {
            Inbound::Closed { flow } => flow,
            other => panic!("expected the end, got {other:?}"),
        }
    }

    fn no_news(&mut self) -> bool {
        self.inbound.try_recv().is_err()
    }
}

fn options() -> StreamOptions {
    StreamOptions::default()
}

fn options_message(call_id: &str) -> String {
    format!(
        "OPTIONS sip:box SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK{call_id}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@x>;tag=1\r\nTo: <sip:box>\r\nCall-ID: {call_id}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

fn answer(cseq: &str) -> Bytes {
    Bytes::from(format!("SIP/2.0 200 OK\r\nCSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"))
}

/// Reads until `end` came or the peer closed.
fn read_until(stream: &mut impl Read, end: &[u8]) -> Vec<u8> {
    let mut got = Vec::new();
    let mut octet = [0];
    while !got.ends_with(end) && stream.read(&mut octet).is_ok_and(|n| n == 1) {
        got.push(octet[0]);
    }
    got
}

/// How long it takes until the other side has closed.
fn time_to_close(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let mut room = [0; 4096];
    loop {
        match stream.read(&mut room) {
            Ok(0) => return start.elapsed(),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return start.elapsed(),
            Err(error) => panic!("not closed: {error}"),
        }
    }
}

#[test]
fn messages_come_whole_whatever_the_pieces() {
    let mut world = World::new(options());
    let mut phone = world.connect();
    let text = options_message("split");
    for octet in text.as_bytes() {
        phone.write_all(&[*octet]).unwrap();
    }
    let (flow, raw) = world.message();
    assert_eq!(raw, text);
    assert_eq!((flow.transport, flow.local, flow.peer), (Transport::Tcp, world.tcp, phone.local_addr().unwrap()));
    assert_ne!(flow.connection, 0);
    // Two and a half at once.
    let (second, third) = (options_message("two"), options_message("three"));
    let (head, tail) = third.split_at(40);
    phone.write_all(format!("{text}{second}{head}").as_bytes()).unwrap();
    assert_eq!(world.message().1, text);
    assert_eq!(world.message().1, second);
    phone.write_all(tail.as_bytes()).unwrap();
    assert_eq!(world.message(), (flow, Bytes::from(third)));
    world.hub.send(&flow, answer("1 OPTIONS"));
    assert_eq!(read_until(&mut phone, b"\r\n\r\n"), answer("1 OPTIONS"));
    drop(phone);
    assert_eq!(world.closed(), flow);
    assert_eq!(world.hub.counts().connections, 0);
}

#[test]
fn a_ping_gets_its_pong() {
    let mut world = World::new(options());
    let mut phone = world.connect();
    phone.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read_until(&mut phone, b"\r\n"), b"\r\n");
    assert!(world.no_news());
    drop(phone);
    // Nobody was told of it, so nobody is told of its end.
    std::thread::sleep(Duration::from_millis(50));
    assert!(world.no_news());
}

#[test]
fn what_cannot_be_framed_closes() {
    let mut world = World::new(options());
    let mut phone = world.connect();
    phone.write_all(options_message("x").replace("Content-Length: 0", "Content-Length: -1").as_bytes()).unwrap();
    let answer = read_until(&mut phone, b"\r\n\r\n");
    assert!(answer.starts_with(b"SIP/2.0 400 "), "{}", String::from_utf8_lossy(&answer));
    assert!(time_to_close(&mut phone) < Duration::from_secs(2));
    assert!(world.no_news());
}

#[test]
fn a_trickling_writer_is_closed_in_time() {
    let world = World::new(StreamOptions { frame_timeout: Duration::from_millis(300), ..options() });
    let mut phone = world.connect();
    let mut pen = phone.try_clone().unwrap();
    std::thread::spawn(move || {
        for octet in options_message("slow").bytes() {
            std::thread::sleep(Duration::from_millis(50));
            if pen.write_all(&[octet]).is_err() {
                return;
            }
        }
    });
    let took = time_to_close(&mut phone);
    assert!(took >= Duration::from_millis(250) && took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_pong_is_no_beginning_of_a_message() {
    let mut world = World::new(StreamOptions { frame_timeout: Duration::from_millis(100), ..options() });
    let mut phone = world.connect();
    phone.write_all(b"\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    phone.write_all(options_message("later").as_bytes()).unwrap();
    assert_eq!(world.message().1, options_message("later"));
}

#[test]
fn quiet_strangers_are_closed_and_registered_phones_are_not() {
    let mut world = World::new(StreamOptions { stranger_idle: Duration::from_millis(300), ..options() });
    let (mut stranger, mut phone) = (world.connect(), world.connect());
    phone.write_all(options_message("reg").as_bytes()).unwrap();
    let (flow, _) = world.message();
    world.hub.send(&flow, answer("2 REGISTER"));
    assert!(time_to_close(&mut stranger) < Duration::from_secs(2));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(world.hub.counts(), StreamCounts { connections: 1, strangers: 0, refused: 0 });
    phone.write_all(options_message("still").as_bytes()).unwrap();
    assert_eq!(world.message().0, flow);
}

#[test]
fn a_crowd_of_idle_connections_from_one_source_leaves_room_for_a_phone() {
    let mut world = World::new(StreamOptions { strangers_per_source_max: 20, ..options() });
    let mut phone = world.connect();
    phone.write_all(options_message("first").as_bytes()).unwrap();
    let (flow, _) = world.message();
    world.hub.send(&flow, answer("1 REGISTER"));
    let crowd: Vec<TcpStream> = (0..300).map(|_| world.connect()).collect();
    let mut late = world.connect();
    let start = Instant::now();
    late.write_all(options_message("late").as_bytes()).unwrap();
    assert_eq!(world.message().0.peer, late.local_addr().unwrap());
    assert!(start.elapsed() < Duration::from_secs(1));
    phone.write_all(options_message("again").as_bytes()).unwrap();
    assert_eq!(world.message().0, flow);
    assert!(world.hub.counts().strangers <= 20);
    drop(crowd);
}

#[test]
fn a_slow_reader_is_cut_at_its_bound() {
    let mut world = World::new(StreamOptions { queued_max: 100_000, ..options() });
    let mut phone = world.connect();
    phone.write_all(options_message("x").as_bytes()).unwrap();
    let (flow, _) = world.message();
    // The kernel's own buffers take some megabytes first.
    for _ in 0..20_000 {
        world.hub.send(&flow, Bytes::from(vec![b'x'; 1_000]));
    }
    assert_eq!(world.closed(), flow);
    assert!(time_to_close(&mut phone) < Duration::from_secs(5));
    world.hub.send(&flow, answer("1 OPTIONS"));
    assert_eq!(world.closed(), flow, "a flow that is gone is reported again to who still sends on it");
}

#[test]
fn connection_0_opens_one_and_shares_it() {
    let mut world = World::new(options());
    let peer = TcpListener::bind("127.0.0.1:0").unwrap();
    let local = "127.0.0.7:0".parse().unwrap();
    let asked = Flow { transport: Transport::Tcp, local, peer: peer.local_addr().unwrap(), connection: 0 };
    world.hub.send(&asked, Bytes::from_static(b"one "));
    world.hub.send(&asked, Bytes::from_static(b"two "));
    let (mut stream, from) = peer.accept().unwrap();
    assert_eq!(from.ip(), local.ip());
    assert_eq!(read_until(&mut stream, b"two "), b"one two ");
    let Inbound::Opened { asked: who, flow } = world.news() else { panic!("not opened") };
    assert_eq!((who, flow.local, flow.peer), (asked, from, asked.peer));
    world.hub.send(&asked, Bytes::from_static(b"three"));
    assert_eq!(read_until(&mut stream, b"three"), b"three");
    assert!(matches!(world.news(), Inbound::Opened { asked: who, flow: same } if who == asked && same == flow));
    stream.write_all(options_message("back").as_bytes()).unwrap();
    assert_eq!(world.message().0, flow);
    drop(stream);
    assert_eq!(world.closed(), flow);
}

#[test]
fn what_cannot_be_opened_is_reported_closed() {
    let mut world = World::new(options());
    let local = "127.0.0.1:0".parse().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(); // closed again at once
    for (transport, peer) in [
        (Transport::Tcp, free),
        (Transport::Tcp, "0.0.0.0:5060".parse().unwrap()),
        (Transport::Tcp, "224.0.1.75:5060".parse().unwrap()),
        (Transport::Tcp, "127.0.0.1:0".parse().unwrap()),
        (Transport::Tls, free),
        (Transport::Ws, free),
    ] {
        let asked = Flow { transport, local, peer, connection: 0 };
        world.hub.send(&asked, answer("1 OPTIONS"));
        assert_eq!(world.closed(), asked);
    }
    assert_eq!(world.hub.counts().connections, 0);
}

#[test]
fn a_queue_that_nobody_empties_slows_senders_and_loses_nothing() {
    let mut world = World::new(options());
    let mut phone = world.connect();
    let total = INBOUND_MAX * 3;
    let writer = std::thread::spawn(move || {
        for n in 0..total {
            phone.write_all(options_message(&n.to_string()).as_bytes()).unwrap();
        }
        phone
    });
    std::thread::sleep(Duration::from_millis(200));
    for n in 0..total {
        assert_eq!(world.message().1, options_message(&n.to_string()));
    }
    drop(writer.join().unwrap());
    world.closed();
}

#[test]
fn shutdown_sends_what_is_in_line() {
    let mut world = World::new(options());
    let mut phone = world.connect();
    phone.write_all(options_message("x").as_bytes()).unwrap();
    let (flow, _) = world.message();
    let mut idle = world.connect();
    for _ in 0..100 {
        world.hub.send(&flow, answer("9 BYE"));
    }
    let start = Instant::now();
    world.hub.shutdown(Duration::from_secs(5));
    assert!(start.elapsed() < Duration::from_secs(2));
    let mut all = Vec::new();
    phone.read_to_end(&mut all).unwrap();
    assert_eq!(all.len(), 100 * answer("9 BYE").len());
    time_to_close(&mut idle);
    assert!(TcpStream::connect(world.tcp).is_err(), "still listening");
}

fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (made.cert.der().clone(), PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap())
}

#[test]
fn tls_both_ways_and_a_stalled_handshake() {
    let (certificate, key) = certificate();
    let server =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.clone()], key).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let client = Arc::new(rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth());
    let mut world = World::new(StreamOptions {
        tls_client: Some(super::TlsClients::of(client)),
        handshake_timeout: Duration::from_millis(300),
        ..options()
    });
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let tls = world.hub.serve_tls(listener, Arc::new(server)).unwrap();
    // The hub calls itself, so both ends are ours.
    let local = "127.0.0.1:0".parse().unwrap();
    let asked = Flow { transport: Transport::Tls, local, peer: tls, connection: 0 };
    world.hub.send(&asked, Bytes::from(options_message("secret")));
    let (mut ours, mut theirs) = (None, None);
    while ours.is_none() || theirs.is_none() {
        match world.news() {
            Inbound::Opened { flow, .. } => ours = Some(flow),
            Inbound::Message { flow, raw, .. } => {
                assert_eq!(raw, options_message("secret"));
                theirs = Some(flow);
            }
            other => panic!("{other:?}"),
        }
    }
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    assert_eq!((ours.local, ours.peer), (theirs.peer, theirs.local));
    world.hub.send(&theirs, Bytes::from(options_message("answer")));
    assert_eq!(world.message(), (ours, Bytes::from(options_message("answer"))));
    world.hub.close(&ours);
    let mut ended = [world.closed(), world.closed()];
    ended.sort();
    let mut both = [ours, theirs];
    both.sort();
    assert_eq!(ended, both);
    // Says nothing, so it is closed when the handshake should be done.
    let mut silent = TcpStream::connect(tls).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(time_to_close(&mut silent) < Duration::from_secs(2));
    // Speaks SIP in the clear: no message, no crash.
    let mut clear = TcpStream::connect(tls).unwrap();
    clear.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    clear.write_all(options_message("clear").as_bytes()).unwrap();
    time_to_close(&mut clear);
    assert!(world.no_news());
}

#[test]
fn only_a_2xx_to_register_or_invite_makes_a_stranger_known() {
    assert!(grants(&answer("314159 REGISTER")));
    assert!(grants(b"SIP/2.0 202 Accepted\r\nVia: x\r\nCSeq:\t7 INVITE \r\n\r\n"));
    assert!(!grants(&answer("1 OPTIONS")));
    assert!(!grants(b"SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\n\r\n"));
    assert!(!grants(b"SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\nCSeq: 1 REGISTER\r\n"));
    assert!(!grants(b"REGISTER sip:x SIP/2.0\r\nCSeq: 1 REGISTER\r\n\r\n"));
}
