//! Who calls, as a provider is told (RFC 3323, RFC 3325, RFC 5806, RFC 7044).

use bytes::Bytes;
use config::Identity as Kind;
use sip::message::{HeaderName, Headers, Host, Uri};

/// Who calls.
#[derive(Debug)]
pub(super) struct Identity<'a> {
    /// How it is told.
    pub(super) kind: Kind,
    /// The number as the provider writes numbers; none: the provider's own choice.
    pub(super) number: Option<&'a str>,
    /// The user part of our address there.
    pub(super) account: &'a str,
    /// Not shown to who is called.
    pub(super) withheld: bool,
    /// The provider's host.
    pub(super) host: Host,
    /// The host behind our own number.
    pub(super) own_host: Host,
}

impl Identity<'_> {
    /// The number, else our account: what a provider bills by.
    fn user(&self) -> &str {
        self.number.unwrap_or(self.account)
    }

    fn uri(&self) -> Uri {
        Uri::sip(self.user(), self.own_host.clone(), None)
    }

    /// From. Withheld: as of RFC 3323 §4.1.1.3, unless it is all that the provider reads.
    pub(super) fn write_from(&self, h: &mut Headers, tag: &str) {
        if self.withheld {
            h.push(HeaderName::From, format!("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag={tag}"));
        } else {
            h.push(HeaderName::From, format!("<{}>;tag={tag}", self.uri()));
        }
    }

    /// What goes beside it.
    pub(super) fn write_beside(&self, h: &mut Headers) {
        let uri = self.uri();
        if self.user().is_empty() {
            // Nobody to name.
        } else {
            match self.kind {
                // With an anonymous From the provider must learn from elsewhere who pays (RFC 3325 §6).
                Kind::From if !self.withheld => {}
                Kind::From | Kind::Asserted => h.push(HeaderName::PAssertedIdentity, format!("<{uri}>")),
                Kind::Preferred => h.push(HeaderName::PPreferredIdentity, format!("<{uri}>")),
                Kind::RemoteParty => {
                    let privacy = if self.withheld { "full" } else { "off" };
                    let value = format!("<{uri}>;party=calling;screen=yes;privacy={privacy}");
                    h.push(HeaderName::RemotePartyId, value);
                }
            }
        }
        if self.withheld {
            h.push(HeaderName::Privacy, "id"); // RFC 3325 §9.3
        }
    }

    /// Who sent the call on, and from where it came to whom it goes (RFC 5806 §3, RFC 7044 §5).
    pub(super) fn write_diversion(&self, h: &mut Headers, by: &str, target: &Uri) {
        let mut from = Uri::sip(by, self.own_host.clone(), None);
        let privacy = if self.withheld { "full" } else { "off" };
        h.push(HeaderName::Diversion, format!("<{from}>;reason=unconditional;counter=1;privacy={privacy}"));
        from.headers = Some(Bytes::from_static(b"Reason=SIP%3Bcause%3D302"));
        let mut to = target.clone();
        to.host = Some(self.host.clone());
        to.params.set("cause", Some(Bytes::from_static(b"302"))); // RFC 4458 §2
        h.push(HeaderName::HistoryInfo, format!("<{from}>;index=1, <{to}>;index=1.1;mp=1"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, number: Option<&str>, withheld: bool) -> String {
        let host = Host::parse(b"provider.example").unwrap();
        let identity = Identity { kind, number, account: "account", withheld, host: host.clone(), own_host: host };
        let mut h = Headers::new();
        identity.write_from(&mut h, "t");
        identity.write_beside(&mut h);
        let rows = h.iter().map(|(name, value)| {
            format!("{}: {}", String::from_utf8_lossy(name.as_bytes()), String::from_utf8_lossy(value))
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn who_calls_is_told_as_the_provider_reads_it() {
        assert_eq!(written(Kind::From, Some("+32255"), false), "From: <sip:+32255@provider.example>;tag=t");
        assert_eq!(
            written(Kind::Asserted, Some("+32255"), false),
            "From: <sip:+32255@provider.example>;tag=t\nP-Asserted-Identity: <sip:+32255@provider.example>"
        );
        assert_eq!(
            written(Kind::Preferred, None, false),
            "From: <sip:account@provider.example>;tag=t\nP-Preferred-Identity: <sip:account@provider.example>"
        );
    }

    #[test]
    fn a_withheld_number_is_told_to_the_provider_alone() {
        for (kind, beside) in [
            (Kind::From, "P-Asserted-Identity: <sip:+32255@provider.example>"),
            (Kind::Preferred, "P-Preferred-Identity: <sip:+32255@provider.example>"),
            (Kind::RemoteParty, "Remote-Party-ID: <sip:+32255@provider.example>;party=calling;screen=yes;privacy=full"),
        ] {
            let from = "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=t";
            assert_eq!(written(kind, Some("+32255"), true), format!("{from}\n{beside}\nPrivacy: id"));
        }
    }

    #[test]
    fn a_diversion_names_who_sent_the_call_on() {
        let host = Host::parse(b"provider.example").unwrap();
        let identity = Identity {
            kind: Kind::From,
            number: None,
            account: "",
            withheld: false,
            host: host.clone(),
            own_host: host,
        };
        let mut h = Headers::new();
        identity.write_diversion(&mut h, "+32299", &Uri::parse(b"sip:+33123@provider.example").unwrap());
        let row = |name| String::from_utf8_lossy(h.get(&name).unwrap()).into_owned();
        assert_eq!(
            row(HeaderName::Diversion),
            "<sip:+32299@provider.example>;reason=unconditional;counter=1;privacy=off"
        );
        assert_eq!(
            row(HeaderName::HistoryInfo),
            "<sip:+32299@provider.example?Reason=SIP%3Bcause%3D302>;index=1, \
             <sip:+33123@provider.example;cause=302>;index=1.1;mp=1"
        );
    }
}
