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
}
