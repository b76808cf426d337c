//! What pages begin and move; called back when a line is free.

use exchange::io::Command;
use expect_test::expect;
use sim::phone::{Answering, Stage};
use sim::{World, millis, secs};

use crate::{check, quiet, records, talking, world};

#[test]
fn click_to_call() {
    let mut w = world(["101", "102"]);
    w.answering("101", Answering::After(millis(100)));
    let dial = |extension: &str, number: &str| Command::Dial {
        extension: extension.to_owned(),
        number: number.to_owned(),
        by: "admin".to_owned(),
    };
    w.command(dial("101", "102")).advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        001.000 pbx > 101 INVITE sendrecv
        001.002 101 > pbx 180 INVITE
        001.102 101 > pbx 200 INVITE sendrecv
        001.102 pbx > 101 ACK
        001.102 pbx > 102 INVITE sendrecv
        001.104 102 > pbx 180 INVITE
        003.104 102 > pbx 200 INVITE sendrecv
        003.104 pbx > 102 ACK
    "#]],
    );
    w.hang_up("101").advance(secs(1));
    let refused = |w: &mut World, command| w.ask(command).unwrap().unwrap_err().0;
    expect![[r#"
        999 cannot be called: no line to the outside
        no phone of 109 is registered"#]]
    .assert_eq(&[refused(&mut w, dial("101", "999")), refused(&mut w, dial("109", "101"))].join("\n"));
    w.advance(secs(1));
    check(
        &mut w,
        expect![[r#"
        006.001 101 > pbx BYE
        006.001 pbx > 101 200 BYE
        006.001 pbx > 102 BYE
        006.003 102 > pbx 200 BYE
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        101 dialled 102 reached 102, NormalClearing: 101 NormalClearing, 102 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}

#[test]
fn an_operator_moves_a_call() {
    let mut w = talking(["101", "102", "103"]);
    let call = *w.watch.live().calls.keys().next().unwrap();
    let transfer =
        |extension: &str, to: &str| Command::Transfer { call, extension: extension.to_owned(), to: to.to_owned() };
    w.command(transfer("102", "103")).advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.command(transfer("102", "104")).advance(secs(1)); // it has no place in it any more
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.command(transfer("103", "700")).advance(secs(5));
    assert_eq!(w.hears("101"), "music/default");
    w.command(transfer("103", "102")).advance(millis(500));
    assert_eq!(w.stages("102"), [Stage::Ringing]);
    w.command(transfer("102", "103")).advance(secs(5));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"), "moved while it rang");
    quiet(&mut w);
    expect![[r#"
        101 dialled 102 reached 103, NormalClearing: 101 NormalClearing, 102 Transferred, 103 Transferred, 102 AnsweredElsewhere, 103 NormalClearing
    "#]].assert_eq(&records(&w));
}

#[test]
fn called_back_when_the_line_is_free() {
    let mut w = talking(["101", "102", "103"]);
    w.dial("103", "*82102").advance(secs(10));
    assert_eq!(w.stages("103"), []);
    w.take_ladder();
    w.hang_up("101").advance(secs(10));
    assert_eq!((w.hears("103").as_str(), w.hears("102").as_str()), ("102", "103"));
    w.assert_audio_agrees();
    check(
        &mut w,
        expect![[r#"
        016.001 101 > pbx BYE
        016.001 pbx > 101 200 BYE
        016.001 pbx > 102 BYE
        016.003 102 > pbx 200 BYE
        018.001 pbx > 103 INVITE sendrecv
        018.003 103 > pbx 180 INVITE
        020.003 103 > pbx 200 INVITE sendrecv
        020.003 pbx > 103 ACK
        020.003 pbx > 102 INVITE sendrecv
        020.005 102 > pbx 180 INVITE
        022.005 102 > pbx 200 INVITE sendrecv
        022.005 pbx > 102 ACK
    "#]],
    );
    quiet(&mut w);
    expect![[r#"
        103 dialled *82102 reached *82102, NormalClearing: 103 NormalClearing
        101 dialled 102 reached 102, NormalClearing: 101 NormalClearing, 102 NormalClearing
        103 dialled 102 reached 102, NormalClearing: 103 NormalClearing, 102 NormalClearing
    "#]]
    .assert_eq(&records(&w));
}
