//! Checking a backup: every octet, every record, and that they fold.

use std::path::Path;

use exchange::record::{ConfigContent, Record};

use super::Report;
use super::format::BackupReader;
use crate::StoreError;
use crate::codec::{self, Kind};
use crate::config_text;
use crate::journal::Pos;
use crate::live::Live;

/// Reads the whole backup, checks its hash and folds all its records.
pub fn verify(path: &Path) -> Result<Report, StoreError> {
    let mut reader = BackupReader::open(path)?;
    let mut report = Report {
        created_at: reader.manifest.created_at,
        program: reader.manifest.program.clone(),
        octets: reader.size,
        ..Report::default()
    };
    let mut live = Live::default();
    let mut text: Option<String> = None;
    // What is wrong with a record is told only if the hash is right: else the file is simply damaged.
    let mut problem = None;
    while let Some((lsn, kind, payload)) = reader.next()? {
        report.records += 1;
        if let Err(e) = check(&mut live, &mut text, &mut report, lsn, kind, payload) {
            problem.get_or_insert(e);
        }
    }
    if let Some(problem) = problem {
        return Err(reader.bad(problem.to_string()));
    }
    report.sha256 = reader.digest;
    report.config = live.config.map(|head| head.version);
    report.accounts = live.accounts.len();
    report.bindings = live.bindings.len();
    report.open_calls = live.open_calls.len();
    Ok(report)
}

fn check(
    live: &mut Live,
    text: &mut Option<String>,
    report: &mut Report,
    lsn: u64,
    kind: u8,
    payload: &[u8],
) -> Result<(), StoreError> {
    let kind = Kind::numbered(kind)
        .ok_or_else(|| StoreError::UnknownRecord { lsn, what: format!("kind {kind} is not known") })?;
    let record = codec::decode(lsn, kind, payload)?;
    match record {
        Record::CallEnded(_) => report.calls += 1,
        Record::ConfigApplied(config) => {
            *text = Some(match config.content {
                ConfigContent::Whole(whole) => whole,
                ConfigContent::Patch(patch) => {
                    // The oldest segments may have gone with the text that this version changes; then
                    // the version in force has been written whole further on.
                    match text.take() {
                        Some(before) => config_text::apply(&before, &patch)
                            .map_err(|what| StoreError::Config { version: config.version.0, what })?,
                        None => return live.apply(lsn, Pos { segment: lsn, offset: 0 }, Some(kind), payload),
                    }
                }
            });
        }
        _ => {}
    }
    live.apply(lsn, Pos { segment: lsn, offset: 0 }, Some(kind), payload)
}
