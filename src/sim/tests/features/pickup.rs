//! Taking calls that ring elsewhere.

use exchange::io::Command;
use expect_test::expect;
use sim::phone::{Answering, Stage};
use sim::{millis, secs};

use crate::{check, quiet, records, world};

#[test]
fn a_call_that_rings_is_picked_up() {
    let mut w = world(["101", "102", "103"]);
    w.answering("102", Answering::Never);
    w.dial("101", "102").advance(secs(2));
    w.take_ladder();
    w.dial("103", "**102").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        003.001 103 > pbx INVITE sendrecv
        003.001 pbx > 103 401 INVITE
        003.003 103 > pbx ACK
        003.003 103 > pbx INVITE sendrecv
        003.003 pbx > 103 100 INVITE
        003.003 pbx > 103 200 INVITE sendrecv
        003.003 pbx > 102 CANCEL
        003.003 pbx > 101 200 INVITE sendrecv
        003.005 103 > pbx ACK
        003.005 102 > pbx 200 CANCEL
        003.005 102 > pbx 487 INVITE
        003.005 pbx > 102 ACK
        003.005 101 > pbx ACK
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        103 dialled **102 reached **102, Transferred: 103 Transferred
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 AnsweredElsewhere, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn any_call_of_the_group_is_picked_up_also_of_a_caller_who_hears_music() {
    let mut w = world(["101", "102", "103", "105"]);
    w.configure(|config| {
        for number in ["102", "103", "105"] {
            config.extensions.get_mut(number).unwrap().pickup_group = Some("sales".to_owned());
        }
    });
    w.answering("102", Answering::Never).answering("103", Answering::Never);
    w.dial("101", "401").advance(secs(2));
    assert_eq!(w.hears("101"), "music/default");
    w.take_ladder();
    w.dial("105", "*8").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("105").as_str()), ("105", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        003.001 105 > pbx INVITE sendrecv
        003.001 pbx > 105 401 INVITE
        003.003 105 > pbx ACK
        003.003 105 > pbx INVITE sendrecv
        003.003 pbx > 105 100 INVITE
        003.003 pbx > 105 200 INVITE sendrecv
        003.003 pbx > 102 CANCEL
        003.003 pbx > 103 CANCEL
        003.003 pbx > 101 200 INVITE sendrecv
        003.005 105 > pbx ACK
        003.005 102 > pbx 200 CANCEL
        003.005 102 > pbx 487 INVITE
        003.005 pbx > 102 ACK
        003.005 103 > pbx 200 CANCEL
        003.005 103 > pbx 487 INVITE
        003.005 pbx > 103 ACK
        003.005 101 > pbx ACK
    "#]],
    );
    w.hang_up("101").advance(secs(1)).dial("105", "*8").advance(millis(500));
    assert_eq!(w.hears("105"), "prompt/en/nothing-to-pick-up");
    quiet(&mut w);
}

#[test]
fn picking_up_against_answering() {
    for wait in 0..8 {
        let mut w = world(["101", "102", "103"]);
        w.answering("102", Answering::After(secs(2)));
        w.dial("101", "102").advance(millis(1_998 + wait)).dial("103", "**102").advance(secs(2));
        assert_eq!(w.stages("101"), [Stage::Up]);
        w.assert_audio_agrees();
        quiet(&mut w);
    }
}

#[test]
fn picking_up_against_giving_up() {
    for wait in 0..8 {
        let mut w = world(["101", "102", "103"]);
        w.answering("102", Answering::Never);
        w.dial("101", "102").advance(secs(2));
        w.dial("103", "**102").advance(millis(wait)).hang_up("101").advance(secs(2));
        quiet(&mut w);
    }
}

#[test]
fn a_page_lets_an_extension_take_what_rings_and_what_is_parked() {
    let mut w = world(["101", "102", "103"]);
    w.answering("102", Answering::Never);
    w.dial("101", "102").advance(secs(2));
    let call = *w.watch.live().calls.keys().next().unwrap();
    w.command(Command::Pickup { call, extension: "103".to_owned() }).advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.press("103", "*88").advance(secs(20));
    w.command(Command::Pickup { call, extension: "102".to_owned() });
    w.answering("102", Answering::After(millis(100)));
    w.advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}
