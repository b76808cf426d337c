//! So many of something: things, money, time that passes.

use super::{Words, number};
use crate::Language;
use crate::word::own::FRENCH_HOURS;
use crate::word::{Currency, Plural, Thing};

/// Counts things: *two new messages*, «двадцать одна минута».
pub fn count(language: Language, n: i64, thing: Thing) -> Words {
    // The recorded hours carry the liaison of “deux heures”.
    if let (Language::Fr, Thing::Hour, Some(hours)) =
        (language, thing, usize::try_from(n).ok().and_then(|n| FRENCH_HOURS.get(n)))
    {
        return vec![hours];
    }
    let mut words = number(language, n, thing.form(language));
    let n = n.unsigned_abs();
    // A million is a noun in these two: “deux millions d'euros”, “un millón de libras”.
    let of = n >= 1_000_000 && n.is_multiple_of(1_000_000);
    match language {
        Language::Fr if of && thing == Thing::Euro => words.push("euro-of"),
        Language::Fr | Language::Es if of => words.extend(["of", thing.key(Plural::Other)]),
        _ => words.push(thing.key(Plural::of(language, n))),
    }
    words
}

/// Says an amount given in hundredths: *twelve euros and fifty cents*. What is nought is left out, but not both.
pub fn amount(language: Language, minor_units: i64, currency: Currency) -> Words {
    // A hundredth of an i64 and the rest of it fit in one.
    let (major, minor) = ((minor_units / 100).abs(), (minor_units % 100).abs());
    let mut words = Words::new();
    if minor_units < 0 {
        words.push("minus");
    }
    if major > 0 || minor == 0 {
        words.extend(count(language, major, currency.major()));
    }
    if minor > 0 {
        if major > 0 {
            words.extend(match language {
                Language::En | Language::Nl | Language::Fr | Language::De => Some("and"),
                Language::Es => Some("with"),
                Language::Ru => None,
            });
        }
        words.extend(count(language, minor, currency.minor()));
    }
    words
}

/// Says how long something takes, in hours, minutes and seconds; parts that are nought are left out.
pub fn duration(language: Language, seconds: u32) -> Words {
    let parts = [(seconds / 3600, Thing::Hour), (seconds / 60 % 60, Thing::Minute), (seconds % 60, Thing::Second)];
    let mut said: Vec<Words> = Vec::new();
    for (n, thing) in parts {
        if n > 0 {
            said.push(count(language, n.into(), thing));
        }
    }
    let Some(last) = said.pop() else { return count(language, 0, Thing::Second) };
    let joined = !said.is_empty() && language != Language::Ru;
    let mut words: Words = said.into_iter().flatten().collect();
    words.extend(joined.then_some("and"));
    words.extend(last);
    words
}

#[cfg(test)]
mod tests {
    use super::super::Form;
    use super::*;

    #[test]
    fn a_form_for_every_thing_in_every_language() {
        for language in Language::ALL {
            for thing in Thing::ALL {
                let neutral = matches!(language, Language::En | Language::Nl);
                assert_eq!(thing.form(language) == Form::Counting, neutral, "{language} {thing:?}");
            }
        }
    }
}
