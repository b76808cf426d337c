//! Single changes, as a page's form or a command makes them.

use base::Redacted;

use crate::error::ConfigError;
use crate::keys;
use crate::model::{Config, Extension, FeatureCodes, Listen, MediaSettings, RingGroup, SipSettings, System};
use crate::secret;

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
}

/// An extension as a form gives it: with a secret in clear, or none to keep the one it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// A new secret.
    pub secret: Option<Redacted<String>>,
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
            Edit::AddRingGroup(group) => match config.ring_groups.get(&group.number) {
                Some(other) => errors.push(taken("ring_group", &group.number, &other.name)),
                None => ring_group(config, group),
            },
            Edit::ChangeRingGroup(group) => match config.ring_groups.contains_key(&group.number) {
                true => ring_group(config, group),
                false => errors.push(gone("ring_group", &group.number)),
            },
            Edit::RemoveRingGroup(number) => {
                if config.ring_groups.remove(&number).is_none() {
                    errors.push(gone("ring_group", &number));
                }
            }
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
    let ExtensionDraft { number, name, email, enabled, ring_time_s, secret } = draft;
    let (ha1_md5, ha1_sha256) = match (&secret, config.extensions.get(&number)) {
        (Some(Redacted(secret)), _) => {
            if let Err(weakness) = secret::check(&number, secret) {
                let hint = keys::Kind::Secret.describe();
                errors.push(error("extension", &number, "secret", format!("is too weak: {weakness}"), &hint));
            }
            secret::ha1(&number, &config.system.realm, secret)
        }
        (None, Some(before)) => (before.ha1_md5, before.ha1_sha256),
        (None, None) => {
            errors.push(error("extension", &number, "secret", "is missing".into(), &keys::Kind::Secret.describe()));
            Default::default()
        }
    };
    let extension = Extension { number, name, email, ha1_md5, ha1_sha256, enabled, ring_time_s };
    config.extensions.insert(extension.number.clone(), extension);
}

fn ring_group(config: &mut Config, group: RingGroup) {
    config.ring_groups.insert(group.number.clone(), group);
}

fn taken(section: &str, number: &str, by: &str) -> ConfigError {
    error(section, number, "number", format!("{number} is already taken by {by}"), "choose another number")
}

fn gone(section: &str, number: &str) -> ConfigError {
    error(section, number, "number", "is not there any more".into(), "somebody else may have removed it")
}

fn error(section: &str, number: &str, key: &str, message: String, hint: &str) -> ConfigError {
    let path = format!("{section}.{}.{key}", keys::shown_key(number));
    ConfigError { path, line: None, message, hint: Some(hint.to_owned()) }
}
