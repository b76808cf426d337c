//! What sort of number it is: whose rights and whose money it asks for.

use config::{NumberKind, Numbers};

/// Codes of the whole world that cost what nobody can tell: satellites, networks of no country, premium rate
/// (ITU-T E.164 list of assigned country codes), and the two that do not.
const WORLD: [(&str, NumberKind); 9] = [
    ("+800", NumberKind::Free),
    ("+808", NumberKind::International),
    ("+870", NumberKind::Premium),
    ("+878", NumberKind::Premium),
    ("+881", NumberKind::Premium),
    ("+882", NumberKind::Premium),
    ("+883", NumberKind::Premium),
    ("+888", NumberKind::Premium),
    ("+979", NumberKind::Premium),
];

/// Areas that share the calling code 1 without being the United States or Canada (NANPA area code list): other
/// countries, at other prices, and fraud's favourite.
const ISLANDS: [&str; 27] = [
    "242", "246", "264", "268", "284", "340", "345", "441", "473", "649", "658", "664", "670", "671", "684", "721",
    "758", "767", "784", "787", "809", "829", "849", "868", "869", "876", "939",
];

/// The kind of a number in E.164. The longest beginning among the document's lists and the world's codes counts, then
/// the country.
pub fn kind_of(numbers: &Numbers, e164: &str) -> NumberKind {
    listed(numbers, e164).unwrap_or_else(|| match calling_code_matches(&numbers.country_code, e164) {
        true => NumberKind::National,
        false => NumberKind::International,
    })
}

/// The kind of a short number. It is looked up with the calling code before it; one that no list names may cost
/// anything.
pub(super) fn kind_of_short(numbers: &Numbers, digits: &str) -> NumberKind {
    // Harmonised services of social value are free of charge (Commission Decision 2007/116/EC).
    let in_europe = numbers.country_code.starts_with(['3', '4']);
    let is_social = in_europe && digits.len() == 6 && digits.starts_with("116");
    listed(numbers, &format!("+{}{digits}", numbers.country_code)).unwrap_or(match is_social {
        true => NumberKind::Free,
        false => NumberKind::Premium,
    })
}

/// Does a number belong to a calling code, `33` or `+33`? A longer beginning may be given; `1` alone is the United
/// States and Canada, not the islands.
pub fn calling_code_matches(code: &str, e164: &str) -> bool {
    let code = code.trim_start_matches('+');
    let Some(rest) = e164.strip_prefix('+').and_then(|digits| digits.strip_prefix(code)) else { return false };
    code != "1" || !rest.get(..3).is_some_and(|area| ISLANDS.contains(&area))
}

fn listed(numbers: &Numbers, e164: &str) -> Option<NumberKind> {
    let lists = [
        (&numbers.free, NumberKind::Free),
        (&numbers.mobile, NumberKind::Mobile),
        // Last, so that it wins where two say the same: the dear reading is the safe one.
        (&numbers.premium, NumberKind::Premium),
    ];
    let own = lists.into_iter().flat_map(|(list, kind)| list.iter().map(move |prefix| (prefix.as_str(), kind)));
    let known = WORLD.into_iter().chain(own).filter(|(prefix, _)| e164.starts_with(prefix));
    known.max_by_key(|(prefix, _)| prefix.len()).map(|(_, kind)| kind)
}
