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

/// A row of a table that was read, with the line it begins in, from 1.
pub(crate) type Row = (usize, Vec<String>);

/// Reads a table: commas, or semicolons where the first line has those, cells perhaps in quotes (RFC 4180 §2). Blank
/// lines are left out. The error is a line and what is wrong there.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, (usize, String)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let comma = if head.contains(';') && !head.contains(',') { ';' } else { ',' };
    let mut chars = text.chars().peekable();
    let (mut rows, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut began, mut quoted, mut was_quoted) = (1, 1, false, false);
    loop {
        let c = chars.next();
        match c {
            None if quoted => return Err((began, "a quotation mark is never closed".to_owned())),
            Some('"') if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            Some('"') if quoted => quoted = false,
            Some('"') if cell.trim().is_empty() && !was_quoted => {
                cell.clear();
                (quoted, was_quoted) = (true, true);
            }
            Some(c) if c == comma && !quoted => {
                cells.push(plain(&cell));
                cell.clear();
                was_quoted = false;
            }
            None | Some('\n') if !quoted => {
                line += 1;
                cells.push(plain(&cell));
                cell.clear();
                was_quoted = false;
                let row = std::mem::take(&mut cells);
                if row.iter().any(|cell| !cell.is_empty()) {
                    rows.push((began, row));
                }
                began = line;
                if c.is_none() {
                    return Ok(rows);
                }
            }
            Some(c) => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
            // The end inside and outside of quotes is above.
            None => return Ok(rows),
        }
    }
}

/// A cell without the blanks around it, and without the apostrophe that [`row`] puts before what is no formula.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let text = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@']));
    text.unwrap_or(cell).to_owned()
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

    #[test]
    fn what_is_written_reads_back() {
        let mut out = String::new();
        for cells in [["number", "name"], ["101", "say \"hi\", then; go"], ["+32", "=1"], ["", " x "]] {
            row(&mut out, cells);
        }
        let read = super::read(&out).unwrap();
        assert_eq!(read[1], (2, vec!["101".to_owned(), "say \"hi\", then; go".to_owned()]));
        assert_eq!(read[2].1, ["+32", "=1"]);
        assert_eq!(read[3].1, ["", "x"]);
        let typed = super::read("\u{feff}number;name\n\n101;\"two\nlines\"\r\n102;Bob").unwrap();
        assert_eq!(typed.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(typed[1].1, ["101", "two\nlines"]);
        assert_eq!(super::read("a,b\nc,\"d").unwrap_err().0, 2);
        assert!(super::read("").unwrap().is_empty());
    }
}
