//! One run: a forwarder or a plane under load, and what its threads ran meanwhile.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base::{RecordingId, RoomId, StreamId};
use media::control::{
    Latch, MediaCommand, MediaEvent, Payload, Recorded, RecordingFile, RecordingFormat, Remote, RoomOptions, RoomRole,
    Sink,
};
use plane::recorder::{Recorder, RecorderOptions};
use plane::{Plane, PlaneOptions};

use crate::{Case, FIRST, Failure, HERE, Kind, PEER, floor, number, secure};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Share of a core that the thread which forwards or mixes takes at 50 packets a second for each stream, in percent.
    pub audio_pct: f64,
    /// And the recorder's threads.
    pub recorder_pct: f64,
    /// Of the audio thread, for each packet that came to it, in microseconds.
    pub us_per_packet: f64,
    pub sent: u64,
    pub received: u64,
    pub delay_ms: [f64; 2],
    /// Slots in which the load was late.
    pub late: u64,
    /// Frames missing in recordings, and recordings that had a problem.
    pub dropped: u64,
    pub seconds: f64,
}

/// Runs one case.
pub fn measure(name: &str, case: &Case, seconds: u64) -> Result<Run, Failure> {
    match case.kind {
        Kind::Bare => bare(name, case, seconds),
        // Five onsets a second are few.
        Kind::Delay => in_plane(name, case, 4 * seconds),
        _ => in_plane(name, case, seconds),
    }
}

/// Keeps the calling thread, and those that it starts, to one core.
pub fn pin(core: usize) -> Result<(), Failure> {
    let mut set = nix::sched::CpuSet::new();
    set.set(core)?;
    Ok(nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?)
}

fn bare(name: &str, case: &Case, seconds: u64) -> Result<Run, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let (streams, stopped) = (case.streams(), Arc::clone(&stop));
    raise_open_files();
    let starter = std::thread::spawn(move || {
        let started = pin(0).and_then(|()| floor::start(streams, stopped));
        started.map_err(|e| e.to_string())
    });
    let floor = starter.join().map_err(|_| "the forwarder panicked")??;
    let run = under_load(name, case, seconds);
    stop.store(true, Ordering::Relaxed);
    floor.join().map_err(|_| "the forwarder panicked")?;
    run
}

fn in_plane(name: &str, case: &Case, seconds: u64) -> Result<Run, Failure> {
    let folder = std::env::temp_dir().join(format!("audio-cost-{}", std::process::id()));
    let dropped = Arc::new(AtomicU64::new(0));
    let recorder = match case.kind {
        Kind::Record => {
            let counted = Arc::clone(&dropped);
            let options = RecorderOptions { folder: folder.clone(), key: None, reserve_octets: 0, threads: 1 };
            Some(Recorder::start(
                options,
                Arc::new(move |_, end| {
                    let lost = u64::from(end.dropped) + u64::from(end.problem.is_some());
                    counted.fetch_add(lost, Ordering::Relaxed);
                }),
            )?)
        }
        _ => None,
    };
    let failed = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&failed);
    let options = PlaneOptions { threads: 1, pin: true, recorder: recorder.clone(), ..PlaneOptions::default() };
    let on_event = move |event| {
        if matches!(event, MediaEvent::OpenFailed { .. }) {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    };
    let plane = Plane::start(options, Arc::new(on_event))?;
    open(&plane, case);
    let mut run = under_load(name, case, seconds)?;
    if plane.ignored() + failed.load(Ordering::Relaxed) > 0 {
        return Err("not all streams could be opened".into());
    }
    plane.stop();
    if let Some(recorder) = recorder {
        recorder.stop();
        std::fs::remove_dir_all(folder)?;
    }
    run.dropped = dropped.load(Ordering::Relaxed);
    Ok(run)
}

/// Opens the case's streams and joins them.
fn open(plane: &Plane, case: &Case) {
    let room = RoomId(1);
    if case.in_room() {
        plane.send(MediaCommand::OpenRoom { room, options: RoomOptions::default() });
    }
    for n in 0..case.streams() {
        let stream = StreamId(u32::from(n));
        let codec = case.codecs()[usize::from(n % 2)];
        let rtcp = SocketAddr::new(PEER.ip(), PEER.port() + 1);
        let payloads = vec![Payload { number: number(codec), codec }];
        let mut remote = Remote::clear(PEER, rtcp, Latch::SameAddress, payloads);
        remote.secure = (case.kind == Kind::Srtp).then(|| secure(true));
        let sink =
            if case.in_room() { Sink::Room(room, RoomRole::SPEAKER) } else { Sink::Stream(StreamId(stream.0 ^ 1)) };
        plane.send_all([
            MediaCommand::Open { stream, ip: HERE, port: FIRST + 2 * n },
            MediaCommand::Remote { stream, remote },
            MediaCommand::Sink { stream, sink },
        ]);
        if case.kind == Kind::Record && n % 2 == 1 {
            let file = RecordingFile {
                name: format!("calls/rec{n}"),
                format: RecordingFormat::Wav,
                encrypted: false,
                duration_max_s: 3_600,
            };
            let of = Recorded::Streams { left: StreamId(stream.0 ^ 1), right: Some(stream) };
            plane.send(MediaCommand::Record { recording: RecordingId(u64::from(n)), of, file });
        }
    }
}

/// Starts the load and takes the figures between its words.
fn under_load(name: &str, case: &Case, seconds: u64) -> Result<Run, Failure> {
    let mut load = Command::new(std::env::current_exe()?)
        .args(["load", name, &seconds.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(load.stdout.take().ok_or("no output")?).lines();
    let mut line = || lines.next().ok_or("the load ended early")?.map_err(Failure::from);
    line()?;
    line()?;
    let (began, audio, recorder) = (std::time::Instant::now(), ran(&["audio-", "floor"])?, ran(&["recorder"])?);
    line()?;
    let wall = began.elapsed().as_secs_f64();
    let (audio, recorder) = (ran(&["audio-", "floor"])? - audio, ran(&["recorder"])? - recorder);
    let counted = line()?;
    load.wait()?;
    let figures: Vec<f64> = counted.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [sent, received, p50, p99, late] = figures.as_slice() else { return Err("odd figures".into()) };
    // A load that was held up sent the same packets in a longer time.
    let due = *sent / (f64::from(case.streams()) * 50.0);
    Ok(Run {
        audio_pct: audio / due * 100.0,
        recorder_pct: recorder / due * 100.0,
        us_per_packet: audio * 1e6 / sent,
        sent: *sent as u64,
        received: *received as u64,
        delay_ms: [*p50, *p99],
        late: *late as u64,
        dropped: 0,
        seconds: wall,
    })
}

/// Seconds that the threads of these names have run.
fn ran(names: &[&str]) -> Result<f64, Failure> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        // A thread may end meanwhile.
        let Ok(name) = std::fs::read_to_string(task.join("comm")) else { continue };
        if names.iter().any(|n| name.starts_with(n)) {
            let books = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
            nanoseconds += books.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(nanoseconds as f64 / 1e9)
}

fn raise_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
