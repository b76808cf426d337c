//! Single changes, as a page's form or a command makes them.

mod draft;
mod leave;
mod rows;

use crate::error::ConfigError;
use crate::keys;
use crate::model::{
    Blocked, Calendar, Class, Conference, Config, Emergency, FeatureCodes, Hours, InboundRoute, KeyLayout, Listen,
    MailSettings, Mailbox, MediaSettings, Music, Numbers, OfficeCodes, OutboundRoute, Paging, Parking, Phone,
    Provisioning, RecordingSettings, RingGroup, SipSettings, System, Trunk, VoicemailSettings,
};
use crate::number::normal_mac;

pub use draft::ExtensionDraft;
use leave::leave;
use rows::{add, change, gone, taken};

/// One change. Several can be applied in one step: a new number for an extension is its removal
/// and an addition.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "edits are few, and moved two or three times each")]
pub enum Edit {
    /// A new extension; refused where the number is taken.
    AddExtension(ExtensionDraft),
    /// Replaces an extension; without a `secret` it keeps its own. Refused where there is none.
    ChangeExtension(ExtensionDraft),
    /// Removes an extension, also from the lists it is in; refused where it is the last of one that needs
    /// somebody, and while calls are sent there by a rule.
    RemoveExtension(String),
    /// A new ring group; refused where the number is taken.
    AddRingGroup(RingGroup),
    /// Replaces a ring group; refused where there is none.
    ChangeRingGroup(RingGroup),
    /// Removes a ring group; refused while calls are sent there by a rule.
    RemoveRingGroup(String),
    /// Replaces `[system]`.
    SetSystem(System),
    /// Replaces `[listen]`.
    SetListen(Listen),
    /// Replaces `[sip]`.
    SetSip(SipSettings),
    /// Replaces `[media]`.
    SetMedia(MediaSettings),
    /// Replaces the codes of `[features]` that belong to the box.
    SetFeatures(FeatureCodes),
    /// Replaces `[recording]`.
    SetRecording(RecordingSettings),
    /// A new music class; refused where the name is taken.
    AddMusic(Music),
    /// Replaces a music class; refused where there is none.
    ChangeMusic(Music),
    /// Removes a music class; refused while a ring group or parking plays it.
    RemoveMusic(String),
    /// A new conference; refused where the number is taken.
    AddConference(Conference),
    /// Replaces a conference; refused where there is none.
    ChangeConference(Conference),
    /// Removes a conference; refused while calls are sent there by a rule.
    RemoveConference(String),
    /// A new shared mailbox; refused where the number is taken.
    AddMailbox(Mailbox),
    /// Replaces a shared mailbox; refused where there is none.
    ChangeMailbox(Mailbox),
    /// Removes a shared mailbox; refused while calls are sent there by a rule.
    RemoveMailbox(String),
    /// A new paging group; refused where the number is taken.
    AddPaging(Paging),
    /// Replaces a paging group; refused where there is none.
    ChangePaging(Paging),
    /// Removes a paging group; refused while calls are sent there by a rule.
    RemovePaging(String),
    /// A new set of opening hours; refused where the name is taken.
    AddHours(Hours),
    /// Replaces a set of opening hours; refused where there is none.
    ChangeHours(Hours),
    /// Removes a set of opening hours; refused while a route or a class asks them.
    RemoveHours(String),
    /// A new calendar; refused where the name is taken.
    AddCalendar(Calendar),
    /// Replaces a calendar; refused where there is none.
    ChangeCalendar(Calendar),
    /// Removes a calendar, also from the hours that read it.
    RemoveCalendar(String),
    /// A new trunk; refused where the name is taken.
    AddTrunk(Trunk),
    /// Replaces a trunk; refused where there is none.
    ChangeTrunk(Trunk),
    /// Removes a trunk, also from the routes that use it; refused where it is the only one of one.
    RemoveTrunk(String),
    /// A new class of service; refused where the name is taken.
    AddClass(Class),
    /// Replaces a class of service; refused where there is none.
    ChangeClass(Class),
    /// Removes a class of service, also from the routes for it; refused while an extension has it.
    RemoveClass(String),
    /// A new outbound route; refused where the name is taken.
    AddOutboundRoute(OutboundRoute),
    /// Replaces an outbound route; refused where there is none.
    ChangeOutboundRoute(OutboundRoute),
    /// Removes an outbound route.
    RemoveOutboundRoute(String),
    /// A new inbound route; refused where the name is taken.
    AddInboundRoute(InboundRoute),
    /// Replaces an inbound route; refused where there is none.
    ChangeInboundRoute(InboundRoute),
    /// Removes an inbound route.
    RemoveInboundRoute(String),
    /// A new blocked or allowed caller; refused where the number is taken.
    AddBlocked(Blocked),
    /// Replaces a blocked or allowed caller; refused where there is none.
    ChangeBlocked(Blocked),
    /// Removes a blocked or allowed caller.
    RemoveBlocked(String),
    /// A new phone; refused where the address is taken.
    AddPhone(Phone),
    /// Replaces a phone; refused where there is none.
    ChangePhone(Phone),
    /// Removes a phone.
    RemovePhone(String),
    /// A new key layout; refused where the name is taken.
    AddKeyLayout(KeyLayout),
    /// Replaces a key layout; refused where there is none.
    ChangeKeyLayout(KeyLayout),
    /// Removes a key layout; refused while an extension or a phone has it.
    RemoveKeyLayout(String),
    /// Replaces `[mail]`.
    SetMail(MailSettings),
    /// Replaces `[voicemail]`.
    SetVoicemail(VoicemailSettings),
    /// Replaces `[parking]`.
    SetParking(Parking),
    /// Replaces `[provisioning]`.
    SetProvisioning(Provisioning),
    /// Replaces `[numbers]`.
    SetNumbers(Numbers),
    /// Replaces `[emergency]`.
    SetEmergency(Emergency),
    /// Replaces the office's codes in `[features]`.
    SetCodes(OfficeCodes),
}

/// Applies the edits; what comes back are the faults that the check of the whole cannot see. `before` is
/// the configuration as it was: what may not be removed is put back from there.
pub(crate) fn apply(config: &mut Config, before: &Config, edits: impl IntoIterator<Item = Edit>) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let mut removed = Vec::new();
    for edit in edits {
        one(config, edit, &mut removed, &mut errors);
    }
    for (section, id) in removed {
        leave(config, before, section, &id, &mut errors);
    }
    errors
}

/// One edit. What it removes is noted, to be looked for in what refers to it once all edits are known.
fn one(config: &mut Config, edit: Edit, removed: &mut Vec<(&'static str, String)>, errors: &mut Vec<ConfigError>) {
    macro_rules! remove {
        ($rows:ident, $section:literal, $id:expr) => {
            match config.$rows.remove(&$id) {
                Some(_) => removed.push(($section, $id)),
                None => errors.push(gone($section, &$id)),
            }
        };
    }
    match edit {
        Edit::SetSystem(system) => config.system = system,
        Edit::SetListen(listen) => config.listen = listen,
        Edit::SetSip(sip) => config.sip = sip,
        Edit::SetMedia(media) => config.media = media,
        Edit::SetFeatures(features) => config.features = features,
        Edit::SetRecording(recording) => config.recording = recording,
        Edit::AddExtension(draft) => match config.extensions.get(&draft.number) {
            Some(other) => errors.push(taken("extension", &draft.number, &other.name)),
            None => draft::put(config, draft, errors),
        },
        Edit::ChangeExtension(draft) => match config.extensions.contains_key(&draft.number) {
            true => draft::put(config, draft, errors),
            false => errors.push(gone("extension", &draft.number)),
        },
        Edit::RemoveExtension(number) => remove!(extensions, "extension", number),
        Edit::AddRingGroup(ring_group) => add(&mut config.ring_groups, ring_group, errors),
        Edit::ChangeRingGroup(ring_group) => change(&mut config.ring_groups, ring_group, errors),
        Edit::RemoveRingGroup(number) => remove!(ring_groups, "ring_group", number),
        Edit::AddMusic(music) => add(&mut config.music, music, errors),
        Edit::ChangeMusic(music) => change(&mut config.music, music, errors),
        Edit::RemoveMusic(name) => remove!(music, "music", name),
        Edit::AddConference(conference) => add(&mut config.conferences, conference, errors),
        Edit::ChangeConference(conference) => change(&mut config.conferences, conference, errors),
        Edit::RemoveConference(number) => remove!(conferences, "conference", number),
        Edit::AddMailbox(mailbox) => add(&mut config.mailboxes, mailbox, errors),
        Edit::ChangeMailbox(mailbox) => change(&mut config.mailboxes, mailbox, errors),
        Edit::RemoveMailbox(number) => remove!(mailboxes, "mailbox", number),
        Edit::AddPaging(paging) => add(&mut config.paging, paging, errors),
        Edit::ChangePaging(paging) => change(&mut config.paging, paging, errors),
        Edit::RemovePaging(number) => remove!(paging, "paging", number),
        Edit::AddHours(hours) => add(&mut config.hours, hours, errors),
        Edit::ChangeHours(hours) => change(&mut config.hours, hours, errors),
        Edit::RemoveHours(name) => remove!(hours, "hours", name),
        Edit::AddCalendar(calendar) => add(&mut config.calendars, calendar, errors),
        Edit::ChangeCalendar(calendar) => change(&mut config.calendars, calendar, errors),
        Edit::RemoveCalendar(name) => remove!(calendars, "calendar", name),
        Edit::AddTrunk(trunk) => add(&mut config.trunks, trunk, errors),
        Edit::ChangeTrunk(trunk) => change(&mut config.trunks, trunk, errors),
        Edit::RemoveTrunk(name) => remove!(trunks, "trunk", name),
        Edit::AddClass(class) => add(&mut config.classes, class, errors),
        Edit::ChangeClass(class) => change(&mut config.classes, class, errors),
        Edit::RemoveClass(name) => remove!(classes, "class", name),
        Edit::AddOutboundRoute(outbound_route) => add(&mut config.outbound_routes, outbound_route, errors),
        Edit::ChangeOutboundRoute(outbound_route) => change(&mut config.outbound_routes, outbound_route, errors),
        Edit::RemoveOutboundRoute(name) => remove!(outbound_routes, "outbound_route", name),
        Edit::AddInboundRoute(inbound_route) => add(&mut config.inbound_routes, inbound_route, errors),
        Edit::ChangeInboundRoute(inbound_route) => change(&mut config.inbound_routes, inbound_route, errors),
        Edit::RemoveInboundRoute(name) => remove!(inbound_routes, "inbound_route", name),
        Edit::AddBlocked(blocked) => add(&mut config.blocked, blocked, errors),
        Edit::ChangeBlocked(blocked) => change(&mut config.blocked, blocked, errors),
        Edit::RemoveBlocked(number) => remove!(blocked, "blocked", number),
        Edit::AddPhone(phone) => add(&mut config.phones, normal(phone), errors),
        Edit::ChangePhone(phone) => change(&mut config.phones, normal(phone), errors),
        Edit::RemovePhone(mac) => {
            let mac = normal_mac(&mac).unwrap_or(mac);
            remove!(phones, "phone", mac);
        }
        Edit::AddKeyLayout(key_layout) => add(&mut config.key_layouts, key_layout, errors),
        Edit::ChangeKeyLayout(key_layout) => change(&mut config.key_layouts, key_layout, errors),
        Edit::RemoveKeyLayout(name) => remove!(key_layouts, "key_layout", name),
        Edit::SetMail(mail) => config.mail = mail,
        Edit::SetVoicemail(voicemail) => config.voicemail = voicemail,
        Edit::SetParking(parking) => config.parking = parking,
        Edit::SetProvisioning(provisioning) => config.provisioning = provisioning,
        Edit::SetNumbers(numbers) => config.numbers = numbers,
        Edit::SetEmergency(emergency) => config.emergency = emergency,
        Edit::SetCodes(codes) => config.codes = codes,
    }
}

/// With its address in the one spelling.
fn normal(phone: Phone) -> Phone {
    Phone { mac: normal_mac(&phone.mac).unwrap_or(phone.mac), ..phone }
}

fn id_key(section: &str) -> &'static str {
    keys::section(section).map_or("", keys::Section::id_key)
}

fn error(section: &str, number: &str, key: &str, message: String, hint: &str) -> ConfigError {
    let path = format!("{section}.{}.{key}", keys::shown_key(number));
    ConfigError { path, line: None, message, hint: Some(hint.to_owned()) }
}
