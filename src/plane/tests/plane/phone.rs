//! Scripted phones and a plane to call through.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::StreamId;
use media::control::{Codec, Latch, MediaCommand, MediaEvent, Payload, Remote, Sink, StreamStats};
use media::rtp::Header;
use plane::{Plane, PlaneOptions};

/// No step takes so long unless it never comes.
const BOUND: Duration = Duration::from_secs(20);

/// Ids above belong to no call.
const PROBES: u32 = 1 << 30;

/// A plane on one loopback address.
pub struct World {
    pub plane: Plane,
    ip: IpAddr,
    threads: usize,
    probes: AtomicU32,
    events: Receiver<MediaEvent>,
}

/// A phone's two sockets.
pub struct Phone {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

/// An RTP packet as a phone got it.
#[derive(Debug)]
pub struct Heard {
    pub from: SocketAddr,
    pub marker: bool,
    pub payload_type: u8,
    pub seq: u16,
    pub ssrc: u32,
    pub payload: Vec<u8>,
}

/// 20 ms of audio that carries its number.
pub fn audio(payload_type: u8, ssrc: u32, seq: u16) -> Vec<u8> {
    let mut packet = vec![0x80, payload_type];
    packet.extend(seq.to_be_bytes());
    packet.extend((u32::from(seq) * 160).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([seq as u8; 160]);
    packet
}

/// Two neighbouring ports, the first even, that nobody has.
pub fn free_pair(ip: &str) -> u16 {
    let ip: IpAddr = ip.parse().unwrap();
    loop {
        let port = UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap().port() & !1;
        if UdpSocket::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port + 1)).is_ok() {
            return port;
        }
    }
}

impl World {
    pub fn new(ip: &str, threads: usize) -> World {
        World::quiet_after(ip, threads, Duration::from_secs(30))
    }

    pub fn quiet_after(ip: &str, threads: usize, inactivity: Duration) -> World {
        World::start(ip, PlaneOptions { threads, inactivity, ..PlaneOptions::default() }, |_| {})
    }

    /// `hook` sees each event, on the audio thread, before it is told.
    pub fn telling(ip: &str, hook: impl Fn(&MediaEvent) + Send + Sync + 'static) -> World {
        World::start(ip, PlaneOptions { threads: 1, ..PlaneOptions::default() }, hook)
    }

    pub fn start(ip: &str, options: PlaneOptions, hook: impl Fn(&MediaEvent) + Send + Sync + 'static) -> World {
        let (told, events) = channel();
        let (told, threads) = (Mutex::new(told), options.threads);
        let on_event = move |event| {
            hook(&event);
            _ = told.lock().unwrap().send(event);
        };
        let plane = Plane::start(options, Arc::new(on_event)).unwrap();
        World { plane, ip: ip.parse().unwrap(), threads, probes: AtomicU32::new(0), events }
    }

    pub fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip, port)
    }

    pub fn open(&self, stream: u32, port: u16) -> &World {
        self.plane.send(MediaCommand::Open { stream: StreamId(stream), ip: self.ip, port });
        self
    }

    pub fn remote(&self, stream: u32, phone: &Phone, change: impl FnOnce(&mut Remote)) -> &World {
        let payloads =
            vec![Payload { number: 8, codec: Codec::Pcma }, Payload { number: 101, codec: Codec::TelephoneEvent }];
        let rtcp = phone.rtcp.local_addr().unwrap();
        let mut remote = Remote::clear(phone.addr(), rtcp, Latch::SameAddress, payloads);
        change(&mut remote);
        self.plane.send(MediaCommand::Remote { stream: StreamId(stream), remote });
        self
    }

    pub fn sink(&self, stream: u32, sink: Sink) -> &World {
        self.plane.send(MediaCommand::Sink { stream: StreamId(stream), sink });
        self
    }

    /// Joins two streams and waits until they are.
    pub fn bridge(&self, a: u32, b: u32) -> &World {
        self.sink(a, Sink::Stream(StreamId(b))).sink(b, Sink::Stream(StreamId(a))).settled()
    }

    /// Waits until all commands so far were obeyed: each thread is asked for a stream that cannot be, twice, for the
    /// first answer only tells that a stream has left for another thread.
    pub fn settled(&self) -> &World {
        for probe in 0..2 * self.threads {
            let id = StreamId(PROBES + self.probes.fetch_add(2, Ordering::Relaxed));
            let odd = 1 + 2 * (probe as u16);
            self.plane.send(MediaCommand::Open { stream: id, ip: self.ip, port: odd });
            self.until(|e| matches!(e, MediaEvent::OpenFailed { stream, .. } if *stream == id));
        }
        self
    }

    pub fn next(&self) -> MediaEvent {
        self.events.recv_timeout(BOUND).expect("an event")
    }

    /// The next event that `wanted` accepts; others are passed over.
    pub fn until(&self, wanted: impl Fn(&MediaEvent) -> bool) -> MediaEvent {
        let end = Instant::now() + BOUND;
        while Instant::now() < end {
            let event = self.next();
            if wanted(&event) {
                return event;
            }
        }
        panic!("the event never came");
    }

    pub fn latched(&self) -> BTreeMap<StreamId, SocketAddr> {
        let latched = |e| match e {
            MediaEvent::Latched { stream, peer } => Some((stream, peer)),
            _ => None,
        };
        self.drain().into_iter().filter_map(latched).collect()
    }

    /// What has been told so far.
    pub fn drain(&self) -> Vec<MediaEvent> {
        self.events.try_iter().collect()
    }

    pub fn close(&self, stream: u32) -> StreamStats {
        self.plane.send(MediaCommand::Close { stream: StreamId(stream) });
        match self.until(|e| matches!(e, MediaEvent::Closed { stream: s, .. } if s.0 == stream)) {
            MediaEvent::Closed { stats, .. } => stats,
            other => panic!("{other:?}"),
        }
    }

    pub fn stop(&self) {
        self.plane.stop();
        assert!(self.plane.is_empty());
    }
}

impl Heard {
    fn read(packet: &[u8], from: SocketAddr) -> Heard {
        let header = Header::read(packet).expect("RTP");
        Heard {
            from,
            marker: header.marker,
            payload_type: header.payload_type,
            seq: header.seq.0,
            ssrc: header.ssrc,
            payload: packet[header.payload].to_vec(),
        }
    }
}

impl Phone {
    pub fn new(ip: &str) -> Phone {
        let port = free_pair(ip);
        let ip: IpAddr = ip.parse().unwrap();
        let open = |port| {
            let socket = UdpSocket::bind((ip, port)).unwrap();
            socket.set_read_timeout(Some(BOUND)).unwrap();
            socket
        };
        Phone { rtp: open(port), rtcp: open(port + 1) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.rtp.local_addr().unwrap()
    }

    pub fn send(&self, to: SocketAddr, packet: &[u8]) {
        // A closed port answers by ICMP, which a later send may report.
        let _ = self.rtp.send_to(packet, to);
    }

    pub fn hear(&self) -> Heard {
        let mut buffer = [0; 2_048];
        let (len, from) = self.rtp.recv_from(&mut buffer).expect("audio");
        Heard::read(&buffer[..len], from)
    }

    /// The next datagram, whatever it is.
    pub fn hear_raw(&self) -> Vec<u8> {
        let mut buffer = [0; 2_048];
        let (len, _) = self.rtp.recv_from(&mut buffer).expect("audio");
        buffer[..len].to_vec()
    }

    /// The next packet if one comes before then.
    pub fn hear_before(&self, end: Instant) -> Option<Heard> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        self.rtp.set_read_timeout(Some(left)).unwrap();
        let mut buffer = [0; 2_048];
        let heard = self.rtp.recv_from(&mut buffer).ok();
        self.rtp.set_read_timeout(Some(BOUND)).unwrap();
        let (len, from) = heard?;
        Some(Heard::read(&buffer[..len], from))
    }

    pub fn hear_rtcp(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = [0; 2_048];
        let (len, from) = self.rtcp.recv_from(&mut buffer).expect("RTCP");
        (buffer[..len].to_vec(), from)
    }

    /// Nothing has come, neither here nor there.
    pub fn heard_nothing(&self) {
        for socket in [&self.rtp, &self.rtcp] {
            socket.set_nonblocking(true).unwrap();
            let heard = socket.recv_from(&mut [0; 2_048]);
            assert_eq!(heard.map_err(|e| e.kind()).unwrap_err(), std::io::ErrorKind::WouldBlock);
            socket.set_nonblocking(false).unwrap();
        }
    }
}
