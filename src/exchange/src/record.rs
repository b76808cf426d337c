//! The records of the journal: every durable fact of the exchange.
//!
//! Reports, the call history, the list of bindings and all else that survives a restart are folds
//! over these. A field is only ever added at the end of a new variant's version: old journals stay
//! readable.

use std::net::SocketAddr;

use base::{CallRef, ConfigVersion, LegId, RecordingId, WallTime};
use media::control::{Codec, RecordingEnd, Second, StreamStats};
use serde::{Deserialize, Serialize};
use sip::Flow;

/// One durable fact. Serialised with postcard inside a journal frame; variants are appended, never
/// reordered or removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// A phone's binding was made, refreshed or removed.
    Binding(BindingRecord),
    /// Something happened in a call.
    CallEvent(CallEvent),
    /// The final call record: exactly one per call, its last record.
    CallEnded(Box<CallRecord>),
    /// The SIP ladder of a call, written just before its final record.
    Ladder(Box<LadderRecord>),
    /// A version of the configuration was applied.
    ConfigApplied(Box<ConfigRecord>),
    /// A web account was created or changed.
    Account(AccountRecord),
    /// An administrative act or an authentication failure (security.md 41).
    Audit(AuditRecord),
    /// A recording began, ended or was deleted.
    Recording(Box<RecordingRecord>),
    /// The seconds of one leg's audio, written just before the call's final record (OBS-4).
    Track(Box<TrackRecord>),
    /// Something that was set at run time: replaces what was known under its key.
    Fact(Box<FactRecord>),
}

/// Something that was set at run time, by phone, page or API: see [`dialplan::state::Fact`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactRecord {
    /// When.
    pub at: WallTime,
    /// By whom: an extension, an account, or a part of the box.
    pub by: String,
    /// Its kind and its id, with a stroke between: `person/101`.
    pub key: String,
    /// JSON; `None` removes it.
    pub value: Option<String>,
}

/// A registrar binding (RFC 3261 §10.2.1) as it must survive a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindingRecord {
    /// When.
    pub at: WallTime,
    /// The extension's number (our AOR's user part).
    pub extension: String,
    /// What the binding is known by: `+sip.instance` and `reg-id` if given, else the contact URI.
    pub key: String,
    /// The contact as the phone gave it; `None` removes the binding.
    pub state: Option<BindingState>,
}

/// What is remembered of a live binding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BindingState {
    /// The contact URI, printed.
    pub contact: String,
    /// Path URIs, outermost first (RFC 3327), printed.
    pub path: Vec<String>,
    /// Where the REGISTER came from: where calls for this phone go.
    pub flow: Flow,
    /// Until when.
    pub expires_at: WallTime,
    /// `q` in thousandths, 0–1000 (RFC 3261 §20.10).
    pub q: u16,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq of the REGISTER.
    pub cseq: u32,
    /// The phone's User-Agent header, at most 200 octets.
    pub user_agent: String,
}

/// One event of a call: the raw material of reports (RPT-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallEvent {
    /// When.
    pub at: WallTime,
    /// The call.
    pub call: CallRef,
    /// What.
    pub what: CallEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CallEventKind {
    /// The call came in.
    Started {
        /// The caller's leg.
        leg: LegId,
        /// The caller.
        from: Party,
        /// The number as dialled.
        dialled: String,
        /// The leg's SIP Call-ID, to find it in other systems' traces.
        sip_call_id: String,
    },
    /// Where the call goes, and why (OBS-6).
    Routed {
        /// The decision in one sentence each: what was chosen, and what was passed over.
        reasons: Vec<String>,
    },
    /// A device is being called.
    LegStarted {
        /// The new leg.
        leg: LegId,
        /// The person called.
        to: Party,
        /// The device's address.
        device: String,
        /// The leg's SIP Call-ID.
        sip_call_id: String,
    },
    /// A device rings.
    LegRinging {
        /// The leg.
        leg: LegId,
    },
    /// A device answered.
    LegAnswered {
        /// The leg.
        leg: LegId,
    },
    /// A leg ended.
    LegEnded {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: Cause,
    },
    /// Two legs hear each other from now on.
    Bridged {
        /// One.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// A leg was put on hold by its own phone.
    Held {
        /// The leg whose phone pressed hold.
        leg: LegId,
    },
    /// A leg's phone took the call up again.
    Resumed {
        /// The leg.
        leg: LegId,
    },
    /// A transfer was asked for.
    TransferAsked {
        /// The leg whose phone asked.
        by: LegId,
        /// Blind or attended.
        kind: TransferKind,
        /// The number or the call it goes to.
        target: String,
    },
    /// A transfer ended.
    TransferEnded {
        /// The leg whose phone asked.
        by: LegId,
        /// Whether it worked, else the cause.
        result: Result<(), Cause>,
    },
    /// A key was pressed.
    Digit {
        /// The leg.
        leg: LegId,
        /// The key; `?` where the digits are private.
        digit: char,
    },
    /// Something that whoever looks into this call should know, as a sentence.
    Note {
        /// The sentence.
        text: String,
    },
}

/// How a transfer is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferKind {
    /// REFER to a number.
    Blind,
    /// REFER with Replaces: to a call that is already up.
    Attended,
}

/// Somebody in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// The number: an extension's, or an outside number.
    pub number: String,
    /// The name, if known.
    pub name: String,
}

/// Why a call or a leg ended. The table to SIP status and Q.850 is in `exchange::cause`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// One side hung up after talking.
    NormalClearing,
    /// The caller gave up before an answer.
    Cancelled,
    /// Answered elsewhere: another device of the same person took it.
    AnsweredElsewhere,
    /// The called person was busy.
    Busy,
    /// The called person pressed "decline".
    Declined,
    /// Nobody answered in time.
    NoAnswer,
    /// No device is registered.
    Unregistered,
    /// No such number.
    UnknownNumber,
    /// The caller may not call this.
    Forbidden,
    /// No codec in common.
    NoCommonCodec,
    /// The other side does not answer to SIP.
    Unreachable,
    /// No audio arrived for too long, or a session timer ran out.
    Timeout,
    /// The box has reached a limit.
    Overload,
    /// The other side broke the protocol or refused with an odd status.
    PeerError,
    /// A fault of ours.
    Internal,
    /// The call was under way when the box stopped.
    Interrupted,
    /// An administrator ended it.
    AdministratorEnded,
    /// The call went on elsewhere after a transfer.
    Transferred,
}

/// How a call ended, for the history page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Disposition {
    /// Somebody talked.
    Answered,
    /// Nobody answered, or the caller gave up.
    NoAnswer,
    /// Busy or declined.
    Busy,
    /// It could not be completed.
    Failed,
}

/// The final record of a call (RPT-1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallRef,
    /// Who called.
    pub from: Party,
    /// The number as dialled.
    pub dialled: String,
    /// Who answered; if nobody did, who was called first.
    pub to: Party,
    /// When the INVITE came.
    pub started_at: WallTime,
    /// When a device first rang.
    pub ringing_at: Option<WallTime>,
    /// When it was answered.
    pub answered_at: Option<WallTime>,
    /// When it ended.
    pub ended_at: WallTime,
    /// How.
    pub disposition: Disposition,
    /// Why.
    pub cause: Cause,
    /// Who ended it: the leg whose phone hung up, if one did.
    pub ended_by: Option<LegId>,
    /// The routing decision, a sentence each.
    pub reasons: Vec<String>,
    /// All its legs, in the order in which they began.
    pub legs: Vec<LegSummary>,
}

/// A leg in the final record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegSummary {
    /// The leg.
    pub leg: LegId,
    /// Whose.
    pub party: Party,
    /// The device: contact address and User-Agent.
    pub device: String,
    /// The caller's leg, or one that the box called.
    pub role: LegRole,
    /// SIP Call-ID, to find it in other systems' traces.
    pub sip_call_id: String,
    /// When it was answered.
    pub answered_at: Option<WallTime>,
    /// When it ended.
    pub ended_at: WallTime,
    /// Why.
    pub cause: Cause,
    /// The audio codec last in use.
    pub codec: Option<Codec>,
    /// The audio figures, if a stream was open.
    pub audio: Option<StreamStats>,
}

/// Which way a leg was set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LegRole {
    /// The phone called the box.
    Caller,
    /// The box called the phone.
    Called,
}

/// The SIP messages of a call, in the order in which they passed (OBS-2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LadderRecord {
    /// The call.
    pub call: CallRef,
    /// The messages; at most 200 a call, then a note says how many more there were.
    pub messages: Vec<LadderMessage>,
    /// Messages that were left out.
    pub left_out: u32,
}

/// One SIP message of a ladder, authorisation values blanked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LadderMessage {
    /// When.
    pub at: WallTime,
    /// The leg it belongs to, if any.
    pub leg: Option<LegId>,
    /// To the box or from it.
    pub direction: Direction,
    /// The other side.
    pub peer: SocketAddr,
    /// The whole text as on the wire (lossy UTF-8, at most 8 KiB).
    pub text: String,
}

/// Seen from the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
}

/// A version of the configuration document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigRecord {
    /// Its number, one more than the last.
    pub version: ConfigVersion,
    /// When it was applied.
    pub at: WallTime,
    /// Who did it: an account's name, or `console`.
    pub author: String,
    /// Why, in the author's words.
    pub reason: String,
    /// The document.
    pub content: ConfigContent,
}

/// How a version's text is kept: whole now and then, else as the difference to the one before, so
/// that a thousand small changes to ten thousand extensions stay small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigContent {
    /// The whole text.
    Whole(String),
    /// Line edits that make this version from the one before (`config::patch`).
    Patch(Vec<u8>),
}

/// A web account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// When.
    pub at: WallTime,
    /// The login name.
    pub name: String,
    /// argon2id in PHC form; `None` removes the account.
    pub password: Option<String>,
    /// The next login must choose a new password.
    pub must_change: bool,
    /// What it may do.
    pub role: Role,
}

/// What an account may do (SEC-5; finer grained permissions build on it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// May look.
    Viewer,
    /// May do all.
    Administrator,
}

/// A row of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// When.
    pub at: WallTime,
    /// Who: an account's name, an extension's number, or empty for a stranger.
    pub who: String,
    /// From where.
    pub from: Option<SocketAddr>,
    /// What was done, a clause: `changed extension 101`, `login failed`.
    pub what: String,
}

/// The life of a recording (QM-1, QM-3).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingRecord {
    /// When.
    pub at: WallTime,
    /// The recording.
    pub recording: RecordingId,
    /// The call.
    pub call: CallRef,
    /// What.
    pub what: RecordingStep,
}

/// What happened to a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RecordingStep {
    /// It began.
    Began {
        /// Whose sound is on the left channel, or all of it.
        left: Party,
        /// Whose is on the right.
        right: Option<Party>,
        /// Why: the rule in one sentence.
        why: String,
    },
    /// It is complete.
    Ended(RecordingEnd),
    /// Its file was removed.
    Deleted {
        /// By whom: an account's name, or `retention`.
        by: String,
    },
}

/// The seconds of one leg's audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrackRecord {
    /// The call.
    pub call: CallRef,
    /// The leg.
    pub leg: LegId,
    /// When the first row began.
    pub from: WallTime,
    /// What a row covers, in seconds: 1, or 2, 4, 8 … in long calls, so that there are at most 3,600 rows.
    pub step_s: u16,
    /// The rows.
    pub rows: Vec<Second>,
    /// Digits heard: at which second, which; `?` where they are private.
    pub digits: Vec<(u32, char)>,
    /// What is wrong with this leg's audio, in plain words, the most important first; empty if nothing is.
    pub diagnosis: Vec<String>,
}
