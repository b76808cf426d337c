//! The words of opening hours: weekdays, months, times and dates, and how their sets are printed.

use core::fmt;

pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(crate) const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Every weekday, every month.
pub(crate) const DAILY: u16 = 0x7f;
pub(crate) const ALL_YEAR: u16 = 0xfff;

/// The set that "mon,wed-fri" or "nov-feb" names, bit by bit; `None` where a word is none of `names`.
pub(crate) fn set(text: &str, names: &[&str]) -> Option<u16> {
    let mut bits = 0;
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (mut at, to) = (place(from, names)?, place(to, names)?);
        bits |= 1 << at;
        // A range may run over the end of the week or year: at most once around.
        while at != to {
            at = (at + 1) % names.len();
            bits |= 1 << at;
        }
    }
    Some(bits)
}

fn place(word: &str, names: &[&str]) -> Option<usize> {
    // The long English words are taken too; the short ones are printed.
    let short = word.get(..3)?;
    let at = names.iter().position(|name| *name == short)?;
    let long = if names.len() == 7 { LONG_WEEKDAYS[at] } else { LONG_MONTHS[at] };
    (word.len() == 3 || word == long).then_some(at)
}

/// Writes a set so that [`set`] reads it back: runs as ranges, the longest way round.
pub(crate) fn write_set(out: &mut fmt::Formatter<'_>, bits: u16, names: &[&str]) -> fmt::Result {
    let count = names.len();
    let has = |at: usize| bits & (1 << (at % count)) != 0;
    let Some(first) = (0..count).find(|at| has(*at) && !has(at + count - 1)) else {
        return write!(out, "{}-{}", names[0], names[count - 1]);
    };
    let mut at = first;
    let mut comma = "";
    while at < first + count {
        let mut last = at;
        while has(last + 1) && last + 1 < first + count {
            last += 1;
        }
        match last - at {
            0 => write!(out, "{comma}{}", names[at % count])?,
            1 if count == 7 => write!(out, "{comma}{},{}", names[at % count], names[last % count])?,
            _ => write!(out, "{comma}{}-{}", names[at % count], names[last % count])?,
        }
        comma = ",";
        at = last + 1;
        while at < first + count && !has(at) {
            at += 1;
        }
    }
    Ok(())
}

/// Minutes since midnight of "9:00", "09:00" or "24:00".
pub(crate) fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (digits(hour, 1, 2)?, digits(minute, 2, 2)?);
    ((hour < 24 && minute < 60) || (hour == 24 && minute == 0)).then_some(hour * 60 + minute)
}

/// A number of `low` to `high` decimal digits and nothing else.
pub(crate) fn digits(text: &str, low: usize, high: usize) -> Option<u16> {
    let plain = (low..=high).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// What a person meant: lower case, one kind of dash, single spaces.
pub(crate) fn tidy(text: &str) -> String {
    let plain = text.replace(['\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}'], "-").to_lowercase();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

const LONG_WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const LONG_MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

#[cfg(test)]
mod tests {
    use super::*;

    struct Printed(u16, &'static [&'static str]);
    impl fmt::Display for Printed {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write_set(out, self.0, self.1)
        }
    }

    #[test]
    fn every_set_of_weekdays_and_months_reads_back() {
        for bits in 1..=DAILY {
            assert_eq!(set(&Printed(bits, &WEEKDAYS).to_string(), &WEEKDAYS), Some(bits));
        }
        for bits in 1..=ALL_YEAR {
            assert_eq!(set(&Printed(bits, &MONTHS).to_string(), &MONTHS), Some(bits));
        }
    }

    #[test]
    fn ranges_run_over_the_end() {
        assert_eq!(set("fri-mon", &WEEKDAYS), Some(0b111_0001));
        assert_eq!(Printed(0b111_0001, &WEEKDAYS).to_string(), "fri-mon");
        assert_eq!(Printed(0b110_0000, &WEEKDAYS).to_string(), "sat,sun");
        assert_eq!(set("december-feb", &MONTHS), Some(0b1000_0000_0011));
        assert_eq!(set("mon-", &WEEKDAYS), None);
        assert_eq!(set("mond", &WEEKDAYS), None);
        assert_eq!(set("日月火", &WEEKDAYS), None);
    }

    #[test]
    fn times_of_day() {
        assert_eq!(minutes("9:05"), Some(545));
        assert_eq!(minutes("24:00"), Some(1440));
        for wrong in ["24:01", "9:5", "900", "+9:00", "25:00", "09:60", ":", ""] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}
