//! The scanner's smallest steps, over plain octets (RFC 3261 §25.1).

use bytes::Bytes;

/// A piece of a message that does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct ParseError(pub &'static str);

/// `token` (RFC 3261 §25.1).
pub(crate) fn is_token(byte: u8) -> bool {
    CLASS[usize::from(byte)] & TOKEN != 0
}

/// Whether every octet is a token character and there is at least one.
pub(crate) fn all_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_token(b))
}

/// Octets that may not stand in a header field: all controls but the tab.
pub(crate) fn is_control(byte: u8) -> bool {
    CLASS[usize::from(byte)] & CONTROL != 0
}

/// Octets of a parameter's or URI's unquoted text: nothing that separates, quotes or is blank.
///
/// Deviation: wider than `paramchar` and `gen-value`, for phones put `:`, `/` and `@` there.
pub(crate) fn is_plain(byte: u8) -> bool {
    CLASS[usize::from(byte)] & PLAIN != 0
}

const TOKEN: u8 = 1;
const CONTROL: u8 = 2;
const PLAIN: u8 = 4;

static CLASS: [u8; 256] = {
    let mut class = [0u8; 256];
    let mut i = 0;
    while i < 256 {
        let b = i as u8;
        if b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
        {
            class[i] |= TOKEN;
        }
        if (b < 0x20 && b != b'\t') || b == 0x7f {
            class[i] |= CONTROL;
        } else if !matches!(b, b' ' | b'\t' | b'"' | b'<' | b'>' | b',' | b';' | b'\\') {
            class[i] |= PLAIN;
        }
        i += 1;
    }
    class
};

/// Without the blanks (SP, HTAB) at both ends.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    trim_start(trim_end(text))
}

/// Without the blanks at the beginning.
pub(crate) fn trim_start(text: &[u8]) -> &[u8] {
    let skip = text.iter().take_while(|&&b| b == b' ' || b == b'\t').count();
    &text[skip..]
}

/// Without the blanks at the end.
pub(crate) fn trim_end(text: &[u8]) -> &[u8] {
    let drop = text.iter().rev().take_while(|&&b| b == b' ' || b == b'\t').count();
    &text[..text.len() - drop]
}

/// Where the quoted string that begins at `text[0] == '"'` ends, one past its closing quote.
pub(crate) fn quoted_end(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// The text of a quoted string, quotes and escapes taken away; unquoted text as it is.
pub(crate) fn unquote(source: &Bytes, text: &[u8]) -> Bytes {
    let [b'"', inner @ .., b'"'] = text else { return part(source, text) };
    if !inner.contains(&b'\\') {
        return part(source, inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut escaped = false;
    for &byte in inner {
        if byte == b'\\' && !escaped {
            escaped = true;
        } else {
            out.push(byte);
            escaped = false;
        }
    }
    Bytes::from(out)
}

/// Writes `text` between quotes, escaping what must be (RFC 3261 §25.1 `quoted-pair`).
pub(crate) fn write_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// `piece`, which lies inside `source`, as a shared slice of it.
pub(crate) fn part(source: &Bytes, piece: &[u8]) -> Bytes {
    if piece.is_empty() { Bytes::new() } else { source.slice_ref(piece) }
}

/// A decimal number without sign; more than `u32::MAX` counts as `u32::MAX`.
pub(crate) fn number_saturating(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |sum, &b| {
        b.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u32::from(b - b'0')))
    })
}

/// A decimal number without sign that fits.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |sum, &b| {
        if b.is_ascii_digit() { sum.checked_mul(10)?.checked_add(u32::from(b - b'0')) } else { None }
    })
}

/// The values of a comma-separated list; commas inside quotes and angle brackets do not count.
pub(crate) fn commas(text: &[u8]) -> Commas<'_> {
    Commas { rest: Some(text) }
}

/// See [`commas`].
pub(crate) struct Commas<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Commas<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest?;
        let (value, rest) = match comma(text) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        self.rest = rest;
        Some(trim(value))
    }
}

/// Where the first comma outside quotes and angle brackets stands.
pub(crate) fn comma(text: &[u8]) -> Option<usize> {
    if !text.contains(&b',') {
        return None; // the usual case, and a fast search
    }
    let mut at = 0;
    let mut inside = false;
    while at < text.len() {
        match text[at] {
            b'"' => {
                at += quoted_end(&text[at..])?;
                continue;
            }
            b'<' => inside = true,
            b'>' => inside = false,
            b',' if !inside => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the first control character but the tab stands. Eight octets at a time: this is the one loop that
/// touches every octet of a message.
pub(crate) fn find_control(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    const SPACES: u64 = u64::from_le_bytes([0x20; 8]);
    const DELS: u64 = u64::from_le_bytes([0x7f; 8]);
    let (words, rest) = text.as_chunks::<8>();
    for (number, octets) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*octets);
        // The high bit of an octet is set where it is below 0x20 or equal to 0x7f. A borrow can set a bit too
        // many, but only above (after) a true one; and a tab is none that we look for.
        let del = word ^ DELS;
        let marks = (word.wrapping_sub(SPACES) & !word | del.wrapping_sub(ONES) & !del) & HIGHS;
        if marks != 0 {
            let first = (marks.trailing_zeros() / 8) as usize;
            if octets[first] != b'\t' {
                return Some(number * 8 + first);
            }
            if let Some(found) = octets[first..].iter().position(|&b| is_control(b)) {
                return Some(number * 8 + first + found);
            }
        }
    }
    rest.iter().position(|&b| is_control(b)).map(|found| words.len() * 8 + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_control_character_is_found_wherever_it_stands() {
        for control in (0..=255u8).filter(|&b| is_control(b)) {
            for at in 0..20 {
                let mut text = *b"a \t~\x80\xff\x1fbc\td efghijklmno";
                text[6] = b' ';
                assert_eq!(find_control(&text), None);
                text[at] = control;
                assert_eq!(find_control(&text), Some(at), "{control:#x}");
                text[(at + 1) % text.len()] = 0x7f;
                assert_eq!(find_control(&text), Some(at.min((at + 1) % text.len())));
            }
        }
    }

    #[test]
    fn commas_outside_quotes_and_brackets_separate() {
        let split = |text: &'static str| commas(text.as_bytes()).map(String::from_utf8_lossy).collect::<Vec<_>>();
        assert_eq!(split("a, \"b,\\\",\" <c,d> ,, e"), ["a", "\"b,\\\",\" <c,d>", "", "e"]);
        assert_eq!(split(""), [""]);
        assert_eq!(split("\"a, b"), ["\"a, b"]);
    }
}
