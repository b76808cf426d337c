//! Opening hours: what they mean in the days to come, what holds now, switching them by hand, holidays.

use std::net::SocketAddr;

use askama::Template;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::WallTime;
use calendar::{Country, holidays};
use config::{Config, Hours};
use dialplan::state::{Mode, Override};
use exchange::io::Command;
use exchange::record::Role;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::entries::in_path;
use super::entries::show::{Cell, Look};
use super::forms::{Form, filled};
use super::trunks::render;
use super::{Shell, page};
use crate::app::{App, Shared};
use crate::clocks::{self, Clock};
use crate::entries::{Given, Sheet};
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::change::unprocessable;
use crate::words::{self, Zone};

/// Days drawn: a week and a day, so that the same weekday is seen again.
const DAYS: usize = 8;
/// Minutes of a day in the drawing.
const DAY_MIN: i64 = 1_440;

#[derive(Template)]
#[template(path = "pages/hours/aside.html")]
struct Aside {
    now: Option<NowView>,
    days: Vec<DayView>,
    unread: Vec<String>,
    years: Vec<YearView>,
    may_change: bool,
}

struct NowView {
    href: String,
    tone: &'static str,
    word: &'static str,
    why: String,
    until: String,
    by_hand: bool,
    wrong: String,
    until_typed: String,
}

struct DayView {
    label: String,
    weekend: bool,
    /// In words: `09:00–12:00, 13:00–17:30`, or why it is closed.
    text: String,
    bars: Vec<Bar>,
}

/// A stretch of a day in the drawing, minutes.
struct Bar {
    x: i64,
    width: i64,
    class: &'static str,
}

struct YearView {
    title: String,
    rows: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/hours/switch.html")]
struct SwitchPage {
    shell: Shell,
    href: String,
    card: String,
}

/// What holds now, for the list.
pub(crate) fn now_cell(hours: &Hours, look: &Look<'_>) -> Cell {
    let (state, why) = clocks::now(look.app, look.config, hours);
    let (tone, word) = clocks::word(state);
    Cell::state(tone, word).small(why)
}

/// The cards beside the form: of what the form holds, saved or not.
pub(crate) async fn aside(
    app: &Shared,
    session: &WebSession,
    id: Option<&str>,
    given: &Given,
) -> Result<String, Trouble> {
    let _ = session;
    card(app, session, id, given, None)
}

fn card(
    app: &App,
    session: &WebSession,
    id: Option<&str>,
    given: &Given,
    wrong: Option<(String, String)>,
) -> Result<String, Trouble> {
    let (_, config) = app.config();
    let hours = Hours::read(&mut given.again(), None);
    let clock = Clock::of(app, &config, &hours);
    let today = date(app.wall(), &clock);
    let saved = id.and_then(|id| config.hours.get(id));
    render(&Aside {
        now: saved.map(|hours| now_view(app, &config, hours, wrong.unwrap_or_default())),
        days: today.map(|today| days(&clock, today)).unwrap_or_default(),
        years: today.map(|today| years(&clock, today)).unwrap_or_default(),
        unread: clock.unread,
        may_change: session.role >= Role::Administrator,
    })
}

fn now_view(app: &App, config: &Config, hours: &Hours, (wrong, until_typed): (String, String)) -> NowView {
    let clock = Clock::of(app, config, hours);
    let now = app.wall();
    let zone = Zone::of(config);
    let (state, why) = clocks::now(app, config, hours);
    let (tone, word) = clocks::word(state);
    let by_hand = clocks::by_hand(app, &hours.name);
    let until = match &by_hand {
        Some(by_hand) => by_hand.until.map(|until| zone.near(until, now)),
        None => clock.schedule.at(now, &clock.feeds()).until.map(|until| zone.near(until, now)),
    };
    let href = in_path(&hours.name);
    let by_hand = by_hand.is_some();
    NowView { href, tone, word, why, until: until.unwrap_or_default(), by_hand, wrong, until_typed }
}

fn date(at: WallTime, clock: &Clock) -> Option<Date> {
    let stamp = Timestamp::from_millisecond(at.unix_ms()).ok()?;
    Some(stamp.to_zoned(clock.schedule.zone().clone()).date())
}

fn days(clock: &Clock, today: Date) -> Vec<DayView> {
    let dates = (0..DAYS).filter_map(|ahead| today.checked_add(i32::try_from(ahead).unwrap_or(0).days()).ok());
    dates.map(|date| day(clock, date)).collect()
}

/// One day: its open hours in words and as bars.
fn day(clock: &Clock, date: Date) -> DayView {
    let parts = clock.schedule.day(date, &clock.feeds());
    let minute = |at: WallTime| {
        let stamp = Timestamp::from_millisecond(at.unix_ms()).unwrap_or(Timestamp::UNIX_EPOCH);
        let shown = stamp.to_zoned(clock.schedule.zone().clone());
        let whole = i64::from(shown.hour()) * 60 + i64::from(shown.minute());
        if shown.date() > date { DAY_MIN } else { whole }
    };
    let mut bars = Vec::new();
    let mut open = Vec::new();
    let mut holiday = None;
    for part in &parts {
        let (from, to) = (minute(part.from), minute(part.to));
        let class = match &part.state {
            calendar::State::Open => "open",
            calendar::State::Break => "break",
            calendar::State::Holiday(name) => {
                holiday.get_or_insert_with(|| name.clone());
                "holiday"
            }
            calendar::State::Closed => continue,
        };
        if part.state == calendar::State::Open {
            open.push(format!("{}–{}", clock_of(from), clock_of(to)));
        }
        bars.push(Bar { x: from, width: (to - from).max(1), class });
    }
    let text = match (open.is_empty(), holiday) {
        (true, Some(name)) => name,
        (true, None) => "closed".to_owned(),
        (false, Some(name)) => format!("{} ({name})", open.join(", ")),
        (false, None) => open.join(", "),
    };
    let weekend = matches!(date.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
    DayView { label: date.strftime("%a %-d %b").to_string(), weekend, text, bars }
}

fn clock_of(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The public holidays of this year and the next.
fn years(clock: &Clock, today: Date) -> Vec<YearView> {
    let countries: &[Country] = &clock.schedule.hours().countries;
    let mut views = Vec::new();
    for country in countries {
        for year in [today.year(), today.year() + 1] {
            let row = |h: calendar::Holiday| (h.date.strftime("%a %-d %b").to_string(), h.name);
            let rows = holidays(*country, year).into_iter().map(row).collect();
            views.push(YearView { title: format!("{} {year}", country.title()), rows });
        }
    }
    views
}

#[derive(Debug, Deserialize)]
pub(crate) struct SwitchForm {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    until: String,
}

/// `POST /hours/{id}/switch`: by hand, for a while or until it is switched back.
pub(crate) async fn switch(
    State(app): State<Shared>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    session: WebSession,
    Path(id): Path<String>,
    Form(form): Form<SwitchForm>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let hours = config.hours.get(&id).ok_or(Trouble::NotFound)?;
    let (what, value) = match read_switch(&app, &config, hours, &form, &session.account) {
        Ok(read) => read,
        Err(wrong) => return switch_page(&app, &session, hours, wrong, form.until),
    };
    let command = Command::PutFact { key: format!("hours/{id}"), value, by: session.account.clone() };
    match (app.backend.ask)(command).await {
        Ok(_) => {
            app.audit_done(&session, from, format!("switched the hours {id} {what}")).await;
            Ok(Redirect::to(&format!("/hours/{}?done=switched", in_path(&id))).into_response())
        }
        Err(refusal) => switch_page(&app, &session, hours, words::sentence(&refusal.0), form.until),
    }
}

fn switch_page(
    app: &Shared,
    session: &WebSession,
    hours: &Hours,
    wrong: String,
    until: String,
) -> Result<Response, Trouble> {
    let card = card(app, session, Some(&hours.name), &Given::of(hours), Some((wrong, until)))?;
    let shell = Shell::new(app, session, "hours", format!("Switch {}", hours.name));
    unprocessable(page(&SwitchPage { shell, href: in_path(&hours.name), card })?)
}

/// What a person chose, as a fact; none: the clock decides again.
pub(crate) fn read_switch(
    app: &App,
    config: &Config,
    hours: &Hours,
    form: &SwitchForm,
    by: &str,
) -> Result<(String, Option<String>), String> {
    let mode = match form.mode.as_str() {
        "clock" => return Ok(("back to the clock".to_owned(), None)),
        "open" => Mode::Open,
        "closed" => Mode::Closed,
        "break" => Mode::Break,
        "holiday" => Mode::Holiday,
        _ => return Err("Choose what holds instead.".to_owned()),
    };
    let until = match filled(&form.until) {
        None => None,
        Some(text) => {
            let zone = Clock::of(app, config, hours).schedule.zone().clone();
            let at = text.parse::<jiff::civil::DateTime>().ok().and_then(|civil| civil.to_zoned(zone).ok());
            let at = at.ok_or_else(|| "Write a day and a time: 2026-12-24 18:00.".to_owned())?;
            Some(WallTime::from_unix_ms(at.timestamp().as_millisecond()))
        }
    };
    if until.is_some_and(|until| until <= app.wall()) {
        return Err("That moment has passed.".to_owned());
    }
    let what = match until {
        Some(until) => format!("to {} until {}", form.mode, Zone::of(config).date_time(until)),
        None => format!("to {}", form.mode),
    };
    let fact = Override { mode, until, by: by.to_owned(), at: app.wall() };
    let value = serde_json::to_string(&fact).map_err(|_| "That cannot be kept.".to_owned())?;
    Ok((what, Some(value)))
}
