//! The invariants, checked after every step: what the world sees of the exchange must never break them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use base::{CallRef, Instant, LegId, RecordingId};
use exchange::live::{Event, LiveView};
use exchange::record::{CallEventKind, CallRecord, Record, RecordingStep, TrackRecord};
use exchange::{Counts, Restored};
use sip::message::{HeaderName, Message, Method};

mod recordings;

pub use recordings::{OpenRecording, Recordings};

/// Keeps book of what the exchange did.
#[derive(Debug, Default)]
pub struct Watch {
    /// Addresses that have spoken to the box.
    heard: BTreeSet<IpAddr>,
    /// Calls begun and not ended, with their open legs.
    open: BTreeMap<CallRef, BTreeSet<LegId>>,
    ended: BTreeSet<CallRef>,
    ladders: BTreeSet<CallRef>,
    /// Legs of calls that have ended or not, and those whose track was written.
    legs: BTreeSet<LegId>,
    tracks: BTreeSet<LegId>,
    recordings: Recordings,
    /// Recordings that are messages and greetings.
    dictations: BTreeSet<RecordingId>,
    /// REGISTERs that changed bindings, by Call-ID and CSeq: the number of their last record.
    registers: BTreeMap<(Vec<u8>, u32), u64>,
    /// The REGISTER that is being handled.
    handling: Option<(Vec<u8>, u32)>,
    records: u64,
    durable: u64,
    live: LiveView,
    /// Calls ended so far.
    pub calls_ended: usize,
    /// Of those, calls in which somebody talked.
    pub calls_answered: usize,
    /// Recordings told to have ended.
    pub recordings_ended: usize,
}

/// What was broken.
pub type Violation = String;

impl Watch {
    /// The box was told of this address: it may speak to it first.
    pub fn expect(&mut self, ip: IpAddr) {
        self.heard.insert(ip);
    }

    /// A message is about to go into the exchange.
    pub fn before_message(&mut self, from: SocketAddr, message: &Message) {
        self.heard.insert(from.ip());
        self.handling = match message {
            Message::Request(request) if request.method == Method::Register => key_of(message),
            Message::Request(_) | Message::Response(_) => None,
        };
    }

    /// The outputs of one input are drained.
    pub fn after_input(&mut self) {
        self.handling = None;
    }

    /// The store says that all records up to this one are on disk.
    pub fn durable(&mut self, upto: u64) {
        self.durable = self.durable.max(upto);
    }

    /// The exchange put a record out.
    ///
    /// # Errors
    /// What it broke.
    pub fn record(&mut self, now: Instant, record: &Record) -> Result<(), Violation> {
        self.records += 1;
        match record {
            Record::Binding(_) => {
                if let Some(key) = &self.handling {
                    self.registers.insert(key.clone(), self.records);
                }
                Ok(())
            }
            Record::CallEvent(event) => self.call_event(event.call, &event.what),
            Record::Ladder(ladder) => {
                if self.ended.contains(&ladder.call) || !self.ladders.insert(ladder.call) {
                    return Err(format!("{}: a second ladder, or one after the end", ladder.call));
                }
                Ok(())
            }
            Record::CallEnded(ended) => {
                self.recordings.call_ended(now, ended.call);
                self.call_ended(ended)
            }
            Record::Recording(record) => {
                let is_open = self.open.contains_key(&record.call);
                self.recordings_ended += usize::from(matches!(record.what, RecordingStep::Ended(_)));
                self.recordings.record(record, is_open)
            }
            Record::Track(track) => self.track(track),
            Record::Fact(fact) => {
                let dictation = fact.key.strip_prefix("dictation/").and_then(|id| id.parse().ok());
                self.dictations.extend(dictation.map(RecordingId));
                Ok(())
            }
            Record::ConfigApplied(_) | Record::Account(_) | Record::Audit(_) => Ok(()),
        }
    }

    fn track(&mut self, track: &TrackRecord) -> Result<(), Violation> {
        let TrackRecord { call, leg, step_s, ref rows, ref digits, .. } = *track;
        if self.ended.contains(&call) || !self.open.contains_key(&call) {
            return Err(format!("{call}: the track of {leg} after its final record"));
        }
        if !self.legs.contains(&leg) || !self.tracks.insert(leg) {
            return Err(format!("{call}: a track of {leg}, which never was or had one"));
        }
        if rows.len() > 3_600 || !step_s.is_power_of_two() {
            return Err(format!("{call}: {} rows of {step_s} s", rows.len()));
        }
        if !digits.iter().map(|(second, _)| second).is_sorted() {
            return Err(format!("{call}: the digits of {leg} run back: {digits:?}"));
        }
        Ok(())
    }

    fn call_event(&mut self, call: CallRef, what: &CallEventKind) -> Result<(), Violation> {
        if self.ended.contains(&call) {
            return Err(format!("{call}: {what:?} after its final record"));
        }
        if let CallEventKind::Started { leg, .. } | CallEventKind::LegStarted { leg, .. } = what {
            self.legs.insert(*leg);
        }
        if let CallEventKind::Started { leg, .. } = what {
            return match self.open.insert(call, BTreeSet::from([*leg])) {
                None => Ok(()),
                Some(_) => Err(format!("{call}: started twice")),
            };
        }
        let Some(legs) = self.open.get_mut(&call) else { return Err(format!("{call}: {what:?} before its start")) };
        match what {
            CallEventKind::LegStarted { leg, .. } if !legs.insert(*leg) => Err(format!("{call}: {leg} started twice")),
            CallEventKind::LegEnded { leg, .. } if !legs.remove(leg) => {
                // A leg that came over from another call by a transfer began there.
                let elsewhere = self.open.values_mut().any(|legs| legs.remove(leg));
                if elsewhere { Ok(()) } else { Err(format!("{call}: {leg} ended twice or never began")) }
            }
            _ => Ok(()),
        }
    }

    fn call_ended(&mut self, record: &CallRecord) -> Result<(), Violation> {
        let call = record.call;
        if !self.ended.insert(call) {
            return Err(format!("{call}: a second final record"));
        }
        self.open.remove(&call);
        self.calls_ended += 1;
        self.calls_answered += usize::from(record.answered_at.is_some());
        let ordered = [Some(record.started_at), record.ringing_at, Some(record.ended_at)];
        if ordered.iter().flatten().is_sorted() {
            Ok(())
        } else {
            Err(format!("{call}: its times run back: {record:?}"))
        }
    }

    /// The exchange published an event.
    ///
    /// # Errors
    /// What it broke.
    pub fn event(&mut self, event: &Event) -> Result<(), Violation> {
        if let Event::Call(row) = event
            && self.ended.contains(&row.call)
        {
            return Err(format!("{}: a live row after its final record", row.call));
        }
        self.live.apply(event);
        Ok(())
    }

    /// The exchange sends a message.
    ///
    /// # Errors
    /// What it broke.
    pub fn transmit(&mut self, to: SocketAddr, message: Option<&Message>) -> Result<(), Violation> {
        if !self.heard.contains(&to.ip()) {
            return Err(format!("a message to {to}, who never spoke to the box"));
        }
        let Some(Message::Response(response)) = message else { return Ok(()) };
        let is_register = response.headers.cseq().is_ok_and(|cseq| cseq.method == Method::Register);
        if is_register && response.status.is_success() {
            let record = message.and_then(key_of).and_then(|key| self.registers.get(&key).copied()).unwrap_or(0);
            if record > self.durable {
                return Err(format!("200 to a REGISTER whose record {record} is not on disk ({})", self.durable));
            }
        }
        Ok(())
    }

    /// After each step: what can be told from the counters.
    ///
    /// # Errors
    /// What is wrong.
    pub fn step(&self, now: Instant, counts: &Counts) -> Result<(), Violation> {
        if counts.legs == 0 && counts.calls > 0 {
            return Err(format!("calls without legs: {counts:?}"));
        }
        if counts.calls == 0 && (counts.legs > 0 || counts.dialogs > 0) {
            return Err(format!("legs or dialogs without a call: {counts:?}"));
        }
        if counts.calls == 0 && !self.open.is_empty() {
            return Err(format!("calls gone without a final record: {:?}", self.open.keys().collect::<Vec<_>>()));
        }
        self.recordings.overdue(now)
    }

    /// When all is quiet: nothing may be left, with all phones signed off.
    ///
    /// # Errors
    /// What leaked.
    pub fn quiet(&self, now: Instant, counts: &Counts, media: Option<String>) -> Result<(), Violation> {
        let left = Counts { timers: 0, ..*counts };
        if left != Counts::default() {
            return Err(format!("left over at {now:?}: {counts:?}"));
        }
        // Timers that live with the box and not with a call: keep-alives.
        if counts.timers > 1 {
            return Err(format!("timers left over at {now:?}: {counts:?}"));
        }
        if let Some(left) = media {
            return Err(format!("left over in the audio plane at {now:?}: {left}"));
        }
        if let Some((recording, _)) = self.recordings.open().next() {
            return Err(format!("{recording} never ended"));
        }
        if !self.open.is_empty() {
            return Err(format!("calls without a final record: {:?}", self.open.keys().collect::<Vec<_>>()));
        }
        if !self.live.calls.is_empty() {
            return Err(format!("live view still shows {:?}", self.live.calls.keys().collect::<Vec<_>>()));
        }
        Ok(())
    }

    /// Whether a recording is a message or a greeting: whoever speaks it wants it recorded.
    pub fn is_dictation(&self, recording: RecordingId) -> bool {
        self.dictations.contains(&recording)
    }

    /// The recordings under way, as the journal has them.
    pub fn recordings(&self) -> &Recordings {
        &self.recordings
    }

    /// What the pages show now.
    pub fn live(&self) -> &LiveView {
        &self.live
    }

    /// The process died; records are numbered from 1 again, calls on disk wait for their final record.
    pub fn crash(&mut self, restored: &Restored) {
        self.records = 0;
        self.durable = 0;
        self.registers.clear();
        self.live = LiveView::default();
        self.legs.clear();
        self.tracks.clear();
        self.recordings.crash(&restored.open_recordings);
        self.open = restored.open_calls.iter().map(|open| (open.call, BTreeSet::new())).collect();
    }

    /// What is on disk now decides which final records count: one that was lost is written again.
    pub fn forget_lost(&mut self, durable: &[Record]) {
        let on_disk =
            |call: &CallRef| durable.iter().any(|r| matches!(r, Record::CallEnded(ended) if ended.call == *call));
        self.ended.retain(on_disk);
        let on_disk =
            |call: &CallRef| durable.iter().any(|r| matches!(r, Record::Ladder(ladder) if ladder.call == *call));
        self.ladders.retain(|call| on_disk(call) && self.ended.contains(call));
    }
}

fn key_of(message: &Message) -> Option<(Vec<u8>, u32)> {
    let call_id = message.headers().get(&HeaderName::CallId)?.to_vec();
    Some((call_id, message.headers().cseq().ok()?.number))
}
