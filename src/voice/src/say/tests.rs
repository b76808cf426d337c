//! What is said, written out. Each word of an expectation is read from the texts that the recordings are made from.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, date as day, time as clock};

use super::*;
use crate::word::{Currency, Thing};
use crate::{Language, sound, text};

use Language::{De, En, Es, Fr, Nl, Ru};

/// The words as text; fails if one has no recording.
fn aloud(language: Language, words: Words) -> String {
    let said = words.iter().map(|key| text(language, key).unwrap_or_else(|| panic!("{language}: no {key}")));
    said.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(language: Language, form: Form, cases: &[(i64, &str)]) {
    for (n, expected) in cases {
        assert_eq!(aloud(language, number(language, *n, form)), *expected, "{language} {n} {form:?}");
    }
}

#[test]
fn english_numbers() {
    check(
        En,
        Form::Counting,
        &[
            (0, "zero"),
            (1, "one"),
            (11, "eleven"),
            (21, "twenty-one"),
            (71, "seventy-one"),
            (80, "eighty"),
            (99, "ninety-nine"),
            (100, "one hundred"),
            (101, "one hundred and one"),
            (999, "nine hundred and ninety-nine"),
            (1000, "one thousand"),
            (1001, "one thousand and one"),
            (1100, "one thousand one hundred"),
            (21_345, "twenty-one thousand three hundred and forty-five"),
            (100_000, "one hundred thousand"),
            (1_000_000, "one million"),
            (2_000_021, "two million and twenty-one"),
            (3_000_000_000, "three billion"),
            (-7, "minus seven"),
            (-1001, "minus one thousand and one"),
            (1_000_000_000_000, "one zero zero zero zero zero zero zero zero zero zero zero zero"),
        ],
    );
}

#[test]
fn dutch_numbers() {
    check(
        Nl,
        Form::Counting,
        &[
            (0, "nul"),
            (1, "één"),
            (11, "elf"),
            (21, "eenentwintig"),
            (22, "tweeëntwintig"),
            (23, "drieëntwintig"),
            (71, "eenenzeventig"),
            (80, "tachtig"),
            (99, "negenennegentig"),
            (100, "honderd"),
            (101, "honderd één"),
            (1000, "duizend"),
            (1001, "duizend één"),
            (2200, "twee duizend tweehonderd"),
            (21_345, "eenentwintig duizend driehonderd vijfenveertig"),
            (101_000, "honderd één duizend"),
            (1_000_000, "één miljoen"),
            (2_000_000_000, "twee miljard"),
        ],
    );
}

#[test]
fn french_numbers() {
    check(
        Fr,
        Form::Masculine,
        &[
            (0, "zéro"),
            (1, "un"),
            (11, "onze"),
            (16, "seize"),
            (17, "dix-sept"),
            (21, "vingt et un"),
            (22, "vingt-deux"),
            (70, "soixante-dix"),
            (71, "soixante et onze"),
            (77, "soixante-dix-sept"),
            (80, "quatre-vingts"),
            (81, "quatre-vingt-un"),
            (91, "quatre-vingt-onze"),
            (99, "quatre-vingt-dix-neuf"),
            (100, "cent"),
            (101, "cent un"),
            (200, "deux cents"),
            (1000, "mille"),
            (1001, "mille un"),
            (2000, "deux mille"),
            (21_345, "vingt et un mille trois cents quarante-cinq"),
            (1_000_000, "un million"),
            (1_001_000, "un million mille"),
            (5_000_000_000, "cinq milliard"),
        ],
    );
    check(
        Fr,
        Form::Feminine,
        &[
            (1, "une"),
            (11, "onze"),
            (21, "vingt et une"),
            (31, "trente et une"),
            (61, "soixante et une"),
            (71, "soixante et onze"),
            (81, "quatre-vingt-une"),
            (91, "quatre-vingt-onze"),
            (101, "cent une"),
            (21_001, "vingt et un mille une"),
        ],
    );
}

#[test]
fn german_numbers() {
    check(
        De,
        Form::Counting,
        &[
            (0, "null"),
            (1, "eins"),
            (11, "elf"),
            (16, "sechzehn"),
            (17, "siebzehn"),
            (21, "einundzwanzig"),
            (30, "dreißig"),
            (71, "einundsiebzig"),
            (80, "achtzig"),
            (99, "neunundneunzig"),
            (100, "einhundert"),
            (101, "einhundert eins"),
            (1000, "ein tausend"),
            (1001, "ein tausend eins"),
            (21_345, "einundzwanzig tausend dreihundert fünfundvierzig"),
            (1_000_000, "eine Million"),
            (2_000_000, "zwei Millionen"),
            (1_000_000_000, "eine Milliarde"),
            (7_000_000_001, "sieben Milliarden eins"),
        ],
    );
    check(De, Form::Masculine, &[(1, "ein"), (21, "einundzwanzig"), (101, "einhundert ein")]);
    check(De, Form::Feminine, &[(1, "eine"), (31, "einunddreißig"), (1001, "ein tausend eine")]);
    check(De, Form::Neuter, &[(1, "ein"), (2, "zwei")]);
}

#[test]
fn spanish_numbers() {
    check(
        Es,
        Form::Counting,
        &[
            (0, "cero"),
            (1, "uno"),
            (11, "once"),
            (16, "dieciséis"),
            (21, "veintiuno"),
            (22, "veintidós"),
            (31, "treinta y uno"),
            (71, "setenta y uno"),
            (80, "ochenta"),
            (99, "noventa y nueve"),
            (100, "cien"),
            (101, "ciento uno"),
            (500, "quinientos"),
            (1000, "mil"),
            (1001, "mil uno"),
            (21_345, "veintiún mil trescientos cuarenta y cinco"),
            (100_000, "cien mil"),
            (1_000_000, "un millón"),
            (21_000_000, "veintiún millones"),
            (1_000_000_000, "mil millones"),
            (1_500_000_000, "mil quinientos millones"),
            (2_001_000_000, "dos mil un millones"),
        ],
    );
    check(Es, Form::Masculine, &[(1, "un"), (11, "once"), (21, "veintiún"), (31, "treinta y un"), (101, "ciento un")]);
    check(
        Es,
        Form::Feminine,
        &[
            (1, "una"),
            (21, "veintiuna"),
            (91, "noventa y una"),
            (200, "doscientas"),
            (901, "novecientas una"),
            (100, "cien"),
            (200_000, "doscientas mil"),
        ],
    );
}

#[test]
fn russian_numbers() {
    check(
        Ru,
        Form::Counting,
        &[
            (0, "ноль"),
            (1, "один"),
            (11, "одиннадцать"),
            (21, "двадцать один"),
            (71, "семьдесят один"),
            (80, "восемьдесят"),
            (99, "девяносто девять"),
            (100, "сто"),
            (101, "сто один"),
            (1000, "тысяча"),
            (1001, "тысяча один"),
            (2000, "две тысячи"),
            (5000, "пять тысяч"),
            (11_000, "одиннадцать тысяч"),
            (12_000, "двенадцать тысяч"),
            (21_345, "двадцать одна тысяча триста сорок пять"),
            (22_000, "двадцать две тысячи"),
            (112_000, "сто двенадцать тысяч"),
            (1_000_000, "один миллион"),
            (1_001_000, "один миллион одна тысяча"),
            (3_000_000, "три миллиона"),
            (5_000_000_000, "пять миллиардов"),
            (-1000, "минус тысяча"),
        ],
    );
    check(
        Ru,
        Form::Feminine,
        &[
            (1, "одна"),
            (2, "две"),
            (3, "три"),
            (11, "одиннадцать"),
            (12, "двенадцать"),
            (42, "сорок две"),
            (101, "сто одна"),
        ],
    );
    check(Ru, Form::Neuter, &[(1, "одно"), (2, "два"), (21, "двадцать одно"), (11, "одиннадцать")]);
}

#[test]
fn places() {
    let said = |language, n| aloud(language, ordinal(language, n));
    assert_eq!(said(En, 1), "first");
    assert_eq!(said(En, 12), "twelfth");
    assert_eq!(said(En, 22), "twenty-second");
    assert_eq!(said(En, 31), "thirty-first");
    assert_eq!(said(En, 32), "thirty-two");
    assert_eq!(said(En, 0), "zero");
    assert_eq!(said(Nl, 8), "achtste");
    assert_eq!(said(Nl, 23), "drieëntwintigste");
    assert_eq!(said(Fr, 1), "premier");
    assert_eq!(said(Fr, 21), "vingt et unième");
    assert_eq!(said(De, 3), "dritte");
    assert_eq!(said(De, 19), "neunzehnte");
    assert_eq!(said(De, 20), "zwanzigste");
    assert_eq!(said(Es, 22), "vigesimosegundo");
    assert_eq!(said(Ru, 3), "третье");
    assert_eq!(said(Ru, 31), "тридцать первое");
}

#[test]
fn dates() {
    let said = |language, day: Date| aloud(language, date(language, day));
    let (sunday, first) = (day(2026, 11, 22), day(1995, 5, 1));
    assert_eq!(said(En, sunday), "Sunday the twenty-second of November twenty twenty-six");
    assert_eq!(said(En, first), "Monday the first of May nineteen ninety-five");
    assert_eq!(said(Nl, sunday), "zondag tweeëntwintig november twee duizend zesentwintig");
    assert_eq!(said(Nl, first), "maandag één mei negentien honderd vijfennegentig");
    assert_eq!(said(Fr, sunday), "dimanche vingt-deux novembre deux mille vingt-six");
    assert_eq!(said(Fr, first), "lundi premier mai mille neuf cents quatre-vingt-quinze");
    assert_eq!(said(De, sunday), "Sonntag der zweiundzwanzigste November zwei tausend sechsundzwanzig");
    assert_eq!(said(De, first), "Montag der erste Mai neunzehn hundert fünfundneunzig");
    assert_eq!(said(Es, sunday), "domingo veintidós de noviembre de dos mil veintiséis");
    assert_eq!(said(Es, first), "lunes uno de mayo de mil novecientos noventa y cinco");
    assert_eq!(said(Ru, sunday), "воскресенье двадцать второе ноября две тысячи двадцать шестого года");
    assert_eq!(said(Ru, first), "понедельник первое мая тысяча девятьсот девяносто пятого года");
}

#[test]
fn years() {
    let said = |language, n| aloud(language, year(language, n));
    assert_eq!(said(En, 1900), "nineteen hundred");
    assert_eq!(said(En, 1905), "nineteen oh five");
    assert_eq!(said(En, 2000), "two thousand");
    assert_eq!(said(En, 2007), "two thousand and seven");
    assert_eq!(said(En, 2010), "twenty ten");
    assert_eq!(said(En, 2100), "twenty-one hundred");
    assert_eq!(said(Nl, 1900), "negentien honderd");
    assert_eq!(said(De, 1800), "achtzehn hundert");
    assert_eq!(said(De, 2000), "zwei tausend");
    assert_eq!(said(Fr, 1981), "mille neuf cents quatre-vingt-un");
    assert_eq!(said(Ru, 1900), "тысяча девятисотого года");
    assert_eq!(said(Ru, 2000), "двухтысячного года");
    assert_eq!(said(Ru, 2011), "две тысячи одиннадцатого года");
    assert_eq!(said(Ru, 2030), "две тысячи тридцатого года");
    assert_eq!(said(Ru, 1999), "тысяча девятьсот девяносто девятого года");
    assert_eq!(said(Ru, 2100), "два один ноль ноль года");
}

#[test]
fn times_of_the_day() {
    let said = |language, time: Time| aloud(language, super::time(language, time));
    let at = |hour, minute| clock(hour, minute, 59, 0);
    assert_eq!(said(En, at(0, 0)), "midnight");
    assert_eq!(said(En, at(0, 5)), "twelve oh five A M");
    assert_eq!(said(En, at(9, 0)), "nine A M");
    assert_eq!(said(En, at(12, 0)), "noon");
    assert_eq!(said(En, at(12, 30)), "twelve thirty P M");
    assert_eq!(said(En, at(23, 59)), "eleven fifty-nine P M");
    assert_eq!(said(Nl, at(0, 0)), "nul uur");
    assert_eq!(said(Nl, at(1, 1)), "één uur één");
    assert_eq!(said(Nl, at(14, 5)), "veertien uur vijf");
    assert_eq!(said(De, at(1, 0)), "ein Uhr");
    assert_eq!(said(De, at(1, 1)), "ein Uhr eins");
    assert_eq!(said(De, at(21, 30)), "einundzwanzig Uhr dreißig");
    assert_eq!(said(Fr, at(1, 1)), "une heure une");
    assert_eq!(said(Fr, at(0, 0)), "zéro heure");
    assert_eq!(said(Fr, at(21, 21)), "vingt et une heures vingt et une");
    assert_eq!(said(Es, at(1, 0)), "la una en punto");
    assert_eq!(said(Es, at(14, 5)), "las catorce y cinco");
    assert_eq!(said(Es, at(21, 0)), "las veintiuna en punto");
    assert_eq!(said(Ru, at(0, 0)), "ноль часов ровно");
    assert_eq!(said(Ru, at(1, 1)), "один час одна минута");
    assert_eq!(said(Ru, at(22, 14)), "двадцать два часа четырнадцать минут");
}

#[test]
fn things_are_counted() {
    let said = |language, n, thing| aloud(language, count(language, n, thing));
    assert_eq!(said(En, 1, Thing::NewMessage), "one new message");
    assert_eq!(said(En, 0, Thing::NewMessage), "zero new messages");
    assert_eq!(said(Nl, 2, Thing::SavedMessage), "twee bewaarde berichten");
    assert_eq!(said(Fr, 0, Thing::Caller), "zéro appelant");
    assert_eq!(said(Fr, 2, Thing::Hour), "deux heures");
    assert_eq!(said(Fr, 25, Thing::Hour), "vingt-cinq heures");
    assert_eq!(said(Fr, -1, Thing::Hour), "moins une heure");
    assert_eq!(said(De, 1, Thing::NewMessage), "eine neue Nachricht");
    assert_eq!(said(De, 1, Thing::Day), "ein Tag");
    assert_eq!(said(Es, 21, Thing::SavedMessage), "veintiún mensajes guardados");
    assert_eq!(said(Ru, 1, Thing::NewMessage), "одно новое сообщение");
    assert_eq!(said(Ru, 2, Thing::NewMessage), "два новых сообщения");
    assert_eq!(said(Ru, 5, Thing::NewMessage), "пять новых сообщений");
    assert_eq!(said(Ru, 11, Thing::NewMessage), "одиннадцать новых сообщений");
    assert_eq!(said(Ru, 22, Thing::Minute), "двадцать две минуты");
    assert_eq!(said(Ru, 101, Thing::Day), "сто один день");
    assert_eq!(said(Ru, 1000, Thing::Participant), "тысяча участников");
}

#[test]
fn amounts() {
    let said = |language, minor, currency| aloud(language, amount(language, minor, currency));
    assert_eq!(said(En, 1250, Currency::Euro), "twelve euros and fifty cents");
    assert_eq!(said(En, 101, Currency::Pound), "one pound and one penny");
    assert_eq!(said(En, 0, Currency::Dollar), "zero dollars");
    assert_eq!(said(En, 5, Currency::Dollar), "five cents");
    assert_eq!(said(En, -300, Currency::Euro), "minus three euros");
    assert_eq!(said(En, -5, Currency::Pound), "minus five pence");
    assert_eq!(said(Nl, 1250, Currency::Euro), "twaalf euro en vijftig cent");
    assert_eq!(said(Fr, 8180, Currency::Euro), "quatre-vingt-un euros et quatre-vingts centimes");
    assert_eq!(said(Fr, 2100, Currency::Pound), "vingt et une livres");
    assert_eq!(said(Fr, 200_000_000, Currency::Euro), "deux million d'euros");
    assert_eq!(said(De, 101, Currency::Euro), "ein Euro und ein Cent");
    assert_eq!(said(De, 100, Currency::Pound), "ein Pfund");
    assert_eq!(said(Es, 2101, Currency::Euro), "veintiún euros con un céntimo");
    assert_eq!(said(Es, 20_100, Currency::Pound), "doscientas una libras");
    assert_eq!(said(Es, 100_000_000, Currency::Dollar), "un millón de dólares");
    assert_eq!(said(Ru, 12_122, Currency::Rouble), "сто двадцать один рубль двадцать две копейки");
    assert_eq!(said(Ru, 300_500, Currency::Rouble), "три тысячи пять рублей");
    assert_eq!(said(Ru, 201, Currency::Dollar), "два доллара один цент");
    assert!(said(En, i64::MIN, Currency::Euro).starts_with("minus nine two two"));
}

#[test]
fn durations() {
    let said = |language, seconds| aloud(language, duration(language, seconds));
    assert_eq!(said(En, 0), "zero seconds");
    assert_eq!(said(En, 61), "one minute and one second");
    assert_eq!(said(En, 7384), "two hours three minutes and four seconds");
    assert_eq!(said(Nl, 7200), "twee uur");
    assert_eq!(said(Fr, 3660), "une heure et une minute");
    assert_eq!(said(De, 3661), "eine Stunde eine Minute und eine Sekunde");
    assert_eq!(said(Es, 75_660), "veintiuna horas y un minuto");
    assert_eq!(said(Ru, 3 * 3600 + 121), "три часа две минуты одна секунда");
}

#[test]
fn spelling() {
    assert_eq!(aloud(En, digits("+44 (20) 7*#")), "plus four four two zero seven star hash");
    assert_eq!(aloud(Es, letters("W-1@é")), "uve doble guion uno arroba");
    assert_eq!(digits("none"), Words::new());
    assert!(letters("ж 日本").is_empty());
}

/// Whatever is asked for, each word of it is recorded in the language asked.
#[test]
fn nothing_is_said_that_is_not_recorded() {
    let numbers = (0..1200).chain((0..63).map(|bit| 1 << bit)).chain((0..18).map(|zeros| 10_i64.pow(zeros) * 21 + 1));
    let numbers: Vec<i64> = numbers.chain([i64::MIN, i64::MAX, -1]).collect();
    for language in Language::ALL {
        let mut said = BTreeSet::new();
        let mut check = |words: Words| {
            assert!(!words.is_empty());
            said.extend(words);
        };
        for &n in &numbers {
            for form in [Form::Counting, Form::Masculine, Form::Feminine, Form::Neuter] {
                check(number(language, n, form));
            }
            check(count(language, n, Thing::ALL[(n.unsigned_abs() % 16) as usize]));
            Currency::ALL.into_iter().for_each(|currency| check(amount(language, n, currency)));
            check(year(language, (n % 9999) as i16));
            check(duration(language, n as u32));
        }
        for minute in 0..24 * 60_i32 {
            check(time(language, clock((minute / 60) as i8, (minute % 60) as i8, 0, 0)));
        }
        let mut date_said = day(2024, 1, 1);
        while date_said.year() == 2024 {
            check(date(language, date_said));
            date_said = date_said.tomorrow().expect("a day after");
        }
        check(date(language, Date::MIN));
        check(date(language, Date::MAX));
        (0..40).for_each(|n| check(ordinal(language, n)));
        check(letters("abcdefghijklmnopqrstuvwxyz0123456789@.-_+*#"));
        assert!(said.len() > 200, "{language}: {}", said.len());
        for key in said {
            assert!(sound(language, key).is_some(), "{language}: {key}");
        }
    }
}
