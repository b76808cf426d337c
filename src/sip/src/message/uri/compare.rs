//! When two URIs are the same (RFC 3261 §19.1.4, RFC 3966 §4).

use super::escape::hex_pair;
use super::{Bytes, Host, Params, Scheme, Uri};

pub(super) fn same(a: &Uri, b: &Uri) -> bool {
    match (&a.scheme, &b.scheme) {
        (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => {
            same_text(a.user.as_ref(), b.user.as_ref(), Case::Counts)
                && same_text(a.password.as_ref(), b.password.as_ref(), Case::Counts)
                && same_host(a.host.as_ref(), b.host.as_ref())
                && a.port == b.port // a port left out is not 5060
                && same_params(&a.params, &b.params)
                && same_headers(a.headers.as_ref(), b.headers.as_ref())
        }
        (Scheme::Tel, Scheme::Tel) => {
            // Visual separators do not count; all parameters do, in any order.
            let digits = |uri: &Uri| -> Vec<u8> {
                let number = uri.user.iter().flatten();
                number.filter(|b| !matches!(b, b'-' | b'.' | b'(' | b')')).map(u8::to_ascii_lowercase).collect()
            };
            digits(a) == digits(b)
                && a.params.len() == b.params.len()
                && a.params.iter().all(|(name, value)| param_agrees(&b.params, name, value, Absent::Differs))
        }
        (Scheme::Other(x), Scheme::Other(y)) => x.eq_ignore_ascii_case(y) && a.user == b.user,
        _ => false,
    }
}

pub(super) fn same_user_and_host(a: &Uri, b: &Uri) -> bool {
    let named = |uri: &Uri| matches!(uri.scheme, Scheme::Sip | Scheme::Sips);
    if !named(a) || !named(b) {
        return same(a, b);
    }
    same_text(a.user.as_ref(), b.user.as_ref(), Case::Counts) && same_host(a.host.as_ref(), b.host.as_ref())
}

#[derive(Clone, Copy, PartialEq)]
enum Case {
    Counts,
    Folded,
}

#[derive(Clone, Copy, PartialEq)]
enum Absent {
    Differs,
    Agrees,
}

fn same_host(a: Option<&Host>, b: Option<&Host>) -> bool {
    match (a, b) {
        (Some(Host::Name(a)), Some(Host::Name(b))) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}

/// Parameters that must be in both or in neither; any other counts only where both have it.
const MUST_MATCH: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];

fn same_params(a: &Params, b: &Params) -> bool {
    let one_way = |a: &Params, b: &Params| {
        a.iter().all(|(name, value)| {
            let must = MUST_MATCH.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
            param_agrees(b, name, value, if must { Absent::Differs } else { Absent::Agrees })
        })
    };
    one_way(a, b) && one_way(b, a)
}

fn param_agrees(params: &Params, name: &[u8], value: Option<&Bytes>, absent: Absent) -> bool {
    // A name said twice breaks RFC 3261 §19.1.1; then any of its values will do, so that a URI equals itself.
    let mut named = params.iter().filter(|(other, _)| same_octets(name, other, Case::Folded)).peekable();
    match named.peek() {
        None => absent == Absent::Agrees,
        Some(_) => named.any(|(_, other)| same_text(value, other, Case::Folded)),
    }
}

/// Headers must be equal as sets; their order does not count.
fn same_headers(a: Option<&Bytes>, b: Option<&Bytes>) -> bool {
    let fields = |h: Option<&Bytes>| -> Vec<Vec<Octet>> {
        let text: &[u8] = h.map_or(&[], |h| h);
        let mut fields: Vec<Vec<Octet>> =
            text.split(|&b| b == b'&').filter(|f| !f.is_empty()).map(|f| octets(f, Case::Folded).collect()).collect();
        fields.sort_unstable();
        fields
    };
    fields(a) == fields(b)
}

fn same_text(a: Option<&Bytes>, b: Option<&Bytes>, case: Case) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same_octets(a, b, case),
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn same_octets(a: &[u8], b: &[u8], case: Case) -> bool {
    octets(a, case).eq(octets(b, case))
}

/// An octet, and whether it is an escaped one of the reserved set: such a one differs from the bare one.
type Octet = (u8, bool);

fn octets(text: &[u8], case: Case) -> impl Iterator<Item = Octet> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let &first = text.get(at)?;
        let (byte, reserved) = match text.get(at + 1..at + 3).filter(|_| first == b'%').and_then(hex_pair) {
            Some(byte) => {
                at += 3;
                (byte, matches!(byte, b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b','))
            }
            None => {
                at += 1;
                (first, false)
            }
        };
        Some((if case == Case::Folded { byte.to_ascii_lowercase() } else { byte }, reserved))
    })
}
