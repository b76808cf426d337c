//! Numbers as providers write them: what the dial plan knows of it, with what a trunk says of itself.

use config::number::is_e164;
use config::{NumberForm, NumberKind, Numbers, Trunk};
use dialplan::OutsideNumber;

/// A number that a trunk's provider sent, in E.164; none where it cannot be told.
pub(super) fn e164(numbers: &Numbers, trunk: &Trunk, text: &str) -> Option<String> {
    // A provider that wants numbers without anything before them sends them so, also those of other countries.
    let bare = || Some(format!("+{text}")).filter(|e164| text.len() >= WHOLE_MIN && is_e164(e164));
    let zero = text.starts_with('0'); // no country's code: it is written in another way
    if trunk.number_form == NumberForm::Digits
        && !zero
        && let Some(e164) = bare()
    {
        return Some(e164);
    }
    dialplan::e164_of_provider(numbers, text)
}

/// One of our own numbers as a trunk's provider wants it.
pub(super) fn written(numbers: &Numbers, trunk: &Trunk, number: &str) -> String {
    if !is_e164(number) {
        return number.to_owned();
    }
    let form = match trunk.number_form {
        NumberForm::AsDialled => NumberForm::E164, // nobody dialled it
        form => form,
    };
    let number =
        OutsideNumber { e164: Some(number.to_owned()), dialled: number.to_owned(), kind: NumberKind::National };
    dialplan::written(numbers, &number, form, 0, "")
}

/// Shorter ones lack their country.
const WHOLE_MIN: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_wants_bare_digits_sends_them() {
        let numbers = Numbers::of("32".to_owned());
        let mut trunk = crate::trunk::tests::trunk("a");
        assert_eq!(e164(&numbers, &trunk, "025551234").as_deref(), Some("+3225551234"));
        assert_eq!(e164(&numbers, &trunk, "anonymous"), None);
        trunk.number_form = NumberForm::Digits;
        assert_eq!(e164(&numbers, &trunk, "33123456789").as_deref(), Some("+33123456789"));
        assert_eq!(e164(&numbers, &trunk, "025551234").as_deref(), Some("+3225551234"));
        assert_eq!(written(&numbers, &trunk, "+3225551234"), "3225551234");
        trunk.number_form = NumberForm::AsDialled;
        assert_eq!(written(&numbers, &trunk, "+3225551234"), "+3225551234");
        assert_eq!(written(&numbers, &trunk, "112"), "112");
    }
}
