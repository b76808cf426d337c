//! Whole numbers and places.

use super::{Form, Words, spell};
use crate::Language;
use crate::word::own::{FRENCH_FEMININE, SPANISH_BEFORE, SPANISH_FEMININE, SPANISH_HUNDREDS_FEMININE};
use crate::word::{HUNDREDS, NUMBERS, ORDINALS, Plural};

/// The greatest number that is said as one; beyond it the digits are read out.
pub const NUMBER_MAX: u64 = 999_999_999_999;

/// Says `n` in the form its noun asks for. Numbers of more than twelve digits are read digit by digit.
pub fn number(language: Language, n: i64, form: Form) -> Words {
    let mut words = Words::new();
    if n < 0 {
        words.push("minus");
    }
    append(language, n.unsigned_abs(), form, &mut words);
    words
}

/// Says a place: *third*. First to thirty-first are recorded (Russian in the neuter, which its dates and *место*
/// take; the other languages with a gender in the masculine); a place beyond is said as the plain number.
pub fn ordinal(language: Language, n: u32) -> Words {
    let recorded = usize::try_from(n).ok().and_then(|n| ORDINALS.get(n.checked_sub(1)?));
    recorded.map_or_else(|| number(language, n.into(), Form::Counting), |key| vec![key])
}

/// Says `n` without a sign.
pub(super) fn append(language: Language, n: u64, form: Form, words: &mut Words) {
    match n {
        0 => words.push(NUMBERS[0]),
        1..=NUMBER_MAX => {
            millions(language, n / 1_000_000, words);
            thousands(language, n / 1000 % 1000, form, words);
            rest(language, n % 1000, form, words);
        }
        _ => words.extend(spell::digits(&n.to_string())),
    }
}

/// The last three digits behind whatever was said before them.
fn rest(language: Language, n: u64, form: Form, words: &mut Words) {
    if n == 0 {
        return;
    }
    // One thousand and one, but one thousand one hundred and one.
    if language == Language::En && n < 100 && words.iter().any(|word| *word != "minus") {
        words.push("and");
    }
    below_thousand(language, n, form, words);
}

fn thousands(language: Language, n: u64, form: Form, words: &mut Words) {
    if n == 0 {
        return;
    }
    let first = words.iter().all(|word| *word == "minus");
    let bare = match language {
        Language::En | Language::De => false,
        Language::Nl | Language::Fr | Language::Es => n == 1,
        // «тысяча», but «один миллион одна тысяча».
        Language::Ru => n == 1 && first,
    };
    if !bare {
        let own = match language {
            Language::Ru => Form::Feminine,
            // The hundreds agree across “mil”: “doscientas mil libras”.
            Language::Es if form == Form::Feminine => Form::Feminine,
            _ => Form::Masculine,
        };
        below_thousand(language, n, own, words);
    }
    words.push(scale(language, n, ["thousand", "thousand-few", "thousand-other"]));
}

/// Millions, and with them the thousands of millions.
fn millions(language: Language, n: u64, words: &mut Words) {
    if language == Language::Es {
        // No word for a thousand millions: “veintiún mil millones”.
        if n > 0 {
            thousands(language, n / 1000, Form::Masculine, words);
            if !n.is_multiple_of(1000) {
                below_thousand(language, n % 1000, Form::Masculine, words);
            }
            words.push(if n == 1 { "million" } else { "million-other" });
        }
        return;
    }
    let names = [["billion", "billion-few", "billion-other"], ["million", "million-few", "million-other"]];
    for (n, names) in [n / 1000, n % 1000].into_iter().zip(names) {
        if n > 0 {
            let own = if language == Language::De { Form::Feminine } else { Form::Masculine };
            below_thousand(language, n, own, words);
            words.push(scale(language, n, names));
        }
    }
}

/// The form of a power of thousand beside `n` of it. Only German and Russian bend them audibly.
fn scale(language: Language, n: u64, [one, few, other]: [&'static str; 3]) -> &'static str {
    match (language, Plural::of(language, n)) {
        (Language::Ru, Plural::Few) => few,
        (Language::Ru, Plural::Other) => other,
        (Language::De, Plural::Other) if one != "thousand" => other,
        _ => one,
    }
}

/// 1 to 999.
fn below_thousand(language: Language, n: u64, form: Form, words: &mut Words) {
    let (hundreds, rest) = ((n / 100) as usize, (n % 100) as usize);
    if let Some(at) = hundreds.checked_sub(1) {
        words.push(match (language, form, hundreds) {
            (Language::Es, _, 1) if rest > 0 => "number-100-more",
            (Language::Es, Form::Feminine, 2..) => SPANISH_HUNDREDS_FEMININE[at - 1],
            _ => HUNDREDS[at],
        });
        if language == Language::En && rest > 0 {
            words.push("and");
        }
    }
    if rest > 0 {
        below_hundred(language, rest, form, words);
    }
}

/// 1 to 99.
fn below_hundred(language: Language, n: usize, form: Form, words: &mut Words) {
    let (tens, unit) = (n / 10, n % 10);
    let one = unit == 1 && tens != 1;
    match (language, form) {
        (Language::De, Form::Masculine | Form::Neuter) if n == 1 => words.push("number-1-before"),
        (Language::De, Form::Feminine) if n == 1 => words.push("number-1-feminine"),
        // 71 and 91 end in “onze”.
        (Language::Fr, Form::Feminine) if one && tens != 7 && tens != 9 => {
            let at = match tens {
                0 => 0,
                8 => FRENCH_FEMININE.len() - 1,
                _ => tens - 1,
            };
            words.push(FRENCH_FEMININE[at]);
        }
        (Language::Es, Form::Masculine | Form::Neuter) if one => words.push(SPANISH_BEFORE[tens.saturating_sub(1)]),
        (Language::Es, Form::Feminine) if one => words.push(SPANISH_FEMININE[tens.saturating_sub(1)]),
        (Language::Ru, Form::Feminine | Form::Neuter) if tens != 1 && (unit == 1 || unit == 2) => {
            if tens > 0 {
                words.push(NUMBERS[tens * 10]);
            }
            words.push(match (form, unit) {
                (Form::Feminine, 1) => "number-1-feminine",
                (Form::Feminine, _) => "number-2-feminine",
                (_, 1) => "number-1-neuter",
                (_, _) => NUMBERS[2],
            });
        }
        _ => words.push(NUMBERS[n]),
    }
}
