//! The header fields of one message, in order, and their typed values.

use bytes::Bytes;

use super::name_addr::RawNameAddr;
use super::scan::{self, ParseError};
use super::{CSeq, Contacts, HeaderName, NameAddr, Via};

/// The most values of one list that are read: Via, Contact, Route …
pub const VALUES_MAX: usize = 128;

/// Header fields in order. Values are unfolded and trimmed, otherwise octet for octet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(HeaderName, Bytes)>);

impl Headers {
    /// No fields.
    pub fn new() -> Headers {
        Headers::default()
    }

    pub(crate) fn with_capacity(rows: usize) -> Headers {
        Headers(Vec::with_capacity(rows))
    }

    /// The first field of that name.
    pub fn get(&self, name: &HeaderName) -> Option<&Bytes> {
        self.all(name).next()
    }

    /// All fields of that name, in order.
    pub fn all(&self, name: &HeaderName) -> impl Iterator<Item = &Bytes> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value)
    }

    /// Whether there is a field of that name.
    pub fn has(&self, name: &HeaderName) -> bool {
        self.get(name).is_some()
    }

    /// Adds a field at the end.
    pub fn push(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.0.push((name, value.into()));
    }

    /// Adds a field at the beginning.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        self.0.insert(0, (name, value.into()));
    }

    /// Makes `value` the only field of that name, in the place of the first one or at the end.
    pub fn set(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let Some(at) = self.0.iter().position(|(n, _)| *n == name) else {
            return self.push(name, value);
        };
        self.0[at].1 = value.into();
        let mut index = 0;
        self.0.retain(|(n, _)| {
            index += 1;
            index - 1 <= at || *n != name
        });
    }

    /// Removes all fields of that name.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(n, _)| n != name);
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &Bytes)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy that shares no octets with the message it came from.
    pub fn detach(&self) -> Headers {
        Headers(self.0.iter().map(|(name, value)| (name.detach(), Bytes::copy_from_slice(value))).collect())
    }

    /// The topmost Via value.
    pub fn via(&self) -> Result<Via, ParseError> {
        let row = self.get(&HeaderName::Via).ok_or(ParseError("message: no Via"))?;
        let value = scan::commas(row).next().unwrap_or_default();
        Via::parse_in(row, value)
    }

    /// All Via values, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, ParseError> {
        self.list(&HeaderName::Via, Via::parse_in)
    }

    /// Replaces the topmost Via value; the others, also those in the same row, stay. Without a Via it is added.
    pub fn set_top_via(&mut self, via: &Via) {
        let Some((_, row)) = self.0.iter_mut().find(|(name, _)| *name == HeaderName::Via) else {
            return self.push_front(HeaderName::Via, via);
        };
        let mut out = Vec::with_capacity(row.len() + 48);
        via.write(&mut out);
        if let Some(at) = scan::comma(row) {
            out.extend_from_slice(b", ");
            out.extend_from_slice(scan::trim(&row[at + 1..]));
        }
        *row = Bytes::from(out);
    }

    /// Takes the topmost Via value away; the others, also those in the same row, stay.
    pub fn pop_top_via(&mut self) {
        let Some(at) = self.0.iter().position(|(name, _)| *name == HeaderName::Via) else { return };
        let row = &self.0[at].1;
        match scan::comma(row) {
            Some(comma) => self.0[at].1 = scan::part(row, scan::trim(&row[comma + 1..])),
            None => drop(self.0.remove(at)),
        }
    }

    /// The From value.
    pub fn from(&self) -> Result<NameAddr, ParseError> {
        self.name_addr(&HeaderName::From, "message: no From")
    }

    /// The To value.
    pub fn to(&self) -> Result<NameAddr, ParseError> {
        self.name_addr(&HeaderName::To, "message: no To")
    }

    fn name_addr(&self, name: &HeaderName, absent: &'static str) -> Result<NameAddr, ParseError> {
        let row = self.get(name).ok_or(ParseError(absent))?;
        NameAddr::parse_in(row, row)
    }

    /// The tag of From.
    pub fn from_tag(&self) -> Option<Bytes> {
        self.tag(&HeaderName::From)
    }

    /// The tag of To.
    pub fn to_tag(&self) -> Option<Bytes> {
        self.tag(&HeaderName::To)
    }

    fn tag(&self, name: &HeaderName) -> Option<Bytes> {
        let row = self.get(name)?;
        Some(scan::part(row, RawNameAddr::parse(row).ok()?.tag()?))
    }

    /// Adds a tag to To unless it has one.
    pub(crate) fn set_to_tag(&mut self, tag: &str) {
        let Some((_, row)) = self.0.iter_mut().find(|(name, _)| *name == HeaderName::To) else { return };
        if RawNameAddr::parse(row).is_ok_and(|to| to.tag().is_none()) {
            *row = Bytes::from([row, &b";tag="[..], tag.as_bytes()].concat());
        }
    }

    /// The Call-ID; empty if absent.
    pub fn call_id(&self) -> &[u8] {
        self.get(&HeaderName::CallId).map_or(&[], |value| value)
    }

    /// The CSeq value.
    pub fn cseq(&self) -> Result<CSeq, ParseError> {
        let row = self.get(&HeaderName::CSeq).ok_or(ParseError("message: no CSeq"))?;
        CSeq::parse_in(row, row)
    }

    /// What the Contact rows say. `*` beside other values is an error (RFC 3261 §10.2.2).
    pub fn contacts(&self) -> Result<Contacts, ParseError> {
        if !self.values(&HeaderName::Contact).any(|(_, value)| value == b"*") {
            return self.name_addrs(&HeaderName::Contact).map(Contacts::List);
        }
        match self.values(&HeaderName::Contact).count() {
            1 => Ok(Contacts::Star),
            _ => Err(ParseError("Contact: * beside others")),
        }
    }

    /// All values of a header that holds addresses (Route, Record-Route, Path, P-Asserted-Identity …).
    pub fn name_addrs(&self, name: &HeaderName) -> Result<Vec<NameAddr>, ParseError> {
        self.list(name, NameAddr::parse_in)
    }

    fn list<T>(
        &self,
        name: &HeaderName,
        parse: impl Fn(&Bytes, &[u8]) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut list = Vec::new();
        for (row, value) in self.values(name) {
            if list.len() == VALUES_MAX {
                return Err(ParseError("list: too many values"));
            }
            list.push(parse(row, value)?);
        }
        Ok(list)
    }

    /// The values of all rows of that name, split at commas; empty ones left out.
    fn values(&self, name: &HeaderName) -> impl Iterator<Item = (&Bytes, &[u8])> {
        self.all(name).flat_map(|row| scan::commas(row).filter(|v| !v.is_empty()).map(move |value| (row, value)))
    }

    /// Max-Forwards; `None` if absent.
    pub fn max_forwards(&self) -> Result<Option<u8>, ParseError> {
        let Some(row) = self.get(&HeaderName::MaxForwards) else { return Ok(None) };
        let number = scan::number(row).and_then(|n| u8::try_from(n).ok());
        number.map(Some).ok_or(ParseError("Max-Forwards"))
    }

    /// Expires in seconds; `None` if absent. Numbers beyond `u32` count as `u32::MAX` (RFC 4475 §3.1.2.4).
    pub fn expires(&self) -> Result<Option<u32>, ParseError> {
        let Some(row) = self.get(&HeaderName::Expires) else { return Ok(None) };
        scan::number_saturating(row).map(Some).ok_or(ParseError("Expires"))
    }

    /// The values of a header that lists tokens (Require, Supported, Allow …), as they came.
    pub fn tokens(&self, name: &HeaderName) -> Vec<Bytes> {
        self.values(name).map(|(row, value)| scan::part(row, value)).collect()
    }

    /// Whether such a list holds `token`, in any case.
    pub fn has_token(&self, name: &HeaderName, token: &str) -> bool {
        self.values(name).any(|(_, value)| value.eq_ignore_ascii_case(token.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contacts(rows: &[&'static str]) -> Result<Contacts, ParseError> {
        let mut headers = Headers::new();
        rows.iter().for_each(|row| headers.push(HeaderName::Contact, *row));
        headers.contacts()
    }

    #[test]
    fn a_star_stands_alone() {
        assert_eq!(contacts(&[]), Ok(Contacts::List(Vec::new())));
        assert_eq!(contacts(&["*"]), Ok(Contacts::Star));
        assert!(contacts(&["*", "<sip:a@h>"]).is_err() && contacts(&["<sip:a@h>, *"]).is_err());
        assert!(contacts(&["*,*"]).is_err() && contacts(&["*;expires=0"]).is_err());
        let two = contacts(&["<sip:a@h>;q=1,\"b, <c>\" <sip:b@h>"]);
        assert!(matches!(two, Ok(Contacts::List(list)) if list.len() == 2));
    }

    #[test]
    fn lists_are_bounded() {
        let mut headers = Headers::new();
        headers.push(HeaderName::Route, vec!["<sip:h>"; VALUES_MAX].join(","));
        assert_eq!(headers.name_addrs(&HeaderName::Route).map(|list| list.len()), Ok(VALUES_MAX));
        headers.push(HeaderName::Route, "<sip:h>");
        assert!(headers.name_addrs(&HeaderName::Route).is_err());
    }

    #[test]
    fn setting_and_removing_keep_the_order() {
        let mut headers = Headers::new();
        for (name, value) in [(HeaderName::Allow, "A"), (HeaderName::Route, "x"), (HeaderName::Allow, "b, C")] {
            headers.push(name, value);
        }
        assert_eq!(headers.tokens(&HeaderName::Allow), ["A", "b", "C"]);
        assert!(headers.has_token(&HeaderName::Allow, "B") && !headers.has_token(&HeaderName::Require, "b"));
        headers.set(HeaderName::Allow, "D");
        headers.set(HeaderName::Expires, "99999999999");
        headers.push_front(HeaderName::Via, "v");
        headers.remove(&HeaderName::Route);
        let names: Vec<String> = headers.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        assert_eq!(names, ["Via=b\"v\"", "Allow=b\"D\"", "Expires=b\"99999999999\""]);
        assert_eq!(headers.expires(), Ok(Some(u32::MAX)));
        headers.set(HeaderName::Expires, "-1");
        assert!(headers.expires().is_err() && headers.max_forwards() == Ok(None));
    }

    #[test]
    fn a_to_tag_is_set_once() {
        for (to, tagged) in [("sip:a@h", "sip:a@h;tag=x"), ("\"a\" <sip:a@h>;y", "\"a\" <sip:a@h>;y;tag=x")] {
            let mut headers = Headers::new();
            headers.push(HeaderName::To, to);
            headers.set_to_tag("x");
            headers.set_to_tag("z");
            assert_eq!(headers.get(&HeaderName::To).map(|v| &v[..]), Some(tagged.as_bytes()));
            assert_eq!(headers.to_tag().as_deref(), Some(&b"x"[..]));
        }
    }
}
