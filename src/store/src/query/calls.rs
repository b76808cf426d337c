//! The call history and the calls under way.

use base::{CallRef, Duration, WallTime};
use exchange::record::{CallEvent, CallRecord, Disposition, LadderRecord, Record, TrackRecord};

use super::recordings::{PER_CALL_MAX, RecordingFilter, RecordingInfo};
use crate::index::{CallRow, call_key, call_of, party_range};
use crate::journal::Pos;
use crate::live::EVENTS_PER_CALL_MAX;
use crate::{Store, StoreError};

/// Which calls are wanted; all conditions that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallFilter {
    /// A piece of a number or a name of the caller, of who answered or was called, or of what was dialled;
    /// upper and lower case are the same.
    pub text: Option<String>,
    /// Begun at or after this.
    pub from: Option<WallTime>,
    /// Begun before this.
    pub to: Option<WallTime>,
    /// Ended this way.
    pub disposition: Option<Disposition>,
    /// Somebody with exactly this number was in it, called or was called.
    pub extension: Option<String>,
}

/// One page of the call history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallPage {
    /// Newest first.
    pub calls: Vec<CallRecord>,
    /// Pass this as `after` for the next page; `None` if there are no more. A page may be short, or
    /// empty, and still have a next one: a search looks at a bounded number of calls at a time.
    pub next: Option<CallRef>,
}

/// All that is known of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDetail {
    /// The final record, once the call has ended.
    pub record: Option<CallRecord>,
    /// What happened, in order.
    pub events: Vec<CallEvent>,
    /// The SIP ladder, once the call has ended.
    pub ladder: Option<LadderRecord>,
    /// The seconds of its legs' audio, once the call has ended.
    pub tracks: Vec<TrackRecord>,
    /// Its recordings, newest first, also those deleted.
    pub recordings: Vec<RecordingInfo>,
}

/// A call without its final record.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCall {
    /// The call.
    pub call: CallRef,
    /// What happened so far, in order.
    pub events: Vec<CallEvent>,
}

/// Calls looked at for one page.
const LOOKED_AT_MAX: usize = 20_000;
/// A call reference is made from the clock; this much it may differ from when the call began.
const CLOCK_SLACK: Duration = Duration::from_secs(3600);
/// Calls found by number are looked at in pieces of this many.
const PIECE: usize = 256;
/// Calls on one page at most.
const PAGE_MAX: usize = 1_000;

impl Store {
    /// Ended calls, newest first: at most `limit` of those that the filter wants and that come before
    /// the call `after`.
    pub fn calls(&self, filter: &CallFilter, limit: usize, after: Option<CallRef>) -> Result<CallPage, StoreError> {
        let limit = limit.clamp(1, PAGE_MAX);
        let index = self.shared.slot.get()?;
        let failed = |e: crate::index::IndexError| StoreError::IndexNotReady(e.to_string());
        let from = filter.from.map_or(CallRef(0), |from| first_ref(from, -1));
        let mut to = filter.to.map_or(CallRef(u64::MAX), |to| first_ref(to, 1));
        if let Some(after) = after {
            to = to.min(after);
        }
        let mut search = Search { matcher: Matcher::new(filter), limit, looked_at: 0, rows: Vec::new(), next: None };
        match &filter.extension {
            None => index
                .scan_back(&call_key(from), &call_key(to), &mut |key, value| match call_of(key) {
                    Some(call) => search.look(call, postcard::from_bytes(value).ok()),
                    None => true,
                })
                .map_err(failed)?,
            Some(number) => {
                let mut more = true;
                while more {
                    let (first, end) = party_range(number, from, to);
                    // The index must not be asked again from inside a scan: a piece at a time, then.
                    let mut found = Vec::new();
                    index
                        .scan_back(&first, &end, &mut |key, _| {
                            found.extend(call_of(key));
                            found.len() < PIECE
                        })
                        .map_err(failed)?;
                    more = found.len() == PIECE;
                    for call in found {
                        let value = index.get(&call_key(call)).map_err(failed)?;
                        more = search.look(call, value.and_then(|v| postcard::from_bytes(&v).ok())) && more;
                        if search.next.is_some() {
                            break;
                        }
                        to = call;
                    }
                }
            }
        }
        let Search { rows, next, .. } = search;
        let mut page = CallPage { calls: Vec::with_capacity(rows.len()), next };
        for (call, row) in rows {
            match self.record_at(row.record) {
                Ok(Some(Record::CallEnded(record))) => page.calls.push(*record),
                Ok(_) => {} // its segment has just gone
                // One damaged record must not hide all the others.
                Err(error) => tracing::error!(%error, %call, "a call of the history cannot be read"),
            }
        }
        Ok(page)
    }

    /// All that is known of one call; `None` if it is not known, or no longer.
    pub fn call(&self, call: CallRef) -> Result<Option<CallDetail>, StoreError> {
        let _stay = self.segments_stay();
        // Taken apart from the match: the lock must not be held while the disk is read.
        let open = self.shared.live().open_calls.get(&call).cloned();
        if let Some(open) = open {
            // A call under way is shown also while the index is being rebuilt.
            let recordings = self.recordings_of(call).unwrap_or_default();
            let events = self.events(&open.events)?;
            return Ok(Some(CallDetail { record: None, events, ladder: None, tracks: Vec::new(), recordings }));
        }
        let index = self.shared.slot.get()?;
        // It may have ended a moment ago and not be indexed yet.
        if self.sync().is_err() {
            tracing::debug!(%call, "looking a call up in a store that is being closed");
        }
        let value = index.get(&call_key(call)).map_err(|e| StoreError::IndexNotReady(e.to_string()))?;
        let Some(row) = value.and_then(|v| postcard::from_bytes::<CallRow>(&v).ok()) else { return Ok(None) };
        let Some(Record::CallEnded(record)) = self.record_at(row.record)? else { return Ok(None) };
        let ladder = match row.ladder.map(|at| self.record_at(at)).transpose()?.flatten() {
            Some(Record::Ladder(ladder)) => Some(*ladder),
            _ => None,
        };
        Ok(Some(CallDetail {
            record: Some(*record),
            events: self.events(&row.events)?,
            ladder,
            tracks: self.tracks(call)?,
            recordings: self.recordings_of(call)?,
        }))
    }

    fn recordings_of(&self, call: CallRef) -> Result<Vec<RecordingInfo>, StoreError> {
        let filter = RecordingFilter { call: Some(call), with_deleted: true, ..RecordingFilter::default() };
        Ok(self.find_recordings(&filter, PER_CALL_MAX, None)?.recordings)
    }

    /// The calls that have events but no final record, oldest first.
    pub fn open_calls(&self) -> Vec<OpenCall> {
        let _stay = self.segments_stay();
        let open = self.shared.live().open_calls.clone();
        open.into_iter()
            .map(|(call, state)| {
                let events = self.events(&state.events).unwrap_or_else(|error| {
                    tracing::error!(%error, %call, "the events of a call under way cannot be read");
                    Vec::new()
                });
                OpenCall { call, events }
            })
            .collect()
    }

    fn events(&self, places: &[(u64, Pos)]) -> Result<Vec<CallEvent>, StoreError> {
        let mut events = Vec::with_capacity(places.len().min(EVENTS_PER_CALL_MAX));
        for place in places {
            if let Some(Record::CallEvent(event)) = self.record_at(*place)? {
                events.push(event);
            }
        }
        Ok(events)
    }
}

/// A search under way.
struct Search<'a> {
    matcher: Matcher<'a>,
    limit: usize,
    looked_at: usize,
    rows: Vec<(CallRef, CallRow)>,
    /// Set when the page is full, or enough was looked at.
    next: Option<CallRef>,
}

impl Search<'_> {
    /// Looks at one call; `false` if that is enough for this page.
    fn look(&mut self, call: CallRef, row: Option<CallRow>) -> bool {
        self.looked_at += 1;
        if let Some(row) = row
            && self.matcher.matches(&row)
        {
            self.rows.push((call, row));
        }
        if self.rows.len() == self.limit || self.looked_at == LOOKED_AT_MAX {
            self.next = Some(call);
        }
        self.next.is_none()
    }
}

/// The filter, made ready for many rows.
struct Matcher<'a> {
    filter: &'a CallFilter,
    text: Option<String>,
}

impl<'a> Matcher<'a> {
    fn new(filter: &'a CallFilter) -> Self {
        let text = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Matcher { filter, text: text.map(str::to_lowercase) }
    }

    fn matches(&self, row: &CallRow) -> bool {
        let CallFilter { from, to, disposition, extension, .. } = self.filter;
        from.is_none_or(|from| row.started_at >= from)
            && to.is_none_or(|to| row.started_at < to)
            && disposition.is_none_or(|d| row.disposition == d)
            && extension.as_deref().is_none_or(|number| row.numbers().any(|n| n == number))
            && self.text.as_deref().is_none_or(|text| {
                let texts = [&row.from.number, &row.from.name, &row.to.number, &row.to.name, &row.dialled];
                texts.into_iter().any(|t| t.to_lowercase().contains(text))
            })
    }
}

/// The first reference that a call begun at `at` can have, the slack taken into account in the
/// direction of `sign`.
pub(super) fn first_ref(at: WallTime, sign: i64) -> CallRef {
    let slack = i64::try_from(CLOCK_SLACK.as_millis()).unwrap_or(0);
    let ms = at.unix_ms().saturating_add(sign * slack).clamp(0, (1 << 44) - 1);
    CallRef((ms as u64) << 20)
}
