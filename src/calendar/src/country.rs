//! Public holidays, computed from the law of each country: fixed days, Easter and what hangs on it, the n-th weekday.
//!
//! Owns the rules since 2020. What a government decrees year by year is not in the table: the transfers of Spanish
//! communities and of the Russian production calendar, Belgian bridge days, single days of national mourning to come.
//! Such days are closed or opened by a [`crate::DayRule`] or a dated [`crate::Period`].

mod feast;
mod north;
mod overseas;
mod south;
mod west;

use core::fmt;
use core::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use feast::{easter, orthodox_easter};

use crate::day::Day;
use feast::{Feast, Moving};

/// A country, or the part of one that has holidays of its own.
///
/// Written as two letters and, where it matters, the region: "nl", "de-by", "gb-sct" (also "uk-sct"), "es-md",
/// "fr-57". Regions are those of ISO 3166-2, departments in France.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(&'static Land);

/// One line of the table.
pub(crate) struct Land {
    code: &'static str,
    title: &'static str,
    feasts: &'static [&'static [Feast]],
    moving: Moving,
}

impl Country {
    /// Every country and region in the table, in the order of its pages.
    pub fn all() -> impl Iterator<Item = Country> {
        LANDS.iter().flat_map(|lands| lands.iter()).map(Country)
    }

    /// Lower-case code: "de-by".
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// Its name in its own language: "Deutschland: Bayern".
    pub fn title(&self) -> &'static str {
        self.0.title
    }
}

/// A public holiday.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Holiday {
    /// The day.
    #[serde(serialize_with = "as_text")]
    pub date: Date,
    /// Its name in the country's own language (Belgium: Dutch), with a note where it stands for another day.
    pub name: String,
}

fn as_text<S: serde::Serializer>(date: &Date, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(date)
}

/// The public holidays of a year, by date. A day that falls on a weekend is listed on its own date; where the law
/// gives another day for it, that day is listed too.
///
/// Days of years before 2020 follow the rules of today; years beyond −9999 to 9999 have none.
pub fn holidays(country: Country, year: i16) -> Vec<Holiday> {
    if !(-9999..=9999).contains(&year) {
        return Vec::new();
    }
    let days = feast::of_year(country.0.feasts, country.0.moving, year);
    days.into_iter().map(|(day, name)| Holiday { date: Day::at(day).date(), name }).collect()
}

impl PartialEq for Country {
    fn eq(&self, other: &Country) -> bool {
        self.code() == other.code()
    }
}

impl Eq for Country {}

impl fmt::Debug for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Country({})", self.code())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code())
    }
}

/// The text names no country of the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{code}`: expected a country such as nl, or with its region such as de-by or gb-sct")]
pub struct CountryError {
    /// What was read.
    pub code: String,
}

impl FromStr for Country {
    type Err = CountryError;

    fn from_str(text: &str) -> Result<Country, CountryError> {
        let code = text.trim().to_ascii_lowercase();
        // "uk" is reserved for the United Kingdom in ISO 3166-1, and what most people write.
        let code = match code.strip_prefix("uk") {
            Some(region) if region.is_empty() || region.starts_with('-') => format!("gb{region}"),
            _ => code,
        };
        let found = Country::all().find(|country| country.code() == code);
        found.ok_or_else(|| CountryError { code: code.chars().take(20).collect() })
    }
}

impl TryFrom<String> for Country {
    type Error = CountryError;
    fn try_from(text: String) -> Result<Country, CountryError> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> String {
        country.code().to_owned()
    }
}

const LANDS: [&[Land]; 4] = [west::LANDS, overseas::LANDS, south::LANDS, north::LANDS];

#[cfg(test)]
mod tests;
