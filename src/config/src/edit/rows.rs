//! What comes many times: taken, replaced, removed by its number or name.

use std::collections::BTreeMap;

use super::{error, id_key};
use crate::error::ConfigError;
use crate::model::{
    Blocked, Calendar, Class, Conference, Hours, InboundRoute, KeyLayout, Mailbox, Music, OutboundRoute, Paging, Phone,
    RingGroup, Trunk,
};
use crate::value::Fields;

/// What comes many times, by its number or name.
pub(super) trait Row: Fields {
    fn id(&self) -> &String;
    fn title(&self) -> &String;
}

macro_rules! rows {
    ($($row:ident: $id:ident, $title:ident;)+) => {
        $(impl Row for $row {
            fn id(&self) -> &String {
                &self.$id
            }

            fn title(&self) -> &String {
                &self.$title
            }
        })+
    };
}

rows! {
    RingGroup: number, name;
    Music: name, name;
    Conference: number, name;
    Mailbox: number, name;
    Paging: number, name;
    Hours: name, name;
    Calendar: name, name;
    Trunk: name, name;
    Class: name, name;
    OutboundRoute: name, name;
    InboundRoute: name, name;
    Blocked: number, reason;
    Phone: mac, mac;
    KeyLayout: name, name;
}

pub(super) fn add<S: Row>(rows: &mut BTreeMap<String, S>, row: S, errors: &mut Vec<ConfigError>) {
    match rows.get(row.id()) {
        Some(other) => errors.push(taken(S::SECTION, row.id(), other.title())),
        None => {
            rows.insert(row.id().clone(), row);
        }
    }
}

pub(super) fn change<S: Row>(rows: &mut BTreeMap<String, S>, row: S, errors: &mut Vec<ConfigError>) {
    match rows.get_mut(row.id()) {
        Some(before) => *before = row,
        None => errors.push(gone(S::SECTION, row.id())),
    }
}

pub(super) fn taken(section: &str, id: &str, by: &str) -> ConfigError {
    let key = id_key(section);
    let by = if by == id || by.is_empty() { String::new() } else { format!(" by {by}") };
    error(section, id, key, format!("{id} is already taken{by}"), &format!("choose another {key}"))
}

pub(super) fn gone(section: &str, id: &str) -> ConfigError {
    error(section, id, id_key(section), "is not there any more".into(), "somebody else may have removed it")
}
