//! A small shell script plays the program.

use super::*;

fn speaker() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library/fixtures/speaker")
}

fn spoken(text: &str) -> Result<Vec<u8>, SpeechError> {
    speak(&speaker(), Language::Nl, text, Duration::from_secs(20))
}

#[test]
fn what_the_program_writes_is_a_sound() {
    let octets = spoken("hallo").expect("spoken");
    let clip = read(&octets, Limits::default()).expect("a WAV");
    assert_eq!(clip.duration(), Duration::from_millis(250));
}

#[test]
fn it_gets_one_argument_and_nothing_of_our_environment() {
    assert!(spoken("environment").is_ok());
}

#[test]
fn its_failures_are_told_apart() {
    assert!(matches!(spoken("fail"), Err(SpeechError::Failed(status)) if status.code() == Some(3)));
    assert!(matches!(spoken("much"), Err(SpeechError::TooMuch)));
    let none = speak(Path::new("/nonexistent/speaker"), Language::En, "x", Duration::from_secs(1));
    assert!(matches!(none, Err(SpeechError::Run(_))));
    let noise = spoken("noise").expect("octets");
    assert!(read(&noise, Limits::default()).is_err());
}

#[test]
fn a_slow_program_is_ended_with_its_children() {
    let begun = Instant::now();
    let slow = speak(&speaker(), Language::En, "slow", Duration::from_millis(200));
    assert!(matches!(slow, Err(SpeechError::Slow)));
    // The shell's child would have slept for 30 s, holding the pipe.
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn texts_languages_and_programs_have_files_of_their_own() {
    let name = |program: &str, language, text| file_name(Path::new(program), language, text);
    let one = name("/bin/a", Language::En, "yes");
    assert_eq!(one, name("/bin/a", Language::En, "yes"));
    assert_eq!(one.to_string_lossy().len(), 68);
    for other in
        [name("/bin/b", Language::En, "yes"), name("/bin/a", Language::De, "yes"), name("/bin/a", Language::En, "no")]
    {
        assert_ne!(one, other);
    }
}
