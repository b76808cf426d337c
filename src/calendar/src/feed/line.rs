//! Content lines (RFC 5545 §3.1): unfolded, and split into name, parameters and value.

/// One content line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Upper case.
    pub name: String,
    params: &'a str,
    pub value: &'a str,
}

/// The longest line that is read, in octets unfolded; what is beyond is dropped.
const LINE_MAX: usize = 16 << 10;

/// Unfolds line by line into one buffer: folding may cut through a character, so it is undone on octets.
pub(crate) struct Lines<'a> {
    rest: &'a [u8],
    /// Physical line that comes next, counted from 1.
    next: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a [u8]) -> Lines<'a> {
        // Some exporters begin with a byte order mark.
        Lines { rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text), next: 1 }
    }

    /// The next line with its number, as text: octets that are no UTF-8 become the replacement character.
    pub fn next(&mut self) -> Option<(usize, String)> {
        let number = self.next;
        let mut line = self.physical()?.to_vec();
        while let Some((b' ' | b'\t', _)) = self.rest.split_first() {
            let more = self.physical().unwrap_or_default().get(1..).unwrap_or_default();
            line.extend_from_slice(&more[..more.len().min(LINE_MAX.saturating_sub(line.len()))]);
        }
        line.truncate(LINE_MAX);
        Some((number, String::from_utf8_lossy(&line).into_owned()))
    }

    /// Up to LF, CR LF or the end.
    fn physical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|octet| *octet == b'\n');
        let (line, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.get(1..).unwrap_or_default();
        self.next += 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

impl<'a> Line<'a> {
    /// `None` where there is no colon outside quotes.
    pub fn parse(text: &'a str) -> Option<Line<'a>> {
        let mut quoted = false;
        let colon = text.bytes().position(|octet| {
            quoted ^= octet == b'"';
            octet == b':' && !quoted
        })?;
        let (head, value) = (&text[..colon], &text[colon + 1..]);
        let (name, params) = head.split_once(';').unwrap_or((head, ""));
        Some(Line { name: name.trim().to_ascii_uppercase(), params, value })
    }

    /// The value of a parameter, without its quotes.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        let mut quoted = false;
        let mut params = self.params.split(move |letter: char| {
            quoted ^= letter == '"';
            letter == ';' && !quoted
        });
        let pair = |param: &'a str| param.split_once('=').filter(|(key, _)| key.eq_ignore_ascii_case(name));
        params.find_map(pair).map(|(_, value)| value.trim_matches('"'))
    }
}

/// A TEXT value as people read it (RFC 5545 §3.3.11), on one line, of at most `max` characters.
pub(crate) fn text(value: &str, max: usize) -> String {
    let mut plain = String::new();
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => plain.push(' '),
                Some(other) if !other.is_control() => plain.push(other),
                _ => {}
            },
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(max).collect()
}
