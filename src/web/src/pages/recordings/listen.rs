//! Listening to a recording and removing it: one way for pages and API, each leaving its trace first (SEC-9).

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::response::Response;
use base::{Duration, Instant, RecordingId};
use exchange::record::{Party, Record, RecordingRecord, RecordingStep};
use store::RecordingInfo;

use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::{SessionId, WebSession};
use crate::sound::{self, Served};
use crate::words::Zone;

/// While somebody plays a recording the browser asks for it piece by piece: within this long that counts as once.
const ONCE_WITHIN: Duration = Duration::from_secs(10 * 60);
/// Listenings remembered so; a forgotten one is noted in the log once more.
const REMEMBERED_MAX: usize = 256;

/// Who listened to what a moment ago, so that one listening is one row of the audit log.
#[derive(Debug, Default)]
pub(crate) struct Listened(Mutex<VecDeque<(SessionId, RecordingId, Instant)>>);

impl Listened {
    fn knows(&self, now: Instant, session: SessionId, recording: RecordingId) -> bool {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.iter().any(|(s, r, at)| *s == session && *r == recording && now.saturating_since(*at) < ONCE_WITHIN)
    }

    fn remember(&self, now: Instant, session: SessionId, recording: RecordingId) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rows.retain(|(_, _, at)| now.saturating_since(*at) < ONCE_WITHIN);
        if rows.len() >= REMEMBERED_MAX {
            rows.pop_front();
        }
        rows.push_back((session, recording, now));
    }
}

/// What becomes of the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Played in the browser.
    Play,
    /// Kept as a file.
    Keep,
}

/// Why a recording stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stays {
    #[error("it is still being recorded")]
    StillGoing,
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// What is known of the recording.
pub(crate) async fn find(app: &Shared, recording: RecordingId) -> Result<RecordingInfo, Trouble> {
    app.ask(move |store| store.recording(recording)).await?.ok_or(Trouble::NotFound)
}

/// The recording's sound. The row in the audit log is durable before the first octet goes out; without it, none does.
pub(crate) async fn audio(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    headers: &HeaderMap,
    recording: RecordingId,
    what: Use,
) -> Result<Response, Trouble> {
    let info = find(app, recording).await?;
    let (Some((_, end)), None) = (&info.ended, &info.deleted) else { return Err(Trouble::NotFound) };
    if end.file.is_empty() {
        return Err(Trouble::NotFound);
    }
    let about = parties(&info);
    let name = file_name(&info, sound::kind_of(&end.file), &Zone::of(&app.config().1));
    send(app, session, from, headers, Kept { recording, file: end.file.clone(), about, name }, what).await
}

/// A file among the recordings: a recording's, or a voice message's, whose number is its recording's.
pub(crate) struct Kept {
    pub recording: RecordingId,
    pub file: String,
    /// Whose it is, for the log.
    pub about: String,
    /// The name under which it is kept: letters, digits, `-`, `_` and `.` only.
    pub name: String,
}

/// The file's sound, after its trace.
pub(crate) async fn send(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    headers: &HeaderMap,
    kept: Kept,
    what: Use,
) -> Result<Response, Trouble> {
    let Kept { recording, file: path, about, name } = kept;
    let turn = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| Trouble::Busy)?;
    let file = path.clone();
    let opened = app.disk(move |backend| backend.recordings.open(&file)).await?;
    let opened = opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            tracing::warn!(%recording, file = path, "a recording's file is missing");
            Trouble::NotFound
        }
        _ => {
            tracing::error!(%recording, file = path, %error, "a recording cannot be read");
            Trouble::Internal("a recording cannot be read")
        }
    })?;
    let verb = match what {
        Use::Keep => Some("downloaded"),
        Use::Play if app.listened.knows(app.now(), session.id, recording) => None,
        Use::Play => Some("listened to"),
    };
    if let Some(verb) = verb {
        app.audit(&session.account, Some(from), format!("{verb} {recording} ({about})")).await?;
        app.listened.remember(app.now(), session.id, recording);
    }
    let kind = sound::kind_of(&path);
    let save_as = (what == Use::Keep).then_some(name);
    let served = Served { kind, tag: format!("{recording}-{}", opened.length), save_as };
    sound::answer(headers, served, opened, turn)
}

/// Removes the recording's sound for good; what is known of it stays.
pub(crate) async fn delete(
    app: &Shared,
    session: &WebSession,
    from: SocketAddr,
    recording: RecordingId,
) -> Result<(), Stays> {
    let info = find(app, recording).await?;
    if info.deleted.is_some() {
        return Err(Trouble::NotFound.into());
    }
    let Some((_, end)) = info.ended.as_ref() else { return Err(Stays::StillGoing) };
    app.audit(&session.account, Some(from), format!("deleted {recording} ({})", parties(&info))).await?;
    // The file first: if the box stops in between, the recording is listed without sound and can be deleted again.
    if !end.file.is_empty() {
        let file = end.file.clone();
        match app.disk(move |backend| backend.recordings.remove(&file)).await? {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::error!(%recording, file = end.file, %error, "a recording cannot be removed");
                return Err(Trouble::Internal("a recording cannot be removed").into());
            }
            Ok(()) | Err(_) => {}
        }
    }
    let what = RecordingStep::Deleted { by: session.account.clone() };
    let record = RecordingRecord { at: app.wall(), recording, call: info.call, what };
    app.append(Record::Recording(Box::new(record))).await?;
    Ok(())
}

/// `101, 0470 12 34 56`, for the log.
fn parties(info: &RecordingInfo) -> String {
    let number = |party: &Party| if party.number.is_empty() { party.name.clone() } else { party.number.clone() };
    match &info.right {
        Some(right) => format!("{}, {}", number(&info.left), number(right)),
        None => number(&info.left),
    }
}

/// `2026-11-21_14-03-22_101_0470123456.ogg`
fn file_name(info: &RecordingInfo, kind: &str, zone: &Zone) -> String {
    let plain =
        |party: &Party| -> String { party.number.chars().filter(char::is_ascii_alphanumeric).take(24).collect() };
    let mut parts = vec![zone.sortable(info.began_at).replace(' ', "_").replace(':', "-")];
    parts.extend([Some(&info.left), info.right.as_ref()].into_iter().flatten().map(plain).filter(|p| !p.is_empty()));
    format!("{}.{}", parts.join("_"), if kind == "audio/wav" { "wav" } else { "ogg" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{CallRef, WallTime};

    #[test]
    fn a_file_name_holds_nothing_that_a_caller_chose_but_letters_and_digits() {
        let party = |number: &str| Party { number: number.into(), name: String::new() };
        let info = RecordingInfo {
            recording: RecordingId(1),
            call: CallRef(1),
            began_at: WallTime::from_unix_ms(1_700_000_000_125),
            left: party("101"),
            right: Some(party("../../\"\r\nX: y;+32 470")),
            why: String::new(),
            ended: None,
            deleted: None,
        };
        let zone = Zone::of(config::Document::default().config());
        let name = file_name(&info, "audio/ogg", &zone);
        assert!(name.starts_with("2023-11-14_") && name.ends_with("_101_Xy32470.ogg"), "{name}");
        assert_eq!(parties(&info), "101, ../../\"\r\nX: y;+32 470");
    }

    #[test]
    fn a_listening_counts_once_and_the_memory_has_an_end() {
        let listened = Listened::default();
        let (session, at) = (SessionId::for_test(1), Instant::ZERO);
        listened.remember(at, session, RecordingId(1));
        assert!(listened.knows(at + Duration::from_secs(599), session, RecordingId(1)));
        assert!(!listened.knows(at + ONCE_WITHIN, session, RecordingId(1)));
        assert!(!listened.knows(at, session, RecordingId(2)));
        assert!(!listened.knows(at, SessionId::for_test(2), RecordingId(1)));
        for n in 2..2_000 {
            listened.remember(at, session, RecordingId(n));
        }
        assert_eq!(listened.0.lock().unwrap().len(), REMEMBERED_MAX);
        assert!(!listened.knows(at, session, RecordingId(1)), "noted once more rather than never");
    }
}
