//! Mail addresses: checked once, at construction.

use std::fmt;
use std::str::FromStr;

/// Longest address: RFC 5321 §4.5.3.1.3 gives a path 256 octets, angle brackets included.
const ADDRESS_MAX: usize = 254;
/// Longest display name kept, in characters.
const NAME_MAX: usize = 120;

/// A mail address with the name of its owner, if known.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress {
    pub(super) name: Option<String>,
    pub(super) address: lettre::Address,
}

/// A text that is not a mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: it wants the form name@example.com")]
pub struct AddressError;

impl MailAddress {
    /// `name` is shown to the reader, control characters in it become spaces; `address` is checked as RFC 5321 §4.1.2
    /// has it: ASCII, one `@` outside quotes, no control characters.
    pub fn new(name: Option<&str>, address: &str) -> Result<Self, AddressError> {
        if address.len() > ADDRESS_MAX || !address.is_ascii() || address.bytes().any(|b| b.is_ascii_control()) {
            return Err(AddressError);
        }
        let address: lettre::Address = address.parse().map_err(|_| AddressError)?;
        let name = name.map(|n| tidy(n, NAME_MAX)).filter(|n| !n.is_empty());
        Ok(MailAddress { name, address })
    }

    /// What stands before and after the `@`.
    pub fn address(&self) -> &str {
        self.address.as_ref()
    }

    /// The name of the owner.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        self.address.domain()
    }
}

impl FromStr for MailAddress {
    type Err = AddressError;

    /// `name@example.com` or `Some One <name@example.com>`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim_matches(' ');
        match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => MailAddress::new(Some(name.trim().trim_matches('"')), address),
            None => MailAddress::new(None, text),
        }
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address())
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(..)") // a person's address is not for logs
    }
}

/// One line of at most `max` characters: control characters and line separators become single spaces.
pub(super) fn tidy(text: &str, max: usize) -> String {
    let flat: String = text
        .chars()
        .take(max)
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    flat.trim().to_owned()
}
