//! The days to come: what a caller to each number meets, so that Christmas is looked at before it is heard.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use dialplan::{DayView, HoursState, Span, inbound_numbers, look_ahead};
use serde::Deserialize;

use super::forms::{Query, link};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::findings;
use crate::login::session::WebSession;

/// Days looked at.
pub(crate) const DAYS: u16 = 60;
/// Numbers beside each other; others by their own link.
const NUMBERS_MAX: usize = 4;
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    number: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/look_ahead/look_ahead.html")]
struct LookAheadPage {
    shell: Shell,
    /// Every number, with its link.
    chips: Vec<Chip>,
    columns: Vec<String>,
    rows: Vec<DayRow>,
}

struct Chip {
    label: String,
    href: String,
    chosen: bool,
}

struct DayRow {
    label: String,
    weekend: bool,
    /// The first of a month, or of the list.
    month: Option<String>,
    /// A holiday or another closed day, by name.
    holiday: String,
    cells: Vec<DayCell>,
}

struct DayCell {
    number: String,
    bars: Vec<Bar>,
    spans: Vec<SpanRow>,
}

/// A stretch of the drawing, minutes.
struct Bar {
    x: i64,
    width: i64,
    class: &'static str,
}

struct SpanRow {
    from: String,
    to: String,
    action: String,
    reason: String,
    href: String,
    class: &'static str,
}

/// `GET /calendar`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let now = app.wall();
    let state = findings::state(&app).await?;
    let plan_of = Arc::clone(&config);
    let chosen = asked.number.unwrap_or_default();
    let wanted = chosen.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let plan = findings::plan(plan_of, &state);
        let numbers: Vec<String> = inbound_numbers(&plan).into_iter().collect();
        let shown: Vec<String> = match numbers.contains(&wanted) {
            true => vec![wanted],
            false => numbers.iter().take(NUMBERS_MAX).cloned().collect(),
        };
        let views = shown.iter().map(|number| look_ahead(&plan, &state, now, DAYS, number)).collect::<Vec<_>>();
        (numbers, shown, views)
    });
    let (numbers, shown, views) = looked.await.map_err(|_| Trouble::Internal("the look ahead failed"))?;
    let trunk_of = |number: &str| {
        let own = config.trunks.values().find(|trunk| trunk.numbers.iter().any(|own| own == number));
        own.or_else(|| config.trunks.values().next()).map(|trunk| trunk.name.clone()).unwrap_or_default()
    };
    let all = Chip { label: "All".to_owned(), href: "/calendar".to_owned(), chosen: shown.len() != 1 };
    let chips = numbers.iter().map(|number| Chip {
        label: number.clone(),
        href: link("/calendar", &[("number", number)]),
        chosen: *number == chosen,
    });
    let days = views.first().map_or(0, Vec::len);
    let rows = (0..days).map(|at| {
        let of_day: Vec<(&String, &DayView)> =
            shown.iter().zip(&views).filter_map(|(number, days)| Some((number, days.get(at)?))).collect();
        row(at, &of_day, &trunk_of)
    });
    page(&LookAheadPage {
        shell: Shell::new(&app, &session, "look-ahead", "The days to come"),
        chips: if numbers.len() > 1 { std::iter::once(all).chain(chips).collect() } else { Vec::new() },
        rows: rows.collect(),
        columns: shown,
    })
}

fn row(at: usize, of_day: &[(&String, &DayView)], trunk_of: &impl Fn(&str) -> String) -> DayRow {
    let date = of_day.first().and_then(|(_, day)| day.date.parse::<jiff::civil::Date>().ok());
    let label = date.map(|date| date.strftime("%a %-d").to_string()).unwrap_or_default();
    let month = date.filter(|date| at == 0 || date.day() == 1).map(|date| date.strftime("%B %Y").to_string());
    let weekend = date.is_some_and(|date| date.weekday().to_monday_zero_offset() >= 5);
    let holiday = of_day.iter().flat_map(|(_, day)| &day.spans).find(|span| span.state == Some(HoursState::Holiday));
    let cells = of_day.iter().map(|(number, day)| cell(number, day, &trunk_of(number)));
    DayRow {
        label,
        weekend,
        month,
        holiday: holiday.map(|span| name(&span.reason)).unwrap_or_default(),
        cells: cells.collect(),
    }
}

/// The end of a reason: what closes the day.
fn name(reason: &str) -> String {
    let why = reason.split_once(": ").map_or(reason, |(_, why)| why);
    let plain = ["public holiday ", "closed day ", "calendar event "].iter().find_map(|kind| why.strip_prefix(kind));
    plain.unwrap_or(why).to_owned()
}

fn cell(number: &str, day: &DayView, trunk: &str) -> DayCell {
    let begin = day.spans.first().map_or(0, |span| span.from.unix_ms());
    let minutes = |at: base::WallTime| ((at.unix_ms() - begin) * 60 / HOUR_MS).clamp(0, 1_440);
    let bars = day.spans.iter().map(|span| {
        let (from, to) = (minutes(span.from), minutes(span.to));
        Bar { x: from, width: (to - from).max(1), class: class(span) }
    });
    let spans = day.spans.iter().map(|span| {
        let at = format!("{}T{}", day.date, span.from_text);
        SpanRow {
            from: span.from_text.clone(),
            to: span.to_text.clone(),
            action: span.action.clone(),
            reason: span.reason.clone(),
            href: link("/routing", &[("trunk", trunk), ("number", ""), ("dialled", number), ("at", &at)]),
            class: class(span),
        }
    });
    DayCell { number: number.to_owned(), bars: bars.collect(), spans: spans.collect() }
}

fn class(span: &Span) -> &'static str {
    match span.state {
        _ if span.action.starts_with("refused") => "lost",
        Some(HoursState::Open) | None => "open",
        Some(HoursState::Break) => "break",
        Some(HoursState::Holiday) => "holiday",
        Some(HoursState::Closed) => "closed",
    }
}
