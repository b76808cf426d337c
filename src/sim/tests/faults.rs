//! What breaks: phones, connections, the disk, the box; and strangers.

use exchange::io::Command;
use expect_test::{Expect, expect};
use sim::phone::{Habits, Stage};
use sim::{World, millis, secs};
use sip::message::Method;

/// A world with these phones, registrations left out of the ladder.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    World::seeded(7).without(Method::Register).phones(numbers)
}

fn check(world: &mut World, expected: Expect) {
    expected.assert_eq(&world.take_ladder());
}

#[test]
fn a_phone_that_dies_leaves_no_ghost() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.take_ladder();
    w.power_off("102");
    // With 101 alive the session timer would decide; with both dead, silence does.
    w.power_off("101");
    w.advance(secs(100));
    check(
        &mut w,
        expect![[r#"
                33.005 pbx > 101 BYE
                33.005 pbx > 102 BYE
                33.505 pbx > 101 BYE
                33.505 pbx > 102 BYE
                34.505 pbx > 101 BYE
                34.505 pbx > 102 BYE
                36.505 pbx > 101 BYE
                36.505 pbx > 102 BYE
                40.505 pbx > 101 BYE
                40.505 pbx > 102 BYE
                44.505 pbx > 101 BYE
                44.505 pbx > 102 BYE
                48.505 pbx > 101 BYE
                48.505 pbx > 102 BYE
                52.505 pbx > 101 BYE
                52.505 pbx > 102 BYE
                56.505 pbx > 101 BYE
                56.505 pbx > 102 BYE
                60.505 pbx > 101 BYE
                60.505 pbx > 102 BYE
                64.505 pbx > 101 BYE
                64.505 pbx > 102 BYE
        "#]],
    );
    assert_eq!(w.counts().calls, 0);
}

#[test]
fn a_session_refresh_finds_out_that_a_phone_is_dead() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.take_ladder();
    w.power_off("102");
    w.advance(secs(110));
    check(
        &mut w,
        expect![[r#"
                63.005 pbx > 101 UPDATE
                63.005 pbx > 102 UPDATE
                63.007 101 > pbx 200 UPDATE
                63.505 pbx > 102 UPDATE
                64.505 pbx > 102 UPDATE
                66.505 pbx > 102 UPDATE
                70.505 pbx > 102 UPDATE
                74.505 pbx > 102 UPDATE
                78.505 pbx > 102 UPDATE
                82.505 pbx > 102 UPDATE
                86.505 pbx > 102 UPDATE
                90.505 pbx > 102 UPDATE
                94.505 pbx > 102 UPDATE
                95.005 pbx > 101 BYE
                95.005 pbx > 102 BYE
                95.007 101 > pbx 200 BYE
                95.505 pbx > 102 BYE
                96.505 pbx > 102 BYE
                98.505 pbx > 102 BYE
               102.505 pbx > 102 BYE
               106.505 pbx > 102 BYE
               110.505 pbx > 102 BYE
               114.505 pbx > 102 BYE
        "#]],
    );
    assert!(w.stages("101").is_empty());
}

#[test]
fn the_box_is_killed_and_the_phones_are_still_registered() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.crash().advance(secs(1));
    assert_eq!(w.counts().bindings, 2);
    assert_eq!((w.watch.calls_ended, w.watch.calls_answered), (1, 1));
    w.take_ladder();
    // The old call is unknown now; a new one works.
    w.hang_up("101").hang_up("102").advance(secs(1));
    w.dial("101", "102").advance(secs(5));
    assert_eq!(w.stages("102"), [Stage::Up]);
    check(
        &mut w,
        expect![[r#"
                 7.001 101 > pbx BYE
                 7.001 pbx > 101 481 BYE
                 7.001 102 > pbx BYE
                 7.001 pbx > 102 481 BYE
                 8.001 101 > pbx INVITE sendrecv
                 8.001 pbx > 101 401 INVITE
                 8.003 101 > pbx ACK
                 8.003 101 > pbx INVITE sendrecv
                 8.003 pbx > 101 100 INVITE
                 8.003 pbx > 102 INVITE sendrecv
                 8.005 102 > pbx 180 INVITE
                 8.005 pbx > 101 180 INVITE
                10.005 102 > pbx 200 INVITE sendrecv
                10.005 pbx > 102 ACK
                10.005 pbx > 101 200 INVITE sendrecv
                10.007 101 > pbx ACK
        "#]],
    );
}

#[test]
fn an_administrator_ends_a_call_and_disables_an_extension() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.take_ladder();
    let call = *w.watch.live().calls.keys().next().expect("a live call");
    w.command(Command::HangUp(call)).advance(secs(1));
    w.configure(|config| config.extensions.get_mut("102").expect("102").enabled = false);
    w.dial("101", "102").advance(secs(1));
    w.dial("102", "101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
                 6.000 pbx > 101 BYE
                 6.000 pbx > 102 BYE
                 6.002 101 > pbx 200 BYE
                 6.002 102 > pbx 200 BYE
                 7.001 101 > pbx INVITE sendrecv
                 7.001 pbx > 101 401 INVITE
                 7.003 101 > pbx ACK
                 7.003 101 > pbx INVITE sendrecv
                 7.003 pbx > 101 100 INVITE
                 7.003 pbx > 101 480 INVITE
                 7.005 101 > pbx ACK
                 8.001 102 > pbx INVITE sendrecv
                 8.001 pbx > 102 401 INVITE
                 8.003 102 > pbx ACK
                 8.003 102 > pbx INVITE sendrecv
                 8.003 pbx > 102 401 INVITE
                 8.005 102 > pbx ACK
                 8.005 102 > pbx INVITE sendrecv
                 8.005 pbx > 102 401 INVITE
                 8.007 102 > pbx ACK
                 8.007 102 > pbx INVITE sendrecv
                 8.007 pbx > 102 401 INVITE
                 8.009 102 > pbx ACK
        "#]],
    );
    assert_eq!(w.counts().bindings, 1);
}

#[test]
fn a_slow_disk_delays_the_answer_to_a_register_and_a_failing_one_refuses_it() {
    let mut w = World::seeded(7);
    w.store.faults.delay_min = millis(800);
    w.store.faults.delay_max = millis(800);
    w.add_phone("101", Habits::PLAIN);
    w.advance(secs(2));
    check(
        &mut w,
        expect![[r#"
                 0.001 101 > pbx REGISTER
                 0.001 pbx > 101 401 REGISTER
                 0.003 101 > pbx REGISTER
                 0.503 101 > pbx REGISTER
                 0.803 pbx > 101 200 REGISTER
        "#]],
    );
    w.store.faults.failure = 1000;
    w.add_phone("102", Habits::PLAIN);
    w.advance(secs(2));
    assert!(w.phone("101").is_registered() && !w.phone("102").is_registered());
    check(
        &mut w,
        expect![[r#"
                 2.001 102 > pbx REGISTER
                 2.001 pbx > 102 401 REGISTER
                 2.003 102 > pbx REGISTER
                 2.503 102 > pbx REGISTER
                 2.803 pbx > 102 503 REGISTER
        "#]],
    );
}

#[test]
fn half_of_the_datagrams_are_lost_and_the_call_stands() {
    let mut w = world(["101", "102"]);
    w.network.faults.loss = 500;
    w.dial("101", "102").advance(secs(30));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(60));
    assert!(w.stages("101").is_empty() && w.stages("102").is_empty());
    assert_eq!((w.watch.calls_ended, w.watch.calls_answered), (1, 1));
}

#[test]
fn a_phone_on_tcp_is_called_on_its_connection_and_registers_anew_when_it_breaks() {
    let mut w = World::seeded(7);
    w.add_phone("101", Habits::PLAIN);
    w.add_phone("102", Habits { tcp: true, ..Habits::PLAIN });
    w.advance(secs(1)).take_ladder();
    w.dial("101", "102").advance(secs(5)).hang_up("102").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 180 INVITE
                 1.005 pbx > 101 180 INVITE
                 3.005 102 > pbx 200 INVITE sendrecv
                 3.005 pbx > 102 ACK
                 3.005 pbx > 101 200 INVITE sendrecv
                 3.007 101 > pbx ACK
                 6.001 102 > pbx BYE
                 6.001 pbx > 102 200 BYE
                 6.001 pbx > 101 BYE
                 6.003 101 > pbx 200 BYE
        "#]],
    );
    w.disconnect("102").advance(secs(1));
    assert_eq!(w.counts().bindings, 1);
    w.dial("101", "102").advance(secs(10));
    check(
        &mut w,
        expect![[r#"
                 8.001 101 > pbx INVITE sendrecv
                 8.001 pbx > 101 401 INVITE
                 8.003 101 > pbx ACK
                 8.003 101 > pbx INVITE sendrecv
                 8.003 pbx > 101 100 INVITE
                 8.003 pbx > 101 480 INVITE
                 8.005 101 > pbx ACK
                12.001 102 > pbx REGISTER
                12.001 pbx > 102 401 REGISTER
                12.003 102 > pbx REGISTER
                12.006 pbx > 102 200 REGISTER
        "#]],
    );
    assert_eq!(w.counts().bindings, 2);
}

#[test]
fn after_a_restart_the_box_connects_to_a_phone_on_tcp() {
    let mut w = World::seeded(7).without(Method::Register);
    w.add_phone("101", Habits::PLAIN);
    w.add_phone("102", Habits { tcp: true, ..Habits::PLAIN });
    w.advance(secs(1)).crash();
    w.dial("101", "102").advance(secs(4));
    assert_eq!(w.stages("102"), [Stage::Up]);
    check(
        &mut w,
        expect![[r#"
                 1.000 pbx is killed and starts again
                 1.001 101 > pbx INVITE sendrecv
                 1.001 pbx > 101 401 INVITE
                 1.003 101 > pbx ACK
                 1.003 101 > pbx INVITE sendrecv
                 1.003 pbx > 101 100 INVITE
                 1.003 pbx > 102 INVITE sendrecv
                 1.005 102 > pbx 180 INVITE
                 1.005 pbx > 101 180 INVITE
                 3.005 102 > pbx 200 INVITE sendrecv
                 3.005 pbx > 102 ACK
                 3.005 pbx > 101 200 INVITE sendrecv
                 3.007 101 > pbx ACK
        "#]],
    );
}

/// A request of nobody we know, with a body where it is an INVITE.
fn strange_request(method: &str, to_tag: &str) -> String {
    let body =
        "v=0\r\no=- 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    let body = if method == "INVITE" { body } else { "" };
    format!(
        "{method} sip:102@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK{method}{to_tag}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:101@10.0.0.1>;tag=x\r\nTo: <sip:102@10.0.0.1>{to_tag}\r\nCall-ID: {method}{to_tag}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:101@203.0.113.9>\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_stranger_leaves_nothing_behind() {
    let mut w = world(["101", "102"]);
    w.advance(secs(40)); // the registrations' transactions are gone
    let before = w.counts();
    let stranger = std::net::SocketAddr::from(([203, 0, 113, 9], 5060));
    for method in [
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "OPTIONS",
        "PRACK",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "INFO",
        "REFER",
        "MESSAGE",
        "UPDATE",
        "FLY",
    ] {
        for to_tag in ["", ";tag=y"] {
            let (asked, told) = w.traffic(stranger);
            w.send(stranger, strange_request(method, to_tag)).advance(millis(10));
            let (asked, told) = (w.traffic(stranger).0 - asked, w.traffic(stranger).1 - told);
            assert!(told * 2 <= asked * 3, "{method}{to_tag}: {told} octets for {asked}"); // no amplifier
        }
        assert_eq!(w.counts(), before, "{method} leaves something behind");
    }
    check(
        &mut w,
        expect![[r#"
                41.001 203.0.113.9:5060 > pbx INVITE sendrecv
                41.001 pbx > 203.0.113.9:5060 401 INVITE
                41.011 203.0.113.9:5060 > pbx INVITE sendrecv
                41.011 pbx > 203.0.113.9:5060 481 INVITE
                41.021 203.0.113.9:5060 > pbx ACK
                41.031 203.0.113.9:5060 > pbx ACK
                41.041 203.0.113.9:5060 > pbx BYE
                41.041 pbx > 203.0.113.9:5060 401 BYE
                41.051 203.0.113.9:5060 > pbx BYE
                41.051 pbx > 203.0.113.9:5060 481 BYE
                41.061 203.0.113.9:5060 > pbx CANCEL
                41.061 pbx > 203.0.113.9:5060 481 CANCEL
                41.071 203.0.113.9:5060 > pbx CANCEL
                41.071 pbx > 203.0.113.9:5060 481 CANCEL
                41.081 203.0.113.9:5060 > pbx OPTIONS
                41.081 pbx > 203.0.113.9:5060 200 OPTIONS
                41.091 203.0.113.9:5060 > pbx OPTIONS
                41.091 pbx > 203.0.113.9:5060 481 OPTIONS
                41.101 203.0.113.9:5060 > pbx PRACK
                41.101 pbx > 203.0.113.9:5060 401 PRACK
                41.111 203.0.113.9:5060 > pbx PRACK
                41.111 pbx > 203.0.113.9:5060 481 PRACK
                41.121 203.0.113.9:5060 > pbx SUBSCRIBE
                41.121 pbx > 203.0.113.9:5060 401 SUBSCRIBE
                41.131 203.0.113.9:5060 > pbx SUBSCRIBE
                41.131 pbx > 203.0.113.9:5060 481 SUBSCRIBE
                41.141 203.0.113.9:5060 > pbx NOTIFY
                41.141 pbx > 203.0.113.9:5060 401 NOTIFY
                41.151 203.0.113.9:5060 > pbx NOTIFY
                41.151 pbx > 203.0.113.9:5060 481 NOTIFY
                41.161 203.0.113.9:5060 > pbx PUBLISH
                41.161 pbx > 203.0.113.9:5060 401 PUBLISH
                41.171 203.0.113.9:5060 > pbx PUBLISH
                41.171 pbx > 203.0.113.9:5060 481 PUBLISH
                41.181 203.0.113.9:5060 > pbx INFO
                41.181 pbx > 203.0.113.9:5060 401 INFO
                41.191 203.0.113.9:5060 > pbx INFO
                41.191 pbx > 203.0.113.9:5060 481 INFO
                41.201 203.0.113.9:5060 > pbx REFER
                41.201 pbx > 203.0.113.9:5060 401 REFER
                41.211 203.0.113.9:5060 > pbx REFER
                41.211 pbx > 203.0.113.9:5060 481 REFER
                41.221 203.0.113.9:5060 > pbx MESSAGE
                41.221 pbx > 203.0.113.9:5060 401 MESSAGE
                41.231 203.0.113.9:5060 > pbx MESSAGE
                41.231 pbx > 203.0.113.9:5060 481 MESSAGE
                41.241 203.0.113.9:5060 > pbx UPDATE
                41.241 pbx > 203.0.113.9:5060 401 UPDATE
                41.251 203.0.113.9:5060 > pbx UPDATE
                41.251 pbx > 203.0.113.9:5060 481 UPDATE
                41.261 203.0.113.9:5060 > pbx FLY
                41.261 pbx > 203.0.113.9:5060 401 FLY
                41.271 203.0.113.9:5060 > pbx FLY
                41.271 pbx > 203.0.113.9:5060 481 FLY
        "#]],
    );
}
