//! What recording costs: both sides of many calls of G.711 at once, in real time.
//!
//! `cargo run --release -p plane --example recorder_cost -- [calls] [seconds] [folder]` prints the processor time of
//! the audio thread (copying) and of the recorder (placing, encoding, writing), for each pair of packets and in all,
//! and what was dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base::RecordingId;
use media::control::{Codec, RecordingFile, RecordingFormat};
use media::{RtpTimestamp, SeqNo};
use nix::sys::resource::{UsageWho, getrusage};
use plane::recorder::{Recorder, RecorderOptions, TapPacket};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(default);
    let (calls, seconds) = (number(500), number(20));
    let folder = arguments.next().map_or_else(|| std::env::temp_dir().join("recorder-cost"), Into::into);
    for encrypted in [false, true] {
        run(calls, seconds, &folder, encrypted)?;
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

fn run(calls: u64, seconds: u64, folder: &std::path::Path, encrypted: bool) -> std::io::Result<()> {
    let (dropped, ended, octets) =
        (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)));
    let told = (Arc::clone(&dropped), Arc::clone(&ended), Arc::clone(&octets));
    let recorder = Recorder::start(
        RecorderOptions { folder: folder.to_owned(), key: Some([1; 32]), reserve_octets: 0, threads: 1 },
        Arc::new(move |recording, end| {
            if let Some(problem) = end.problem {
                eprintln!("{recording}: {problem}");
            }
            told.0.fetch_add(end.dropped.into(), Ordering::Relaxed);
            told.1.fetch_add(1, Ordering::Relaxed);
            told.2.fetch_add(end.octets, Ordering::Relaxed);
        }),
    )?;
    let mut queue = recorder.queue();
    let started = Instant::now();
    let now = || base::Instant::from_nanos(started.elapsed().as_nanos() as u64);
    let taps: Vec<_> = (0..calls)
        .map(|n| {
            let name = format!("calls/rec{n}");
            let file = RecordingFile { name, format: RecordingFormat::Wav, encrypted, duration_max_s: 7_200 };
            recorder.open(RecordingId(n), file, 2, now())
        })
        .collect();
    let payload = [0x55; 160];
    let before = processor();
    let mut copying = Duration::ZERO;
    for tick in 0..seconds * 50 {
        let due = Duration::from_millis(20 * tick);
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        let (begun, at) = (Instant::now(), now());
        for tap in &taps {
            for channel in 0..2 {
                let (seq, timestamp) = (SeqNo(tick as u16), RtpTimestamp(160 * tick as u32));
                queue.packet(tap, channel, TapPacket { at, codec: Codec::Pcmu, seq, timestamp, payload: &payload });
            }
        }
        copying += begun.elapsed();
    }
    let used = processor() - before;
    let (pairs, elapsed) = ((calls * seconds * 50) as f64, started.elapsed().as_secs_f64());
    taps.iter().for_each(|tap| tap.stop(now()));
    drop(taps);
    recorder.stop();
    println!(
        "{calls} calls{}: copying {:.2} µs, all {:.2} µs of processor per pair of packets; {:.1} % of a core; {:.1} MB/s; \
         {} dropped, {} ended",
        if encrypted { ", encrypted" } else { "" },
        copying.as_secs_f64() * 1e6 / pairs,
        used.as_secs_f64() * 1e6 / pairs,
        used.as_secs_f64() * 100.0 / elapsed,
        octets.load(Ordering::Relaxed) as f64 / 1e6 / elapsed,
        dropped.load(Ordering::Relaxed),
        ended.load(Ordering::Relaxed),
    );
    Ok(())
}

/// Processor time of the process so far.
fn processor() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the process may ask for its own usage");
    let time = |t: nix::sys::time::TimeVal| Duration::from_micros((t.tv_sec() * 1_000_000 + t.tv_usec()) as u64);
    time(usage.user_time()) + time(usage.system_time())
}
