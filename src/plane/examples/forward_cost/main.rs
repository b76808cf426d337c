//! What a forwarded voice packet costs: the plane beside a bare forwarder that does nothing but receive and send.
//!
//! `forward_cost [STREAMS [SECONDS [ROUNDS]]]`, by default 1000 streams, 3 seconds and 3 rounds. Each round runs the
//! bare forwarder, then the plane, under the same load from a process of its own: 50 packets a second to each stream,
//! spread over the 20 ms. Printed are the medians over the rounds of the CPU time (user and system) for one packet, of
//! the delay, and the ratio to the bare forwarder. Build with `--release`; ratios are safer than absolutes, and a
//! machine that is busy otherwise shows in both.

mod floor;
mod load;

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base::StreamId;
use media::control::{Codec, Latch, MediaCommand, MediaEvent, Payload, Remote, Sink};
use nix::sys::resource::{UsageWho, getrusage};
use plane::{Plane, PlaneOptions};

type Failure = Box<dyn std::error::Error>;

/// Where the forwarder listens: stream n on `FIRST` + 2n.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 30, 1));
const FIRST: u16 = 20_000;
/// The peer of all streams.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 30, 2)), 30_000);
/// Until all streams are latched and caches are warm.
const WARM_UP: Duration = Duration::from_secs(1);

/// One run.
struct Run {
    us_per_packet: f64,
    delay_ms: [f64; 2],
    received: u64,
    sent: u64,
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, streams, seconds] = args.as_slice()
        && word == "load"
    {
        return load::run(streams.parse()?, seconds.parse()?);
    }
    let number = |n: usize, default: u64| args.get(n).map_or(Ok(default), |a| a.parse());
    let streams = u16::try_from(number(0, 1_000)?)? & !1;
    let (seconds, rounds) = (number(1, 3)?, number(2, 3)?);
    let (mut bare, mut planes) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        bare.push(measure(streams, seconds, run_floor)?);
        planes.push(measure(streams, seconds, run_plane)?);
    }
    let floor = median(&bare, |r| r.us_per_packet);
    print("bare forwarder", &bare, floor);
    print("plane", &planes, floor);
    Ok(())
}

/// Runs `forwarder` under load: it gets the number of streams and what to wait for before it ends.
fn measure(
    streams: u16,
    seconds: u64,
    forwarder: impl FnOnce(u16, &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure>,
) -> Result<Run, Failure> {
    let mut result = None;
    forwarder(streams, &mut || {
        let mut load = Command::new(std::env::current_exe()?)
            .args(["load", &streams.to_string(), &seconds.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(load.stdout.take().ok_or("no output")?).lines();
        // The load says when the warm-up is over, when the time is, and what it counted between.
        let _warm = lines.next().ok_or("the load ended early")??;
        let before = cpu()?;
        let _over = lines.next().ok_or("the load ended early")??;
        let spent = cpu()? - before;
        let counted = lines.next().ok_or("the load ended early")??;
        load.wait()?;
        let figures: Vec<f64> = counted.split(' ').map(str::parse).collect::<Result<_, _>>()?;
        let [sent, received, p50, p99] = figures.as_slice() else { return Err("odd figures".into()) };
        result = Some(Run {
            us_per_packet: spent.as_secs_f64() * 1e6 / received.max(1.0),
            delay_ms: [*p50, *p99],
            received: *received as u64,
            sent: *sent as u64,
        });
        Ok(())
    })?;
    result.ok_or_else(|| "nothing was measured".into())
}

fn run_floor(streams: u16, wait: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let floor = floor::start(streams, Arc::clone(&stop))?;
    let waited = wait();
    stop.store(true, Ordering::Relaxed);
    floor.join().map_err(|_| "the forwarder panicked")?;
    waited
}

fn run_plane(streams: u16, wait: &mut dyn FnMut() -> Result<(), Failure>) -> Result<(), Failure> {
    let (told, events) = channel();
    let told = Mutex::new(told);
    let options = PlaneOptions { threads: 1, ..PlaneOptions::default() };
    let on_event = move |event| {
        if matches!(event, MediaEvent::OpenFailed { .. })
            && let Ok(told) = told.lock()
        {
            _ = told.send(event);
        }
    };
    let plane = Plane::start(options, Arc::new(on_event))?;
    for n in 0..streams {
        let stream = StreamId(u32::from(n));
        let payloads = vec![Payload { number: 0, codec: Codec::Pcmu }];
        let rtcp = SocketAddr::new(PEER.ip(), PEER.port() + 1);
        let remote = Remote::clear(PEER, rtcp, Latch::SameAddress, payloads);
        plane.send(MediaCommand::Open { stream, ip: HERE, port: FIRST + 2 * n });
        plane.send(MediaCommand::Remote { stream, remote });
        plane.send(MediaCommand::Sink { stream, sink: Sink::Stream(StreamId(stream.0 ^ 1)) });
    }
    let waited = wait();
    plane.stop();
    if let Ok(MediaEvent::OpenFailed { reason, .. }) = events.try_recv() {
        return Err(reason.into());
    }
    waited
}

fn print(name: &str, runs: &[Run], floor: f64) {
    let cost = median(runs, |r| r.us_per_packet);
    let lost: u64 = runs.iter().map(|r| r.sent.saturating_sub(r.received)).sum();
    let sent: u64 = runs.iter().map(|r| r.sent).sum();
    println!(
        "{name:14} {cost:6.2} µs a packet, ratio {:4.2}, delay {:.2} ms, 99 % below {:.2} ms, lost {lost} of {sent}",
        cost / floor,
        median(runs, |r| r.delay_ms[0]),
        median(runs, |r| r.delay_ms[1]),
    );
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut all: Vec<f64> = runs.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// CPU time of this process, user and system; the load is another one.
fn cpu() -> Result<Duration, Failure> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let seconds = u64::try_from(user.tv_sec() + system.tv_sec())?;
    Ok(Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(user.tv_usec() + system.tv_usec())?))
}
