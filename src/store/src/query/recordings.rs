//! Recordings and tracks.

use base::{CallRef, LegId, RecordingId, WallTime};
use exchange::record::{Party, Record, RecordingRecord, RecordingStep, TrackRecord};
use media::control::RecordingEnd;

use super::calls::first_ref;
use crate::index::{
    BeganRow, Index, IndexError, Step, kept_key, last_id, recording_key, recording_of_call_key, recording_of_key,
    track_key,
};
use crate::journal::Pos;
use crate::{Store, StoreError};

/// Which recordings are wanted; all conditions that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFilter {
    /// Begun at or after this.
    pub from: Option<WallTime>,
    /// Begun before this.
    pub to: Option<WallTime>,
    /// A piece of the number or the name of either party; upper and lower case are the same.
    pub number: Option<String>,
    /// Of this call.
    pub call: Option<CallRef>,
    /// Also those whose file was removed.
    pub with_deleted: bool,
}

/// What is known of a recording.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingInfo {
    /// The recording.
    pub recording: RecordingId,
    /// The call.
    pub call: CallRef,
    /// When it began.
    pub began_at: WallTime,
    /// Whose sound is on the left channel, or all of it.
    pub left: Party,
    /// Whose is on the right.
    pub right: Option<Party>,
    /// Why: the rule in one sentence.
    pub why: String,
    /// When it ended and what became of it; `None` while it goes on.
    pub ended: Option<(WallTime, RecordingEnd)>,
    /// When its file was removed, and by whom: an account's name, or `retention`.
    pub deleted: Option<(WallTime, String)>,
}

/// One page of recordings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordingPage {
    /// Newest first.
    pub recordings: Vec<RecordingInfo>,
    /// Pass this as `after` for the next page; `None` if there are no more. A page may be short, or
    /// empty, and still have a next one: a search looks at a bounded number of recordings at a time.
    pub next: Option<RecordingId>,
}

/// Recordings looked at for one page.
const LOOKED_AT_MAX: usize = 20_000;
/// Recordings on one page at most.
const PAGE_MAX: usize = 1_000;
/// Recordings of one call at most.
pub(super) const PER_CALL_MAX: usize = 200;
/// Tracks of one call at most: the box has no call of more legs.
const TRACKS_MAX: usize = 200;
/// Recordings looked up in pieces of this many.
const PIECE: usize = 256;

fn failed(e: IndexError) -> StoreError {
    StoreError::IndexNotReady(e.to_string())
}

impl Store {
    /// Recordings, newest first: at most `limit` of those that the filter wants and that come before
    /// the recording `after`.
    pub fn recordings(
        &self,
        filter: &RecordingFilter,
        limit: usize,
        after: Option<RecordingId>,
    ) -> Result<RecordingPage, StoreError> {
        let _stay = self.segments_stay();
        self.find_recordings(filter, limit, after)
    }

    /// The same for who holds the segments already.
    pub(super) fn find_recordings(
        &self,
        filter: &RecordingFilter,
        limit: usize,
        after: Option<RecordingId>,
    ) -> Result<RecordingPage, StoreError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let index = self.shared.slot.get()?;
        let found = match filter.call {
            Some(call) => of_call(index.as_ref(), filter, limit, call, after)?,
            None => newest(index.as_ref(), filter, limit, after)?,
        };
        let mut page = RecordingPage { recordings: Vec::with_capacity(found.rows.len()), next: found.next };
        for row in found.rows {
            match self.info(&row) {
                Ok(info) => page.recordings.extend(info),
                // One damaged record must not hide all the others.
                Err(error) => {
                    tracing::error!(%error, recording = %row.recording, "a recording's record cannot be read")
                }
            }
        }
        Ok(page)
    }

    /// What is known of one recording; `None` if it is not known, or no longer.
    pub fn recording(&self, recording: RecordingId) -> Result<Option<RecordingInfo>, StoreError> {
        let _stay = self.segments_stay();
        let index = self.shared.slot.get()?;
        match row(index.as_ref(), recording)? {
            Some(row) => self.info(&row),
            None => Ok(None),
        }
    }

    /// Recordings that ended, began before `before` and are not deleted: at most `limit`, newest first.
    /// For their retention: delete them, write so, and ask again.
    pub fn recordings_before(&self, before: WallTime, limit: usize) -> Result<Vec<RecordingInfo>, StoreError> {
        let _stay = self.segments_stay();
        let index = self.shared.slot.get()?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut recordings = Vec::new();
        let mut to = RecordingId(first_ref(before, 1).0);
        loop {
            // The index must not be asked again from inside a scan: a piece at a time, then.
            let mut piece = Vec::new();
            index
                .scan_back(&kept_key(RecordingId(0)), &kept_key(to), &mut |key, _| {
                    piece.extend(last_id(key));
                    piece.len() < PIECE
                })
                .map_err(failed)?;
            for recording in &piece {
                to = *recording;
                let Some(row) = row(index.as_ref(), *recording)? else { continue };
                if row.began.at >= before || row.deleted.is_some() || row.ended.is_none() {
                    continue;
                }
                recordings.extend(self.info(&row)?);
                if recordings.len() == limit {
                    return Ok(recordings);
                }
            }
            if piece.len() < PIECE {
                return Ok(recordings);
            }
        }
    }

    /// Recordings that began and did not end, oldest first: under way, or cut off by a crash.
    pub fn open_recordings(&self) -> Vec<RecordingInfo> {
        let _stay = self.segments_stay();
        let open = self.shared.live().open_recordings.clone();
        let mut recordings = Vec::with_capacity(open.len());
        for (recording, place) in open {
            match self.step(Some(place)) {
                Ok(Some(began)) => recordings.extend(info(began, None, None)),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, %recording, "an open recording's record cannot be read"),
            }
        }
        recordings
    }

    /// The tracks of an ended call, by leg.
    pub fn tracks(&self, call: CallRef) -> Result<Vec<TrackRecord>, StoreError> {
        let index = self.shared.slot.get()?;
        let mut places = Vec::new();
        index
            .scan_back(&track_key(call, LegId(0)), &track_key(call, LegId(u64::MAX)), &mut |_, value| {
                places.extend(postcard::from_bytes::<(u64, Pos)>(value));
                places.len() < TRACKS_MAX
            })
            .map_err(failed)?;
        let mut tracks = Vec::with_capacity(places.len());
        for place in places.into_iter().rev() {
            if let Some(Record::Track(track)) = self.record_at(place)? {
                tracks.push(*track);
            }
        }
        Ok(tracks)
    }

    fn step(&self, place: Option<(u64, Pos)>) -> Result<Option<RecordingRecord>, StoreError> {
        match place.map(|place| self.record_at(place)).transpose()?.flatten() {
            Some(Record::Recording(record)) => Ok(Some(*record)),
            _ => Ok(None),
        }
    }

    fn info(&self, row: &Row) -> Result<Option<RecordingInfo>, StoreError> {
        let Some(began) = self.step(Some(row.began.place))? else { return Ok(None) };
        Ok(info(began, self.step(row.ended)?, self.step(row.deleted)?))
    }
}

/// The steps of a recording put together; `None` if they are not what they should be.
fn info(
    began: RecordingRecord,
    ended: Option<RecordingRecord>,
    deleted: Option<RecordingRecord>,
) -> Option<RecordingInfo> {
    let RecordingRecord { at, recording, call, what: RecordingStep::Began { left, right, why } } = began else {
        return None;
    };
    let ended = ended.and_then(|record| match record.what {
        RecordingStep::Ended(end) => Some((record.at, end)),
        RecordingStep::Began { .. } | RecordingStep::Deleted { .. } => None,
    });
    let deleted = deleted.and_then(|record| match record.what {
        RecordingStep::Deleted { by } => Some((record.at, by)),
        RecordingStep::Began { .. } | RecordingStep::Ended(_) => None,
    });
    Some(RecordingInfo { recording, call, began_at: at, left, right, why, ended, deleted })
}

/// What the index knows of a recording.
struct Row {
    recording: RecordingId,
    began: BeganRow,
    ended: Option<(u64, Pos)>,
    deleted: Option<(u64, Pos)>,
}

/// What a search found.
struct Found {
    rows: Vec<Row>,
    next: Option<RecordingId>,
}

fn row(index: &dyn Index, recording: RecordingId) -> Result<Option<Row>, StoreError> {
    let get = |step| index.get(&recording_key(recording, step)).map_err(failed);
    let Some(began) = get(Step::Began)?.and_then(|value| postcard::from_bytes(&value).ok()) else { return Ok(None) };
    let place = |value: Option<Vec<u8>>| value.and_then(|value| postcard::from_bytes(&value).ok());
    Ok(Some(Row { recording, began, ended: place(get(Step::Ended)?), deleted: place(get(Step::Deleted)?) }))
}

/// Searches all recordings: the rows of one follow each other, its beginning last when going back.
fn newest(
    index: &dyn Index,
    filter: &RecordingFilter,
    limit: usize,
    after: Option<RecordingId>,
) -> Result<Found, StoreError> {
    let from = RecordingId(filter.from.map_or(0, |from| first_ref(from, -1).0));
    let mut to = RecordingId(filter.to.map_or(u64::MAX, |to| first_ref(to, 1).0));
    if let Some(after) = after {
        to = to.min(after);
    }
    let matcher = Matcher::new(filter);
    let mut found = Found { rows: Vec::new(), next: None };
    let mut looked_at = 0;
    let (mut ended, mut deleted) = (None, None);
    let (from, to) = (recording_key(from, Step::Began), recording_key(to, Step::Began));
    let mut visit = |key: &[u8], value: &[u8]| {
        let Some((recording, step)) = recording_of_key(key) else { return true };
        match step {
            Step::Deleted => deleted = postcard::from_bytes(value).ok().map(|place| (recording, place)),
            Step::Ended => ended = postcard::from_bytes(value).ok().map(|place| (recording, place)),
            Step::Began => {
                looked_at += 1;
                let of_it = |step: Option<(RecordingId, (u64, Pos))>| {
                    step.filter(|(of, _)| *of == recording).map(|(_, place)| place)
                };
                let (ended, deleted) = (of_it(ended.take()), of_it(deleted.take()));
                if let Ok(began) = postcard::from_bytes(value) {
                    let row = Row { recording, began, ended, deleted };
                    if matcher.matches(&row) {
                        found.rows.push(row);
                    }
                }
                if found.rows.len() == limit || looked_at == LOOKED_AT_MAX {
                    found.next = Some(recording);
                }
            }
        }
        found.next.is_none()
    };
    index.scan_back(&from, &to, &mut visit).map_err(failed)?;
    Ok(found)
}

fn of_call(
    index: &dyn Index,
    filter: &RecordingFilter,
    limit: usize,
    call: CallRef,
    after: Option<RecordingId>,
) -> Result<Found, StoreError> {
    let first = recording_of_call_key(call, RecordingId(0));
    let end = recording_of_call_key(call, after.unwrap_or(RecordingId(u64::MAX)));
    let mut ids = Vec::new();
    index
        .scan_back(&first, &end, &mut |key, _| {
            ids.extend(last_id(key));
            ids.len() < PER_CALL_MAX
        })
        .map_err(failed)?;
    let matcher = Matcher::new(filter);
    let mut found = Found { rows: Vec::new(), next: None };
    let more = ids.len() == PER_CALL_MAX;
    let last = ids.last().copied();
    for recording in ids {
        if let Some(row) = row(index, recording)?
            && matcher.matches(&row)
        {
            found.rows.push(row);
        }
        if found.rows.len() == limit {
            found.next = Some(recording);
            return Ok(found);
        }
    }
    found.next = last.filter(|_| more);
    Ok(found)
}

/// The filter, made ready for many rows.
struct Matcher<'a> {
    filter: &'a RecordingFilter,
    number: Option<String>,
}

impl<'a> Matcher<'a> {
    fn new(filter: &'a RecordingFilter) -> Self {
        let number = filter.number.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Matcher { filter, number: number.map(str::to_lowercase) }
    }

    fn matches(&self, row: &Row) -> bool {
        let RecordingFilter { from, to, call, with_deleted, .. } = self.filter;
        let has = |party: &Party, text: &str| {
            party.number.to_lowercase().contains(text) || party.name.to_lowercase().contains(text)
        };
        (*with_deleted || row.deleted.is_none())
            && from.is_none_or(|from| row.began.at >= from)
            && to.is_none_or(|to| row.began.at < to)
            && call.is_none_or(|call| row.began.call == call)
            && self.number.as_deref().is_none_or(|text| {
                has(&row.began.left, text) || row.began.right.as_ref().is_some_and(|right| has(right, text))
            })
    }
}
