//! What is dialled with a star.

use expect_test::expect;

use super::*;
use crate::state::Last;

#[test]
fn services_and_codes_of_a_call() {
    let codes = ["*43", "*60", "*65", "*9664", "*9197", "*1", "*3", "##", "*2", "*5", "*88", "*432", "*", "*7", "*999"];
    lines(
        company(),
        &State::default(),
        &codes.map(|code| ("101", code)),
        expect![[r#"
        101 *43: answers with the echo test
        101 *60: answers with the clock
        101 *65: answers with one's own number
        101 *9664: answers with the music on hold
        101 *9197: answers with the milliwatt tone
        101 *1: refused: unknown number
        101 *3: refused: unknown number
        101 ##: refused: unknown number
        101 *2: refused: unknown number
        101 *5: refused: unknown number
        101 *88: refused: unknown number
        101 *432: refused: unknown number
        101 *: refused: unknown number
        101 *7: refused: unknown number
        101 *999: refused: unknown number
    "#]],
    );
    let park = Request { from: from("101"), dialled: "*88", at: MONDAY, hops: &[] };
    expect![[r#"
        parks the call at the first free slot
          *88 is the feature code of parking
    "#]]
    .assert_eq(&told(&company().transfer(&State::default(), &park)));
}

#[test]
fn settings() {
    let codes = [
        "*72",
        "*72103",
        "*72 0470 000 009",
        "*720470000009#",
        "*720033123456789",
        "*72112",
        "*72101",
        "*72*97",
        "*72700",
        "*73",
        "*90103",
        "*91",
        "*52103",
        "*53",
        "*62103",
        "*63",
        "*78",
        "*79",
        "*76",
        "*70",
        "*71",
        "*21",
        "*281",
        "*282",
        "*28",
        "*300470000009",
        "*30103",
        "*30112",
        "*30",
        "*31+33123456789",
        "*32",
        "*755*0470000009",
        "*755*",
        "*755",
        "*75100*1",
        "*75",
        "*82102",
        "*82",
        "*82104",
        "*83",
        "*11",
        "*11101",
        "*12",
        "*39101",
    ];
    lines(
        company(),
        &State::default(),
        &codes.map(|code| ("101", code)),
        expect![[r#"
        101 *72: asks whereto all calls are forwarded
        101 *72103: forwards all calls to 103
        101 *72 0470 000 009: forwards all calls to 0470000009
        101 *720470000009#: forwards all calls to 0470000009
        101 *720033123456789: refused: call not allowed
        101 *72112: refused: call not allowed
        101 *72101: refused: own number
        101 *72*97: forwards all calls to voicemail
        101 *72700: refused: unknown number
        101 *73: forwards all calls no more
        101 *90103: forwards calls while it is busy to 103
        101 *91: forwards calls while it is busy no more
        101 *52103: forwards calls that nobody takes to 103
        101 *53: forwards calls that nobody takes no more
        101 *62103: forwards calls while no phone is registered to 103
        101 *63: forwards calls while no phone is registered no more
        101 *78: switches do not disturb on
        101 *79: switches do not disturb off
        101 *76: switches do not disturb the other way
        101 *70: switches call waiting on
        101 *71: switches call waiting off
        101 *21: switches follow-me the other way
        101 *281: switches the hours office
        101 *282: refused: unknown number
        101 *28: refused: unknown number
        101 *300470000009: blocks +32470000009
        101 *30103: refused: call not allowed
        101 *30112: refused: call not allowed
        101 *30: refused: unknown number
        101 *31+33123456789: lets +33123456789 through again
        101 *32: refused: unknown number
        101 *755*0470000009: sets speed dial 5 to 0470000009
        101 *755*: empties speed dial 5
        101 *755: empties speed dial 5
        101 *75100*1: refused: unknown number
        101 *75: refused: unknown number
        101 *82102: calls back when 102 is free
        101 *82: refused: unknown number
        101 *82104: refused: number disabled
        101 *83: calls back no more
        101 *11: refused: call not allowed
        101 *11101: refused: call not allowed
        101 *12: refused: call not allowed
        101 *39101: refused: call not allowed
    "#]],
    );
    lines(
        company(),
        &State::default(),
        &[("102", "*281"), ("120", "*11101"), ("120", "*11"), ("120", "*11104"), ("120", "*11199"), ("103", "*72*97")],
        expect![[r#"
        102 *281: refused: call not allowed
        120 *11101: logs 101 in at this phone
        120 *11: asks who logs in at this phone
        120 *11104: refused: number disabled
        120 *11199: refused: unknown number
        103 *72*97: refused: unknown number
    "#]],
    );
    let seated = state(&[("seat/120", r#"{"extension":"101","since":0}"#)]);
    lines(
        company(),
        &seated,
        &[("120", "*12")],
        expect![[r#"
        120 *12: logs out of this phone
    "#]],
    );
}

#[test]
fn european_codes_end_with_a_hash() {
    let plan = company_with(|config| config.codes = config::OfficeCodes::of(config::CodeSet::B));
    let codes = ["*21*0470000009#", "*21*", "#21#", "*67*103#", "*43#", "#31#025551234", "#31#0900123456"];
    lines(
        &plan,
        &State::default(),
        &codes.map(|code| ("101", code)),
        expect![[r#"
        101 *21*0470000009#: forwards all calls to 0470000009
        101 *21*: asks whereto all calls are forwarded
        101 #21#: forwards all calls no more
        101 *67*103#: forwards calls while it is busy to 103
        101 *43#: switches call waiting on
        101 #31#025551234: calls +3225551234 by provider, then backup, no number shown, for 7200 s at most
        101 #31#0900123456: refused: call not allowed
    "#]],
    );
}

#[test]
fn a_code_that_is_dialled_comes_before_the_same_typed_in_a_call() {
    let plan = company_with(|config| {
        config.codes = config::OfficeCodes::of(config::CodeSet::C);
        config.features.record_pause = "*8".to_owned();
        config.features.listen = "*51".to_owned();
    });
    let codes = ["*6102", "*6", "*8", "*5", "*05701", "*2", "*02", "*51102", "*86"];
    lines(
        &plan,
        &State::default(),
        &codes.map(|code| ("101", code)),
        expect![[r#"
        101 *6102: calls, to be answered by itself, 102 for 20 s (Bob)
        101 *6: refused: unknown number
        101 *8: refused: unknown number
        101 *5: refused: unknown number
        101 *05701: takes the call parked at 701
        101 *2: plays the messages of 101
        101 *02: plays the messages of the mailbox that is typed, after its PIN
        101 *51102: listens in to 102
        101 *86: refused: unknown number
    "#]],
    );
}

#[test]
fn mailboxes() {
    let codes = [
        ("101", "*97"),
        ("103", "*97"),
        ("101", "*98"),
        ("101", "*98101"),
        ("101", "*98102"),
        ("101", "*98103"),
        ("101", "*98800"),
        ("103", "*98800"),
        ("103", "*99102"),
        ("103", "*99103"),
        ("103", "*99800"),
        ("103", "*99"),
    ];
    lines(
        company(),
        &State::default(),
        &codes,
        expect![[r#"
        101 *97: plays the messages of 101
        103 *97: refused: unknown number
        101 *98: plays the messages of the mailbox that is typed, after its PIN
        101 *98101: plays the messages of 101
        101 *98102: plays the messages of 102, after its PIN
        101 *98103: refused: unknown number
        101 *98800: plays the messages of 800
        103 *98800: plays the messages of 800, after its PIN
        103 *99102: takes a message for 102
        103 *99103: refused: unknown number
        103 *99800: takes a message for 800
        103 *99: refused: unknown number
    "#]],
    );
}

#[test]
fn calls_of_others() {
    let codes = [
        ("101", "**102"),
        ("103", "**102"),
        ("103", "**105"),
        ("101", "**400"),
        ("105", "**400"),
        ("101", "**600"),
        ("101", "**"),
        ("101", "*8"),
        ("103", "*8"),
        ("101", "*85701"),
        ("101", "*85999"),
        ("101", "*85"),
        ("101", "*33102"),
        ("102", "*33101"),
        ("101", "*33"),
        ("101", "*33101"),
        ("101", "*33104"),
        ("101", "*33199"),
    ];
    lines(
        company(),
        &State::default(),
        &codes,
        expect![[r#"
        101 **102: takes the call that rings at 102
        103 **102: refused: call not allowed
        103 **105: takes the call that rings at 105
        101 **400: takes the call that rings at 400
        105 **400: takes the call that rings at 400
        101 **600: refused: unknown number
        101 **: refused: unknown number
        101 *8: takes a call that rings in the pickup group
        103 *8: refused: call not allowed
        101 *85701: takes the call parked at 701
        101 *85999: refused: unknown number
        101 *85: refused: unknown number
        101 *33102: listens in to 102
        102 *33101: refused: call not allowed
        101 *33: refused: unknown number
        101 *33101: refused: own number
        101 *33104: refused: number disabled
        101 *33199: refused: unknown number
    "#]],
    );
}

#[test]
fn intercom() {
    let state = state(&[("person/102", r#"{"no_intercom":true}"#), ("person/103", r#"{"dnd":true}"#)]);
    lines(
        company(),
        &state,
        &[("101", "*80105"), ("101", "*80102"), ("101", "*80103"), ("101", "*80101"), ("101", "*80")],
        expect![[r#"
        101 *80105: calls, to be answered by itself, 105 for 20 s (Eve)
        101 *80102: rings 102 for 40 s (Bob)
        101 *80103: refused: do not disturb
        101 *80101: refused: own number
        101 *80: refused: unknown number
    "#]],
    );
}

#[test]
fn codes_that_stand_for_numbers() {
    let mut state = state(&[("person/101", r#"{"speed_dial":{"0":"103","99":"0470000009"}}"#)]);
    lines(
        company(),
        &state,
        &[("101", "*870"), ("101", "*69"), ("101", "*32")],
        expect![[r#"
        101 *870: refused: unknown number
        101 *69: refused: unknown number
        101 *32: refused: unknown number
    "#]],
    );
    let last = Last { caller: Some("+32475000001".to_owned()), dialled: Some("*67025551234".to_owned()) };
    state.last.insert("101".to_owned(), last);
    check(
        &state,
        from("101"),
        "*870",
        expect![[r#"
        calls +3225551234 by provider, then backup, no number shown, for 7200 s at most
          *870 is the feature code of redial
          it stands for *67025551234
          *67 is the feature code of withholding the number
          025551234 is +3225551234, numbers of this country
          the class default may call numbers of this country
          the route everywhere fits, by +X.
          the trunk provider is tried with +3225551234
          the trunk backup is tried with 025551234
          the call ends after 7200 s
    "#]],
    );
    let calls = [
        ("101", "*69"),
        ("101", "*32"),
        ("101", "*00"),
        ("101", "*099"),
        ("101", "*05"),
        ("101", "*0"),
        ("101", "*67103"),
        ("101", "*67"),
    ];
    lines(
        company(),
        &state,
        &calls,
        expect![[r#"
        101 *69: calls +32475000001 by backup, then provider, as +3225550101, for 7200 s at most
        101 *32: blocks +32475000001
        101 *00: rings 103 for 25 s (Chris)
        101 *099: calls +32470000009 by backup, then provider, as +3225550101, for 7200 s at most
        101 *05: refused: unknown number
        101 *0: refused: unknown number
        101 *67103: rings 103 for 25 s (Chris)
        101 *67: refused: unknown number
    "#]],
    );
    state.last.insert("101".to_owned(), Last { caller: None, dialled: Some("*870".to_owned()) });
    check(
        &state,
        from("101"),
        "*870",
        expect![[r#"
        refused: sent in a circle
          *870 is the feature code of redial
          it stands for *870
          *870 is the feature code of redial
          it stands for *870
          *870 is the feature code of redial
          it stands for *870
          *870 is the feature code of redial
          it stands for *870
          codes stand for each other without end
    "#]],
    );
}

#[test]
fn redial_is_not_dialled_again() {
    assert!(["101", "0470000009", "*67025551234", "*69"].into_iter().all(|dialled| company().is_remembered(dialled)));
    assert!(["*870", "*8-70", "*870#"].into_iter().all(|dialled| !company().is_remembered(dialled)));
}
