//! What a list in a form offers.

use config::{Choice, Config, Language, MUSIC_DEFAULT, RecordChoice, RecordingRule};

/// A line of a `<select>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    /// What the form sends.
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

fn offered(value: &str, label: String, chosen: &str) -> Offered {
    Offered { value: value.to_owned(), label, chosen: value == chosen }
}

/// Whether calls are recorded. `chosen` is the word in the form; nothing is what the box says.
pub(crate) fn record(chosen: &str, config: &Config) -> Vec<Offered> {
    let chosen = if chosen.is_empty() { RecordChoice::Default.word() } else { chosen };
    let label = |choice: RecordChoice| match choice.rule() {
        None => format!("As for everybody ({})", rule(config.recording.default).to_lowercase()),
        Some(say) => rule(say).to_owned(),
    };
    RecordChoice::ALL.iter().map(|choice| offered(choice.word(), label(*choice), chosen)).collect()
}

/// A rule of recording in words.
pub(crate) fn rule(rule: RecordingRule) -> &'static str {
    match rule {
        RecordingRule::Never => "Never",
        RecordingRule::Always => "Always",
        RecordingRule::OnDemand => "On demand",
    }
}

/// The languages of prompts, the box's first.
pub(crate) fn language(chosen: &str, config: &Config) -> Vec<Offered> {
    let own = offered("", format!("As for everybody ({})", language_name(config.media.language)), chosen);
    let all = Language::ALL.iter().map(|l| offered(l.word(), language_name(*l).to_owned(), chosen));
    std::iter::once(own).chain(all).collect()
}

/// A language by its name in English.
pub(crate) fn language_name(language: Language) -> &'static str {
    match language {
        Language::En => "English",
        Language::Nl => "Dutch",
        Language::Fr => "French",
        Language::De => "German",
        Language::Es => "Spanish",
        Language::Ru => "Russian",
    }
}

/// What a caller hears while a group rings: ringing, or a class of music.
pub(crate) fn music(chosen: &str, config: &Config) -> Vec<Offered> {
    let ringing = offered("", "Ringing".to_owned(), chosen);
    // The class of this name is there whether the document names it or not.
    let default = (!config.music.contains_key(MUSIC_DEFAULT)).then_some(MUSIC_DEFAULT);
    let names = default.into_iter().chain(config.music.keys().map(String::as_str));
    std::iter::once(ringing).chain(names.map(|name| offered(name, format!("Music: {name}"), chosen))).collect()
}
