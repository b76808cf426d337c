//! Recording of calls: by rule, on demand, paused for card data. The recording follows the conversation: it ends with
//! the pair that talks, and another begins for the next pair.

use base::{CallRef, LegId, RecordingId};
use config::RecordingRule;
use dialplan::{Reason, RecordedTarget};
use media::control::{MediaCommand, Recorded, RecordingEnd, RecordingFile, RecordingFormat};

use crate::Exchange;
use crate::call::Phase;
use crate::call::play::After;
use crate::record::{Party, Record, RecordingRecord, RecordingStep};

/// The recording of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallRecording {
    pub(crate) id: RecordingId,
    pub(crate) paused: bool,
}

/// Two that talk, and what the rule says of recording them.
struct Pair {
    a: LegId,
    b: LegId,
    rule: RecordingRule,
    reason: Reason,
}

/// Recordings that the plane has not told the end of.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    last: u64,
    open: hashbrown::HashMap<RecordingId, CallRef>,
}

impl Recordings {
    /// One that a run before began.
    pub(crate) fn restore(&mut self, recording: RecordingId, call: CallRef) {
        self.last = self.last.max(recording.0);
        self.open.insert(recording, call);
    }

    /// One that a run before began, told of elsewhere: its number is taken.
    pub(crate) fn saw(&mut self, recording: RecordingId) {
        self.last = self.last.max(recording.0);
    }

    /// Recordings not yet on disk.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }
}

impl Exchange {
    /// Two legs talk from now on: whatever the rule says begins.
    pub(crate) fn record_by_rule(&mut self, call: CallRef) {
        let Some(Pair { a, b, rule, reason }) = self.pair_of(call) else { return };
        self.end_call_recording(call);
        if rule == RecordingRule::Always {
            self.record_pair(call, a, b, reason.to_string());
        }
    }

    /// The two that talk in a call, and whether they are to be recorded.
    fn pair_of(&self, call: CallRef) -> Option<Pair> {
        let c = self.calls.get(&call)?;
        let Phase::Bridged(a, b) = c.phase else { return None };
        let (from, to) = (self.number_of(a), self.number_of(b));
        let target = match &c.group {
            Some(group) => RecordedTarget::RingGroup { group, answered: &to },
            None => RecordedTarget::Extension(&to),
        };
        let (rule, reason) = dialplan::recording(&self.config, Some(&from), target);
        Some(Pair { a, b, rule, reason })
    }

    fn record_pair(&mut self, call: CallRef, a: LegId, b: LegId, why: String) {
        let stream = |leg: LegId| self.legs.get(&leg).and_then(|l| l.audio.stream);
        let (Some(left), right) = (stream(a), stream(b)) else { return };
        let party = |leg: LegId| self.legs.get(&leg).map(|l| l.party.clone()).unwrap_or_default();
        let (from, to) = (party(a), party(b));
        let of = Recorded::Streams { left, right };
        let id = self.begin_recording(call, of, from, Some(to), why);
        if let Some(c) = self.calls.get_mut(&call) {
            c.recording = Some(CallRecording { id, paused: false });
        }
        if self.config.recording.announce {
            self.announce(&[a, b], "recorded-call");
        }
        self.publish_call(call);
    }

    /// Says something to several legs at once.
    fn announce(&mut self, legs: &[LegId], key: &str) {
        for leg in legs {
            self.speak(*leg, &[key], After::Nothing);
        }
    }

    /// Begins a recording and journals it.
    pub(crate) fn begin_recording(
        &mut self,
        call: CallRef,
        of: Recorded,
        left: Party,
        right: Option<Party>,
        why: String,
    ) -> RecordingId {
        let recording = self.new_recording_id();
        self.recordings.open.insert(recording, call);
        let settings = &self.config.recording;
        let file = RecordingFile {
            name: self.recording_name(recording),
            format: match settings.format {
                config::RecordingFormat::Opus => RecordingFormat::OggOpus,
                config::RecordingFormat::Wav => RecordingFormat::Wav,
            },
            encrypted: settings.encrypt,
            duration_max_s: settings.duration_max_min.saturating_mul(60),
        };
        let at = self.wall();
        let what = RecordingStep::Began { left, right, why };
        self.record(Record::Recording(Box::new(RecordingRecord { at, recording, call, what })));
        self.media(MediaCommand::Record { recording, of, file });
        recording
    }

    /// A number that no recording ever had.
    pub(crate) fn new_recording_id(&mut self) -> RecordingId {
        self.recordings.last = self.number_after(self.recordings.last);
        RecordingId(self.recordings.last)
    }

    /// A folder for each day, so that none grows without end.
    pub(crate) fn recording_name(&self, recording: RecordingId) -> String {
        let now = jiff::Timestamp::from_millisecond(self.wall().unix_ms()).unwrap_or_default();
        format!("{}/{recording}", now.strftime("%Y/%m/%d"))
    }

    /// The pair that was recorded talks no longer.
    pub(crate) fn end_call_recording(&mut self, call: CallRef) {
        let Some(recording) = self.calls.get_mut(&call).and_then(|c| c.recording.take()) else { return };
        self.media(MediaCommand::StopRecording { recording: recording.id });
    }

    /// What became of a recording.
    pub(crate) fn recorded(&mut self, recording: RecordingId, end: RecordingEnd) {
        if self.dictated(recording, &end) {
            return;
        }
        let Some(call) = self.recordings.open.remove(&recording) else { return };
        self.conference_recorded(recording);
        if let Some(problem) = end.problem.as_ref().filter(|_| self.calls.contains_key(&call)) {
            self.call_note(call, format!("recording {recording}: {problem}"));
        }
        let at = self.wall();
        let what = RecordingStep::Ended(end);
        self.record(Record::Recording(Box::new(RecordingRecord { at, recording, call, what })));
        if let Some(c) = self.calls.get_mut(&call)
            && c.recording.take_if(|r| r.id == recording).is_some()
        {
            self.publish_call(call);
        }
    }

    /// The code for recording was typed in a call: begin, or end what was begun.
    pub(crate) fn record_on_demand(&mut self, call: CallRef, by: LegId) {
        let Some(Pair { a, b, rule, reason }) = self.pair_of(call) else { return };
        let running = self.calls.get(&call).is_some_and(|c| c.recording.is_some());
        let who = self.number_of(by);
        match (rule, running) {
            (RecordingRule::Never, _) => {
                self.call_note(call, format!("{who} asked for a recording, but {reason}"));
                self.announce(&[by], "not-allowed");
            }
            (RecordingRule::OnDemand, true) => {
                self.call_note(call, format!("{who} ended the recording"));
                self.end_call_recording(call);
                self.announce(&[a, b], "recording-off");
                self.publish_call(call);
            }
            (RecordingRule::OnDemand | RecordingRule::Always, false) => {
                self.record_pair(call, a, b, format!("{who} asked for it"));
            }
            (RecordingRule::Always, true) => self.announce(&[by], "not-allowed"),
        }
    }

    /// The code for pausing was typed: nothing of what is said now is kept, or it is again.
    pub(crate) fn pause_recording(&mut self, call: CallRef, by: LegId) {
        let Some(c) = self.calls.get_mut(&call) else { return };
        let Some(recording) = &mut c.recording else { return };
        recording.paused = !recording.paused;
        let (id, paused) = (recording.id, recording.paused);
        self.media(MediaCommand::PauseRecording { recording: id, paused });
        let who = self.number_of(by);
        let word = if paused { "paused" } else { "resumed" };
        self.call_note(call, format!("{who} {word} the recording"));
        self.announce(&[by], if paused { "recording-paused" } else { "recording-on" });
        self.publish_call(call);
    }

    /// Digits are private while a recording is paused: that is when card numbers are typed.
    pub(crate) fn digits_are_private(&self, call: CallRef) -> bool {
        self.calls.get(&call).is_some_and(|c| c.recording.is_some_and(|r| r.paused) || c.visit.is_some())
    }
}
