//! Numbers outside: what was dialled is read as E.164 and its kind, and written as each provider wants it.
//!
//! Owns the reading. Refuses to guess: what cannot be told is refused, and a number whose price cannot be told counts
//! as premium. **Invariant:** whatever is written for a phone here reads back as the same number.

mod form;
mod kind;
mod text;

use core::fmt;

use config::number::is_e164;
use config::{NumberKind, Numbers};

pub(crate) use form::national;
pub use form::{as_dialled_here, e164_of_provider, written};
pub use kind::{calling_code_matches, kind_of};
pub use text::{NUMBER_MAX, normalised};

/// A number outside, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideNumber {
    /// `+` and up to 15 digits (ITU-T E.164 §6); none: a short number of this country.
    pub e164: Option<String>,
    /// As it is dialled here, digits alone, without the outside prefix.
    pub dialled: String,
    /// What sort of number.
    pub kind: NumberKind,
}

impl OutsideNumber {
    /// E.164, or the short number.
    pub fn text(&self) -> &str {
        self.e164.as_deref().unwrap_or(&self.dialled)
    }
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenBy {
    /// A phone, or a person who wrote what a phone would dial: behind the outside prefix, where there is one.
    Phone,
    /// A rule of the document: without the outside prefix.
    Rule,
}

/// Why text is no number outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum NotANumber {
    /// Something else than digits, and `+` before them.
    Characters,
    /// The outside prefix is missing.
    NoOutsidePrefix,
    /// Nothing in the numbering of this country, or too short or too long for any.
    NotUnderstood,
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotANumber::Characters => "it holds more than digits",
            NotANumber::NoOutsidePrefix => "the digits for an outside line are missing before it",
            NotANumber::NotUnderstood => "it is no number of this country or another",
        })
    }
}

/// Reads a number outside, separators gone already ([`normalised`]). Emergency numbers are not looked at: ask
/// [`emergency`] first.
pub fn read(numbers: &Numbers, text: &str, by: WrittenBy) -> Result<OutsideNumber, NotANumber> {
    if let Some(digits) = text.strip_prefix('+') {
        return all_digits(digits).ok_or(NotANumber::Characters).and_then(|_| of_e164(numbers, text.to_owned()));
    }
    let digits = all_digits(text).ok_or(NotANumber::Characters)?;
    let digits = match by {
        WrittenBy::Rule => digits,
        WrittenBy::Phone => digits.strip_prefix(&*numbers.outside_prefix).ok_or(NotANumber::NoOutsidePrefix)?,
    };
    if let Some(abroad) = behind(digits, &numbers.international_prefix) {
        return of_e164(numbers, format!("+{abroad}"));
    }
    if let Some(national) = behind(digits, &numbers.national_prefix) {
        return of_e164(numbers, format!("+{}{national}", numbers.country_code));
    }
    if is_short(numbers, digits) {
        let kind = kind::kind_of_short(numbers, digits);
        return Ok(OutsideNumber { e164: None, dialled: digits.to_owned(), kind });
    }
    match local(numbers, digits) {
        Some(area) => of_e164(numbers, format!("+{}{area}{digits}", numbers.country_code)),
        None => Err(NotANumber::NotUnderstood),
    }
}

/// The emergency number that text stands for, if any: alone, behind the outside prefix, and with this country's
/// calling code before it, as the address books of mobiles have it.
pub fn emergency<'t>(numbers: &Numbers, text: &'t str) -> Option<&'t str> {
    let is_one = |digits: &str| config::number::is_emergency(digits) || numbers.emergency.iter().any(|n| n == digits);
    if is_one(text) {
        return Some(text);
    }
    let bare = text.strip_prefix(&*numbers.outside_prefix).unwrap_or(text);
    let abroad = text.strip_prefix('+').or_else(|| behind(bare, &numbers.international_prefix));
    let at_home = abroad.and_then(|digits| digits.strip_prefix(&*numbers.country_code));
    [Some(bare), at_home].into_iter().flatten().find(|digits| is_one(digits))
}

fn of_e164(numbers: &Numbers, e164: String) -> Result<OutsideNumber, NotANumber> {
    if !is_e164(&e164) {
        return Err(NotANumber::NotUnderstood);
    }
    let (dialled, kind) = (national(numbers, &e164), kind_of(numbers, &e164));
    Ok(OutsideNumber { e164: Some(e164), dialled, kind })
}

fn all_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// What stands behind a prefix that is not empty.
fn behind<'t>(digits: &'t str, prefix: &str) -> Option<&'t str> {
    if prefix.is_empty() { None } else { digits.strip_prefix(prefix) }
}

/// A number that is dialled without any prefix and reaches something in this country alone. Where local numbers are
/// dialled too, those begin with a 1.
fn is_short(numbers: &Numbers, digits: &str) -> bool {
    (3..=6).contains(&digits.len()) && (digits.starts_with('1') || area_code(numbers).is_empty())
}

/// What local numbers lack. Where nothing is dialled before a national number there are none.
fn area_code(numbers: &Numbers) -> &str {
    if numbers.national_prefix.is_empty() { "" } else { &numbers.area_code }
}

/// What goes before digits that have no prefix: nothing, or the area code.
fn local<'n>(numbers: &'n Numbers, digits: &str) -> Option<&'n str> {
    // North America dials ten digits with and without the 1 (ATIS-0300076).
    let is_ten = numbers.country_code == "1" && digits.len() == 10;
    match area_code(numbers) {
        _ if is_ten => Some(""),
        "" if numbers.national_prefix.is_empty() && digits.len() >= 7 => Some(""),
        "" => None,
        area if (3..=10).contains(&digits.len()) => Some(area),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
