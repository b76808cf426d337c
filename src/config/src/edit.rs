//! Single changes, as a page's form or a command makes them.

use std::collections::BTreeMap;

use base::Redacted;

use crate::choice::{Language, RecordChoice};
use crate::error::ConfigError;
use crate::keys;
use crate::model::{
    Conference, Config, Extension, FeatureCodes, Listen, MUSIC_DEFAULT, MediaSettings, Music, RecordingSettings,
    RingGroup, SipSettings, System,
};
use crate::secret;
use crate::value::Fields;

/// One change. Several can be applied in one step: a new number for an extension is its removal
/// and an addition.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A new extension; refused where the number is taken.
    AddExtension(ExtensionDraft),
    /// Replaces an extension; without a `secret` it keeps its own. Refused where there is none.
    ChangeExtension(ExtensionDraft),
    /// Removes an extension, also from the ring groups it is in; refused where it is the last of one.
    RemoveExtension(String),
    /// A new ring group; refused where the number is taken.
    AddRingGroup(RingGroup),
    /// Replaces a ring group; refused where there is none.
    ChangeRingGroup(RingGroup),
    /// Removes a ring group.
    RemoveRingGroup(String),
    /// Replaces `[system]`.
    SetSystem(System),
    /// Replaces `[listen]`.
    SetListen(Listen),
    /// Replaces `[sip]`.
    SetSip(SipSettings),
    /// Replaces `[media]`.
    SetMedia(MediaSettings),
    /// Replaces `[features]`.
    SetFeatures(FeatureCodes),
    /// Replaces `[recording]`.
    SetRecording(RecordingSettings),
    /// A new music class; refused where the name is taken.
    AddMusic(Music),
    /// Replaces a music class; refused where there is none.
    ChangeMusic(Music),
    /// Removes a music class; refused while a ring group plays it.
    RemoveMusic(String),
    /// A new conference; refused where the number is taken.
    AddConference(Conference),
    /// Replaces a conference; refused where there is none.
    ChangeConference(Conference),
    /// Removes a conference.
    RemoveConference(String),
}

/// An extension as a form gives it: with a secret in clear, or none to keep the one it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionDraft {
    /// Digits only, 2–10 of them.
    pub number: String,
    /// Who it is.
    pub name: String,
    /// For messages.
    pub email: Option<String>,
    /// May it register and call.
    pub enabled: bool,
    /// Its own ring time, seconds.
    pub ring_time_s: Option<u16>,
    /// Whether its calls are recorded.
    pub record: RecordChoice,
    /// May it listen in to others.
    pub supervisor: bool,
    /// Of the prompts it hears; absent: the box's.
    pub language: Option<Language>,
    /// Steady noise is taken away from what it says.
    pub noise_reduction: bool,
    /// The echo of its phones' loudspeakers is taken away.
    pub echo_cancellation: bool,
    /// What it says is brought to an even loudness.
    pub automatic_gain: bool,
    /// What it says is made louder or softer by so many dB, −12 to 12.
    pub gain_db: i8,
    /// A new secret.
    pub secret: Option<Redacted<String>>,
}

impl Default for ExtensionDraft {
    /// Nobody yet: neither number nor name nor secret, and not enabled.
    fn default() -> Self {
        let nobody = Extension::new(String::new(), String::new(), [0; 16], [0; 32]);
        ExtensionDraft { enabled: false, ..ExtensionDraft::from(&nobody) }
    }
}

impl From<&Extension> for ExtensionDraft {
    /// To fill a form with; the secret stays as it is.
    fn from(extension: &Extension) -> Self {
        ExtensionDraft {
            number: extension.number.clone(),
            name: extension.name.clone(),
            email: extension.email.clone(),
            enabled: extension.enabled,
            ring_time_s: extension.ring_time_s,
            record: extension.record,
            supervisor: extension.supervisor,
            language: extension.language,
            noise_reduction: extension.noise_reduction,
            echo_cancellation: extension.echo_cancellation,
            automatic_gain: extension.automatic_gain,
            gain_db: extension.gain_db,
            secret: None,
        }
    }
}

/// Applies the edits; what comes back are the faults that the check of the whole cannot see.
pub(crate) fn apply(config: &mut Config, edits: impl IntoIterator<Item = Edit>) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut removed = Vec::new();
    for edit in edits {
        match edit {
            Edit::SetSystem(system) => config.system = system,
            Edit::SetListen(listen) => config.listen = listen,
            Edit::SetSip(sip) => config.sip = sip,
            Edit::SetMedia(media) => config.media = media,
            Edit::SetFeatures(features) => config.features = features,
            Edit::AddExtension(draft) => match config.extensions.get(&draft.number) {
                Some(other) => errors.push(taken("extension", &draft.number, &other.name)),
                None => extension(config, draft, &mut errors),
            },
            Edit::ChangeExtension(draft) => match config.extensions.contains_key(&draft.number) {
                true => extension(config, draft, &mut errors),
                false => errors.push(gone("extension", &draft.number)),
            },
            Edit::RemoveExtension(number) => match config.extensions.remove(&number) {
                Some(extension) => removed.push(extension),
                None => errors.push(gone("extension", &number)),
            },
            Edit::SetRecording(recording) => config.recording = recording,
            Edit::AddRingGroup(group) => add(&mut config.ring_groups, group, &mut errors),
            Edit::ChangeRingGroup(group) => change(&mut config.ring_groups, group, &mut errors),
            Edit::RemoveRingGroup(number) => remove(&mut config.ring_groups, &number, &mut errors),
            Edit::AddMusic(music) => add(&mut config.music, music, &mut errors),
            Edit::ChangeMusic(music) => change(&mut config.music, music, &mut errors),
            Edit::RemoveMusic(name) => {
                // The check of the whole would find it at the ring group, where nothing has to change.
                match config.ring_groups.values().find(|group| group.music.as_ref() == Some(&name)) {
                    Some(group) if name != MUSIC_DEFAULT => {
                        let message = format!("is what callers of ring group {} {} hear", group.number, group.name);
                        errors.push(error("music", &name, "name", message, "give the ring group another one first"));
                    }
                    _ => remove(&mut config.music, &name, &mut errors),
                }
            }
            Edit::AddConference(conference) => add(&mut config.conferences, conference, &mut errors),
            Edit::ChangeConference(conference) => change(&mut config.conferences, conference, &mut errors),
            Edit::RemoveConference(number) => remove(&mut config.conferences, &number, &mut errors),
        }
    }
    for Extension { number, .. } in removed {
        if config.extensions.contains_key(&number) {
            continue;
        }
        for group in config.ring_groups.values_mut().filter(|group| group.members.contains(&number)) {
            if group.members.iter().all(|member| *member == number) {
                let message = format!("is the only member of ring group {} {}", group.number, group.name);
                errors.push(error("extension", &number, "number", message, "remove the ring group first"));
            } else {
                group.members.retain(|member| *member != number);
            }
        }
    }
    errors
}

fn extension(config: &mut Config, draft: ExtensionDraft, errors: &mut Vec<ConfigError>) {
    let ExtensionDraft { number, .. } = &draft;
    let (ha1_md5, ha1_sha256) = match (&draft.secret, config.extensions.get(number)) {
        (Some(Redacted(secret)), _) => {
            if let Err(weakness) = secret::check(number, secret) {
                let hint = keys::Kind::Secret.describe();
                errors.push(error("extension", number, "secret", format!("is too weak: {weakness}"), &hint));
            }
            secret::ha1(number, &config.system.realm, secret)
        }
        (None, Some(before)) => (before.ha1_md5, before.ha1_sha256),
        (None, None) => {
            errors.push(error("extension", number, "secret", "is missing".into(), &keys::Kind::Secret.describe()));
            Default::default()
        }
    };
    let extension = Extension {
        email: draft.email,
        enabled: draft.enabled,
        ring_time_s: draft.ring_time_s,
        record: draft.record,
        supervisor: draft.supervisor,
        language: draft.language,
        noise_reduction: draft.noise_reduction,
        echo_cancellation: draft.echo_cancellation,
        automatic_gain: draft.automatic_gain,
        gain_db: draft.gain_db,
        ..Extension::new(draft.number, draft.name, ha1_md5, ha1_sha256)
    };
    config.extensions.insert(extension.number.clone(), extension);
}

/// What comes many times, by its number or name.
trait Row: Fields {
    fn id(&self) -> &String;
    fn title(&self) -> &String;
}

impl Row for RingGroup {
    fn id(&self) -> &String {
        &self.number
    }

    fn title(&self) -> &String {
        &self.name
    }
}

impl Row for Music {
    fn id(&self) -> &String {
        &self.name
    }

    fn title(&self) -> &String {
        &self.name
    }
}

impl Row for Conference {
    fn id(&self) -> &String {
        &self.number
    }

    fn title(&self) -> &String {
        &self.name
    }
}

fn add<S: Row>(rows: &mut BTreeMap<String, S>, row: S, errors: &mut Vec<ConfigError>) {
    match rows.get(row.id()) {
        Some(other) => errors.push(taken(S::SECTION, row.id(), other.title())),
        None => {
            rows.insert(row.id().clone(), row);
        }
    }
}

fn change<S: Row>(rows: &mut BTreeMap<String, S>, row: S, errors: &mut Vec<ConfigError>) {
    match rows.get_mut(row.id()) {
        Some(before) => *before = row,
        None => errors.push(gone(S::SECTION, row.id())),
    }
}

fn remove<S: Row>(rows: &mut BTreeMap<String, S>, id: &str, errors: &mut Vec<ConfigError>) {
    if rows.remove(id).is_none() {
        errors.push(gone(S::SECTION, id));
    }
}

fn taken(section: &str, id: &str, by: &str) -> ConfigError {
    let key = id_key(section);
    let by = if by == id { String::new() } else { format!(" by {by}") };
    error(section, id, key, format!("{id} is already taken{by}"), &format!("choose another {key}"))
}

fn gone(section: &str, id: &str) -> ConfigError {
    error(section, id, id_key(section), "is not there any more".into(), "somebody else may have removed it")
}

fn id_key(section: &str) -> &'static str {
    keys::section(section).map_or("", keys::Section::id_key)
}

fn error(section: &str, number: &str, key: &str, message: String, hint: &str) -> ConfigError {
    let path = format!("{section}.{}.{key}", keys::shown_key(number));
    ConfigError { path, line: None, message, hint: Some(hint.to_owned()) }
}
