//! Extensions, ring groups, music and conferences, read.

use super::entry::Entry;
use crate::model::{Conference, Extension, Music, RingGroup};
use crate::secret;

pub(super) fn extension(entry: &mut Entry<'_, '_, '_>, realm: &str) -> Extension {
    let number = entry.text("number");
    let name = entry.text("name");
    let email = entry.text_or_absent("email");
    let enabled = entry.flag("enabled");
    let ring_time_s = entry.integer_or_absent("ring_time_s");
    let record = entry.choice("record");
    let supervisor = entry.flag("supervisor");
    let language = entry.choice_or_absent("language");
    let noise_reduction = entry.flag("noise_reduction");
    let echo_cancellation = entry.flag("echo_cancellation");
    let automatic_gain = entry.flag("automatic_gain");
    let gain_db = entry.signed("gain_db");
    let class = entry.text_or_absent("class");
    let caller_id = entry.text_or_absent("caller_id");
    let voicemail = entry.flag("voicemail");
    let voicemail_pin = entry.hidden_or_absent("voicemail_pin");
    let voicemail_mail = entry.choice("voicemail_mail");
    let pickup_group = entry.text_or_absent("pickup_group");
    let location = entry.text_or_absent("location");
    let emergency_caller_id = entry.text_or_absent("emergency_caller_id");
    let mobile = entry.text_or_absent("mobile");
    let keys = entry.text_or_absent("keys");
    let (ha1_md5, ha1_sha256) = digests(entry, &number, realm);
    Extension {
        number,
        name,
        email,
        ha1_md5,
        ha1_sha256,
        enabled,
        ring_time_s,
        record,
        supervisor,
        language,
        noise_reduction,
        echo_cancellation,
        automatic_gain,
        gain_db,
        class,
        caller_id,
        voicemail,
        voicemail_pin,
        voicemail_mail,
        pickup_group,
        location,
        emergency_caller_id,
        mobile,
        keys,
    }
}

/// The two digests, as they stand or of a secret in clear.
fn digests(entry: &mut Entry<'_, '_, '_>, number: &str, realm: &str) -> ([u8; 16], [u8; 32]) {
    let in_clear = entry.text_or_absent("secret");
    let stored = (entry.octets::<16>("ha1_md5"), entry.octets::<32>("ha1_sha256"));
    let has_digest = entry.has("ha1_md5") || entry.has("ha1_sha256");
    match (in_clear, stored) {
        (Some(in_clear), _) => {
            if has_digest {
                entry.complain("secret", "stands beside a digest of a secret", "keep one of the two".into());
            } else if let Err(weakness) = secret::check(number, &in_clear) {
                entry.complain("secret", &format!("is too weak: {weakness}"), entry.describe("secret"));
            }
            secret::ha1(number, realm, &in_clear)
        }
        (None, (Some(md5), Some(sha256))) => (md5, sha256),
        (None, (md5, sha256)) => {
            if !entry.has("secret") {
                let hint = "give `secret`, or both `ha1_md5` and `ha1_sha256` of an exported document";
                match (entry.has("ha1_md5"), entry.has("ha1_sha256")) {
                    (false, false) => entry.complain_absent("secret", "is missing", hint.into()),
                    (true, false) => entry.complain_absent("ha1_sha256", "is missing", hint.into()),
                    (false, true) => entry.complain_absent("ha1_md5", "is missing", hint.into()),
                    // Present but unreadable: reported where it was read.
                    (true, true) => {}
                }
            }
            (md5.unwrap_or_default(), sha256.unwrap_or_default())
        }
    }
}

pub(super) fn ring_group(entry: &mut Entry<'_, '_, '_>) -> RingGroup {
    RingGroup {
        number: entry.text("number"),
        name: entry.text("name"),
        members: entry.list("members"),
        ring_time_s: entry.integer_or_absent("ring_time_s"),
        record: entry.choice("record"),
        music: entry.text_or_absent("music"),
        strategy: entry.choice("strategy"),
        otherwise: entry.destination_or_absent("otherwise"),
        label: entry.text_or_absent("label"),
        skip_busy: entry.flag("skip_busy"),
    }
}

pub(super) fn music(entry: &mut Entry<'_, '_, '_>) -> Music {
    Music { name: entry.text("name"), files: entry.list("files"), shuffle: entry.flag("shuffle") }
}

pub(super) fn conference(entry: &mut Entry<'_, '_, '_>) -> Conference {
    Conference {
        number: entry.text("number"),
        name: entry.text("name"),
        pin: entry.hidden_or_absent("pin"),
        entry_tones: entry.flag("entry_tones"),
        record: entry.choice("record"),
        members_max: entry.integer("members_max"),
        moderator_pin: entry.hidden_or_absent("moderator_pin"),
        wait_for_moderator: entry.flag("wait_for_moderator"),
    }
}
