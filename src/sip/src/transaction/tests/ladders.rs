//! Calls between two layers: the flows of RFC 3665 on a good network, races, and thousands on a bad one.

use super::network::{Callee, Side, Weather, World};
use super::*;
use crate::message::HeaderName;

fn fair(plan: Callee) -> World {
    World::new(1, Weather::default(), plan)
}

fn check(world: &World, expected: &str) {
    let expected: String =
        expected.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("{l}\n")).collect();
    assert!(world.ladder == expected, "the ladder is\n{}", world.ladder);
}

/// RFC 3665 §3.1.
#[test]
fn a_call_is_answered_and_ended() {
    let mut world = fair(Callee::Answers(3000));
    world.call();
    world.run(at(5000));
    world.bye(Side::Callee);
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 180
         3010 callee > caller 200
         3020 caller > callee ACK
         5000 callee > caller BYE
         5010 caller > callee 200",
    );
    assert!(world.is_empty());
}

/// RFC 3665 §3.8.
#[test]
fn a_call_is_cancelled() {
    let mut world = fair(Callee::Rings);
    world.call();
    world.run(at(1000));
    world.cancel();
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 180
         1000 caller > callee CANCEL
         1010 callee > caller 200
         1010 callee > caller 487
         1020 caller > callee ACK",
    );
    assert_eq!(world.callee.seen, ["INVITE", "CANCEL"]);
    assert!(world.is_empty());
}

/// RFC 3665 §3.9 to 3.11.
#[test]
fn a_call_is_refused() {
    let mut world = fair(Callee::Refuses(486));
    world.call();
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 486
         20 caller > callee ACK",
    );
    assert!(world.is_empty());
}

#[test]
fn nobody_answers() {
    let mut world = World::new(1, Weather { lost: 100, ..Weather::default() }, Callee::Rings);
    world.call();
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         500 caller > callee INVITE
         1500 caller > callee INVITE
         3500 caller > callee INVITE
         7500 caller > callee INVITE
         15500 caller > callee INVITE
         31500 caller > callee INVITE",
    );
    assert_eq!(world.caller.seen, ["ClientTimeout"]);
    assert!(world.is_empty());
}

#[test]
fn the_ack_is_lost() {
    let mut world = fair(Callee::Answers(100));
    world.swallow = vec![(Side::Caller, "ACK", 0), (Side::Caller, "ACK", 1)];
    world.call();
    world.run(at(5000));
    world.bye(Side::Caller);
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 180
         110 callee > caller 200
         120 caller > callee ACK (lost)
         610 callee > caller 200
         620 caller > callee ACK (lost)
         1610 callee > caller 200
         1620 caller > callee ACK
         5000 caller > callee BYE
         5010 callee > caller 200",
    );
    assert!(world.is_empty());
}

#[test]
fn the_refusal_and_its_ack_are_lost() {
    let mut world = fair(Callee::Refuses(603));
    world.swallow = vec![(Side::Callee, "603", 0), (Side::Caller, "ACK", 0)];
    world.call();
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 603 (lost)
         500 caller > callee INVITE
         510 callee > caller 603
         510 callee > caller 603
         520 caller > callee ACK (lost)
         520 caller > callee ACK",
    );
    assert_eq!(world.caller.seen, ["603"]);
    assert!(world.is_empty());
}

/// RFC 5407 §3.1.2 and its kin: the CANCEL crosses the 200.
#[test]
fn the_cancel_crosses_the_200() {
    let mut world = fair(Callee::Answers(1000));
    world.call();
    world.run(at(1005));
    world.cancel();
    world.run(at(2000));
    world.bye(Side::Caller);
    world.run(at(100_000));
    check(
        &world,
        "0 caller > callee INVITE
         10 callee > caller 180
         1005 caller > callee CANCEL
         1010 callee > caller 200
         1015 callee > caller 200
         1020 caller > callee ACK
         2000 caller > callee BYE
         2010 callee > caller 200",
    );
    assert_eq!(world.caller.seen, ["180", "200", "200 to another", "200 to another"]);
    assert!(world.is_empty());
}

/// RFC 3261 §13.2.2.4: the 2xx of every fork reaches the user, for 64*T1.
#[test]
fn two_forks_answer() {
    let mut layer = layer();
    let id = layer.send_request(at(0), udp(), ours(Method::Invite)).unwrap();
    let Message::Request(invite) = messages(&mut layer).pop().unwrap().1 else { panic!() };
    let fork = |tag: &str, status: u16| {
        let mut response = Response::to(&invite, StatusCode(status));
        response.set_to_tag(tag);
        response.headers.push(HeaderName::Contact, format!("<sip:{tag}@192.0.2.30>"));
        response
    };
    for (ms, tag, status) in [(10, "a", 180), (20, "b", 180), (900, "a", 200), (910, "b", 200), (1400, "a", 200)] {
        assert_eq!(layer.receive_response(at(ms), udp(), &fork(tag, status)), Some(id), "{tag} {status}");
    }
    assert_eq!(layer.receive_response(at(1500), udp(), &fork("c", 486)), None);
    assert_eq!(layer.receive_response(at(1500), udp(), &fork("c", 180)), None);
    pass(&mut layer, at(32_899));
    assert_eq!(layer.receive_response(at(32_899), udp(), &fork("b", 200)), Some(id));
    pass(&mut layer, at(32_900));
    assert_eq!(layer.receive_response(at(32_901), udp(), &fork("b", 200)), None, "a stray");
    assert!(layer.is_empty());
}

/// What must hold in any weather: each user sees what it should once, and nothing is left.
#[test]
fn calls_survive_bad_weather() {
    for seed in 0..400 {
        let weather = Weather { lost: seed % 40, doubled: seed % 7 * 5, jitter_ms: seed % 5 * 400 };
        let plan = match seed % 4 {
            0 => Callee::Refuses(486),
            1 => Callee::Rings,
            _ => Callee::Answers(200 + seed * 7 % 3000),
        };
        let mut world = World::new(seed, weather, plan);
        world.call();
        world.run(at(6000));
        if matches!(plan, Callee::Rings) {
            world.cancel();
        }
        world.run(at(300_000));
        let count = |list: &[String], what: &str| list.iter().filter(|l| *l == what).count();
        let (caller, callee) = (&world.caller.seen, &world.callee.seen);
        let say = format!("seed {seed} {plan:?} {weather:?}\ncaller {caller:?}\ncallee {callee:?}\n{}", world.ladder);
        assert!(count(callee, "INVITE") <= 1 && count(callee, "CANCEL") <= 1, "{say}");
        let finals = ["486", "487", "ClientTimeout"].iter().map(|f| count(caller, f)).sum::<usize>();
        match count(caller, "200") {
            0 => assert!(finals >= 1, "{say}"), // A CANCEL may time out beside its INVITE.
            _ => assert_eq!(count(caller, "486") + count(caller, "487"), 0, "{say}"),
        }
        assert!(count(caller, "486") <= 1 && count(caller, "487") <= 1, "{say}");
        assert!(world.is_empty(), "{say}");
        if weather.lost == 0 {
            assert_eq!(count(caller, "ClientTimeout") + count(callee, "AckTimeout"), 0, "{say}");
        }
    }
}
