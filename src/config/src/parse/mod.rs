//! Text to configuration: reads what can be read and reports every fault with its line.

mod entry;
mod hint;
mod lines;
mod office;
mod people;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::check::check;
use crate::error::{ConfigError, Place};
use crate::keys::{self, SECTIONS, Section};
use crate::model::{Config, FeatureCodes, Listen, MediaSettings, RecordingSettings, SipSettings, System};
use crate::number::normal_mac;

use entry::Entry;
pub use entry::parse_ports;
pub(crate) use hint::nearest;

/// Longest document read, in octets: some six times the largest that the limits allow.
pub const TEXT_MAX: usize = 32 << 20;

/// Faults reported at most; the last one says how many more there were.
pub const ERRORS_MAX: usize = 200;

/// Reads and checks a document. What the text cannot say about itself (the realm and the secrets
/// of the version before) is [`Document::check_change`](crate::Document::check_change)'s.
pub(crate) fn parse(text: &str) -> Result<Config, Vec<ConfigError>> {
    if text.len() > TEXT_MAX {
        return Err(vec![ConfigError {
            path: String::new(),
            line: None,
            message: format!("{} octets are too long for a document", text.len()),
            hint: Some(format!("at most {TEXT_MAX}")),
        }]);
    }
    let (root, syntax) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text, !syntax.is_empty());
    for error in syntax {
        let at = error.span().map(|span| span.start);
        reader.report(String::new(), at, error.message().to_owned(), String::new());
    }
    let broken_lines: Vec<Option<usize>> = reader.errors.iter().map(|error| error.line).collect();

    let root = root.get_ref();
    let config = reader.config(root);
    reader.check(&config, root);
    if reader.errors.is_empty() {
        return Ok(config);
    }

    // On a line that is not TOML nothing else is worth saying.
    reader.errors.retain(|error| error.path.is_empty() || !broken_lines.contains(&error.line));
    reader.errors.sort_by_key(|error| error.line.unwrap_or(usize::MAX));
    if reader.left_out > 0 {
        let message = format!("{} more errors are not shown", reader.left_out);
        reader.errors.push(ConfigError { path: String::new(), line: None, message, hint: None });
    }
    Err(reader.errors)
}

/// The configuration of an empty document.
impl Default for Config {
    fn default() -> Self {
        Reader::new("", false).config(&DeTable::new())
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Offsets of the line ends, found out when the first fault is reported.
    line_ends: OnceCell<Vec<usize>>,
    errors: Vec<ConfigError>,
    left_out: usize,
    /// Keys whose value was replaced because it was missing or could not be read: the check of the
    /// whole has nothing to say about the replacement.
    replaced: BTreeSet<String>,
    /// Not all of the text is TOML: what is missing may only have been unreadable.
    is_partial: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, is_partial: bool) -> Self {
        let (line_ends, errors, replaced) = (OnceCell::new(), Vec::new(), BTreeSet::new());
        Reader { text, line_ends, errors, left_out: 0, replaced, is_partial }
    }

    fn report(&mut self, path: String, offset: Option<usize>, message: String, hint: String) {
        if self.errors.len() >= ERRORS_MAX {
            self.left_out += 1;
            return;
        }
        let line = offset.map(|offset| self.line(offset));
        self.errors.push(ConfigError { path, line, message, hint: Some(hint).filter(|hint| !hint.is_empty()) });
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> usize {
        let ends = self.line_ends.get_or_init(|| self.text.match_indices('\n').map(|(at, _)| at).collect());
        ends.partition_point(|end| *end < offset) + 1
    }

    fn config(&mut self, root: &DeTable<'_>) -> Config {
        self.unknown_sections(root);
        let nothing = DeTable::new();
        let system = self.single("system", root, &nothing, |entry| System {
            name: entry.text("name"),
            realm: entry.text("realm"),
            time_zone: entry.text("time_zone"),
        });
        let listen = self.single("listen", root, &nothing, |entry| Listen {
            sip: entry.socket("sip"),
            sips: entry.socket_or_absent("sips"),
            sips_clients: entry.choice("sips_clients"),
            sips_client_ca: entry.text_or_absent("sips_client_ca"),
            web: entry.socket("web"),
            rtp: entry.ports("rtp"),
        });
        let sip = self.single("sip", root, &nothing, |entry| SipSettings {
            external_address: entry.ip_or_absent("external_address"),
            expires_min_s: entry.integer("expires_min_s"),
            expires_max_s: entry.integer("expires_max_s"),
            expires_default_s: entry.integer("expires_default_s"),
            devices_max: entry.integer("devices_max"),
            ring_time_s: entry.integer("ring_time_s"),
            session_expires_s: entry.integer("session_expires_s"),
            session_min_s: entry.integer("session_min_s"),
            calls_max: entry.integer("calls_max"),
            strong_digest: entry.flag("strong_digest"),
        });
        let media = self.single("media", root, &nothing, |entry| MediaSettings {
            codecs: entry.list("codecs"),
            inactivity_s: entry.integer("inactivity_s"),
            srtp: entry.choice("srtp"),
            country: entry.text("country"),
            language: entry.choice("language"),
            opus_complexity: entry.integer("opus_complexity"),
            opus_bit_rate: entry.integer("opus_bit_rate"),
            audio_threads: entry.integer("audio_threads"),
            pin_threads: entry.flag("pin_threads"),
            text_to_speech: entry.text_or_absent("text_to_speech"),
        });
        let recording = self.single("recording", root, &nothing, |entry| RecordingSettings {
            default: entry.choice("default"),
            format: entry.choice("format"),
            announce: entry.flag("announce"),
            encrypt: entry.flag("encrypt"),
            keep_days: entry.integer("keep_days"),
            disk_reserve_mb: entry.integer("disk_reserve_mb"),
            duration_max_min: entry.integer("duration_max_min"),
        });
        let (features, codes) = self.single("features", root, &nothing, |entry| {
            let set = entry.choice("set");
            let features = FeatureCodes {
                echo: entry.code("echo", set),
                record: entry.code("record", set),
                record_pause: entry.code("record_pause", set),
                clock: entry.code("clock", set),
                own_number: entry.code("own_number", set),
                music: entry.code("music", set),
                milliwatt: entry.code("milliwatt", set),
                listen: entry.code("listen", set),
            };
            (features, office::codes(entry, set))
        });
        let mut config = Config {
            features,
            codes,
            mail: self.single("mail", root, &nothing, office::mail),
            voicemail: self.single("voicemail", root, &nothing, office::voicemail),
            parking: self.single("parking", root, &nothing, office::parking),
            provisioning: self.single("provisioning", root, &nothing, office::provisioning),
            numbers: self.single("numbers", root, &nothing, lines::numbers),
            emergency: self.single("emergency", root, &nothing, lines::emergency),
            extensions: self.repeated("extension", root, |entry| people::extension(entry, &system.realm)),
            ring_groups: self.repeated("ring_group", root, people::ring_group),
            music: self.repeated("music", root, people::music),
            conferences: self.repeated("conference", root, people::conference),
            mailboxes: self.repeated("mailbox", root, office::mailbox),
            paging: self.repeated("paging", root, office::paging),
            hours: self.repeated("hours", root, office::hours),
            calendars: self.repeated("calendar", root, office::calendar),
            trunks: self.repeated("trunk", root, lines::trunk),
            classes: self.repeated("class", root, lines::class),
            outbound_routes: self.repeated("outbound_route", root, lines::outbound_route),
            inbound_routes: self.repeated("inbound_route", root, lines::inbound_route),
            blocked: self.repeated("blocked", root, lines::blocked),
            phones: self.repeated("phone", root, office::phone),
            key_layouts: self.repeated("key_layout", root, office::key_layout),
            system,
            listen,
            sip,
            media,
            recording,
        };
        // Nobody asked for the numbers that parking has by default: what asks for them has them.
        let mut parking = config.parking.slot_numbers().chain([config.parking.number.clone()]);
        let is_taken = parking.any(|number| config.owner_but_parking(&number).is_some());
        drop(parking);
        if !root.contains_key("parking") && is_taken {
            config.parking.slots = 0;
        }
        config
    }

    fn unknown_sections(&mut self, root: &DeTable<'_>) {
        for (name, value) in root {
            let (at, name) = (name.span().start, name.get_ref().as_ref());
            if let Some(section) = keys::section(name) {
                self.misshapen(section, value);
                continue;
            }
            let home = || SECTIONS.iter().find(|section| section.key(name).is_some());
            let hint = match (nearest(name, SECTIONS.iter().map(|section| section.name)), home()) {
                (Some(near), _) => {
                    format!("did you mean `{}`?", keys::section(near).map_or(near.into(), Section::header))
                }
                (None, Some(home)) => format!("it belongs to `{}`", home.header()),
                (None, None) => {
                    format!("there are {}", SECTIONS.iter().map(Section::header).collect::<Vec<_>>().join(", "))
                }
            };
            let message = match value.get_ref() {
                DeValue::Table(_) | DeValue::Array(_) => "there is no such section",
                _ => "stands outside of the sections",
            };
            self.report(keys::shown_key(name), Some(at), message.into(), hint);
        }
    }

    fn misshapen(&mut self, section: &'static Section, value: &Spanned<DeValue<'_>>) {
        let hint = format!("write `{}` on a line of its own", section.header());
        let found = match (value.get_ref(), section.is_repeated()) {
            (DeValue::Table(_), false) => return,
            (DeValue::Array(rows), true) => {
                for row in rows.iter().filter(|row| !row.get_ref().is_table()) {
                    let message = format!("expected a section, found {}", entry::type_of(row.get_ref()));
                    self.report(section.name.into(), Some(row.span().start), message, hint.clone());
                }
                return;
            }
            (DeValue::Table(_), true) => "it stands in single brackets".to_owned(),
            (DeValue::Array(_), false) => "it can come only once".to_owned(),
            (other, _) => format!("expected a section, found {}", entry::type_of(other)),
        };
        self.report(section.name.into(), Some(value.span().start), found, hint);
    }

    fn single<T>(
        &mut self,
        name: &'static str,
        root: &DeTable<'_>,
        nothing: &DeTable<'_>,
        read: impl FnOnce(&mut Entry<'_, '_, '_>) -> T,
    ) -> T {
        let table = root.get(name).and_then(|value| value.get_ref().as_table()).unwrap_or(nothing);
        let mut entry = Entry::new(self, name, None, 0, table);
        entry.unknown_keys();
        read(&mut entry)
    }

    fn repeated<T>(
        &mut self,
        name: &'static str,
        root: &DeTable<'_>,
        read: impl Fn(&mut Entry<'_, '_, '_>) -> T,
    ) -> BTreeMap<String, T> {
        let mut by_id = BTreeMap::new();
        let id_key = id_key(name);
        for (index, row) in rows(root, name) {
            let Some(table) = row.get_ref().as_table() else { continue };
            let number = table.get(id_key).and_then(|value| value.get_ref().as_str());
            let number = number.map(|number| normal_id(name, number));
            let number = number.as_deref();
            let id = number.map_or_else(|| format!("#{}", index + 1), keys::shown_key);
            let at = row.span().start;
            let mut entry = Entry::new(self, name, Some(id), at, table);
            entry.unknown_keys();
            let value = read(&mut entry);
            let Some(number) = number else { continue };
            if by_id.contains_key(number) {
                let place = Place { section: name, id: Some(keys::shown_key(number)), key: id_key };
                let first = locate(root, &Place { key: "", ..place.clone() }).map(|offset| self.line(offset));
                let message = match first {
                    Some(line) => format!("{number} is already defined at line {line}"),
                    None => format!("{number} is already defined"),
                };
                let at = table.get(id_key).map_or(at, |value| value.span().start);
                self.report(place.to_string(), Some(at), message, format!("every {id_key} comes once"));
                continue;
            }
            by_id.insert(number.to_owned(), value);
        }
        by_id
    }

    /// Adds what the check of the whole finds, without repeating what the reading found.
    fn check(&mut self, config: &Config, root: &DeTable<'_>) {
        for problem in check(config) {
            let path = problem.at.to_string();
            if (self.is_partial && problem.from_absence) || self.replaced.contains(&path) {
                continue;
            }
            let offset = if self.errors.len() < ERRORS_MAX { locate(root, &problem.at) } else { None };
            self.report(path, offset, problem.message, problem.hint);
        }
    }
}

/// The key by which the rows of a section that repeats are told apart.
fn id_key(section: &str) -> &'static str {
    keys::section(section).map_or("", Section::id_key)
}

/// What tells rows apart, in its one spelling.
fn normal_id<'i>(section: &str, id: &'i str) -> Cow<'i, str> {
    match section {
        "phone" => normal_mac(id).map_or(Cow::Borrowed(id), Cow::Owned),
        _ => Cow::Borrowed(id),
    }
}

/// The tables of a section that repeats, counted from 0.
fn rows<'r, 't>(root: &'r DeTable<'t>, name: &str) -> impl Iterator<Item = (usize, &'r Spanned<DeValue<'t>>)> {
    root.get(name).and_then(|value| value.get_ref().as_array()).into_iter().flat_map(|array| array.iter()).enumerate()
}

/// The offset of a key; of its section where the key is left out.
fn locate(root: &DeTable<'_>, place: &Place) -> Option<usize> {
    let (at, table) = match &place.id {
        None => {
            let (name, value) = root.get_key_value(place.section)?;
            (name.span().start, value.get_ref().as_table())
        }
        Some(id) => {
            let (_, row) = rows(root, place.section).find(|(_, row)| {
                let number = row.get_ref().get(id_key(place.section)).and_then(|value| value.get_ref().as_str());
                let number = number.map(|number| normal_id(place.section, number));
                number.is_some_and(|number| number == *id || keys::shown_key(&number) == *id)
            })?;
            (row.span().start, row.get_ref().as_table())
        }
    };
    let value = table.and_then(|table| table.get(place.key));
    Some(value.map_or(at, |value| value.span().start))
}
