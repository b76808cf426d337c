//! What countries' numbers look like: calling codes, and the beginnings that `[numbers]` takes where it
//! says nothing itself.

/// Calling codes of two digits (ITU-T E.164, list of assigned country codes).
const TWO: [u8; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];
/// Of these two digits, a third belongs to the code.
const THREE: [u8; 20] = [21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88];
const THREE_MORE: [u8; 4] = [96, 97, 98, 99];

/// Is it `+` and a calling code? Behind `+1` an area code may stand, for a score of countries share `1`.
pub fn is_calling_code(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    if !digits.bytes().all(|octet| octet.is_ascii_digit()) || digits.len() > 4 {
        return false;
    }
    let two = digits.get(..2).and_then(|two| two.parse::<u8>().ok());
    match (digits.len(), two) {
        (1, _) => digits == "1" || digits == "7",
        // Iran alone has two digits among the nineties that end in 6 to 9.
        (2, Some(two)) => TWO.contains(&two) || two == 98,
        (3, Some(two)) => two != 98 && (THREE.contains(&two) || THREE_MORE.contains(&two)),
        // North American area codes begin with 2 to 9.
        (4, _) => digits.starts_with('1') && !digits[1..].starts_with(['0', '1']),
        _ => false,
    }
}

/// How one country numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    code: &'static str,
    pub national_prefix: &'static str,
    pub international_prefix: &'static str,
    pub mobile: &'static [&'static str],
    pub premium: &'static [&'static str],
    pub free: &'static [&'static str],
}

/// Of a country that is not in the table: the prefixes that ITU-T E.164 recommends.
const ANY: Plan =
    Plan { code: "", national_prefix: "0", international_prefix: "00", mobile: &[], premium: &[], free: &[] };

/// Each as its regulator's numbering plan says.
const PLANS: &[Plan] = &[
    Plan {
        code: "1",
        national_prefix: "1",
        international_prefix: "011",
        premium: &["+1900", "+1976"],
        free: &["+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888"],
        ..ANY
    },
    Plan {
        code: "7",
        national_prefix: "8",
        international_prefix: "810",
        mobile: &["+79"],
        premium: &["+7803", "+7809"],
        free: &["+7800"],
    },
    Plan { code: "31", mobile: &["+316"], premium: &["+31900", "+31906", "+31909", "+3118"], free: &["+31800"], ..ANY },
    Plan {
        code: "32",
        // 04 alone is also the area of Liège.
        mobile: &["+3245", "+3246", "+3247", "+3248", "+3249"],
        premium: &["+3270", "+3290"],
        free: &["+32800"],
        ..ANY
    },
    Plan {
        code: "33",
        mobile: &["+336", "+337"],
        premium: &["+33118", "+3382", "+3389"],
        free: &["+33800", "+33801", "+33802", "+33803", "+33804", "+33805"],
        ..ANY
    },
    Plan {
        code: "34",
        national_prefix: "",
        mobile: &["+346", "+3471", "+3472", "+3473", "+3474"],
        premium: &["+34118", "+34803", "+34806", "+34807", "+34905"],
        free: &["+34800", "+34900"],
        ..ANY
    },
    Plan {
        code: "39",
        national_prefix: "",
        mobile: &["+393"],
        premium: &["+3989"],
        free: &["+39800", "+39803"],
        ..ANY
    },
    Plan {
        code: "41",
        mobile: &["+4175", "+4176", "+4177", "+4178", "+4179"],
        premium: &["+41900", "+41901", "+41906"],
        free: &["+41800"],
        ..ANY
    },
    Plan {
        code: "43",
        mobile: &["+4365", "+4366", "+4367", "+4368", "+4369"],
        premium: &["+43900", "+43901", "+43930", "+43931", "+43939"],
        free: &["+43800"],
        ..ANY
    },
    Plan {
        code: "44",
        mobile: &["+4471", "+4472", "+4473", "+4474", "+4475", "+4477", "+4478", "+4479"],
        premium: &["+44118", "+4470", "+4484", "+4487", "+449"],
        free: &["+44800", "+44808"],
        ..ANY
    },
    Plan {
        code: "49",
        mobile: &["+4915", "+4916", "+4917"],
        premium: &["+49118", "+49137", "+49900"],
        free: &["+49800"],
        ..ANY
    },
    Plan {
        code: "352",
        national_prefix: "",
        mobile: &["+3526"],
        premium: &["+352900", "+352901", "+352905"],
        free: &["+352800"],
        ..ANY
    },
];

/// The plan of a country by its calling code, without `+`.
pub(crate) fn plan(code: &str) -> Plan {
    PLANS.iter().copied().find(|plan| plan.code == code).unwrap_or(ANY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::is_prefix;

    #[test]
    fn calling_codes_are_told_from_other_beginnings() {
        for good in ["+1", "+7", "+32", "+33", "+98", "+352", "+998", "+1876", "+212"] {
            assert!(is_calling_code(good), "{good}");
        }
        for bad in ["", "+", "33", "+3", "+2", "+21", "+35", "+322", "+980", "+1011", "+0", "+3x", "+33555"] {
            assert!(!is_calling_code(bad), "{bad}");
        }
    }

    #[test]
    fn every_beginning_of_a_plan_lies_in_its_country() {
        for plan in PLANS {
            assert!(is_calling_code(&format!("+{}", plan.code)), "{plan:?}");
            for prefix in plan.mobile.iter().chain(plan.premium).chain(plan.free) {
                assert!(is_prefix(prefix) && prefix[1..].starts_with(plan.code), "{prefix}");
            }
        }
        assert_eq!(plan("99999").international_prefix, "00");
    }
}
