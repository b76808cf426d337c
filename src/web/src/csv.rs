//! CSV for spreadsheets: RFC 4180, and no cell that a spreadsheet would take for a formula.

/// Appends a row.
pub(crate) fn row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (n, text) in cells.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        cell(out, text);
    }
    out.push_str("\r\n"); // RFC 4180 §2.1
}

fn cell(out: &mut String, text: &str) {
    out.push('"');
    // A cell that begins like this is a formula to spreadsheets, also when quoted; an apostrophe makes it text. So a
    // caller named `=HYPERLINK(…)` or a number `+32…` stays what it is.
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{feff}']).chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')) {
        out.push('\'');
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\"\""),
            // Line breaks inside cells are allowed, other control characters have no place.
            '\n' | '\r' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_quotes_stay_quotes() {
        for (text, written) in [
            ("Ada", "\"Ada\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+3212345678", "\"'+3212345678\""),
            ("-2+3", "\"'-2+3\""),
            (" @SUM(A1)", "\"' @SUM(A1)\""),
            ("\t=1", "\"'=1\""),
            ("say \"hi\", then go", "\"say \"\"hi\"\", then go\""),
            ("two\r\nlines", "\"two  lines\""),
        ] {
            let mut out = String::new();
            row(&mut out, [text]);
            assert_eq!(out, format!("{written}\r\n"));
        }
    }
}
