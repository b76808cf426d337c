//! An extension as a form gives it.

use base::Redacted;

use super::error;
use crate::choice::{Language, MailboxMail, RecordChoice};
use crate::error::ConfigError;
use crate::keys;
use crate::model::{Config, Extension};
use crate::secret;

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
    /// What it may call.
    pub class: Option<String>,
    /// The number shown outside, in E.164.
    pub caller_id: Option<String>,
    /// It has a mailbox.
    pub voicemail: bool,
    /// Typed to listen to it from elsewhere; none: not possible.
    pub voicemail_pin: Option<Redacted<String>>,
    /// What a new message sends by mail.
    pub voicemail_mail: MailboxMail,
    /// Those of the same group may take each other's ringing calls.
    pub pickup_group: Option<String>,
    /// Where its phones stand.
    pub location: Option<String>,
    /// The number shown to emergency services, in E.164.
    pub emergency_caller_id: Option<String>,
    /// Another number of the person, in E.164.
    pub mobile: Option<String>,
    /// The layout of its phones' keys.
    pub keys: Option<String>,
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
            class: extension.class.clone(),
            caller_id: extension.caller_id.clone(),
            voicemail: extension.voicemail,
            voicemail_pin: extension.voicemail_pin.clone(),
            voicemail_mail: extension.voicemail_mail,
            pickup_group: extension.pickup_group.clone(),
            location: extension.location.clone(),
            emergency_caller_id: extension.emergency_caller_id.clone(),
            mobile: extension.mobile.clone(),
            keys: extension.keys.clone(),
            secret: None,
        }
    }
}

/// Puts an extension in, with the digests of its new secret or those it had.
pub(super) fn put(config: &mut Config, draft: ExtensionDraft, errors: &mut Vec<ConfigError>) {
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
        number: draft.number,
        name: draft.name,
        ha1_md5,
        ha1_sha256,
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
        class: draft.class,
        caller_id: draft.caller_id,
        voicemail: draft.voicemail,
        voicemail_pin: draft.voicemail_pin,
        voicemail_mail: draft.voicemail_mail,
        pickup_group: draft.pickup_group,
        location: draft.location,
        emergency_caller_id: draft.emergency_caller_id,
        mobile: draft.mobile,
        keys: draft.keys,
    };
    config.extensions.insert(extension.number.clone(), extension);
}
