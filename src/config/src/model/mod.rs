//! The checked configuration: what the rest of the house reads. Immutable; swapped whole.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use base::Redacted;

use crate::choice::{
    ClientCertificates, Language, MailboxMail, RecordChoice, RecordingFormat, RecordingRule, RingStrategy, Srtp,
};
use crate::destination::Destination;

/// A whole, checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Who this box is.
    pub system: System,
    /// Where it listens.
    pub listen: Listen,
    /// SIP behaviour.
    pub sip: SipSettings,
    /// Audio.
    pub media: MediaSettings,
    /// Recording.
    pub recording: RecordingSettings,
    /// Feature codes.
    pub features: FeatureCodes,
    /// Extensions by number.
    pub extensions: BTreeMap<String, Extension>,
    /// Ring groups by number.
    pub ring_groups: BTreeMap<String, RingGroup>,
    /// Music classes by name.
    pub music: BTreeMap<String, Music>,
    /// Conference rooms by number.
    pub conferences: BTreeMap<String, Conference>,
    /// How numbers outside are written.
    pub numbers: Numbers,
    /// Emergency calls.
    pub emergency: Emergency,
    /// Voicemail.
    pub voicemail: VoicemailSettings,
    /// Parking.
    pub parking: Parking,
    /// Configuring phones.
    pub provisioning: Provisioning,
    /// Sending mail.
    pub mail: MailSettings,
    /// The office's feature codes.
    pub codes: OfficeCodes,
    /// Trunks by name.
    pub trunks: BTreeMap<String, Trunk>,
    /// Outbound routes by name.
    pub outbound_routes: BTreeMap<String, OutboundRoute>,
    /// Inbound routes by name.
    pub inbound_routes: BTreeMap<String, InboundRoute>,
    /// Classes of service by name.
    pub classes: BTreeMap<String, Class>,
    /// Opening hours by name.
    pub hours: BTreeMap<String, Hours>,
    /// Calendars by name.
    pub calendars: BTreeMap<String, Calendar>,
    /// Shared mailboxes by number.
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// Paging groups by number.
    pub paging: BTreeMap<String, Paging>,
    /// Callers who are refused, or never, by number.
    pub blocked: BTreeMap<String, Blocked>,
    /// Handsets by MAC address.
    pub phones: BTreeMap<String, Phone>,
    /// Key layouts by name.
    pub key_layouts: BTreeMap<String, KeyLayout>,
}

/// `[system]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct System {
    /// The firm's name, on pages.
    pub name: String,
    /// The digest realm; it is part of every stored secret, so a change needs all secrets anew.
    pub realm: String,
    /// IANA time zone, `Europe/Brussels`.
    pub time_zone: String,
}

/// `[listen]`; the command line may override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// SIP over UDP and TCP.
    pub sip: SocketAddr,
    /// SIP over TLS; absent: off.
    pub sips: Option<SocketAddr>,
    /// Whether phones show a certificate on SIP over TLS.
    pub sips_clients: ClientCertificates,
    /// The absolute path of a PEM file with the authorities of those certificates; needed where they are asked for.
    pub sips_client_ca: Option<String>,
    /// Pages and API, HTTPS.
    pub web: SocketAddr,
    /// RTP and RTCP ports, both ends included; RTP uses the even ones.
    pub rtp: (u16, u16),
}

/// `[sip]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipSettings {
    /// The address phones outside must use, where it is not the box's own (NAT); for Contact and SDP.
    pub external_address: Option<IpAddr>,
    /// Shortest registration accepted, seconds.
    pub expires_min_s: u32,
    /// Longest registration granted, seconds.
    pub expires_max_s: u32,
    /// Granted when the phone names none, seconds.
    pub expires_default_s: u32,
    /// Devices per extension at most.
    pub devices_max: u8,
    /// How long phones ring before "no answer", seconds.
    pub ring_time_s: u16,
    /// Session-Expires proposed (RFC 4028), seconds; 0 switches session timers off.
    pub session_expires_s: u32,
    /// Min-SE, seconds, at least 90.
    pub session_min_s: u32,
    /// Calls at once at most, 503 beyond.
    pub calls_max: u32,
    /// SHA-256 is offered for authentication, before MD5 (RFC 8760).
    pub strong_digest: bool,
}

/// `[media]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaSettings {
    /// Codecs allowed, best first, by RTP encoding name: `PCMU`, `PCMA`, `G722`, `opus`, `G729`.
    pub codecs: Vec<String>,
    /// A call whose legs are all silent for this long is ended, seconds.
    pub inactivity_s: u32,
    /// Encryption on the way.
    pub srtp: Srtp,
    /// Whose tones are heard: ISO 3166, two lower-case letters.
    pub country: String,
    /// Of prompts, where an extension says nothing else.
    pub language: Language,
    /// How hard the Opus encoder works, 0–10.
    pub opus_complexity: u8,
    /// What Opus spends on one direction, bits a second.
    pub opus_bit_rate: u32,
    /// Threads for audio; 0: as many as the machine has cores.
    pub audio_threads: u8,
    /// Each audio thread stays on a core of its own.
    pub pin_threads: bool,
    /// The absolute path of a program that reads text on its standard input and writes WAV on its standard
    /// output. Started as it is, never through a shell.
    pub text_to_speech: Option<String>,
}

/// `[recording]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingSettings {
    /// What holds where neither a group, a conference nor an extension says anything.
    pub default: RecordingRule,
    /// How recordings are kept.
    pub format: RecordingFormat,
    /// Both sides are told when a recording begins.
    pub announce: bool,
    /// Kept under the box's key.
    pub encrypt: bool,
    /// Deleted after so many days; 0: never.
    pub keep_days: u32,
    /// With less free space than this, in MB of 10⁶ octets, no recording begins.
    pub disk_reserve_mb: u32,
    /// A recording ends by itself after so long, minutes.
    pub duration_max_min: u32,
}

/// `[features]`: the codes a phone may dial, and those that are typed during a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureCodes {
    /// Echo test.
    pub echo: String,
    /// Typed during a call: starts and stops its recording.
    pub record: String,
    /// Typed during a call: pauses its recording and goes on.
    pub record_pause: String,
    /// Says the time.
    pub clock: String,
    /// Says the caller's number.
    pub own_number: String,
    /// Plays the music of held callers.
    pub music: String,
    /// Plays the milliwatt tone.
    pub milliwatt: String,
    /// Followed by an extension's number: listens in to it.
    pub listen: String,
}

/// `[[extension]]`
#[derive(Clone, PartialEq, Eq)]
pub struct Extension {
    /// Digits only, 2–10 of them.
    pub number: String,
    /// Who it is.
    pub name: String,
    /// For messages.
    pub email: Option<String>,
    /// MD5(number:realm:secret), 16 octets (RFC 7616 §3.4.2).
    pub ha1_md5: [u8; 16],
    /// SHA-256(number:realm:secret), 32 octets.
    pub ha1_sha256: [u8; 32],
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
    /// The echo of its phones' loudspeakers is taken away from what others hear.
    pub echo_cancellation: bool,
    /// What it says is brought to an even loudness.
    pub automatic_gain: bool,
    /// What it says is made louder or softer by so many dB, −12 to 12.
    pub gain_db: i8,
    /// What it may call; absent: everything inside, in the country and its mobiles.
    pub class: Option<String>,
    /// The number shown outside, in E.164; absent: the route's or the trunk's.
    pub caller_id: Option<String>,
    /// It has a mailbox, to which unanswered calls go.
    pub voicemail: bool,
    /// Typed to listen to it from elsewhere, 4–10 digits.
    pub voicemail_pin: Option<Redacted<String>>,
    /// What a new message sends by mail.
    pub voicemail_mail: MailboxMail,
    /// Those of the same group may take each other's ringing calls.
    pub pickup_group: Option<String>,
    /// Where its phones stand, as a dispatcher must hear it.
    pub location: Option<String>,
    /// The number shown to emergency services, in E.164.
    pub emergency_caller_id: Option<String>,
    /// Another number of the person, in E.164: for follow-me.
    pub mobile: Option<String>,
    /// What the keys of its phones do.
    pub keys: Option<String>,
}

impl Extension {
    /// An enabled extension with its number, name and digests; all else as the defaults are.
    pub fn new(number: String, name: String, ha1_md5: [u8; 16], ha1_sha256: [u8; 32]) -> Self {
        Extension {
            number,
            name,
            email: None,
            ha1_md5,
            ha1_sha256,
            enabled: true,
            ring_time_s: None,
            record: RecordChoice::Default,
            supervisor: false,
            language: None,
            noise_reduction: false,
            echo_cancellation: false,
            automatic_gain: false,
            gain_db: 0,
            class: None,
            caller_id: None,
            voicemail: false,
            voicemail_pin: None,
            voicemail_mail: MailboxMail::Off,
            pickup_group: None,
            location: None,
            emergency_caller_id: None,
            mobile: None,
            keys: None,
        }
    }
}

impl fmt::Debug for Extension {
    /// Without the HA1s: whoever has them can register as this extension.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extension")
            .field("number", &self.number)
            .field("name", &self.name)
            .field("email", &self.email)
            .field("enabled", &self.enabled)
            .field("ring_time_s", &self.ring_time_s)
            .field("record", &self.record)
            .field("supervisor", &self.supervisor)
            .field("language", &self.language)
            .field("noise_reduction", &self.noise_reduction)
            .field("echo_cancellation", &self.echo_cancellation)
            .field("automatic_gain", &self.automatic_gain)
            .field("gain_db", &self.gain_db)
            .finish_non_exhaustive()
    }
}

/// `[[ring_group]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingGroup {
    /// Digits only.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// Extensions that ring together.
    pub members: Vec<String>,
    /// Its own ring time, seconds.
    pub ring_time_s: Option<u16>,
    /// Whether its calls are recorded.
    pub record: RecordChoice,
    /// The music class that the caller hears in place of ringing; absent: ringing.
    pub music: Option<String>,
    /// Who rings when.
    pub strategy: RingStrategy,
    /// Where a call goes that nobody takes; absent: it ends.
    pub otherwise: Option<Destination>,
    /// Put before the caller's name on the phones.
    pub label: Option<String>,
    /// Members that are busy are not rung.
    pub skip_busy: bool,
}

impl RingGroup {
    /// A ring group with its number, name and members; all else as the defaults are.
    pub fn new(number: String, name: String, members: Vec<String>) -> Self {
        RingGroup {
            number,
            name,
            members,
            ring_time_s: None,
            record: RecordChoice::Default,
            music: None,
            strategy: RingStrategy::All,
            otherwise: None,
            label: None,
            skip_busy: false,
        }
    }
}

/// The music class that held callers hear, there whether the document names it or not.
pub const MUSIC_DEFAULT: &str = "default";

/// `[[music]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Music {
    /// Letters, digits, `-` and `_`, 1–32 of them.
    pub name: String,
    /// Sounds of the library, by name, in order.
    pub files: Vec<String>,
    /// In another order for each listener.
    pub shuffle: bool,
}

/// `[[conference]]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    /// Digits only.
    pub number: String,
    /// What it is called.
    pub name: String,
    /// 4–10 digits to be typed by whoever comes in; absent: nothing is asked.
    pub pin: Option<Redacted<String>>,
    /// A short tone tells that somebody came or went.
    pub entry_tones: bool,
    /// Whether the room is recorded.
    pub record: RecordChoice,
    /// People in it at most, 2–2,000.
    pub members_max: u16,
    /// Typed in place of `pin` by who leads it; absent: nobody leads.
    pub moderator_pin: Option<Redacted<String>>,
    /// The others hear music until a moderator is there, and it ends when the last one leaves.
    pub wait_for_moderator: bool,
}

impl Conference {
    /// An open conference room with its number and name; all else as the defaults are.
    pub fn new(number: String, name: String) -> Self {
        Conference {
            number,
            name,
            pin: None,
            entry_tones: true,
            record: RecordChoice::Default,
            members_max: 100,
            moderator_pin: None,
            wait_for_moderator: false,
        }
    }
}

mod office;
mod owner;
mod trunks;

pub use office::{
    Calendar, Hours, KeyLayout, MailSettings, Mailbox, OfficeCodes, Paging, Parking, Phone, Provisioning,
    VoicemailSettings,
};
pub use owner::Owner;
pub use trunks::{Blocked, Class, Emergency, InboundRoute, Numbers, OutboundRoute, Trunk};
