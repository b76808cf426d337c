//! The demo company: something to phone with on the first try.

use std::fmt::Write;

use config::{Config, Document};

/// Who works there, from 101 on.
const PEOPLE: [&str; 9] = [
    "Anna Peeters",
    "Bart Willems",
    "Chloé Dubois",
    "Dirk Janssens",
    "Eva Maes",
    "Farid Haddad",
    "Greta Wouters",
    "Hugo Lambert",
    "Reception",
];
const FIRST: u32 = 101;
/// The reception may listen in to the others.
const SUPERVISOR: u32 = 109;
/// From here on people have mailboxes that take their unanswered calls.
const FIRST_MAILBOX: u32 = 107;
/// What opens them, and shared phones.
const PIN: &str = "4711";

/// The document. It listens on this machine only: everybody knows its secrets.
pub fn document() -> Document {
    let mut text = String::from(
        "[system]\nname = \"Demo Company\"\nrealm = \"strowger-demo\"\n\n\
         [listen]\nsip = \"127.0.0.1:5060\"\nweb = \"127.0.0.1:8443\"\n\n",
    );
    for (number, name) in (FIRST..).zip(PEOPLE) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "[[extension]]\nnumber = \"{number}\"\nname = \"{name}\"\nsecret = \"{}\"\nsupervisor = {}\n\
             voicemail = {}\nvoicemail_pin = \"{PIN}\"\n",
            secret(&number.to_string()),
            number == SUPERVISOR,
            number >= FIRST_MAILBOX,
        );
    }
    text.push_str("[[ring_group]]\nnumber = \"400\"\nname = \"Sales\"\nmembers = [\"101\", \"102\", \"103\"]\n\n");
    text.push_str("[[conference]]\nnumber = \"600\"\nname = \"Weekly meeting\"\n\n");
    text.push_str("[[paging]]\nnumber = \"800\"\nname = \"Everybody\"\nmembers = [\"101\", \"102\", \"103\"]\n\n");
    text.push_str(
        "[[hours]]\nname = \"office\"\ncode = \"1\"\nopen = [\"mon-fri 09:00-17:30\"]\n\
         breaks = [\"mon-fri 12:30-13:00\"]\nholidays = [\"be\"]\n",
    );
    Document::parse(&text).expect("the demo company is valid: a test parses it")
}

fn secret(number: &str) -> String {
    format!("demo-{number}-secret")
}

/// What can be dialled, for people to read: each extension with its secret as long as it has the one
/// of the demo, the ring groups, the conferences and the codes.
pub fn dialling_guide(config: &Config) -> String {
    let mut out = String::from("What can be dialled:\n");
    for extension in config.extensions.values().filter(|extension| extension.enabled) {
        let demo = secret(&extension.number);
        let is_demo = config::secret::ha1(&extension.number, &config.system.realm, &demo)
            == (extension.ha1_md5, extension.ha1_sha256);
        let shown = if is_demo { format!("secret {demo}") } else { "secret known to its owner".to_owned() };
        row(&mut out, &extension.number, &extension.name, &shown);
    }
    for group in config.ring_groups.values() {
        row(&mut out, &group.number, &group.name, &format!("rings {}", group.members.join(", ")));
    }
    for conference in config.conferences.values() {
        let remark = if conference.pin.is_some() { "asks for its PIN" } else { "everybody hears everybody" };
        row(&mut out, &conference.number, &conference.name, remark);
    }
    let codes = &config.features;
    row(&mut out, &codes.echo, "Echo test", "you hear yourself");
    row(&mut out, &codes.clock, "Clock", "says the time");
    row(&mut out, &codes.own_number, "Own number", "says which extension you are");
    row(&mut out, &codes.music, "Music on hold", "what held callers hear");
    row(&mut out, &codes.milliwatt, "Milliwatt", "1,004 Hz at 0 dBm0");
    for paging in config.paging.values() {
        row(&mut out, &paging.number, &paging.name, &format!("speaks to {}", paging.members.join(", ")));
    }
    let office = &config.codes;
    if config.extensions.values().any(|extension| extension.voicemail) {
        row(&mut out, &office.voicemail, "Mailbox", "one's own messages");
    }
    if config.parking.slots > 0 {
        row(&mut out, &config.parking.number, "Parking", "transfer a call here; dial its slot to take it");
    }
    row(&mut out, &format!("{}…", office.pickup), "Pick-up", "the call that rings at the extension behind it");
    row(
        &mut out,
        &format!("{}…", office.forward_all),
        "Forward",
        &format!("to the number behind it; {} ends it", office.forward_all_off),
    );
    row(&mut out, &office.dnd_toggle, "Do not disturb", "on, and off again");
    for hours in config.hours.values() {
        if let Some(code) = &hours.code {
            row(
                &mut out,
                &format!("{}{code}", office.day_night),
                "Day and night",
                &format!("of the hours {}", hours.name),
            );
        }
    }
    let supervisors: Vec<&str> =
        config.extensions.values().filter(|extension| extension.supervisor).map(|e| e.number.as_str()).collect();
    if !supervisors.is_empty() {
        let code = format!("{}…", codes.listen);
        let who = supervisors.join(", ");
        row(&mut out, &code, "Listen in", &format!("to the extension behind it, from {who}; then 4, 5 or 6"));
    }
    let _ = writeln!(out, "During a call {} records and {} pauses the recording.", codes.record, codes.record_pause);
    out
}

fn row(out: &mut String, number: &str, name: &str, remark: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  {number:<6} {name:<20} {remark}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_guide_names_what_works_and_no_secret_that_was_changed() {
        let mut config = Config::clone(document().config());
        for extension in config.extensions.values_mut() {
            match extension.number.as_str() {
                "104" => extension.ha1_md5 = [0; 16],
                "105" => extension.enabled = false,
                _ => {}
            }
        }
        expect![[r#"
            What can be dialled:
              101    Anna Peeters         secret demo-101-secret
              102    Bart Willems         secret demo-102-secret
              103    Chloé Dubois         secret demo-103-secret
              104    Dirk Janssens        secret known to its owner
              106    Farid Haddad         secret demo-106-secret
              107    Greta Wouters        secret demo-107-secret
              108    Hugo Lambert         secret demo-108-secret
              109    Reception            secret demo-109-secret
              400    Sales                rings 101, 102, 103
              600    Weekly meeting       everybody hears everybody
              *43    Echo test            you hear yourself
              *60    Clock                says the time
              *65    Own number           says which extension you are
              *9664  Music on hold        what held callers hear
              *9197  Milliwatt            1,004 Hz at 0 dBm0
              800    Everybody            speaks to 101, 102, 103
              *97    Mailbox              one's own messages
              700    Parking              transfer a call here; dial its slot to take it
              **…    Pick-up              the call that rings at the extension behind it
              *72…   Forward              to the number behind it; *73 ends it
              *76    Do not disturb       on, and off again
              *281   Day and night        of the hours office
              *33…   Listen in            to the extension behind it, from 109; then 4, 5 or 6
            During a call *1 records and *3 pauses the recording.
        "#]]
        .assert_eq(&dialling_guide(&config));
    }
}
