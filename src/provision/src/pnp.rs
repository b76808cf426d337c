//! SIP PnP: a phone that was just unpacked asks a multicast group who sets it up (RFC 6080's `ua-profile` event, as
//! makers use it), and is told an address once.
//!
//! Owns the question and the pair of answers, a 200 and a NOTIFY. Refuses to know which phones are whose: it asks back
//! for an address. Nothing is kept of a subscription and no NOTIFY is sent again: a phone that did not get the pair
//! repeats its SUBSCRIBE, and the same pair comes.
//!
//! **Invariants:** answers go where the question came from, and only within the link; the pair is at most one and a
//! half times as long as the question; so many a minute for each phone, so many a second in all.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::{Duration, Instant, Random};
use bytes::Bytes;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use sip::event::PhoneProfile;
use sip::message::{Contacts, HeaderName, Host, Message, Method, Request, Response, StatusCode, Uri, Via, parse};

use crate::block::{Brand, Mac};
use crate::pace::Pace;

/// The group that phones ask (IANA: SIP).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 75);
/// Its port.
pub const PORT: u16 = 5060;
/// Longest question looked at, octets.
pub const DATAGRAM_MAX: usize = 4_096;

/// Answers at once and the time for one more, in all.
const ALL: (u32, Duration) = (40, Duration::from_millis(50));
/// The same for one phone: a SUBSCRIBE is repeated up to ten times (RFC 3261 §17.1.2.2).
const EACH: (u32, Duration) = (6, Duration::from_secs(10));
/// Longest address that is told, octets.
const URL_MAX: usize = 255;

/// Who is asked back, and what came out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The phone.
    pub mac: Mac,
    /// Its maker by its address; the words of the question are not to be trusted.
    pub brand: Option<Brand>,
    /// What it says of itself, for the list of phones.
    pub profile: PhoneProfile,
}

/// What happened to a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Send these two to where the question came from.
    Answer {
        /// Whom.
        asked: Box<Asked>,
        /// The 200 and the NOTIFY.
        datagrams: [Bytes; 2],
    },
    /// Not a phone's question; nothing is sent.
    NotAsked,
    /// A question from outside the link.
    Foreign,
    /// There were too many.
    TooOften,
    /// Nobody wants to tell this phone anything.
    NotTold,
    /// The answer would be more than one and a half times the question.
    TooLong,
}

/// The answering side.
#[derive(Clone, Debug)]
pub struct Pnp {
    /// Tags are derived from it, so that a repeated question gets the same.
    key: [u8; 32],
    pace: Pace,
}

impl Pnp {
    /// With randomness for the tags.
    pub fn new(random: &mut Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Pnp { key, pace: Pace::new(ALL, EACH) }
    }

    /// A datagram that came to the group from `source` on a link where our address is `here`; `is_on_link` says whether
    /// the source is one of that link's. `place` says where the phone shall ask.
    pub fn handle(
        &mut self,
        now: Instant,
        datagram: &[u8],
        source: SocketAddr,
        here: SocketAddr,
        is_on_link: bool,
        place: impl FnOnce(&Asked) -> Option<String>,
    ) -> Outcome {
        if datagram.len() > DATAGRAM_MAX {
            return Outcome::NotAsked;
        }
        let Ok(Some(Message::Request(request))) = parse(Bytes::copy_from_slice(datagram)) else {
            return Outcome::NotAsked;
        };
        let Some(asked) = question(&request) else { return Outcome::NotAsked };
        if !is_on_link || !is_private(source.ip()) || source.port() == 0 || source.ip() == here.ip() {
            return Outcome::Foreign;
        }
        if !self.pace.allows(now, asked.mac) {
            return Outcome::TooOften;
        }
        let fits = |url: &String| url.len() <= URL_MAX && url.bytes().all(|b| b.is_ascii_graphic());
        let Some(url) = place(&asked).filter(fits) else { return Outcome::NotTold };
        let Some(answers) = self.answers(&request, source, here, &url) else { return Outcome::NotAsked };
        let mut datagrams = answers.map(|octets| octets.to_vec());
        // In the second step without Contact: of a subscription that is over nobody has a further request to send.
        for contact in [Contact::Stays, Contact::Goes] {
            if !is_short(&datagrams, datagram) {
                datagrams = datagrams.map(|octets| compact(&octets, contact));
            }
        }
        if !is_short(&datagrams, datagram) {
            return Outcome::TooLong;
        }
        Outcome::Answer { asked: Box::new(asked), datagrams: datagrams.map(Bytes::from) }
    }

    /// The 200 and the NOTIFY (RFC 6665 §4.2).
    fn answers(&self, request: &Request, source: SocketAddr, here: SocketAddr, url: &str) -> Option<[Bytes; 2]> {
        let tag = self.tag(request);
        let own = format!("<sip:{here}>");
        let mut via = request.headers.via().ok()?;
        // RFC 3581 §4, RFC 3261 §18.2.1.
        if via.params.has("rport") {
            via.params.set("rport", Some(source.port().to_string()));
            via.params.set("received", Some(source.ip().to_string()));
        } else if via.host.ip() != Some(source.ip()) {
            via.params.set("received", Some(source.ip().to_string()));
        }
        let mut ok = Response::to(request, StatusCode::OK);
        ok.set_to_tag(&tag);
        ok.headers.set_top_via(&via);
        // RFC 6665 §4.2.1.1: over at once, whatever was asked for.
        ok.headers.push(HeaderName::Expires, "0");
        ok.headers.push(HeaderName::Contact, own.clone());
        ok.headers.push(HeaderName::ContentLength, "0");

        let target = match request.headers.contacts().ok()? {
            Contacts::List(list) => list.into_iter().next().map(|contact| contact.uri),
            Contacts::Star => None,
        };
        let target = target.unwrap_or_else(|| Uri::sip("", Host::Ip(source.ip()), Some(source.port())));
        let mut notify = Request::new(Method::Notify, target);
        let branch = format!("SIP/2.0/UDP {here};branch=z9hG4bK{tag}");
        notify.headers.push(HeaderName::Via, Via::parse(branch.as_bytes()).ok()?.to_bytes());
        notify.headers.push(HeaderName::MaxForwards, "70");
        notify.headers.push(HeaderName::From, ok.headers.get(&HeaderName::To)?.clone());
        notify.headers.push(HeaderName::To, request.headers.get(&HeaderName::From)?.clone());
        notify.headers.push(HeaderName::CallId, request.headers.get(&HeaderName::CallId)?.clone());
        notify.headers.push(HeaderName::CSeq, "1 NOTIFY");
        notify.headers.push(HeaderName::Contact, own);
        notify.headers.push(HeaderName::Event, "ua-profile");
        notify.headers.push(HeaderName::SubscriptionState, "terminated;reason=timeout");
        notify.set_body("application/url", Bytes::copy_from_slice(url.as_bytes()));
        Some([ok.to_bytes(), notify.to_bytes()])
    }

    /// The same for each repetition of a question.
    fn tag(&self, request: &Request) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("an HMAC key may have any length");
        mac.update(request.headers.call_id());
        mac.finalize().into_bytes().iter().take(5).map(|octet| format!("{octet:02x}")).collect()
    }
}

/// The phone that asks; nothing for everything else that is sent to the group.
fn question(request: &Request) -> Option<Asked> {
    if request.method != Method::Subscribe {
        return None;
    }
    let profile = PhoneProfile::of(request)?;
    let mac = Mac::parse(&profile.mac)?;
    Some(Asked { mac, brand: Brand::of_mac(mac), profile })
}

fn is_short(answers: &[Vec<u8>; 2], question: &[u8]) -> bool {
    answers.iter().map(Vec::len).sum::<usize>() * 2 <= question.len() * 3
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Contact {
    Stays,
    Goes,
}

/// The message with the short names of its header fields (RFC 3261 §7.3.3), which every SIP element reads.
fn compact(message: &[u8], contact: Contact) -> Vec<u8> {
    const SHORT: [(&str, &str); 8] = [
        ("Via: ", "v:"),
        ("From: ", "f:"),
        ("To: ", "t:"),
        ("Call-ID: ", "i:"),
        ("Contact: ", "m:"),
        ("Content-Type: ", "c:"),
        ("Content-Length: ", "l:"),
        ("Event: ", "o:"),
    ];
    let head = message.windows(4).position(|w| w == b"\r\n\r\n").map_or(message.len(), |at| at + 2);
    let mut out = Vec::with_capacity(message.len());
    for line in message[..head].split_inclusive(|b| *b == b'\n') {
        if contact == Contact::Goes && line.starts_with(b"m:") {
            continue;
        }
        match SHORT.iter().find(|(long, _)| line.starts_with(long.as_bytes())) {
            Some((long, short)) => {
                out.extend_from_slice(short.as_bytes());
                out.extend_from_slice(&line[long.len()..]);
            }
            None => out.extend_from_slice(line),
        }
    }
    out.extend_from_slice(&message[head..]);
    out
}

/// A network that is nobody else's (RFC 1918, RFC 3927, RFC 4193).
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || (v6.segments()[0] & 0xfe00) == 0xfc00 || (v6.segments()[0] & 0xffc0) == 0xfe80
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::PhoneModel;
    use proptest::prelude::*;

    /// As a desk phone of today asks.
    fn asks(mac: &str, more: &str) -> String {
        format!(
            "SUBSCRIBE sip:MAC%3a{mac}@224.0.1.75 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.168.7.30:5060;branch=z9hG4bK1689216463\r\n\
             From: <sip:MAC%3a{mac}@224.0.1.75>;tag=1533224031\r\n\
             To: <sip:MAC%3a{mac}@224.0.1.75>\r\n\
             Call-ID: 0_3117582461@192.168.7.30\r\n\
             CSeq: 1 SUBSCRIBE\r\n\
             Contact: <sip:MAC%3a{mac}@192.168.7.30:5060>\r\n\
             Max-Forwards: 70\r\n\
             User-Agent: Yealink SIP-T46U 108.86.0.20\r\n\
             Expires: 0\r\n\
             Event: ua-profile;profile-type=\"device\";vendor=\"Yealink\";model=\"SIP-T46U\";version=\"108.86.0.20\"\r\n\
             Accept: application/url\r\n{more}\
             Content-Length: 0\r\n\r\n"
        )
    }

    const MAC: &str = "001565aabbcc";
    const URL: &str = "https://192.168.7.2:8443/prov/";

    fn at(s: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(s)
    }

    fn pnp() -> Pnp {
        Pnp::new(&mut Random::from_number(1))
    }

    fn hear(pnp: &mut Pnp, s: u64, text: &str, from: &str) -> Outcome {
        let here = "192.168.7.2:5060".parse().unwrap();
        pnp.handle(at(s), text.as_bytes(), from.parse().unwrap(), here, true, |_| Some(URL.to_owned()))
    }

    fn pair(outcome: Outcome) -> [Bytes; 2] {
        match outcome {
            Outcome::Answer { datagrams, .. } => datagrams,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_phone_is_told_its_address() {
        let text = asks(MAC, "");
        let datagrams = pair(hear(&mut pnp(), 0, &text, "192.168.7.30:5060"));
        let [Message::Response(ok), Message::Request(notify)] = datagrams.clone().map(|d| parse(d).unwrap().unwrap())
        else {
            panic!("not a pair")
        };
        let length: usize = datagrams.iter().map(Bytes::len).sum();
        assert!(length * 2 <= text.len() * 3, "{length} for {}", text.len());
        assert_eq!((ok.status, ok.headers.expires().unwrap()), (StatusCode::OK, Some(0)));
        assert_eq!(notify.headers.to_tag().unwrap(), "1533224031");
        assert_eq!(notify.headers.from_tag(), ok.headers.to_tag());
        assert_eq!(notify.headers.call_id(), b"0_3117582461@192.168.7.30");
        assert_eq!(notify.headers.get(&HeaderName::ContentType).unwrap(), "application/url");
        assert_eq!(notify.headers.get(&HeaderName::SubscriptionState).unwrap(), "terminated;reason=timeout");
        assert_eq!(notify.body, URL);
        assert_eq!(&notify.uri.to_bytes()[..], b"sip:MAC%3a001565aabbcc@192.168.7.30:5060");
        assert_eq!(pair(hear(&mut pnp(), 1, &text, "192.168.7.30:5060")), datagrams, "repeated");
    }

    #[test]
    fn short_questions_get_short_answers() {
        let text = "SUBSCRIBE sip:MAC%3a000413261069@224.0.1.75 SIP/2.0\r\n\
                    Via: SIP/2.0/UDP 192.168.7.38:3072;branch=z9hG4bK-nzz5kcswnhbd;rport\r\n\
                    From: <sip:MAC%3a000413261069@224.0.1.75>;tag=cbb7q7ji1q\r\n\
                    To: <sip:MAC%3a000413261069@224.0.1.75>\r\n\
                    Call-ID: 4a4b1e3f0ca9-xz2e0u4s3nbk\r\nCSeq: 1 SUBSCRIBE\r\nMax-Forwards: 70\r\n\
                    Contact: <sip:192.168.7.38:3072;line=1>\r\n\
                    Event: ua-profile;profile-type=\"device\";vendor=\"snom\";model=\"snom300\";version=\"7.1.24\"\r\n\
                    Accept: application/url\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n";
        let here = "192.168.7.2:5060".parse().unwrap();
        let url = format!("{URL}{}/", "0".repeat(38));
        let outcome = pnp()
            .handle(at(0), text.as_bytes(), "192.168.7.38:3072".parse().unwrap(), here, true, |_| Some(url.clone()));
        let [Message::Response(ok), Message::Request(notify)] = pair(outcome).map(|d| parse(d).unwrap().unwrap())
        else {
            panic!("not a pair")
        };
        assert_eq!(ok.headers.via().unwrap().params.value("rport").unwrap(), "3072");
        assert_eq!((notify.body, notify.method), (Bytes::from(url), Method::Notify));
    }

    #[test]
    fn its_maker_is_that_of_its_address() {
        let mut seen = None;
        let here = "192.168.7.2:5060".parse().unwrap();
        let from = "192.168.7.30:5060".parse().unwrap();
        let outcome = pnp().handle(at(0), asks("000413aabbcc", "").as_bytes(), from, here, true, |asked| {
            seen = Some(asked.clone());
            None
        });
        assert_eq!(outcome, Outcome::NotTold);
        let seen = seen.unwrap();
        assert_eq!((seen.brand, seen.profile.vendor.as_str()), (Some(Brand::Known(PhoneModel::Snom)), "Yealink"));
    }

    #[test]
    fn strangers_and_others_are_not_answered() {
        let text = asks(MAC, "");
        for from in ["8.8.8.8:5060", "192.168.7.2:5060", "192.168.7.30:0"] {
            assert_eq!(hear(&mut pnp(), 0, &text, from), Outcome::Foreign, "{from}");
        }
        for text in [
            text.replace("ua-profile", "dialog"),
            text.replace("SUBSCRIBE", "OPTIONS"),
            text.replace("MAC%3a001565aabbcc", "MAC%3a011565aabbcc"),
            text.replace("MAC%3a001565aabbcc", "bob"),
            "SIP/2.0 200 OK\r\n\r\n".to_owned(),
            "hello".to_owned(),
        ] {
            assert_eq!(hear(&mut pnp(), 0, &text, "192.168.7.30:5060"), Outcome::NotAsked, "{text}");
        }
        let short = "SUBSCRIBE sip:MAC%3a001565aabbcc@1 SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\nf:<sip:a>;tag=1\r\n\
                     t:<sip:a>\r\ni:1\r\nCSeq:1 SUBSCRIBE\r\no:ua-profile\r\n\r\n";
        assert_eq!(hear(&mut pnp(), 0, short, "192.168.7.30:5060"), Outcome::TooLong);
    }

    #[test]
    fn each_phone_is_answered_so_often() {
        let mut pnp = pnp();
        let text = asks(MAC, "");
        let answered = |pnp: &mut Pnp, text: &str| {
            (0..50).filter(|_| hear(pnp, 1, text, "192.168.7.30:5060") != Outcome::TooOften).count()
        };
        assert_eq!(answered(&mut pnp, &text), 6);
        let all: usize = (0..30).map(|n| answered(&mut pnp, &asks(&format!("0015650000{n:02x}"), ""))).sum();
        assert_eq!(all, 34, "40 in all");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_no_answer_is_long(flips in proptest::collection::vec((0_usize..600, any::<u8>()), 0..8), cut in 0_usize..900) {
            let mut octets = asks(MAC, "User-Agent: a phone\r\n").into_bytes();
            for (place, value) in flips {
                let place = place % octets.len();
                octets[place] = value;
            }
            octets.truncate(cut.max(40));
            let (from, here) = ("192.168.7.30:5060".parse().unwrap(), "192.168.7.2:5060".parse().unwrap());
            let outcome = pnp().handle(at(0), &octets, from, here, true, |_| Some(URL.to_owned()));
            if let Outcome::Answer { datagrams, .. } = outcome {
                prop_assert!(datagrams.iter().map(Bytes::len).sum::<usize>() * 2 <= octets.len() * 3);
            }
        }
    }
}
