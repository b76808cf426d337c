//! Many in a room: three-way calls, conferences, paging; and the phone that answers by itself.

use config::Paging;
use expect_test::expect;
use sim::phone::Answering;
use sim::{millis, secs};

use crate::{asked_to_answer, asking, check, quiet, records, talking, world};

#[test]
fn three_talk_out_of_a_consultation() {
    let mut w = asking();
    w.press("102", "*5").advance(secs(2));
    assert_eq!(["101", "102", "103"].map(|number| w.hears(number)), ["102 103", "101 103", "101 102"]);
    w.advance(secs(6)).assert_audio_agrees();
    w.hang_up("102").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"), "the others talk on");
    w.hang_up("103").advance(secs(2));
    assert_eq!(w.stages("101"), [], "nobody stays alone");
    quiet(&mut w);
    expect![[r#"
        102 dialled 103 reached 103, NormalClearing: 102 NormalClearing, 103 Transferred
        101 dialled 102 reached 102, NormalClearing: 101 NormalClearing, 102 Transferred
        103 dialled three-way 1 reached three-way 1, NormalClearing: 103 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn two_calls_of_one_phone_are_merged() {
    let mut w = talking(["101", "102", "103"]);
    w.hold("102").advance(secs(1)).dial("102", "103").advance(secs(5));
    w.take_ladder();
    let second = w.phone("102").calls().nth(1).unwrap().id;
    w.press_in("102", second, "*5").advance(secs(3));
    assert_eq!(w.stages("102").len(), 1);
    assert_eq!(["101", "102", "103"].map(|number| w.hears(number)), ["102 103", "101 103", "101 102"]);
    check(
        &mut w,
        expect![[r#"
        012.400 pbx > 101 INVITE sendrecv
        012.400 pbx > 102 BYE
        012.402 101 > pbx 200 INVITE sendrecv
        012.402 pbx > 101 ACK
        012.402 102 > pbx 200 BYE
    "#]],
    );
    quiet(&mut w);
}

#[test]
fn a_party_is_brought_into_a_conference_by_an_attended_transfer() {
    let mut w = talking(["101", "102", "103"]);
    w.dial("103", "600").advance(secs(2)).hold("102").advance(secs(1)).dial("102", "600").advance(secs(3));
    w.join("102").advance(secs(3));
    assert_eq!(w.stages("102"), []);
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn one_speaks_to_all_who_are_free() {
    for two_way in [false, true] {
        let mut w = world(["101", "102", "103", "104", "105"]);
        w.configure(|config| {
            let page = Paging {
                number: "800".to_owned(),
                name: "Workshop".to_owned(),
                members: ["101", "102", "103", "104", "105"].map(str::to_owned).into(),
                two_way,
                seconds_max: 20,
            };
            config.paging.insert("800".to_owned(), page);
        });
        for (number, answering) in
            [("102", Answering::After(millis(50))), ("103", Answering::Never), ("104", Answering::After(millis(80)))]
        {
            w.answering(number, answering);
        }
        w.dial("105", "*43").advance(secs(2)).take_ladder();
        w.dial("101", "800").advance(secs(12));
        let heard = ["101", "102", "103", "104", "105"]
            .map(|number| if w.stages(number).is_empty() { "-".to_owned() } else { w.hears(number) });
        match two_way {
            false => assert_eq!(heard, ["nothing", "101", "-", "101", "105"]),
            true => assert_eq!(heard, ["102 104", "101 104", "-", "101 102", "105"]),
        }
        w.hang_up("102").advance(secs(1));
        assert_eq!(w.hears("104"), "101");
        w.advance(secs(10));
        assert_eq!((w.stages("101"), w.stages("104")), (vec![], vec![]), "20 s are over");
        quiet(&mut w);
        assert_eq!(["102", "105"].map(|number| asked_to_answer(&w, number)), [1, 0]);
    }
}

#[test]
fn an_intercom_call_is_answered_by_the_phone_and_goes_both_ways() {
    let mut w = world(["101", "102"]);
    w.answering("102", Answering::After(millis(100)));
    w.dial("101", "*80102").advance(secs(2));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    quiet(&mut w);
    assert_eq!(asked_to_answer(&w, "102"), 1);
}
