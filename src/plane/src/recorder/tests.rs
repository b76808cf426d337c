//! The recorder with its threads and a real folder. Time is told by the tests, so that none waits for it.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use audio::codec::ulaw;
use audio::file::{Clip, Limits};
use media::control::RecordingFormat;

use super::*;

const KEY: Key = [7; 32];
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of a test's own, gone when the test is over.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("strowger-recorder-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Place(path)
    }

    fn options(&self) -> RecorderOptions {
        RecorderOptions { folder: self.0.clone(), key: Some(KEY), reserve_octets: 0, threads: 1 }
    }

    fn start(&self) -> (Recorder, Receiver<(RecordingId, RecordingEnd)>) {
        start(self.options())
    }

    /// All files, by their names.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        Folder::open(&self.0).unwrap().walk(|name, _| files.push(name.to_owned())).unwrap();
        files.sort();
        files
    }

    fn octets(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.0.join(file)).unwrap()
    }

    fn plain(&self, file: &str) -> Vec<u8> {
        let mut octets = Vec::new();
        open_plain(&self.0, file, Some(&KEY)).unwrap().read_to_end(&mut octets).unwrap();
        octets
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(options: RecorderOptions) -> (Recorder, Receiver<(RecordingId, RecordingEnd)>) {
    let (told, ends) = channel();
    let told = Mutex::new(told);
    let on_end = move |recording, end| _ = lock(&told).send((recording, end));
    (Recorder::start(options, Arc::new(on_end)).unwrap(), ends)
}

fn file(name: &str, format: RecordingFormat, encrypted: bool) -> RecordingFile {
    RecordingFile { name: name.into(), format, encrypted, duration_max_s: 600 }
}

fn ms(ms: u64) -> Instant {
    Instant::from_nanos(1_000_000_000) + Duration::from_millis(ms)
}

/// A tone on the left, silence on the right, packet `n` of 20 ms.
fn speak(queue: &mut RecorderQueue, tap: &Tap, n: u64) {
    let tone: Vec<u8> =
        (0..160u64).map(|i| ulaw::encode((((n * 160 + i) as f64 / 8.0).sin() * 10_000.0) as i16)).collect();
    for (channel, payload) in [(0, &tone[..]), (1, &[0xFF; 160][..])] {
        let (seq, timestamp) = (SeqNo(n as u16), RtpTimestamp(160 * n as u32));
        queue.packet(tap, channel, TapPacket { at: ms(20 * n), codec: Codec::Pcmu, seq, timestamp, payload });
    }
}

fn listen(octets: &[u8]) -> Clip {
    audio::file::read(octets, Limits::default()).unwrap()
}

fn loud_ms(clip: &Clip) -> usize {
    let block = clip.rate.samples(1);
    clip.samples.chunks(block).filter(|block| block.iter().any(|s| s.unsigned_abs() > 1_000)).count()
}

fn wait_for(what: &str, mut met: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !met() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Records two seconds and gives the end.
fn record(place: &Place, file: RecordingFile) -> RecordingEnd {
    let (recorder, ends) = place.start();
    let mut queue = recorder.queue();
    let tap = recorder.open(RecordingId(9), file, 2, ms(0));
    (0..100).for_each(|n| speak(&mut queue, &tap, n));
    tap.stop(ms(2_000));
    let (recording, end) = ends.recv_timeout(PATIENCE).unwrap();
    recorder.stop();
    assert_eq!(recording, RecordingId(9));
    assert!(ends.try_recv().is_err(), "told twice");
    end
}

#[test]
fn a_call_is_recorded_as_it_was_asked_for() {
    for format in [RecordingFormat::Wav, RecordingFormat::OggOpus] {
        for encrypted in [false, true] {
            let place = Place::new();
            let end = record(&place, file("2026/11/22/rec9", format, encrypted));
            let ending = if format == RecordingFormat::Wav { "wav" } else { "opus" };
            assert_eq!(end.file, format!("2026/11/22/rec9.{ending}"));
            // On a busy machine the clock may be further by the time it is stopped.
            assert!(end.duration_ms >= 2_000, "{} ms", end.duration_ms);
            assert_eq!((end.dropped, &end.problem), (0, &None));
            // 10,000 high on one of two channels: 16.3 dB below full scale.
            assert_eq!(end.loudest_db, Some(16));
            assert_eq!(place.files(), std::slice::from_ref(&end.file), "nothing else is left");
            let kept = place.octets(&end.file);
            assert_eq!(end.octets, kept.len() as u64);
            let plain = place.plain(&end.file);
            assert_eq!(kept == plain, !encrypted);
            let clip = listen(&plain);
            assert!(clip.samples.len().abs_diff(clip.rate.samples(end.duration_ms as usize)) <= 1);
            assert!(loud_ms(&clip) > 1_950, "{}", loud_ms(&clip));
            if format == RecordingFormat::OggOpus {
                // 32 kbit/s, and not much more around it.
                assert!((3_000..20_000).contains(&plain.len()), "{} octets", plain.len());
            }
        }
    }
}

#[test]
fn a_sealed_recording_is_closed_to_others() {
    let place = Place::new();
    let end = record(&place, file("rec9", RecordingFormat::Wav, true));
    let kept = place.octets(&end.file);
    let plain = place.plain(&end.file);
    assert!(!kept.windows(4).any(|w| w == b"RIFF" || w == [0xFF; 4]), "something is in the clear");
    let refused = |key| open_plain(&place.0, &end.file, key).unwrap_err().kind();
    assert_eq!(refused(None), io::ErrorKind::PermissionDenied);
    assert_eq!(refused(Some(&[8; 32])), io::ErrorKind::InvalidData);
    // Any place of it can be gone to.
    let mut reader = open_plain(&place.0, &end.file, Some(&KEY)).unwrap();
    assert_eq!(reader.len(), plain.len() as u64);
    for at in [0usize, 3, 57, 58, 7_999, 16_000, 31_000, plain.len() - 1, plain.len(), plain.len() + 9] {
        let mut piece = vec![0; 600];
        reader.seek(SeekFrom::Start(at as u64)).unwrap();
        let mut got = 0;
        while let count @ 1.. = reader.read(&mut piece[got..]).unwrap() {
            got += count;
        }
        let expected = plain.get(at..).unwrap_or_default();
        assert_eq!(piece[..got], expected[..expected.len().min(600)], "at {at}");
    }
}

#[test]
fn recordings_are_played_by_name_sealed_or_not() {
    use crate::library::{Library, LibraryOptions};
    use media::speech::SoundState;

    for encrypted in [false, true] {
        let place = Place::new();
        let end = record(&place, file("voicemail/2026/11/22/rec9", RecordingFormat::Wav, encrypted));
        let library = |key| {
            let recordings = Some(RecordingSource { folder: place.0.clone(), key });
            Library::start(LibraryOptions { recordings, ..LibraryOptions::default() }).unwrap()
        };
        let answer = |library: &Library, name: &str| {
            let mut state = SoundState::Loading;
            wait_for(name, || {
                state = library.sound(name);
                !matches!(state, SoundState::Loading)
            });
            state
        };
        let with_key = library(Some(KEY));
        let name = format!("recording/{}", end.file);
        let SoundState::Ready(sound) = answer(&with_key, &name) else { panic!("{name} cannot be played") };
        assert!(sound.at8k.len().abs_diff(8 * end.duration_ms as usize) < 100, "{}", sound.at8k.len());
        assert!(sound.at8k.iter().any(|s| s.unsigned_abs() > 1_000));
        for wrong in ["recording/voicemail/2026/11/22/rec8.wav", "recording/../recorder/rec9.wav"] {
            assert!(matches!(answer(&with_key, wrong), SoundState::Failed(_)), "{wrong}");
        }
        assert_eq!(matches!(answer(&library(None), &name), SoundState::Failed(_)), encrypted, "without the key");
    }
}

#[test]
fn what_was_done_to_a_sealed_recording_is_noticed() {
    let place = Place::new();
    let end = record(&place, file("rec9", RecordingFormat::Wav, true));
    let (path, kept, plain) = (place.0.join(&end.file), place.octets(&end.file), place.plain(&end.file));
    let read = |octets: &[u8]| -> io::Result<(bool, Vec<u8>)> {
        std::fs::write(&path, octets)?;
        let mut reader = open_plain(&place.0, &end.file, Some(&KEY))?;
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        Ok((reader.is_complete(), content))
    };
    assert_eq!(read(&kept).unwrap(), (true, plain.clone()));
    for at in (0..kept.len()).step_by(211).chain(0..60).chain(kept.len() - 30..kept.len()) {
        let mut spoilt = kept.clone();
        spoilt[at] ^= 0x10;
        match read(&spoilt) {
            Ok((complete, content)) => {
                // The mark of a sealed file gone, it is taken for what it is: nothing one could play.
                assert!(!complete || at < 8, "octet {at} changed, and nobody noticed");
                assert!(at < 8 || plain[58..].starts_with(&content[58.min(content.len())..]));
            }
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::InvalidData, "octet {at}"),
        }
    }
    // Cut anywhere: what is whole is there, and that something is missing is known.
    for length in (60..kept.len()).step_by(977).chain([kept.len() - 1]) {
        let (complete, content) = read(&kept[..length]).unwrap();
        assert!(!complete, "{length} octets");
        assert!(content.len() < 58 || plain[58..].starts_with(&content[58..]), "{length} octets");
    }
    // The last chunk of another file does not fit.
    let mut other = kept.clone();
    other.truncate(kept.len() - 20);
    other.extend_from_slice(&kept[kept.len() - 20..]);
    other[kept.len() - 1] ^= 1;
    assert!(read(&other).is_err());
}

#[test]
fn after_a_crash_a_recording_is_completed() {
    for format in [RecordingFormat::Wav, RecordingFormat::OggOpus] {
        for encrypted in [false, true] {
            let place = Place::new();
            let (recorder, ends) = place.start();
            let mut queue = recorder.queue();
            let tap = recorder.open(RecordingId(3), file("a/rec3", format, encrypted), 2, ms(0));
            tap.pause(true, ms(1_000));
            tap.pause(false, ms(1_500));
            let capture = place.0.join("a").join(format!("rec3{}", capture_ending(format)));
            // Half a second at a time, as fast as they are written.
            for half in 0..12 {
                (25 * half..25 * (half + 1)).for_each(|n| speak(&mut queue, &tap, n));
                let due = (500 * (half + 1)).saturating_sub(session::LAG_MS + 540) * 16;
                wait_for("the capture", || std::fs::metadata(&capture).is_ok_and(|known| known.len() >= due));
            }
            // As it is at this moment; also without the crash it plays.
            assert!(loud_ms(&listen(&place.plain(&format!("a/rec3{}", capture_ending(format))))) >= 3_500);
            drop(recorder);
            drop(tap);
            assert!(ends.try_recv().is_err());
            if encrypted {
                // A chunk that was cut in two.
                let octets = std::fs::read(&capture).unwrap();
                std::fs::write(&capture, &octets[..octets.len() - 9]).unwrap();
            }

            let (recorder, ends) = place.start();
            assert_eq!(recorder.recover(), [RecordingId(3)]);
            let (recording, end) = ends.recv_timeout(PATIENCE).unwrap();
            assert_eq!(recording, RecordingId(3));
            assert!(end.problem.unwrap().contains("stopped"));
            assert_eq!(end.pauses, [(1_000, 1_500)]);
            let clip = listen(&place.plain(&end.file));
            let lost_max = if encrypted { 2_000 } else { 1_300 };
            assert!(clip.duration().as_millis() >= 6_000 - lost_max, "{format:?}: {:?}", clip.duration());
            assert!(clip.duration().as_millis().abs_diff(end.duration_ms.into()) <= 1);
            assert_eq!(place.files(), [end.file]);
            assert!(recorder.recover().is_empty());
        }
    }
}

#[test]
fn a_box_that_is_stopped_ends_its_recordings_first() {
    let place = Place::new();
    let (recorder, ends) = place.start();
    let mut queue = recorder.queue();
    let wav = recorder.open(RecordingId(1), file("rec1", RecordingFormat::Wav, false), 2, ms(0));
    let opus = recorder.open(RecordingId(2), file("rec2", RecordingFormat::OggOpus, true), 2, ms(0));
    for n in 0..100 {
        speak(&mut queue, &wav, n);
        speak(&mut queue, &opus, n);
    }
    recorder.stop();
    recorder.stop();
    let mut told: Vec<_> = ends.try_iter().map(|(recording, _)| recording).collect();
    // Whether the second was converted in time or is left for the next start: it is told once, without a complaint.
    let (recorder, ends) = place.start();
    for _ in recorder.recover() {
        let (recording, end) = ends.recv_timeout(PATIENCE).unwrap();
        assert_eq!(end.problem, None);
        assert!(end.duration_ms >= 1_950);
        told.push(recording);
    }
    told.sort();
    assert_eq!(told, [RecordingId(1), RecordingId(2)]);
    assert_eq!(place.files(), ["rec1.wav", "rec2.opus"]);
}

#[test]
fn an_audio_thread_that_is_too_fast_loses_sound_and_is_told_how_much() {
    let place = Place::new();
    let (recorder, ends) = place.start();
    let mut queue = recorder.queue();
    let tap = recorder.open(RecordingId(1), file("rec1", RecordingFormat::Wav, false), 2, ms(0));
    // All at one moment, and each as long as may be: the thread that would empty the ring naps longer than this takes.
    let payload = [0x55; 960];
    for n in 0..1_000_000u32 {
        let (seq, timestamp) = (SeqNo(n as u16), RtpTimestamp(960 * (n % 10)));
        queue.packet(&tap, 0, TapPacket { at: ms(0), codec: Codec::Pcmu, seq, timestamp, payload: &payload });
        if tap.dropped() > 0 {
            break;
        }
    }
    let dropped = tap.dropped();
    tap.stop(ms(2_000));
    let (_, end) = ends.recv_timeout(PATIENCE).unwrap();
    assert!(end.dropped >= dropped && dropped > 0);
    assert!(end.duration_ms >= 2_000);
}

#[test]
fn what_cannot_be_recorded_is_told_at_once() {
    let place = Place::new();
    let check = |options: RecorderOptions, file: RecordingFile, problem: &str| {
        let (recorder, ends) = start(options);
        let _tap = recorder.open(RecordingId(1), file, 1, ms(0));
        let (_, end) = ends.recv_timeout(PATIENCE).unwrap();
        assert!(end.problem.as_ref().is_some_and(|p| p.contains(problem)), "{end:?}");
        assert_eq!((end.file.as_str(), end.duration_ms, end.octets), ("", 0, 0));
    };
    let wav = |name: &str| file(name, RecordingFormat::Wav, false);
    check(RecorderOptions { reserve_octets: u64::MAX, ..place.options() }, wav("rec1"), "nearly full");
    check(RecorderOptions { key: None, ..place.options() }, file("rec1", RecordingFormat::Wav, true), "no key");
    for name in ["../rec1", "/tmp/rec1", "a/../rec1", "rec1.wav", ""] {
        check(place.options(), wav(name), "letters");
    }
    assert!(place.files().is_empty());
    // A folder that is a link leads out, and is not followed.
    std::os::unix::fs::symlink(std::env::temp_dir(), place.0.join("out")).unwrap();
    check(place.options(), wav("out/rec1"), "");
    assert!(open_plain(&place.0, "out/rec1.wav", None).is_err());
    // A name that is taken keeps what it has.
    std::fs::write(place.0.join("rec1.wav.part"), b"mine").unwrap();
    check(place.options(), wav("rec1"), "exists");
    assert_eq!(place.octets("rec1.wav.part"), b"mine");
}

#[test]
fn silence_leaves_no_file_and_the_last_tap_ends_it() {
    let place = Place::new();
    let (recorder, ends) = place.start();
    let tap = recorder.open(RecordingId(1), file("rec1", RecordingFormat::OggOpus, false), 2, ms(0));
    drop(tap.clone());
    tap.stop(ms(5_000));
    let (_, end) = ends.recv_timeout(PATIENCE).unwrap();
    assert_eq!((end.file.as_str(), end.problem.as_deref()), ("", Some("nothing was heard")));
    let mut queue = recorder.queue();
    let tap = recorder.open(RecordingId(2), file("rec2", RecordingFormat::Wav, false), 1, ms(0));
    queue.frame(&tap, 0, ms(0), Rate::Hz16000, &[5_000; 320]);
    drop(tap);
    let (recording, end) = ends.recv_timeout(PATIENCE).unwrap();
    assert_eq!((recording, end.file.as_str()), (RecordingId(2), "rec2.wav"));
    assert_eq!(place.files(), ["rec2.wav"]);
    assert_eq!(recorder.folder_octets().unwrap(), end.octets);
    recorder.remove("rec2.wav").unwrap();
    assert_eq!(recorder.remove("rec2.wav").unwrap_err().kind(), io::ErrorKind::NotFound);
    assert_eq!(recorder.folder_octets().unwrap(), 0);
    assert!(recorder.remove("../rec2.wav").is_err());
}

#[test]
fn leftovers_that_are_no_recordings_do_no_harm() {
    let place = Place::new();
    std::fs::create_dir_all(place.0.join("x")).unwrap();
    for (name, content) in [
        ("rec5.wav.part", &b"RIFF"[..]),
        ("x/rec6.opus.part", &[0; 500]),
        ("rec7.opus.tmp", b"half"),
        ("odd.wav.part", b""),
        ("rec8.opus.part", b"STRWVLT1 and no more than that, really nothing else"),
    ] {
        std::fs::write(place.0.join(name), content).unwrap();
    }
    let (recorder, ends) = place.start();
    let mut expected = recorder.recover();
    expected.sort();
    assert_eq!(expected, [RecordingId(5), RecordingId(6), RecordingId(8)]);
    let mut told: Vec<_> = (0..3).map(|_| ends.recv_timeout(PATIENCE).unwrap()).collect();
    told.sort_by_key(|(recording, _)| *recording);
    assert_eq!(told.iter().map(|(recording, _)| *recording).collect::<Vec<_>>(), expected);
    assert!(told.iter().all(|(_, end)| end.problem.is_some() && end.file.is_empty()));
    recorder.stop();
    assert!(Path::new(&place.0).exists());
}
