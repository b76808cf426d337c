//! What may be dialled: numbers, feature codes, and the emergency numbers that nobody may take.

/// Numbers that handsets treat as emergency calls wherever they are (3GPP TS 22.101 §10.1.1), and
/// those of the larger countries. They are never an extension, a ring group or a feature code.
pub const EMERGENCY_NUMBERS: [&str; 10] = ["000", "08", "110", "111", "112", "113", "118", "119", "911", "999"];

/// Is this an emergency number?
pub fn is_emergency(number: &str) -> bool {
    EMERGENCY_NUMBERS.contains(&number)
}

/// Digits only, 2–10 of them.
pub fn is_internal_number(number: &str) -> bool {
    (2..=10).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// `*` or `#`, then 1–7 of the keys 0–9, `*` and `#`.
pub fn is_feature_code(code: &str) -> bool {
    (2..=8).contains(&code.len())
        && code.starts_with(['*', '#'])
        && code.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// A number in E.164: `+`, then 3–15 digits of which the first is not 0 (ITU-T E.164 §6).
pub fn is_e164(number: &str) -> bool {
    is_prefix(number) && number.len() >= 4
}

/// The beginning of a number in E.164: `+`, then 1–15 digits of which the first is not 0.
pub fn is_prefix(prefix: &str) -> bool {
    prefix.strip_prefix('+').is_some_and(|digits| {
        (1..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

/// What may be typed on a phone: 1–32 of the keys 0–9, `*` and `#`.
pub fn is_dialled(keys: &str) -> bool {
    (1..=32).contains(&keys.len()) && keys.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// Letters, digits, `-` and `_`: safe as part of a path and of an address.
pub fn is_word(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// A MAC address as the document keeps it: twelve hexadecimal digits, lower case. Read with `:`, `-` or `.`
/// between them too.
pub fn normal_mac(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !":-.".contains(*c)).map(|c| c.to_ascii_lowercase()).collect();
    (text.len() <= 17 && digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_two_to_ten_digits_and_a_code_begins_with_a_star_or_a_hash() {
        for good in ["10", "101", "0123456789"] {
            assert!(is_internal_number(good), "{good}");
        }
        for bad in ["", "1", "01234567890", "1o1", "+32", "*43", "١٠١"] {
            assert!(!is_internal_number(bad), "{bad}");
        }
        for good in ["*43", "#21", "**", "*21*"] {
            assert!(is_feature_code(good), "{good}");
        }
        for bad in ["", "*", "43", "*4a", "*12345678"] {
            assert!(!is_feature_code(bad), "{bad}");
        }
    }

    #[test]
    fn numbers_outside_are_told_by_their_plus() {
        for good in ["+3225551234", "+112", "+123456789012345"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in ["", "+", "+12", "+0123456", "3225551234", "+32 2", "+1234567890123456"] {
            assert!(!is_e164(bad), "{bad}");
        }
    }

    #[test]
    fn a_mac_address_has_one_spelling() {
        for text in ["001565AABBCC", "00:15:65:aa:bb:cc", "00-15-65-AA-BB-CC", "0015.65aa.bbcc"] {
            assert_eq!(normal_mac(text).as_deref(), Some("001565aabbcc"), "{text}");
        }
        for text in ["", "001565aabbc", "001565aabbcg", "001565aabbccd", "00:15:65:aa:bb:c", "::::::001565aabbcc"] {
            assert_eq!(normal_mac(text), None, "{text}");
        }
    }
}
