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
            033.005 pbx > 101 BYE
            033.005 pbx > 102 BYE
            033.505 pbx > 101 BYE
            033.505 pbx > 102 BYE
            034.505 pbx > 101 BYE
            034.505 pbx > 102 BYE
            036.505 pbx > 101 BYE
            036.505 pbx > 102 BYE
            040.505 pbx > 101 BYE
            040.505 pbx > 102 BYE
            044.505 pbx > 101 BYE
            044.505 pbx > 102 BYE
            048.505 pbx > 101 BYE
            048.505 pbx > 102 BYE
            052.505 pbx > 101 BYE
            052.505 pbx > 102 BYE
            056.505 pbx > 101 BYE
            056.505 pbx > 102 BYE
            060.505 pbx > 101 BYE
            060.505 pbx > 102 BYE
            064.505 pbx > 101 BYE
            064.505 pbx > 102 BYE
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
            063.005 pbx > 101 UPDATE
            063.005 pbx > 102 UPDATE
            063.007 101 > pbx 200 UPDATE
            063.505 pbx > 102 UPDATE
            064.505 pbx > 102 UPDATE
            066.505 pbx > 102 UPDATE
            070.505 pbx > 102 UPDATE
            074.505 pbx > 102 UPDATE
            078.505 pbx > 102 UPDATE
            082.505 pbx > 102 UPDATE
            086.505 pbx > 102 UPDATE
            090.505 pbx > 102 UPDATE
            094.505 pbx > 102 UPDATE
            095.005 pbx > 101 BYE
            095.005 pbx > 102 BYE
            095.007 101 > pbx 200 BYE
            095.505 pbx > 102 BYE
            096.505 pbx > 102 BYE
            098.505 pbx > 102 BYE
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
            007.001 101 > pbx BYE
            007.001 pbx > 101 481 BYE
            007.001 102 > pbx BYE
            007.001 pbx > 102 481 BYE
            008.001 101 > pbx INVITE sendrecv
            008.001 pbx > 101 401 INVITE
            008.003 101 > pbx ACK
            008.003 101 > pbx INVITE sendrecv
            008.003 pbx > 101 100 INVITE
            008.003 pbx > 102 INVITE sendrecv
            008.005 102 > pbx 180 INVITE
            008.005 pbx > 101 180 INVITE
            010.005 102 > pbx 200 INVITE sendrecv
            010.005 pbx > 102 ACK
            010.005 pbx > 101 200 INVITE sendrecv
            010.007 101 > pbx ACK
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
            006.000 pbx > 101 BYE
            006.000 pbx > 102 BYE
            006.002 101 > pbx 200 BYE
            006.002 102 > pbx 200 BYE
            007.001 101 > pbx INVITE sendrecv
            007.001 pbx > 101 401 INVITE
            007.003 101 > pbx ACK
            007.003 101 > pbx INVITE sendrecv
            007.003 pbx > 101 100 INVITE
            007.003 pbx > 101 480 INVITE
            007.005 101 > pbx ACK
            008.001 102 > pbx INVITE sendrecv
            008.001 pbx > 102 401 INVITE
            008.003 102 > pbx ACK
            008.003 102 > pbx INVITE sendrecv
            008.003 pbx > 102 401 INVITE
            008.005 102 > pbx ACK
            008.005 102 > pbx INVITE sendrecv
            008.005 pbx > 102 401 INVITE
            008.007 102 > pbx ACK
            008.007 102 > pbx INVITE sendrecv
            008.007 pbx > 102 401 INVITE
            008.009 102 > pbx ACK
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
            000.001 101 > pbx REGISTER
            000.001 pbx > 101 401 REGISTER
            000.003 101 > pbx REGISTER
            000.503 101 > pbx REGISTER
            000.803 pbx > 101 200 REGISTER
        "#]],
    );
    w.store.faults.failure = 1000;
    w.add_phone("102", Habits::PLAIN);
    w.advance(secs(2));
    assert!(w.phone("101").is_registered() && !w.phone("102").is_registered());
    check(
        &mut w,
        expect![[r#"
            002.001 102 > pbx REGISTER
            002.001 pbx > 102 401 REGISTER
            002.003 102 > pbx REGISTER
            002.503 102 > pbx REGISTER
            002.803 pbx > 102 503 REGISTER
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
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 200 INVITE sendrecv
            003.007 101 > pbx ACK
            006.001 102 > pbx BYE
            006.001 pbx > 102 200 BYE
            006.001 pbx > 101 BYE
            006.003 101 > pbx 200 BYE
        "#]],
    );
    w.disconnect("102").advance(secs(1));
    assert_eq!(w.counts().bindings, 1);
    w.dial("101", "102").advance(secs(10));
    check(
        &mut w,
        expect![[r#"
            008.001 101 > pbx INVITE sendrecv
            008.001 pbx > 101 401 INVITE
            008.003 101 > pbx ACK
            008.003 101 > pbx INVITE sendrecv
            008.003 pbx > 101 100 INVITE
            008.003 pbx > 101 480 INVITE
            008.005 101 > pbx ACK
            012.001 102 > pbx REGISTER
            012.001 pbx > 102 401 REGISTER
            012.003 102 > pbx REGISTER
            012.006 pbx > 102 200 REGISTER
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
            001.000 pbx is killed and starts again
            001.001 101 > pbx INVITE sendrecv
            001.001 pbx > 101 401 INVITE
            001.003 101 > pbx ACK
            001.003 101 > pbx INVITE sendrecv
            001.003 pbx > 101 100 INVITE
            001.003 pbx > 102 INVITE sendrecv
            001.005 102 > pbx 180 INVITE
            001.005 pbx > 101 180 INVITE
            003.005 102 > pbx 200 INVITE sendrecv
            003.005 pbx > 102 ACK
            003.005 pbx > 101 200 INVITE sendrecv
            003.007 101 > pbx ACK
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
            041.001 203.0.113.9:5060 > pbx INVITE sendrecv
            041.001 pbx > 203.0.113.9:5060 401 INVITE
            041.011 203.0.113.9:5060 > pbx INVITE sendrecv
            041.011 pbx > 203.0.113.9:5060 481 INVITE
            041.021 203.0.113.9:5060 > pbx ACK
            041.031 203.0.113.9:5060 > pbx ACK
            041.041 203.0.113.9:5060 > pbx BYE
            041.041 pbx > 203.0.113.9:5060 401 BYE
            041.051 203.0.113.9:5060 > pbx BYE
            041.051 pbx > 203.0.113.9:5060 481 BYE
            041.061 203.0.113.9:5060 > pbx CANCEL
            041.061 pbx > 203.0.113.9:5060 481 CANCEL
            041.071 203.0.113.9:5060 > pbx CANCEL
            041.071 pbx > 203.0.113.9:5060 481 CANCEL
            041.081 203.0.113.9:5060 > pbx OPTIONS
            041.081 pbx > 203.0.113.9:5060 200 OPTIONS
            041.091 203.0.113.9:5060 > pbx OPTIONS
            041.091 pbx > 203.0.113.9:5060 481 OPTIONS
            041.101 203.0.113.9:5060 > pbx PRACK
            041.101 pbx > 203.0.113.9:5060 401 PRACK
            041.111 203.0.113.9:5060 > pbx PRACK
            041.111 pbx > 203.0.113.9:5060 481 PRACK
            041.121 203.0.113.9:5060 > pbx SUBSCRIBE
            041.121 pbx > 203.0.113.9:5060 401 SUBSCRIBE
            041.131 203.0.113.9:5060 > pbx SUBSCRIBE
            041.131 pbx > 203.0.113.9:5060 481 SUBSCRIBE
            041.141 203.0.113.9:5060 > pbx NOTIFY
            041.141 pbx > 203.0.113.9:5060 401 NOTIFY
            041.151 203.0.113.9:5060 > pbx NOTIFY
            041.151 pbx > 203.0.113.9:5060 481 NOTIFY
            041.161 203.0.113.9:5060 > pbx PUBLISH
            041.161 pbx > 203.0.113.9:5060 401 PUBLISH
            041.171 203.0.113.9:5060 > pbx PUBLISH
            041.171 pbx > 203.0.113.9:5060 481 PUBLISH
            041.181 203.0.113.9:5060 > pbx INFO
            041.181 pbx > 203.0.113.9:5060 401 INFO
            041.191 203.0.113.9:5060 > pbx INFO
            041.191 pbx > 203.0.113.9:5060 481 INFO
            041.201 203.0.113.9:5060 > pbx REFER
            041.201 pbx > 203.0.113.9:5060 401 REFER
            041.211 203.0.113.9:5060 > pbx REFER
            041.211 pbx > 203.0.113.9:5060 481 REFER
            041.221 203.0.113.9:5060 > pbx MESSAGE
            041.221 pbx > 203.0.113.9:5060 401 MESSAGE
            041.231 203.0.113.9:5060 > pbx MESSAGE
            041.231 pbx > 203.0.113.9:5060 481 MESSAGE
            041.241 203.0.113.9:5060 > pbx UPDATE
            041.241 pbx > 203.0.113.9:5060 401 UPDATE
            041.251 203.0.113.9:5060 > pbx UPDATE
            041.251 pbx > 203.0.113.9:5060 481 UPDATE
            041.261 203.0.113.9:5060 > pbx FLY
            041.261 pbx > 203.0.113.9:5060 401 FLY
            041.271 203.0.113.9:5060 > pbx FLY
            041.271 pbx > 203.0.113.9:5060 481 FLY
        "#]],
    );
}

#[test]
fn a_phone_behind_a_router_is_reached_where_it_speaks_from() {
    let mut w = World::seeded(7).without(Method::Register);
    w.add_phone("101", Habits::PLAIN);
    w.add_phone("102", Habits { nat: true, ..Habits::PLAIN });
    w.advance(secs(1));
    w.dial("101", "102").advance(secs(6)).hang_up("101").advance(secs(1));
    w.dial("102", "101").advance(secs(6));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(1));
    assert!(w.stages("102").is_empty());
    check(
        &mut w,
        expect![[r#"
        001.001 101 > pbx INVITE sendrecv
        001.001 pbx > 101 401 INVITE
        001.003 101 > pbx ACK
        001.003 101 > pbx INVITE sendrecv
        001.003 pbx > 101 100 INVITE
        001.003 pbx > 102 INVITE sendrecv
        001.005 102 > pbx 180 INVITE
        001.005 pbx > 101 180 INVITE
        003.005 102 > pbx 200 INVITE sendrecv
        003.005 pbx > 102 ACK
        003.005 pbx > 101 200 INVITE sendrecv
        003.007 101 > pbx ACK
        007.001 101 > pbx BYE
        007.001 pbx > 101 200 BYE
        007.001 pbx > 102 BYE
        007.003 102 > pbx 200 BYE
        008.001 102 > pbx INVITE sendrecv
        008.001 pbx > 102 401 INVITE
        008.003 102 > pbx ACK
        008.003 102 > pbx INVITE sendrecv
        008.003 pbx > 102 100 INVITE
        008.003 pbx > 101 INVITE sendrecv
        008.005 101 > pbx 180 INVITE
        008.005 pbx > 102 180 INVITE
        010.005 101 > pbx 200 INVITE sendrecv
        010.005 pbx > 101 ACK
        010.005 pbx > 102 200 INVITE sendrecv
        010.007 102 > pbx ACK
        014.001 101 > pbx BYE
        014.001 pbx > 101 200 BYE
        014.001 pbx > 102 BYE
        014.003 102 > pbx 200 BYE
    "#]],
    );
}
