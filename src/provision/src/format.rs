//! The makers' formats: settings written with every value escaped, then read back before anybody gets them.

use std::fmt::Write as _;

use crate::ProvisionError;
use crate::setting::{Setting, is_break};

/// How a maker's settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Yealink: `name = value` under a line that says it is settings.
    Yealink,
    /// Snom: an element a setting, `name[1]` with `idx="1"`, the keys in a part of their own.
    Snom,
    /// Grandstream: `<P271>1</P271>`.
    Grandstream,
    /// Fanvil: `sip/line[1]/PhoneNumber` as nested elements with `index`.
    Fanvil,
    /// Polycom: an attribute a setting.
    Polycom,
    /// Gigaset: `<param name="…" value="…"/>`.
    Gigaset,
    /// Cisco: an element a setting, in a flat profile.
    Cisco,
}

impl Format {
    /// Its MIME type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Yealink => "text/plain; charset=utf-8",
            _ => "application/xml; charset=utf-8",
        }
    }

    /// Writes a phone's settings. `mac` is for the formats that name the phone inside.
    pub(crate) fn write(self, mac: &str, settings: &[Setting]) -> Result<String, ProvisionError> {
        for setting in settings {
            if !self.is_name(&setting.name) {
                return Err(ProvisionError::Setting(setting.name.clone()));
            }
        }
        let text = match self {
            Format::Yealink => yealink(settings),
            Format::Snom => snom(settings),
            Format::Grandstream => grandstream(mac, settings),
            Format::Fanvil => fanvil(settings),
            Format::Polycom => polycom(settings),
            Format::Gigaset => gigaset(settings),
            Format::Cisco => cisco(settings),
        };
        match self {
            Format::Yealink => check_lines(&text, settings)?,
            _ => check_xml(&text, self, settings)?,
        }
        Ok(text)
    }

    /// Whether this can be a setting's name here: no name ever needs escaping.
    fn is_name(self, name: &str) -> bool {
        let word = |text: &str, more: &[u8]| {
            text.len() <= 120
                && text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || more.contains(&b))
        };
        match self {
            Format::Yealink | Format::Polycom | Format::Gigaset => word(name, b".-"),
            Format::Grandstream => name
                .strip_prefix('P')
                .is_some_and(|n| (1..=6).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit())),
            Format::Cisco => word(name, b"-"),
            Format::Snom => {
                let (name, rest) = name.split_once('[').unwrap_or((name, "0]"));
                let (index, attribute) = rest.split_once(']').unwrap_or(("", ""));
                let attribute = attribute.is_empty() || attribute.strip_prefix('.').is_some_and(|a| word(a, b""));
                word(name, b"") && is_index(index) && attribute
            }
            Format::Fanvil => {
                name.split('/').count() <= 5
                    && name.split('/').all(|part| {
                        let (name, index) = indexed(part);
                        word(name, b"-") && index.is_none_or(is_index)
                    })
            }
        }
    }
}

fn is_index(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// `line[1]` as its name and index.
fn indexed(part: &str) -> (&str, Option<&str>) {
    match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
        Some((name, index)) => (name, Some(index)),
        None => (part, None),
    }
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn yealink(settings: &[Setting]) -> String {
    let mut out = "#!version:1.0.0.1\n".to_owned();
    for Setting { name, value } in settings {
        let _ = writeln!(out, "{name} = {value}"); // writing to a string cannot fail
    }
    out
}

fn snom(settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<settings>\n<phone-settings e=\"2\">\n");
    let is_key = |s: &&Setting| s.name.starts_with("fkey[");
    for setting in settings.iter().filter(|s| !is_key(s)) {
        let (name, index) = indexed(&setting.name);
        let index = index.map(|i| format!(" idx=\"{i}\"")).unwrap_or_default();
        let _ = writeln!(out, "<{name}{index} perm=\"\">{}</{name}>", escaped(&setting.value));
    }
    out.push_str("</phone-settings>\n<functionKeys e=\"2\">\n");
    for setting in settings.iter().filter(is_key) {
        let Some(index) = setting.name.strip_prefix("fkey[").and_then(|rest| rest.strip_suffix(']')) else { continue };
        let attribute = |which: &str| {
            let name = format!("fkey[{index}].{which}");
            settings.iter().find(|s| s.name == name).map(|s| escaped(&s.value)).unwrap_or_default()
        };
        let (context, label) = (attribute("context"), attribute("label"));
        let value = escaped(&setting.value);
        let _ = writeln!(out, "<fkey idx=\"{index}\" context=\"{context}\" label=\"{label}\" perm=\"\">{value}</fkey>");
    }
    out.push_str("</functionKeys>\n</settings>\n");
    out
}

fn grandstream(mac: &str, settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<gs_provision version=\"1\">\n<mac>{mac}</mac>\n<config version=\"1\">\n");
    for Setting { name, value } in settings {
        let _ = writeln!(out, "<{name}>{}</{name}>", escaped(value));
    }
    out.push_str("</config>\n</gs_provision>\n");
    out
}

/// Settings with the same beginning stand behind each other in the template: an element is closed when the next
/// setting is not in it any more.
fn fanvil(settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<sysConf>\n<Version>2.0000000000</Version>\n");
    let mut open: Vec<&str> = Vec::new();
    for setting in settings {
        let mut parts: Vec<&str> = setting.name.split('/').collect();
        let leaf = parts.pop().unwrap_or_default();
        let same = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        for part in open.drain(same..).rev() {
            let _ = writeln!(out, "</{}>", indexed(part).0);
        }
        for part in &parts[same..] {
            let (name, index) = indexed(part);
            let index = index.map(|i| format!(" index=\"{i}\"")).unwrap_or_default();
            let _ = writeln!(out, "<{name}{index}>");
            open.push(part);
        }
        let _ = writeln!(out, "<{leaf}>{}</{leaf}>", escaped(&setting.value));
    }
    for part in open.drain(..).rev() {
        let _ = writeln!(out, "</{}>", indexed(part).0);
    }
    out.push_str("</sysConf>\n");
    out
}

fn polycom(settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<PHONE_CONFIG>\n<ALL");
    for Setting { name, value } in settings {
        let _ = write!(out, "\n{name}=\"{}\"", escaped(value));
    }
    out.push_str("/>\n</PHONE_CONFIG>\n");
    out
}

fn gigaset(settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<provisioning version=\"1.1\" productID=\"e2\">\n<nvm>\n");
    for Setting { name, value } in settings {
        let _ = writeln!(out, "<param name=\"{name}\" value=\"{}\"/>", escaped(value));
    }
    out.push_str("</nvm>\n</provisioning>\n");
    out
}

fn cisco(settings: &[Setting]) -> String {
    let mut out = format!("{HEAD}<flat-profile>\n");
    for Setting { name, value } in settings {
        let _ = writeln!(out, "<{name} ua=\"na\">{}</{name}>", escaped(value));
    }
    out.push_str("</flat-profile>\n");
    out
}

/// Text between tags or inside quotes (XML 1.0 §2.4). Characters that XML cannot hold are left out (§2.2).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if is_break(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn invalid(what: impl Into<String>) -> ProvisionError {
    ProvisionError::Invalid(what.into())
}

/// Each line after the first is a setting, in order, with the name and value that were meant.
fn check_lines(text: &str, settings: &[Setting]) -> Result<(), ProvisionError> {
    let mut lines = text.lines();
    if lines.next() != Some("#!version:1.0.0.1") {
        return Err(invalid("the first line does not say what it is"));
    }
    for setting in settings {
        let read = lines.next().and_then(|line| line.split_once(" = "));
        if read != Some((setting.name.as_str(), setting.value.as_str())) {
            return Err(invalid(format!("{} is not what was meant", setting.name)));
        }
    }
    match lines.next() {
        None => Ok(()),
        Some(line) => Err(invalid(format!("there is more than was meant: {line}"))),
    }
}

/// It is well-formed, and as many settings are in it as were meant.
fn check_xml(text: &str, format: Format, settings: &[Setting]) -> Result<(), ProvisionError> {
    let read = parsed(text)?;
    let (found, meant) = match format {
        Format::Polycom => {
            (read.descendants().find(|n| n.has_tag_name("ALL")).map_or(0, |n| n.attributes().len()), settings.len())
        }
        Format::Gigaset => (read.descendants().filter(|n| n.has_tag_name("param")).count(), settings.len()),
        Format::Snom => {
            let attributes = settings.iter().filter(|s| s.name.contains("].")).count();
            (read.descendants().filter(|n| n.has_attribute("perm")).count(), settings.len() - attributes)
        }
        // The leaves; what the format itself says comes first: Fanvil's version, Grandstream's MAC address.
        _ => {
            let own = if format == Format::Cisco { 0 } else { 1 };
            let leaves = read.descendants().filter(|n| n.is_element() && !n.children().any(|c| c.is_element())).count();
            (leaves.saturating_sub(own), settings.len())
        }
    };
    if found == meant { Ok(()) } else { Err(invalid(format!("{found} settings where {meant} were meant"))) }
}

/// Reads XML, for the check; a document type is never ours.
pub(crate) fn parsed(text: &str) -> Result<roxmltree::Document<'_>, ProvisionError> {
    roxmltree::Document::parse(text).map_err(|error| invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(name: &str, value: &str) -> Setting {
        Setting { name: name.into(), value: value.into() }
    }

    #[test]
    fn a_value_that_looks_like_markup_stays_a_value() {
        let evil = "</a><b c='1'>\"&amp;]]>";
        for (format, name) in [
            (Format::Snom, "user_name[1]"),
            (Format::Grandstream, "P270"),
            (Format::Fanvil, "sip/line[1]/PhoneNumber"),
            (Format::Polycom, "reg.1.label"),
            (Format::Gigaset, "SipAccount.1.DisplayName"),
            (Format::Cisco, "Display_Name_1_"),
        ] {
            let text = format.write("00156574abcd", &[setting(name, evil)]).unwrap();
            let read = parsed(&text).unwrap();
            let said = read.descendants().any(|n| n.text() == Some(evil) || n.attributes().any(|a| a.value() == evil));
            assert!(said, "{format:?}: {text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (format, names) in [
            (Format::Yealink, &["", "a b", "a\nb", "1a", "a=b", "#a", "é"][..]),
            (Format::Snom, &["user_name[", "user_name[x]", "a b", "a><b", "a[1].b c"]),
            (Format::Grandstream, &["271", "P", "Px", "P1234567", "P1><P2"]),
            (Format::Fanvil, &["sip//a", "sip/line[]/a", "a/b/c/d/e/f", "sip/<a>"]),
            (Format::Polycom, &["reg 1", "a\"b", "-a"]),
            (Format::Gigaset, &["a b", "a\""]),
            (Format::Cisco, &["A B", "1_", "A.B", "A ua=\"rw\""]),
        ] {
            for name in names {
                assert!(format.write("00156574abcd", &[setting(name, "x")]).is_err(), "{format:?} {name:?}");
            }
        }
    }

    #[test]
    fn nested_settings_share_their_elements() {
        let settings = [
            setting("sip/line[1]/A", "1"),
            setting("sip/line[1]/B", "2"),
            setting("sip/line[2]/A", "3"),
            setting("phone/C", "4"),
        ];
        let text = Format::Fanvil.write("00156574abcd", &settings).unwrap();
        let flat: String = text.lines().skip(3).collect();
        let meant = "<sip><line index=\"1\"><A>1</A><B>2</B></line><line index=\"2\"><A>3</A></line></sip><phone><C>4</C></phone></sysConf>";
        assert_eq!(flat, meant);
    }
}
