//! Things that are counted, their gender and their plural in each language; currencies.

use crate::Language;
use crate::say::Form;

/// A thing that can be counted aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing {
    /// An hour of a duration.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
    /// A day.
    Day,
    /// A voice message not yet heard.
    NewMessage,
    /// A voice message kept.
    SavedMessage,
    /// Somebody who waits.
    Caller,
    /// Somebody in a conference.
    Participant,
    /// EUR.
    Euro,
    /// A hundredth of EUR.
    EuroCent,
    /// USD.
    Dollar,
    /// A hundredth of USD.
    DollarCent,
    /// GBP.
    Pound,
    /// A hundredth of GBP.
    Penny,
    /// RUB.
    Rouble,
    /// A hundredth of RUB.
    Kopeck,
}

impl Thing {
    /// All of them.
    pub const ALL: [Thing; 16] = [
        Thing::Hour,
        Thing::Minute,
        Thing::Second,
        Thing::Day,
        Thing::NewMessage,
        Thing::SavedMessage,
        Thing::Caller,
        Thing::Participant,
        Thing::Euro,
        Thing::EuroCent,
        Thing::Dollar,
        Thing::DollarCent,
        Thing::Pound,
        Thing::Penny,
        Thing::Rouble,
        Thing::Kopeck,
    ];

    /// The name of the recording for `plural`; [`Plural::Few`] exists in Russian only.
    pub fn key(self, plural: Plural) -> &'static str {
        let [one, few, other] = self.keys();
        match plural {
            Plural::One => one,
            Plural::Few => few,
            Plural::Other => other,
        }
    }

    fn keys(self) -> [&'static str; 3] {
        match self {
            Thing::Hour => ["hour-one", "hour-few", "hour-other"],
            Thing::Minute => ["minute-one", "minute-few", "minute-other"],
            Thing::Second => ["second-one", "second-few", "second-other"],
            Thing::Day => ["day-one", "day-few", "day-other"],
            Thing::NewMessage => ["new-message-one", "new-message-few", "new-message-other"],
            Thing::SavedMessage => ["saved-message-one", "saved-message-few", "saved-message-other"],
            Thing::Caller => ["caller-one", "caller-few", "caller-other"],
            Thing::Participant => ["participant-one", "participant-few", "participant-other"],
            Thing::Euro => ["euro-one", "euro-few", "euro-other"],
            Thing::EuroCent => ["euro-cent-one", "euro-cent-few", "euro-cent-other"],
            Thing::Dollar => ["dollar-one", "dollar-few", "dollar-other"],
            Thing::DollarCent => ["dollar-cent-one", "dollar-cent-few", "dollar-cent-other"],
            Thing::Pound => ["pound-one", "pound-few", "pound-other"],
            Thing::Penny => ["penny-one", "penny-few", "penny-other"],
            Thing::Rouble => ["rouble-one", "rouble-few", "rouble-other"],
            Thing::Kopeck => ["kopeck-one", "kopeck-few", "kopeck-other"],
        }
    }

    /// The form a number takes before the thing.
    pub fn form(self, language: Language) -> Form {
        use Thing::{Day, Hour, Kopeck, Minute, NewMessage, Pound, SavedMessage, Second};
        match (language, self) {
            (Language::En | Language::Nl, _) => Form::Counting,
            (Language::Fr, Hour | Minute | Second | Pound) => Form::Feminine,
            (Language::De, Hour | Minute | Second | NewMessage | SavedMessage | Kopeck) => Form::Feminine,
            (Language::De, Pound) => Form::Neuter,
            (Language::Es, Hour | Pound) => Form::Feminine,
            (Language::Ru, Minute | Second | Kopeck) => Form::Feminine,
            (Language::Ru, NewMessage | SavedMessage) => Form::Neuter,
            (Language::Fr, NewMessage | SavedMessage | Kopeck | Day)
            | (Language::De, Day)
            | (Language::Es, Day | Minute | Second | NewMessage | SavedMessage | Kopeck)
            | (Language::Ru, Hour | Pound | Day)
            | (_, Thing::Caller | Thing::Participant)
            | (_, Thing::Euro | Thing::EuroCent | Thing::Dollar | Thing::DollarCent | Thing::Penny | Thing::Rouble) => {
                Form::Masculine
            }
        }
    }
}

/// The forms of a noun beside a number (after Unicode's plural rules for whole numbers).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Plural {
    /// 1; in French 0 too; in Russian whatever ends in 1 but not in 11.
    One,
    /// Russian: ends in 2, 3 or 4 but not in 12, 13 or 14.
    Few,
    /// The rest.
    Other,
}

impl Plural {
    /// The form that goes with `n`.
    pub fn of(language: Language, n: u64) -> Plural {
        match (language, n % 10, n % 100) {
            (Language::Ru, 1, last) if last != 11 => Plural::One,
            (Language::Ru, 2..=4, last) if !(12..=14).contains(&last) => Plural::Few,
            (Language::Ru, ..) => Plural::Other,
            (Language::Fr, ..) if n == 0 => Plural::One,
            _ if n == 1 => Plural::One,
            _ => Plural::Other,
        }
    }
}

/// A currency of a hundred smaller coins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Currency {
    /// EUR.
    Euro,
    /// USD.
    Dollar,
    /// GBP.
    Pound,
    /// RUB.
    Rouble,
}

impl Currency {
    /// All of them.
    pub const ALL: [Currency; 4] = [Currency::Euro, Currency::Dollar, Currency::Pound, Currency::Rouble];

    /// The three letters of ISO 4217.
    pub fn code(self) -> &'static str {
        match self {
            Currency::Euro => "EUR",
            Currency::Dollar => "USD",
            Currency::Pound => "GBP",
            Currency::Rouble => "RUB",
        }
    }

    /// The currency of a code of ISO 4217, in letters of any size.
    pub fn from_code(code: &str) -> Option<Currency> {
        Currency::ALL.into_iter().find(|currency| currency.code().eq_ignore_ascii_case(code))
    }

    pub(crate) fn major(self) -> Thing {
        match self {
            Currency::Euro => Thing::Euro,
            Currency::Dollar => Thing::Dollar,
            Currency::Pound => Thing::Pound,
            Currency::Rouble => Thing::Rouble,
        }
    }

    pub(crate) fn minor(self) -> Thing {
        match self {
            Currency::Euro => Thing::EuroCent,
            Currency::Dollar => Thing::DollarCent,
            Currency::Pound => Thing::Penny,
            Currency::Rouble => Thing::Kopeck,
        }
    }
}
