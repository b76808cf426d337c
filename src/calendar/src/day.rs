//! A calendar day as a number, so that "three weeks later" is an addition.

use jiff::civil::Date;

/// A day of the Gregorian calendar with its parts at hand; ordered and counted by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day {
    /// Days since 1970-01-01.
    pub number: i32,
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Day {
    pub fn of(date: Date) -> Day {
        let (year, month, day) = (date.year(), date.month().unsigned_abs(), date.day().unsigned_abs());
        Day { number: number(year, month, day), year, month, day }
    }

    /// The day of that number. Days beyond the years −9999 to 9999 are taken for the last one within.
    pub fn at(number: i32) -> Day {
        let number = number.clamp(FIRST, LAST);
        // The count of days runs in eras of 400 years that begin on 1 March, so that a leap day is the last.
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        Day { number, year: year as i16, month: month as u8, day: day as u8 }
    }

    pub fn plus(self, days: i32) -> Day {
        Day::at(self.number.saturating_add(days))
    }

    pub fn date(self) -> Date {
        Date::new(self.year, self.month as i8, self.day as i8).expect("only real days are made")
    }

    /// 0 for Monday to 6 for Sunday.
    pub fn weekday(self) -> u8 {
        weekday(self.number)
    }

    /// Month and day as one number that orders them within a year.
    pub fn of_year(self) -> (u8, u8) {
        (self.month, self.day)
    }
}

/// Days since 1970-01-01; month and day need not be real, then it is the day so many on.
pub(crate) fn number(year: i16, month: u8, day: u8) -> i32 {
    let year = i32::from(year) - i32::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = (i32::from(month) + 9) % 12;
    let of_year = (153 * march_month + 2) / 5 + i32::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// 0 for Monday to 6 for Sunday: 1970-01-01 was a Thursday.
pub(crate) fn weekday(number: i32) -> u8 {
    (number + 3).rem_euclid(7) as u8
}

pub(crate) fn leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month, 1 to 12.
pub(crate) fn days_in(year: i16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// −9999-01-01 and 9999-12-31, the years that dates here can have.
const FIRST: i32 = -4_371_587;
const LAST: i32 = 2_932_896;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    #[test]
    fn numbers_and_dates_agree_with_the_library_over_a_leap_cycle() {
        let mut at = date(1999, 12, 31);
        let mut number = Day::of(at).number;
        assert_eq!(Day::of(date(1970, 1, 1)).number, 0);
        while at < date(2105, 1, 1) {
            let day = Day::of(at);
            assert_eq!(day.number, number);
            assert_eq!(Day::at(number), day);
            assert_eq!(day.date(), at);
            assert_eq!(i16::from(day.weekday()), i16::from(at.weekday().since(Weekday::Monday)));
            assert_eq!(i16::from(days_in(day.year, day.month)), i16::from(at.days_in_month()));
            at = at.tomorrow().unwrap();
            number += 1;
        }
    }

    #[test]
    fn the_ends_of_time_are_walls() {
        assert_eq!(Day::of(date(-9999, 1, 1)).number, FIRST);
        assert_eq!(Day::of(date(9999, 12, 31)).number, LAST);
        assert_eq!(Day::at(i32::MAX).date(), date(9999, 12, 31));
        assert_eq!(Day::at(i32::MIN).date(), date(-9999, 1, 1));
    }
}
