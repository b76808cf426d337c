//! Patterns of numbers: `+32X.`, `0Z!`, `09[0-2].`.
//!
//! Matching walks pattern and number once, in step: no pattern can make it slow.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Longest pattern, characters.
pub const PATTERN_MAX: usize = 32;

/// A pattern, read.
///
/// | written | stands for |
/// |---|---|
/// | `0`–`9`, `*`, `#` | itself |
/// | `+`, at the beginning | a number in E.164 |
/// | `X`, `Z`, `N` | 0–9, 1–9, 2–9 |
/// | `[2-58]` | one of 2, 3, 4, 5, 8 |
/// | `.`, at the end | one or more of whatever may be dialled |
/// | `!`, at the end | the same, or nothing |
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    places: Vec<Place>,
    tail: Tail,
}

/// What may stand at one place, a bit each: 0–9, then `*`, `#`, `+`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place(u16);

/// What follows the last place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Tail {
    Nothing,
    OneOrMore,
    Any,
}

const STAR: u16 = 1 << 10;
const HASH: u16 = 1 << 11;
const PLUS: u16 = 1 << 12;
/// Whatever a tail takes: all that may be dialled, without `+`.
const DIALLED: u16 = STAR | HASH | 0x3ff;

/// Why text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// More than [`PATTERN_MAX`] characters.
    #[error("is longer than {PATTERN_MAX} characters")]
    TooLong,
    /// A character that means nothing.
    #[error("holds '{0}', which means nothing in a pattern")]
    Unknown(char),
    /// `+` inside.
    #[error("holds a '+' that is not at its beginning")]
    PlusInside,
    /// `.` or `!` inside.
    #[error("goes on behind '.' or '!'")]
    BehindTail,
    /// `[` without `]`, an empty pair, or a range that runs backwards.
    #[error("holds brackets that are not like [2-58]")]
    Brackets,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.chars().count() > PATTERN_MAX {
            return Err(PatternError::TooLong);
        }
        let (mut places, mut tail) = (Vec::with_capacity(text.len()), Tail::Nothing);
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if tail != Tail::Nothing {
                return Err(PatternError::BehindTail);
            }
            let place = match c {
                '+' if places.is_empty() => PLUS,
                '+' => return Err(PatternError::PlusInside),
                'X' => 0x3ff,
                'Z' => 0x3fe,
                'N' => 0x3fc,
                '[' => bracket(&mut rest)?,
                '.' => {
                    tail = Tail::OneOrMore;
                    continue;
                }
                '!' => {
                    tail = Tail::Any;
                    continue;
                }
                other => bit(other).ok_or(PatternError::Unknown(other))?,
            };
            places.push(Place(place));
        }
        Ok(Pattern { places, tail })
    }

    /// Does it match the whole number? If so, how many characters of the number stand before what `.` or `!`
    /// took: all of them where the pattern ends without.
    pub fn matches(&self, number: &str) -> Option<usize> {
        let mut rest = number.bytes();
        for place in &self.places {
            if !place.takes(rest.next()?) {
                return None;
            }
        }
        let fits = match self.tail {
            Tail::Nothing => rest.len() == 0,
            Tail::OneOrMore => rest.len() > 0 && rest.all(|octet| Place(DIALLED).takes(octet)),
            Tail::Any => rest.all(|octet| Place(DIALLED).takes(octet)),
        };
        fits.then_some(self.places.len())
    }

    /// Is it written for numbers in E.164, with `+`?
    pub fn is_e164(&self) -> bool {
        self.places.first() == Some(&Place(PLUS))
    }

    /// The characters that every number it matches begins with: `+32` of `+32X.`.
    pub fn literal_prefix(&self) -> String {
        let one = |Place(bits): &Place| match *bits {
            STAR => Some('*'),
            HASH => Some('#'),
            PLUS => Some('+'),
            digit if digit.is_power_of_two() => char::from_digit(digit.trailing_zeros(), 10),
            _ => None,
        };
        self.places.iter().map_while(one).collect()
    }

    /// Does it match every number that `other` matches?
    pub fn covers(&self, other: &Pattern) -> bool {
        let shared = self.places.len();
        if other.places.len() < shared
            || !self.places.iter().zip(&other.places).all(|(wide, narrow)| wide.holds(*narrow))
        {
            return false;
        }
        let more = &other.places[shared..];
        match self.tail {
            Tail::Nothing => more.is_empty() && other.tail == Tail::Nothing,
            Tail::OneOrMore if more.is_empty() => other.tail == Tail::OneOrMore,
            Tail::OneOrMore | Tail::Any => more.iter().all(|place| Place(DIALLED).holds(*place)),
        }
    }

    /// Which of two patterns that match the same number says more about it? The one that says more is
    /// `Less`, so that sorting puts it first. The places are compared from the left: fewer choices say more,
    /// and an end says more than `.`, which says more than `!`.
    pub fn by_specificity(&self, other: &Pattern) -> Ordering {
        self.weights().cmp(other.weights())
    }

    fn weights(&self) -> impl Iterator<Item = u32> + '_ {
        let tail = match self.tail {
            Tail::Nothing => 0,
            Tail::OneOrMore => 100,
            Tail::Any => 101,
        };
        self.places.iter().map(|Place(bits)| bits.count_ones()).chain([tail])
    }
}

impl Place {
    fn takes(self, octet: u8) -> bool {
        bit(char::from(octet)).or((octet == b'+').then_some(PLUS)).is_some_and(|bit| self.0 & bit != 0)
    }

    fn holds(self, other: Place) -> bool {
        self.0 & other.0 == other.0
    }
}

fn bit(c: char) -> Option<u16> {
    match c {
        '*' => Some(STAR),
        '#' => Some(HASH),
        _ => Some(1 << c.to_digit(10)?),
    }
}

/// `2-58]`
fn bracket(rest: &mut std::str::Chars<'_>) -> Result<u16, PatternError> {
    let (mut bits, mut last, mut is_range) = (0_u16, None, false);
    for c in rest {
        match c {
            ']' if bits != 0 && !is_range => return Ok(bits),
            '-' if last.is_some() && !is_range => is_range = true,
            _ => {
                let digit = c.to_digit(10).ok_or(PatternError::Brackets)?;
                let first = if is_range { last.take().ok_or(PatternError::Brackets)? } else { digit };
                if first > digit {
                    return Err(PatternError::Brackets);
                }
                bits |= (first..=digit).fold(0, |bits, digit| bits | 1 << digit);
                last = (!is_range).then_some(digit);
                is_range = false;
            }
        }
    }
    Err(PatternError::Brackets)
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        Pattern::parse(text)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Place(bits) in &self.places {
            match *bits {
                0x3ff => f.write_str("X")?,
                0x3fe => f.write_str("Z")?,
                0x3fc => f.write_str("N")?,
                STAR => f.write_str("*")?,
                HASH => f.write_str("#")?,
                PLUS => f.write_str("+")?,
                one if one.is_power_of_two() => write!(f, "{}", one.trailing_zeros())?,
                several => {
                    f.write_str("[")?;
                    write_digits(f, several)?;
                    f.write_str("]")?;
                }
            }
        }
        f.write_str(match self.tail {
            Tail::Nothing => "",
            Tail::OneOrMore => ".",
            Tail::Any => "!",
        })
    }
}

/// The digits of a bracket, three and more neighbours as a range: never longer than it was written.
fn write_digits(f: &mut fmt::Formatter<'_>, bits: u16) -> fmt::Result {
    let mut digit = 0;
    while digit < 10 {
        let run = (bits >> digit).trailing_ones().min(10 - digit);
        match run {
            0 => {}
            1 => write!(f, "{digit}")?,
            2 => write!(f, "{digit}{}", digit + 1)?,
            more => write!(f, "{digit}-{}", digit + more - 1)?,
        }
        digit += run.max(1);
    }
    Ok(())
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({self})")
    }
}

#[cfg(test)]
mod tests;
