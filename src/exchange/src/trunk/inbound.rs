//! Calls in: whether a request is a trunk's, who calls, and which number was called.
//!
//! A request is a trunk's if it comes from one of its servers' addresses or its networks, or is sent to the Contact
//! that only its provider was told. That gives it no rights here: the dial plan's inbound routes decide.

use std::net::IpAddr;

use config::{Config, Trunk};
use sip::Flow;
use sip::message::{HeaderName, Headers, NameAddr, Request, Uri};

use super::{Line, number};
use crate::Exchange;
use crate::call::setup::Newcomer;
use crate::leg::Side;
use crate::record::Party;

/// A network from which a trunk's calls come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    ip: IpAddr,
    bits: u8,
}

impl Network {
    /// `192.0.2.0/24`, or an address alone.
    fn parse(text: &str) -> Option<Network> {
        let (ip, bits) = text.split_once('/').map_or((text, None), |(ip, bits)| (ip, Some(bits)));
        let ip: IpAddr = ip.trim().parse().ok()?;
        let all = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(all), |bits| bits.trim().parse().ok())?;
        (bits <= all).then_some(Network { ip, bits })
    }

    fn has(&self, ip: IpAddr) -> bool {
        let (a, b, all) = match (self.ip, ip.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
            _ => return false,
        };
        let host = all - u32::from(self.bits);
        host == 128 || (a ^ b) >> host == 0
    }
}

/// The networks of a trunk. What cannot be read is none: the document was checked.
pub(super) fn networks_of(trunk: &Trunk) -> Vec<Network> {
    trunk.sources.iter().filter_map(|text| Network::parse(text)).collect()
}

/// A request of a trunk.
#[derive(Debug)]
pub(crate) struct TrunkCaller {
    /// The trunk.
    pub(crate) trunk: String,
    /// All its lines are in use.
    pub(crate) full: bool,
    /// What the call is.
    pub(crate) newcomer: Newcomer,
}

/// How sure it is whose a request is; the surest trunk has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// From one of its addresses or networks, by whatever port.
    Address,
    /// From a server's address and port.
    Server,
    /// And to a number or an account of it.
    Number,
    /// To the Contact that we registered there.
    Contact,
}

impl Exchange {
    /// Whose an INVITE outside any dialog is, if a trunk's.
    pub(crate) fn trunk_caller(&self, flow: Flow, request: &Request) -> Option<TrunkCaller> {
        let called = request.uri.user_unescaped().unwrap_or_default();
        let fits = self.trunks.lines.values().filter_map(|line| {
            let fit = self.fit(line, flow, request, &called)?;
            Some((fit, line))
        });
        // Of equals the first by name, so that a replay agrees.
        let (_, line) = fits.min_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.trunk.name.cmp(&b.1.trunk.name)))?;
        let trunk = &line.trunk;
        let calls = self.facts.state.outside.get(&trunk.name).copied().unwrap_or(0);
        let newcomer = Newcomer {
            party: caller(&self.config, trunk, &request.headers),
            dialled: called_number(&self.config, line, request, &called),
            side: Side::Trunk(trunk.name.clone()),
        };
        let full = trunk.calls_max > 0 && calls >= u32::from(trunk.calls_max);
        Some(TrunkCaller { trunk: trunk.name.clone(), full, newcomer })
    }

    /// Whether an address speaks for a trunk inside a call: its provider may have several.
    pub(crate) fn speaks_for_trunk(&self, name: &str, ip: IpAddr) -> bool {
        self.trunks.line(name).is_some_and(|line| line.owns(ip))
    }

    fn fit(&self, line: &Line, flow: Flow, request: &Request, called: &str) -> Option<Fit> {
        if !called.is_empty() && called == line.contact {
            return Some(Fit::Contact);
        }
        let exactly = line.servers.has_exactly(flow.peer);
        if proves(request) || !exactly && (!line.owns(flow.peer.ip()) || self.looks_like_a_phone(flow, request)) {
            return None;
        }
        let to = request.headers.to().ok().and_then(|to| to.uri.user_unescaped()).unwrap_or_default();
        let ours = [called, &to].into_iter().any(|user| {
            line.trunk.user.as_deref() == Some(user)
                || number::e164(&self.config.numbers, &line.trunk, user)
                    .is_some_and(|number| line.trunk.numbers.contains(&number))
        });
        Some(match (ours, exactly) {
            (true, _) => Fit::Number,
            (false, true) => Fit::Server,
            (false, false) => Fit::Address,
        })
    }

    /// A phone may stand behind the same address as a provider's server: it is registered from there, or says that it is
    /// an extension, which it then must prove.
    fn looks_like_a_phone(&self, flow: Flow, request: &Request) -> bool {
        let says = request.headers.from().ok().and_then(|from| from.uri.user_unescaped()).unwrap_or_default();
        self.config.extensions.contains_key(&says)
            || self.registrar.bindings(&says).iter().any(|binding| binding.flow.peer == flow.peer)
    }
}

impl Line {
    /// Whether its provider speaks from this address.
    fn owns(&self, ip: IpAddr) -> bool {
        self.servers.has(ip) || self.networks.iter().any(|network| network.has(ip))
    }
}

/// No provider proves to us who it is: whoever does is an extension.
fn proves(request: &Request) -> bool {
    let proofs = [HeaderName::Authorization, HeaderName::ProxyAuthorization];
    proofs.iter().any(|name| request.headers.has(name))
}

/// The number that was called: in the Request-URI; where that holds our Contact or account, in To or, from providers of
/// the IMS kind, in P-Called-Party-ID (RFC 7315 §4.2). E.164 where it can be made so.
fn called_number(config: &Config, line: &Line, request: &Request, called: &str) -> String {
    let account = |user: &str| user.is_empty() || user == line.contact || line.trunk.user.as_deref() == Some(user);
    let to = request.headers.to().ok().and_then(|to| user_of(&to.uri));
    let party = request
        .headers
        .get(&HeaderName::Other("P-Called-Party-ID".into()))
        .and_then(|value| NameAddr::parse(value).ok())
        .and_then(|party| user_of(&party.uri));
    let candidates = [user_of(&request.uri), to, party];
    let user = candidates.into_iter().flatten().find(|user| !account(user)).unwrap_or_else(|| called.to_owned());
    let only = line.trunk.numbers.first().filter(|_| account(&user));
    match (number::e164(&config.numbers, &line.trunk, &user), only) {
        // Called by our account alone: the trunk's own number is meant.
        (_, Some(only)) => only.clone(),
        (Some(number), None) => number,
        (None, None) => user,
    }
}

/// Who calls: P-Asserted-Identity and Remote-Party-ID are believed from providers alone (RFC 3325 §5), then From. No
/// number where who calls does not want it shown.
fn caller(config: &Config, trunk: &Trunk, headers: &Headers) -> Party {
    let asserted = headers.name_addrs(&HeaderName::PAssertedIdentity).ok();
    let asserted = asserted.and_then(|all| all.into_iter().find(|one| user_of(&one.uri).is_some()));
    let remote = headers.name_addrs(&HeaderName::RemotePartyId).ok().and_then(|all| all.into_iter().next());
    let hidden = remote
        .as_ref()
        .and_then(|r| r.params.value("privacy"))
        .is_some_and(|privacy| !privacy.eq_ignore_ascii_case(b"off"));
    let private = headers.all(&HeaderName::Privacy).any(|value| {
        value.split(|b| matches!(b, b';' | b',')).any(|word| {
            ["id", "user", "header"].iter().any(|known| word.trim_ascii().eq_ignore_ascii_case(known.as_bytes()))
        })
    });
    if private || hidden {
        return Party::default();
    }
    let Some(who) = asserted.or(remote).or_else(|| headers.from().ok()) else { return Party::default() };
    let user = user_of(&who.uri).unwrap_or_default();
    let Some(number) = number::e164(&config.numbers, trunk, &user) else {
        return Party::default(); // `anonymous`, `unavailable`, or a name: nothing that can be called back
    };
    let name = who.display_name().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let repeats = number::e164(&config.numbers, trunk, &name).as_deref() == Some(number.as_str());
    Party { number, name: if repeats { String::new() } else { name } }
}

/// The number in a `sip:` or `tel:` URI, without the parameters that some put behind it (`;npdi`, `;rn=`).
fn user_of(uri: &Uri) -> Option<String> {
    let user = uri.user_unescaped()?;
    let user = user.split(';').next().unwrap_or_default().to_owned();
    (!user.is_empty()).then_some(user)
}

/// Of a caller's name.
const NAME_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    /// `name: value` each.
    fn shown(rows: &[&str]) -> Party {
        let document = config::Document::parse("").unwrap();
        let mut headers = Headers::new();
        for row in rows {
            let (name, value) = row.split_once(": ").unwrap();
            headers.push(HeaderName::parse(name.as_bytes()).unwrap(), value.to_owned());
        }
        caller(document.config(), &crate::trunk::tests::trunk("a"), &headers)
    }

    #[test]
    fn who_calls_is_read_from_what_the_provider_vouches_for() {
        let from = "From: \"Mallory\" <sip:0470999999@evil.example>;tag=1";
        let asserted = "P-Asserted-Identity: \"Ann\" <sip:+32470000001@p.example>, <tel:+32470000001>";
        let remote = "Remote-Party-ID: <sip:0470000002@p.example>;party=calling;privacy=off";
        assert_eq!(shown(&[from, asserted, remote]), Party { number: "+32470000001".into(), name: "Ann".into() });
        assert_eq!(shown(&[from, remote]).number, "+32470000002");
        assert_eq!(shown(&[from]).number, "+32470999999");
    }

    #[test]
    fn who_hides_is_not_shown() {
        let asserted = "P-Asserted-Identity: <sip:+32470000001@p.example>";
        let from = "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1";
        assert_eq!(shown(&[from]), Party::default());
        assert_eq!(shown(&[from, asserted, "Privacy: id;critical"]), Party::default());
        let remote = "Remote-Party-ID: <sip:+32470000001@p.example>;privacy=full";
        assert_eq!(shown(&[from, remote]), Party::default());
    }

    #[test]
    fn networks_hold_what_they_say() {
        let has = |network: &str, ip: &str| Network::parse(network).is_some_and(|n| n.has(ip.parse().unwrap()));
        assert!(has("192.0.2.0/24", "192.0.2.255") && !has("192.0.2.0/24", "192.0.3.0"));
        assert!(has("192.0.2.7", "192.0.2.7") && !has("192.0.2.7", "192.0.2.8"));
        assert!(has("2001:db8::/32", "2001:db8:1::1") && !has("2001:db8::/32", "192.0.2.1"));
        assert!(has("0.0.0.0/0", "203.0.113.9") && has("::/0", "2001:db8::1"));
        assert!(Network::parse("192.0.2.0/33").is_none() && Network::parse("x").is_none());
    }
}
