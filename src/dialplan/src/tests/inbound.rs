//! Calls from outside.

use expect_test::expect;

use super::*;

/// Who calls which number, and what happens, a line each.
fn calls(plan: &Plan, state: &State, calls: &[(&str, &str)], expected: Expect) {
    let line = |(who, dialled): &(&str, &str)| format!("{who} {dialled}: {}\n", does(plan, state, trunk(who), dialled));
    expected.assert_eq(&calls.iter().map(line).collect::<String>());
}

#[test]
fn the_first_route_that_fits_decides() {
    check(
        &State::default(),
        trunk("+32475000009"),
        "+3225550001",
        expect![[r#"
        rings 101, 102, 103 for 15 s (Sales), marked Sales
          the number called, +3225550001, takes the route main
          the hours office say open: open hours mon-fri 09:00-17:30
          the call is sent to 400
          400 is ring group 400, Sales
          member 104 passed over: disabled
          it rings for 15 s, as set for the ring group
    "#]],
    );
    check(
        &State::default(),
        trunk("+32475000009"),
        "+3225550000",
        expect![[r#"
        rings 101 for 25 s (Anna)
          the number called, +3225550000, takes the route doctor
          the call is sent to 101
          101 is extension 101, Anna
          it rings for 25 s, as set for the whole box
    "#]],
    );
    let numbers = [
        ("+33100000000", "+3225550000"),
        ("+33100000000", "3225550000"),
        ("+33100000000", "0032 2 555 00 00"),
        ("+33100000000", "025550000"),
        ("+33100000000", "50000"),
        ("+33100000000", "+3225550101"),
        ("+33100000000", "+3225550199"),
        ("+33100000000", "+3225559999"),
        ("+33100000000", "101"),
        ("+33100000000", "*43"),
        ("+33100000000", "0470000009"),
        ("", "+3225550000"),
    ];
    calls(
        company(),
        &State::default(),
        &numbers,
        expect![[r#"
        +33100000000 +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 0032 2 555 00 00: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 025550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 50000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 +3225550101: rings 101 for 25 s (Anna)
        +33100000000 +3225550199: refused: unknown number
        +33100000000 +3225559999: refused: unknown number
        +33100000000 101: refused: unknown number
        +33100000000 *43: refused: unknown number
        +33100000000 0470000009: refused: unknown number
         +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
    "#]],
    );
}

#[test]
fn the_more_particular_route_comes_first_within_an_order() {
    let plan = company_with(|config| {
        let mut route = config::InboundRoute::new("any".to_owned(), config::Destination::Number("103".to_owned()));
        config.inbound_routes.insert("any".to_owned(), route.clone());
        (route.name, route.numbers) = ("a-range".to_owned(), vec!["+32255500X.".to_owned()]);
        route.to = config::Destination::Number("105".to_owned());
        config.inbound_routes.insert("a-range".to_owned(), route);
    });
    let numbers = [("+33100000000", "+3225550000"), ("+33100000000", "+3225550077"), ("+33100000000", "+3221")];
    calls(
        &plan,
        &State::default(),
        &numbers,
        expect![[r#"
        +33100000000 +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +33100000000 +3225550077: rings 105 for 25 s (Eve)
        +33100000000 +3221: rings 103 for 25 s (Chris)
    "#]],
    );
}

#[test]
fn hours_send_calls_elsewhere() {
    let plan = company();
    let at = |state: &State, at: WallTime| {
        let request = Request { from: trunk("+33100000000"), dialled: "+3225550000", at, hops: &[] };
        told(&plan.route(state, &request))
    };
    expect![[r#"
        takes a message for 800
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say closed: outside the day's hours
          the call is sent to voicemail:800
          a message for 800 can be left
    "#]]
    .assert_eq(&at(&State::default(), NIGHT));
    // Easter Monday, and lunch.
    expect![[r#"
        plays holiday and hangs up
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say holiday: public holiday Paasmaandag (be)
          the call is sent to sound:holiday
    "#]]
    .assert_eq(&at(&State::default(), WallTime::from_unix_ms(1_775_469_900_000)));
    expect![[r#"
        takes a message for 800
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say break: break mon-fri 12:00-13:00
          the call is sent to voicemail:800
          a message for 800 can be left
    "#]]
    .assert_eq(&at(&State::default(), WallTime::from_unix_ms(1_772_451_000_000)));
    let switched = state(&[("hours/office", r#"{"mode":"closed","until":1772460000000,"by":"101","at":0}"#)]);
    expect![[r#"
        takes a message for 800
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say closed, as switched by 101
          the call is sent to voicemail:800
          a message for 800 can be left
    "#]]
    .assert_eq(&at(&switched, MONDAY));
    // Switched by hand only until then.
    assert!(at(&switched, WallTime::from_unix_ms(1_772_460_000_000)).starts_with("rings"));
}

#[test]
fn blocked_callers_and_those_who_never_are() {
    let state = state(&[
        ("blocked/+33100000000", r#"{"by":"101","at":0,"reason":"rude"}"#),
        ("blocked/+3490*", r#"{"by":"101","at":0}"#),
        ("blocked/+32900000001", r#"{"by":"101","at":0}"#),
    ]);
    check(
        &state,
        trunk("+33100000000"),
        "+3225550000",
        expect![[r#"
        refused: caller blocked
          the caller +33100000000 is blocked by the entry +33100000000: rude
    "#]],
    );
    let numbers = ["+33100000001", "+3490123456", "+3491123456", "+32900000000", "+32900000001"];
    calls(
        company(),
        &state,
        &numbers.map(|number| (number, "+3225550000")),
        expect![[r#"
        +33100000001 +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +3490123456 +3225550000: refused: caller blocked
        +3491123456 +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
        +32900000000 +3225550000: refused: caller blocked
        +32900000001 +3225550000: rings 101, 102, 103 for 15 s (Sales), marked Sales
    "#]],
    );
}

#[test]
fn who_is_called_back_reaches_who_called() {
    let contact = |owner: &str, team: &str, closed: &str| {
        format!(
            r#"{{"number":"+33100000000","owner":"{owner}","team":{team},"reason":"the boiler","case":"4711","closed":{closed},
            "attempts":[{{"at":1772450000000,"by":"103","call":1,"result":"no answer"}}]}}"#
        )
    };
    let plan = company();
    let facts = |contact: &str| state(&[("contact/+33100000000", contact)]);
    let known = facts(&contact("", "\"401\"", "null"));
    let first = call(plan, &known, trunk("+33100000000"), "025550000");
    expect![[r#"
        rings 103 for 25 s, then 101 for 25 s, then 102 for 25 s (Chris), marked Main: calls back: Chris tried today at 12:13, no answer; the boiler; case 4711
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          +33100000000 calls back: 103 sees to it (attempts so far: 1)
          it rings for 25 s, as set for the whole box
          the team behind whoever tried is ring group 401
          it rings for 25 s, as set for the whole box
    "#]].assert_eq(&told(&first));
    let next = after(plan, &known, trunk("+33100000000"), "025550000", &first, Failure::NoAnswer).expect("it goes on");
    expect![[r#"
        rings 101, 102, 103 for 15 s (Sales), marked Sales
          nobody of those who tried took the call: no answer
          the route doctor is passed over: it is for other callers
          the hours office say open: open hours mon-fri 09:00-17:30
          the call is sent to 400
          400 is ring group 400, Sales
          member 104 passed over: disabled
          it rings for 15 s, as set for the ring group
    "#]]
    .assert_eq(&told(&next));
    let cases = [
        facts(&contact("101", "null", "null")),
        facts(&contact("104", "null", "null")),
        facts(&contact("104", "\"401\"", "null")),
        facts(&contact("101", "null", r#"{"at":0,"by":"101","outcome":"reached"}"#)),
    ];
    let does = cases.map(|state| does(plan, &state, trunk("+33100000000"), "025550000"));
    expect![[r#"
        [
            "rings 101 for 25 s (Anna), marked Main: calls back: Chris tried today at 12:13, no answer; the boiler; case 4711",
            "rings 101, 102, 103 for 15 s (Sales), marked Sales",
            "rings 101 for 25 s, then 102 for 25 s, then 103 for 25 s (Support), marked Main: calls back: Chris tried today at 12:13, no answer; the boiler; case 4711",
            "rings 101, 102, 103 for 15 s (Sales), marked Sales",
        ]
    "#]].assert_debug_eq(&does);
    let never = company_with(|config| {
        config.inbound_routes.get_mut("main").expect("it is there").returned_contacts = false;
    });
    assert!(super::does(&never, &known, trunk("+33100000000"), "025550000").starts_with("rings 101"));
}

#[test]
fn destinations() {
    use config::Destination;
    let to = |to: Destination| {
        let plan = company_with(|config| {
            let route = config.inbound_routes.get_mut("main").expect("it is there");
            (route.to, route.hours) = (to, None);
        });
        told(&call(&plan, &State::default(), trunk("+33100000000"), "+3225550000"))
    };
    let all = [
        "102",
        "voicemail:102",
        "voicemail:103",
        "hours:office",
        "hours:none",
        "sound:closed",
        "outside:+32470000009",
        "outside:112",
        "busy",
        "hangup",
        "199",
        "402",
        "690",
        "701",
        "800",
    ];
    let all = all.map(|text| to(text.parse().expect("it is one")));
    expect![[r#"
        rings 102 for 40 s (Bob), marked Main
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 102
          102 is extension 102, Bob
          it rings for 40 s, as set for the extension
        takes a message for 102
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to voicemail:102
          a message for 102 can be left
        refused: unknown number
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to voicemail:103
          103 has no mailbox
        refused: unknown number
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to hours:office
          no route says where the hours office lead
        refused: unknown number
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to hours:none
          no route says where the hours none lead
        plays closed and hangs up
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to sound:closed
        calls +32470000009 by backup, then provider, for 7200 s at most
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to outside:+32470000009
          +32470000009 is +32470000009, mobiles of this country
          the class default may call mobiles of this country
          the route mobiles fits, by +324X.
          the route everywhere fits, by +X.
          the trunk backup is tried with 0470000009
          the trunk provider is tried with +32470000009
          the trunk backup is passed over: it is tried already
          the call ends after 7200 s
        refused: call not allowed
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to outside:112
          112 is an emergency number: no call is sent on to it
        refused: busy
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to busy
        refused: hung up by a rule
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to hangup
        refused: unknown number
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 199
          199 is no feature code, extension, ring group or conference
        calls +32470000009 by backup, then provider, for 7200 s at most
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 402
          402 is ring group 402, Night
          member 104 passed over: disabled
          ring group 402 has no member who can be called
          the call is sent to outside:+32470000009
          +32470000009 is +32470000009, mobiles of this country
          the class default may call mobiles of this country
          the route mobiles fits, by +324X.
          the route everywhere fits, by +X.
          the trunk backup is tried with 0470000009
          the trunk provider is tried with +32470000009
          the trunk backup is passed over: it is tried already
          the call ends after 7200 s
        speaks to the phones of 690
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 690
          690 speaks to all phones of Workshop
        refused: call not allowed
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 701
          that is for the extensions of this box alone
        takes a message for 800
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the call is sent to 800
          800 is the shared mailbox Sales
          a message for 800 can be left
    "#]]
    .assert_eq(&all.join(""));
}

#[test]
fn hours_that_lead_to_themselves_end() {
    let plan = company_with(|config| {
        config.inbound_routes.get_mut("main").expect("it is there").to =
            config::Destination::Hours("office".to_owned());
    });
    expect![[r#"
        refused: sent in a circle
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say open: open hours mon-fri 09:00-17:30
          the call is sent to hours:office
          the route main says where the hours office lead
          the hours office say open: open hours mon-fri 09:00-17:30
          the call is sent to hours:office
          the call was sent to hours:office before: it goes in a circle and ends
    "#]]
    .assert_eq(&told(&call(&plan, &State::default(), trunk("+33100000000"), "+3225550000")));
}

#[test]
fn feeds_close() {
    let mut plan = company_with(|config| {
        config
            .calendars
            .insert("team".to_owned(), config::Calendar::new("team".to_owned(), "https://example.com/".to_owned()));
        config.hours.get_mut("office").expect("it is there").calendars.push("team".to_owned());
    });
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260302\r\nSUMMARY:Outing\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    plan.set_feed("team", text);
    expect![[r#"
        plays holiday and hangs up
          the route doctor is passed over: it is for other callers
          the number called, +3225550000, takes the route main
          the hours office say holiday: calendar event Outing
          the call is sent to sound:holiday
    "#]]
    .assert_eq(&told(&call(&plan, &State::default(), trunk("+33100000000"), "+3225550000")));
    // One that cannot be read changes nothing.
    plan.set_feed("team", "no calendar");
    assert!(
        does(&plan, &State::default(), trunk("+33100000000"), "+3225550000").contains("sound:holiday")
            || does(&plan, &State::default(), trunk("+33100000000"), "+3225550000").contains("plays holiday")
    );
}

#[test]
fn a_call_that_is_here_is_sent_on_by_a_rule() {
    let send = |who, text: &str| {
        let request = Request { from: who, dialled: "", at: MONDAY, hops: &["701".to_owned()] };
        company().send_to(&State::default(), &request, &text.parse().expect("it is one"))
    };
    let sent = send(trunk("+33100000000"), "hours:office");
    assert_eq!(sent.hops, ["701", "hours:office", "400"]);
    expect![[r#"
        rings 101, 102, 103 for 15 s (Sales), marked Sales
          the call is sent to hours:office
          the route main says where the hours office lead
          the hours office say open: open hours mon-fri 09:00-17:30
          the call is sent to 400
          400 is ring group 400, Sales
          member 104 passed over: disabled
          it rings for 15 s, as set for the ring group
    "#]]
    .assert_eq(&told(&sent));
    for (who, to, does) in [
        (trunk(""), "102", "rings 102 for 40 s (Bob)"),
        (from("103"), "voicemail:102", "takes a message for 102"),
        (from("103"), "outside:+33123456789", "refused: call not allowed"),
    ] {
        assert_eq!(send(who, to).action.to_string(), does, "{to}");
    }
}
