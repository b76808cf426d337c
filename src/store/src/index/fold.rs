//! From records to changes of the index.

use std::collections::BTreeMap;

use base::{CallRef, ConfigVersion};
use exchange::record::{AuditRecord, ConfigContent, Record, RecordingRecord, RecordingStep, TrackRecord};

use super::keys::{
    Step, audit_key, audit_of_key, call_key, config_key, kept_key, party_key, recording_key, recording_named,
    recording_of_call_key, resume_key, track_key,
};
use super::rows::{BeganRow, CallRow, ConfigRow, Resume};
use super::{Index, IndexError};
use crate::StoreError;
use crate::codec::{self, Kind};
use crate::journal::{Cursor, Pos};
use crate::live::{OPEN_CALLS_MAX, OpenCallState};

/// Folds records into changes, to be applied in batches. Starting again from an earlier point, with
/// what was in hand there, gives the same index.
pub(crate) struct IndexFold {
    pub(crate) cursor: Cursor,
    open: BTreeMap<CallRef, OpenCallState>,
    changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Changes applied as one. sled keeps replaced pages in memory while a batch is applied: with batches of
/// a thousand changes it grew to 200 MB where it stays below 30 with these.
const PIECE: usize = 64;

impl IndexFold {
    /// A fold that begins at `first` with an empty index.
    pub(crate) fn new(first: Cursor) -> Self {
        IndexFold { cursor: first, open: BTreeMap::new(), changes: Vec::new() }
    }

    /// A fold that goes on where the index says; `None` if the index is empty.
    pub(crate) fn resume(index: &dyn Index) -> Result<Option<Self>, IndexError> {
        let Some(value) = index.get(&resume_key())? else { return Ok(None) };
        let Resume { cursor, open } = postcard::from_bytes(&value).map_err(|e| IndexError(e.to_string()))?;
        Ok(Some(IndexFold { cursor, open, changes: Vec::new() }))
    }

    /// Folds one record in.
    pub(crate) fn apply(&mut self, lsn: u64, pos: Pos, kind: Option<Kind>, payload: &[u8]) -> Result<(), StoreError> {
        let kind = match kind {
            Some(Kind::Binding | Kind::Account | Kind::Fact) | None => return Ok(()),
            Some(kind) => kind,
        };
        match codec::decode(lsn, kind, payload)? {
            Record::CallEvent(event) => {
                if self.open.len() < OPEN_CALLS_MAX || self.open.contains_key(&event.call) {
                    self.open.entry(event.call).or_default().event(lsn, pos, &event.what);
                }
            }
            Record::Ladder(ladder) => {
                if let Some(open) = self.open.get_mut(&ladder.call) {
                    open.ladder = Some((lsn, pos));
                }
            }
            Record::CallEnded(call) => {
                let open = self.open.remove(&call.call).unwrap_or_default();
                let row = CallRow::new((lsn, pos), &call, open);
                for number in row.numbers() {
                    self.changes.push((party_key(number, call.call), Some(Vec::new())));
                }
                self.set(call_key(call.call), &row);
            }
            Record::ConfigApplied(config) => {
                let whole = matches!(config.content, ConfigContent::Whole(_));
                let key = config_key(config.version);
                let row = ConfigRow { lsn, pos, at: config.at, author: config.author, reason: config.reason, whole };
                self.set(key, &row);
            }
            Record::Recording(record) => self.recording((lsn, pos), &record),
            Record::Track(track) => self.set(track_key(track.call, track.leg), &(lsn, pos)),
            Record::Audit(row) => {
                self.set(audit_key(lsn), &pos);
                if let Some(recording) = recording_named(&row.what) {
                    self.set(audit_of_key(recording, lsn), &pos);
                }
            }
            Record::Binding(_) | Record::Account(_) | Record::Fact(_) => {}
        }
        Ok(())
    }

    fn recording(&mut self, place: (u64, Pos), record: &RecordingRecord) {
        let RecordingRecord { at, recording, call, what } = record;
        match what {
            RecordingStep::Began { left, right, .. } => {
                let row = BeganRow::new(place, *call, *at, left, right.as_ref());
                self.set(recording_key(*recording, Step::Began), &row);
                self.changes.push((recording_of_call_key(*call, *recording), Some(Vec::new())));
                self.changes.push((kept_key(*recording), Some(Vec::new())));
            }
            RecordingStep::Ended(_) => self.set(recording_key(*recording, Step::Ended), &place),
            RecordingStep::Deleted { .. } => {
                self.set(recording_key(*recording, Step::Deleted), &place);
                self.changes.push((kept_key(*recording), None));
            }
        }
    }

    /// Hands the changes so far to the index, in order and in pieces: folding is repeatable, so nothing
    /// larger needs to be one.
    pub(crate) fn flush(&mut self, index: &dyn Index) -> Result<(), IndexError> {
        let mut changes = std::mem::take(&mut self.changes).into_iter();
        while changes.len() > 0 {
            index.apply(changes.by_ref().take(PIECE).collect())?;
        }
        Ok(())
    }

    /// Notes in the index how far it is.
    pub(crate) fn save(&mut self, index: &dyn Index) -> Result<(), IndexError> {
        let resume = Resume { cursor: self.cursor, open: self.open.clone() };
        self.set(resume_key(), &resume);
        self.flush(index)
    }

    /// Takes out a call, unless its final record is `before` or later.
    pub(crate) fn forget_call(&mut self, index: &dyn Index, call: CallRef, before: u64) -> Result<(), IndexError> {
        let Some(value) = index.get(&call_key(call))? else { return Ok(()) };
        if let Ok(row) = postcard::from_bytes::<CallRow>(&value) {
            if row.record.0 >= before {
                return Ok(());
            }
            for number in row.numbers() {
                self.changes.push((party_key(number, call), None));
            }
        }
        self.changes.push((call_key(call), None));
        Ok(())
    }

    /// Takes out a step of a recording, unless it was written again at `before` or later.
    pub(crate) fn forget_recording(
        &mut self,
        index: &dyn Index,
        record: &RecordingRecord,
        before: u64,
    ) -> Result<(), IndexError> {
        let step = Step::of(&record.what);
        let key = recording_key(record.recording, step);
        let Some(value) = index.get(&key)? else { return Ok(()) };
        // Every row begins with its place.
        if postcard::take_from_bytes::<(u64, Pos)>(&value).is_ok_and(|((lsn, _), _)| lsn >= before) {
            return Ok(());
        }
        self.changes.push((key, None));
        if step == Step::Began {
            self.changes.push((recording_of_call_key(record.call, record.recording), None));
            self.changes.push((kept_key(record.recording), None));
        }
        Ok(())
    }

    /// Takes out a track, unless its record is `before` or later.
    pub(crate) fn forget_track(
        &mut self,
        index: &dyn Index,
        track: &TrackRecord,
        before: u64,
    ) -> Result<(), IndexError> {
        let key = track_key(track.call, track.leg);
        let Some(value) = index.get(&key)? else { return Ok(()) };
        if !postcard::from_bytes::<(u64, Pos)>(&value).is_ok_and(|(lsn, _)| lsn >= before) {
            self.changes.push((key, None));
        }
        Ok(())
    }

    /// Takes out an audit row.
    pub(crate) fn forget_audit(&mut self, lsn: u64, row: &AuditRecord) {
        self.changes.push((audit_key(lsn), None));
        if let Some(recording) = recording_named(&row.what) {
            self.changes.push((audit_of_key(recording, lsn), None));
        }
    }

    /// Takes out the configuration versions whose records are before `before`, and those that build on them.
    pub(crate) fn forget_configs(&mut self, index: &dyn Index, before: u64) -> Result<(), IndexError> {
        let mut kept_whole = false;
        let mut rows = Vec::new();
        let (from, to) = (config_key(ConfigVersion(0)), config_key(ConfigVersion(u64::MAX)));
        index.scan_back(&from, &to, &mut |key, value| {
            rows.push((key.to_vec(), postcard::from_bytes::<ConfigRow>(value).ok()));
            true
        })?;
        for (key, row) in rows.into_iter().rev() {
            match row {
                Some(row) if row.lsn >= before && (kept_whole || row.whole) => kept_whole = true,
                _ => {
                    kept_whole = false;
                    self.changes.push((key, None));
                }
            }
        }
        Ok(())
    }

    /// Forgets the places before `before` of calls under way.
    pub(crate) fn forget_places(&mut self, before: u64) {
        for open in self.open.values_mut() {
            open.events.retain(|(lsn, _)| *lsn >= before);
            open.ladder = open.ladder.filter(|(lsn, _)| *lsn >= before);
        }
    }

    fn set<T: serde::Serialize>(&mut self, key: Vec<u8>, value: &T) {
        // Rows are plain values, which postcard writes without fail into a vector.
        if let Ok(bytes) = postcard::to_stdvec(value) {
            self.changes.push((key, Some(bytes)));
        }
    }
}
