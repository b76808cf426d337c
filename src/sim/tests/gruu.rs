//! GRUUs (RFC 5627): one of several phones of an extension is called.

use expect_test::{Expect, expect};
use sim::phone::Habits;
use sim::{World, secret_of, secs};
use sip::message::{Method, Uri};

/// 101 has two phones, the second at the address that 104 would have; both ask for GRUUs.
fn world() -> World {
    let quiet = [Method::Register, Method::Ack, Method::Bye, Method::Notify];
    let mut w = quiet.into_iter().fold(World::seeded(27), World::without).phones(["102", "103"]);
    for (name, instance) in [("101", "urn:uuid:1"), ("104", "urn:uuid:2")] {
        w.add_phone(name, Habits::PLAIN);
        w.with(name, |phone, now| {
            phone.number = "101".into();
            phone.secret = secret_of("101");
            phone.instance = Some(instance.into());
            phone.reboot(now);
        });
    }
    w.advance(secs(10));
    w.take_ladder();
    w
}

fn gruu(w: &World, name: &str) -> String {
    w.phone(name).gruu.clone().expect("the box gave one")
}

fn call(w: &mut World, from: &str, uri: &str) {
    let uri = Uri::parse(uri.as_bytes()).expect("a URI");
    w.with(from, |phone, now| phone.dial_as(now, "101", |request| request.uri = uri)).expect("room");
}

fn check(w: &mut World, expected: Expect) {
    expected.assert_eq(&w.take_ladder());
}

#[test]
fn only_the_phone_that_is_named_rings() {
    let mut w = world();
    let (first, second) = (gruu(&w, "101"), gruu(&w, "104"));
    assert_ne!(first, second);
    call(&mut w, "102", &second);
    w.advance(secs(5));
    w.hang_up("102").advance(secs(2));
    check(
        &mut w,
        expect![[r#"
        011.001 102 > pbx INVITE sendrecv
        011.001 pbx > 102 401 INVITE
        011.003 102 > pbx INVITE sendrecv
        011.003 pbx > 102 100 INVITE
        011.003 pbx > 104 INVITE sendrecv
        011.005 104 > pbx 180 INVITE
        011.005 pbx > 102 180 INVITE
        013.005 104 > pbx 200 INVITE sendrecv
        013.005 pbx > 102 200 INVITE sendrecv
    "#]],
    );
    // Its name outlives a restart, in which nobody registers anew.
    w.crash();
    w.advance(secs(2));
    w.take_ladder();
    call(&mut w, "102", &second);
    w.advance(secs(5));
    assert!(w.phone("104").calls().next().is_some() && w.phone("101").calls().next().is_none());
    // A colleague sends a caller to the other phone, and to it alone.
    w.hang_up("102").advance(secs(2));
    w.dial("103", "102").advance(secs(5));
    w.take_ladder();
    let with = w.phone("102").calls().next().expect("a call").id;
    assert!(w.with("102", |phone, now| phone.transfer_to(now, with, &first)));
    w.advance(secs(5));
    check(
        &mut w,
        expect![[r#"
        032.001 102 > pbx REFER blind
        032.001 pbx > 102 202 REFER
        032.001 pbx > 101 INVITE sendrecv
        032.003 101 > pbx 180 INVITE
        034.003 101 > pbx 200 INVITE sendrecv
    "#]],
    );
    w.hang_up("103").advance(secs(40));
}

#[test]
fn a_phone_that_is_not_there_is_not_replaced_by_another() {
    let mut w = world();
    let second = gruu(&w, "104");
    w.with("104", |phone, now| phone.unregister(now));
    w.advance(secs(2));
    w.take_ladder();
    call(&mut w, "102", &second);
    w.advance(secs(2));
    let foreign = second.replace("gr=", "gr=x");
    call(&mut w, "102", &foreign);
    w.advance(secs(2));
    let elsewhere = second.replace("101@", "102@");
    call(&mut w, "103", &elsewhere);
    w.advance(secs(2));
    check(
        &mut w,
        expect![[r#"
        013.001 102 > pbx INVITE sendrecv
        013.001 pbx > 102 401 INVITE
        013.003 102 > pbx INVITE sendrecv
        013.003 pbx > 102 100 INVITE
        013.003 pbx > 102 480 INVITE
        015.001 102 > pbx INVITE sendrecv
        015.001 pbx > 102 401 INVITE
        015.003 102 > pbx INVITE sendrecv
        015.003 pbx > 102 404 INVITE
        017.001 103 > pbx INVITE sendrecv
        017.001 pbx > 103 401 INVITE
        017.003 103 > pbx INVITE sendrecv
        017.003 pbx > 103 100 INVITE
        017.003 pbx > 103 480 INVITE
    "#]],
    );
}

#[test]
fn a_lamp_of_a_phone_that_is_there_is_the_extensions() {
    let mut w = world();
    let (first, second) = (gruu(&w, "101"), gruu(&w, "104"));
    w.with("104", |phone, now| phone.unregister(now));
    w.advance(secs(1));
    let foreign = second.replace("gr=", "gr=x");
    for uri in [&first, &second, &foreign] {
        w.subscribe("103", "dialog", uri).advance(secs(1));
    }
    assert_eq!(w.lamp("103", &first), "idle");
    assert_eq!([&first, &second, &foreign].map(|uri| w.phone("103").lamp_status(uri)), [200, 480, 404]);
}

#[test]
fn what_the_extension_has_set_holds_for_its_phones() {
    let mut w = world();
    let second = gruu(&w, "104");
    w.dial("101", "*78").advance(secs(8));
    w.take_ladder();
    call(&mut w, "102", &second);
    w.advance(secs(3));
    check(
        &mut w,
        expect![[r#"
        019.001 102 > pbx INVITE sendrecv
        019.001 pbx > 102 401 INVITE
        019.003 102 > pbx INVITE sendrecv
        019.003 pbx > 102 100 INVITE
        019.003 pbx > 102 486 INVITE
    "#]],
    );
}
