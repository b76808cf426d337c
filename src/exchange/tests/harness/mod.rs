//! An exchange and phones that are but addresses: for what needs more of them than the simulator has.

#![allow(dead_code, clippy::unwrap_used)] // each user needs a part of it, and may fail aloud

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use base::{Duration, Instant, Random, WallTime};
use bytes::Bytes;
use config::{Config, Document, Extension};
use exchange::io::{Input, Output};
use exchange::{Exchange, ExchangeOptions, Restored};
use sip::message::{HeaderName, Message, Method, Request, Response, StatusCode, parse};
use sip::{Flow, Transport};

const REALM: &str = "box.example";
const SECRET: &str = "example-secret";

/// The box with its phones, which are but addresses.
pub struct Bench {
    /// The box.
    pub exchange: Exchange,
    now: Instant,
    /// The challenge that a phone was given, and how often it has answered it.
    challenges: BTreeMap<String, (Bytes, u32)>,
}

impl Bench {
    /// A box with these extensions.
    pub fn new(numbers: impl IntoIterator<Item = String>) -> Bench {
        let mut config = (**Document::parse("").unwrap().config()).clone();
        config.system.realm = REALM.to_owned();
        for number in numbers {
            add(&mut config, &number);
        }
        let options = ExchangeOptions {
            now: Instant::ZERO,
            wall: WallTime::from_unix_ms(1_767_600_000_000),
            rtp: (20_000, 20_199),
            config: Arc::new(config),
            random: Random::from_number(1),
            restored: Restored::default(),
        };
        Bench { exchange: Exchange::new(options), now: Instant::ZERO, challenges: BTreeMap::new() }
    }

    /// A request of a phone, with its credentials; what the box says to it at last.
    pub fn ask(&mut self, number: &str, to: &str, method: &str, more: &str, body: &str) -> Vec<Output> {
        self.ask_in(number, to, method, &format!("{number}{method}"), more, body)
    }

    /// The same with a Call-ID.
    pub fn ask_in(&mut self, number: &str, to: &str, method: &str, call: &str, more: &str, body: &str) -> Vec<Output> {
        if !self.challenges.contains_key(number) {
            let out = self.feed(input(number, &text((number, to, method, call), more, body, None)));
            let challenge = out.iter().find_map(|o| match message_of(o)?.1 {
                Message::Response(r) => r.headers.get(&HeaderName::WwwAuthenticate).cloned(),
                Message::Request(_) => None,
            });
            self.challenges.insert(number.to_owned(), (challenge.unwrap(), 0));
        }
        let (challenge, count) = self.challenges.get_mut(number).unwrap();
        *count += 1;
        let uri = sip::message::Uri::parse(format!("sip:{to}@192.0.2.1").as_bytes()).unwrap();
        let known = Method::parse(method.as_bytes()).unwrap();
        let value = sip::digest::answer(challenge, &known, &uri, number, SECRET, "c", *count).unwrap();
        self.feed(input(number, &text((number, to, method, call), more, body, Some(&value))))
    }

    /// Phones answer all NOTIFYs.
    pub fn answer_all(&mut self, out: &[Output]) {
        for input in answers(out) {
            self.feed(input);
        }
    }

    /// One input, and all that comes of it.
    pub fn feed(&mut self, input: Input) -> Vec<Output> {
        self.now += Duration::from_micros(100);
        self.exchange.handle(self.now, input);
        std::iter::from_fn(|| self.exchange.poll_output()).collect()
    }
}

fn add(config: &mut Config, number: &str) {
    let (md5, sha256) = config::secret::ha1(number, REALM, SECRET);
    config.extensions.insert(number.to_owned(), Extension::new(number.to_owned(), "Somebody".to_owned(), md5, sha256));
}

fn address(number: &str) -> SocketAddr {
    let n: u32 = number.parse().unwrap();
    SocketAddr::from(([10, (n >> 16) as u8, (n >> 8) as u8, n as u8], 5060))
}

/// The way to a phone.
pub fn flow(number: &str) -> Flow {
    let local = "192.0.2.1:5060".parse().unwrap();
    Flow { transport: Transport::Udp, local, peer: address(number), connection: 0 }
}

/// A request without credentials.
pub fn unproved(number: &str, to: &str, method: &str, call: &str, more: &str) -> Input {
    input(number, &text((number, to, method, call), more, "", None))
}

fn text(
    (number, to, method, call): (&str, &str, &str, &str),
    more: &str,
    body: &str,
    credentials: Option<&Bytes>,
) -> String {
    let (peer, cseq) = (address(number), if credentials.is_some() { 2 } else { 1 });
    let authorization = credentials.map(|v| format!("Authorization: {}\r\n", String::from_utf8_lossy(v)));
    format!(
        "{method} sip:{to}@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {peer};branch=z9hG4bK{call}{cseq}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{number}@192.0.2.1>;tag=t{number}\r\nTo: <sip:{to}@192.0.2.1>\r\n\
         Call-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:{number}@{peer}>\r\n{more}{}\
         Content-Length: {}\r\n\r\n{body}",
        authorization.unwrap_or_default(),
        body.len()
    )
}

fn input(number: &str, text: &str) -> Input {
    let raw = Bytes::copy_from_slice(text.as_bytes());
    let message = parse(raw.clone()).unwrap().unwrap();
    Input::Sip { flow: flow(number), message: Box::new(message), raw }
}

/// A message that the box sends.
pub fn message_of(output: &Output) -> Option<(Flow, Message)> {
    match output {
        Output::Transmit { flow, bytes } => Some((*flow, parse(bytes.clone()).ok()??)),
        _ => None,
    }
}

/// Requests that the box sends.
pub fn requests(out: &[Output]) -> impl Iterator<Item = (Flow, Request)> {
    out.iter().filter_map(|output| match message_of(output)? {
        (flow, Message::Request(request)) => Some((flow, request)),
        _ => None,
    })
}

/// 200 to each NOTIFY.
pub fn answers(out: &[Output]) -> Vec<Input> {
    let notifies = requests(out).filter(|(_, r)| r.method == Method::Notify);
    let answer = |(flow, notify): (Flow, Request)| {
        let raw = Response::to(&notify, StatusCode::OK).to_bytes();
        Input::Sip { flow, message: Box::new(parse(raw.clone()).unwrap().unwrap()), raw }
    };
    notifies.map(answer).collect()
}

/// A description.
pub const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.101\r\ns=-\r\nc=IN IP4 10.0.0.101\r\nt=0 0\r\n\
m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";
