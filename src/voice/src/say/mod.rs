//! Grammar: what to play, in which order, to say a number, a date, a time, an amount.
//!
//! Each function returns names of recordings; [`crate::sound`] has each of them in the language asked for.

mod amount;
mod calendar;
mod number;
mod spell;

pub use amount::{amount, count, duration};
pub use calendar::{date, time, year};
pub use number::{NUMBER_MAX, number, ordinal};
pub use spell::{digits, letters};

/// The names of recordings to play one after the other.
pub type Words = Vec<&'static str>;

/// The form a number takes from the noun it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Alone: *eins*, *uno*, *один*.
    Counting,
    /// Before a masculine noun: *ein*, *un*, *один*.
    Masculine,
    /// Before a feminine noun: *eine*, *una*, *одна*.
    Feminine,
    /// Before a neuter noun: *ein*, *одно*.
    Neuter,
}

#[cfg(test)]
mod tests;
