use config::{Conference, Document};
use expect_test::{Expect, expect};

use super::*;

fn extension(number: &str, name: &str) -> Extension {
    Extension::new(number.to_owned(), name.to_owned(), [0; 16], [0; 32])
}

fn group(number: &str, name: &str, members: &[&str]) -> RingGroup {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    RingGroup::new(number.to_owned(), name.to_owned(), members)
}

/// 101 Anna, a supervisor, 102 Bob (rings for 40 s), 103 without a name, 104 Dora, disabled; groups 400 to
/// 402, and 43, which the extension of that number hides; conferences 600 and 43.
fn company() -> Config {
    let mut anna = extension("101", "Anna");
    anna.supervisor = true;
    let mut bob = extension("102", "Bob");
    bob.ring_time_s = Some(40);
    let mut dora = extension("104", "Dora");
    dora.enabled = false;
    let extensions = [anna, bob, extension("103", ""), dora, extension("43", "Ed")];
    let mut sales = group("400", "Sales", &["101", "102", "104", "109", "103", "102"]);
    sales.ring_time_s = Some(15);
    sales.music = Some("lobby".to_owned());
    let groups =
        [sales, group("401", "", &["104"]), group("402", "Two", &["101", "102"]), group("43", "Hidden", &["101"])];
    let mut config = (**Document::parse("").expect("an empty document is right").config()).clone();
    config.sip.ring_time_s = 25;
    config.extensions = extensions.into_iter().map(|e| (e.number.clone(), e)).collect();
    config.ring_groups = groups.into_iter().map(|g| (g.number.clone(), g)).collect();
    let conferences = [("600", "Weekly meeting"), ("43", "Hidden too")];
    config.conferences = conferences
        .map(|(number, name)| (number.to_owned(), Conference::new(number.to_owned(), name.to_owned())))
        .into();
    config
}

fn check(from: Option<&str>, dialled: &str, expected: Expect) {
    let decision = route(&company(), &Request { from, dialled, at: WallTime::from_unix_ms(0) });
    let action = match &decision.action {
        Action::Ring { targets, name, ring_time, group, music } => {
            let group = group.as_ref().map(|group| format!(" for {group}")).unwrap_or_default();
            let music = music.as_ref().map(|music| format!(" with {music}")).unwrap_or_default();
            format!("ring {} as “{name}”{group}{music} for {} s", targets.join(" "), ring_time.as_secs())
        }
        Action::Service(service) => format!("{service:?}"),
        Action::Conference { number, name } => format!("conference {number} “{name}”"),
        Action::Listen { target } => format!("listen in to {target}"),
        Action::Refuse(refusal) => format!("refuse: {refusal}"),
    };
    let reasons: String = decision.reasons.iter().map(|reason| format!("  {reason}\n")).collect();
    expected.assert_eq(&format!("{action}\n{reasons}"));
    assert!(!decision.reasons.is_empty());
}

#[test]
fn extensions() {
    check(
        Some("102"),
        "101",
        expect![[r#"
        ring 101 as “Anna” for 25 s
          101 is extension 101, Anna
          it rings for 25 s, as set for the whole box
    "#]],
    );
    check(
        Some("101"),
        "1-0 2",
        expect![[r#"
        ring 102 as “Bob” for 40 s
          “1-0 2” is read as 102
          102 is extension 102, Bob
          it rings for 40 s, as set for the extension
    "#]],
    );
    check(
        None,
        "103",
        expect![[r#"
        ring 103 as “” for 25 s
          103 is extension 103
          it rings for 25 s, as set for the whole box
    "#]],
    );
    check(
        Some("101"),
        "104",
        expect![[r#"
        refuse: number disabled
          104 is extension 104, Dora
          extension 104 is disabled
    "#]],
    );
    check(
        Some("101"),
        "101",
        expect![[r#"
        refuse: own number
          101 is extension 101, Anna
          101 is the caller's own number
    "#]],
    );
}

#[test]
fn feature_codes_come_first_and_extensions_before_groups() {
    check(
        Some("101"),
        "*43",
        expect![[r#"
            Echo
              *43 is the feature code of the echo test
        "#]],
    );
    check(
        Some("101"),
        "43",
        expect![[r#"
        ring 43 as “Ed” for 25 s
          43 is extension 43, Ed
          it rings for 25 s, as set for the whole box
    "#]],
    );
}

#[test]
fn services_and_codes_of_a_call() {
    for (code, service) in
        [("*60", Service::Clock), ("*65", Service::OwnNumber), ("*9664", Service::Music), ("*9197", Service::Milliwatt)]
    {
        let request = Request { from: Some("103"), dialled: code, at: WallTime::from_unix_ms(0) };
        let decision = route(&company(), &request);
        assert_eq!(decision.action, Action::Service(service));
        assert_eq!(decision.reasons, [Reason::FeatureCode { number: code.to_owned(), feature: service.feature() }]);
    }
    check(
        None,
        "*65",
        expect![[r#"
        refuse: call not allowed
          *65 is the feature code of one's own number
          the caller has no number of this box
    "#]],
    );
    check(
        Some("103"),
        "*1",
        expect![[r#"
        refuse: unknown number
          *1 is the code of recording, to be typed during a call
    "#]],
    );
    check(
        Some("103"),
        "*3",
        expect![[r#"
        refuse: unknown number
          *3 is the code of pausing a recording, to be typed during a call
    "#]],
    );
}

#[test]
fn conferences() {
    check(
        Some("103"),
        "6-00",
        expect![[r#"
        conference 600 “Weekly meeting”
          “6-00” is read as 600
          600 is conference 600, Weekly meeting
    "#]],
    );
    check(
        None,
        "600",
        expect![[r#"
        conference 600 “Weekly meeting”
          600 is conference 600, Weekly meeting
    "#]],
    );
}

#[test]
fn listening_in_is_for_supervisors() {
    check(
        Some("101"),
        "*33102",
        expect![[r#"
        listen in to 102
          *33 is the feature code of listening in
          extension 101 may listen in to others
          102 is extension 102, Bob
    "#]],
    );
    check(
        Some("101"),
        "*33 103",
        expect![[r#"
        listen in to 103
          “*33 103” is read as *33103
          *33 is the feature code of listening in
          extension 101 may listen in to others
          103 is extension 103
    "#]],
    );
    check(
        Some("102"),
        "*33101",
        expect![[r#"
        refuse: call not allowed
          *33 is the feature code of listening in
          extension 102 may not listen in to others
    "#]],
    );
    check(
        Some("102"),
        "*33",
        expect![[r#"
        refuse: call not allowed
          *33 is the feature code of listening in
          extension 102 may not listen in to others
    "#]],
    );
    check(
        None,
        "*33101",
        expect![[r#"
        refuse: call not allowed
          *33 is the feature code of listening in
          nobody listens in from outside
    "#]],
    );
    check(
        Some("101"),
        "*33",
        expect![[r#"
        refuse: unknown number
          *33 is the feature code of listening in
          extension 101 may listen in to others
          an extension's number is missing behind *33
    "#]],
    );
    check(
        Some("101"),
        "*33400",
        expect![[r#"
        refuse: unknown number
          *33 is the feature code of listening in
          extension 101 may listen in to others
          400 is no extension
    "#]],
    );
    check(
        Some("101"),
        "*33101",
        expect![[r#"
        refuse: own number
          *33 is the feature code of listening in
          extension 101 may listen in to others
          101 is extension 101, Anna
          101 is the caller's own number
    "#]],
    );
    check(
        Some("101"),
        "*33104",
        expect![[r#"
        refuse: number disabled
          *33 is the feature code of listening in
          extension 101 may listen in to others
          104 is extension 104, Dora
          extension 104 is disabled
    "#]],
    );
    check(
        Some("101"),
        "*33*",
        expect![[r#"
        refuse: unknown number
          *33* is no feature code, extension, ring group or conference
    "#]],
    );
}

#[test]
fn ring_groups() {
    check(
        Some("103"),
        "400",
        expect![[r#"
            ring 101 102 as “Sales” for 400 with lobby for 15 s
              400 is ring group 400, Sales
              member 104 passed over: disabled
              member 109 passed over: no such extension
              member 103 passed over: it is the caller
              member 102 passed over: listed twice
              it rings for 15 s, as set for the ring group
              the caller hears the music “lobby” instead of ringing
        "#]],
    );
    check(
        None,
        "402",
        expect![[r#"
            ring 101 102 as “Two” for 402 for 25 s
              402 is ring group 402, Two
              it rings for 25 s, as set for the whole box
        "#]],
    );
    check(
        Some("101"),
        "401",
        expect![[r#"
        refuse: nobody to ring
          401 is ring group 401
          member 104 passed over: disabled
          ring group 401 has no member who can be called
    "#]],
    );
}

#[test]
fn numbers_that_lead_nowhere() {
    check(
        Some("101"),
        "998",
        expect![[r#"
            refuse: unknown number
              998 is no feature code, extension, ring group or conference
        "#]],
    );
    check(
        Some("101"),
        "112",
        expect![[r#"
        refuse: unknown number
          112 is an emergency number, but this box has no line to the outside
    "#]],
    );
    check(
        Some("101"),
        "anna",
        expect![[r#"
            refuse: unknown number
              anna is no feature code, extension, ring group or conference
        "#]],
    );
    check(
        Some("101"),
        "()",
        expect![[r#"
        refuse: unknown number
          no number was dialled
    "#]],
    );
    check(
        Some("101"),
        &"1".repeat(65),
        expect![[r#"
        refuse: unknown number
          the number has more than 64 characters
    "#]],
    );
}

#[test]
fn callers_that_may_not_call() {
    check(
        Some("104"),
        "101",
        expect![[r#"
        refuse: call not allowed
          the caller's extension 104 is disabled
    "#]],
    );
    check(
        Some("666"),
        "*43",
        expect![[r#"
        refuse: call not allowed
          the caller 666 is no extension of this box
    "#]],
    );
}
