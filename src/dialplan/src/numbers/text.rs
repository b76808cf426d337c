//! What was dialled, freed of what only the eye needs.

/// The longest number looked at, in characters; E.164 has 15 digits, prefixes and codes come on top.
pub const NUMBER_MAX: usize = 64;

/// `dialled` without the visual separators of RFC 3966 §5.1.1 (`-`, `.`, `(`, `)`) and blanks.
///
/// Percent escapes are expected to be undone already. Everything else stays, so that a name or a
/// foreign character is refused as itself and not taken for a number by accident.
pub fn normalised(dialled: &str) -> String {
    dialled.chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')') && !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn separators_go_and_the_rest_stays() {
        for (dialled, number) in [
            ("101", "101"),
            ("1-0.1", "101"),
            ("(0470) 00 00-01", "0470000001"),
            ("+32 470 00.00.01", "+32470000001"),
            ("*43", "*43"),
            ("#9", "#9"),
            ("anna", "anna"),
            ("10١", "10١"),
            (" \t", ""),
        ] {
            assert_eq!(normalised(dialled), number);
        }
    }
}
