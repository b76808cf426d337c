//! From a table to the edits that it asks for.

use std::collections::{BTreeMap, HashMap};

use base::Redacted;
use config::{Choice, Config, Edit, ExtensionDraft, Language, Phone, PhoneModel};

use super::{COLUMNS, Fault};
use crate::csv;
use crate::error::Trouble;
use crate::pages::forms::filled;
use crate::pages::phones::form::bare;

/// Rows at most.
const ROWS_MAX: usize = 20_000;

/// What a table asks for.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub edits: Vec<Edit>,
    pub rows: usize,
    pub new_phones: Vec<String>,
    /// The first line about each extension and each phone.
    pub lines: HashMap<String, usize>,
}

/// A row by its columns.
struct Cells<'a> {
    columns: &'a HashMap<String, usize>,
    cells: &'a [String],
}

impl Cells<'_> {
    /// The text of a column; `None` where the table has none.
    fn of(&self, column: &str) -> Option<&str> {
        let at = self.columns.get(column)?;
        Some(self.cells.get(*at).map(|cell| cell.trim()).unwrap_or_default())
    }
}

/// Reads the whole table; either everything can be asked for, or every line that is wrong is named.
pub(super) fn read(
    text: &str,
    config: &Config,
    mut secret: impl FnMut() -> Result<Redacted<String>, Trouble>,
) -> Result<Result<Wanted, Vec<Fault>>, Trouble> {
    let mut faults = Vec::new();
    let rows = match csv::read(text) {
        Ok(rows) => rows,
        Err((line, message)) => return Ok(Err(vec![Fault { line, message }])),
    };
    let columns = match rows.first().map(|(line, head)| columns(*line, head)) {
        Some(Ok(columns)) => columns,
        Some(Err(faults)) => return Ok(Err(faults)),
        None => return Ok(Err(vec![Fault { line: 0, message: "The table is empty.".to_owned() }])),
    };
    if rows.len() > ROWS_MAX {
        return Ok(Err(vec![Fault { line: 0, message: format!("More than {ROWS_MAX} rows: split the table.") }]));
    }
    let mut wanted = Wanted { rows: rows.len() - 1, ..Wanted::default() };
    let mut people: BTreeMap<String, ExtensionDraft> = BTreeMap::new();
    let mut phones: BTreeMap<String, Phone> = BTreeMap::new();
    for (line, cells) in &rows[1..] {
        let cells = Cells { columns: &columns, cells };
        let mut fault = |message: String| faults.push(Fault { line: *line, message });
        let Some(number) = cells.of("number").and_then(filled) else {
            fault("The number is missing.".to_owned());
            continue;
        };
        match extension(&cells, &number, config) {
            Ok(draft) => match people.get(&number) {
                // The same person with another phone: the cells must not contradict each other.
                Some(before) if *before != draft => {
                    let first = wanted.lines.get(&number).copied().unwrap_or_default();
                    fault(format!("{number} is otherwise in line {first}."));
                }
                Some(_) => {}
                None => {
                    wanted.lines.insert(number.clone(), *line);
                    people.insert(number.clone(), draft);
                }
            },
            Err(messages) => messages.into_iter().for_each(&mut fault),
        }
        let Some(mac) = cells.of("phone").map(bare).filter(|mac| !mac.is_empty()) else { continue };
        match phone(&cells, &mac, config) {
            Ok(fresh) => {
                wanted.lines.entry(mac.clone()).or_insert(*line);
                phones.entry(mac).or_insert(fresh).lines.push(number);
            }
            Err(message) => fault(message),
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    for (number, mut draft) in people {
        if config.extensions.contains_key(&number) {
            wanted.edits.push(Edit::ChangeExtension(draft));
        } else {
            draft.secret = Some(secret()?);
            wanted.edits.push(Edit::AddExtension(draft));
        }
    }
    for (mac, phone) in phones {
        if config.phones.contains_key(&mac) {
            wanted.edits.push(Edit::ChangePhone(phone));
        } else {
            wanted.edits.push(Edit::AddPhone(phone));
            wanted.new_phones.push(mac);
        }
    }
    Ok(Ok(wanted))
}

fn columns(line: usize, head: &[String]) -> Result<HashMap<String, usize>, Vec<Fault>> {
    let mut columns = HashMap::new();
    let mut faults = Vec::new();
    for (at, name) in head.iter().enumerate() {
        let name = name.to_lowercase();
        if !COLUMNS.contains(&name.as_str()) {
            faults.push(Fault { line, message: format!("There is no column “{name}”.") });
        } else if columns.insert(name.clone(), at).is_some() {
            faults.push(Fault { line, message: format!("The column “{name}” is there twice.") });
        }
    }
    if !columns.contains_key("number") {
        faults
            .push(Fault { line, message: "The first line must name the columns, “number” among them.".to_owned() });
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

fn extension(cells: &Cells<'_>, number: &str, config: &Config) -> Result<ExtensionDraft, Vec<String>> {
    let mut faults = Vec::new();
    let before = config.extensions.get(number).map(ExtensionDraft::from);
    let mut draft = before.unwrap_or_else(|| ExtensionDraft { enabled: true, ..ExtensionDraft::default() });
    number.clone_into(&mut draft.number);
    if let Some(name) = cells.of("name") {
        name.clone_into(&mut draft.name);
    }
    let text = |column: &str, place: &mut Option<String>| {
        if let Some(text) = cells.of(column) {
            *place = filled(text);
        }
    };
    text("email", &mut draft.email);
    text("mobile", &mut draft.mobile);
    text("class", &mut draft.class);
    text("pickup_group", &mut draft.pickup_group);
    text("keys", &mut draft.keys);
    for (column, place) in [("enabled", &mut draft.enabled), ("voicemail", &mut draft.voicemail)] {
        match cells.of(column).map(str::to_lowercase).as_deref() {
            None | Some("") => {}
            Some("yes" | "true" | "1" | "on") => *place = true,
            Some("no" | "false" | "0" | "off") => *place = false,
            Some(_) => faults.push(format!("{column} must be yes or no.")),
        }
    }
    if let Some(word) = cells.of("language") {
        draft.language = Language::of(word);
        if draft.language.is_none() && !word.is_empty() {
            faults.push(format!("language must be one of {}, or empty.", Language::WORDS.join(", ")));
        }
    }
    if faults.is_empty() { Ok(draft) } else { Err(faults) }
}

fn phone(cells: &Cells<'_>, mac: &str, config: &Config) -> Result<Phone, String> {
    let before = config.phones.get(mac);
    let model = match cells.of("maker").and_then(filled) {
        Some(word) => PhoneModel::of(&word.to_lowercase())
            .ok_or_else(|| format!("maker must be one of {}.", PhoneModel::WORDS.join(", ")))?,
        None => before.map(|phone| phone.model).ok_or("The phone’s maker is missing.")?,
    };
    let mut phone = before.cloned().unwrap_or_else(|| Phone::new(mac.to_owned(), model, Vec::new()));
    phone.model = model;
    phone.lines.clear();
    if let Some(keys) = cells.of("phone_keys") {
        phone.keys = filled(keys);
    }
    if let Some(location) = cells.of("location") {
        phone.location = filled(location);
    }
    Ok(phone)
}
