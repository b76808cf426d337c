//! The life of recordings in the journal: begun in a call that is up, ended once, in time.

use std::collections::{BTreeMap, BTreeSet};

use base::{CallRef, Duration, Instant, RecordingId};
use exchange::record::{RecordingRecord, RecordingStep};

use super::Violation;

/// A recording may end so long after its call, while its file is completed.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Recordings as the journal tells of them.
#[derive(Debug, Default)]
pub struct Recordings {
    open: BTreeMap<RecordingId, OpenRecording>,
    begun: BTreeSet<RecordingId>,
}

/// A recording under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecording {
    /// The call in which it began.
    pub call: CallRef,
    /// The number on the left channel: a phone's, or a conference's.
    pub left: String,
    /// The number on the right channel; none for a conference.
    pub right: Option<String>,
    /// When that call ended.
    call_ended_at: Option<Instant>,
}

impl Recordings {
    pub(super) fn record(&mut self, record: &RecordingRecord, call_is_open: bool) -> Result<(), Violation> {
        let RecordingRecord { recording, call, ref what, .. } = *record;
        match what {
            RecordingStep::Began { .. } if !self.begun.insert(recording) => Err(format!("{recording} began twice")),
            RecordingStep::Began { .. } if !call_is_open => Err(format!("{recording} began in {call}, which is over")),
            RecordingStep::Began { why, .. } if why.is_empty() => Err(format!("{recording} began without a reason")),
            RecordingStep::Began { left, right, .. } => {
                let right = right.as_ref().map(|party| party.number.clone());
                let new = OpenRecording { call, left: left.number.clone(), right, call_ended_at: None };
                self.open.insert(recording, new);
                Ok(())
            }
            RecordingStep::Ended(_) => match self.open.remove(&recording) {
                Some(known) if known.call == call => Ok(()),
                Some(known) => Err(format!("{recording} began in {} and ended in {call}", known.call)),
                None => Err(format!("{recording} ended twice, or never began")),
            },
            RecordingStep::Deleted { .. } => Err(format!("{recording} was deleted by the exchange")),
        }
    }

    /// A call ended. A conference may outlive the call of whoever came first.
    pub(super) fn call_ended(&mut self, now: Instant, call: CallRef) {
        for recording in self.open.values_mut().filter(|recording| recording.call == call) {
            if recording.right.is_some() {
                recording.call_ended_at = Some(now);
            }
        }
    }

    pub(super) fn overdue(&self, now: Instant) -> Result<(), Violation> {
        let late = |recording: &OpenRecording| recording.call_ended_at.is_some_and(|at| now - at > LAST_WORDS);
        match self.open.iter().find(|(_, recording)| late(recording)) {
            Some((id, recording)) => Err(format!("{id} outlives its call {}", recording.call)),
            None => Ok(()),
        }
    }

    /// Those under way.
    pub fn open(&self) -> impl Iterator<Item = (RecordingId, &OpenRecording)> {
        self.open.iter().map(|(id, recording)| (*id, recording))
    }

    /// The process died: what had begun on disk and not ended there is still to be told the end of.
    pub(super) fn crash(&mut self, on_disk: &[(RecordingId, CallRef)]) {
        let was = std::mem::take(&mut self.open);
        self.open = on_disk
            .iter()
            .map(|(id, call)| {
                let blank = || OpenRecording { call: *call, left: String::new(), right: None, call_ended_at: None };
                let known = was.get(id).cloned().unwrap_or_else(blank);
                (*id, OpenRecording { call_ended_at: None, ..known })
            })
            .collect();
    }
}
