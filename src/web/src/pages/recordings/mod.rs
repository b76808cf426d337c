//! Recordings: list, one, listen, delete.

mod filter;
mod listen;
mod view;

use std::net::SocketAddr;
use std::str::FromStr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::RecordingId;
use serde::Deserialize;
use store::RecordingInfo;

use super::change::unprocessable;
use super::choices;
use super::forms::{Done, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::words::Zone;
use filter::FilterQuery;
pub(crate) use listen::{Kept, Listened, Stays, Use, audio, delete, find, send};
pub(crate) use view::RecordingView;

/// Rows on a page of the list.
const ROWS: usize = 50;
/// Rows of the log of who listened.
const LISTENED_ROWS: usize = 200;

#[derive(Template)]
#[template(path = "pages/recordings/list.html")]
struct ListPage {
    shell: Shell,
    filter: FilterQuery,
    rows: Vec<RecordingView>,
    newest: Option<String>,
    older: Option<String>,
    rule: &'static str,
    code: String,
}

#[derive(Template)]
#[template(path = "pages/recordings/recording.html")]
struct RecordingPage {
    shell: Shell,
    recording: RecordingView,
    summary: Vec<(&'static str, String)>,
    listened: Vec<ListenedRow>,
}

struct ListenedRow {
    at: String,
    who: String,
    from: String,
    what: String,
}

#[derive(Template)]
#[template(path = "pages/recordings/delete.html")]
struct DeletePage {
    shell: Shell,
    recording: RecordingView,
    error: Option<String>,
}

/// A recording's reference in an address: `rec1870…`.
pub(crate) fn parse_ref(text: &str) -> Option<RecordingId> {
    let digits = text.strip_prefix("rec")?;
    // `u64::from_str` takes a plus sign, which would give one recording two addresses.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| u64::from_str(digits).ok()).flatten().map(RecordingId)
}

/// `GET /recordings`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<FilterQuery>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let (filter, after) = (query.filter(&zone), query.after());
    let found = app.ask(move |store| store.recordings(&filter, ROWS, after)).await?;
    let row = |info: &RecordingInfo| RecordingView::new(info, &zone, zone.near(info.began_at, now));
    page(&ListPage {
        shell: Shell::new(&app, &session, "recordings", "Recordings").said(query.done.as_deref()),
        rows: found.recordings.iter().map(row).collect(),
        newest: after.map(|_| query.link(None)),
        older: found.next.map(|next| query.link(Some(next))),
        filter: query,
        rule: choices::rule(config.recording.default),
        code: config.features.record.clone(),
    })
}

/// `GET /recordings/{recording}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(recording): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    let info = find(&app, recording).await?;
    let zone = Zone::of(&app.config().1);
    let listened = app.ask(move |store| store.audit_of(recording, LISTENED_ROWS)).await?;
    let view = RecordingView::new(&info, &zone, zone.date_time(info.began_at));
    let mut summary = vec![("Began", view.when.clone())];
    if let Some((at, _)) = &info.ended {
        summary.push(("Ended", zone.date_time(*at)));
        summary.push(("Length", view.length.clone()));
    }
    summary.push(("Why", info.why.clone()));
    let channels = if info.right.is_some() { "two: each side on its own" } else { "one" };
    summary.push(("Channels", channels.to_owned()));
    summary.push(("Size", view.octets.clone()));
    summary.push(("Reference", view.recording.clone()));
    summary.retain(|(_, value)| !value.is_empty());
    let title = if view.right.is_empty() { view.left.clone() } else { format!("{} and {}", view.left, view.right) };
    page(&RecordingPage {
        shell: Shell::new(&app, &session, "recordings", title).said(done.done.as_deref()),
        summary,
        listened: listened
            .into_iter()
            .map(|(_, row)| ListenedRow {
                at: zone.date_time(row.at),
                who: row.who,
                from: row.from.map(|from| from.ip().to_string()).unwrap_or_default(),
                what: row.what.split(" rec").next().unwrap_or_default().to_owned(),
            })
            .collect(),
        recording: view,
    })
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct AudioQuery {
    /// Present: kept as a file, not played.
    download: Option<String>,
}

/// `GET /recordings/{recording}/audio`
pub(crate) async fn listen(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    headers: HeaderMap,
    Path(recording): Path<String>,
    Query(query): Query<AudioQuery>,
) -> Result<Response, Trouble> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    let what = if query.download.is_some() { Use::Keep } else { Use::Play };
    audio(&app, &session, from, &headers, recording, what).await
}

/// `GET /recordings/{recording}/delete`
pub(crate) async fn ask_delete(
    State(app): State<Shared>,
    session: WebSession,
    Path(recording): Path<String>,
) -> Result<Response, Trouble> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    let info = find(&app, recording).await?;
    delete_page(&app, &session, &info, None)
}

/// `POST /recordings/{recording}/delete`
pub(crate) async fn do_delete(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(recording): Path<String>,
) -> Result<Response, Trouble> {
    let recording = parse_ref(&recording).ok_or(Trouble::NotFound)?;
    match delete(&app, &session, from, recording).await {
        Ok(()) => Ok(Redirect::to("/recordings?done=deleted").into_response()),
        Err(Stays::StillGoing) => {
            let info = find(&app, recording).await?;
            let error = "It is still being recorded. End the call or the recording first.".to_owned();
            unprocessable(delete_page(&app, &session, &info, Some(error))?)
        }
        Err(Stays::Trouble(trouble)) => Err(trouble),
    }
}

fn delete_page(
    app: &Shared,
    session: &WebSession,
    info: &RecordingInfo,
    error: Option<String>,
) -> Result<Response, Trouble> {
    let zone = Zone::of(&app.config().1);
    page(&DeletePage {
        shell: Shell::new(app, session, "recordings", "Delete this recording?"),
        recording: RecordingView::new(info, &zone, zone.date_time(info.began_at)),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_has_one_address() {
        assert_eq!(parse_ref("rec17"), Some(RecordingId(17)));
        for text in ["17", "rec", "rec-1", "rec+1", "c1", "rec18446744073709551616", "rec1/../2", "../../etc/passwd"] {
            assert_eq!(parse_ref(text), None, "{text}");
        }
    }
}
