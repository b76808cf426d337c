//! Destinations that refuse whoever comes, whenever. Asked of the same functions that decide calls, at every other hour
//! of a week.

use base::WallTime;
use config::{Config, Destination};

use super::{Finding, Flaw, Proof, Severity, Spot, spot};
use crate::extension::VOICEMAIL;
use crate::route::{Caller, Request, RouteError};
use crate::state::State;
use crate::walk::{Purpose, Walk};

/// Somebody outside whom no list or route knows.
const STRANGER: Caller<'static> = Caller::Trunk { trunk: "", number: Some("+") };
/// A Monday: 2 March 2026, 00:00 UTC.
const WEEK: i64 = 1_772_409_600_000;
const TWO_HOURS: i64 = 7_200_000;
const STEPS: i64 = 84;

impl Proof<'_> {
    pub(super) fn dead_ends(&mut self) {
        let config: &Config = self.plan.config();
        let mut ends = Vec::new();
        for (at, destination) in destinations(config) {
            let refusal = self.refuses(|walk| walk.go_to(destination).map(|_| ()));
            ends.extend(refusal.and_then(|(error, reason)| {
                // These two are meant.
                let meant = matches!(destination, Destination::Busy | Destination::HangUp);
                let what = Flaw::DeadEnd { to: destination.to_string(), error, reason };
                (!meant).then_some(Finding { severity: Severity::Error, at, what })
            }));
        }
        for (number, person) in &self.state.people {
            let Some(extension) = config.extensions.get(number) else { continue };
            for (key, to) in [
                ("forward_all", &person.forward_all),
                ("forward_busy", &person.forward_busy),
                ("forward_no_answer", &person.forward_no_answer),
                ("forward_unreachable", &person.forward_unreachable),
            ] {
                let Some(to) = to.as_deref().filter(|to| *to != VOICEMAIL || !extension.voicemail) else { continue };
                let refusal = self.refuses(|walk| walk.forward(extension, to, crate::route::Failure::Busy).map(|_| ()));
                ends.extend(refusal.map(|(error, reason)| Finding {
                    severity: Severity::Warning,
                    at: spot("person", number, key),
                    what: Flaw::DeadEnd { to: to.to_owned(), error, reason },
                }));
            }
        }
        self.findings.extend(ends);
    }

    /// The refusal, where it is one at every hour.
    fn refuses<'p>(
        &'p self,
        mut step: impl FnMut(&mut Walk<'p>) -> Result<(), RouteError>,
    ) -> Option<(RouteError, String)> {
        let nothing = nothing();
        let mut refusal = None;
        for hour in 0..STEPS {
            let at = WallTime::from_unix_ms(WEEK + hour * TWO_HOURS);
            let request = Request { from: STRANGER, dialled: "", at, hops: &[] };
            let mut walk = Walk::new(self.plan, nothing, &request, Purpose::Dialled);
            let error = step(&mut walk).err()?;
            let reason = walk.reasons.last().map(ToString::to_string).unwrap_or_default();
            refusal = Some((error, reason));
        }
        refusal
    }
}

/// Nobody has set anything.
fn nothing() -> &'static State {
    static NOTHING: std::sync::LazyLock<State> = std::sync::LazyLock::new(State::default);
    &NOTHING
}

/// Every destination of the document, with where it stands.
pub(super) fn destinations(config: &Config) -> Vec<(Spot, &Destination)> {
    let mut all: Vec<(Spot, &Destination)> = Vec::new();
    for group in config.ring_groups.values() {
        all.extend(group.otherwise.iter().map(|to| (spot("ring_group", &group.number, "otherwise"), to)));
    }
    all.extend(config.parking.otherwise.iter().map(|to| (spot("parking", "", "otherwise"), to)));
    for route in config.inbound_routes.values().filter(|route| route.enabled) {
        all.push((spot("inbound_route", &route.name, "to"), &route.to));
        let others =
            [("closed_to", &route.closed_to), ("break_to", &route.break_to), ("holiday_to", &route.holiday_to)];
        for (key, to) in others {
            all.extend(to.iter().map(|to| (spot("inbound_route", &route.name, key), to)));
        }
    }
    all
}
