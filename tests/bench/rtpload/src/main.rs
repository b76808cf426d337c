//! Plays both ends of many calls: a G.711 packet every 20 ms a leg, sent and received in batches.
//!
//!     rtpload --a 127.0.0.2:40000 --b 127.0.0.3:40000 --server 127.0.0.1 --seconds 10 --pid 4711 < ports
//!
//! Each line of the input names the server's RTP ports of one call, caller's leg and called leg. All legs of a side
//! share one socket; the server's port tells them apart. Each payload carries the time at which it was sent, so a
//! server that passes G.711 through shows its delay. Prints one JSON object.

mod batch;

use std::collections::HashMap;
use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use batch::{Batch, PACKET};

/// A stream sends in one of these slots of a millisecond each.
const SLOTS: usize = 20;

/// After the last packet, for those still on their way.
const SETTLE: Duration = Duration::from_millis(300);

struct Options {
    a: SocketAddrV4,
    b: SocketAddrV4,
    server: Ipv4Addr,
    seconds: u64,
    pid: Option<u32>,
    calls: Vec<(u16, u16)>,
}

/// What one side saw.
#[derive(Default)]
struct Seen {
    sent: u64,
    received: u64,
    foreign: u64,
    /// Microseconds on the way.
    delays: Vec<u32>,
    /// The longest silence of any leg, in microseconds.
    gap: u64,
    late_slots: u64,
    slots: u64,
}

fn main() {
    let options = options();
    let begin = Barrier::new(2);
    let epoch = Instant::now();
    let before = options.pid.map(cpu_us);
    let started = Instant::now();
    let (a, b) = thread::scope(|scope| {
        let one = scope.spawn(|| side(&options, options.a, |call| call.0, &begin, epoch));
        let two = scope.spawn(|| side(&options, options.b, |call| call.1, &begin, epoch));
        (one.join().expect("side a"), two.join().expect("side b"))
    });
    let wall = started.elapsed().as_secs_f64();
    let cpu = options.pid.zip(before).map(|(pid, before)| cpu_us(pid).saturating_sub(before));
    report(&options, &a, &b, wall, cpu);
}

fn options() -> Options {
    let mut named: HashMap<String, String> = HashMap::new();
    let mut words = std::env::args().skip(1);
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        named.insert(name.trim_start_matches('-').to_owned(), value);
    }
    let text = |name: &str| named.get(name).unwrap_or_else(|| panic!("--{name} is missing"));
    let calls = std::io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| {
            let mut ports = line.split_whitespace().map(|word| word.parse().expect("a port"));
            Some((ports.next()?, ports.next()?))
        })
        .collect();
    Options {
        a: text("a").parse().expect("--a IP:PORT"),
        b: text("b").parse().expect("--b IP:PORT"),
        server: text("server").parse().expect("--server IP"),
        seconds: text("seconds").parse().expect("--seconds N"),
        pid: named.get("pid").map(|pid| pid.parse().expect("--pid N")),
        calls,
    }
}

/// Sends and receives for one side of all calls.
fn side(
    options: &Options,
    local: SocketAddrV4,
    port_of: impl Fn(&(u16, u16)) -> u16,
    begin: &Barrier,
    epoch: Instant,
) -> Seen {
    let socket = UdpSocket::bind(local).expect("the RTP address");
    batch::grow_buffers(&socket);
    let peers: Vec<SocketAddrV4> =
        options.calls.iter().map(|call| SocketAddrV4::new(options.server, port_of(call))).collect();
    let mut last_heard: HashMap<u16, u64> = peers.iter().map(|peer| (peer.port(), 0)).collect();
    let mut seen = Seen::default();
    let mut batch = Batch::new();
    begin.wait();
    let start = Instant::now();
    let rounds = options.seconds * 50;
    for slot in 0..rounds * SLOTS as u64 {
        let due = start + Duration::from_millis(slot);
        loop {
            let now = Instant::now();
            if now >= due {
                seen.late_slots += u64::from(now - due > Duration::from_millis(2));
                break;
            }
            thread::sleep(due - now);
        }
        seen.slots += 1;
        let round = slot / SLOTS as u64;
        let first = slot as usize % SLOTS;
        for stream in (first..peers.len()).step_by(SLOTS) {
            batch.push(peers[stream], packet(round, stream, epoch));
            if batch.is_full() {
                seen.sent += batch.send(&socket);
            }
        }
        seen.sent += batch.send(&socket);
        receive(&socket, &mut batch, &mut seen, &mut last_heard, epoch);
    }
    let end = Instant::now() + SETTLE;
    while Instant::now() < end {
        receive(&socket, &mut batch, &mut seen, &mut last_heard, epoch);
        thread::sleep(Duration::from_millis(1));
    }
    seen
}

fn packet(round: u64, stream: usize, epoch: Instant) -> [u8; PACKET] {
    let mut packet = [0xd5; PACKET];
    packet[0] = 0x80;
    packet[1] = if round == 0 { 0x80 } else { 0 };
    packet[2..4].copy_from_slice(&(round as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&((round * 160) as u32).to_be_bytes());
    packet[8..12].copy_from_slice(&(0x5357_0000 + stream as u32).to_be_bytes());
    packet[12..20].copy_from_slice(&(epoch.elapsed().as_micros() as u64).to_be_bytes());
    packet
}

fn receive(socket: &UdpSocket, batch: &mut Batch, seen: &mut Seen, last_heard: &mut HashMap<u16, u64>, epoch: Instant) {
    batch.receive(socket, |from, packet| {
        let now = epoch.elapsed().as_micros() as u64;
        let Some(last) = last_heard.get_mut(&from.port()) else {
            seen.foreign += 1;
            return;
        };
        if packet.len() < 20 || packet[1] & 0x7f != 0 {
            return; // RTCP or an event
        }
        seen.received += 1;
        if *last != 0 {
            seen.gap = seen.gap.max(now - *last);
        }
        *last = now;
        let sent = u64::from_be_bytes(packet[12..20].try_into().expect("eight octets"));
        if let Some(delay) = now.checked_sub(sent).filter(|delay| *delay < 10_000_000) {
            seen.delays.push(delay as u32);
        }
    });
}

fn report(options: &Options, a: &Seen, b: &Seen, wall: f64, cpu: Option<u64>) {
    let sent = a.sent + b.sent;
    let received = a.received + b.received;
    let mut delays: Vec<u32> = a.delays.iter().chain(&b.delays).copied().collect();
    delays.sort_unstable();
    let at = |share: f64| delays.get((delays.len() as f64 * share) as usize).copied().unwrap_or(0) as f64 / 1000.0;
    let loss = 100.0 * sent.saturating_sub(received) as f64 / sent.max(1) as f64;
    let (per_packet, percent) = match cpu {
        Some(us) => (us as f64 / received.max(1) as f64, us as f64 / wall / 1e4),
        None => (0.0, 0.0),
    };
    println!(
        "{{\"kind\":\"rtp\",\"calls\":{},\"sent\":{sent},\"received\":{received},\"foreign\":{},\"loss_pct\":{loss:.3},\
         \"lat_ms_p50\":{:.2},\"lat_ms_p99\":{:.2},\"lat_ms_max\":{:.2},\"gap_ms_max\":{:.1},\"late_slots\":{},\"slots\":{},\
         \"cpu_us_per_packet\":{per_packet:.2},\"cpu_pct\":{percent:.1},\"cpu_pct_per_100\":{:.2}}}",
        options.calls.len(),
        a.foreign + b.foreign,
        at(0.5),
        at(0.99),
        at(0.999_999),
        a.gap.max(b.gap) as f64 / 1000.0,
        a.late_slots + b.late_slots,
        a.slots + b.slots,
        percent * 100.0 / options.calls.len().max(1) as f64,
    );
}

/// User and system time of a process so far, in microseconds: scheduler's count where there is one, else clock ticks.
fn cpu_us(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|&at| fields.get(at)?.parse::<u64>().ok()).sum();
    // SAFETY: sysconf only reads a number.
    let hertz = unsafe { libc::sysconf(libc::_SC_CLK_TCK) }.max(1) as u64;
    ticks * 1_000_000 / hertz
}
