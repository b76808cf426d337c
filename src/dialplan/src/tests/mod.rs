//! A company, and what happens to its calls.

mod codes;
mod inbound;
mod inside;
mod look_ahead;
mod outside;

use std::sync::{Arc, LazyLock};

use base::WallTime;
use config::Document;
use expect_test::Expect;

use crate::state::State;
use crate::{Caller, Decision, Failure, Plan, Reached, Request};

/// 101 Anna (supervisor, mailbox, mobile, direct number), 102 Bob (rings for 40 s, mailbox), 103 Chris, 104
/// Dora, disabled, 105 Eve (abroad with PIN, limits), 106 the lobby (emergency calls and inside alone), 120 a phone of
/// nobody; two trunks, three routes out, three in.
const COMPANY: &str = r#"
[system]
name = "Peeters & Co"
realm = "peeters"
time_zone = "Europe/Brussels"

[sip]
ring_time_s = 25

[numbers]
country_code = "32"
emergency = ["1722"]

[emergency]
caller_id = "+3225550000"
location = "Station Street 1, Brussels"

[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
supervisor = true
voicemail = true
mobile = "+32470000001"
caller_id = "+3225550101"
pickup_group = "front"

[[extension]]
number = "102"
name = "Bob"
secret = "demo-102-secret"
ring_time_s = 40
voicemail = true
pickup_group = "front"

[[extension]]
number = "103"
name = "Chris"
secret = "demo-103-secret"
emergency_caller_id = "+3225550103"

[[extension]]
number = "104"
name = "Dora"
secret = "demo-104-secret"
enabled = false

[[extension]]
number = "105"
name = "Eve"
secret = "demo-105-secret"
class = "abroad"

[[extension]]
number = "106"
name = "Lobby"
secret = "demo-106-secret"
class = "lobby"

[[extension]]
number = "120"
name = "Desk"
secret = "demo-120-secret"

[[phone]]
mac = "001565aabbcc"
model = "yealink"
lines = ["120"]
hot_desk = true

[[class]]
name = "abroad"
may_call = ["internal", "free", "national", "mobile", "international"]
countries = ["+33", "+1"]
blocked = ["+3366!"]
pin = "2580"
calls_max = 2
minutes_max = 60
spend_day_max = 500
forward_outside = false

[[class]]
name = "lobby"
may_call = ["emergency", "national"]
hours = "office"

[[ring_group]]
number = "400"
name = "Sales"
members = ["101", "102", "104", "103"]
ring_time_s = 15
label = "Sales"
skip_busy = true
otherwise = "voicemail:800"

[[ring_group]]
number = "401"
name = "Support"
members = ["101", "102", "103"]
strategy = "rotating"

[[ring_group]]
number = "402"
name = "Night"
members = ["104"]
otherwise = "outside:+32470000009"

[[conference]]
number = "600"
name = "Weekly meeting"

[[mailbox]]
number = "800"
name = "Sales"
members = ["101", "102"]
pin = "2468"

[[paging]]
number = "690"
name = "Workshop"
members = ["102", "103"]

[[hours]]
name = "office"
code = "1"
open = ["mon-fri 09:00-17:30"]
breaks = ["mon-fri 12:00-13:00"]
holidays = ["be"]
switched_by = ["101"]

[[trunk]]
name = "provider"
host = "sip.example.com"
user = "3225550000"
password = "kept-between-us-2"
numbers = ["+3225550000", "+3225550001", "+3225550199"]
caller_id = "+3225550000"
prices = ["+ 50", "+32 2.5", "+3247 9"]
calls_max = 10
minutes_max = 120

[[trunk]]
name = "backup"
kind = "address"
host = "192.0.2.9"
number_form = "national"
countries = ["+32"]

[[outbound_route]]
name = "mobiles"
order = 50
patterns = ["+324X."]
trunks = ["backup"]

[[outbound_route]]
name = "everywhere"
patterns = ["+X.", "1X!"]
trunks = ["provider", "backup"]

[[inbound_route]]
name = "main"
numbers = ["+3225550000", "+3225550001"]
hours = "office"
to = "400"
closed_to = "voicemail:800"
holiday_to = "sound:holiday"
label = "Main"

[[inbound_route]]
name = "doctor"
order = 50
numbers = ["+3225550000"]
callers = ["+32475!"]
to = "101"
reject_anonymous = true

[[inbound_route]]
name = "fax"
enabled = false
numbers = ["+3225550199"]
to = "103"

[[blocked]]
number = "+3290*"
reason = "premium rate"

[[blocked]]
number = "+32900000001"
allow = true
"#;

/// Monday 2 March 2026, 14:05 in Brussels.
const MONDAY: WallTime = WallTime::from_unix_ms(1_772_456_700_000);
/// The night after it.
const NIGHT: WallTime = WallTime::from_unix_ms(1_772_490_000_000);

static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let document = Document::parse(COMPANY).expect("the company is valid");
    Plan::new(Arc::clone(document.config()))
});

pub(crate) fn company() -> &'static Plan {
    &PLAN
}

/// The company with changes made to the model.
fn company_with(change: impl FnOnce(&mut config::Config)) -> Plan {
    let mut config = config::Config::clone(company().config());
    change(&mut config);
    Plan::new(Arc::new(config))
}

/// A state of these facts.
pub(crate) fn state(facts: &[(&str, &str)]) -> State {
    let mut state = State::default();
    for (key, value) in facts {
        assert!(state.apply(key, Some(value)), "{key} {value}");
    }
    state
}

fn from(extension: &str) -> Caller<'_> {
    Caller::Extension(extension)
}

fn trunk(number: &str) -> Caller<'_> {
    Caller::Trunk { trunk: "provider", number: (!number.is_empty()).then_some(number) }
}

fn call(plan: &Plan, state: &State, from: Caller<'_>, dialled: &str) -> Decision {
    let decision = plan.route(state, &Request { from, dialled, at: MONDAY, hops: &[] });
    assert!(!decision.reasons.is_empty(), "no reason for {dialled}");
    decision
}

/// What comes next, where `before` came first.
fn after(
    plan: &Plan,
    state: &State,
    from: Caller<'_>,
    dialled: &str,
    before: &Decision,
    why: Failure,
) -> Option<Decision> {
    let reached = match &before.action {
        crate::Action::Ring(ring) => ring.reached.clone(),
        _ => Reached::Nothing,
    };
    plan.next(state, &Request { from, dialled, at: MONDAY, hops: &before.hops }, &reached, why)
}

fn told(decision: &Decision) -> String {
    decision.reasons.iter().fold(format!("{}\n", decision.action), |out, reason| out + &format!("  {reason}\n"))
}

fn check(state: &State, from: Caller<'_>, dialled: &str, expected: Expect) {
    expected.assert_eq(&told(&call(company(), state, from, dialled)));
}

/// The first line alone.
fn does(plan: &Plan, state: &State, from: Caller<'_>, dialled: &str) -> String {
    call(plan, state, from, dialled).action.to_string()
}

/// Who dials what, and what happens, a line each.
fn lines(plan: &Plan, state: &State, calls: &[(&str, &str)], expected: Expect) {
    let line = |(who, dialled): &(&str, &str)| format!("{who} {dialled}: {}\n", does(plan, state, from(who), dialled));
    expected.assert_eq(&calls.iter().map(line).collect::<String>());
}

mod any {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_request_is_decided(
            text in "\\PC{0,70}|[0-9+*#]{0,20}|[*#][0-9*#]{1,4}(10[1-6]|0470000009|\\+33123456789)?",
            who in prop::sample::select(vec!["101", "102", "103", "104", "105", "106", "120", "199", "trunk", "hidden"]),
            at in any::<i64>(),
        ) {
            let plan = company();
            let state = state(&[
                ("person/101", r#"{"forward_no_answer":"102","dnd_periods":["daily 09:00-10:00"]}"#),
                ("person/102", r#"{"forward_all":"400"}"#),
                ("seat/120", r#"{"extension":"105","since":0}"#),
            ]);
            let who = match who {
                "trunk" => trunk("+32475000009"),
                "hidden" => trunk(""),
                extension => from(extension),
            };
            let request = Request { from: who, dialled: &text, at: WallTime::from_unix_ms(at), hops: &[] };
            let mut decision = plan.route(&state, &request);
            // Whoever asks what comes next comes to an end.
            let mut questions = 0;
            while let crate::Action::Ring(ring) = &decision.action {
                prop_assert!(!decision.reasons.is_empty());
                prop_assert!(!ring.rounds.is_empty() && ring.rounds.iter().all(|round| !round.branches.is_empty()));
                questions += 1;
                prop_assert!(questions <= crate::HOPS_MAX + 1, "{:?}", decision.hops);
                let request = Request { hops: &decision.hops, ..request };
                match plan.next(&state, &request, &ring.reached, Failure::NoAnswer) {
                    Some(next) => decision = next,
                    None => break,
                }
            }
            prop_assert!(!decision.reasons.is_empty());
            prop_assert!(decision.hops.len() <= crate::HOPS_MAX + 1);
        }
    }
}
