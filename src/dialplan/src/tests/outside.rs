//! Calls to the outside, and the one policy.

use expect_test::expect;

use super::*;
use crate::Action;

#[test]
fn a_number_outside_takes_the_routes_in_order() {
    check(
        &State::default(),
        from("101"),
        "0470 00.00-09",
        expect![[r#"
        calls +32470000009 by backup, then provider, as +3225550101, for 7200 s at most
          “0470 00.00-09” is read as 0470000009
          0470000009 is +32470000009, mobiles of this country
          the class default may call mobiles of this country
          the route mobiles fits, by +324X.
          the route everywhere fits, by +X.
          the trunk backup is tried with 0470000009
          the trunk provider is tried with +32470000009
          the trunk backup is passed over: it is tried already
          the call ends after 7200 s
    "#]],
    );
    check(
        &State::default(),
        from("101"),
        "02 555 12 34",
        expect![[r#"
        calls +3225551234 by provider, then backup, as +3225550101, for 7200 s at most
          “02 555 12 34” is read as 025551234
          025551234 is +3225551234, numbers of this country
          the class default may call numbers of this country
          the route everywhere fits, by +X.
          the trunk provider is tried with +3225551234
          the trunk backup is tried with 025551234
          the call ends after 7200 s
    "#]],
    );
    check(
        &State::default(),
        from("101"),
        "0098",
        expect![[r#"
        refused: unknown number
          0098 is no feature code, extension, ring group or conference
          0098 is no number outside either: it is no number of this country or another
    "#]],
    );
}

#[test]
fn help_always_comes() {
    let mut state = State::default();
    state.down.insert("backup".to_owned());
    check(
        &state,
        from("103"),
        "112",
        expect![[r#"
        calls 112 by provider, then backup, as +3225550103
          112 is an emergency number: nothing stops it
          the trunk provider is tried with 112
          the trunk backup is tried with 112
    "#]],
    );
    // Neither class nor hours nor a disabled extension stand in its way, and the number is always shown.
    let calls =
        [("106", "112"), ("104", "1-1-2"), ("101", "*67112"), ("101", "+32112"), ("101", "1722"), ("199", "112")];
    lines(
        company(),
        &state,
        &calls,
        expect![[r#"
        106 112: calls 112 by provider, then backup, as +3225550000
        104 1-1-2: calls 112 by provider, then backup, as +3225550000
        101 *67112: calls 112 by provider, then backup, as +3225550000
        101 +32112: calls 112 by provider, then backup, as +3225550000
        101 1722: calls 1722 by provider, then backup, as +3225550000
        199 112: calls 112 by provider, then backup, as +3225550000
    "#]],
    );
    let prefixed = company_with(|config| config.numbers.outside_prefix = "0".to_owned());
    let calls = ["112", "0112", "0032112", "00032112"].map(|dialled| ("101", dialled));
    lines(
        &prefixed,
        &state,
        &calls,
        expect![[r#"
        101 112: calls 112 by provider, then backup, as +3225550000
        101 0112: calls 112 by provider, then backup, as +3225550000
        101 0032112: calls +3232112 by provider, as +3225550101, for 7200 s at most
        101 00032112: calls 112 by provider, then backup, as +3225550000
    "#]],
    );
    let none = company_with(|config| config.trunks.clear());
    lines(
        &none,
        &state,
        &[("101", "112")],
        expect![[r#"
        101 112: refused: no line to the outside
    "#]],
    );
    let named = company_with(|config| config.emergency.trunks = vec!["backup".to_owned()]);
    lines(
        &named,
        &state,
        &[("101", "112")],
        expect![[r#"
        101 112: calls 112 by backup, as +3225550000
    "#]],
    );
}

#[test]
fn the_class_says_what_may_be_called() {
    let calls = [
        ("101", "0033123456789"),
        ("101", "+33123456789"),
        ("101", "0900123456"),
        ("101", "1207"),
        ("101", "116000"),
        ("101", "+870123456789"),
        ("101", "0800 12345"),
        ("105", "0033123456789"),
        ("105", "00336612345678"),
        ("105", "0049301234567"),
        ("105", "0018761234567"),
        ("105", "0012121234567"),
        ("106", "101"),
        ("106", "025551234"),
        ("106", "0470000009"),
    ];
    lines(
        company(),
        &State::default(),
        &calls,
        expect![[r#"
        101 0033123456789: refused: call not allowed
        101 +33123456789: refused: call not allowed
        101 0900123456: refused: call not allowed
        101 1207: refused: call not allowed
        101 116000: calls 116000 by provider, then backup, as +3225550101, for 7200 s at most
        101 +870123456789: refused: call not allowed
        101 0800 12345: calls +3280012345 by provider, then backup, as +3225550101, for 7200 s at most
        105 0033123456789: calls +33123456789 by provider, as +3225550000, after the PIN of class abroad, for 600 s at most
        105 00336612345678: refused: call not allowed
        105 0049301234567: refused: call not allowed
        105 0018761234567: refused: call not allowed
        105 0012121234567: calls +12121234567 by provider, as +3225550000, after the PIN of class abroad, for 600 s at most
        106 101: refused: call not allowed
        106 025551234: calls +3225551234 by provider, then backup, as +3225550000, for 7200 s at most
        106 0470000009: refused: call not allowed
    "#]],
    );
    let request = Request { from: from("106"), dialled: "025551234", at: NIGHT, hops: &[] };
    expect![[r#"
        refused: call not allowed
          025551234 is +3225551234, numbers of this country
          the hours office say closed: outside the day's hours
          the class lobby calls outside only within the hours office
    "#]]
    .assert_eq(&told(&company().route(&State::default(), &request)));
}

#[test]
fn money_calls_and_trunks_have_limits() {
    let day = company().clocks.day(MONDAY);
    let abroad = [("105", "0033123456789")];
    for (spent, calls, expected) in [
        (
            499,
            1,
            expect![[r#"
            105 0033123456789: calls +33123456789 by provider, as +3225550000, after the PIN of class abroad, for 1 s at most
        "#]],
        ),
        (
            500,
            0,
            expect![[r#"
            105 0033123456789: refused: limit reached
        "#]],
        ),
        (
            0,
            2,
            expect![[r#"
            105 0033123456789: refused: limit reached
        "#]],
        ),
    ] {
        let mut state = state(&[("spent/105", &format!(r#"{{"day":{day},"hundredths":{spent}}}"#))]);
        state.outside.insert("extension/105".to_owned(), calls);
        lines(company(), &state, &abroad, expected);
    }
    // What was spent yesterday is forgiven.
    let yesterday = state(&[("spent/105", &format!(r#"{{"day":{},"hundredths":9999}}"#, day - 1))]);
    assert!(!does(company(), &yesterday, from("105"), "0033123456789").starts_with("refused"));

    let mut state = State::default();
    state.outside.insert("provider".to_owned(), 10);
    check(
        &state,
        from("101"),
        "025551234",
        expect![[r#"
        calls +3225551234 by backup, as +3225550101
          025551234 is +3225551234, numbers of this country
          the class default may call numbers of this country
          the route everywhere fits, by +X.
          the trunk provider is passed over: it has 10 calls, as many as it may
          the trunk backup is tried with 025551234
    "#]],
    );
    state.down.insert("backup".to_owned());
    check(
        &state,
        from("101"),
        "025551234",
        expect![[r#"
        refused: no line to the outside
          025551234 is +3225551234, numbers of this country
          the class default may call numbers of this country
          the route everywhere fits, by +X.
          the trunk provider is passed over: it has 10 calls, as many as it may
          the trunk backup is passed over: it does not answer
          no trunk can take the call
    "#]],
    );
}

#[test]
fn trunks_take_turns() {
    let plan = company_with(|config| {
        config.outbound_routes.get_mut("everywhere").expect("it is there").balance = true;
    });
    let mut state = State::default();
    let mut first = |calls| {
        state.outside.insert("route/everywhere".to_owned(), calls);
        match call(&plan, &state, from("101"), "025551234").action {
            Action::Outside(outside) => outside.ways[0].trunk.clone(),
            other => panic!("{other}"),
        }
    };
    assert_eq!([0, 1, 2, u32::MAX].map(&mut first), ["provider", "backup", "provider", "backup"]);
}

#[test]
fn numbers_are_shown_or_withheld() {
    let withholding = state(&[("person/101", r#"{"withhold":true}"#)]);
    lines(
        company(),
        &withholding,
        &[("101", "025551234")],
        expect![[r#"
        101 025551234: calls +3225551234 by provider, then backup, no number shown, for 7200 s at most
    "#]],
    );
    lines(
        company(),
        &State::default(),
        &[("102", "025551234"), ("102", "*67025551234")],
        expect![[r#"
        102 025551234: calls +3225551234 by provider, then backup, as +3225550000, for 7200 s at most
        102 *67025551234: calls +3225551234 by provider, then backup, no number shown, for 7200 s at most
    "#]],
    );
}

#[test]
fn each_trunk_has_the_number_as_it_wants_it() {
    let plan = company_with(|config| {
        let route = config.outbound_routes.get_mut("everywhere").expect("it is there");
        (route.strip, route.prepend) = (1, "99".to_owned());
    });
    let numbers = |plan: &Plan, form| {
        let plan = {
            let mut config = config::Config::clone(plan.config());
            config.trunks.get_mut("provider").expect("it is there").number_form = form;
            Plan::new(Arc::new(config))
        };
        ["0033123456789", "+33 1 23456789"].map(|dialled| {
            match call(&plan, &State::default(), from("105"), dialled).action {
                Action::Outside(outside) => outside.ways[0].number.clone(),
                other => panic!("{other}"),
            }
        })
    };
    use config::NumberForm::{AsDialled, Digits, E164, International, National};
    let forms = [E164, Digits, International, National, AsDialled].map(|form| numbers(&plan, form).join(" "));
    expect![[r#"
        [
            "+33123456789 +33123456789",
            "33123456789 33123456789",
            "0033123456789 0033123456789",
            "0033123456789 0033123456789",
            "99033123456789 99033123456789",
        ]
    "#]]
    .assert_debug_eq(&forms);
}

/// Every way by which a call can leave, to a premium and to a foreign number, with the class of those who have none.
#[test]
fn no_way_leads_around_the_policy() {
    for number in ["0900123456", "0033123456789", "+33123456789", "00870123456789", "1207", "+1 (900) 555-0000"] {
        let facts = [
            ("person/101", format!(r#"{{"forward_all":"{number}","speed_dial":{{"7":"{number}"}}}}"#)),
            (
                "person/102",
                format!(
                    r#"{{"forward_busy":"{number}","forward_no_answer":"{number}","forward_unreachable":"{number}","follow_me":{{"on":true,"numbers":["{number}"]}}}}"#
                ),
            ),
            ("contact/+32475000001", format!(r#"{{"number":"+32475000001","attempts":[],"owner":"{number}"}}"#)),
        ];
        let facts: Vec<_> = facts.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut state = state(&facts);
        let last = crate::state::Last { caller: Some(number.to_owned()), dialled: Some(number.to_owned()) };
        state.last.insert("103".to_owned(), last.clone());
        state.last.insert("101".to_owned(), last);
        let plan = company_with(|config| {
            for extension in config.extensions.values_mut() {
                extension.voicemail = false;
            }
            let outside = || Some(config::Destination::Outside(number.to_owned()));
            config.ring_groups.get_mut("402").expect("it is there").otherwise = outside();
            config.ring_groups.get_mut("400").expect("it is there").otherwise = outside();
            let route = config.inbound_routes.get_mut("main").expect("it is there");
            (route.to, route.hours) = (outside().expect("it is one"), None);
        });
        let leaves = |decision: &Decision| match &decision.action {
            Action::Outside(_) => true,
            Action::Ring(ring) => ring
                .rounds
                .iter()
                .flat_map(|round| &round.branches)
                .any(|branch| matches!(branch.to, crate::BranchTo::Outside(_))),
            _ => false,
        };
        for (who, dialled) in [
            (from("103"), number),
            (from("103"), "101"),
            (from("103"), "102"),
            (from("103"), "402"),
            (from("103"), "*870"),
            (from("103"), "*69"),
            (from("101"), "*07"),
            (from("101"), "*67*870"),
            (trunk("+32475000001"), "+3225550001"),
            (trunk("+32475000002"), "+3225550000"),
            (trunk("+32475000001"), "+3225550101"),
            (trunk("+32475000001"), number),
        ] {
            let decision = call(&plan, &state, who, dialled);
            assert!(!leaves(&decision), "{who:?} {dialled}: {}", told(&decision));
            for reached in [
                Reached::Extension("102".to_owned()),
                Reached::RingGroup("400".to_owned()),
                Reached::Contact { dialled: "+3225550001".to_owned() },
            ] {
                for why in [Failure::Busy, Failure::Declined, Failure::NoAnswer, Failure::Unreachable] {
                    let request = Request { from: who, dialled, at: MONDAY, hops: &decision.hops };
                    let next = plan.next(&state, &request, &reached, why);
                    assert!(!next.as_ref().is_some_and(leaves), "{who:?} {dialled} {reached:?}: {next:?}");
                }
            }
        }
        let transferred = plan.transfer(&state, &Request { from: from("103"), dialled: number, at: MONDAY, hops: &[] });
        assert!(!leaves(&transferred));
        let set = format!("*72{number}");
        assert!(does(&plan, &state, from("103"), &set).starts_with("refused"), "{set}");
    }
}

#[test]
fn sending_on_needs_the_right_to() {
    let plan = company_with(|config| {
        let class = config.classes.get_mut("abroad").expect("it is there");
        class.pin = None;
    });
    let forwards = state(&[("person/105", r#"{"forward_all":"0470000009"}"#)]);
    lines(
        &plan,
        &forwards,
        &[("101", "105"), ("105", "0470000009")],
        expect![[r#"
        101 105: refused: call not allowed
        105 0470000009: calls +32470000009 by backup, then provider, for 3333 s at most
    "#]],
    );
    let request = Request { from: from("105"), dialled: "0470000009", at: MONDAY, hops: &[] };
    expect![[r#"
        refused: call not allowed
          0470000009 is +32470000009, mobiles of this country
          the class abroad may not send calls on to the outside
    "#]]
    .assert_eq(&told(&plan.transfer(&State::default(), &request)));
    // Who transfers types no PIN.
    let asks = company_with(|config| {
        config.classes.get_mut("abroad").expect("it is there").forward_outside = true;
    });
    expect![[r#"
        refused: call not allowed
          0470000009 is +32470000009, mobiles of this country
          the class abroad asks for a PIN, which nobody is there to type
    "#]]
    .assert_eq(&told(&asks.transfer(&State::default(), &request)));
}

#[test]
fn whatever_is_no_plain_number_is_refused() {
    let calls = [
        "",
        " ",
        "anna",
        "+",
        "+32",
        "00",
        "0",
        "tel:+32475123456",
        "TEL:0475-123-456",
        "+32475123456;phone-context=+33",
        "0475123456;ext=1",
        "0475%31",
        "0475,,1",
        "0475123456#",
        "٠٤٧٥١٢٣٤٥٦",
        "+0475123456",
        "++32475123456",
        "123456789",
        "01132475123456789",
        "00000000000000",
    ];
    lines(
        company(),
        &State::default(),
        &calls.map(|dialled| ("102", dialled)),
        expect![[r#"
        102 : refused: unknown number
        102  : refused: unknown number
        102 anna: refused: unknown number
        102 +: refused: unknown number
        102 +32: refused: unknown number
        102 00: refused: unknown number
        102 0: refused: unknown number
        102 tel:+32475123456: calls +32475123456 by backup, then provider, for 7200 s at most
        102 TEL:0475-123-456: calls +32475123456 by backup, then provider, for 7200 s at most
        102 +32475123456;phone-context=+33: refused: unknown number
        102 0475123456;ext=1: refused: unknown number
        102 0475%31: refused: unknown number
        102 0475,,1: refused: unknown number
        102 0475123456#: refused: unknown number
        102 ٠٤٧٥١٢٣٤٥٦: refused: unknown number
        102 +0475123456: refused: unknown number
        102 ++32475123456: refused: unknown number
        102 123456789: refused: unknown number
        102 01132475123456789: refused: unknown number
        102 00000000000000: refused: unknown number
    "#]],
    );
    let long = "0".repeat(200);
    assert_eq!(does(company(), &State::default(), from("102"), &long), "refused: unknown number");
}

#[test]
fn an_outside_line_is_asked_for() {
    let plan = company_with(|config| config.numbers.outside_prefix = "9".to_owned());
    let calls = ["025551234", "9025551234", "+3225551234", "90033123456789", "9101"].map(|dialled| ("102", dialled));
    lines(
        &plan,
        &State::default(),
        &calls,
        expect![[r#"
        102 025551234: refused: unknown number
        102 9025551234: calls +3225551234 by provider, then backup, as +3225550000, for 7200 s at most
        102 +3225551234: calls +3225551234 by provider, then backup, as +3225550000, for 7200 s at most
        102 90033123456789: refused: call not allowed
        102 9101: refused: call not allowed
    "#]],
    );
}
