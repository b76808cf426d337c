use std::sync::Arc;

use config::{Config, Destination, InboundRoute, OutboundRoute};
use expect_test::{Expect, expect};

use super::*;
use crate::tests::{company, state};

/// What is found in the company after a change, with these facts.
fn finds(change: impl FnOnce(&mut Config), facts: &[(&str, &str)], expected: Expect) {
    let mut config = Config::clone(company().config());
    change(&mut config);
    let findings = prove(&Plan::new(Arc::new(config)), &state(facts));
    let line = |finding: &Finding| format!("{:?}: {finding}\n", finding.severity);
    expected.assert_eq(&findings.iter().map(line).collect::<String>());
}

fn to(text: &str) -> Destination {
    text.parse().expect("it is a destination")
}

#[test]
fn the_company_is_in_order() {
    finds(
        |_| {},
        &[],
        expect![[r#"
        Warning: trunk provider numbers: no route says where calls go to +3225550199
    "#]],
    );
}

#[test]
fn circles() {
    let facts = [
        ("person/101", r#"{"forward_all":"102"}"#),
        ("person/102", r#"{"forward_all":"103"}"#),
        ("person/103", r#"{"forward_all":"1-01"}"#),
        ("person/105", r#"{"forward_busy":"106","forward_no_answer":"400"}"#),
        ("person/106", r#"{"forward_no_answer":"105"}"#),
    ];
    finds(
        |config| config.ring_groups.get_mut("400").expect("it is there").otherwise = Some(to("105")),
        &facts,
        expect![[r#"
            Error: person 101: calls go in a circle: 101 → 102 → 103 → 101
            Warning: person 105: calls can go in a circle where nobody takes them: 105 → 106 → 105
            Warning: person 105: calls can go in a circle where nobody takes them: 105 → 400 → 105
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
    finds(
        |config| config.inbound_routes.get_mut("main").expect("it is there").closed_to = Some(to("hours:office")),
        &[],
        expect![[r#"
            Error: hours office: calls go in a circle: hours:office → hours:office
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}

#[test]
fn dead_ends() {
    let facts = [
        ("person/101", r#"{"forward_all":"0033123456789"}"#),
        ("person/102", r#"{"forward_busy":"199","forward_no_answer":"voicemail"}"#),
        ("person/103", r#"{"forward_busy":"voicemail"}"#),
    ];
    finds(
        |config| {
            let group = config.ring_groups.get_mut("402").expect("it is there");
            group.otherwise = None;
            let route = config.inbound_routes.get_mut("main").expect("it is there");
            route.to = to("402");
            route.closed_to = Some(to("104"));
            route.break_to = Some(to("hangup"));
            route.holiday_to = Some(to("outside:+33123456789"));
            config.parking.otherwise = Some(to("voicemail:103"));
        },
        &facts,
        expect![[r#"
            Error: inbound_route main closed_to: 104 refuses every call (number disabled): extension 104 is disabled
            Error: inbound_route main holiday_to: outside:+33123456789 refuses every call (call not allowed): the class default may not call numbers of other countries
            Error: inbound_route main to: 402 refuses every call (nobody to ring): ring group 402 has no member who can be called
            Error: parking otherwise: voicemail:103 refuses every call (unknown number): 103 has no mailbox
            Warning: person 101 forward_all: 0033123456789 refuses every call (call not allowed): the class default may not call numbers of other countries
            Warning: person 102 forward_busy: 199 refuses every call (call not allowed): the class default may not call numbers at premium rates
            Warning: person 103 forward_busy: voicemail refuses every call (unknown number): 103 has no mailbox
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}

#[test]
fn names_of_nothing() {
    finds(
        |config| {
            config.ring_groups.get_mut("400").expect("it is there").members.push("199".to_owned());
            config.outbound_routes.get_mut("mobiles").expect("it is there").trunks = vec!["gone".to_owned()];
            config.outbound_routes.get_mut("mobiles").expect("it is there").classes =
                vec!["gone".to_owned(), "default".to_owned()];
            config.inbound_routes.get_mut("main").expect("it is there").hours = Some("gone".to_owned());
            config.extensions.get_mut("101").expect("she is there").class = Some("gone".to_owned());
            config.emergency.trunks.push("gone".to_owned());
        },
        &[],
        expect![[r#"
            Error: emergency trunks: there is no trunk gone
            Error: extension 101 class: there is no class gone
            Error: inbound_route main hours: there is no hours gone
            Error: outbound_route mobiles classes: there is no class gone
            Error: outbound_route mobiles trunks: there is no trunk gone
            Error: ring_group 400 members: there is no extension 199
            Warning: emergency trunks: it is never used: none of the trunks named is switched on: all others are tried
            Warning: outbound_route mobiles trunks: it is never used: none of its trunks is switched on
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}

#[test]
fn rules_that_never_decide() {
    finds(
        |config| {
            let mut all = InboundRoute::new("all".to_owned(), to("101"));
            all.order = 1;
            all.numbers = vec!["+32255500XX".to_owned()];
            config.inbound_routes.insert("all".to_owned(), all.clone());
            (all.name, all.numbers, all.order) = ("elsewhere".to_owned(), vec!["+33X.".to_owned()], 2);
            all.closed_to = Some(to("102"));
            config.inbound_routes.insert("elsewhere".to_owned(), all);
            config.trunks.get_mut("backup").expect("it is there").numbers = vec!["+3225559999".to_owned()];
            let mut route = OutboundRoute::new("off".to_owned(), vec!["+X.".to_owned()], vec!["backup".to_owned()]);
            config.trunks.get_mut("backup").expect("it is there").enabled = false;
            config.outbound_routes.insert("off".to_owned(), route.clone());
            route.enabled = false;
            route.name = "unused".to_owned();
            config.outbound_routes.insert("unused".to_owned(), route);
        },
        &[],
        expect![[r#"
            Warning: inbound_route doctor: it is never used: all takes all its calls before
            Warning: inbound_route elsewhere closed_to: it is never used: the route asks no opening hours
            Warning: inbound_route elsewhere numbers: it is never used: no trunk has such a number
            Warning: inbound_route main: it is never used: all takes all its calls before
            Warning: outbound_route mobiles trunks: it is never used: none of its trunks is switched on
            Warning: outbound_route off trunks: it is never used: none of its trunks is switched on
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}

#[test]
fn help_that_does_not_come() {
    finds(
        |config| config.trunks.values_mut().for_each(|trunk| trunk.enabled = false),
        &[],
        expect![[r#"
        Error: emergency trunks: nobody can call for help: no enabled trunk leads out
        Error: ring_group 402 otherwise: outside:+32470000009 refuses every call (no line to the outside): no trunk can take the call
        Warning: outbound_route everywhere trunks: it is never used: none of its trunks is switched on
        Warning: outbound_route mobiles trunks: it is never used: none of its trunks is switched on
    "#]],
    );
    finds(
        |config| {
            config.numbers.emergency.push("600".to_owned());
            config.emergency.trunks = vec!["backup".to_owned()];
            config.trunks.get_mut("backup").expect("it is there").enabled = false;
            config.emergency.location.clear();
            config.emergency.caller_id = None;
        },
        &[],
        expect![[r#"
            Error: conference 600 number: it is never reached: whoever dials it calls the emergency number 600
            Warning: emergency caller_id: a dispatcher is not told whom to call back
            Warning: emergency location: a dispatcher is not told where this box stands
            Warning: emergency trunks: it is never used: none of the trunks named is switched on: all others are tried
            Warning: outbound_route mobiles trunks: it is never used: none of its trunks is switched on
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}

#[test]
fn hours_that_cannot_be_meant() {
    finds(
        |config| {
            let hours = config.hours.get_mut("office").expect("they are there");
            hours.open.push("mon-fri 17:00-18:00".to_owned());
            hours.open.push("whenever".to_owned());
            hours.breaks.push("sun 12:00-13:00".to_owned());
            hours.holidays.clear();
            let mut never = config::Hours::new("never".to_owned());
            never.calendars.push("team".to_owned());
            config.hours.insert("never".to_owned(), never);
        },
        &[],
        expect![[r#"
            Error: hours never calendars: there is no calendar team
            Error: hours office open: `whenever`: expected hours at the end, such as 09:00-17:30
            Warning: hours never calendars: a calendar has not been fetched yet: its events do not close
            Warning: hours never open: no open hours: always closed
            Warning: hours office breaks: break `sun 12:00-13:00` lies outside the open hours
            Warning: hours office holidays: no public holidays: name a country, a feed or closed days
            Warning: hours office open: `mon-fri 09:00-17:30` and `mon-fri 17:00-18:00` overlap
            Warning: trunk provider numbers: no route says where calls go to +3225550199
        "#]],
    );
}
