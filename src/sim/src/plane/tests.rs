use std::net::{IpAddr, Ipv4Addr};

use media::control::{
    Audience, Codec, DigitWay, Latch, Listen, Payload, PlayItem, PlayList, Processing, Recorded, RecordingFile,
    RecordingFormat, RoomOptions, RoomRole, Signal, Sink, Tone,
};

use super::*;

const BOX: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A plane, its time, and what it told.
struct Bench {
    plane: FakePlane,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Bench {
            plane: FakePlane::new((20_000, 20_099), Duration::from_secs(30), Random::from_number(5)),
            now: Instant::ZERO,
        }
    }

    /// With streams 1 to `streams`, each of a phone that talks, on the ports 20,000, 20,002 …
    fn with_streams(streams: u32) -> Self {
        let mut bench = Bench::new();
        for n in 1..=streams {
            let port = 19_998 + 2 * n as u16;
            bench.good(MediaCommand::Open { stream: StreamId(n), ip: BOX, port });
            bench.good(MediaCommand::Remote { stream: StreamId(n), remote: peer() });
        }
        bench
    }

    fn good(&mut self, command: MediaCommand) {
        let shown = format!("{command:?}");
        self.plane.command(self.now, command).expect(&shown);
    }

    fn bad(&mut self, command: MediaCommand, fault: &str) {
        assert_eq!(self.plane.command(self.now, command), Err(fault.to_owned()));
    }

    /// What it tells in the next so many milliseconds, without figures.
    fn told(&mut self, ms: u64) -> Vec<String> {
        let end = self.now + Duration::from_millis(ms);
        let mut told = Vec::new();
        while let Some(next) = self.plane.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            let Some(event) = self.plane.report(self.now, |_, _| true) else { continue };
            match event {
                MediaEvent::Quality { .. } | MediaEvent::Track { .. } => {}
                MediaEvent::Closed { stream, .. } => told.push(format!("{stream} closed")),
                MediaEvent::Played { play, end } => told.push(format!("{play} {end:?}")),
                MediaEvent::Digit { stream, digit, .. } => told.push(format!("{stream} {digit}")),
                MediaEvent::Recorded { recording, end } => {
                    told.push(format!("{recording} {:?} {:?} {:?}", end.file, end.pauses, end.problem));
                }
                MediaEvent::Speaking { room, streams } => told.push(format!("{room} {streams:?}")),
                other => told.push(format!("{other:?}")),
            }
        }
        self.now = end;
        told
    }
}

fn peer() -> Remote {
    let at = |port| SocketAddr::from(([10, 0, 1, 101], port));
    let payload = |number, codec| Payload { number, codec };
    let payloads = vec![payload(8, Codec::Pcma), payload(101, Codec::TelephoneEvent)];
    Remote::clear(at(40_000), at(40_001), Latch::SameAddress, payloads)
}

fn sounds(names: &[&str]) -> PlayList {
    let items = names.iter().map(|name| PlayItem::Sound((*name).to_owned())).collect();
    PlayList { items, ..PlayList::default() }
}

fn play(stream: u32, play: u32, list: PlayList) -> MediaCommand {
    MediaCommand::Play { stream: StreamId(stream), play: PlayId(play), list }
}

fn sink(stream: u32, sink: Sink) -> MediaCommand {
    MediaCommand::Sink { stream: StreamId(stream), sink }
}

fn record(recording: u64, of: Recorded, name: &str) -> MediaCommand {
    let format = RecordingFormat::OggOpus;
    let file = RecordingFile { name: name.to_owned(), format, encrypted: true, duration_max_s: 60 };
    MediaCommand::Record { recording: RecordingId(recording), of, file }
}

const BOTH: Recorded = Recorded::Streams { left: StreamId(1), right: Some(StreamId(2)) };
const ROOM: RoomId = RoomId(1);

#[test]
fn every_play_is_told_to_have_ended_once() {
    let mut b = Bench::with_streams(2);
    b.good(play(1, 1, sounds(&["prompt/en/goodbye"])));
    b.good(play(1, 2, sounds(&["music/default"])));
    assert_eq!(b.told(10), ["p1 Stopped"]);
    b.good(play(2, 3, PlayList { repeat: true, ..sounds(&["music/default"]) }));
    assert_eq!(b.told(70_000), ["p2 Finished"]);
    b.good(MediaCommand::StopPlay { stream: StreamId(2), play: PlayId(3) });
    b.good(MediaCommand::StopPlay { stream: StreamId(2), play: PlayId(3) });
    assert_eq!(b.told(10), ["p3 Stopped"]);
    b.good(play(2, 4, sounds(&["sound/welcome"])));
    b.good(MediaCommand::Close { stream: StreamId(2) });
    assert_eq!(b.told(10), ["p4 Stopped", "s2 closed"]);
    b.plane.faults.sound = 1_000;
    b.good(play(1, 5, sounds(&["sound/welcome"])));
    assert_eq!(b.told(5_000), [r#"p5 Failed("sound/welcome cannot be read")"#]);
    b.good(MediaCommand::Close { stream: StreamId(1) });
    b.told(10);
    assert_eq!(b.plane.left_over(), None);
}

#[test]
fn plays_that_make_no_sense() {
    let mut b = Bench::with_streams(1);
    b.bad(play(9, 1, sounds(&["music/default"])), "Play for s9, which is not open");
    b.bad(play(1, 1, PlayList::default()), "p1 of 0 items");
    b.bad(play(1, 2, sounds(&["../etc/passwd"])), r#"p2 of a sound "../etc/passwd""#);
    let tone = PlayItem::Tone { tone: Tone::Busy, country: media::control::Country(*b"be"), duration: Duration::ZERO };
    let list = PlayList { items: vec![tone.clone(), PlayItem::Silence(Duration::from_secs(1))], ..PlayList::default() };
    b.bad(play(1, 3, list), &format!("p3 never gets past {tone:?}"));
    b.bad(MediaCommand::StopPlay { stream: StreamId(1), play: PlayId(7) }, "p7 stopped, which does not play");
    b.good(play(1, 4, sounds(&["music/default"])));
    b.bad(play(1, 4, sounds(&["music/default"])), "p4 played twice");
    b.told(100_000);
    b.bad(MediaCommand::StopPlay { stream: StreamId(1), play: PlayId(4) }, "p4 stopped, which does not play");
}

#[test]
fn keys_are_heard_as_agreed_and_stop_what_is_played() {
    let mut b = Bench::with_streams(1);
    b.good(play(1, 1, PlayList { stop_on_digit: true, ..sounds(&["music/default"]) }));
    b.plane.press(b.now, 20_000, "4#", DigitWay::Event);
    b.plane.press(b.now, 20_000, "9", DigitWay::InBand);
    assert_eq!(b.told(500), ["s1 4", "p1 Stopped", "s1 #"]);
    let listen = Listen { digits: true, ..Listen::default() };
    b.good(MediaCommand::Treat { stream: StreamId(1), processing: Processing::default(), listen });
    b.plane.press(b.now, 20_000, "9", DigitWay::InBand);
    assert_eq!(b.told(500), ["s1 9"]);
    assert!(!b.plane.sounds(20_000, Signal::FaxCalling), "nobody listens for it");
}

#[test]
fn rooms_hold_whom_they_are_given() {
    let mut b = Bench::with_streams(3);
    b.bad(sink(1, Sink::Room(ROOM, RoomRole::SPEAKER)), "s1 sent to r1, which is not open");
    b.good(MediaCommand::OpenRoom { room: ROOM, options: RoomOptions::default() });
    b.bad(MediaCommand::OpenRoom { room: ROOM, options: RoomOptions::default() }, "r1 opened twice");
    b.good(sink(1, Sink::Room(ROOM, RoomRole::SPEAKER)));
    b.good(sink(2, Sink::Room(ROOM, RoomRole::SPEAKER)));
    b.good(sink(3, Sink::Room(ROOM, RoomRole::LISTENER)));
    let heard = |b: &Bench, stream| b.plane.heard_by(StreamId(stream)).into_iter().collect::<Vec<_>>();
    assert_eq!(heard(&b, 1), [StreamId(2)]);
    assert_eq!(heard(&b, 3), [StreamId(1), StreamId(2)]);
    let whisper = |to| RoomRole { heard_by: Audience::Only(StreamId(to)), hears: true };
    b.good(sink(3, Sink::Room(ROOM, whisper(1))));
    assert_eq!((heard(&b, 1), heard(&b, 2)), (vec![StreamId(2), StreamId(3)], vec![StreamId(1)]));
    b.bad(sink(3, Sink::Room(ROOM, whisper(9))), "s3 whispers to s9, who is not in r1");
    assert_eq!(b.told(1_000), ["r1 [s1, s2]"]);
    b.good(play(1, 1, sounds(&["prompt/en/goodbye"])));
    assert_eq!(heard(&b, 1), [], "what is played stands before the room");
    b.good(sink(2, Sink::Stream(StreamId(3))));
    assert_eq!(heard(&b, 3), [StreamId(1), StreamId(2)]);
    b.good(MediaCommand::CloseRoom { room: ROOM });
    assert_eq!(heard(&b, 3), [StreamId(2)]);
    b.bad(MediaCommand::CloseRoom { room: ROOM }, "CloseRoom for r1, which is not open");
}

#[test]
fn a_recording_ends_once_whatever_ends_it() {
    let mut b = Bench::with_streams(2);
    b.good(record(1, BOTH, "2026/01/05/rec1"));
    b.told(1_000);
    b.good(MediaCommand::PauseRecording { recording: RecordingId(1), paused: true });
    b.told(500);
    b.good(MediaCommand::PauseRecording { recording: RecordingId(1), paused: false });
    b.good(MediaCommand::StopRecording { recording: RecordingId(1) });
    b.good(MediaCommand::StopRecording { recording: RecordingId(1) });
    assert_eq!(b.told(600), [r#"rec1 "2026/01/05/rec1.opus" [(1000, 1500)] None"#]);
    b.bad(MediaCommand::StopRecording { recording: RecordingId(1) }, "rec1 stopped, which is none");

    b.good(record(2, BOTH, "2026/01/05/rec2"));
    b.told(61_000);
    assert_eq!(b.plane.left_over().as_deref(), Some("streams [s1, s2], rooms [], plays [], recordings []"));

    b.good(record(3, BOTH, "2026/01/05/rec3"));
    b.good(MediaCommand::Close { stream: StreamId(1) });
    assert_eq!(b.plane.recordings().count(), 1, "one of the two is still heard");
    b.good(MediaCommand::Close { stream: StreamId(2) });
    assert_eq!(b.plane.recordings().count(), 0);
    assert_eq!(b.told(600), ["s1 closed", "s2 closed", r#"rec3 "2026/01/05/rec3.opus" [] None"#]);
    assert_eq!(b.plane.left_over(), None);
}

#[test]
fn recordings_that_make_no_sense_or_meet_a_full_disk() {
    let mut b = Bench::with_streams(2);
    b.bad(record(1, Recorded::Room(ROOM), "a"), "rec1 of r1, which is not open");
    b.bad(record(2, BOTH, "../a"), r#"rec2 written to "../a""#);
    let twice = Recorded::Streams { left: StreamId(1), right: Some(StreamId(1)) };
    b.bad(record(3, twice, "b"), "rec3 of s1 on both channels");
    b.plane.faults.recording = 1_000;
    b.good(record(4, BOTH, "c"));
    b.bad(record(4, BOTH, "d"), "rec4 recorded twice");
    b.bad(record(5, BOTH, "c"), r#"rec5 written over "c""#);
    let told = b.told(10_000);
    assert!(told.len() == 1 && told[0].ends_with(r#"Some("the disk is full")"#), "{told:?}");
}

#[test]
fn peers_that_make_no_sense() {
    let mut b = Bench::with_streams(1);
    let mut bad = |change: fn(&mut Remote), fault: &str| {
        let mut remote = peer();
        change(&mut remote);
        let shown = format!("s1 told of a peer {fault}: {remote:?}");
        b.bad(MediaCommand::Remote { stream: StreamId(1), remote }, &shown);
    };
    bad(|remote| remote.payloads.clear(), "without a voice");
    bad(|remote| remote.payloads[1].number = 8, "with a payload type of two meanings");
    bad(|remote| remote.ptime_ms = 25, "with an odd length of packets");
    bad(|remote| remote.rtcp_mux = true, "with RTCP on the wrong port");
    bad(|remote| remote.rtp.set_port(0), "that nothing can be sent to");
    b.plane.encrypted_only = true;
    let shown = format!("s1 told of a peer in the clear: {:?}", peer());
    b.bad(MediaCommand::Remote { stream: StreamId(1), remote: peer() }, &shown);
}
