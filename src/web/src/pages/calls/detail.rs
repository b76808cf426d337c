//! A call's own page.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use base::{CallRef, LegId};
use exchange::live::LiveCall;
use exchange::record::{CallEventKind, CallRecord, LegRole, LegSummary, Party};
use store::CallDetail;

use super::flight::{self, FlightView};
use super::ladder::{self, LadderView};
use super::parse_ref;
use super::quality::{self, DirectionView};
use super::story::{self, Step};
use crate::app::Shared;
use crate::error::Trouble;
use crate::login::session::WebSession;
use crate::pages::forms::{Done, Query};
use crate::pages::recordings::RecordingView;
use crate::pages::{Shell, page};
use crate::words::{self, State as Word, Zone};

#[derive(Template)]
#[template(path = "pages/calls/call.html")]
struct CallPage {
    shell: Shell,
    call: String,
    live: bool,
    state: Word,
    summary: Vec<(&'static str, String)>,
    reasons: Vec<String>,
    legs: Vec<LegView>,
    steps: Vec<Step>,
    flight: Option<FlightView>,
    recordings: Vec<RecordingView>,
    /// Recorded now, though nothing is listed yet.
    recorded: bool,
    ladder: Option<LadderView>,
    ladder_text: String,
    /// All of it as plain text, for the clipboard.
    copy: String,
}

struct LegView {
    name: String,
    role: &'static str,
    device: String,
    cause: String,
    codec: &'static str,
    sip_call_id: String,
    directions: Option<[DirectionView; 2]>,
}

/// `GET /calls/{call}`
pub(crate) async fn show(
    State(app): State<Shared>,
    session: WebSession,
    Path(call): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Trouble> {
    let call = parse_ref(&call).ok_or(Trouble::NotFound)?;
    let live = app.backend.live.read(|view| view.calls.get(&call).cloned());
    let detail = app.ask(move |store| store.call(call)).await?;
    let detail = match (detail, &live) {
        (Some(detail), _) => detail,
        // Up so briefly that nothing is on the disk yet.
        (None, Some(_)) => {
            CallDetail { record: None, events: Vec::new(), ladder: None, tracks: Vec::new(), recordings: Vec::new() }
        }
        (None, None) => return Err(Trouble::NotFound),
    };
    let (_, config) = app.config();
    let zone = Zone::of(&config);
    let names = names(&detail);
    let name = |leg: LegId| names.get(&leg).cloned().unwrap_or_else(|| format!("leg {}", leg.0));
    let record = detail.record.as_ref();
    let legs = record.map_or(&[][..], |record| &record.legs);
    let (from, to, state) = headline(record, live.as_ref(), &detail);
    let summary = summary(&app, &zone, call, record, live.as_ref());
    let steps = story::tell(&detail.events, &zone, name);
    let flight = flight::draw(&detail.tracks, &detail.events, name);
    let reasons = reasons(&detail);
    let causes = flight.as_ref().map_or(&[][..], |flight| &flight.causes);
    let copy = as_text(&format!("{from} → {to}"), state, &summary, &reasons, &steps, causes);
    page(&CallPage {
        shell: Shell::new(&app, &session, "calls", format!("{from} → {to}")).said(done.done.as_deref()),
        call: call.to_string(),
        live: record.is_none() && live.is_some(),
        state,
        summary,
        reasons,
        legs: legs.iter().map(|leg| leg_view(leg, &name(leg.leg))).collect(),
        steps,
        flight,
        recordings: detail
            .recordings
            .iter()
            .rev()
            .map(|info| RecordingView::new(info, &zone, zone.exact(info.began_at)))
            .collect(),
        recorded: live.as_ref().is_some_and(|live| live.recorded),
        ladder: detail.ladder.as_ref().map(|record| ladder::draw(record, legs, &zone, name)),
        ladder_text: detail.ladder.as_ref().map(|l| ladder::as_text(&l.messages, &zone)).unwrap_or_default(),
        copy,
    })
}

/// What each leg is called: its party, with a number behind it where one party has several devices in the call.
fn names(detail: &CallDetail) -> BTreeMap<LegId, String> {
    let mut parties: Vec<(LegId, Party)> = Vec::new();
    let mut know = |leg: LegId, party: &Party| {
        if parties.iter().all(|(known, _)| *known != leg) {
            parties.push((leg, party.clone()));
        }
    };
    for leg in detail.record.iter().flat_map(|record| &record.legs) {
        know(leg.leg, &leg.party);
    }
    for event in &detail.events {
        match &event.what {
            CallEventKind::Started { leg, from, .. } => know(*leg, from),
            CallEventKind::LegStarted { leg, to, .. } => know(*leg, to),
            _ => {}
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let total = |word: &str| parties.iter().filter(|(_, party)| short(party) == word).count();
    parties
        .iter()
        .map(|(leg, party)| {
            let word = short(party);
            let nth = seen.entry(word.clone()).and_modify(|n| *n += 1).or_insert(1);
            (*leg, if total(&word) > 1 { format!("{word} (device {nth})") } else { word })
        })
        .collect()
}

fn short(party: &Party) -> String {
    if party.name.is_empty() { words::party(party) } else { party.name.clone() }
}

fn headline(record: Option<&CallRecord>, live: Option<&LiveCall>, detail: &CallDetail) -> (String, String, Word) {
    let or_dialled = |to: &Party, dialled: &str| {
        if to == &Party::default() { dialled.to_owned() } else { short(to) }
    };
    match (record, live) {
        (Some(record), _) => {
            (short(&record.from), or_dialled(&record.to, &record.dialled), words::disposition(record.disposition))
        }
        (None, Some(live)) => (short(&live.from), or_dialled(&live.to, &live.dialled), words::live_state(live.state)),
        (None, None) => {
            let started = detail.events.iter().find_map(|event| match &event.what {
                CallEventKind::Started { from, dialled, .. } => Some((short(from), dialled.clone())),
                _ => None,
            });
            let (from, to) = started.unwrap_or_else(|| ("unknown".to_owned(), "unknown".to_owned()));
            (from, to, Word { tone: "warn", word: "Not finished" })
        }
    }
}

fn summary(
    app: &Shared,
    zone: &Zone,
    call: CallRef,
    record: Option<&CallRecord>,
    live: Option<&LiveCall>,
) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(record) = record {
        rows.push(("From", words::party(&record.from)));
        rows.push(("Dialled", record.dialled.clone()));
        let to = if record.disposition == exchange::record::Disposition::Answered { "Answered by" } else { "Called" };
        rows.push((to, words::party(&record.to)));
        rows.push(("Began", zone.date_time(record.started_at)));
        if let Some(at) = record.answered_at {
            rows.push(("Answered after", format!("{} s", at.saturating_since(record.started_at).as_secs())));
            rows.push(("Talked", words::clock(record.ended_at.saturating_since(at))));
        }
        rows.push(("Ended", format!("{}, {}", zone.date_time(record.ended_at), words::cause(record.cause))));
        if let Some(leg) = record.ended_by.and_then(|by| record.legs.iter().find(|leg| leg.leg == by)) {
            rows.push(("Hung up by", words::party(&leg.party)));
        }
    } else if let Some(live) = live {
        rows.push(("From", words::party(&live.from)));
        rows.push(("Dialled", live.dialled.clone()));
        rows.push(("To", words::party(&live.to)));
        rows.push(("Began", zone.date_time(live.started_at)));
        let since = live.answered_at.unwrap_or(live.started_at);
        rows.push(("For", words::clock(app.wall().saturating_since(since))));
    }
    rows.push(("Reference", call.to_string()));
    rows
}

fn reasons(detail: &CallDetail) -> Vec<String> {
    if let Some(record) = detail.record.as_ref().filter(|record| !record.reasons.is_empty()) {
        return record.reasons.clone();
    }
    let routed = detail.events.iter().rev().find_map(|event| match &event.what {
        CallEventKind::Routed { reasons } => Some(reasons.clone()),
        _ => None,
    });
    routed.unwrap_or_default()
}

fn leg_view(leg: &LegSummary, name: &str) -> LegView {
    LegView {
        name: name.to_owned(),
        role: if leg.role == LegRole::Caller { "caller" } else { "called" },
        device: leg.device.clone(),
        cause: words::cause(leg.cause).to_owned(),
        codec: leg.codec.map(quality::codec_name).unwrap_or_default(),
        sip_call_id: leg.sip_call_id.clone(),
        directions: quality::directions(leg, name),
    }
}

fn as_text(
    title: &str,
    state: Word,
    summary: &[(&str, String)],
    reasons: &[String],
    steps: &[Step],
    causes: &[(String, String)],
) -> String {
    let mut out = format!("{title}: {}\n", state.word);
    for (name, value) in summary {
        out.push_str(&format!("{name}: {value}\n"));
    }
    for reason in reasons {
        out.push_str(&format!("Why: {reason}\n"));
    }
    for (who, cause) in causes {
        out.push_str(&format!("Sound of {who}: {cause}\n"));
    }
    for step in steps {
        out.push_str(&format!("{} {}\n", step.at, step.text));
    }
    out
}
