use config::NumberForm;
use proptest::prelude::*;

use super::*;

fn plan(country: &str, area: &str, outside: &str) -> Numbers {
    let mut numbers = Numbers::of(country.to_owned());
    (numbers.area_code, numbers.outside_prefix) = (area.to_owned(), outside.to_owned());
    numbers
}

/// The number, and its kind in brackets; or why it is none.
fn reads(numbers: &Numbers, text: &str, by: WrittenBy) -> String {
    match read(numbers, text, by) {
        Ok(number) => format!("{} ({})", number.text(), number.kind.word()),
        Err(why) => why.to_string(),
    }
}

#[test]
fn each_country_dials_in_its_own_way() {
    for (country, area, dialled, expected) in [
        ("32", "", "025551234", "+3225551234 (national)"),
        ("32", "", "0470000001", "+32470000001 (mobile)"),
        ("32", "", "0033123456789", "+33123456789 (international)"),
        ("32", "", "0800 12345", "it holds more than digits"),
        ("32", "", "080012345", "+3280012345 (free)"),
        ("32", "", "0900123456", "+32900123456 (premium)"),
        ("32", "", "25551234", "it is no number of this country or another"),
        ("32", "2", "5551234", "+3225551234 (national)"),
        ("32", "2", "1207", "1207 (premium)"),
        ("32", "2", "116000", "116000 (free)"),
        ("49", "30", "12345678", "+493012345678 (national)"),
        ("49", "30", "2345", "+49302345 (national)"),
        ("34", "", "912345678", "+34912345678 (national)"),
        ("34", "", "11822", "11822 (premium)"),
        ("1", "212", "5551234", "+12125551234 (national)"),
        ("1", "", "2125551234", "+12125551234 (national)"),
        ("1", "", "12125551234", "+12125551234 (national)"),
        ("1", "", "18765551234", "+18765551234 (international)"),
        ("1", "", "011442012345678", "+442012345678 (international)"),
        ("1", "", "19005551234", "+19005551234 (premium)"),
        ("7", "", "84951234567", "+74951234567 (national)"),
        ("7", "", "810442012345678", "+442012345678 (international)"),
        ("32", "", "00881612345678", "+881612345678 (premium)"),
        ("32", "", "0080012345678", "+80012345678 (free)"),
        ("32", "", "001", "it is no number of this country or another"),
        ("32", "", "00012345678", "it is no number of this country or another"),
        ("32", "", "+321234567890123456", "it is no number of this country or another"),
        ("32", "", "", "it holds more than digits"),
    ] {
        assert_eq!(reads(&plan(country, area, ""), dialled, WrittenBy::Phone), expected, "+{country} {dialled}");
    }
}

#[test]
fn an_outside_prefix_is_for_phones() {
    let numbers = plan("32", "", "0");
    assert_eq!(reads(&numbers, "0025551234", WrittenBy::Phone), "+3225551234 (national)");
    assert_eq!(reads(&numbers, "025551234", WrittenBy::Phone), "it is no number of this country or another");
    assert_eq!(reads(&numbers, "725551234", WrittenBy::Phone), "the digits for an outside line are missing before it");
    assert_eq!(reads(&numbers, "025551234", WrittenBy::Rule), "+3225551234 (national)");
    assert_eq!(as_dialled_here(&numbers, "+3225551234"), "0025551234");
    assert_eq!(as_dialled_here(&numbers, "+33123456789"), "00033123456789");
    assert_eq!(as_dialled_here(&numbers, "anonymous"), "anonymous");
}

#[test]
fn a_list_may_say_more_than_the_world() {
    let mut numbers = plan("32", "", "");
    numbers.free.push("+321819".to_owned());
    numbers.premium.push("+4490".to_owned());
    assert_eq!(reads(&numbers, "1819", WrittenBy::Phone), "1819 (free)");
    assert_eq!(reads(&numbers, "004490123456", WrittenBy::Phone), "+4490123456 (premium)");
    numbers.free.push("+4490".to_owned());
    assert_eq!(reads(&numbers, "004490123456", WrittenBy::Phone), "+4490123456 (premium)");
}

#[test]
fn calling_codes_hold_what_they_name() {
    for (code, number, expected) in [
        ("+33", "+33123456789", true),
        ("33", "+33123456789", true),
        ("+33", "+32123456789", false),
        ("+1", "+12125551234", true),
        ("+1", "+18765551234", false),
        ("+1876", "+18765551234", true),
        ("+33", "112", false),
    ] {
        assert_eq!(calling_code_matches(code, number), expected, "{code} {number}");
    }
}

#[test]
fn emergency_numbers_however_they_are_dialled() {
    let mut numbers = plan("32", "", "0");
    numbers.emergency.push("1722".to_owned());
    for text in ["112", "0112", "1722", "01722", "+32112", "00032112", "999", "0999"] {
        assert!(emergency(&numbers, text).is_some_and(|help| ["112", "1722", "999"].contains(&help)), "{text}");
    }
    for text in ["", "1120", "00112", "+33112", "0032112", "11", "012", "+112"] {
        assert_eq!(emergency(&numbers, text), None, "{text}");
    }
}

#[test]
fn providers_write_numbers_in_many_ways() {
    let numbers = plan("32", "", "");
    for (text, expected) in [
        ("+32 2 555 12 34", Some("+3225551234")),
        ("003225551234", Some("+3225551234")),
        ("3225551234", Some("+3225551234")),
        ("025551234", Some("+3225551234")),
        ("25551234", None),
        ("1234", None),
        ("anonymous", None),
        ("", None),
        ("+", None),
        ("+0123456", None),
    ] {
        assert_eq!(e164_of_provider(&numbers, text).as_deref(), expected, "{text}");
    }
    assert_eq!(e164_of_provider(&plan("1", "", ""), "2125551234").as_deref(), Some("+12125551234"));
    assert_eq!(e164_of_provider(&plan("1", "", ""), "12125551234").as_deref(), Some("+12125551234"));
    assert_eq!(e164_of_provider(&plan("34", "", ""), "912345678").as_deref(), Some("+34912345678"));
}

fn plans() -> impl Strategy<Value = Numbers> {
    let countries =
        prop::sample::select(vec![("32", ""), ("33", ""), ("49", "30"), ("34", ""), ("1", "212"), ("7", "495")]);
    (countries, prop::sample::select(vec!["", "0", "9"]))
        .prop_map(|((country, area), outside)| plan(country, area, outside))
}

fn e164() -> impl Strategy<Value = String> {
    let code = prop::sample::select(vec!["32", "33", "49", "34", "1", "7", "44", "351", "881"]);
    (code, "[0-9]{6,11}").prop_map(|(code, rest)| format!("+{code}{rest}"))
}

proptest! {
    #[test]
    fn what_is_written_for_a_phone_reads_back(numbers in plans(), e164 in e164()) {
        let dialled = as_dialled_here(&numbers, &e164);
        let number = read(&numbers, &dialled, WrittenBy::Phone).expect("it reads back");
        prop_assert_eq!(number.e164.as_ref(), Some(&e164), "{}", dialled);
        prop_assert_eq!(read(&numbers, &e164, WrittenBy::Phone), Ok(number));
    }

    #[test]
    fn what_is_written_for_a_provider_reads_back(numbers in plans(), e164 in e164()) {
        let number = read(&numbers, &e164, WrittenBy::Rule).expect("it is one");
        for form in [NumberForm::E164, NumberForm::International, NumberForm::National, NumberForm::AsDialled] {
            let text = written(&numbers, &number, form, 0, "");
            let again = read(&numbers, &text, WrittenBy::Rule).expect("it reads back");
            prop_assert_eq!(again.e164.as_ref(), Some(&e164), "{:?} {}", form, text);
        }
        let digits = written(&numbers, &number, NumberForm::Digits, 0, "");
        prop_assert_eq!(format!("+{digits}"), e164);
    }

    #[test]
    fn any_text_is_read_or_refused(numbers in plans(), text in "\\PC{0,80}|[0-9+*#]{0,40}") {
        for by in [WrittenBy::Phone, WrittenBy::Rule] {
            if let Ok(number) = read(&numbers, &text, by) {
                prop_assert!(number.e164.is_none_or(|e164| config::number::is_e164(&e164)));
            }
        }
        let _ = emergency(&numbers, &text);
        prop_assert!(e164_of_provider(&numbers, &text).is_none_or(|e164| config::number::is_e164(&e164)));
        let _ = as_dialled_here(&numbers, &text);
    }
}
