//! Dates, years, times of the day.

use jiff::civil::{Date, Time};

use super::{Form, Words, count, number, spell};
use crate::Language;
use crate::word::own::{FRENCH_HOURS, RUSSIAN_GENITIVE, RUSSIAN_TENS_GENITIVE};
use crate::word::{MONTHS, NUMBERS, ORDINALS, Thing, WEEKDAYS};

/// Says a date with its weekday and year: *Sunday the twenty-second of November twenty twenty-six*.
pub fn date(language: Language, date: Date) -> Words {
    // jiff keeps day, month and weekday within these tables.
    let day = usize::from(date.day().unsigned_abs());
    let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    let mut words = vec![WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())]];
    match language {
        Language::En => words.extend(["the", ORDINALS[day - 1], "of", month]),
        Language::Nl => words.extend([NUMBERS[day], month]),
        Language::Fr => words.extend([if day == 1 { ORDINALS[0] } else { NUMBERS[day] }, month]),
        Language::De => words.extend(["the", ORDINALS[day - 1], month]),
        Language::Es => words.extend([NUMBERS[day], "of", month, "of"]),
        Language::Ru => words.extend([ORDINALS[day - 1], month]),
    }
    words.extend(year(language, date.year()));
    words
}

/// Says a year as part of a date; the Russian one in the genitive, with its «года».
pub fn year(language: Language, year: i16) -> Words {
    let n = usize::from(year.unsigned_abs());
    let (century, rest) = (n / 100, n % 100);
    match language {
        Language::En if (1100..10_000).contains(&year) && !(century.is_multiple_of(10) && rest < 10) => {
            let mut words = vec![NUMBERS[century]];
            words.extend(match rest {
                0 => vec!["hundred"],
                1..10 => vec!["oh", NUMBERS[rest]],
                _ => vec![NUMBERS[rest]],
            });
            words
        }
        Language::Nl | Language::De if (1100..2000).contains(&year) => {
            // “honderd” alone is the Dutch for 100, “einhundert” the German.
            let mut words = vec![NUMBERS[century], if language == Language::Nl { "number-100" } else { "hundred" }];
            words.extend((rest > 0).then(|| NUMBERS[rest]));
            words
        }
        Language::Ru => russian_year(year, rest),
        _ => number(language, year.into(), Form::Counting),
    }
}

/// Only the last word of a Russian year is a place: «две тысячи двадцать шестого года».
fn russian_year(year: i16, rest: usize) -> Words {
    let mut words = match (year, rest) {
        (1900, _) => vec!["year-1900-genitive"],
        (2000, _) => vec!["year-2000-genitive"],
        (1000.., 1..) => {
            let mut words = number(Language::Ru, i64::from(year) - rest as i64, Form::Counting);
            match (rest / 10, rest % 10) {
                (0..2, _) => words.push(RUSSIAN_GENITIVE[rest - 1]),
                (tens, 0) => words.push(RUSSIAN_TENS_GENITIVE[tens - 2]),
                (tens, unit) => words.extend([NUMBERS[tens * 10], RUSSIAN_GENITIVE[unit - 1]]),
            }
            words
        }
        // Whole centuries and the far past: no date of a call.
        _ => spell::digits(&year.to_string()),
    };
    words.push("year-genitive");
    words
}

/// Says a time of the day to the minute; English by the clock of twelve hours, the others by that of twenty-four.
pub fn time(language: Language, time: Time) -> Words {
    let hour = usize::from(time.hour().unsigned_abs());
    let minute = usize::from(time.minute().unsigned_abs());
    let mut words = Words::new();
    match language {
        Language::En => english_time(hour, minute, &mut words),
        Language::Nl | Language::De => {
            words.extend(number(language, hour as i64, Form::Masculine));
            words.push("clock");
            words.extend((minute > 0).then(|| NUMBERS[minute]));
        }
        Language::Fr => {
            words.push(FRENCH_HOURS[hour]);
            if minute > 0 {
                words.extend(number(language, minute as i64, Form::Feminine));
            }
        }
        Language::Es => {
            words.push(if hour == 1 { "the-one" } else { "the-many" });
            words.extend(number(language, hour as i64, Form::Feminine));
            words.extend(if minute == 0 { vec!["sharp"] } else { vec!["and", NUMBERS[minute]] });
        }
        Language::Ru => {
            words.extend(count(language, hour as i64, Thing::Hour));
            if minute == 0 {
                words.push("sharp");
            } else {
                words.extend(count(language, minute as i64, Thing::Minute));
            }
        }
    }
    words
}

fn english_time(hour: usize, minute: usize, words: &mut Words) {
    match (hour, minute) {
        (0, 0) => words.push("midnight"),
        (12, 0) => words.push("noon"),
        _ => {
            words.push(NUMBERS[(hour + 11) % 12 + 1]);
            match minute {
                0 => {}
                1..10 => words.extend(["oh", NUMBERS[minute]]),
                _ => words.push(NUMBERS[minute]),
            }
            words.push(if hour < 12 { "am" } else { "pm" });
        }
    }
}
