//! Extensions, ring groups and conferences: what they name is there.

use std::collections::BTreeSet;

use super::Found;
use crate::keys;
use crate::model::{Conference, Config, MUSIC_DEFAULT, RingGroup};

pub(super) fn people(config: &Config, found: &mut Found) {
    for extension in config.extensions.values() {
        let id = Some(extension.number.as_str());
        let is_class = |name: &String| config.classes.contains_key(name);
        found.refers(("extension", id, "class"), "class", &extension.class, is_class);
        let is_layout = |name: &String| config.key_layouts.contains_key(name);
        found.refers(("extension", id, "keys"), "key_layout", &extension.keys, is_layout);
    }
    for group in config.ring_groups.values() {
        ring_group(config, group, found);
    }
    for conference in config.conferences.values() {
        leader(conference, found);
    }
}

fn ring_group(config: &Config, group: &RingGroup, found: &mut Found) {
    let id = Some(group.number.as_str());
    let mut seen = BTreeSet::new();
    for member in &group.members {
        if !seen.insert(member) {
            let message = format!("{} is listed twice", keys::shown_key(member));
            found.at("ring_group", id, "members", message, "leave one out".into());
        }
    }
    found.extensions(config, ("ring_group", id, "members"), seen);
    music(config, ("ring_group", id, "music"), &group.music, found);
}

/// A music class that is heard somewhere.
pub(super) fn music(config: &Config, at: super::At<'_>, name: &Option<String>, found: &mut Found) {
    let is_there = |name: &String| name == MUSIC_DEFAULT || config.music.contains_key(name);
    if let Some(name) = name.as_ref().filter(|name| !is_there(name)) {
        let (section, id, key) = at;
        let message = format!("{} is not a music class", keys::shown(name));
        found.absent(section, id, key, message, "leave it out, or add the class as `[[music]]`".into());
    }
}

/// Whoever leads a conference is told from the others by what he types.
fn leader(conference: &Conference, found: &mut Found) {
    let id = Some(conference.number.as_str());
    if conference.moderator_pin.is_some() && conference.moderator_pin == conference.pin {
        let hint = "give those who lead a PIN of their own".into();
        found.at("conference", id, "moderator_pin", "is the PIN of all others too".into(), hint);
    }
    if conference.wait_for_moderator && conference.moderator_pin.is_none() {
        let hint = "give `moderator_pin`, or let them talk at once".into();
        found.at("conference", id, "wait_for_moderator", "waits for somebody who cannot come".into(), hint);
    }
}
