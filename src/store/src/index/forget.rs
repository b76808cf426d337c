//! What the index does when the oldest records go.

use std::collections::BTreeSet;

use base::RecordingId;
use exchange::record::Record;

use super::keys::{Step, recording_key};
use super::{Index, IndexError, IndexFold};
use crate::StoreError;
use crate::codec::{self, Kind};
use crate::journal::{LogReader, Pos};
use crate::retention::InForce;
use crate::shared::Shared;

/// Whose fault it was.
pub(super) enum ForgetError {
    Store(StoreError),
    Index(IndexError),
}

impl From<StoreError> for ForgetError {
    fn from(e: StoreError) -> Self {
        ForgetError::Store(e)
    }
}

impl From<IndexError> for ForgetError {
    fn from(e: IndexError) -> Self {
        ForgetError::Index(e)
    }
}

/// Takes everything out of the index that only records before `before` say, as far as that is
/// known from the records themselves, and notes it durably enough for a crash of the process.
pub(super) fn forget(shared: &Shared, index: &dyn Index, fold: &mut IndexFold, before: u64) -> Result<(), ForgetError> {
    each_before(shared, before, |lsn, kind, payload| {
        match kind {
            Kind::Audit | Kind::CallEnded | Kind::CallEndedFirst | Kind::Recording | Kind::Track => {
                match codec::decode(lsn, kind, payload)? {
                    Record::Audit(row) => fold.forget_audit(lsn, &row),
                    Record::CallEnded(call) => fold.forget_call(index, call.call, before)?,
                    Record::Recording(record) => fold.forget_recording(index, &record, before)?,
                    Record::Track(track) => fold.forget_track(index, &track, before)?,
                    _ => {}
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    fold.forget_configs(index, before)?;
    fold.forget_places(before);
    fold.flush(index)?;
    fold.save(index)?;
    Ok(())
}

/// The recordings of which records before `before` tell and whose files are still kept, and deletions
/// whose recording is told of later on: all these must be written again. The index has caught up.
pub(super) fn in_force(shared: &Shared, index: &dyn Index, before: u64) -> Result<Vec<InForce>, ForgetError> {
    let mut told = BTreeSet::new();
    each_before(shared, before, |lsn, kind, payload| {
        if kind == Kind::Recording
            && let Record::Recording(record) = codec::decode(lsn, kind, payload)?
        {
            told.insert(record.recording);
        }
        Ok(())
    })?;
    let mut in_force = Vec::new();
    for recording in told {
        let place = |step| place(index, recording, step);
        in_force.extend(match (place(Step::Began)?, place(Step::Ended)?, place(Step::Deleted)?) {
            (Some(began), ended, None) => {
                let first = ended.map_or(began.0, |(lsn, _)| lsn.min(began.0));
                let kept = InForce::Kept { recording, began: began.1, ended: ended.map(|(_, pos)| pos) };
                (first < before).then_some(kept)
            }
            // The end of a recording that is still kept but whose beginning was lost says nothing.
            (None, _, _) => None,
            // It was written again by an earlier call of this while it was being deleted.
            (Some((began, _)), ended, Some((deleted, pos))) if deleted < before => {
                let last = ended.map_or(began, |(lsn, _)| lsn.max(began));
                (last >= before).then_some(InForce::Deleted(pos))
            }
            (Some(_), _, Some(_)) => None,
        });
    }
    Ok(in_force)
}

/// The same without an index: there must be no recording that records before `before` tell of.
pub(super) fn none_in_force(shared: &Shared, before: u64) -> Result<Vec<InForce>, ForgetError> {
    each_before(shared, before, |_, kind, _| match kind {
        Kind::Recording => Err(StoreError::IndexNotReady("recordings are looked up in it".to_owned()).into()),
        _ => Ok(()),
    })?;
    Ok(Vec::new())
}

fn place(index: &dyn Index, recording: RecordingId, step: Step) -> Result<Option<(u64, Pos)>, ForgetError> {
    let value = index.get(&recording_key(recording, step))?;
    // Every row begins with its place.
    Ok(value.and_then(|value| postcard::take_from_bytes(&value).map(|(place, _)| place).ok()))
}

/// Passes the records before `before` that this version knows to `visit`, until it fails.
fn each_before(
    shared: &Shared,
    before: u64,
    mut visit: impl FnMut(u64, Kind, &[u8]) -> Result<(), ForgetError>,
) -> Result<(), ForgetError> {
    let Some(mut cursor) = shared.reader.first()? else { return Ok(()) };
    let mut failed = None;
    shared.reader.follow(&mut cursor, before - 1, &mut |lsn, _, kind, payload| {
        if let Some(kind) = kind
            && let Err(e) = visit(lsn, kind, payload)
        {
            failed = Some(e);
        }
        Ok(failed.is_none())
    })?;
    failed.map_or(Ok(()), Err)
}
