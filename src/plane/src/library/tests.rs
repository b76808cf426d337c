//! The library as the plane and the web see it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use super::*;

/// A folder that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Place(std::env::temp_dir().join(format!("strowger-library-{}-{n}", std::process::id())))
    }

    fn options(&self) -> LibraryOptions {
        LibraryOptions { sounds: Some(self.0.clone()), ..LibraryOptions::default() }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// A library, and a way to wait until it has an answer.
struct Reader {
    library: Library,
    ready: mpsc::Receiver<String>,
}

impl Reader {
    fn new(options: LibraryOptions) -> Reader {
        let library = Library::start(options).expect("a library");
        let (told, ready) = mpsc::channel();
        library.on_ready(Box::new(move |name| told.send(name.to_owned()).expect("the test listens")));
        Reader { library, ready }
    }

    /// Asks until there is an answer, as often as one is announced.
    fn wait(&self, name: &str) -> SoundState {
        loop {
            match self.library.sound(name) {
                SoundState::Loading => {
                    self.ready.recv_timeout(Duration::from_secs(20)).expect("an answer");
                }
                state => return state,
            }
        }
    }

    fn sound(&self, name: &str) -> Arc<media::speech::Sound> {
        match self.wait(name) {
            SoundState::Ready(sound) => sound,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn failure(&self, name: &str) -> String {
        match self.wait(name) {
            SoundState::Failed(why) => why,
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// A WAV of 16-bit mono at 8 kHz, `ms` long, all samples `value`.
fn wav(ms: usize, value: i16) -> Vec<u8> {
    let octets = (ms * 16) as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((octets + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1F\0\0\x80\x3E\0\0\x02\0\x10\0data");
    file.extend(octets.to_le_bytes());
    file.extend(value.to_le_bytes().repeat(ms * 8));
    file
}

#[test]
fn prompts_come_with_the_program() {
    let reader = Reader::new(LibraryOptions::default());
    assert!(matches!(reader.library.sound("prompt/en/goodbye"), SoundState::Loading));
    let goodbye = reader.sound("prompt/en/goodbye");
    assert_eq!(goodbye.at16k.len() / 2, goodbye.at8k.len());
    assert!(goodbye.at8k.len() > 2000, "a quarter of a second at least");
    let again = reader.sound("prompt/en/goodbye");
    assert!(Arc::ptr_eq(&goodbye, &again), "decoded once");
    assert!(reader.library.cached_octets() >= 6 * goodbye.at8k.len());
}

/// The end of the music meets its beginning: no step there is larger than within the music.
#[test]
fn the_music_goes_round_without_a_seam() {
    let music = Reader::new(LibraryOptions::default()).sound("music/default");
    assert_eq!((music.at8k.len(), music.at16k.len()), (80 * 8_000, 80 * 16_000));
    for samples in [&music.at8k, &music.at16k] {
        let step = |a: i16, b: i16| i32::from(a).abs_diff(i32::from(b));
        let largest = samples.windows(2).map(|pair| step(pair[0], pair[1])).max().expect("steps");
        let seam = step(samples[samples.len() - 1], samples[0]);
        assert!(seam < largest / 2, "{seam} of {largest}");
    }
}

#[test]
fn what_is_not_there_fails() {
    let reader = Reader::new(LibraryOptions::default());
    assert_eq!(reader.failure("prompt/en/no-such-thing"), "no such sound");
    assert_eq!(reader.failure("sound/welcome"), "no such sound");
    assert_eq!(reader.failure("sound/../etc/passwd"), NameError::Part.to_string());
    assert_eq!(reader.failure("speech/en/hello"), "no program for text to speech is configured");
    assert_eq!(reader.failure(&"x".repeat(5000)), NameError::Length.to_string());
    assert!(matches!(reader.library.add("sound/welcome", &wav(100, 1)), Err(AddError::NoFolder)));
}

#[test]
fn an_upload_is_heard_at_once_and_after_a_restart() {
    let place = Place::new();
    let file = wav(500, 1234);
    {
        let reader = Reader::new(place.options());
        assert_eq!(reader.failure("sound/welcome"), "no such sound");
        let info = reader.library.add("sound/welcome", &file).expect("taken");
        assert_eq!(info.duration, Some(Duration::from_millis(500)));
        assert_eq!((info.octets, info.source), (file.len() as u64, Source::Upload));
        assert_eq!(reader.sound("sound/welcome").at8k.len(), 4000);
    }
    assert_eq!(fs::read(place.0.join("welcome.wav")).expect("the file"), file);
    let reader = Reader::new(place.options());
    let sound = reader.sound("sound/welcome");
    assert_eq!((sound.at8k.len(), sound.at16k.len()), (4000, 8000));
    assert_eq!(sound.at8k[2000], 1234);
}

#[test]
fn an_upload_stands_in_for_a_prompt_until_it_is_removed() {
    let place = Place::new();
    let reader = Reader::new(place.options());
    let ours = reader.sound("prompt/de/busy");
    let info = reader.library.add("prompt/de/busy", &wav(300, 5)).expect("taken");
    assert_eq!(info.source, Source::Replacement);
    assert_eq!(reader.sound("prompt/de/busy").at8k.len(), 2400);
    assert!(!ours.at8k.is_empty(), "whoever plays the old one plays on");
    assert!(reader.library.remove("prompt/de/busy").expect("removed"));
    assert_eq!(reader.sound("prompt/de/busy").at8k, ours.at8k);
    assert!(!reader.library.remove("prompt/de/busy").expect("nothing there"));
}

#[test]
fn a_new_upload_takes_the_place_of_one_of_another_kind() {
    let place = Place::new();
    let reader = Reader::new(place.options());
    reader.library.add("music/lobby", &wav(300, 5)).expect("taken");
    let ogg = voice::sound(voice::Language::En, "goodbye").expect("a prompt");
    reader.library.add("music/lobby", ogg).expect("taken");
    let files: Vec<_> =
        fs::read_dir(place.0.join("music")).expect("folder").map(|e| e.expect("entry").file_name()).collect();
    assert_eq!(files, ["lobby.ogg"]);
    assert!(reader.sound("music/lobby").at8k.len() > 2400);
}

#[test]
fn bad_uploads_are_refused_and_leave_nothing() {
    let place = Place::new();
    let library = Library::start(LibraryOptions { cache_octets_max: 48_000, ..place.options() }).expect("a library");
    let refused = |name: &str, bytes: &[u8]| library.add(name, bytes).expect_err("refused");
    assert!(matches!(refused("sound/a", b"not a sound at all"), AddError::Read(_)));
    assert!(matches!(refused("sound/a", b""), AddError::Read(_)));
    assert!(matches!(refused("sound/a", &wav(1100, 1)), AddError::Read(ReadError::TooLong { max_s: 1 })));
    assert!(matches!(refused("sound/../a", &wav(100, 1)), AddError::Name(NameError::Part)));
    assert!(matches!(refused("speech/en/hello", &wav(100, 1)), AddError::Name(NameError::Speech)));
    assert_eq!(fs::read_dir(&place.0).expect("folder").count(), 0);
}

#[test]
fn the_list_names_what_came_along_and_what_was_uploaded() {
    let place = Place::new();
    fs::create_dir_all(&place.0).expect("folder");
    fs::write(place.0.join("by-hand.wav"), wav(700, 1)).expect("written");
    fs::write(place.0.join("notes.txt"), "no sound").expect("written");
    fs::write(place.0.join("torn.part"), "half a sound").expect("written");
    fs::write(place.0.join("not a name.wav"), wav(100, 1)).expect("written");
    let reader = Reader::new(place.options());
    assert!(!place.0.join("torn.part").exists(), "a power cut's remains are cleared away");
    reader.library.add("prompt/fr/busy", &wav(300, 5)).expect("taken");
    reader.sound("sound/by-hand");
    let list = reader.library.list().expect("a list");
    let find = |name: &str| list.iter().find(|info| info.name == name).unwrap_or_else(|| panic!("{name}"));
    assert_eq!(find("prompt/fr/busy").source, Source::Replacement);
    assert_eq!(find("prompt/fr/busy").duration, Some(Duration::from_millis(300)));
    assert_eq!(find("prompt/nl/busy").source, Source::Program);
    assert!(find("prompt/nl/busy").duration.is_some_and(|d| d > Duration::from_millis(500)));
    assert_eq!(find("music/default").duration, Some(Duration::from_secs(80)));
    assert_eq!(find("sound/by-hand").duration, Some(Duration::from_millis(700)));
    assert_eq!(list.iter().filter(|info| info.source == Source::Upload).count(), 1);
    assert!(list.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn a_file_put_in_by_hand_that_is_none_fails_alone() {
    let place = Place::new();
    fs::create_dir_all(&place.0).expect("folder");
    fs::write(place.0.join("broken.mp3"), [0xFF; 300]).expect("written");
    let reader = Reader::new(place.options());
    assert!(!reader.failure("sound/broken").is_empty());
    assert!(!reader.sound("prompt/en/busy").at8k.is_empty());
}

#[test]
fn speech_is_made_once_and_kept_over_a_restart() {
    let place = Place::new();
    fs::create_dir_all(&place.0).expect("folder");
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library/fixtures/speaker");
    let options = LibraryOptions { text_to_speech: Some(program), ..place.options() };
    // The program appends a line to the file it is told.
    let heard = place.0.join("heard");
    let name = format!("speech/es/count {} ¿qué tal?", heard.display());
    for _ in 0..2 {
        let reader = Reader::new(options.clone());
        assert_eq!(reader.sound(&name).at8k.len(), 2000);
        assert_eq!(reader.sound(&name).at8k.len(), 2000);
    }
    let lines = fs::read_to_string(&heard).expect("heard");
    assert_eq!(lines, format!("es {} ¿qué tal?\n", heard.display()));
    assert_eq!(fs::read_dir(place.0.join("speech-cache")).expect("cache").count(), 1);
}

#[test]
fn a_program_that_fails_is_told_and_the_library_goes_on() {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library/fixtures/speaker");
    let reader = Reader::new(LibraryOptions::default());
    reader.library.set_text_to_speech(Some(program));
    assert!(reader.failure("speech/en/fail").contains("failed"));
    assert!(reader.failure("speech/en/noise").contains("cannot be played"));
    assert_eq!(reader.sound("speech/en/hello").at8k.len(), 2000);
}

#[test]
fn every_listener_shares_one_sound_and_it_survives_the_cache() {
    let place = Place::new();
    let reader = Reader::new(LibraryOptions { cache_octets_max: 60_000, ..place.options() });
    reader.library.add("sound/a", &wav(1000, 1)).expect("taken");
    let playing = reader.sound("sound/a");
    reader.library.add("sound/b", &wav(1000, 2)).expect("taken");
    assert!(Arc::ptr_eq(&playing, &reader.sound("sound/a")), "playing, so it stayed");
    drop(playing);
    reader.library.add("sound/c", &wav(1000, 3)).expect("taken");
    assert!(reader.library.cached_octets() <= 60_000);
    assert_eq!(reader.sound("sound/b").at8k[500], 2, "read again");
}

#[test]
fn its_threads_end_with_it() {
    let library = Library::start(LibraryOptions::default()).expect("a library");
    let shared = Arc::downgrade(&library.inner.shared);
    let clone = library.clone();
    drop(library);
    assert!(matches!(clone.sound("prompt/en/busy"), SoundState::Loading));
    drop(clone);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while shared.strong_count() > 0 {
        assert!(std::time::Instant::now() < until, "a thread stayed");
        std::thread::yield_now();
    }
}
