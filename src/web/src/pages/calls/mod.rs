//! The call history and a call's own page.

mod detail;
mod filter;
mod flight;
mod ladder;
mod quality;
mod story;

use std::net::SocketAddr;
use std::str::FromStr;

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use base::{CallRef, WallTime};
use exchange::io::Command;
use exchange::record::CallRecord;
use serde::Deserialize;
use store::CallFilter;

use super::forms::{Form, Query};
use super::{Shell, page};
use crate::app::Shared;
use crate::csv;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::words::{self, State as Word, Zone};
pub(crate) use filter::FilterQuery;
pub(crate) use quality::{Score, codec_name};

pub(crate) use detail::show;

/// Rows on a page of the list.
const ROWS: usize = 50;
/// Rows read from the store at once for an export.
const EXPORT_ROWS: usize = 500;
/// Calls in one export; a longer one is made in parts, by date.
const EXPORT_MAX: usize = 100_000;

#[derive(Template)]
#[template(path = "pages/calls/list.html")]
struct ListPage {
    shell: Shell,
    filter: FilterQuery,
    choices: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
    csv: String,
    echo: String,
}

/// A call as a row of a list.
pub(crate) struct Row {
    pub call: String,
    pub when: String,
    pub from: String,
    pub from_number: String,
    pub to: String,
    pub to_number: String,
    pub state: Word,
    pub talked: String,
    pub score: Option<Score>,
}

impl Row {
    pub fn new(record: &CallRecord, zone: &Zone, now: WallTime) -> Self {
        let split = |name: &str, number: &str| match name.is_empty() {
            true => (number.to_owned(), String::new()),
            false => (name.to_owned(), number.to_owned()),
        };
        let (from, from_number) = split(&record.from.name, &record.from.number);
        let (to, to_number) = split(&record.to.name, &record.to.number);
        Row {
            call: record.call.to_string(),
            when: zone.near(record.started_at, now),
            from: if from.is_empty() { "unknown".to_owned() } else { from },
            from_number,
            to: if to.is_empty() { record.dialled.clone() } else { to },
            to_number,
            state: words::disposition(record.disposition),
            talked: record.answered_at.map(|at| words::clock(record.ended_at.saturating_since(at))).unwrap_or_default(),
            score: quality::worst(&record.legs),
        }
    }
}

/// A call's reference in an address: `c1870…`.
pub(crate) fn parse_ref(text: &str) -> Option<CallRef> {
    let digits = text.strip_prefix('c')?;
    // `u64::from_str` takes a plus sign, which would give one call two addresses.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| u64::from_str(digits).ok()).flatten().map(CallRef)
}

/// `GET /calls`
pub(crate) async fn list(
    State(app): State<Shared>,
    session: WebSession,
    Query(query): Query<FilterQuery>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (zone, now) = (Zone::of(&config), app.wall());
    let (filter, after) = (query.filter(&zone), query.after());
    let found = app.ask(move |store| store.calls(&filter, ROWS, after)).await?;
    page(&ListPage {
        shell: Shell::new(&app, &session, "calls", "Calls"),
        choices: query.choices(),
        rows: found.calls.iter().map(|call| Row::new(call, &zone, now)).collect(),
        newest: after.map(|_| query.link("/calls", None)),
        older: found.next.map(|next| query.link("/calls", Some(next))),
        csv: query.link("/calls.csv", None),
        filter: query,
        echo: config.features.echo.clone(),
    })
}

/// `GET /calls.csv`: streamed page by page, so that a long one neither fills memory nor holds the store.
pub(crate) async fn export(State(app): State<Shared>, Query(query): Query<FilterQuery>) -> Result<Response, Trouble> {
    let zone = Zone::of(&app.config().1);
    let filter = query.filter(&zone);
    let mut head = String::from("\u{feff}"); // spreadsheets read UTF-8 only with it
    csv::row(&mut head, CSV_HEAD);
    let begin = Export { app, zone, filter, after: None, left: EXPORT_MAX, done: false };
    let rows = futures_util::stream::try_unfold(begin, Export::next);
    let whole = futures_util::StreamExt::chain(
        futures_util::stream::iter([Ok::<Bytes, std::io::Error>(Bytes::from(head))]),
        rows,
    );
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"calls.csv\"")];
    Ok((headers, Body::from_stream(whole)).into_response())
}

const CSV_HEAD: [&str; 13] = [
    "Call",
    "Started",
    "Answered",
    "Ended",
    "From number",
    "From name",
    "Dialled",
    "To number",
    "To name",
    "Result",
    "Cause",
    "Talked s",
    "MOS",
];

struct Export {
    app: Shared,
    zone: Zone,
    filter: CallFilter,
    after: Option<CallRef>,
    left: usize,
    done: bool,
}

impl Export {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, std::io::Error> {
        if self.done || self.left == 0 {
            return Ok(None);
        }
        let (filter, after) = (self.filter.clone(), self.after);
        let limit = EXPORT_ROWS.min(self.left);
        let found = self.app.ask(move |store| store.calls(&filter, limit, after)).await;
        // The headers are long sent: an error ends the stream short, which the browser reports as a failed download.
        let found = found.map_err(|error| std::io::Error::other(error.to_string()))?;
        let mut out = String::new();
        for record in &found.calls {
            csv_row(&mut out, record, &self.zone);
        }
        self.left -= found.calls.len();
        self.after = found.next;
        self.done = found.next.is_none();
        Ok(Some((Bytes::from(out), self)))
    }
}

fn csv_row(out: &mut String, record: &CallRecord, zone: &Zone) {
    let at = |at: Option<WallTime>| at.map(|at| zone.sortable(at)).unwrap_or_default();
    let talked = record.answered_at.map(|at| record.ended_at.saturating_since(at).as_secs().to_string());
    let score = quality::worst(&record.legs).map(|score| score.mos).unwrap_or_default();
    let cells = [
        &record.call.to_string(),
        &at(Some(record.started_at)),
        &at(record.answered_at),
        &at(Some(record.ended_at)),
        &record.from.number,
        &record.from.name,
        &record.dialled,
        &record.to.number,
        &record.to.name,
        words::disposition(record.disposition).word,
        words::cause(record.cause),
        &talked.unwrap_or_default(),
        &score,
    ];
    csv::row(out, cells);
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct HangUpForm {
    #[serde(default)]
    back: String,
}

/// `POST /calls/{call}/hang-up`
pub(crate) async fn hang_up(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(call): Path<String>,
    Form(form): Form<HangUpForm>,
) -> Result<Response, Trouble> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    if !app.backend.live.read(|view| view.calls.contains_key(&call)) {
        return Err(Trouble::NotFound);
    }
    app.audit(&session.account, Some(from), format!("ended call {call}")).await?;
    (app.backend.commands)(Command::HangUp(call));
    let back = match form.back.as_str() {
        "/" => "/?done=hung-up".to_owned(),
        "/panel" => "/panel?done=hung-up".to_owned(),
        _ => format!("/calls/{call}?done=hung-up"),
    };
    Ok(Redirect::to(&back).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_one_address() {
        assert_eq!(parse_ref("c17"), Some(CallRef(17)));
        for text in ["17", "c", "c-1", "c+1", "cc1", "c18446744073709551616", "c1/../2"] {
            assert_eq!(parse_ref(text), None, "{text}");
        }
    }
}
