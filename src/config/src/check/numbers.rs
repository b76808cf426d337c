//! Whatever can be dialled has one meaning, and rules lead to something that is there.

use super::Found;
use crate::destination::Destination;
use crate::keys;
use crate::model::{Config, Owner};
use crate::number::is_emergency;

/// Numbers inside. Feature codes begin with `*` or `#` and numbers hold digits only, so the two cannot meet.
pub(super) fn numbers(config: &Config, found: &mut Found) {
    let mut rows = Vec::new();
    rows.extend(config.extensions.keys().map(|number| (Owner::Extension, "extension", number)));
    rows.extend(config.ring_groups.keys().map(|number| (Owner::RingGroup, "ring_group", number)));
    rows.extend(config.conferences.keys().map(|number| (Owner::Conference, "conference", number)));
    rows.extend(config.mailboxes.keys().map(|number| (Owner::Mailbox, "mailbox", number)));
    rows.extend(config.paging.keys().map(|number| (Owner::Paging, "paging", number)));
    for (owner, section, number) in rows {
        // The look-up names the first of several, in this order.
        if let Some(first) = config.owner_but_parking(number).filter(|first| *first != owner) {
            let message = format!("{number} is already {}", first.described());
            found.at(section, Some(number), "number", message, "choose another number".into());
        }
        if config.numbers.emergency.contains(number) {
            let message = format!("{number} is an emergency number, says numbers.emergency");
            let hint = "choose a number that nobody dials for help";
            found.at(section, Some(number), "number", message, hint.into());
        }
    }
    parking(config, found);
}

fn parking(config: &Config, found: &mut Found) {
    let parking = &config.parking;
    if parking.slots == 0 {
        return;
    }
    let is_help = |number: &str| is_emergency(number) || config.numbers.emergency.iter().any(|help| help == number);
    if let Some(owner) = config.owner_but_parking(&parking.number) {
        let message = format!("{} is already {}", parking.number, owner.described());
        found.at("parking", None, "number", message, "choose another number".into());
    }
    if config.numbers.emergency.contains(&parking.number) {
        let message = format!("{} is an emergency number, says numbers.emergency", parking.number);
        found.at("parking", None, "number", message, "choose a number that nobody dials for help".into());
    }
    let (mut slots, mut last) = (parking.slot_numbers(), None);
    let taken = slots.by_ref().inspect(|slot| last = Some(slot.len())).find_map(|slot| {
        if slot == parking.number {
            return Some((format!("{slot} is both a slot and the number that parks"), "let the slots begin behind it"));
        }
        if is_help(&slot) {
            return Some((format!("slot {slot} is an emergency number"), "let the slots begin elsewhere"));
        }
        let owner = config.owner_but_parking(&slot)?;
        Some((format!("slot {slot} is already {}", owner.described()), "let the slots begin elsewhere"))
    });
    match taken {
        Some((message, hint)) => found.at("parking", None, "first", message, hint.into()),
        None if last.is_some_and(|width| width != parking.first.len()) => {
            let message = format!("{} slots from {} on need another digit", parking.slots, parking.first);
            found.at("parking", None, "slots", message, "begin lower, or have fewer slots".into());
        }
        None => {}
    }
}

/// Where rules send calls is there.
pub(super) fn destinations(config: &Config, found: &mut Found) {
    for (sender, to) in config.destinations() {
        let (section, id, key) = (sender.section, sender.id, sender.key);
        let shown = |text: &str| keys::shown_key(text);
        match to {
            Destination::Number(number) => match config.owner(number) {
                Some(Owner::ParkingSlot) => {
                    let hint = format!("send the call to {}, which finds a free slot", shown(&config.parking.number));
                    found.at(section, id, key, format!("{} is a parking slot", shown(number)), hint);
                }
                Some(_) => {}
                None => {
                    let hint = "an extension, ring group, conference, mailbox or paging group of this document";
                    found.absent(section, id, key, format!("nobody has number {}", shown(number)), hint.into());
                }
            },
            Destination::Voicemail(number) if config.has_mailbox(number) => {}
            Destination::Voicemail(number) if config.extensions.contains_key(number) => {
                let hint = "switch on `voicemail` of the extension";
                found.at(section, id, key, format!("extension {number} has no voicemail"), hint.into());
            }
            Destination::Voicemail(number) => {
                let hint = "an extension with `voicemail`, or a `[[mailbox]]`";
                found.absent(section, id, key, format!("there is no mailbox {}", shown(number)), hint.into());
            }
            Destination::Hours(name) if config.hours.contains_key(name) => {}
            Destination::Hours(name) => {
                let message = format!("{} are not opening hours", keys::shown(name));
                found.absent(section, id, key, message, "add them as `[[hours]]`".into());
            }
            Destination::Sound(_) | Destination::Outside(_) | Destination::Busy | Destination::HangUp => {}
        }
    }
}
