//! `%HH` escapes of the user part (RFC 3261 §19.1.2, §25.1).

use bytes::Bytes;

use super::scan;

/// Whether `text` may stand in the user or password part: escapes whole, nothing blank or separating.
///
/// Deviation: wider than the grammar: `#` (phones send feature codes such as `*21#` bare), `|`, `{`, raw
/// UTF-8 and the like pass, as they cannot be mistaken for the end of the part.
pub(super) fn is_user(text: &[u8]) -> bool {
    !text.contains(&b'@') && is_headers(text)
}

/// The same for the header part, where phones leave the `@` of a Call-ID bare (`?Replaces=1@h%3B…`): the user
/// part has ended by then.
pub(super) fn is_headers(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'%' => {
                if !text.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                    return false;
                }
                at += 2;
            }
            b' ' | b'\t' | b'"' | b'<' | b'>' | b'\\' => return false,
            b if scan::is_control(b) => return false,
            _ => {}
        }
        at += 1;
    }
    true
}

/// Escapes what may not stand in a user part.
pub(super) fn escape_user(text: &str) -> Bytes {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = Vec::with_capacity(text.len());
    for &b in text.as_bytes() {
        // unreserved and user-unreserved but `?` and `;`, which sloppy readers take for the end.
        let plain = b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
            || matches!(b, b'&' | b'=' | b'+' | b'$' | b',' | b'/');
        if plain {
            out.push(b);
        } else {
            out.extend_from_slice(&[b'%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
        }
    }
    Bytes::from(out)
}

/// Resolves escapes; `None` for a bad one, a control character or anything but UTF-8.
pub(super) fn unescape(text: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let byte = if first == b'%' {
            let (hex, tail) = rest.split_at_checked(2)?;
            rest = tail;
            hex_pair(hex)?
        } else {
            first
        };
        if scan::is_control(byte) || byte == b'\t' {
            return None;
        }
        out.push(byte);
    }
    String::from_utf8(out).ok()
}

/// The value of two hexadecimal digits.
pub(super) fn hex_pair(text: &[u8]) -> Option<u8> {
    let &[high, low] = text else { return None };
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
