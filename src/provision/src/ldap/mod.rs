//! The directory by LDAP (RFC 4511): what phones use of it, and nothing that changes anything.
//!
//! Owns the messages, who may search, and the search itself. Refuses to know sockets: a [`Session`] is fed with what
//! came on one connection and says what goes back.
//!
//! **Invariants:** any octets give answers or the end of the connection; a message has at most [`MESSAGE_MAX`] octets,
//! a filter 64 parts and a depth of 12, an answer [`ENTRIES_MAX`] entries; nobody reads without being on a private
//! network or knowing the phones' password.

mod ber;
mod directory;
mod filter;
#[cfg(test)]
mod tests;

use base::Redacted;

use ber::{BerError, ENUMERATED, INTEGER, OCTETS, Reader, SEQUENCE, SET, put, put_number};
pub use directory::Directory;
use directory::{Attribute, BASE, Entry};
use filter::Filter;

/// Longest message from a client, octets.
pub const MESSAGE_MAX: usize = 8_192;
/// Entries of one answer at most.
pub const ENTRIES_MAX: usize = 500;
/// Wrong passwords on one connection; then it ends.
const WRONG_MAX: u8 = 3;

/// Result codes (RFC 4511 §4.1.9, Appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Success = 0,
    ProtocolError = 2,
    SizeLimitExceeded = 4,
    AuthMethodNotSupported = 7,
    UnavailableCriticalExtension = 12,
    InvalidCredentials = 49,
    InsufficientAccessRights = 50,
    UnwillingToPerform = 53,
}

/// A connection.
#[derive(Debug)]
pub struct Session {
    access: Access,
    /// Signed in, or allowed to read without.
    may_search: bool,
    wrong: u8,
    waiting: Vec<u8>,
    ended: bool,
}

/// By what somebody may search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The other end is on a private network: no password needed.
    pub from_inside: bool,
    /// The phones' password; absent: nobody has one.
    pub password: Option<Redacted<String>>,
}

/// A message: its number, what is asked, and whether it insists on something that there is not.
struct Message<'a> {
    id: i32,
    tag: u8,
    contents: &'a [u8],
    has_critical_control: bool,
}

struct Search {
    is_root: bool,
    size_max: usize,
    types_only: bool,
    filter: Filter,
    attributes: Vec<Attribute>,
}

impl Session {
    /// A connection that was just made.
    pub fn new(access: Access) -> Self {
        let may_search = access.from_inside;
        Session { access, may_search, wrong: 0, waiting: Vec::new(), ended: false }
    }

    /// Octets that came, and those that go back. After [`Session::has_ended`] nothing more is read.
    pub fn handle(&mut self, octets: &[u8], directory: &Directory) -> Vec<u8> {
        let mut out = Vec::new();
        self.waiting.extend_from_slice(octets);
        while !self.ended {
            let whole = match ber::head(&self.waiting) {
                Ok(Some((head, length))) if self.waiting[0] == SEQUENCE && head + length <= MESSAGE_MAX => {
                    head + length
                }
                Ok(None) if self.waiting.len() < MESSAGE_MAX => break,
                _ => {
                    self.disconnect(&mut out);
                    break;
                }
            };
            if self.waiting.len() < whole {
                break;
            }
            let rest = self.waiting.split_off(whole);
            let message = std::mem::replace(&mut self.waiting, rest);
            if self.message(&message, directory, &mut out).is_err() {
                self.disconnect(&mut out);
            }
        }
        out
    }

    /// The connection is to be closed once what came back has been sent.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Wrong passwords so far.
    pub fn wrong(&self) -> u8 {
        self.wrong
    }

    fn message(&mut self, octets: &[u8], directory: &Directory, out: &mut Vec<u8>) -> Result<(), BerError> {
        let message = Message::read(octets)?;
        let mut body = Reader(message.contents);
        let answer = |code: Code, text: &str| (code, text.to_owned());
        let (tag, (code, text)) = match message.tag {
            0x60 => (0x61, self.bind(&mut body)?),
            // Unbind and abandon have no answer (RFC 4511 §4.3, §4.11); a search is over before the next is read.
            0x42 => {
                self.ended = true;
                return Ok(());
            }
            0x50 => return Ok(()),
            0x63 if message.has_critical_control => (0x65, answer(Code::UnavailableCriticalExtension, "")),
            0x63 => {
                let search = Search::read(&mut body)?;
                (0x65, self.search(message.id, &search, directory, out))
            }
            // Modify, add, delete, rename, compare.
            0x66 | 0x68 | 0x4a | 0x6c | 0x6e => {
                let tag = if message.tag == 0x4a { 0x6b } else { message.tag + 1 };
                (tag, answer(Code::UnwillingToPerform, "the directory is read only"))
            }
            // Extended operations (RFC 4511 §4.12): none is known, not even StartTLS.
            0x77 => (0x78, answer(Code::ProtocolError, "not supported")),
            _ => return Err(BerError),
        };
        put_message(out, message.id, tag, &result(code, &text));
        Ok(())
    }

    /// RFC 4511 §4.2, RFC 4513 §5.1.
    fn bind(&mut self, body: &mut Reader<'_>) -> Result<(Code, String), BerError> {
        let version = body.number(INTEGER)?;
        let name = body.expect(OCTETS)?;
        let (method, secret) = body.next()?;
        // Whatever was allowed before is not any more (RFC 4511 §4.2.1).
        self.may_search = false;
        let (code, text) = match (method, secret) {
            _ if version != 3 => (Code::ProtocolError, "version 3 only"),
            (0x80, []) if name.is_empty() && self.access.from_inside => (Code::Success, ""),
            // A name without a password must not pass for a login (RFC 4513 §5.1.2).
            (0x80, []) => (Code::UnwillingToPerform, "a password is needed"),
            (0x80, secret) if self.access.password.as_ref().is_some_and(|p| is_same(secret, p.0.as_bytes())) => {
                (Code::Success, "")
            }
            (0x80, _) => {
                self.wrong += 1;
                self.ended = self.wrong >= WRONG_MAX;
                (Code::InvalidCredentials, "")
            }
            (0xa3, _) => (Code::AuthMethodNotSupported, ""),
            _ => return Err(BerError),
        };
        self.may_search = code == Code::Success;
        Ok((code, text.to_owned()))
    }

    fn search(&self, id: i32, search: &Search, directory: &Directory, out: &mut Vec<u8>) -> (Code, String) {
        if search.is_root {
            // RFC 4512 §5.1: readable by everybody; it says nothing of the firm.
            let mut attributes = Vec::new();
            for (name, value) in [("namingContexts", BASE), ("supportedLDAPVersion", "3")] {
                put_attribute(&mut attributes, name, [value].into_iter());
            }
            put_entry(out, id, "", &attributes);
            return (Code::Success, String::new());
        }
        if !self.may_search {
            return (Code::InsufficientAccessRights, "sign in first".to_owned());
        }
        let found = directory.entries.iter().filter(|entry| search.filter.matches(entry) == Some(true));
        for (sent, entry) in found.enumerate() {
            if sent == search.size_max {
                return (Code::SizeLimitExceeded, String::new());
            }
            put_entry(out, id, &entry.dn, &search.attributes_of(entry));
        }
        (Code::Success, String::new())
    }

    /// RFC 4511 §4.4.1: the notice of disconnection.
    fn disconnect(&mut self, out: &mut Vec<u8>) {
        let mut contents = result(Code::ProtocolError, "not understood");
        put(&mut contents, 0x8a, b"1.3.6.1.4.1.1466.20036");
        put_message(out, 0, 0x78, &contents);
        self.ended = true;
        self.waiting = Vec::new();
    }
}

impl<'a> Message<'a> {
    /// RFC 4511 §4.1.1.
    fn read(octets: &'a [u8]) -> Result<Self, BerError> {
        let mut inner = Reader(Reader(octets).expect(SEQUENCE)?);
        let id = inner.number(INTEGER)?;
        let (tag, contents) = inner.next()?;
        let mut has_critical_control = false;
        if !inner.is_empty() {
            let mut controls = Reader(inner.expect(0xa0)?);
            while !controls.is_empty() {
                let mut control = Reader(controls.expect(SEQUENCE)?);
                control.expect(OCTETS)?;
                has_critical_control |= control.0.first() == Some(&ber::BOOLEAN) && control.boolean()?;
            }
        }
        // RFC 4511 §4.1.1.1: 0 is the server's own.
        if id <= 0 {
            return Err(BerError);
        }
        Ok(Message { id, tag, contents, has_critical_control })
    }
}

impl Search {
    /// RFC 4511 §4.5.1.
    fn read(body: &mut Reader<'_>) -> Result<Search, BerError> {
        let base = body.expect(OCTETS)?;
        let scope = body.number(ENUMERATED)?;
        body.number(ENUMERATED)?; // aliases: there are none
        let size = body.number(INTEGER)?;
        body.number(INTEGER)?; // time: a search takes none worth limiting
        let types_only = body.boolean()?;
        let filter = Filter::read(body)?;
        let mut names = Reader(body.expect(SEQUENCE)?);
        let (mut attributes, mut count, mut wants_all) = (Vec::new(), 0, false);
        while !names.is_empty() {
            let name = names.expect(OCTETS)?;
            count += 1;
            wants_all |= name == b"*";
            if let Some(attribute) = Attribute::named(name).filter(|a| !attributes.contains(a)) {
                attributes.push(attribute);
            }
        }
        if wants_all || count == 0 {
            attributes = Attribute::ALL.to_vec();
        }
        let size_max = usize::try_from(size).ok().filter(|n| *n > 0).map_or(ENTRIES_MAX, |n| n.min(ENTRIES_MAX));
        Ok(Search { is_root: base.is_empty() && scope == 0, size_max, types_only, filter, attributes })
    }

    fn attributes_of(&self, entry: &Entry) -> Vec<u8> {
        let mut out = Vec::new();
        for attribute in &self.attributes {
            let values = || entry.values(*attribute);
            match (values().next(), self.types_only) {
                (None, _) => {}
                (Some(_), true) => put_attribute(&mut out, attribute.name(), [].into_iter()),
                (Some(_), false) => put_attribute(&mut out, attribute.name(), values()),
            }
        }
        out
    }
}

fn result(code: Code, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    put_number(&mut out, ENUMERATED, code as i32);
    put(&mut out, OCTETS, b"");
    put(&mut out, OCTETS, text.as_bytes());
    out
}

fn put_message(out: &mut Vec<u8>, id: i32, tag: u8, contents: &[u8]) {
    let mut inner = Vec::new();
    put_number(&mut inner, INTEGER, id);
    put(&mut inner, tag, contents);
    put(out, SEQUENCE, &inner);
}

fn put_entry(out: &mut Vec<u8>, id: i32, dn: &str, attributes: &[u8]) {
    let mut contents = Vec::new();
    put(&mut contents, OCTETS, dn.as_bytes());
    put(&mut contents, SEQUENCE, attributes);
    put_message(out, id, 0x64, &contents);
}

fn put_attribute<'a>(out: &mut Vec<u8>, name: &str, values: impl Iterator<Item = &'a str>) {
    let (mut set, mut inner) = (Vec::new(), Vec::new());
    values.for_each(|value| put(&mut set, OCTETS, value.as_bytes()));
    put(&mut inner, OCTETS, name.as_bytes());
    put(&mut inner, SET, &set);
    put(out, SEQUENCE, &inner);
}

/// In a time that does not depend on where they differ.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
