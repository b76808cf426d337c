//! Numbers as providers and phones want them written, and the way back from providers.

use config::number::is_e164;
use config::{NumberForm, Numbers};

use super::{OutsideNumber, behind};

/// A number as a provider wants it. A short number is the same in every form. `strip` digits are taken off, and
/// `prepend` put before it, where the form is [`NumberForm::AsDialled`].
pub fn written(numbers: &Numbers, number: &OutsideNumber, form: NumberForm, strip: u8, prepend: &str) -> String {
    let Some(e164) = &number.e164 else {
        return if form == NumberForm::AsDialled {
            edited(&number.dialled, strip, prepend)
        } else {
            number.dialled.clone()
        };
    };
    let digits = e164.trim_start_matches('+');
    match form {
        NumberForm::E164 => e164.clone(),
        NumberForm::Digits => digits.to_owned(),
        NumberForm::International => format!("{}{digits}", numbers.international_prefix),
        NumberForm::National => national(numbers, e164),
        NumberForm::AsDialled => edited(&number.dialled, strip, prepend),
    }
}

fn edited(dialled: &str, strip: u8, prepend: &str) -> String {
    format!("{prepend}{}", dialled.get(usize::from(strip)..).unwrap_or_default())
}

/// As it is dialled here, without the outside prefix: the short form at home, the long one abroad.
pub(crate) fn national(numbers: &Numbers, e164: &str) -> String {
    let digits = e164.trim_start_matches('+');
    let home = digits.strip_prefix(&*numbers.country_code).map(|rest| format!("{}{rest}", numbers.national_prefix));
    // A national number that reads as something else is written out in full.
    home.filter(|home| behind(home, &numbers.international_prefix).is_none())
        .filter(|home| !numbers.national_prefix.is_empty() || home.len() >= 7)
        .unwrap_or_else(|| format!("{}{digits}", numbers.international_prefix))
}

/// What a phone here dials to reach a number in E.164, the outside prefix included.
pub fn as_dialled_here(numbers: &Numbers, e164: &str) -> String {
    match is_e164(e164) {
        true => format!("{}{}", numbers.outside_prefix, national(numbers, e164)),
        false => e164.to_owned(),
    }
}

/// A number as a provider sent it, in E.164: `+32…`, `0032…`, `02…`, and `322…` without anything before it. None:
/// it cannot be told.
pub fn e164_of_provider(numbers: &Numbers, text: &str) -> Option<String> {
    let text = super::normalised(text);
    let digits = text.strip_prefix('+').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let with_code = digits.starts_with(&*numbers.country_code) && digits.len() >= numbers.country_code.len() + 8;
    let e164 = if text.starts_with('+') {
        text
    } else if let Some(abroad) = behind(digits, &numbers.international_prefix) {
        format!("+{abroad}")
    } else if with_code && (numbers.national_prefix.is_empty() || !digits.starts_with(&*numbers.national_prefix)) {
        format!("+{digits}")
    } else if let Some(national) = behind(digits, &numbers.national_prefix) {
        format!("+{}{national}", numbers.country_code)
    } else if numbers.country_code == "1" && digits.len() == 10 {
        format!("+1{digits}")
    } else if numbers.national_prefix.is_empty() && digits.len() >= 7 {
        format!("+{}{digits}", numbers.country_code)
    } else {
        return None;
    };
    is_e164(&e164).then_some(e164)
}
