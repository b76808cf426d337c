//! Extensions, what their people have set, groups and what follows them.

use expect_test::expect;

use super::*;

#[test]
fn extensions() {
    check(
        &State::default(),
        from("102"),
        "101",
        expect![[r#"
        rings 101 for 25 s (Anna)
          101 is extension 101, Anna
          it rings for 25 s, as set for the whole box
    "#]],
    );
    check(
        &State::default(),
        from("101"),
        "1-0 2",
        expect![[r#"
        rings 102 for 40 s (Bob)
          “1-0 2” is read as 102
          102 is extension 102, Bob
          it rings for 40 s, as set for the extension
    "#]],
    );
    let calls = [
        ("101", "104"),
        ("101", "101"),
        ("103", "103"),
        ("104", "101"),
        ("199", "101"),
        ("101", "199"),
        ("101", "600"),
        ("101", "690"),
    ];
    lines(
        company(),
        &State::default(),
        &calls,
        expect![[r#"
        101 104: refused: number disabled
        101 101: plays the messages of 101
        103 103: refused: own number
        104 101: refused: call not allowed
        199 101: refused: call not allowed
        101 199: refused: call not allowed
        101 600: enters conference 600 (Weekly meeting)
        101 690: speaks to the phones of 690
    "#]],
    );
}

#[test]
fn forwards_and_what_follows() {
    let state = state(&[
        ("person/101", r#"{"forward_all":"103"}"#),
        ("person/102", r#"{"forward_no_answer":"0470000009","forward_busy":"voicemail"}"#),
        ("person/103", r#"{"forward_no_answer":"102"}"#),
    ]);
    let plan = company();
    let first = call(plan, &state, from("105"), "101");
    expect![[r#"
        rings 103 for 25 s (Chris)
          101 is extension 101, Anna
          extension 101 forwards all calls to 103
          103 is extension 103, Chris
          it rings for 25 s, as set for the whole box
    "#]]
    .assert_eq(&told(&first));
    let second = after(plan, &state, from("105"), "101", &first, Failure::NoAnswer).expect("it goes on");
    expect![[r#"
        rings 102 for 40 s (Bob)
          103 did not take the call: no answer
          extension 103 forwards calls that nobody takes to 102
          102 is extension 102, Bob
          it rings for 40 s, as set for the extension
    "#]]
    .assert_eq(&told(&second));
    let third = after(plan, &state, from("105"), "101", &second, Failure::NoAnswer).expect("it goes on");
    expect![[r#"
        rings +32470000009 by backup, then provider for 40 s (Bob)
          102 did not take the call: no answer
          extension 102 forwards calls that nobody takes to 0470000009
          0470000009 is +32470000009, mobiles of this country
          the class default may call mobiles of this country
          the route mobiles fits, by +324X.
          the route everywhere fits, by +X.
          the trunk backup is tried with 0470000009
          the trunk provider is tried with +32470000009
          the trunk backup is passed over: it is tried already
          the call ends after 7200 s
          it rings for 40 s, as set for the extension
    "#]]
    .assert_eq(&told(&third));
    let fourth = after(plan, &state, from("105"), "101", &third, Failure::NoAnswer).expect("it goes on");
    expect![[r#"
        takes a message for 102 (no answer)
          102 did not take the call: no answer
          0470000009 was tried before
          a message for 102 can be left
    "#]]
    .assert_eq(&told(&fourth));
    let busy = after(plan, &state, from("105"), "101", &second, Failure::Busy).expect("it goes on");
    expect![[r#"
        takes a message for 102 (busy)
          102 did not take the call: busy
          extension 102 forwards calls while it is busy to voicemail
          a message for 102 can be left
    "#]]
    .assert_eq(&told(&busy));
    assert_eq!(
        after(plan, &state, from("101"), "105", &call(plan, &state, from("101"), "105"), Failure::NoAnswer),
        None
    );
}

#[test]
fn forwards_at_each_other_end() {
    let circle = state(&[("person/103", r#"{"forward_all":"105"}"#), ("person/105", r#"{"forward_all":"103"}"#)]);
    check(
        &circle,
        from("101"),
        "103",
        expect![[r#"
        refused: sent in a circle
          103 is extension 103, Chris
          extension 103 forwards all calls to 105
          105 is extension 105, Eve
          extension 105 forwards all calls to 103
          103 is extension 103, Chris
          the call was sent to 103 before: it goes in a circle and ends
          the forward of 105 to 103 cannot be followed: sent in a circle
          the forward of 103 to 105 cannot be followed: sent in a circle
    "#]],
    );
    let to_itself = state(&[("person/103", r#"{"forward_all":"103"}"#)]);
    lines(
        company(),
        &to_itself,
        &[("101", "103")],
        expect![[r#"
        101 103: refused: sent in a circle
    "#]],
    );
    let to_caller = state(&[("person/103", r#"{"forward_all":"101"}"#)]);
    lines(
        company(),
        &to_caller,
        &[("101", "103")],
        expect![[r#"
        101 103: refused: own number
    "#]],
    );
}

#[test]
fn do_not_disturb() {
    let quiet =
        state(&[("person/102", r#"{"dnd":true,"dnd_allow":["101","+3247*"]}"#), ("person/103", r#"{"dnd":true}"#)]);
    check(
        &quiet,
        from("105"),
        "102",
        expect![[r#"
        takes a message for 102 (busy)
          102 is extension 102, Bob
          extension 102 is not to be disturbed, as switched by hand
          a message for 102 can be left
    "#]],
    );
    lines(
        company(),
        &quiet,
        &[("101", "102"), ("101", "103")],
        expect![[r#"
        101 102: rings 102 for 40 s (Bob)
        101 103: refused: do not disturb
    "#]],
    );
    let over = state(&[("person/103", r#"{"dnd":true,"dnd_until":0}"#)]);
    lines(
        company(),
        &over,
        &[("101", "103")],
        expect![[r#"
        101 103: rings 103 for 25 s (Chris)
    "#]],
    );
    let afternoons = state(&[("person/103", r#"{"dnd_periods":["daily 14:00-15:00"]}"#)]);
    check(
        &afternoons,
        from("101"),
        "103",
        expect![[r#"
        refused: do not disturb
          103 is extension 103, Chris
          extension 103 is not to be disturbed, as it is daily 14:00-15:00
    "#]],
    );
    let mornings = state(&[("person/103", r#"{"dnd_periods":["daily 04:00-05:00", "whenever"]}"#)]);
    lines(
        company(),
        &mornings,
        &[("101", "103")],
        expect![[r#"
        101 103: rings 103 for 25 s (Chris)
    "#]],
    );
}

#[test]
fn busy_people_and_call_waiting() {
    let mut state = state(&[("person/103", r#"{"no_call_waiting":true}"#)]);
    lines(
        company(),
        &state,
        &[("101", "103")],
        expect![[r#"
        101 103: rings 103 for 25 s (Chris)
    "#]],
    );
    state.busy.insert("103".to_owned(), 1);
    check(
        &state,
        from("101"),
        "103",
        expect![[r#"
        refused: busy
          103 is extension 103, Chris
          extension 103 is in a call and wants no second one
    "#]],
    );
}

#[test]
fn follow_me() {
    let follows = state(&[(
        "person/101",
        r#"{"follow_me":{"on":true,"numbers":["103","0470000009","0900123456","104"],"delay_s":5,"confirm":true}}"#,
    )]);
    check(
        &follows,
        from("102"),
        "101",
        expect![[r#"
        rings 101, 103 after 5 s, +32470000009 by backup, then provider after 5 s with confirmation for 30 s (Anna)
          101 is extension 101, Anna
          103 rings for extension 101 too
          0470000009 is +32470000009, mobiles of this country
          the class default may call mobiles of this country
          the route mobiles fits, by +324X.
          the route everywhere fits, by +X.
          the trunk backup is tried with 0470000009
          the trunk provider is tried with +32470000009
          the trunk backup is passed over: it is tried already
          the call ends after 7200 s
          0470000009 rings for extension 101 too
          0900123456 is +32900123456, numbers at premium rates
          the class default may not call numbers at premium rates
          0900123456, which should ring for 101, is passed over: call not allowed
          104, which should ring for 101, is passed over: number disabled
          it rings for 25 s, as set for the whole box
    "#]],
    );
    let mobile = state(&[("person/101", r#"{"follow_me":{"on":true}}"#)]);
    lines(
        company(),
        &mobile,
        &[("102", "101")],
        expect![[r#"
        102 101: rings 101, +32470000001 by backup, then provider for 25 s (Anna)
    "#]],
    );
}

#[test]
fn seats() {
    let seated = state(&[("seat/120", r#"{"extension":"101","since":0}"#)]);
    check(
        &seated,
        from("102"),
        "101",
        expect![[r#"
        rings 101, 120 for 25 s (Anna)
          101 is extension 101, Anna
          101 has logged in at the phone 120
          it rings for 25 s, as set for the whole box
    "#]],
    );
    // At the desk Anna is Anna: her number, her mailbox, her rights.
    lines(
        company(),
        &seated,
        &[("120", "025551234"), ("120", "*97"), ("120", "101"), ("120", "*33102"), ("120", "112")],
        expect![[r#"
        120 025551234: calls +3225551234 by provider, then backup, as +3225550101, for 7200 s at most
        120 *97: plays the messages of 101
        120 101: plays the messages of 101
        120 *33102: listens in to 102
        120 112: calls 112 by backup, then provider, as +3225550000
    "#]],
    );
}

#[test]
fn ring_groups() {
    let mut state = state(&[("person/101", r#"{"dnd":true}"#)]);
    state.busy.insert("103".to_owned(), 1);
    check(
        &state,
        from("105"),
        "400",
        expect![[r#"
        rings 102 for 15 s (Sales), marked Sales
          400 is ring group 400, Sales
          member 101 passed over: do not disturb
          member 104 passed over: disabled
          member 103 passed over: in a call
          it rings for 15 s, as set for the ring group
    "#]],
    );
    check(
        &state,
        from("102"),
        "400",
        expect![[r#"
        takes a message for 800
          400 is ring group 400, Sales
          member 101 passed over: do not disturb
          member 102 passed over: it is the caller
          member 104 passed over: disabled
          member 103 passed over: in a call
          ring group 400 has no member who can be called
          the call is sent to voicemail:800
          a message for 800 can be left
    "#]],
    );
    check(
        &State::default(),
        from("101"),
        "402",
        expect![[r#"
        calls +32470000009 by backup, then provider, for 7200 s at most
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
    "#]],
    );
    let plan = company();
    let group = call(plan, &state, from("105"), "400");
    let next = after(plan, &state, from("105"), "400", &group, Failure::NoAnswer).expect("it goes on");
    expect![[r#"
        takes a message for 800
          400 did not take the call: no answer
          the call is sent to voicemail:800
          a message for 800 can be left
    "#]]
    .assert_eq(&told(&next));
}

#[test]
fn a_rotating_group_begins_behind_who_answered_last() {
    let mut state = State::default();
    let mut order = |last: &str| {
        state.rotation.insert("401".to_owned(), last.to_owned());
        does(company(), &state, from("105"), "401")
    };
    expect![[r#"
        [
            "rings 101 for 25 s, then 102 for 25 s, then 103 for 25 s (Support)",
            "rings 102 for 25 s, then 103 for 25 s, then 101 for 25 s (Support)",
            "rings 103 for 25 s, then 101 for 25 s, then 102 for 25 s (Support)",
            "rings 101 for 25 s, then 102 for 25 s, then 103 for 25 s (Support)",
            "rings 101 for 25 s, then 102 for 25 s, then 103 for 25 s (Support)",
        ]
    "#]]
    .assert_debug_eq(&["", "101", "102", "103", "104"].map(&mut order));
}

#[test]
fn a_group_rings_sixty_at_most() {
    let plan = company_with(|config| {
        for number in 1000..1100 {
            let extension = config::Extension::new(number.to_string(), "X".to_owned(), [0; 16], [0; 32]);
            config.extensions.insert(number.to_string(), extension);
        }
        let group = config.ring_groups.get_mut("401").expect("it is there");
        group.members = (1000..1100).map(|number| number.to_string()).collect();
    });
    let decision = call(&plan, &State::default(), from("101"), "401");
    let crate::Action::Ring(ring) = &decision.action else { panic!("{}", decision.action) };
    assert_eq!(ring.rounds.len(), 60);
    assert!(told(&decision).contains("member 1060 passed over: as many ring as can"));
}

#[test]
fn parking_and_shared_mailboxes() {
    let calls = [("101", "700"), ("101", "701"), ("101", "709"), ("101", "710"), ("101", "800"), ("103", "800")];
    lines(
        company(),
        &State::default(),
        &calls,
        expect![[r#"
            101 700: parks the call at the first free slot
            101 701: takes the call parked at 701
            101 709: takes the call parked at 709
            101 710: refused: unknown number
            101 800: plays the messages of 800
            103 800: takes a message for 800
        "#]],
    );
}

#[test]
fn whoever_shows_no_number_may_be_refused() {
    let plan = company_with(|config| {
        config.inbound_routes.get_mut("main").expect("it is there").hours = None;
        config.inbound_routes.get_mut("main").expect("it is there").to = config::Destination::Number("102".to_owned());
    });
    let state = state(&[("person/102", r#"{"reject_anonymous":true}"#)]);
    assert_eq!(does(&plan, &state, trunk(""), "+3225550001"), "refused: no number shown");
    assert!(does(&plan, &state, trunk("+32475000009"), "+3225550001").starts_with("rings 102"));
}
