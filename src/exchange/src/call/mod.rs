//! A call: the caller's leg, the legs it rings, and the two that are bridged.
//!
//! Owns what all its legs share. One file per thing that happens to it: [`setup`] (it comes in), [`course`] (who rings,
//! and who after them), [`outgoing`] (what the called phones say), [`provisional`] (reliable 1xx), [`answer`],
//! [`modify`] (hold and other changes), [`refresh`] (session timers), [`transfer`], [`end`], [`audio`]; and what the
//! box adds to it: [`origin`] (calls that it begins itself), [`play`], [`service`], [`conference`], [`moderator`], [`listen_in`],
//! [`recording`], [`hold`], [`keys`], [`track`], [`flight`]; [`join`] is what it takes to bring legs of several calls
//! together.

mod answer;
mod audio;
pub(crate) mod conference;
pub(crate) mod course;
mod end;
mod flight;
mod hold;
mod in_dialog;
mod join;
pub(crate) mod keys;
mod listen_in;
mod moderator;
mod modify;
pub(crate) mod origin;
mod outgoing;
pub(crate) mod play;
mod provisional;
pub(crate) mod recording;
mod refresh;
mod replaces;
pub(crate) mod service;
pub(crate) mod setup;
pub(crate) mod track;
mod transfer;

pub(crate) use refresh::seconds;

use base::{CallRef, Instant, LegId, RoomId};

use crate::Exchange;
use crate::call::course::Course;
use crate::call::recording::CallRecording;
use crate::call::service::Visit;
use crate::feature::contact::Outsider;
use crate::feature::transfer_code::Typing;
use crate::ladder::Ladder;
use crate::live::{Event, LiveCall, LiveState};
use crate::record::{CallEvent, CallEventKind, Cause, LegSummary, Party, Record};

/// How long an ended call waits for the answers to its BYEs and the last audio figures.
pub(crate) const LAST_WORDS: base::Duration = base::Duration::from_secs(3);

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) from: Party,
    pub(crate) dialled: String,
    pub(crate) to: Party,
    pub(crate) reasons: Vec<String>,
    pub(crate) caller: LegId,
    /// All legs not yet summarised, in the order in which they began.
    pub(crate) legs: Vec<LegId>,
    /// Legs that went on in another call.
    pub(crate) moved: Vec<LegSummary>,
    pub(crate) phase: Phase,
    /// Phones that ring now, for the caller or for a transfer.
    pub(crate) ringing: Option<Ringing>,
    pub(crate) started_at: Instant,
    pub(crate) ringing_at: Option<Instant>,
    pub(crate) answered_at: Option<Instant>,
    pub(crate) ladder: Ladder,
    /// The ring group that was called.
    pub(crate) group: Option<String>,
    /// The music that the caller hears until somebody answers, in place of ringing.
    pub(crate) waiting_music: Option<String>,
    /// What the caller does at the box itself, in [`Phase::Service`].
    pub(crate) visit: Option<Visit>,
    /// The room in which the two parties talk while somebody listens in.
    pub(crate) room: Option<RoomId>,
    pub(crate) recording: Option<CallRecording>,
    /// Hops left for what it sends out (RFC 3261 §20.22).
    pub(crate) max_forwards: u8,
    /// Somebody in it types a number after a code.
    pub(crate) typing: Option<Typing>,
    /// It is a consultation: the call that waits meanwhile, whose party is in [`Visit::Waiting`].
    pub(crate) consults: Option<CallRef>,
    /// The extension that sent the caller here and gets it back where nobody takes it.
    pub(crate) recall: Option<String>,
    /// The person outside that it is about.
    pub(crate) outsider: Option<Outsider>,
    /// The extension that a person outside talked with.
    pub(crate) talked_with: Option<String>,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody has answered.
    Setup,
    /// The caller talks to the box itself: see [`Call::visit`].
    Service,
    /// Two legs hear each other.
    Bridged(LegId, LegId),
    /// It is over; only last words are awaited.
    Ended { at: Instant, cause: Cause, by: Option<LegId> },
}

/// Phones that ring.
#[derive(Debug)]
pub(crate) struct Ringing {
    pub(crate) purpose: Purpose,
    pub(crate) legs: Vec<LegId>,
    pub(crate) failures: Vec<Cause>,
    /// The leg whose early media the caller hears.
    pub(crate) early: Option<LegId>,
    pub(crate) course: Course,
}

/// For whom phones ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The caller.
    Caller,
    /// A transfer: `by` asked (and may have left since), `remains` is to be connected.
    Transfer { by: LegId, remains: LegId },
    /// The caller speaks to all who answer.
    Page,
    /// The box itself, which began the call.
    Box(origin::Errand),
}

impl Call {
    pub(crate) fn new(caller: LegId, from: Party, dialled: String, now: Instant) -> Self {
        Call {
            to: Party { number: dialled.clone(), name: String::new() },
            from,
            dialled,
            reasons: Vec::new(),
            caller,
            legs: vec![caller],
            moved: Vec::new(),
            phase: Phase::Setup,
            ringing: None,
            started_at: now,
            ringing_at: None,
            answered_at: None,
            ladder: Ladder::default(),
            group: None,
            waiting_music: None,
            visit: None,
            room: None,
            recording: None,
            max_forwards: 70,
            typing: None,
            consults: None,
            recall: None,
            outsider: None,
            talked_with: None,
        }
    }

    /// The leg that `leg` hears.
    pub(crate) fn peer_of(&self, leg: LegId) -> Option<LegId> {
        match self.phase {
            Phase::Bridged(a, b) if a == leg => Some(b),
            Phase::Bridged(a, b) if b == leg => Some(a),
            _ => None,
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }
}

impl Exchange {
    /// Journals an event of a call.
    pub(crate) fn call_event(&mut self, call: CallRef, what: CallEventKind) {
        let at = self.wall();
        self.watch_call_event(call, &what);
        self.record(Record::CallEvent(CallEvent { at, call, what }));
    }

    /// A sentence for whoever looks into the call.
    pub(crate) fn call_note(&mut self, call: CallRef, text: impl Into<String>) {
        self.call_event(call, CallEventKind::Note { text: text.into() });
    }

    /// Tells the pages how the call stands.
    pub(crate) fn publish_call(&mut self, call: CallRef) {
        self.watch_call(call);
        if let Some(row) = self.live_call(call) {
            self.publish(Event::Call(row));
        }
    }

    /// How a call stands, for the pages: always derived, never kept. `None` once it is over.
    pub(crate) fn live_call(&self, call: CallRef) -> Option<LiveCall> {
        let c = self.calls.get(&call)?;
        let held = |leg: LegId| self.legs.get(&leg).is_some_and(|l| l.holding);
        let state = match c.phase {
            Phase::Ended { .. } => return None,
            Phase::Setup if c.ringing_at.is_some() => LiveState::Ringing,
            Phase::Setup => LiveState::Calling,
            Phase::Bridged(a, b) if held(a) || held(b) => LiveState::Held,
            Phase::Service if matches!(c.visit, Some(Visit::Waiting { .. })) => LiveState::Held,
            Phase::Service if self.slot_of(call).is_some() => {
                LiveState::Parked { slot: self.slot_of(call).and_then(|slot| slot.parse().ok()).unwrap_or(0) }
            }
            Phase::Bridged(..) | Phase::Service => LiveState::Talking,
        };
        Some(LiveCall {
            call,
            from: c.from.clone(),
            dialled: c.dialled.clone(),
            to: c.to.clone(),
            state,
            started_at: self.wall_at(c.started_at),
            answered_at: c.answered_at.map(|at| self.wall_at(at)),
            recorded: c.recording.is_some_and(|r| !r.paused),
        })
    }

    /// The leg that `leg` hears, if the two are bridged.
    pub(crate) fn peer_of(&self, leg: LegId) -> Option<LegId> {
        let call = self.legs.get(&leg)?.call;
        self.calls.get(&call)?.peer_of(leg)
    }
}
