//! What is heard: phones that sing a tone each, and listen for the tones of the others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use audio::Rate;
use audio::codec::{Coding, Decoder, Encoder, EncoderOptions};
use base::{PlayId, RoomId};
use media::control::{
    Audience, Codec, MediaCommand, MediaEvent, Payload, PlayEnd, PlayItem, PlayList, RoomOptions, RoomRole, Sink,
};
use media::speech::{Sound, SoundState, Sounds};
use plane::PlaneOptions;

use crate::phone::{Phone, World};
use crate::s;

/// A phone that sings and listens.
struct Singer {
    phone: Phone,
    port: u16,
    coding: Coding,
    number: u8,
    hz: f64,
    /// What it heard, at 8 kHz.
    heard: Vec<i16>,
    digits: Vec<u8>,
    /// Packets sent.
    sent: u32,
}

/// The tones of three phones, far enough apart and no harmonics of each other.
const TONES: [f64; 3] = [620.0, 1_010.0, 1_730.0];

fn coding(codec: Codec) -> Coding {
    match codec {
        Codec::Pcmu => Coding::Pcmu,
        Codec::G722 => Coding::G722,
        Codec::Opus => Coding::Opus,
        _ => Coding::Pcma,
    }
}

fn singer(w: &World, n: u32, ip: &str, codec: Codec, events: bool) -> Singer {
    let phone = Phone::new(ip);
    let (port, number) = (21_000 + 2 * n as u16, 96 + n as u8);
    w.open(n, port);
    w.remote(n, &phone, |r| {
        r.payloads[0] = Payload { number, codec };
        if !events {
            r.payloads.truncate(1);
        }
    });
    let hz = TONES[n as usize % TONES.len()];
    Singer { phone, port, coding: coding(codec), number, hz, heard: Vec::new(), digits: Vec::new(), sent: 0 }
}

/// All sing for `ms`, and listen.
fn sing(w: &World, singers: &mut [Singer], ms: u64) {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for singer in singers {
            let to = w.at(singer.port);
            scope.spawn(move || singer.perform(to, began, ms));
        }
    });
}

impl Singer {
    fn perform(&mut self, to: SocketAddr, began: Instant, ms: u64) {
        let mut encoder = Encoder::new(self.coding, Rate::Hz16000, EncoderOptions::default());
        let mut decoder = Decoder::new(self.coding, Rate::Hz8000);
        let rate = encoder.rate();
        let clock = if self.coding == Coding::Opus { 960u32 } else { 160 };
        let mut samples = u64::from(self.sent) * rate.frame() as u64;
        for n in 0..ms / 20 {
            let frame: Vec<i16> = (0..rate.frame() as u64)
                .map(|i| {
                    let t = (samples + i) as f64 / f64::from(rate.hz());
                    ((t * self.hz * std::f64::consts::TAU).sin() * 8_000.0) as i16
                })
                .collect();
            samples += rate.frame() as u64;
            let mut packet = vec![0x80, self.number];
            packet.extend((self.sent as u16).to_be_bytes());
            packet.extend(self.sent.wrapping_mul(clock).to_be_bytes());
            packet.extend(7u32.to_be_bytes());
            let mut payload = [0; 400];
            let len = encoder.encode(&frame, &mut payload).unwrap();
            packet.extend(&payload[..len]);
            self.phone.send(to, &packet);
            self.sent += 1;
            self.listen_until(began + Duration::from_millis(20 * (n + 1)), &mut decoder);
        }
        self.listen_until(Instant::now() + Duration::from_millis(60), &mut decoder);
    }

    fn listen_until(&mut self, until: Instant, decoder: &mut Decoder) {
        while let Some(heard) = self.phone.hear_before(until) {
            if heard.payload_type == 101 {
                self.digits.push(heard.payload[0]);
                continue;
            }
            assert_eq!(heard.payload_type, self.number, "only what was agreed on");
            let mut out = [0; 2_000];
            let len = decoder.decode(&heard.payload, &mut out).unwrap();
            match decoder.rate() {
                Rate::Hz8000 => self.heard.extend(&out[..len]),
                _ => self.heard.extend(out[..len].iter().step_by(2)),
            }
        }
    }

    /// Level of a tone in the second half of what was heard, relative to what is sung: 1 as loud. Taken in pieces of
    /// 50 ms, for a busy machine's buffers shift the phase now and then.
    fn hears(&self, hz: f64) -> f64 {
        let part = &self.heard[self.heard.len() / 2..];
        let level = |piece: &[i16]| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, sample) in piece.iter().enumerate() {
                let angle = n as f64 * hz / 8_000.0 * std::f64::consts::TAU;
                re += f64::from(*sample) * angle.cos();
                im += f64::from(*sample) * angle.sin();
            }
            2.0 * (re * re + im * im).sqrt() / piece.len() as f64 / 8_000.0
        };
        let levels: Vec<f64> = part.chunks_exact(400).map(level).collect();
        levels.iter().sum::<f64>() / levels.len().max(1) as f64
    }
}

/// A library with one sound: two seconds of 440 Hz.
struct Shelf;

impl Sounds for Shelf {
    fn sound(&self, name: &str) -> SoundState {
        let tone = |hz: f64, rate: f64| -> Arc<[i16]> {
            (0..(2.0 * rate) as usize)
                .map(|n| ((n as f64 * hz / rate * std::f64::consts::TAU).sin() * 8_000.0) as i16)
                .collect()
        };
        match name {
            "sound/a" => {
                SoundState::Ready(Arc::new(Sound { at8k: tone(440.0, 8_000.0), at16k: tone(440.0, 16_000.0) }))
            }
            _ => SoundState::Failed("unknown".to_owned()),
        }
    }
}

fn world(ip: &str, threads: usize) -> World {
    World::start(ip, PlaneOptions { threads, sounds: Some(Arc::new(Shelf)), ..PlaneOptions::default() }, |_| {})
}

#[test]
fn whoever_shares_no_coding_hears_the_other_all_the_same() {
    for (n, (a, b)) in
        [(Codec::Pcma, Codec::G722), (Codec::Opus, Codec::Pcmu), (Codec::G722, Codec::Opus)].into_iter().enumerate()
    {
        let ip = format!("127.0.2{n}");
        let w = world(&format!("{ip}.1"), 1);
        let mut two = [singer(&w, 0, &format!("{ip}.2"), a, true), singer(&w, 1, &format!("{ip}.3"), b, true)];
        w.bridge(0, 1);
        sing(&w, &mut two, 800);
        for (one, other) in [(0, 1), (1, 0)] {
            let (own, others) = (two[one].hears(TONES[one]), two[one].hears(TONES[other]));
            assert!(others > 0.7 && others < 1.3 && own < 0.05, "{a:?} {b:?}: {others:.2} of the other, {own:.2} own");
        }
        let stats = w.close(0);
        assert_eq!((stats.dropped, stats.lost), (0, 0));
        w.stop();
    }
}

#[test]
fn in_a_room_each_hears_the_others_and_not_itself() {
    let w = world("127.0.23.1", 2);
    let codecs = [Codec::Pcma, Codec::G722, Codec::Opus];
    let mut three: Vec<Singer> =
        (0..3).map(|n| singer(&w, n, &format!("127.0.23.{}", n + 2), codecs[n as usize], true)).collect();
    let room = RoomId(1);
    w.plane
        .send(MediaCommand::OpenRoom { room, options: RoomOptions { even_levels: false, ..RoomOptions::default() } });
    for n in 0..3 {
        w.sink(n, Sink::Room(room, RoomRole::SPEAKER));
    }
    w.settled();
    sing(&w, &mut three, 1_000);
    for (one, singer) in three.iter().enumerate() {
        for (other, hz) in TONES.iter().enumerate() {
            let level = singer.hears(*hz);
            match one == other {
                true => assert!(level < 0.05, "{one} hears itself: {level:.2}"),
                false => assert!(level > 0.3 && level < 1.5, "{one} hears {other} at {level:.2}"),
            }
        }
    }
    let speaking = w.drain().into_iter().filter(|e| matches!(e, MediaEvent::Speaking { .. })).count();
    assert!(speaking > 0, "who speaks is told");
    w.stop();
}

#[test]
fn a_whisper_reaches_one_and_a_listener_nobody() {
    let w = world("127.0.24.1", 1);
    let mut three: Vec<Singer> =
        (0..3).map(|n| singer(&w, n, &format!("127.0.24.{}", n + 2), Codec::Pcma, true)).collect();
    let room = RoomId(7);
    w.plane
        .send(MediaCommand::OpenRoom { room, options: RoomOptions { even_levels: false, ..RoomOptions::default() } });
    w.sink(0, Sink::Room(room, RoomRole::SPEAKER)).sink(1, Sink::Room(room, RoomRole::SPEAKER));
    w.sink(2, Sink::Room(room, RoomRole { heard_by: Audience::Only(s(0)), hears: true })).settled();
    sing(&w, &mut three, 800);
    assert!(three[0].hears(TONES[2]) > 0.5, "the agent hears the coach");
    assert!(three[1].hears(TONES[2]) < 0.05, "the customer does not");
    assert!(three[2].hears(TONES[0]) > 0.5 && three[2].hears(TONES[1]) > 0.5, "the coach hears both");
    w.sink(2, Sink::Room(room, RoomRole::LISTENER)).settled();
    three.iter_mut().for_each(|t| t.heard.clear());
    sing(&w, &mut three, 600);
    assert!(three[0].hears(TONES[2]) < 0.05 && three[0].hears(TONES[1]) > 0.5);
    w.stop();
}

#[test]
fn a_list_is_heard_in_place_of_the_other_side_and_told_when_it_ends() {
    let w = world("127.0.25.1", 1);
    let mut two = [singer(&w, 0, "127.0.25.2", Codec::Pcma, true), singer(&w, 1, "127.0.25.3", Codec::Pcma, true)];
    w.bridge(0, 1);
    let list = PlayList {
        items: vec![PlayItem::Sound("sound/a".to_owned()), PlayItem::Sound("sound/none".to_owned())],
        skip: Duration::from_millis(1_000),
        ..PlayList::default()
    };
    w.plane.send(MediaCommand::Play { stream: s(0), play: PlayId(5), list });
    sing(&w, &mut two, 900);
    assert!(two[0].hears(440.0) > 0.7 && two[0].hears(TONES[1]) < 0.05, "the sound alone");
    assert!(two[1].hears(TONES[0]) > 0.7, "the other way goes on");
    sing(&w, &mut two, 300);
    match w.until(|e| matches!(e, MediaEvent::Played { .. })) {
        MediaEvent::Played { play: PlayId(5), end: PlayEnd::Failed(why) } => assert_eq!(why, "sound/none: unknown"),
        other => panic!("{other:?}"),
    }
    two[0].heard.clear();
    sing(&w, &mut two, 500);
    assert!(two[0].hears(TONES[1]) > 0.7, "the other side again");
    w.stop();
}

#[test]
fn a_repeating_list_plays_until_stopped() {
    let w = world("127.0.26.1", 1);
    let mut one = [singer(&w, 0, "127.0.26.2", Codec::G722, true)];
    let items = vec![PlayItem::Sound("sound/a".to_owned())];
    let list = PlayList { items, repeat: true, skip: Duration::from_millis(7_900), stop_on_digit: false };
    w.plane.send(MediaCommand::Play { stream: s(0), play: PlayId(1), list });
    sing(&w, &mut one, 700);
    assert!(one[0].hears(440.0) > 0.7, "over its seam");
    w.plane.send(MediaCommand::StopPlay { stream: s(0), play: PlayId(2) });
    w.plane.send(MediaCommand::StopPlay { stream: s(0), play: PlayId(1) });
    let told = w.until(|e| matches!(e, MediaEvent::Played { .. }));
    assert_eq!(told, MediaEvent::Played { play: PlayId(1), end: PlayEnd::Stopped });
    w.stop();
}

#[test]
fn keys_reach_a_peer_without_events_as_tones_and_the_other_way_round() {
    let w = world("127.0.27.1", 1);
    let mut two = [singer(&w, 0, "127.0.27.2", Codec::Pcma, true), singer(&w, 1, "127.0.27.3", Codec::Pcmu, false)];
    w.bridge(0, 1);
    // A key of the first phone, as events.
    for (seq, (flags, ticks)) in [(10u8, 160u16), (10, 800), (0x8a, 1_600)].into_iter().enumerate() {
        let mut packet = vec![0x80, 101];
        packet.extend((seq as u16).to_be_bytes());
        packet.extend(5_000u32.to_be_bytes());
        packet.extend(7u32.to_be_bytes());
        packet.extend([6, flags]);
        packet.extend(ticks.to_be_bytes());
        two[0].phone.send(w.at(two[0].port), &packet);
    }
    let digit = w.until(|e| matches!(e, MediaEvent::Digit { .. }));
    assert!(matches!(digit, MediaEvent::Digit { digit: '6', .. }));
    // What the second hears of it: 770 and 1,477 Hz for a while.
    two[1].hz = 300.0;
    sing(&w, &mut two[1..], 160);
    two[1].heard.drain(..80.min(two[1].heard.len()));
    let (low, high, other) = (two[1].hears(770.0), two[1].hears(1_477.0), two[1].hears(941.0));
    assert!(low > 0.1 && high > 0.1 && other < 0.1, "{low:.2} {high:.2} {other:.2}");
    // And a key by command goes as events where they were agreed on.
    w.plane.send(MediaCommand::SendDigit { stream: s(0), digit: '9', duration: Duration::from_millis(80) });
    two[0].hz = 300.0;
    sing(&w, &mut two[..1], 300);
    assert!(two[0].digits.len() >= 5 && two[0].digits.iter().all(|d| *d == 9), "{:?}", two[0].digits);
    w.stop();
}

#[test]
fn a_secured_leg_is_heard_under_its_keys_only() {
    use media::control::{Secure, SecureKey, SecureSuite};
    use media::srtp::SrtpSession;
    let w = world("127.0.28.1", 1);
    let (a, b) = (Phone::new("127.0.28.2"), Phone::new("127.0.28.3"));
    let (ours, theirs) = (SecureKey([3; 30]), SecureKey([5; 30]));
    let suite = SecureSuite::AesCm128HmacSha1_80;
    let boxs = Secure { suite, ours: ours.clone(), theirs: theirs.clone() };
    let mut phone = SrtpSession::new(&Secure { suite, ours: theirs, theirs: ours });
    w.open(0, 21_000).open(1, 21_002).remote(0, &a, |r| r.secure = Some(boxs)).remote(1, &b, |_| {}).bridge(0, 1);
    for n in 0..5u16 {
        let mut packet = crate::phone::audio(8, 7, n);
        let len = packet.len();
        packet.resize(len + 32, 0);
        let len = phone.protect_rtp(&mut packet, len).unwrap();
        assert_ne!(packet[12..172], [n as u8; 160], "it is under keys");
        a.send(w.at(21_000), &packet[..len]);
        assert_eq!(b.hear().payload, [n as u8; 160], "the plain leg hears it in the clear");
        a.send(w.at(21_000), &packet[..len]); // a replay
        a.send(w.at(21_000), &crate::phone::audio(8, 7, n + 100)); // in the clear
        b.send(w.at(21_002), &crate::phone::audio(8, 9, n));
        let mut heard = a.hear_raw();
        assert_ne!(heard[12..172], [n as u8; 160]);
        let len = phone.unprotect_rtp(&mut heard).unwrap();
        assert_eq!((len, &heard[12..len]), (172, &[n as u8; 160][..]));
    }
    let stats = w.close(0);
    assert_eq!((stats.received, stats.forged, stats.sent), (5, 10, 5));
    w.stop();
}

#[test]
fn what_two_say_is_recorded_side_by_side() {
    use base::RecordingId;
    use media::control::{Recorded, RecordingFile, RecordingFormat};
    use plane::recorder::{Key, Recorder, RecorderOptions, open_plain};
    use std::io::Read;
    let folder = std::env::temp_dir().join(format!("plane-recording-{}", std::process::id()));
    let (told, ends) = std::sync::mpsc::channel();
    let told = std::sync::Mutex::new(told);
    let key = Key::from([9; 32]);
    let options = RecorderOptions { folder: folder.clone(), key: Some(key), reserve_octets: 0, threads: 1 };
    let recorder = Recorder::start(options, Arc::new(move |id, end| _ = told.lock().unwrap().send((id, end)))).unwrap();
    let options = PlaneOptions { threads: 2, recorder: Some(recorder.clone()), ..PlaneOptions::default() };
    let w = World::start("127.0.29.1", options, |_| {});
    let mut two = [singer(&w, 0, "127.0.29.2", Codec::Pcma, true), singer(&w, 1, "127.0.29.3", Codec::Pcma, true)];
    w.bridge(0, 1);
    let file = |format| RecordingFile {
        name: format!("a/{}", if format == RecordingFormat::Wav { 1 } else { 2 }),
        format,
        encrypted: format == RecordingFormat::Wav,
        duration_max_s: 60,
    };
    let of = Recorded::Streams { left: s(0), right: Some(s(1)) };
    for (n, format) in [RecordingFormat::Wav, RecordingFormat::OggOpus].into_iter().enumerate() {
        w.plane.send(MediaCommand::Record { recording: RecordingId(n as u64), of, file: file(format) });
    }
    sing(&w, &mut two, 1_000);
    // One is stopped, the other ends with the streams.
    w.plane.send(MediaCommand::StopRecording { recording: RecordingId(0) });
    w.close(0);
    w.close(1);
    for _ in 0..2 {
        let (id, end) = ends.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!((end.problem.as_deref(), end.dropped), (None, 0), "{id}");
        assert!((800..1_300).contains(&end.duration_ms), "{id}: {} ms", end.duration_ms);
        let mut octets = Vec::new();
        open_plain(&folder, &end.file, Some(&key)).unwrap().read_to_end(&mut octets).unwrap();
        assert!(octets.len() > 1_000);
        if id == RecordingId(1) {
            assert!(end.file.ends_with("2.opus") && octets.starts_with(b"OggS"));
            continue;
        }
        // µ-law, two channels: each has its own tone.
        for (channel, hz) in [(0, TONES[0]), (1, TONES[1])] {
            let samples: Vec<i16> =
                octets[58..].iter().skip(channel).step_by(2).map(|o| audio::codec::ulaw::decode(*o)).collect();
            two[0].heard = samples;
            let other = TONES[1 - channel];
            assert!(two[0].hears(hz) > 0.7 && two[0].hears(other) < 0.05, "channel {channel}");
        }
    }
    w.stop();
    recorder.stop();
    std::fs::remove_dir_all(folder).unwrap();
}
