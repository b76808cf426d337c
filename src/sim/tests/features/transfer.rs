//! Transfers by keys typed in a call.

use expect_test::expect;
use sim::phone::Answering;
use sim::{millis, secs};

use crate::{asking, check, quiet, records, talking};

#[test]
fn a_blind_transfer_by_code() {
    let mut w = talking(["101", "102", "103"]);
    w.press("102", "##").advance(secs(1));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("music/default", "prompt/en/enter-number dial"));
    w.press("102", "103#").advance(secs(6));
    assert_eq!(w.stages("102"), []);
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        007.800 pbx > 102 BYE
        007.800 pbx > 103 INVITE sendrecv
        007.802 102 > pbx 200 BYE
        007.802 103 > pbx 180 INVITE
        009.802 103 > pbx 200 INVITE sendrecv
        009.802 pbx > 103 ACK
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 Transferred, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn a_blind_transfer_by_code_without_hash_by_the_caller_and_to_nobody() {
    let mut w = talking(["101", "102", "103"]);
    w.press("101", "##").advance(secs(1)).press("101", "999").advance(millis(4_000));
    assert_eq!(w.hears("101"), "prompt/en/transfer-failed");
    w.advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"), "they talk again");
    w.press("101", "##").advance(secs(12));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"), "nothing was typed");
    w.press("101", "##").advance(secs(1)).press("101", "103").advance(secs(8));
    assert_eq!((w.hears("102").as_str(), w.hears("103").as_str()), ("103", "102"));
    quiet(&mut w);
    expect![[r#"
        101 dialled 102 reached 103, NormalClearing: 101 Transferred, 102 NormalClearing, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn a_blind_transfer_by_code_that_nobody_takes_comes_back() {
    let mut w = talking(["101", "102", "103"]);
    w.answering("103", Answering::Reject(486, secs(1)));
    w.press("102", "##").advance(secs(1)).press("102", "103#").advance(secs(8));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        007.800 pbx > 102 BYE
        007.800 pbx > 103 INVITE sendrecv
        007.802 102 > pbx 200 BYE
        007.802 103 > pbx 180 INVITE
        008.802 103 > pbx 486 INVITE
        008.802 pbx > 103 ACK
        008.802 pbx > 102 INVITE sendrecv
        008.804 102 > pbx 180 INVITE
        010.804 102 > pbx 200 INVITE sendrecv
        010.804 pbx > 102 ACK
    "#]],
    );
    quiet(&mut w);
}

#[test]
fn a_blind_transfer_whose_transferor_left_comes_back() {
    let mut w = talking(["101", "102", "103"]);
    w.answering("103", Answering::Reject(486, secs(2)));
    w.hold("102").advance(secs(1)).transfer("102", "103").advance(secs(1)).hang_up("102").advance(secs(6));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn an_attended_transfer_by_code() {
    let mut w = asking();
    w.assert_audio_agrees();
    w.hang_up("102").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.advance(secs(6)).assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        007.800 pbx > 103 INVITE sendrecv
        007.802 103 > pbx 180 INVITE
        009.802 103 > pbx 200 INVITE sendrecv
        009.802 pbx > 103 ACK
        012.001 102 > pbx BYE
        012.001 pbx > 102 200 BYE
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        102 dialled 103 reached 103, Transferred: 102 NormalClearing, 103 Transferred
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 Transferred, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn to_and_fro_and_through() {
    let mut w = asking();
    w.press("102", "*6").advance(secs(2));
    assert_eq!(["101", "102", "103"].map(|number| w.hears(number)), ["102", "101", "music/default"]);
    w.press("102", "*6").advance(secs(2));
    assert_eq!(["101", "102", "103"].map(|number| w.hears(number)), ["music/default", "103", "102"]);
    w.press("102", "*6").advance(secs(2)).press("102", "*4").advance(secs(2));
    assert_eq!(w.stages("102"), []);
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    quiet(&mut w);
    expect![[r#"
        102 dialled 103 reached 103, Transferred: 102 Transferred, 103 Transferred
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 Transferred, 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn a_consultation_is_dropped_by_key_by_the_one_asked_and_after_a_swap() {
    let mut w = asking();
    w.press("102", "*3").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    assert_eq!(w.stages("103"), []);
    quiet(&mut w);
    let mut w = asking();
    w.hang_up("103").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    quiet(&mut w);
    let mut w = asking();
    w.press("102", "*6").advance(secs(2)).press("102", "*3").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"), "never the one who waited first");
    assert_eq!(w.stages("103"), []);
    quiet(&mut w);
}

#[test]
fn whoever_waits_hangs_up_and_the_consultation_goes_on() {
    let mut w = asking();
    w.hang_up("101").advance(secs(2));
    assert_eq!((w.hears("102").as_str(), w.hears("103").as_str()), ("103", "102"));
    quiet(&mut w);
}

#[test]
fn whoever_is_asked_does_not_answer_or_is_busy() {
    let mut w = talking(["101", "102", "103"]);
    w.answering("103", Answering::Never);
    w.press("102", "*2").advance(secs(1)).press("102", "103#").advance(secs(14));
    assert_eq!(w.hears("102"), "ringback");
    w.advance(millis(1_900));
    assert_eq!(w.hears("102"), "prompt/en/no-answer");
    w.advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.answering("103", Answering::Reject(486, millis(500)));
    w.press("102", "*2").advance(secs(1)).press("102", "103#").advance(millis(1_800));
    assert_eq!(w.hears("102"), "prompt/en/busy");
    w.advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn hanging_up_while_it_rings_sends_the_other_there() {
    let mut w = talking(["101", "102", "103"]);
    w.answering("103", Answering::After(secs(5)));
    w.press("102", "*2").advance(secs(1)).press("102", "103#").advance(secs(3));
    w.hang_up("102").advance(secs(8));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    quiet(&mut w);
    // Nobody takes it there: it comes back.
    let mut w = talking(["101", "102", "103"]);
    w.answering("103", Answering::Never);
    w.press("102", "*2").advance(secs(1)).press("102", "103#").advance(secs(3));
    w.hang_up("102").advance(secs(35));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    quiet(&mut w);
}

#[test]
fn hanging_up_against_being_answered() {
    for wait in 0..8 {
        let mut w = talking(["101", "102", "103"]);
        w.answering("103", Answering::After(secs(2)));
        w.press("102", "*2").advance(secs(1)).press("102", "103").advance(secs(3));
        // The number is complete 3 s after its last key, at 3.6 s; the answer comes at 5.6 s.
        w.advance(millis(2_598 + wait)).hang_up("102").advance(secs(6));
        assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
        w.assert_audio_agrees();
        quiet(&mut w);
    }
}
