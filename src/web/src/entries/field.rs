//! A form's fields, laid out from the table of keys: what each is called, what it explains, what it offers.

use config::keys::{Fallback, Item, Key, Kind};
use config::{Config, keys};

use super::{Given, Group, Sheet, is_list};
use crate::pages::choices::Offered;
use crate::pages::forms::Errors;

/// Up to this many extensions are boxes to tick; beyond it a field for numbers.
const BOXES_MAX: usize = 60;
/// Destinations offered in the list of a field; more can be typed.
const DESTINATIONS_MAX: usize = 400;
/// Choices in a row beyond those made: one may be added each time the form is saved.
const RANKS_FREE: usize = 2;
/// Choices in a row at most.
const RANKS_MAX: usize = 20;

/// Fields under one heading.
pub(crate) struct Fieldset {
    pub title: &'static str,
    pub folded: bool,
    /// Unfolded all the same: something in it is wrong, or not as usual.
    pub open: bool,
    pub fields: Vec<FieldView>,
}

/// One field; of the options one is there and says how it is filled in.
#[derive(Default)]
pub(crate) struct FieldView {
    pub key: &'static str,
    /// On the page, where labels find it.
    pub id: String,
    pub label: &'static str,
    pub optional: bool,
    pub hint: Vec<Bit>,
    pub wrong: Option<String>,
    pub is_id: bool,
    /// A line of text.
    pub line: Option<Line>,
    /// A secret: is there one?
    pub hidden: Option<bool>,
    /// Lines of a list.
    pub lines: Option<String>,
    /// A switch.
    pub switch: Option<bool>,
    /// One of these.
    pub choose: Option<Vec<Offered>>,
    /// Any of these.
    pub tick: Option<Vec<Offered>>,
    /// Several of these in an order.
    pub ranks: Option<Vec<Vec<Offered>>>,
}

impl FieldView {
    /// A field that no key of the configuration stands behind.
    pub fn named(key: &'static str, label: &'static str, hint: &str, errors: &Errors) -> Self {
        let hint = if hint.is_empty() { Vec::new() } else { vec![Bit { text: hint.to_owned(), code: false }] };
        let (id, wrong) = (key.to_owned(), errors.of(key).map(str::to_owned));
        FieldView { key, id, label, hint, wrong, ..FieldView::default() }
    }

    /// Filled in on a line.
    pub fn with_line(mut self, value: impl Into<String>, input: &'static str) -> Self {
        let (numeric, placeholder) = (input == "number", String::new());
        let input = if numeric { "text" } else { input };
        self.line =
            Some(Line { value: value.into(), numeric, short: numeric, input, placeholder, destinations: false });
        self
    }

    /// Destinations are offered for it.
    pub fn offering_destinations(mut self) -> Self {
        if let Some(line) = &mut self.line {
            line.destinations = true;
        }
        self
    }

    /// Filled in on several lines.
    pub fn with_lines(mut self, lines: impl Into<String>) -> Self {
        self.lines = Some(lines.into());
        self
    }

    /// Switched.
    pub fn with_switch(mut self, on: bool) -> Self {
        self.switch = Some(on);
        self
    }
}

/// A line of text to be filled in.
pub(crate) struct Line {
    pub value: String,
    pub numeric: bool,
    pub short: bool,
    /// What kind of field: `text`, `datetime-local`.
    pub input: &'static str,
    pub placeholder: String,
    /// Destinations are offered.
    pub destinations: bool,
}

/// A piece of an explanation.
pub(crate) struct Bit {
    pub text: String,
    pub code: bool,
}

/// The form of a section.
pub(crate) fn fieldsets<S: Sheet>(given: &Given, errors: &Errors, config: &Config) -> Vec<Fieldset> {
    fieldsets_of(S::SECTION, S::FORM, given, errors, config)
}

/// Some of a section's keys, for a form that has fields of its own besides.
pub(crate) fn fieldsets_of(
    section: &'static str,
    form: &'static [Group],
    given: &Given,
    errors: &Errors,
    config: &Config,
) -> Vec<Fieldset> {
    let form_of = Form { section, form };
    let fieldset = |group: &'static Group| {
        let keys = group.keys.iter().filter_map(|(name, label)| Some((keys::section(section)?.key(name)?, *label)));
        let fields: Vec<FieldView> =
            keys.map(|(key, label)| field(&form_of, key, label, given, errors, config)).collect();
        let open = fields.iter().any(|field| field.wrong.is_some());
        Fieldset { title: group.title, folded: group.folded, open, fields }
    };
    form.iter().map(fieldset).collect()
}

/// What a field belongs to.
struct Form {
    section: &'static str,
    form: &'static [Group],
}

fn field(
    of: &Form,
    key: &'static Key,
    label: &'static str,
    given: &Given,
    errors: &Errors,
    config: &Config,
) -> FieldView {
    let mut view = FieldView {
        key: key.name,
        id: key.name.to_owned(),
        label,
        optional: matches!(key.fallback, Fallback::Absent),
        hint: hint(of.form, key),
        wrong: errors.of(key.name).map(str::to_owned),
        is_id: keys::section(of.section).is_some_and(|section| section.is_repeated() && section.id_key() == key.name),
        ..FieldView::default()
    };
    let shown = given.shown(key);
    let named = names(of.section, key, config);
    match (key.kind, named) {
        (Kind::Flag, _) => view.switch = Some(given.is_on(key)),
        (Kind::Password | Kind::Pin | Kind::Secret, _) => view.hidden = Some(given.is_hidden(key.name)),
        (Kind::Choice(words), _) => {
            let none = matches!(key.fallback, Fallback::Absent).then(|| ("", "As usual".to_owned()));
            let words = words.iter().map(|word| (*word, worded(word)));
            view.choose = Some(none.into_iter().chain(words).map(|(word, label)| offer(word, label, &shown)).collect());
        }
        (kind, Some(names)) if is_list(kind) && is_ordered(of.section, key.name) => {
            view.ranks = Some(ranks(&given.shown_list(key), &names));
        }
        (kind, Some(names)) if is_list(kind) => view.tick = Some(ticks(&given.shown_list(key), names)),
        (_, Some(names)) => {
            let mut offered = vec![offer("", "None".to_owned(), &shown)];
            offered.extend(names.iter().map(|(name, label)| offer(name, label.clone(), &shown)));
            if offered.iter().all(|offered| !offered.chosen) {
                offered.push(offer(&shown, shown.clone(), &shown)); // what is gone meanwhile is shown and refused
            }
            view.choose = Some(offered);
        }
        (kind, None) if is_list(kind) => view.lines = Some(given.shown_list(key).join("\n")),
        (kind, None) => {
            let numeric = matches!(kind, Kind::Integer { .. } | Kind::One(Item::Digits { .. }));
            view.line = Some(Line {
                value: shown,
                numeric,
                input: "text",
                short: numeric || matches!(kind, Kind::One(Item::Dialled)),
                placeholder: placeholder(key, config),
                destinations: kind == Kind::Destination,
            });
        }
    }
    view
}

fn offer(value: &str, label: String, chosen: &str) -> Offered {
    Offered { value: value.to_owned(), label, chosen: value == chosen }
}

/// Names that a key refers to, each with what is shown for it.
fn names(section: &str, key: &Key, config: &Config) -> Option<Vec<(String, String)>> {
    let plain = |names: Vec<&String>| Some(names.into_iter().map(|name| (name.clone(), name.clone())).collect());
    match (section, key.name) {
        (_, "trunks") => plain(config.trunks.keys().collect()),
        ("parking", "music") => plain(config.music.keys().collect()),
        (_, "class") => plain(config.classes.keys().collect()),
        (_, "keys") if section == "extension" => plain(config.key_layouts.keys().collect()),
        (_, "classes") => plain(config.classes.keys().collect()),
        (_, "calendars") => plain(config.calendars.keys().collect()),
        (_, "hours") => plain(config.hours.keys().collect()),
        (_, "may_call" | "codecs") => {
            let words: &[&str] = match key.kind {
                Kind::Many { of: Item::OneOf(words), .. } => words,
                _ => &keys::CODECS,
            };
            let label = |word: &str| if key.name == "codecs" { word.to_owned() } else { worded(word) };
            Some(words.iter().map(|word| ((*word).to_owned(), label(word))).collect())
        }
        (_, "holidays") => {
            let named = calendar::Country::all().map(|land| (land.code().to_owned(), land.title().to_owned()));
            Some(named.collect())
        }
        ("mailbox" | "paging", "members") | (_, "notify" | "switched_by") if config.extensions.len() <= BOXES_MAX => {
            let label = |e: &config::Extension| (e.number.clone(), format!("{} {}", e.number, e.name));
            Some(config.extensions.values().map(label).collect())
        }
        _ => None,
    }
}

/// Does the order of the list matter?
fn is_ordered(section: &str, key: &str) -> bool {
    matches!((section, key), ("outbound_route" | "emergency", "trunks") | (_, "codecs"))
}

fn ticks(chosen: &[String], names: Vec<(String, String)>) -> Vec<Offered> {
    let gone = chosen.iter().filter(|name| names.iter().all(|(known, _)| known != *name));
    let gone: Vec<_> = gone.map(|name| (name.clone(), name.clone())).collect();
    let offered = names.into_iter().chain(gone);
    offered.map(|(value, label)| Offered { chosen: chosen.contains(&value), value, label }).collect()
}

/// A choice for each place in the order, and a few more.
fn ranks(chosen: &[String], names: &[(String, String)]) -> Vec<Vec<Offered>> {
    let places = (chosen.len() + RANKS_FREE).min(names.len().max(chosen.len()).max(1)).min(RANKS_MAX);
    let place = |at: usize| {
        let taken = chosen.get(at).map(String::as_str).unwrap_or_default();
        let mut offered = vec![offer("", "–".to_owned(), taken)];
        offered.extend(names.iter().map(|(name, label)| offer(name, label.clone(), taken)));
        if offered.iter().all(|offered| !offered.chosen) {
            offered.push(offer(taken, taken.to_owned(), taken));
        }
        offered
    };
    (0..places).map(place).collect()
}

/// What stands in an empty field: what holds then, or what could be written.
fn placeholder(key: &Key, config: &Config) -> String {
    match (key.name, key.fallback) {
        ("time_zone", _) => config.system.time_zone.clone(),
        (_, Fallback::Integer(n)) => n.to_string(),
        (_, Fallback::Text(text)) => text.to_owned(),
        (_, Fallback::Required | Fallback::Absent) => key.example.trim_matches('"').to_owned(),
        _ => String::new(),
    }
}

/// The key's explanation, other keys of the form by their labels; of a list, what each of its lines is.
fn hint(form: &[Group], key: &Key) -> Vec<Bit> {
    let labels: Vec<(&str, &str)> = form.iter().flat_map(|group| group.keys.iter().copied()).collect();
    let mut bits = Vec::new();
    if matches!(key.doc, "Its name." | "Its address.") {
        return bits; // the label has said it
    }
    for (at, piece) in key.doc.split('`').enumerate() {
        let label = labels.iter().find(|(name, _)| at % 2 == 1 && *name == piece).map(|(_, label)| *label);
        let (text, code) = match label {
            Some(label) => (format!("“{label}”"), false),
            None => (piece.replace('\n', " "), at % 2 == 1),
        };
        bits.push(Bit { text, code });
    }
    bits.retain(|bit| !bit.text.is_empty());
    bits
}

/// A word of the document in words of the page.
pub(crate) fn worded(word: &str) -> String {
    let known = match word {
        "register" => "We register with the provider",
        "address" => "The provider knows our address",
        "auto" => "As DNS says",
        "udp" => "UDP",
        "tcp" => "TCP",
        "tls" => "TLS",
        "from" => "From alone",
        "p_asserted_identity" => "P-Asserted-Identity",
        "p_preferred_identity" => "P-Preferred-Identity",
        "remote_party_id" => "Remote-Party-ID",
        "e164" => "+3225551234",
        "digits" => "3225551234",
        "international" => "International",
        "national" => "National",
        "as_dialled" => "As dialled",
        "off" => "Off",
        "optional" => "Where possible",
        "required" => "Required",
        "en" => "English",
        "nl" => "Dutch",
        "fr" => "French",
        "de" => "German",
        "es" => "Spanish",
        "ru" => "Russian",
        "internal" => "Inside",
        "emergency" => "Emergency",
        "free" => "Free of charge",
        "mobile" => "Mobile",
        "premium" => "Premium rate",
        other => other,
    };
    known.to_owned()
}

/// What the fields for destinations offer: the value and what it is.
pub(crate) fn list_of_destinations(config: &Config) -> Vec<(String, String)> {
    let named = |number: &String, name: &String, what: &str| (number.clone(), format!("{name} ({what})"));
    let mut list = Vec::new();
    list.extend(config.ring_groups.values().map(|g| named(&g.number, &g.name, "ring group")));
    list.extend(config.hours.keys().map(|name| (format!("hours:{name}"), format!("Ask the hours {name}"))));
    list.extend(
        config.mailboxes.values().map(|m| (format!("voicemail:{}", m.number), format!("{} (mailbox)", m.name))),
    );
    list.extend(config.conferences.values().map(|c| named(&c.number, &c.name, "conference")));
    list.push(("busy".to_owned(), "Busy tone".to_owned()));
    list.push(("hangup".to_owned(), "Hang up".to_owned()));
    for extension in config.extensions.values() {
        list.push(named(&extension.number, &extension.name, "extension"));
        if extension.voicemail {
            list.push((format!("voicemail:{}", extension.number), format!("{} (mailbox)", extension.name)));
        }
    }
    list.truncate(DESTINATIONS_MAX);
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{InboundRoute, Trunk};

    #[test]
    fn an_explanation_names_other_fields_by_their_labels() {
        let section = keys::section("inbound_route").expect("a section");
        let bits = hint(InboundRoute::FORM, section.key("break_to").expect("a key"));
        let text: String = bits.iter().map(|bit| bit.text.as_str()).collect();
        assert_eq!(text, "In a break; left out, as “When closed”.");
        let section = keys::section("trunk").expect("a section");
        let bits = hint(Trunk::FORM, section.key("codecs").expect("a key"));
        assert!(bits.iter().any(|bit| bit.code && bit.text == "media.codecs"));
    }

    #[test]
    fn an_order_is_kept_and_one_more_can_be_added() {
        let names = [("a".to_owned(), "a".to_owned()), ("b".to_owned(), "b".to_owned())];
        let ranks = ranks(&["b".to_owned()], &names);
        let chosen: Vec<&str> =
            ranks.iter().map(|rank| rank.iter().find(|o| o.chosen).map_or("", |o| o.value.as_str())).collect();
        assert_eq!(chosen, ["b", ""]);
    }
}
