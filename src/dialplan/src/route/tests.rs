use config::Document;
use expect_test::{Expect, expect};

use super::*;

fn extension(number: &str, name: &str) -> Extension {
    Extension {
        number: number.to_owned(),
        name: name.to_owned(),
        email: None,
        ha1_md5: [0; 16],
        ha1_sha256: [0; 32],
        enabled: true,
        ring_time_s: None,
    }
}

fn group(number: &str, name: &str, members: &[&str]) -> RingGroup {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    RingGroup { number: number.to_owned(), name: name.to_owned(), members, ring_time_s: None }
}

/// 101 Anna, 102 Bob (rings for 40 s), 103 without a name, 104 Dora, disabled; groups 400 to 402, and
/// 43, which the extension of that number hides.
fn company() -> Config {
    let mut bob = extension("102", "Bob");
    bob.ring_time_s = Some(40);
    let mut dora = extension("104", "Dora");
    dora.enabled = false;
    let extensions = [extension("101", "Anna"), bob, extension("103", ""), dora, extension("43", "Ed")];
    let mut sales = group("400", "Sales", &["101", "102", "104", "109", "103", "102"]);
    sales.ring_time_s = Some(15);
    let groups =
        [sales, group("401", "", &["104"]), group("402", "Two", &["101", "102"]), group("43", "Hidden", &["101"])];
    let mut config = (**Document::parse("").expect("an empty document is right").config()).clone();
    config.sip.ring_time_s = 25;
    config.features.echo = "*43".to_owned();
    config.extensions = extensions.into_iter().map(|e| (e.number.clone(), e)).collect();
    config.ring_groups = groups.into_iter().map(|g| (g.number.clone(), g)).collect();
    config
}

fn check(from: Option<&str>, dialled: &str, expected: Expect) {
    let decision = route(&company(), &Request { from, dialled, at: WallTime::from_unix_ms(0) });
    let action = match &decision.action {
        Action::Ring { targets, name, ring_time } => {
            format!("ring {} as “{name}” for {} s", targets.join(" "), ring_time.as_secs())
        }
        Action::Echo => "echo".to_owned(),
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
        echo
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
fn ring_groups() {
    check(
        Some("103"),
        "400",
        expect![[r#"
        ring 101 102 as “Sales” for 15 s
          400 is ring group 400, Sales
          member 104 passed over: disabled
          member 109 passed over: no such extension
          member 103 passed over: it is the caller
          member 102 passed over: listed twice
          it rings for 15 s, as set for the ring group
    "#]],
    );
    check(
        None,
        "402",
        expect![[r#"
        ring 101 102 as “Two” for 25 s
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
          998 is no feature code, extension or ring group
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
          anna is no feature code, extension or ring group
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
