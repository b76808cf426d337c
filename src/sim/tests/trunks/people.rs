//! People outside: called in vain and calling back, a PIN before the line is given, a mobile that must say that it takes
//! the call.

use super::*;

const MOBILE: &str = "+32470000001";

fn ringing(w: &World, number: &str) -> bool {
    w.stages(number).contains(&Stage::Ringing)
}

fn call_back(w: &mut World) {
    call_in(w, "p1", "+3225551234", |request| from(request, &format!("<sip:{MOBILE}@carrier.example>")));
}

#[test]
fn who_was_tried_in_vain_and_calls_back_reaches_who_tried() {
    let mut w = world(1, &["101", "102", "103"], [by_address("line", "p1.example")]);
    for phone in ["101", "102", "103", "p1"] {
        w.answering(phone, Answering::Never);
    }
    w.configure(|config| {
        let route = config.inbound_routes.get_mut("in").expect("it is there");
        route.returned_contacts = true;
    });
    w.dial("102", MOBILE).advance(secs(5));
    w.hang_up("102").advance(secs(5));
    call_back(&mut w);
    w.advance(secs(2));
    assert!(ringing(&w, "102") && !ringing(&w, "101"), "{}", w.take_ladder());
    // Nobody takes it there: the team, then the number's own place.
    w.advance(secs(62));
    assert!(ringing(&w, "101") || ringing(&w, "103"), "{}", w.take_ladder());
    w.hang_up("p1").advance(secs(5));
    // It was not reached: it is still open, also after a power cut.
    w.crash().advance(secs(40));
    w.answering("102", Answering::After(secs(1)));
    call_back(&mut w);
    w.advance(secs(5));
    assert_eq!(w.stages("102"), [Stage::Up]);
    w.hang_up("102").advance(secs(5));
    // Now it is closed.
    call_back(&mut w);
    w.advance(secs(2));
    assert!(ringing(&w, "101") && !ringing(&w, "102"), "{}", w.take_ladder());
    w.hang_up("p1").advance(secs(5));
}

#[test]
fn a_number_that_is_not_shown_warns_that_nobody_can_call_back() {
    let mut w = world(1, &["101"], [by_address("line", "p1.example")]);
    w.answering("p1", Answering::Never);
    w.dial("101", &format!("*67{MOBILE}")).advance(secs(3));
    w.hang_up("101").advance(secs(5));
    assert!(notes(&w).contains("cannot call back"), "{}", notes(&w));
}

#[test]
fn a_class_with_a_pin_gives_the_line_to_who_knows_it() {
    let mut w = world(1, &["101"], [by_address("line", "p1.example")]);
    w.configure(|config| {
        let class =
            config::Class { pin: Some(Redacted("7391".to_owned())), ..config::Class::new("guarded".to_owned()) };
        config.classes.insert("guarded".to_owned(), class);
        config.extensions.get_mut("101").expect("it exists").class = Some("guarded".to_owned());
    });
    w.dial("101", MOBILE).advance(millis(500));
    assert!(w.hears("101").contains("enter-pin"), "{}", w.hears("101"));
    w.press("101", "1111#").advance(secs(3));
    assert_eq!(w.provider("p1").invites.len(), 0, "nothing went out");
    w.press("101", "7391#").advance(secs(5));
    assert_eq!(w.provider("p1").invites.len(), 1);
    assert_eq!(w.stages("101"), [Stage::Up]);
    w.hang_up("101").advance(secs(5));
    w.dial("101", "112").advance(secs(3));
    assert_eq!(w.provider("p1").invites.len(), 2, "no PIN before an emergency call");
    w.hang_up("101").advance(secs(5));
}

#[test]
fn a_mobile_that_answers_must_press_one_for_its_mailbox_cannot() {
    let mut w = world(1, &["101", "102"], [by_address("line", "p1.example")]);
    w.answering("102", Answering::Never);
    w.answering("p1", Answering::After(secs(1)));
    let value = format!(r#"{{"follow_me":{{"on":true,"numbers":["{MOBILE}"],"delay_s":5,"confirm":true}}}}"#);
    let put = Command::PutFact { key: "person/102".to_owned(), value: Some(value), by: "admin".to_owned() };
    assert!(w.ask(put).is_some_and(|answer| answer.is_ok()));
    w.configure(|config| {
        let class = config::Class { forward_outside: true, ..config::Class::new("out".to_owned()) };
        config.classes.insert("out".to_owned(), class);
        config.extensions.get_mut("102").expect("it exists").class = Some("out".to_owned());
    });
    w.dial("101", "102").advance(secs(3));
    assert_eq!(w.provider("p1").invites.len(), 0, "the mobile rings later");
    w.advance(secs(5));
    assert_eq!(w.provider("p1").invites.len(), 1);
    assert!(w.hears("p1").contains("to-take-call"), "{}", w.hears("p1"));
    assert!(ringing(&w, "102"), "the desk rings on until somebody says so");
    w.press("p1", "1").advance(secs(2));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![Stage::Up], vec![]));
    assert_eq!(w.hears("p1"), "101");
    w.hang_up("101").advance(secs(5));
    // A mailbox that answers presses nothing.
    w.dial("101", "102").advance(secs(28));
    assert_ne!(w.stages("101"), [Stage::Up], "{}", w.take_ladder());
    w.hang_up("101").advance(secs(5));
}
