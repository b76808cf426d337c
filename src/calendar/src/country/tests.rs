use super::*;
use jiff::civil::date;

fn country(code: &str) -> Country {
    code.parse().unwrap()
}

/// Month and day of a year's holidays as the table's text has them.
fn days(code: &str, year: i16) -> String {
    let days = holidays(country(code), year);
    days.iter().map(|holiday| holiday.date.strftime("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
}

fn name_on(code: &str, on: Date) -> Option<String> {
    holidays(country(code), on.year()).into_iter().find(|holiday| holiday.date == on).map(|holiday| holiday.name)
}

#[test]
fn seven_years_are_the_published_lists() {
    // Country, year, then each day; from the governments' pages and compared with an independent calendar.
    for line in include_str!("known.txt").lines() {
        let (code, rest) = line.split_once(' ').unwrap();
        let (year, known) = rest.split_once(' ').unwrap();
        assert_eq!(days(code, year.parse().unwrap()), known, "{code} {year}");
    }
}

#[test]
fn easter_of_both_churches() {
    // Known Sundays, the earliest and the latest of the century among them.
    for (year, month, day) in [(2008, 3, 23), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)]
    {
        assert_eq!(easter(year), date(year, month, day));
    }
    for (year, month, day) in [(2023, 4, 16), (2024, 5, 5), (2025, 4, 20), (2026, 4, 12), (2027, 5, 2)] {
        assert_eq!(orthodox_easter(year), date(year, month, day));
    }
}

#[test]
fn days_that_move() {
    assert_eq!(name_on("nl", date(2025, 4, 26)).as_deref(), Some("Koningsdag"));
    assert_eq!(name_on("nl", date(2025, 4, 27)), None);
    assert_eq!(name_on("gb", date(2021, 12, 27)).as_deref(), Some("Christmas Day (substitute day)"));
    assert_eq!(name_on("gb", date(2021, 12, 28)).as_deref(), Some("Boxing Day (substitute day)"));
    assert_eq!(name_on("gb", date(2022, 12, 27)).as_deref(), Some("Christmas Day (substitute day)"));
    assert_eq!(name_on("gb", date(2020, 5, 4)), None);
    assert_eq!(
        name_on("gb-nir", date(2026, 7, 13)).as_deref(),
        Some("Battle of the Boyne (Orangemen’s Day) (substitute day)")
    );
    assert_eq!(name_on("us", date(2027, 12, 31)).as_deref(), Some("New Year’s Day (observed)"));
    assert_eq!(name_on("us", date(2026, 7, 3)).as_deref(), Some("Independence Day (observed)"));
    assert_eq!(name_on("ru", date(2026, 3, 9)).as_deref(), Some("Международный женский день (перенесённый выходной)"));
    assert_eq!(name_on("ru", date(2027, 1, 11)), None);
    assert_eq!(name_on("ie", date(2030, 2, 1)).as_deref(), Some("St Brigid’s Day"));
    assert_eq!(name_on("se", date(2026, 6, 20)).as_deref(), Some("Midsommardagen"));
    assert_eq!(name_on("de-sn", date(2026, 11, 18)).as_deref(), Some("Buß- und Bettag"));
    // Ascension and Labour Day on one day.
    assert_eq!(name_on("fr", date(2008, 5, 1)).as_deref(), Some("Fête du Travail, Ascension"));
}

#[test]
fn codes_read_and_print() {
    assert_eq!(country("UK-SCT").code(), "gb-sct");
    assert_eq!(country("uk"), country("gb"));
    for listed in Country::all() {
        assert_eq!(country(listed.code()), listed);
    }
    let error = "de-xx".parse::<Country>().unwrap_err().to_string();
    assert_eq!(error, "`de-xx`: expected a country such as nl, or with its region such as de-by or gb-sct");
    assert!("ukraine".parse::<Country>().is_err());
}

#[test]
fn every_year_has_its_days_in_order_and_once() {
    for listed in Country::all() {
        for year in [i16::MIN, -9999, 0, 1999, 2000, 2100, 9999, i16::MAX] {
            let days = holidays(listed, year);
            assert!(days.windows(2).all(|pair| pair[0].date < pair[1].date), "{listed} {year}");
        }
    }
}
