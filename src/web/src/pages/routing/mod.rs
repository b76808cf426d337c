//! Where a call would go, and why: the dry run of one call, with what comes next where nobody takes it, and everything
//! that is odd about the plan in force.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use base::WallTime;
use config::Config;
use dialplan::state::State as Facts;
use dialplan::{Action, Caller, Plan, Request, STEPS_MAX};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::forms::{Query, filled};
use super::{Shell, page};
use crate::app::Shared;
use crate::error::Trouble;
use crate::findings::{self, Finding};
use crate::login::session::WebSession;
use crate::pages::choices::Offered;
use crate::words::{self, Zone};

/// Extensions offered in the form's list.
const OFFERED_MAX: usize = 300;

/// The question.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// The extension that calls; left out for a call from outside.
    #[serde(default)]
    pub from: Option<String>,
    /// The trunk by which somebody outside calls.
    #[serde(default)]
    pub trunk: Option<String>,
    /// That person's number, as `+32470000001`; left out where it is not shown.
    #[serde(default)]
    pub number: Option<String>,
    /// What is dialled; for a call from outside the number that is called.
    #[serde(default)]
    pub dialled: Option<String>,
    /// When, by the box's clock: `2026-12-25T14:30`; left out: now.
    #[serde(default)]
    pub at: Option<String>,
}

/// A step of a call, worded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Step {
    /// How many times it was not taken before.
    pub depth: usize,
    /// Why it comes to this: `busy or declined`; empty for the first.
    pub when: String,
    /// What happens, as a clause.
    pub action: String,
    /// Each thought, in order.
    pub reasons: Vec<String>,
    /// It ends here, refused.
    pub refused: bool,
    /// It ends here, and the caller has spoken to nobody.
    pub ends: bool,
}

#[derive(Template)]
#[template(path = "pages/routing/routing.html")]
struct RoutingPage {
    shell: Shell,
    from: String,
    trunks: Vec<Offered>,
    number: String,
    dialled: String,
    at: String,
    wrong: String,
    asked: String,
    steps: Vec<Step>,
    cut: bool,
    people: Vec<(String, String)>,
    findings: Vec<FindingRow>,
}

struct FindingRow {
    tone: &'static str,
    word: &'static str,
    href: String,
    place: String,
    message: String,
}

impl FindingRow {
    fn of(finding: &Finding) -> Self {
        let (tone, word) = finding.tone();
        let message = words::sentence(&finding.message);
        FindingRow { tone, word, href: finding.href(), place: finding.place(), message }
    }
}

/// `GET /routing`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Query(question): Query<Question>,
) -> Result<Response, Trouble> {
    let (_, config) = app.config();
    let (now, zone) = (app.wall(), Zone::of(&config));
    let state = findings::state(&app).await?;
    let text = |text: &Option<String>| text.as_deref().and_then(filled).unwrap_or_default();
    let (from, trunk, number) = (text(&question.from), text(&question.trunk), text(&question.number));
    let (dialled, at) = (text(&question.dialled), text(&question.at));
    let moment = moment(&at, &config, now);
    let asking = (from.clone(), trunk.clone(), number.clone(), dialled.clone());
    let plan_of = Arc::clone(&config);
    let at_moment = moment.unwrap_or(now);
    let worked = tokio::task::spawn_blocking(move || {
        let plan = findings::plan(plan_of, &state);
        let (from, trunk, number, dialled) = asking;
        let steps = match dialled.is_empty() || (from.is_empty() && trunk.is_empty()) {
            true => Vec::new(),
            false => {
                let caller = caller(&from, &trunk, &number);
                steps(&plan, &state, Request { from: caller, dialled: &dialled, at: at_moment, hops: &[] })
            }
        };
        (steps, findings::all(&plan, &state))
    });
    let (mut steps, found) = worked.await.map_err(|_| Trouble::Internal("the dry run failed"))?;
    let wrong = match (moment, dialled.is_empty(), from.is_empty() && trunk.is_empty()) {
        (None, ..) => "Write a day and a time: 2026-12-25T14:30.",
        (_, true, false) => "Say what is dialled.",
        (_, false, true) => "Say who calls: an extension, or the trunk it comes by.",
        _ => "",
    };
    if moment.is_none() {
        steps.clear();
    }
    let cut = steps.len() >= STEPS_MAX;
    let none = Offered { value: String::new(), label: "–".to_owned(), chosen: trunk.is_empty() };
    let trunks =
        config.trunks.keys().map(|name| Offered { value: name.clone(), label: name.clone(), chosen: *name == trunk });
    page(&RoutingPage {
        shell: Shell::new(&app, &session, "routing", "Routing test"),
        trunks: std::iter::once(none).chain(trunks).collect(),
        asked: zone.date_time(at_moment),
        people: config.extensions.values().take(OFFERED_MAX).map(|e| (e.number.clone(), e.name.clone())).collect(),
        findings: found.iter().map(FindingRow::of).collect(),
        from,
        number,
        dialled,
        at,
        wrong: wrong.to_owned(),
        steps,
        cut,
    })
}

/// Who calls: by a trunk where one is named, else an extension.
pub(crate) fn caller<'a>(from: &'a str, trunk: &'a str, number: &'a str) -> Caller<'a> {
    match trunk.is_empty() {
        true => Caller::Extension(from),
        false => Caller::Trunk { trunk, number: Some(number).filter(|number| !number.is_empty()) },
    }
}

/// A time of the form by the box's clock; now where there is none; `None` where it is no time.
pub(crate) fn moment(text: &str, config: &Config, now: WallTime) -> Option<WallTime> {
    if text.is_empty() {
        return Some(now);
    }
    let zone = calendar::zone(&config.system.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let at = text.parse::<DateTime>().ok()?.to_zoned(zone).ok()?;
    Some(WallTime::from_unix_ms(at.timestamp().as_millisecond()))
}

/// A call's whole path, worded.
pub(crate) fn steps(plan: &Plan, state: &Facts, request: Request<'_>) -> Vec<Step> {
    let worded = |step: dialplan::Step| Step {
        depth: step.depth,
        when: step.when_text(),
        action: step.action_text(),
        refused: matches!(step.action, Some(Action::Refuse(_))),
        reasons: step.reasons.iter().map(ToString::to_string).collect(),
        ends: step.ends,
    };
    dialplan::path(plan, state, request).into_iter().map(worded).collect()
}
