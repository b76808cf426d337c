//! What calls cost, by the beginning of the number: `+32 2.5`.

use std::fmt;
use std::str::FromStr;

use crate::number::is_prefix;

/// The price of a minute to numbers that begin alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// `+` and up to fifteen digits; `+` alone stands for all.
    pub prefix: String,
    /// Thousandths of a hundredth of the currency, a minute: `2.5` is 2,500.
    pub a_minute: u32,
}

/// Why text is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a number's beginning and hundredths a minute, \"+32 2.5\"")]
pub struct NotAPrice;

/// Thousandths of a hundredth in one hundredth.
const UNIT: u32 = 1_000;
/// The dearest minute that can be written, hundredths.
const DEAREST: u32 = 100_000;

impl Price {
    /// Reads `+32 2.5`: up to three places behind the point, at most 100,000 hundredths.
    pub fn parse(text: &str) -> Result<Self, NotAPrice> {
        let (prefix, amount) = text.split_once(' ').ok_or(NotAPrice)?;
        if prefix != "+" && !is_prefix(prefix) {
            return Err(NotAPrice);
        }
        Ok(Price { prefix: prefix.to_owned(), a_minute: thousandths(amount).ok_or(NotAPrice)? })
    }

    /// What so many seconds cost, hundredths, rounded up.
    pub fn cost(&self, seconds: u32) -> u32 {
        let cost = (u64::from(self.a_minute) * u64::from(seconds)).div_ceil(u64::from(UNIT) * 60);
        u32::try_from(cost).unwrap_or(u32::MAX)
    }

    /// The price with the longest beginning of a number in E.164.
    pub fn of<'p>(prices: impl IntoIterator<Item = &'p Price>, number: &str) -> Option<&'p Price> {
        prices.into_iter().filter(|price| number.starts_with(&price.prefix)).max_by_key(|price| price.prefix.len())
    }
}

fn thousandths(amount: &str) -> Option<u32> {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str, max| (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole, 6) || !digits(part, 3) {
        return None;
    }
    let part = part.parse::<u32>().ok()? * 10_u32.pow(3 - u32::try_from(part.len()).ok()?);
    let sum = whole.parse::<u32>().ok()?.checked_mul(UNIT)? + part;
    (sum <= DEAREST * UNIT).then_some(sum)
}

impl FromStr for Price {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, NotAPrice> {
        Price::parse(text)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:03}", self.a_minute % UNIT);
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        write!(f, "{} {}{point}{part}", self.prefix, self.a_minute / UNIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_reads_back_as_it_prints_and_rounds_up() {
        for text in ["+32 2.5", "+ 10", "+3247 0", "+1 0.125", "+33 100000"] {
            assert_eq!(Price::parse(text).unwrap().to_string(), text);
        }
        for text in
            ["", "+32", "32 2", "+32 ", "+32 2.", "+32 .5", "+32 1.2345", "+32 -1", "+32 100000.001", "+32  1", "+3x 1"]
        {
            assert!(Price::parse(text).is_err(), "{text}");
        }
        let price = Price::parse("+32 2.5").unwrap();
        assert_eq!([0, 1, 24, 25, 60, 3600].map(|seconds| price.cost(seconds)), [0, 1, 1, 2, 3, 150]);
        assert_eq!(Price::parse("+ 100000").unwrap().cost(u32::MAX), u32::MAX);
    }

    #[test]
    fn the_longest_beginning_counts() {
        let prices = ["+ 50", "+32 2", "+3247 9"].map(|text| Price::parse(text).unwrap());
        let cost = |number| Price::of(&prices, number).map(|price| price.cost(60));
        assert_eq!(
            [cost("+32470000001"), cost("+3225551234"), cost("+331"), cost("112")],
            [Some(9), Some(2), Some(50), None]
        );
    }
}
