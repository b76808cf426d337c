//! What was removed leaves the lists it was in; where something cannot do without it, it stays.

use super::{error, id_key};
use crate::destination::Destination;
use crate::error::ConfigError;
use crate::model::{Config, MUSIC_DEFAULT};

/// Why something has to stay: a clause, and what to do first.
type Tie = (String, &'static str);

/// Takes what was removed out of the lists it was in. Where that would leave a list empty that must not be, or
/// where a rule names it alone, the removal is refused and undone.
pub(super) fn leave(
    config: &mut Config,
    before: &Config,
    section: &'static str,
    id: &str,
    errors: &mut Vec<ConfigError>,
) {
    if is_there(config, section, id) {
        return;
    }
    match tie(config, section, id) {
        Some((message, hint)) => {
            errors.push(error(section, id, id_key(section), message, hint));
            put_back(config, before, section, id);
        }
        None => leave_lists(config, section, id),
    }
}

fn tie(config: &Config, section: &str, id: &str) -> Option<Tie> {
    match section {
        "extension" => of_extension(config, id).or_else(|| of_destination(config, section, id)),
        "ring_group" | "conference" | "mailbox" | "paging" => of_destination(config, section, id),
        "hours" => of_hours(config, id).or_else(|| of_destination(config, section, id)),
        "music" => of_music(config, id),
        "trunk" => of_trunk(config, id),
        "class" => of_class(config, id),
        "key_layout" => of_layout(config, id),
        _ => None,
    }
}

/// Is it all that the list holds?
fn is_alone(list: &[String], id: &str) -> bool {
    !list.is_empty() && list.iter().all(|known| known == id)
}

fn of_extension(config: &Config, number: &str) -> Option<Tie> {
    if let Some(group) = config.ring_groups.values().find(|group| is_alone(&group.members, number)) {
        let message = format!("is the only member of ring group {} {}", group.number, group.name);
        return Some((message, "remove the ring group first"));
    }
    if let Some(paging) = config.paging.values().find(|paging| is_alone(&paging.members, number)) {
        let message = format!("is the only member of paging group {} {}", paging.number, paging.name);
        return Some((message, "remove the paging group first"));
    }
    // An empty list would let everybody switch them.
    let hours = config.hours.values().find(|hours| is_alone(&hours.switched_by, number))?;
    Some((format!("alone may switch hours {}", hours.name), "name somebody else in `switched_by` first"))
}

fn of_destination(config: &Config, section: &str, id: &str) -> Option<Tie> {
    let leads_there = |to: &Destination| match to {
        Destination::Number(number) => section != "hours" && number == id && config.owner(number).is_none(),
        Destination::Voicemail(number) => section != "hours" && number == id && !config.has_mailbox(number),
        Destination::Hours(name) => section == "hours" && name == id,
        _ => false,
    };
    let (sender, _) = config.destinations().into_iter().find(|(_, to)| leads_there(to))?;
    Some((format!("is where {sender} sends calls"), "send them elsewhere first"))
}

fn of_music(config: &Config, name: &str) -> Option<Tie> {
    if name == MUSIC_DEFAULT {
        return None;
    }
    if let Some(group) = config.ring_groups.values().find(|group| group.music.as_deref() == Some(name)) {
        let message = format!("is what callers of ring group {} {} hear", group.number, group.name);
        return Some((message, "give the ring group another one first"));
    }
    let is_heard = config.parking.music.as_deref() == Some(name);
    is_heard.then(|| ("is what parked callers hear".to_owned(), "give `parking.music` another one first"))
}

fn of_trunk(config: &Config, name: &str) -> Option<Tie> {
    const HINT: &str = "change or remove the route first";
    if let Some(route) = config.outbound_routes.values().find(|route| is_alone(&route.trunks, name)) {
        return Some((format!("is the only trunk of outbound route {}", route.name), HINT));
    }
    // Empty lists would stand for all trunks.
    if let Some(route) = config.inbound_routes.values().find(|route| is_alone(&route.trunks, name)) {
        return Some((format!("is the only trunk of inbound route {}", route.name), HINT));
    }
    let message = "is the only trunk for emergency calls".to_owned();
    is_alone(&config.emergency.trunks, name).then_some((message, "name another one in `emergency.trunks` first"))
}

fn of_class(config: &Config, name: &str) -> Option<Tie> {
    if let Some(extension) = config.extensions.values().find(|extension| extension.class.as_deref() == Some(name)) {
        let message = format!("is the class of extension {} {}", extension.number, extension.name);
        return Some((message, "give it another one first"));
    }
    // An empty list would open the route to everybody.
    let route = config.outbound_routes.values().find(|route| is_alone(&route.classes, name))?;
    let message = format!("is the only class that outbound route {} is for", route.name);
    Some((message, "change or remove the route first"))
}

fn of_hours(config: &Config, name: &str) -> Option<Tie> {
    let is_asked = |hours: &Option<String>| hours.as_deref() == Some(name);
    let inbound = config.inbound_routes.values().find(|route| is_asked(&route.hours));
    let outbound = config.outbound_routes.values().find(|route| is_asked(&route.hours));
    let class = config.classes.values().find(|class| is_asked(&class.hours));
    let by = inbound
        .map(|route| format!("inbound route {}", route.name))
        .or_else(|| outbound.map(|route| format!("outbound route {}", route.name)))
        .or_else(|| class.map(|class| format!("class {}", class.name)))?;
    Some((format!("is asked by {by}"), "give it other hours first"))
}

fn of_layout(config: &Config, name: &str) -> Option<Tie> {
    let extension = config.extensions.values().find(|extension| extension.keys.as_deref() == Some(name));
    let phone = config.phones.values().find(|phone| phone.keys.as_deref() == Some(name));
    let by = extension
        .map(|extension| format!("extension {} {}", extension.number, extension.name))
        .or_else(|| phone.map(|phone| format!("phone {}", phone.mac)))?;
    Some((format!("is the key layout of {by}"), "give it another one first"))
}

fn leave_lists(config: &mut Config, section: &str, id: &str) {
    let leave = |list: &mut Vec<String>| list.retain(|known| known != id);
    match section {
        "extension" => {
            config.ring_groups.values_mut().for_each(|group| leave(&mut group.members));
            config.paging.values_mut().for_each(|paging| leave(&mut paging.members));
            config.mailboxes.values_mut().for_each(|mailbox| leave(&mut mailbox.members));
            config.hours.values_mut().for_each(|hours| leave(&mut hours.switched_by));
            config.phones.values_mut().for_each(|phone| leave(&mut phone.lines));
            leave(&mut config.emergency.notify);
        }
        "trunk" => {
            config.outbound_routes.values_mut().for_each(|route| leave(&mut route.trunks));
            config.inbound_routes.values_mut().for_each(|route| leave(&mut route.trunks));
            leave(&mut config.emergency.trunks);
        }
        "class" => config.outbound_routes.values_mut().for_each(|route| leave(&mut route.classes)),
        "calendar" => config.hours.values_mut().for_each(|hours| leave(&mut hours.calendars)),
        _ => {}
    }
}

macro_rules! each_kind {
    ($section:ident, $act:ident) => {
        match $section {
            "extension" => $act!(extensions),
            "ring_group" => $act!(ring_groups),
            "music" => $act!(music),
            "conference" => $act!(conferences),
            "mailbox" => $act!(mailboxes),
            "paging" => $act!(paging),
            "hours" => $act!(hours),
            "calendar" => $act!(calendars),
            "trunk" => $act!(trunks),
            "class" => $act!(classes),
            "outbound_route" => $act!(outbound_routes),
            "inbound_route" => $act!(inbound_routes),
            "blocked" => $act!(blocked),
            "phone" => $act!(phones),
            "key_layout" => $act!(key_layouts),
            _ => Default::default(),
        }
    };
}

/// Was it put in again by a later edit?
fn is_there(config: &Config, section: &str, id: &str) -> bool {
    macro_rules! known {
        ($rows:ident) => {
            config.$rows.contains_key(id)
        };
    }
    each_kind!(section, known)
}

fn put_back(config: &mut Config, before: &Config, section: &str, id: &str) {
    macro_rules! restore {
        ($rows:ident) => {
            if let Some(row) = before.$rows.get(id) {
                config.$rows.insert(id.to_owned(), row.clone());
            }
        };
    }
    each_kind!(section, restore)
}
