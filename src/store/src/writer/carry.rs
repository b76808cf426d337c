//! Writing live facts again, so that the segments that first said them may go.

use std::sync::PoisonError;

use exchange::record::{ConfigContent, ConfigRecord, Record};

use crate::StoreError;
use crate::codec::Kind;
use crate::config_text;
use crate::journal::{Batch, LogReader, Pos};
use crate::retention::InForce;
use crate::shared::Shared;

/// Puts into the batch everything that is live and that a record before `before` says, and what the index
/// knows to be in force of recordings.
pub(super) fn push_all(
    shared: &Shared,
    before: u64,
    recordings: &[InForce],
    batch: &mut Batch,
) -> Result<(), StoreError> {
    let (config, mut places) = {
        let live = shared.live.lock().unwrap_or_else(PoisonError::into_inner);
        for binding in live.bindings.values().filter(|b| b.lsn < before) {
            batch.push_encoded(Kind::Binding, &binding.record);
        }
        for account in live.accounts.values().filter(|a| a.lsn < before) {
            batch.push(&Record::Account(account.record.clone()))?;
        }
        for fact in live.facts.values().filter(|f| f.lsn < before) {
            batch.push(&Record::Fact(Box::new(fact.record.clone())))?;
        }
        let config = live.config.clone().filter(|head| head.chain.iter().any(|(lsn, _)| *lsn < before));
        // All of a call's events, not only the old ones: the copies must follow each other.
        let events: Vec<Pos> = live
            .open_calls
            .values()
            .filter(|open| open.events.first().is_some_and(|(lsn, _)| *lsn < before))
            .flat_map(|open| open.events.iter().chain(&open.ladder).map(|(_, pos)| *pos))
            .collect();
        let ended_meanwhile = recordings.iter().any(|fact| match fact {
            InForce::Kept { recording, ended: None, .. } => !live.open_recordings.contains_key(recording),
            InForce::Kept { .. } | InForce::Deleted(_) => false,
        });
        if ended_meanwhile {
            return Err(StoreError::IndexNotReady("a recording has just ended".to_owned()));
        }
        (config, events)
    };
    for fact in recordings {
        match fact {
            // Together, for a beginning alone is a recording under way.
            InForce::Kept { began, ended, .. } => places.extend(std::iter::once(began).chain(ended)),
            InForce::Deleted(pos) => places.push(*pos),
        }
    }
    if let Some(head) = config {
        let text = config_text::assemble(&shared.reader, head.version, head.chain.iter().map(|(_, pos)| *pos))?;
        let content = ConfigContent::Whole(text);
        let record =
            ConfigRecord { version: head.version, at: head.at, author: head.author, reason: head.reason, content };
        batch.push(&Record::ConfigApplied(Box::new(record)))?;
    }
    for pos in places {
        let frame = shared.reader.read_at(pos)?;
        if let Some(kind) = frame.kind {
            batch.push_encoded(kind, &frame.payload);
        }
    }
    Ok(())
}
