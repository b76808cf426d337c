//! The commented reference of the document, generated from the table of keys.

use std::fmt::Write;

use crate::keys::{Fallback, Key, SECTIONS, Section};
use crate::model::Numbers;
use crate::value::Fields;

const HEAD: &str = "\
# The configuration of Strowger: every section and key, with its meaning, range and default.
#
# Import a document with `strowger config import FILE`; look at it before with `strowger config
# check FILE`. A document is taken as a whole or not at all, and replaces the one before. Keys that
# are left out have the default that is shown here. Unknown keys are refused.
#
# Lines that begin with `#` and a space explain; lines that begin with `#` alone show a key that has
# no default, or an example. This file is generated from the program (`strowger reference`).
";

/// The text of `config/strowger.toml`. It is itself a valid document: that of an empty box.
pub fn reference() -> String {
    let mut out = HEAD.to_owned();
    for section in SECTIONS {
        write_section(&mut out, section);
    }
    out
}

fn write_section(out: &mut String, section: &Section) {
    out.push('\n');
    explain(out, section.doc);
    // An example that held would be an account which everybody knows.
    let mark = if section.is_repeated() { "#" } else { "" };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{mark}{}", section.header());
    for key in section.keys {
        out.push('\n');
        explain(out, key.doc);
        explain(out, &constraint(key));
        let _ = match default_of(key) {
            Some(default) => writeln!(out, "{mark}{} = {default}", key.name),
            None => writeln!(out, "#{} = {}", key.name, example_of(key)),
        };
    }
}

fn explain(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {line}");
    }
}

/// `Required; a number from 5 to 600.`
fn constraint(key: &Key) -> String {
    let kind = key.kind.describe();
    match key.fallback {
        Fallback::Required => format!("Required: {kind}."),
        Fallback::Absent => format!("Optional: {kind}."),
        Fallback::OfSet([a, b, c]) => format!("Set \"a\": \"{a}\", \"b\": \"{b}\", \"c\": \"{c}\"."),
        Fallback::OfCountry => format!("Left out, as it is usual in the country: {kind}."),
        _ => {
            let mut letters = kind.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
            format!("{}.", first.chain(letters).collect::<String>())
        }
    }
}

/// The default as TOML.
fn default_of(key: &Key) -> Option<String> {
    match key.fallback {
        Fallback::Required | Fallback::Absent | Fallback::OfSet(_) | Fallback::OfCountry => None,
        Fallback::Text(text) => Some(format!("\"{text}\"")),
        Fallback::Integer(n) => Some(n.to_string()),
        Fallback::Signed(n) => Some(n.to_string()),
        Fallback::Flag(flag) => Some(flag.to_string()),
        Fallback::List(list) => {
            Some(format!("[{}]", list.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ")))
        }
    }
}

/// An example as TOML: what the empty box has, where that depends on another key.
fn example_of(key: &Key) -> String {
    match key.fallback {
        Fallback::OfSet([a, ..]) => format!("\"{a}\""),
        Fallback::OfCountry => {
            let numbers = Numbers::of("32".to_owned());
            let mut example = String::new();
            numbers.each(&mut |name, value| {
                if name == key.name {
                    example = value.to_string();
                }
            });
            example
        }
        _ => key.example.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Document};

    /// `STROWGER_WRITE_REFERENCE=1 cargo test -p config reference` writes the file anew.
    #[test]
    fn the_reference_in_the_repository_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/strowger.toml");
        if std::env::var_os("STROWGER_WRITE_REFERENCE").is_some() {
            std::fs::write(path, reference()).expect("the reference can be written");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == reference(), "{path} is out of date: run again with STROWGER_WRITE_REFERENCE=1");
    }

    #[test]
    fn the_reference_is_the_document_of_an_empty_box() {
        let document = Document::parse(&reference()).expect("the reference is valid");
        assert_eq!(**document.config(), Config::default());
    }

    #[test]
    fn the_examples_of_the_reference_are_valid() {
        let is_example = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && line.len() > 1;
        let text: String = reference()
            .lines()
            .filter(|line| !line.starts_with("#ha1_"))
            .map(|line| if is_example(&line) { &line[1..] } else { line })
            .flat_map(|line| [line, "\n"])
            .collect();
        let document = Document::parse(&text).expect("the examples are valid");
        assert_eq!(document.config().extensions["101"].name, "Anna Peeters");
        assert_eq!(document.config().ring_groups["400"].members, ["101"]);
        assert_eq!(document.config().music["lobby"].files, ["piano", "harp"]);
        assert_eq!(document.config().conferences["600"].name, "Weekly meeting");
    }
}
