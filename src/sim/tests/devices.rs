//! Phones that the box set up: each signs in under a name and a secret of its own.

use config::{Phone, PhoneModel};
use exchange::device::Device;
use exchange::io::{Answer, Command, Refusal};
use sim::phone::Habits;
use sim::{World, secs};

const MAC: &str = "00156574abcd";
const SECRET: &str = "kastanje-trompet-41";

fn device(name: &str, extension: &str, mac: &str) -> Device {
    let (md5, sha256) = config::secret::ha1(name, &sim::company().system.realm, SECRET);
    Device::new(mac, extension, md5, sha256)
}

fn put(world: &mut World, name: &str, device: Option<Device>) -> Result<Answer, Refusal> {
    world.ask(Command::PutDevice { name: name.into(), device, by: "admin".into() }).expect("an answer")
}

/// A world in which the phone of 101 is one that the box set up.
fn world() -> World {
    let mut w = World::seeded(11).phones(["102"]);
    w.configure(|c| {
        c.phones.insert(MAC.into(), Phone::new(MAC.into(), PhoneModel::Yealink, vec!["101".into()]));
    });
    assert_eq!(put(&mut w, "101-74abcd", Some(device("101-74abcd", "101", MAC))), Ok(Answer::Done));
    w.add_phone("101", Habits::PLAIN);
    w.with("101", |phone, now| {
        phone.sign_in = Some("101-74abcd".into());
        phone.secret = SECRET.into();
        phone.reboot(now);
    });
    w.advance(secs(2));
    w
}

fn reaches(w: &mut World, from: &str, to: &str) -> bool {
    w.take_ladder();
    w.dial(from, to).advance(secs(6));
    let is_up = w.phone(from).calls().next().is_some();
    if is_up {
        w.hang_up(from);
    }
    w.advance(secs(3));
    w.take_ladder().contains(&format!("{to} > pbx 200 INVITE"))
}

#[test]
fn a_phone_of_ours_is_its_extension() {
    let mut w = world();
    assert!(reaches(&mut w, "102", "101"), "it is registered");
    assert!(reaches(&mut w, "101", "102"), "it may call");
    w.crash();
    w.advance(secs(2));
    assert!(reaches(&mut w, "101", "102"), "it signs in after a restart too");
}

#[test]
fn it_is_no_other_extension_and_nobody_once_it_is_gone() {
    let mut w = world();
    w.take_ladder();
    // It is not 102, though it proves to be somebody.
    w.with("101", |phone, now| {
        phone.number = "102".into();
        phone.reboot(now);
    });
    w.advance(secs(2));
    assert!(w.take_ladder().contains("pbx > 101 403 REGISTER"));
    w.with("101", |phone, _| phone.number = "101".into());
    // Another secret.
    assert_eq!(put(&mut w, "101-74abcd", None), Ok(Answer::Done));
    assert!(!reaches(&mut w, "101", "102"));
    assert_eq!(put(&mut w, "101-74abcd", Some(device("101-74abcd", "101", MAC))), Ok(Answer::Done));
    assert!(reaches(&mut w, "101", "102"));
    // The phone is taken out of the configuration: what it knew is worth nothing.
    w.configure(|c| {
        c.phones.clear();
    });
    assert!(!reaches(&mut w, "101", "102"));
    assert!(!reaches(&mut w, "102", "101"), "it does not ring on either");
}

#[test]
fn no_name_is_given_that_is_not_the_devices() {
    let mut w = world();
    for (name, extension, mac) in [
        ("101", "101", MAC),
        ("102-74abcd", "101", MAC),
        ("102-74abcd", "102", MAC),
        ("101-74abce", "101", MAC),
        ("101-34abcd", "101", "00156534abcd"),
        ("999-74abcd", "999", MAC),
    ] {
        let refused = put(&mut w, name, Some(device(name, extension, mac)));
        assert!(refused.is_err(), "{name} {extension} {mac}");
    }
    // Another phone with the same last six digits cannot take the name over.
    w.configure(|c| {
        c.phones.insert("80156574abcd".into(), Phone::new("80156574abcd".into(), PhoneModel::Snom, vec!["101".into()]));
    });
    assert!(put(&mut w, "101-74abcd", Some(device("101-74abcd", "101", "80156574abcd"))).is_err());
}
