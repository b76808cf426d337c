//! What a REGISTER asks for: read and judged before anything is looked up.

use std::net::IpAddr;

use base::{Duration, Instant};

use super::{Binding, RegistrarLimits, Rejection, compact};
use crate::Flow;
use crate::message::{Contacts, HeaderName, Host, NameAddr, Request, Scheme, Uri};

/// Contact values in one REGISTER; more is abuse.
const CONTACTS_MAX: usize = 32;
/// A contact URI, printed. Longer ones would be carried in every call and list.
const CONTACT_LEN_MAX: usize = 512;
/// Path values (RFC 3327) and their length, printed together.
const PATH_MAX: usize = 10;
const PATH_LEN_MAX: usize = 1024;
/// A Call-ID.
const CALL_ID_LEN_MAX: usize = 255;
/// A User-Agent; the rest is cut.
const USER_AGENT_LEN_MAX: usize = 200;
/// A `+sip.instance`: a URN, 45 octets for a UUID.
const INSTANCE_LEN_MAX: usize = 128;

/// A REGISTER, read.
#[derive(Debug)]
pub(super) struct Asked {
    pub call_id: String,
    pub cseq: u32,
    pub user_agent: String,
    pub path: Vec<NameAddr>,
    pub wish: Wish,
}

/// What it wants.
#[derive(Debug)]
pub(super) enum Wish {
    /// To know the bindings.
    Nothing,
    /// `Contact: *`.
    RemoveAll,
    /// These changes.
    Contacts(Vec<Contact>),
}

/// One contact value.
#[derive(Debug)]
pub(super) struct Contact {
    pub uri: Uri,
    /// As granted; zero removes.
    pub expires: Duration,
    q: u16,
    instance: Option<String>,
    reg_id: Option<u32>,
}

impl Asked {
    pub fn read(request: &Request, limits: &RegistrarLimits) -> Result<Asked, Rejection> {
        let headers = &request.headers;
        let bad = |reason| Rejection::new(400, reason);
        if headers.call_id().len() > CALL_ID_LEN_MAX {
            return Err(bad("Call-ID too long"));
        }
        let cseq = headers.cseq().map_err(|_| bad("CSeq"))?.number;
        let path = headers.name_addrs(&HeaderName::Path).map_err(|_| bad("Path"))?;
        let path_len: usize = headers.all(&HeaderName::Path).map(|row| row.len()).sum();
        if path.len() > PATH_MAX || path_len > PATH_LEN_MAX {
            return Err(bad("Path too long"));
        }
        let wish = match headers.contacts().map_err(|_| bad("Contact"))? {
            Contacts::Star => {
                // RFC 3261 §10.3 step 6: `*` only with Expires 0, said in so many words.
                if headers.expires() != Ok(Some(0)) {
                    return Err(bad("Contact * needs Expires 0"));
                }
                Wish::RemoveAll
            }
            Contacts::List(list) if list.is_empty() => Wish::Nothing,
            Contacts::List(list) if list.len() > CONTACTS_MAX => return Err(bad("too many contacts")),
            Contacts::List(list) => Wish::Contacts(read_contacts(request, &list, limits)?),
        };
        Ok(Asked {
            call_id: String::from_utf8_lossy(headers.call_id()).into_owned(),
            cseq,
            user_agent: headers.get(&HeaderName::UserAgent).map(|value| cut(value)).unwrap_or_default(),
            path,
            wish,
        })
    }
}

fn read_contacts(request: &Request, list: &[NameAddr], limits: &RegistrarLimits) -> Result<Vec<Contact>, Rejection> {
    // RFC 3261 §20.10 and §20.19 take a malformed value for an hour; here it is as if none were given.
    let header = request.headers.expires().ok().flatten();
    let outbound = outbound(request);
    let contacts: Vec<Contact> =
        list.iter().map(|value| Contact::read(value, header, &outbound, limits)).collect::<Result<_, _>>()?;
    // RFC 5627 §5.1: a device that is to be found where it is looked for would be looked for for ever.
    if let Ok(to) = request.headers.to() {
        let loops = |uri: &Uri| uri.params.has("gr") && uri.user == to.uri.user && uri.host == to.uri.host;
        if contacts.iter().any(|contact| !contact.expires.is_zero() && loops(&contact.uri)) {
            return Err(Rejection::new(403, "contact is a GRUU of the same address"));
        }
    }
    // RFC 5626 §6: one flow at a time.
    let added = contacts.iter().filter(|contact| !contact.expires.is_zero()).count();
    if added > 1 && contacts.iter().any(|contact| contact.reg_id.is_some() && !contact.expires.is_zero()) {
        return Err(Rejection::new(400, "reg-id beside other contacts"));
    }
    Ok(contacts)
}

/// Whether `reg-id` counts (RFC 5626 §6).
enum Outbound {
    Applies,
    Ignored,
    /// The device asked for it, the proxy before us cannot do it.
    FirstHopLacks,
}

fn outbound(request: &Request) -> Outbound {
    let headers = &request.headers;
    let first_hop = headers.vias().is_ok_and(|vias| vias.len() <= 1);
    let path = headers.name_addrs(&HeaderName::Path).unwrap_or_default();
    if first_hop || path.first().is_some_and(|first| first.uri.params.has("ob")) {
        Outbound::Applies
    } else if headers.has_token(&HeaderName::Supported, "outbound") {
        Outbound::FirstHopLacks
    } else {
        Outbound::Ignored
    }
}

impl Contact {
    fn read(
        value: &NameAddr,
        header: Option<u32>,
        outbound: &Outbound,
        limits: &RegistrarLimits,
    ) -> Result<Contact, Rejection> {
        // RFC 3261 §10.3 step 7: the parameter, else the header, else the default.
        let wished = match value.params.get("expires") {
            Some(_) => value.params.number("expires"),
            None => header,
        };
        let expires = granted(wished, limits)?;
        if !expires.is_zero() {
            check_uri(&value.uri)?;
        }
        let instance = value.params.unquoted("+sip.instance").and_then(|text| instance(&text));
        if instance.as_ref().is_some_and(|instance| instance.len() > INSTANCE_LEN_MAX) {
            return Err(Rejection::new(400, "+sip.instance too long"));
        }
        // RFC 5626 §6: a reg-id without an instance is ignored.
        let reg_id = value.params.number("reg-id").filter(|id| *id > 0 && instance.is_some());
        let reg_id = match outbound {
            Outbound::Applies => reg_id,
            Outbound::Ignored => None,
            Outbound::FirstHopLacks if reg_id.is_some() => {
                return Err(Rejection::new(439, "first hop lacks outbound support"));
            }
            Outbound::FirstHopLacks => None,
        };
        let q = value.params.value("q").and_then(|text| thousandths(text)).unwrap_or(1000);
        Ok(Contact { uri: compact(&value.uri), expires, q, instance, reg_id })
    }

    /// What a new binding of this contact is known by.
    pub fn key(&self) -> String {
        match (&self.instance, self.reg_id) {
            (Some(instance), Some(reg_id)) => format!("<{instance}>;reg-id={reg_id}"),
            (Some(instance), None) => format!("<{instance}>;{}", self.uri),
            (None, _) => self.uri.to_string(),
        }
    }

    /// Whether a binding that it means is still known by the right things.
    pub fn keeps_key_of(&self, binding: &Binding) -> bool {
        let named = read_key(&binding.key).map(|(instance, _)| instance);
        named == self.instance && self.reg_id.is_some() == binding.reg_id.is_some()
    }

    /// Whether this contact is that binding: by instance and flow number (RFC 5626 §6), else by the comparison of
    /// URIs (RFC 3261 §10.3 step 7). A removal by the URI finds either kind.
    pub fn means(&self, binding: &Binding) -> bool {
        match (self.reg_id, binding.reg_id) {
            (Some(a), Some(b)) => a == b && self.instance == binding.instance,
            (None, None) => self.uri.same_as(&binding.contact),
            (None, Some(_)) => self.expires.is_zero() && self.uri.same_as(&binding.contact),
            // The device has learnt RFC 5626 since.
            (Some(_), None) => self.uri.same_as(&binding.contact),
        }
    }

    /// The binding that it makes.
    pub fn bind(&self, now: Instant, key: String, asked: &Asked, flow: Flow) -> Binding {
        Binding {
            key,
            contact: self.uri.clone(),
            path: asked.path.iter().map(compact_value).collect(),
            flow,
            registered_at: now,
            expires_at: now + self.expires,
            q: self.q,
            call_id: asked.call_id.clone(),
            cseq: asked.cseq,
            user_agent: asked.user_agent.clone(),
            instance: self.instance.clone(),
            reg_id: self.reg_id,
        }
    }
}

/// Instance and flow number in a key, if it was made of them.
pub(super) fn read_key(key: &str) -> Option<(String, Option<u32>)> {
    let (instance, rest) = key.strip_prefix('<')?.split_once(">;")?;
    let reg_id = rest.strip_prefix("reg-id=").and_then(|number| number.parse().ok());
    Some((instance.to_owned(), reg_id))
}

fn compact_value(value: &NameAddr) -> NameAddr {
    NameAddr::parse(&value.to_bytes()).unwrap_or_else(|_| value.clone())
}

/// RFC 3261 §10.3 step 7: how long a binding will last, or 423.
fn granted(wished: Option<u32>, limits: &RegistrarLimits) -> Result<Duration, Rejection> {
    let Some(wished) = wished else { return Ok(limits.expires_default) };
    let wished = Duration::from_secs(wished.into());
    // "If and only if … greater than zero AND smaller than one hour AND less than a registrar-configured minimum".
    if !wished.is_zero() && wished < Duration::from_secs(3600) && wished < limits.expires_min {
        let seconds = u32::try_from(limits.expires_min.as_secs()).unwrap_or(u32::MAX);
        return Err(Rejection { min_expires: Some(seconds), ..Rejection::new(423, "interval too brief") });
    }
    Ok(wished.min(limits.expires_max))
}

/// What may be called later. Requests go to the flow of the REGISTER, but the URI travels on in Request-URIs, transfers
/// and lists.
fn check_uri(uri: &Uri) -> Result<(), Rejection> {
    let host = match (&uri.scheme, &uri.host) {
        (Scheme::Sip | Scheme::Sips, Some(host)) => host,
        _ => return Err(Rejection::new(403, "contact is not a sip or sips URI")),
    };
    if let Host::Ip(ip) = host
        && reaches_many(*ip)
    {
        return Err(Rejection::new(403, "contact is a broadcast or multicast address"));
    }
    if uri.to_bytes().len() > CONTACT_LEN_MAX {
        return Err(Rejection::new(400, "contact too long"));
    }
    Ok(())
}

fn reaches_many(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_broadcast() || ip.is_multicast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

/// `<urn:uuid:…>` without its brackets.
fn instance(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
    // No URN holds brackets (RFC 8141 §2); the keys of bindings count on it.
    (!inner.is_empty() && !inner.contains(['<', '>'])).then(|| inner.to_owned())
}

/// RFC 3261 §25.1 `qvalue`: 0–1 with up to three decimals.
fn thousandths(text: &[u8]) -> Option<u16> {
    let (whole, decimals) = match text.iter().position(|b| *b == b'.') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[][..]),
    };
    let whole = match whole {
        b"" | b"0" => 0,
        b"1" => 1000,
        _ => return None,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |at: usize| u16::from(decimals.get(at).map_or(0, |b| b - b'0'));
    Some((whole + digit(0) * 100 + digit(1) * 10 + digit(2)).min(1000))
}

/// At most [`USER_AGENT_LEN_MAX`] octets, cut between characters.
fn cut(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(&value[..value.len().min(USER_AGENT_LEN_MAX * 2)]);
    let mut end = text.len().min(USER_AGENT_LEN_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}
