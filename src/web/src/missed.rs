//! Missed calls: nobody here took them. One is returned when anybody here has talked to that person since.

use std::collections::BTreeSet;

use exchange::record::{CallRecord, LegRole};
use store::CallFilter;

use crate::app::App;
use crate::error::Trouble;

/// Calls looked at, the newest first.
const LOOKED_AT: usize = 2_000;

/// A call that nobody took.
#[derive(Clone, Debug)]
pub(crate) struct Missed {
    pub record: CallRecord,
    /// Somebody here has talked to the caller since.
    pub returned: bool,
}

/// The newest missed calls; with an extension those that rang there.
pub(crate) async fn recent(app: &App, extension: Option<&str>, limit: usize) -> Result<Vec<Missed>, Trouble> {
    let filter = CallFilter { extension: extension.map(str::to_owned), ..CallFilter::default() };
    let page = app.ask(move |store| store.calls(&filter, LOOKED_AT, None)).await?;
    let mut missed = among(page.calls);
    missed.truncate(limit);
    Ok(missed)
}

/// Which of these calls, newest first, were missed.
fn among(calls: Vec<CallRecord>) -> Vec<Missed> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut missed = Vec::new();
    for record in calls {
        let mut called = record.legs.iter().filter(|leg| leg.role == LegRole::Called).peekable();
        let rang = called.peek().is_some();
        let taken = called.any(|leg| leg.answered_at.is_some());
        if taken {
            reached.insert(record.from.number.clone());
            reached.insert(record.to.number.clone());
        } else if rang && !record.from.number.is_empty() && record.cause != exchange::record::Cause::Transferred {
            let returned = reached.contains(&record.from.number);
            missed.push(Missed { record, returned });
        }
    }
    missed
}
