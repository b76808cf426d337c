//! One sign at a time: telephone numbers, extensions, codes.

use super::Words;
use crate::word::{LETTERS, NUMBERS};

/// Reads the keys of a telephone one by one, with `+`, `*` and `#`; whatever else stands between is passed over.
pub fn digits(text: &str) -> Words {
    text.chars().filter_map(key).collect()
}

/// Spells letters a–z (of any size), digits and the marks of addresses; whatever else is passed over.
pub fn letters(text: &str) -> Words {
    text.chars().filter_map(|c| key(c).or_else(|| letter(c))).collect()
}

fn key(c: char) -> Option<&'static str> {
    match c {
        '0'..='9' => c.to_digit(10).map(|digit| NUMBERS[digit as usize]),
        '+' => Some("plus"),
        '*' => Some("star"),
        '#' => Some("hash"),
        _ => None,
    }
}

fn letter(c: char) -> Option<&'static str> {
    match c.to_ascii_lowercase() {
        c @ 'a'..='z' => LETTERS.get(usize::try_from(u32::from(c) - u32::from('a')).ok()?).copied(),
        '@' => Some("at-sign"),
        '.' => Some("dot"),
        '-' => Some("dash"),
        '_' => Some("underscore"),
        _ => None,
    }
}
