//! Registrations and whether a trunk lives.

use crate::*;

#[test]
fn a_trunk_registers_refreshes_and_signs_off() {
    let mut w = World::seeded(7);
    w.add_provider("p1", provider_address(1), account()).name("p1.example", &[provider_address(1)]);
    w.configure(|config| drop(config.trunks.insert("a".to_owned(), trunk("a", "p1.example"))));
    w.advance(secs(1));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    let (contact, expires) = w.provider("p1").registered.clone().unwrap();
    assert!(contact.starts_with("sip:") && contact.ends_with("@10.0.0.1:5060") && expires == 600, "{contact}");
    w.advance(secs(600));
    w.configure(|config| config.trunks.clear()).advance(secs(1));
    assert_eq!(w.provider("p1").registered, None);
    assert!(w.watch.live().trunks.is_empty());
    check(
        &mut w,
        expect![[r#"
        000.000 pbx > p1 REGISTER
        000.002 p1 > pbx 401 REGISTER
        000.002 pbx > p1 REGISTER
        000.004 p1 > pbx 200 REGISTER
        540.004 pbx > p1 REGISTER
        540.006 p1 > pbx 401 REGISTER
        540.006 pbx > p1 REGISTER
        540.008 p1 > pbx 200 REGISTER
        601.000 pbx > p1 REGISTER
        601.002 p1 > pbx 200 REGISTER
    "#]],
    );
    w.advance(secs(40)).assert_quiet();
}

#[test]
fn a_stop_takes_registrations_back() {
    let mut w = world(1, &[], [trunk("a", "p1.example")]);
    assert!(w.provider("p1").registered.is_some());
    w.command(Command::Shutdown).advance(secs(1));
    assert_eq!(w.provider("p1").registered, None);
}

#[test]
fn a_registration_that_is_too_short_is_asked_for_anew() {
    let mut w = world(1, &[], []);
    w.provider("p1").expires_min_s = 1800;
    w.configure(|config| drop(config.trunks.insert("a".to_owned(), trunk("a", "p1.example")))).advance(secs(1));
    assert_eq!(w.provider("p1").registered.as_ref().map(|(_, s)| *s), Some(1800));
    assert_eq!(state(&w, "a"), TrunkState::Up);
}

#[test]
fn a_password_that_is_refused_is_not_tried_for_ever() {
    for (conduct, why) in [
        (Conduct::NeverContent, "it refuses the user name or password"),
        (Conduct::Thief, "it asks for the password of “thief”, which is not this trunk's realm: it is not told"),
        (Conduct::Refusing(403), "it answers 403 Forbidden"),
    ] {
        let mut w = world(1, &[], []);
        w.provider("p1").conduct = conduct;
        let realm = Some("carrier.example".to_owned());
        let a = Trunk { realm, ..trunk("a", "p1.example") };
        w.configure(|config| drop(config.trunks.insert("a".to_owned(), a))).advance(secs(1));
        assert_eq!(state(&w, "a"), down(why));
        assert!(w.provider("p1").registers <= 4, "{conduct:?}: {}", w.provider("p1").registers);
        // Within an hour the attempts become rare.
        w.advance(secs(3600));
        let all = w.provider("p1").registers;
        assert!((6..=60).contains(&all), "{conduct:?}: {all}");
        w.provider("p1").conduct = Conduct::Plain;
        w.advance(secs(750));
        assert_eq!(state(&w, "a"), TrunkState::Up, "{conduct:?}");
    }
}

#[test]
fn a_registration_goes_to_the_next_server() {
    let mut w = world(2, &[], []);
    w.provider("p1").conduct = Conduct::Silent;
    w.configure(|config| drop(config.trunks.insert("a".to_owned(), trunk("a", "carrier.example"))));
    w.advance(secs(5));
    assert_eq!(state(&w, "a"), TrunkState::Registering);
    w.advance(secs(5));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    assert!(w.provider("p2").registered.is_some());
    w.provider("p2").conduct = Conduct::Silent;
    w.advance(secs(600));
    assert_eq!(state(&w, "a"), down("it does not answer"));
}

#[test]
fn a_host_that_cannot_be_found_is_looked_for_again() {
    let mut w = world(1, &[], [trunk("a", "late.example")]);
    assert_eq!(state(&w, "a"), down("its servers cannot be found"));
    w.name("late.example", &[provider_address(1)]);
    w.advance(secs(20));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    // What was found once still serves when the name servers no longer know it.
    w.name("late.example", &[]).advance(secs(900));
    assert_eq!(state(&w, "a"), TrunkState::Up);
}

#[test]
fn a_trunk_that_does_not_answer_is_down_until_it_does() {
    let mut w = world(1, &[], [Trunk { options_s: 30, ..by_address("a", "p1.example") }]).without(Method::Options);
    w.advance(secs(40));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    assert_eq!(w.watch.live().trunks["a"].latency_ms, Some(2));
    w.provider("p1").conduct = Conduct::Silent;
    w.advance(secs(65));
    assert_eq!(state(&w, "a"), down("its provider does not answer"));
    w.provider("p1").conduct = Conduct::Plain;
    w.advance(secs(10));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    let said = w.store.durable().iter().filter_map(|r| match r {
        Record::Audit(audit) => Some(audit.what.as_str()),
        _ => None,
    });
    let said: Vec<&str> = said.collect();
    assert_eq!(said, ["trunk a works", "trunk a does not work: its provider does not answer", "trunk a works"]);
}

#[test]
fn a_connection_that_breaks_is_made_anew_and_registered_on() {
    let mut w = world(1, &["101"], []);
    w.phone_mut("p1").habits.tcp = true;
    let a = Trunk { transport: TrunkTransport::Tcp, ..trunk("a", "p1.example") };
    w.configure(|config| drop(config.trunks.insert("a".to_owned(), a)));
    w.configure(|config| config.outbound_routes.get_mut("out").unwrap().trunks = vec!["a".to_owned()]);
    w.advance(secs(1));
    assert_eq!(state(&w, "a"), TrunkState::Up);
    let (contact, _) = w.provider("p1").registered.clone().unwrap();
    assert!(contact.ends_with("@10.0.0.1:5060;transport=tcp"), "{contact}");
    w.dial("101", "0470000001").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(1));
    let before = w.provider("p1").registers;
    w.break_connections("p1").advance(secs(1));
    assert!(w.provider("p1").registers > before, "it registers on a new connection");
    w.dial("101", "0470000001").advance(secs(5));
    assert_eq!((w.stages("101"), w.stages("p1")), (vec![Stage::Up], vec![Stage::Up]));
    w.hang_up("101").advance(secs(1));
}
