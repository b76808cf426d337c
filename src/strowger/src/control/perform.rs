//! What each request does, in the running box and on a folder at rest alike.

use base::{ConfigVersion, Random};
use config::Document;
use exchange::record::{AccountRecord, AuditRecord, Record, Role};
use web::{Change, ChangeRequest};

use super::{Answer, Reply, Request, VersionRow};
use crate::changes::{CONSOLE, Changes, Refusal};
use crate::exit::Failure;
use crate::host::patiently;

/// Carries a request out. Blocks for the disk.
pub fn perform(changes: &Changes, request: Request) -> Answer {
    match request {
        Request::Import { text, reason } => change(changes, Change::Text(text), reason),
        Request::Rollback { version, reason } => change(changes, Change::Rollback(ConfigVersion(version)), reason),
        Request::Export { version } => text(changes, version).map(|text| Reply::Text { text }),
        Request::History { limit } => history(changes, limit),
        Request::Diff { from, to } => diff(changes, from, to),
        Request::Backup { file } => {
            let report = store::backup::create(changes.store(), &file)?;
            Ok(Reply::BackedUp { contents: report.to_string() })
        }
        Request::ResetPassword { account } => reset_password(changes, account),
    }
}

fn change(changes: &Changes, change: Change, reason: String) -> Answer {
    let request = ChangeRequest { author: CONSOLE.to_owned(), reason, based_on: None, change };
    let applied = changes.apply(request)?;
    Ok(Reply::InForce { version: applied.version.0, summary: applied.summary })
}

/// A version's text; that of an empty document where none is in force yet.
fn text(changes: &Changes, version: Option<u64>) -> Result<String, Failure> {
    let store = changes.store();
    match version.map(ConfigVersion) {
        Some(version) => patiently(|| store.config_text(version))?.ok_or_else(|| Refusal::NoVersion(version).into()),
        None => Ok(match store.config_current()? {
            Some((_, text)) => text,
            None => Document::default().text().to_owned(),
        }),
    }
}

fn history(changes: &Changes, limit: u32) -> Answer {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let versions = patiently(|| changes.store().config_history(limit))?
        .into_iter()
        .map(|info| VersionRow {
            version: info.version.0,
            at_ms: info.at.unix_ms(),
            author: info.author,
            reason: info.reason,
        })
        .collect();
    let time_zone = changes.current().map_or_else(|_| "UTC".to_owned(), |(_, config)| config.system.time_zone.clone());
    Ok(Reply::History { versions, time_zone })
}

fn diff(changes: &Changes, from: u64, to: Option<u64>) -> Answer {
    let (old, new) = (text(changes, Some(from))?, text(changes, to)?);
    let unified = config::diff::unified(&old, &new);
    // A version from before a rule was made stricter still has lines to compare.
    let summary = match (Document::parse(&old), Document::parse(&new)) {
        (Ok(old), Ok(new)) => config::diff::summary(old.config(), new.config()),
        _ => Vec::new(),
    };
    Ok(Reply::Diff { summary, unified })
}

fn reset_password(changes: &Changes, account: String) -> Answer {
    let is_name =
        (1..=64).contains(&account.len()) && account.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_@".contains(&b));
    if !is_name {
        return Err(Failure::usage("an account's name is 1 to 64 letters, digits, `.`, `-`, `_` and `@`"));
    }
    let mut random = crate::host::random()?;
    let (password, record) = one_time_password(changes, &mut random, &account);
    let store = changes.store();
    store.append_wait(Record::Account(record))?;
    let what = format!("gave {account} a one-time password");
    let audit = AuditRecord { at: changes.now(), who: CONSOLE.to_owned(), from: None, what };
    store.append_wait(Record::Audit(audit))?;
    Ok(Reply::Password { password })
}

/// A new one-time password for this account, and the record that makes it one: an account that is
/// there keeps its role, a new one may do all.
pub fn one_time_password(changes: &Changes, random: &mut Random, account: &str) -> (String, AccountRecord) {
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let password = random.token(16);
    let role = changes.store().account(account).map_or(Role::Administrator, |known| known.role);
    let hash = web::hash_password(&password, salt);
    let record =
        AccountRecord { at: changes.now(), name: account.to_owned(), password: Some(hash), must_change: true, role };
    (password, record)
}
