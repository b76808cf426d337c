//! 50 packets a second to each stream from one socket, spread over the 20 ms.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use media::control::Codec;
use media::srtp::SrtpSession;

use crate::phones::{Speech, samples};
use crate::{Case, FIRST, Failure, HERE, Kind, PEER, WARM_UP, number, secure};

/// The streams are served in so many slots of the 20 ms.
const SLOTS: u32 = 20;
const SLOT: Duration = Duration::from_millis(1);
const HEADER: usize = 12;
/// What an onset must reach to count as heard.
const LOUD: u16 = 3_000;
/// Packets between onsets, and how many of them are loud.
const PROBE_EVERY: u32 = 10;
const PROBE_LOUD: u32 = 2;

/// Sends for `seconds` after the warm-up; prints a line when that begins, when it ends, and the figures: sent,
/// received, the delay in milliseconds that half and 99 % of what carries its time stayed below, and slots that began
/// more than a slot late: then the load was held up, and delay and loss tell of that.
pub fn run(case: &Case, seconds: u64) -> Result<(), Failure> {
    let cores = std::thread::available_parallelism()?.get();
    crate::run::pin(cores - 1)?;
    let mut load = Load::new(case)?;
    let first = WARM_UP.as_millis() as u32;
    let last = first + u32::try_from(seconds * 1_000)?;
    println!("begin");
    load.begin = Instant::now();
    for slot in 0..last + 200 {
        if slot == first {
            load.delays_us.clear();
            (load.sent, load.received, load.late) = (0, 0, 0);
            println!("warm");
        }
        if slot == last {
            println!("over");
        }
        if slot < last {
            if load.begin.elapsed() > SLOT * (slot + 1) {
                load.late += 1;
            }
            load.send(slot)?;
        }
        // What is still on its way when the time is over is waited for.
        load.receive_until(load.begin + SLOT * (slot + 1))?;
    }
    let Load { mut delays_us, sent, received, late, .. } = load;
    delays_us.sort_unstable();
    let ms = |part: f64| delays_us.get((delays_us.len() as f64 * part) as usize).map_or(0.0, |us| *us as f64 / 1e3);
    println!("{sent} {received} {} {} {late}", ms(0.5), ms(0.99));
    Ok(())
}

struct Load {
    socket: UdpSocket,
    case: Case,
    begin: Instant,
    speech: [Speech; 2],
    silence: [Speech; 2],
    tone: Speech,
    keys: Vec<SrtpSession>,
    /// When the last onset went out, until it is heard.
    onset: Option<Instant>,
    delays_us: Vec<u64>,
    sent: u64,
    received: u64,
    late: u64,
}

impl Load {
    fn new(case: &Case) -> Result<Load, Failure> {
        let socket = UdpSocket::bind(PEER)?;
        socket.set_nonblocking(true)?;
        // A burst of answers must not be lost here.
        if nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::RcvBufForce, &(16 << 20)).is_err() {
            _ = nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::RcvBuf, &(16 << 20));
        }
        let samples = samples()?;
        let [even, odd] = case.codecs();
        let keys = if case.kind == Kind::Srtp { case.streams() } else { 0 };
        Ok(Load {
            socket,
            case: case.clone(),
            begin: Instant::now(),
            speech: [Speech::new(even, &samples)?, Speech::new(odd, &samples)?],
            silence: [Speech::silence(even)?, Speech::silence(odd)?],
            tone: Speech::tone()?,
            keys: (0..keys).map(|_| SrtpSession::new(&secure(false))).collect(),
            onset: None,
            delays_us: Vec::new(),
            sent: 0,
            received: 0,
            late: 0,
        })
    }

    /// Packets of one stream's time carry when they left: those that come back octet for octet, in the clear.
    fn is_stamped(&self) -> bool {
        matches!(self.case.kind, Kind::Bare | Kind::Forward | Kind::Record)
    }

    fn send(&mut self, slot: u32) -> Result<(), Failure> {
        let codecs = self.case.codecs();
        for n in (0..self.case.streams()).filter(|n| u32::from(*n) % SLOTS == slot % SLOTS) {
            let (seq, side) = (slot / SLOTS, usize::from(n % 2));
            let payload = self.payload(n, seq);
            let mut packet = [0; 512];
            packet[..2].copy_from_slice(&[0x80, number(codecs[side])]);
            packet[2..4].copy_from_slice(&(seq as u16).to_be_bytes());
            let ticks = if codecs[side] == Codec::Opus { 960 } else { 160 };
            packet[4..8].copy_from_slice(&(seq * ticks).to_be_bytes());
            packet[8..12].copy_from_slice(&(u32::from(n) + 1).to_be_bytes());
            let mut len = HEADER + payload.len();
            packet[HEADER..len].copy_from_slice(payload);
            if self.is_stamped() {
                packet[HEADER..HEADER + 8].copy_from_slice(&self.now_us().to_be_bytes());
            }
            if let Some(keys) = self.keys.get_mut(usize::from(n)) {
                len = keys.protect_rtp(&mut packet, len).map_err(|_| "a packet could not be secured")?;
            }
            match self.socket.send_to(&packet[..len], SocketAddr::new(HERE, FIRST + 2 * n)) {
                Ok(_) => self.sent += 1,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e.into()),
            }
            if self.case.kind == Kind::Delay && self.probing(n, seq) == Some(0) {
                self.onset = Some(Instant::now());
            }
        }
        Ok(())
    }

    /// Whose turn it is to be loud, with which packet: streams of all slots one after the other, so that every phase
    /// against the room's ticks is tried.
    fn probing(&self, n: u16, seq: u32) -> Option<u32> {
        let at = seq % PROBE_EVERY;
        (u32::from(n) == seq / PROBE_EVERY % SLOTS && at < PROBE_LOUD).then_some(at)
    }

    fn payload(&self, n: u16, seq: u32) -> &[u8] {
        let side = usize::from(n % 2);
        let (frames, at) = match self.case.kind {
            Kind::Delay if self.probing(n, seq).is_some() => (&self.tone.frames, seq % PROBE_EVERY),
            // Each begins elsewhere.
            _ if n < self.case.talkers() => (&self.speech[side].frames, seq + u32::from(n) * 37),
            _ => (&self.silence[side].frames, seq),
        };
        &frames[at as usize % frames.len()]
    }

    fn receive_until(&mut self, end: Instant) -> Result<(), Failure> {
        let mut buffer = [0; 2_048];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((len, from)) => self.receive(&buffer[..len], from)?,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(());
                    }
                    std::thread::sleep(left.min(Duration::from_micros(100)));
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn receive(&mut self, packet: &[u8], from: SocketAddr) -> Result<(), Failure> {
        self.received += 1;
        if self.is_stamped() && packet.len() == HEADER + 160 {
            let stamp = packet[HEADER..HEADER + 8].try_into().map(u64::from_be_bytes)?;
            self.delays_us.push(self.now_us().saturating_sub(stamp));
        }
        // The last member never sounds, so it hears all others.
        let listener = from.port() == FIRST + 2 * (self.case.count - 1);
        if self.case.kind == Kind::Delay
            && listener
            && let Some(sent) = self.onset
            && let Some(at) = packet[HEADER..].iter().position(|o| audio::codec::ulaw::decode(*o).unsigned_abs() > LOUD)
        {
            // A packet leaves when its sound is over: what lies before the onset in this one was not waited for.
            self.delays_us.push(sent.elapsed().as_micros() as u64 + at as u64 * 125);
            self.onset = None;
        }
        Ok(())
    }

    fn now_us(&self) -> u64 {
        self.begin.elapsed().as_micros() as u64
    }
}
