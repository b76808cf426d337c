//! Lamps: what phones watch, and what they are told.

use exchange::io::{Answer, Command};
use expect_test::{Expect, expect};
use sim::phone::{Answering, Habits};
use sim::{World, millis, secs};
use sip::message::{HeaderName, Method};

/// A world with these phones; registrations and calls are left out of the ladder.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    let quiet = [Method::Register, Method::Invite, Method::Ack, Method::Bye, Method::Cancel];
    quiet.into_iter().fold(World::seeded(7), World::without).phones(numbers)
}

fn check(world: &mut World, expected: Expect) {
    expected.assert_eq(&world.take_ladder());
}

#[test]
fn a_lamp_follows_the_calls_of_an_extension() {
    let mut w = world(["101", "102", "103"]);
    w.subscribe("103", "dialog", "102").advance(secs(1));
    w.dial("101", "102").advance(secs(5));
    w.hold("102").advance(secs(1));
    w.resume("102").advance(secs(1));
    w.hang_up("101").advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            001.001 103 > pbx SUBSCRIBE
            001.001 pbx > 103 401 SUBSCRIBE
            001.003 103 > pbx SUBSCRIBE
            001.003 pbx > 103 200 SUBSCRIBE
            001.003 pbx > 103 NOTIFY idle
            001.005 103 > pbx 200 NOTIFY
            002.005 pbx > 103 NOTIFY early<101
            002.007 103 > pbx 200 NOTIFY
            004.005 pbx > 103 NOTIFY confirmed<101
            004.007 103 > pbx 200 NOTIFY
            007.003 pbx > 103 NOTIFY held<101
            007.005 103 > pbx 200 NOTIFY
            008.003 pbx > 103 NOTIFY confirmed<101
            008.005 103 > pbx 200 NOTIFY
            009.001 pbx > 103 NOTIFY idle
            009.003 103 > pbx 200 NOTIFY
        "#]],
    );
    w.dial("102", "101").advance(secs(1));
    assert_eq!(w.lamp("103", "102"), "early>101");
    w.advance(secs(4));
    assert_eq!(w.lamp("103", "102"), "confirmed>101");
    w.hang_up("102").advance(secs(1));
    assert_eq!(w.lamp("103", "102"), "idle");
    w.with("103", |phone, now| phone.unsubscribe(now, "102"));
    for number in ["101", "102", "103"] {
        w.with(number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(40)).assert_quiet();
}

#[test]
fn a_subscription_is_refreshed_and_taken_back() {
    let mut w = world(["101", "102"]);
    w.subscribe("101", "dialog", "102").advance(secs(2));
    w.take_ladder();
    w.advance(secs(310));
    w.with("101", |phone, now| phone.unsubscribe(now, "102"));
    w.advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            301.005 101 > pbx SUBSCRIBE
            301.005 pbx > 101 200 SUBSCRIBE
            301.005 pbx > 101 NOTIFY idle
            301.007 101 > pbx 200 NOTIFY
            313.001 101 > pbx SUBSCRIBE
            313.001 pbx > 101 200 SUBSCRIBE
            313.001 pbx > 101 NOTIFY idle (timeout)
            313.003 101 > pbx 200 NOTIFY
        "#]],
    );
    assert_eq!(w.counts().subscriptions, 0);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let mut w = world(["101", "102"]);
    let refused = [("dialog", "999"), ("line-seize", "102"), ("as-feature-event", "102"), ("message-summary", "102")];
    let mut seen = Vec::new();
    for (event, target) in refused {
        w.add_phone("103", Habits::PLAIN);
        w.advance(secs(1)).subscribe("103", event, target).advance(secs(1));
        seen.push(w.phone("103").lamp_status(target));
    }
    assert_eq!(seen, [404, 489, 403, 403]);
    assert_eq!(w.counts().subscriptions, 0);
}

#[test]
fn several_devices_that_ring_are_one_line_and_a_group_has_a_lamp() {
    let mut w = world(["101", "102", "103", "104", "105"]);
    w.answering("102", Answering::Never).answering("103", Answering::Never);
    w.subscribe("104", "dialog", "400").subscribe("105", "dialog", "103").advance(secs(1));
    w.dial("104", "400").advance(secs(2));
    assert_eq!((w.lamp("104", "400"), w.lamp("105", "103")), ("early<104", "early<104"));
    w.advance(secs(3));
    // 101 has answered.
    assert_eq!((w.lamp("104", "400"), w.lamp("105", "103")), ("idle", "idle"));
    w.hang_up("104").advance(secs(1));
}

#[test]
fn a_conference_that_somebody_is_in_is_lit() {
    let mut w = world(["101", "102"]);
    w.subscribe("102", "dialog", "600").advance(secs(1));
    assert_eq!(w.lamp("102", "600"), "idle");
    w.dial("101", "600").advance(secs(2));
    assert_eq!(w.lamp("102", "600"), "confirmed");
    w.hang_up("101").advance(secs(2));
    assert_eq!(w.lamp("102", "600"), "idle");
}

#[test]
fn presence_tells_who_is_there() {
    let mut w = world(["101", "102"]);
    w.subscribe("101", "presence", "102").subscribe("101", "presence", "103").advance(secs(1));
    assert_eq!((w.lamp("101", "102"), w.lamp("101", "103")), ("open", "closed away"));
    w.add_phone("103", Habits::PLAIN);
    w.dial("103", "102").advance(secs(5));
    assert_eq!((w.lamp("101", "102"), w.lamp("101", "103")), ("open on-the-phone", "open on-the-phone"));
    w.hang_up("103").advance(secs(1));
    let dnd = Command::PutFact { key: "person/102".into(), value: Some(r#"{"dnd":true}"#.into()), by: "web".into() };
    w.command(dnd).advance(secs(1));
    assert_eq!((w.lamp("101", "102"), w.lamp("101", "103")), ("closed busy", "open"));
    w.with("103", |phone, now| phone.unregister(now));
    w.advance(secs(1));
    assert_eq!(w.lamp("101", "103"), "closed away");
}

#[test]
fn a_list_is_told_whole_once_and_then_what_changes() {
    let mut w = world(["101", "102", "103", "104"]);
    w.subscribe("104", "dialog", "list+400").advance(secs(1));
    let brought = r#"<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>
        <entry uri="sip:102@10.0.0.1"/><entry uri="sip:999@10.0.0.1"/></list></resource-lists>"#;
    w.with("101", |phone, now| {
        phone.subscribe_with(now, "presence", "friends", Some(("application/resource-lists+xml", brought)));
    });
    w.advance(secs(1));
    w.dial("101", "102").advance(secs(5));
    check(
        &mut w,
        expect![[r#"
            001.001 104 > pbx SUBSCRIBE
            001.001 pbx > 104 401 SUBSCRIBE
            001.003 104 > pbx SUBSCRIBE
            001.003 pbx > 104 200 SUBSCRIBE
            001.003 pbx > 104 NOTIFY [101 idle, 102 idle, 103 idle]
            001.005 104 > pbx 200 NOTIFY
            002.001 101 > pbx SUBSCRIBE
            002.001 pbx > 101 401 SUBSCRIBE
            002.003 101 > pbx SUBSCRIBE
            002.003 pbx > 101 200 SUBSCRIBE
            002.003 pbx > 101 NOTIFY [102 open, 999 gone]
            002.005 101 > pbx 200 NOTIFY
            003.003 pbx > 104 NOTIFY …[101 trying>102]
            003.005 pbx > 101 NOTIFY …[102 open on-the-phone]
            003.005 104 > pbx 200 NOTIFY
            003.005 pbx > 104 NOTIFY …[101 early>102, 102 early<101]
            003.007 101 > pbx 200 NOTIFY
            003.007 104 > pbx 200 NOTIFY
            005.005 pbx > 104 NOTIFY …[101 confirmed>102, 102 confirmed<101]
            005.007 104 > pbx 200 NOTIFY
        "#]],
    );
}

#[test]
fn features_are_set_by_a_phone_and_shown_on_the_others() {
    let mut w = world(["101", "102"]);
    w.subscribe("101", "as-feature-event", "101").subscribe("102", "dialog", "dnd+101").advance(secs(1));
    assert_eq!((w.lamp("101", "101"), w.lamp("102", "dnd+101")), ("no-dnd", "idle"));
    let set = "<SetDoNotDisturb><device/><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>";
    w.with("101", |phone, now| {
        phone.subscribe_with(now, "as-feature-event", "101", Some(("application/x-as-feature-event+xml", set)));
    });
    w.advance(secs(1));
    assert_eq!((w.lamp("101", "101"), w.lamp("102", "dnd+101")), ("dnd", "confirmed"));
    let forward = "<SetForwarding><forwardingType>forwardImmediate</forwardingType><activateForward>true</activateForward>\
        <forwardDN>102</forwardDN></SetForwarding>";
    w.with("101", |phone, now| {
        phone.subscribe_with(now, "as-feature-event", "101", Some(("application/x-as-feature-event+xml", forward)));
    });
    w.advance(secs(1));
    assert_eq!(w.lamp("101", "101"), "dnd Always>102");
}

#[test]
fn night_by_hand_is_a_lamp_and_ends_by_the_clock() {
    let mut w = world(["101"]);
    w.configure(|config| {
        let hours = config::Hours {
            name: "office".into(),
            code: Some("1".into()),
            time_zone: None,
            open: vec!["mon-fri 09:00-17:00".into()],
            breaks: Vec::new(),
            holidays: Vec::new(),
            closed: Vec::new(),
            calendars: Vec::new(),
            switched_by: Vec::new(),
        };
        config.hours.insert("office".into(), hours);
    });
    w.subscribe("101", "dialog", "*281").subscribe("101", "dialog", "flow+office").advance(secs(1));
    assert_eq!((w.lamp("101", "*281"), w.lamp("101", "flow+office")), ("idle", "idle"));
    let until = w.wall() + secs(60);
    let value = format!(r#"{{"mode":"closed","until":{},"by":"101","at":{}}}"#, until.unix_ms(), w.wall().unix_ms());
    w.command(Command::PutFact { key: "hours/office".into(), value: Some(value), by: "web".into() }).advance(secs(1));
    assert_eq!((w.lamp("101", "*281"), w.lamp("101", "flow+office")), ("confirmed", "confirmed"));
    w.advance(secs(60)).clock().advance(secs(1));
    assert_eq!((w.lamp("101", "*281"), w.lamp("101", "flow+office")), ("idle", "idle"));
}

#[test]
fn lamps_are_right_after_the_box_was_killed() {
    let mut w = world(["101", "102", "103"]);
    w.subscribe("103", "dialog", "102").advance(secs(1));
    w.dial("101", "102").advance(secs(4));
    assert_eq!(w.lamp("103", "102"), "confirmed<101");
    w.take_ladder();
    w.crash().advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            006.000 pbx is killed and starts again
            006.000 pbx > 103 NOTIFY idle
            006.002 103 > pbx 200 NOTIFY
        "#]],
    );
    assert_eq!(w.lamp("103", "102"), "idle");
    w.hang_up("101").hang_up("102").advance(secs(1));
    w.dial("101", "102").advance(secs(1));
    assert_eq!(w.lamp("103", "102"), "early<101");
    w.advance(secs(400));
    assert_eq!(w.counts().subscriptions, 1);
}

#[test]
fn a_subscription_that_the_box_forgot_is_made_anew() {
    let mut w = world(["101", "102", "103"]);
    w.subscribe("101", "dialog", "102").advance(secs(1));
    w.phone_mut("101").deaf_to_notify = true;
    w.dial("102", "103").advance(secs(5)).hang_up("102").advance(secs(60));
    assert_eq!(w.counts().subscriptions, 0);
    w.phone_mut("101").deaf_to_notify = false;
    w.take_ladder();
    w.advance(secs(300));
    check(
        &mut w,
        expect![[r#"
            301.005 101 > pbx SUBSCRIBE
            301.005 pbx > 101 481 SUBSCRIBE
            301.007 101 > pbx SUBSCRIBE
            301.007 pbx > 101 401 SUBSCRIBE
            301.009 101 > pbx SUBSCRIBE
            301.009 pbx > 101 200 SUBSCRIBE
            301.009 pbx > 101 NOTIFY idle
            301.011 101 > pbx 200 NOTIFY
        "#]],
    );
    assert_eq!((w.counts().subscriptions, w.lamp("101", "102")), (1, "idle"));
}

#[test]
fn what_vanishes_is_told_to_be_gone() {
    let mut w = world(["101", "103"]);
    w.subscribe("101", "dialog", "102").subscribe("101", "dialog", "list+400").subscribe("103", "dialog", "101");
    w.advance(secs(1)).take_ladder();
    w.configure(|config| drop(config.extensions.remove("102"))).advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            002.000 pbx > 101 NOTIFY (noresource)
            002.000 pbx > 101 NOTIFY …[102 gone]
            002.002 101 > pbx 200 NOTIFY
            002.002 101 > pbx 200 NOTIFY
        "#]],
    );
    w.configure(|config| config.extensions.get_mut("103").unwrap().enabled = false).advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            003.000 pbx > 103 NOTIFY (rejected)
            003.002 103 > pbx 200 NOTIFY
        "#]],
    );
}

#[test]
fn on_a_broken_connection_a_lamp_waits_for_its_phone() {
    let mut w = world(["101", "102"]);
    w.add_phone("103", Habits { tcp: true, ..Habits::PLAIN });
    w.advance(secs(1)).subscribe("103", "dialog", "102").advance(secs(1));
    w.disconnect("103");
    w.dial("101", "102").advance(secs(4));
    assert_eq!(w.lamp("103", "102"), "idle");
    w.advance(secs(4));
    assert_eq!(w.lamp("103", "102"), "confirmed<101");
    assert_eq!(w.counts().subscriptions, 1);
}

#[test]
fn phones_are_asked_to_fetch_their_settings() {
    let mut w = world(["101"]);
    assert_eq!(w.ask(Command::CheckSync { extension: "101".into(), reboot: false }), Some(Ok(Answer::Done)));
    assert_eq!(w.ask(Command::CheckSync { extension: "101".into(), reboot: true }), Some(Ok(Answer::Done)));
    assert!(w.ask(Command::CheckSync { extension: "102".into(), reboot: true }).is_some_and(|r| r.is_err()));
    w.advance(secs(1));
    assert_eq!(w.phone("101").restarts, ["check-sync;reboot=false", "check-sync;reboot=true"]);
    check(
        &mut w,
        expect![[r#"
            001.000 pbx > 101 NOTIFY
            001.000 pbx > 101 NOTIFY
            001.002 101 > pbx 200 NOTIFY
            001.002 101 > pbx 200 NOTIFY
        "#]],
    );
}

#[test]
fn changes_come_one_at_a_time_and_the_last_one_counts() {
    let mut w = world(["101", "102", "103"]);
    w.subscribe("103", "dialog", "102").advance(secs(1));
    let before = w.phone("103").lamp_told("102");
    w.phone_mut("103").deaf_to_notify = true;
    // One NOTIFY is repeated and repeated; nothing overtakes it.
    w.dial("101", "102").advance(secs(8));
    w.phone_mut("103").deaf_to_notify = false;
    w.advance(secs(8));
    assert_eq!(w.lamp("103", "102"), "confirmed<101");
    let told = w.phone("103").lamp_told("102") - before;
    assert!(told <= 7, "{told} NOTIFYs");
}

#[test]
fn a_name_made_of_xml_stays_a_name() {
    let mut w = world(["101", "102", "103"]);
    let name = "x\"/></local><dialog id=\"7\"><state>early</state></dialog>\u{1b}\r\n<!--";
    w.configure(|config| {
        config.extensions.get_mut("101").unwrap().name = name.to_owned();
        config.extensions.get_mut("102").unwrap().name = name.to_owned();
    });
    w.subscribe("103", "dialog", "102").subscribe("103", "dialog", "list+400").advance(secs(1));
    w.dial("101", "102").advance(secs(1));
    assert_eq!(w.lamp("103", "102"), "early<101");
    assert_eq!(w.lamp("103", "list+400"), "…[101 early>102, 102 early<101]");
}

#[test]
fn one_phone_cannot_fill_the_table() {
    let mut w = world(["101"]);
    w.configure(|config| {
        for number in 2_000..2_150 {
            let extension = config::Extension { number: number.to_string(), ..config.extensions["102"].clone() };
            config.extensions.insert(number.to_string(), extension);
        }
    });
    for number in 2_000..2_150 {
        w.subscribe("101", "dialog", &number.to_string());
    }
    w.advance(secs(1));
    assert_eq!(w.counts().subscriptions, 100);
    assert_eq!((w.phone("101").lamp_status("2099"), w.phone("101").lamp_status("2100")), (200, 503));
}

#[test]
fn whoever_knows_the_tags_must_still_prove_who_he_is() {
    let mut w = world(["101", "102"]);
    w.subscribe("101", "dialog", "102").advance(secs(40));
    let before = w.counts();
    let (call_id, ours, theirs) = w.phone("101").lamp_dialog("102").unwrap();
    let stranger = std::net::SocketAddr::from(([203, 0, 113, 9], 5060));
    for (cseq, method) in [(90, "SUBSCRIBE"), (91, "BYE"), (92, "NOTIFY")] {
        let text = format!(
            "{method} sip:102@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9:5060;branch=z9hG4bK{method}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:101@10.0.0.1>;tag={ours}\r\nTo: <sip:102@10.0.0.1>;tag={theirs}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:101@203.0.113.9>\r\nEvent: dialog\r\n\
             Expires: 0\r\nContent-Length: 0\r\n\r\n"
        );
        w.send(stranger, text).advance(millis(10));
        assert_eq!(w.counts(), before, "{method}");
    }
    check(
        &mut w,
        expect![[r#"
            001.001 101 > pbx SUBSCRIBE
            001.001 pbx > 101 401 SUBSCRIBE
            001.003 101 > pbx SUBSCRIBE
            001.003 pbx > 101 200 SUBSCRIBE
            001.003 pbx > 101 NOTIFY idle
            001.005 101 > pbx 200 NOTIFY
            041.001 203.0.113.9:5060 > pbx SUBSCRIBE
            041.001 pbx > 203.0.113.9:5060 401 SUBSCRIBE
            041.021 203.0.113.9:5060 > pbx NOTIFY
            041.021 pbx > 203.0.113.9:5060 401 NOTIFY
        "#]],
    );
}

#[test]
fn parking_slots_are_lamps() {
    let mut w = world(["101", "102", "103"]).without(Method::Refer);
    for target in ["701", "park+*701", "*85701", "700", "702"] {
        w.subscribe("103", "dialog", target);
    }
    w.advance(secs(1));
    let lamps = |w: &World| ["701", "park+*701", "*85701", "700", "702"].map(|t| w.lamp("103", t).to_owned());
    assert_eq!(lamps(&w), ["idle"; 5]);
    w.dial("101", "102").advance(secs(4)).transfer("102", "700").advance(secs(2));
    let lit = "confirmed<101";
    assert_eq!(lamps(&w), [lit, lit, lit, lit, "idle"]);
    w.dial("103", "701").advance(secs(2));
    assert_eq!(lamps(&w), ["idle"; 5]);
    w.hang_up("101").advance(secs(1));
}

#[test]
fn messages_light_the_lamp_of_every_phone() {
    let mut w = world(["101", "102"]);
    w.configure(|config| config.extensions.get_mut("102").unwrap().voicemail = true);
    w.add_phone("103", Habits::PLAIN);
    w.configure(|config| {
        let box_ = config::Mailbox {
            number: "800".into(),
            name: "Sales".into(),
            members: vec!["103".into()],
            pin: None,
            email: Vec::new(),
            mail: config::MailboxMail::Off,
        };
        config.mailboxes.insert("800".into(), box_);
    });
    w.advance(secs(1)).take_ladder();
    for mailbox in ["*99102", "*99800"] {
        w.dial("101", mailbox).advance(secs(25)).hang_up("101").advance(secs(3));
    }
    // Nobody has subscribed: they are told all the same.
    check(
        &mut w,
        expect![[r#"
            027.178 pbx > 102 NOTIFY 1/0
            027.180 102 > pbx 200 NOTIFY
            055.071 pbx > 103 NOTIFY 1/0
            055.073 103 > pbx 200 NOTIFY
        "#]],
    );
    assert_eq!((w.phone("102").messages.as_str(), w.phone("103").messages.as_str()), ("1/0", "1/0"));
    // Who subscribes is told by that alone.
    w.subscribe("102", "message-summary", "102").subscribe("103", "message-summary", "800").advance(secs(1));
    assert_eq!((w.lamp("102", "102"), w.lamp("103", "800")), ("1/0", "1/0"));
    w.take_ladder();
    w.dial("101", "*99102").advance(secs(25)).hang_up("101").advance(secs(3));
    check(
        &mut w,
        expect![[r#"
            084.321 pbx > 102 NOTIFY 2/0
            084.323 102 > pbx 200 NOTIFY
        "#]],
    );
    assert_eq!((w.phone("102").messages.as_str(), w.lamp("102", "102")), ("1/0", "2/0"));
    // A phone that comes later learns of it as it registers, and the lamps are right after the box was killed.
    w.power_off("103").advance(secs(1)).power_on("103").advance(secs(2));
    assert_eq!(w.phone("103").messages, "1/0");
    w.crash().advance(secs(2));
    assert_eq!(w.lamp("102", "102"), "2/0");
}

#[test]
fn whoever_watches_may_pick_up() {
    let mut w = world(["101", "102", "103"]);
    w.answering("102", Answering::Never);
    w.subscribe("103", "dialog", "102").advance(secs(1));
    w.dial("101", "102").advance(secs(1));
    let replaces = w.phone("103").lamp_replaces("102").expect("the dialog that rings");
    w.with("103", |phone, now| phone.dial_as(now, "102", |r| r.headers.push(HeaderName::Replaces, replaces)));
    w.advance(secs(2));
    assert_eq!(w.lamp("103", "102"), "idle");
    assert_eq!((w.hears("101"), w.hears("103")), ("103".to_owned(), "101".to_owned()));
    w.hang_up("101").advance(secs(1));
}

#[test]
fn a_list_with_other_members_is_asked_for_again() {
    let mut w = world(["101", "104"]);
    w.subscribe("104", "dialog", "list+400").advance(secs(1)).take_ladder();
    w.configure(|config| config.ring_groups.get_mut("400").unwrap().members = vec!["101".into(), "104".into()]);
    w.advance(secs(1));
    check(
        &mut w,
        expect![[r#"
            002.000 pbx > 104 NOTIFY [101 idle, 102 idle, 103 idle] (deactivated)
            002.002 104 > pbx 200 NOTIFY
            002.002 104 > pbx SUBSCRIBE
            002.002 pbx > 104 401 SUBSCRIBE
            002.004 104 > pbx SUBSCRIBE
            002.004 pbx > 104 200 SUBSCRIBE
            002.004 pbx > 104 NOTIFY [101 idle, 104 idle]
            002.006 104 > pbx 200 NOTIFY
        "#]],
    );
}

#[test]
fn do_not_disturb_ends_by_the_clock() {
    let mut w = world(["101", "102"]);
    w.subscribe("101", "presence", "102").advance(secs(1));
    let value = format!(r#"{{"dnd":true,"dnd_until":{}}}"#, (w.wall() + secs(90)).unix_ms());
    w.command(Command::PutFact { key: "person/102".into(), value: Some(value), by: "102".into() }).advance(secs(60));
    w.clock().advance(secs(1));
    assert_eq!(w.lamp("101", "102"), "closed busy");
    w.advance(secs(59)).clock().advance(secs(1));
    assert_eq!(w.lamp("101", "102"), "open");
}
