//! The calendar of what a caller meets: for a number, day by day, where its calls go and why.

use std::collections::BTreeSet;

use base::WallTime;
use config::Destination;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use crate::hours::HoursState;
use crate::inbound::destination;
use crate::plan::Plan;
use crate::reason::{HoursReason, PlaceReason, Reason};
use crate::route::{Caller, Decision, Request};
use crate::state::State;

/// Days looked at, at most.
const DAYS_MAX: u16 = 400;
/// Somebody outside whom no list or route knows.
const STRANGER: &str = "+";

/// One day, by the box's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayView {
    /// `2026-03-02`.
    pub date: String,
    /// From midnight to midnight, without gaps; neighbours differ.
    pub spans: Vec<Span>,
}

/// A stretch of a day in which calls go to one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its first moment.
    pub from: WallTime,
    /// The first moment no longer in it.
    pub to: WallTime,
    /// `09:00`, by the box's clock.
    pub from_text: String,
    /// `17:30`; `24:00` at the end of the day.
    pub to_text: String,
    /// Where a rule sends the call, as the document writes it; empty: no rule does.
    pub destination: String,
    /// What happens there, in a sentence.
    pub action: String,
    /// What the opening hours say; none: none are asked.
    pub state: Option<HoursState>,
    /// Why, in a sentence: of the hours where they decide, else of the step that does.
    pub reason: String,
}

/// What a caller to `number` meets, day by day from that moment's day on, 400 days at most. What people have set for
/// themselves is left out, for it will change; what was switched by hand counts until it ends.
pub fn look_ahead(plan: &Plan, state: &State, from: WallTime, days: u16, number: &str) -> Vec<DayView> {
    let state = State { overrides: state.overrides.clone(), ..State::default() };
    let view = View { plan, state: &state, number, trunk: trunk_of(plan, number), hours: hours_of(plan, number) };
    let zone = plan.clocks.zone();
    let first = Timestamp::from_millisecond(from.unix_ms()).unwrap_or_default().to_zoned(zone.clone()).date();
    let dates = (0..days.min(DAYS_MAX)).filter_map(|ahead| first.checked_add(i64::from(ahead).days()).ok());
    dates.map(|date| DayView { date: date.to_string(), spans: view.day(date, zone) }).collect()
}

/// The numbers that callers outside reach this box by: of trunks, of persons, and those that routes write out.
pub fn inbound_numbers(plan: &Plan) -> BTreeSet<String> {
    let config = plan.config();
    let of_trunks = config.trunks.values().filter(|trunk| trunk.enabled).flat_map(|trunk| trunk.numbers.iter());
    let of_routes = config.inbound_routes.values().filter(|route| route.enabled).flat_map(|route| route.numbers.iter());
    let written = of_routes.filter(|number| config::number::is_e164(number));
    of_trunks.chain(written).chain(plan.inbound.direct_numbers()).cloned().collect()
}

/// A number under a calendar.
struct View<'a> {
    plan: &'a Plan,
    state: &'a State,
    number: &'a str,
    trunk: &'a str,
    /// The opening hours that can decide about its calls.
    hours: BTreeSet<String>,
}

impl View<'_> {
    fn day(&self, date: Date, zone: &TimeZone) -> Vec<Span> {
        let (begin, end) = (midnight(date, zone), midnight(date.saturating_add(1.day()), zone));
        let mut spans: Vec<Span> = Vec::new();
        let mut bounds = self.bounds(date, begin, end).into_iter().peekable();
        while let Some(at) = bounds.next() {
            let to = bounds.peek().copied().unwrap_or(end);
            let span = self.span(at, to, begin, end);
            match spans.last_mut().filter(|last| last.is_like(&span)) {
                Some(last) => (last.to, last.to_text) = (span.to, span.to_text),
                None => spans.push(span),
            }
        }
        spans
    }

    /// Every moment of a day at which something could change, its first included.
    fn bounds(&self, date: Date, begin: WallTime, end: WallTime) -> BTreeSet<WallTime> {
        let mut bounds = BTreeSet::from([begin]);
        for name in &self.hours {
            if let Some((schedule, feeds)) = self.plan.clocks.schedule(name) {
                // Hours may follow another zone's clock: its day begins on ours, or on the one before.
                let near = [date.saturating_sub(1.day()), date, date.saturating_add(1.day())];
                bounds.extend(near.into_iter().flat_map(|date| schedule.day(date, &feeds)).map(|part| part.from));
            }
            bounds.extend(self.state.overrides.get(name).and_then(|by_hand| by_hand.until));
        }
        bounds.retain(|bound| (begin..end).contains(bound));
        bounds
    }

    fn span(&self, from: WallTime, to: WallTime, begin: WallTime, end: WallTime) -> Span {
        let caller = Caller::Trunk { trunk: self.trunk, number: Some(STRANGER) };
        let request = Request { from: caller, dialled: self.number, at: from, hops: &[] };
        let decision = self.plan.route(self.state, &request);
        let (state, reason) = hours_reason(&decision);
        let time = |at: WallTime| match at {
            at if at == begin => "00:00".to_owned(),
            at if at == end => "24:00".to_owned(),
            at => self.plan.clocks.date_and_time(at).1,
        };
        let (from_text, to_text) = (time(from), time(to));
        let action = decision.action.to_string();
        Span { from, to, from_text, to_text, destination: last_destination(&decision), action, state, reason }
    }
}

impl Span {
    /// Whether nothing but the time differs.
    fn is_like(&self, other: &Span) -> bool {
        (&self.destination, &self.action, self.state, &self.reason)
            == (&other.destination, &other.action, other.state, &other.reason)
    }
}

/// What the hours say that decide, and why; where none are asked, the last step.
fn hours_reason(decision: &Decision) -> (Option<HoursState>, String) {
    let said = decision.reasons.iter().rev().find_map(|reason| match reason {
        Reason::Hours(hours) => Some(hours),
        _ => None,
    });
    match said {
        Some(hours @ (HoursReason::Now { state, .. } | HoursReason::ByHand { state, .. })) => {
            (Some(*state), hours.to_string())
        }
        Some(hours @ HoursReason::NoSuchHours { .. }) => (Some(HoursState::Closed), hours.to_string()),
        None => (None, decision.reasons.last().map(ToString::to_string).unwrap_or_default()),
    }
}

fn last_destination(decision: &Decision) -> String {
    let sent = decision.reasons.iter().rev().find_map(|reason| match reason {
        Reason::Place(PlaceReason::SentTo { to }) => Some(to.clone()),
        _ => None,
    });
    sent.unwrap_or_default()
}

/// The trunk that brings calls to a number.
fn trunk_of<'p>(plan: &'p Plan, number: &str) -> &'p str {
    let trunks = &plan.config().trunks;
    let own = trunks.values().find(|trunk| trunk.numbers.iter().any(|own| own == number));
    own.or_else(|| trunks.values().next()).map(|trunk| trunk.name.as_str()).unwrap_or_default()
}

/// The hours of the routes that may take a number's calls, and those that they lead to.
fn hours_of(plan: &Plan, number: &str) -> BTreeSet<String> {
    let config = plan.config();
    let routes = plan.inbound.routes.iter().filter(|route| route.takes_number(number));
    let mut open: Vec<String> = routes.filter_map(|route| route.hours.clone()).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let route = plan.inbound.route_of_hours(&name).and_then(|rules| config.inbound_routes.get(&rules.name));
        if !seen.insert(name) {
            continue;
        }
        let states = [HoursState::Open, HoursState::Closed, HoursState::Break, HoursState::Holiday];
        for to in route.into_iter().flat_map(|route| states.map(|state| destination(route, state))) {
            if let Destination::Hours(next) = to {
                open.push(next.clone());
            }
        }
    }
    seen
}

fn midnight(date: Date, zone: &TimeZone) -> WallTime {
    let at = date.to_datetime(Time::midnight()).to_zoned(zone.clone());
    WallTime::from_unix_ms(at.map_or(0, |at| at.timestamp().as_millisecond()))
}
