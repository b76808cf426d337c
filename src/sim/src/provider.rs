//! A provider's server: a registrar, and a far end that is a [`crate::Phone`] like any other.
//!
//! Owns what comes before the far end: digest, refusals, silence. It keeps what it was asked, for a story to look at.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::Instant;
use bytes::Bytes;
use sip::Flow;
use sip::digest::{Authority, Ha1, Verdict as Proof};
use sip::message::{Contacts, HeaderName, Message, Method, Request, Response, StatusCode};

use crate::BOX;

/// Whom a provider knows.
#[derive(Clone, Debug)]
pub struct Account {
    /// The user name.
    pub user: String,
    /// The password.
    pub password: String,
    /// The realm that it names.
    pub realm: String,
}

/// What a provider's server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Calls are taken as they come; registrations must prove who they are.
    Plain,
    /// Calls must prove who they are as well.
    Careful,
    /// And changes inside a call too.
    Strict,
    /// Whatever is proved, it asks anew.
    NeverContent,
    /// The same in the name of another realm.
    Thief,
    /// Every call and registration is refused so.
    Refusing(u16),
    /// Every call is sent back to where it came from.
    Redirecting,
    /// Nothing is answered.
    Silent,
}

/// One server.
#[derive(Debug)]
pub struct Provider {
    /// What it does.
    pub conduct: Conduct,
    /// Lengths of registration below this are refused (423), seconds.
    pub expires_min_s: u32,
    /// Calls that it takes at once, where they are few: one more is refused with 503.
    pub lines: Option<usize>,
    /// The Contact registered, with its length, seconds.
    pub registered: Option<(String, u32)>,
    /// Every INVITE outside a dialog that came, repetitions excepted.
    pub invites: Vec<Request>,
    /// REGISTERs that came, repetitions included.
    pub registers: u32,
    address: SocketAddr,
    account: Account,
    authority: Authority,
    asked: u32,
    /// INVITEs that were refused here: their ACKs are nothing to the far end.
    refused: BTreeSet<(Vec<u8>, u32)>,
}

/// What becomes of a message.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is for the far end.
    Pass,
    /// It is answered so.
    Answer(Bytes),
    /// Nothing comes of it.
    Drop,
}

/// Where a provider's `n`th server is: `10.0.2.n`.
pub const fn provider_address(n: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 2, n)), 5060)
}

impl Provider {
    /// A server that knows one account.
    pub fn new(address: SocketAddr, account: Account) -> Self {
        Provider {
            conduct: Conduct::Plain,
            expires_min_s: 0,
            lines: None,
            registered: None,
            invites: Vec::new(),
            registers: 0,
            address,
            authority: Authority::new(&*account.realm, [7; 32]),
            account,
            asked: 0,
            refused: BTreeSet::new(),
        }
    }

    /// A header of the last INVITE that came.
    ///
    /// # Panics
    /// If none came.
    pub fn last(&self, name: HeaderName) -> Option<String> {
        let invite = self.invites.last().expect("an INVITE came");
        invite.headers.get(&name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// A message; its far end has so many calls.
    pub(crate) fn receive(&mut self, now: Instant, from: SocketAddr, bytes: &Bytes, calls: usize) -> Verdict {
        let Ok(Some(message)) = sip::message::parse(bytes.clone()) else { return Verdict::Pass };
        if self.conduct == Conduct::Silent {
            return Verdict::Drop;
        }
        let Message::Request(mut request) = message else { return Verdict::Pass };
        let flow = Flow { transport: sip::Transport::Udp, local: self.address, peer: from, connection: 0 };
        sip::transaction::stamp(&mut request, flow);
        let key = (request.headers.call_id().to_vec(), request.headers.cseq().map_or(0, |cseq| cseq.number));
        match request.method {
            Method::Register => self.register(now, &request),
            Method::Options => self.answer(&request, 200, |_| {}),
            Method::Ack if self.refused.contains(&key) => Verdict::Drop,
            Method::Invite if request.headers.to_tag().is_none() => {
                if self.invites.last().is_none_or(|last| {
                    last.headers.cseq() != request.headers.cseq() || last.headers.call_id() != request.headers.call_id()
                }) {
                    self.invites.push(request.clone());
                }
                let verdict = match self.lines {
                    Some(lines) if calls >= lines => self.answer(&request, 503, |_| {}),
                    _ => self.invite(now, &request),
                };
                if matches!(verdict, Verdict::Answer(_)) {
                    self.refused.insert(key);
                }
                verdict
            }
            Method::Invite | Method::Update if self.conduct == Conduct::Strict && !self.proves(now, &request) => {
                self.refused.insert(key);
                self.challenge(now, &request)
            }
            _ => Verdict::Pass,
        }
    }

    fn register(&mut self, now: Instant, request: &Request) -> Verdict {
        self.registers += 1;
        let conduct = self.conduct;
        match conduct {
            Conduct::Refusing(status) => return self.answer(request, status, |_| {}),
            Conduct::NeverContent | Conduct::Thief => return self.challenge(now, request),
            _ if !self.proves(now, request) => return self.challenge(now, request),
            _ => {}
        }
        let expires = request.headers.expires().ok().flatten().unwrap_or(3600);
        if expires > 0 && expires < self.expires_min_s {
            let least = self.expires_min_s;
            return self.answer(request, 423, |r| r.headers.push(HeaderName::MinExpires, least.to_string()));
        }
        let Ok(Contacts::List(contacts)) = request.headers.contacts() else {
            return self.answer(request, 400, |_| {});
        };
        let Some(contact) = contacts.first().map(|c| c.uri.to_string()) else {
            return self.answer(request, 400, |_| {});
        };
        self.registered = (expires > 0).then(|| (contact.clone(), expires));
        self.answer(request, 200, |r| r.headers.push(HeaderName::Contact, format!("<{contact}>;expires={expires}")))
    }

    fn invite(&mut self, now: Instant, request: &Request) -> Verdict {
        let conduct = self.conduct;
        match conduct {
            Conduct::Plain | Conduct::Silent => Verdict::Pass,
            Conduct::Careful | Conduct::Strict if self.proves(now, request) => Verdict::Pass,
            Conduct::Careful | Conduct::Strict | Conduct::NeverContent | Conduct::Thief => self.challenge(now, request),
            Conduct::Refusing(status) => self.answer(request, status, |_| {}),
            Conduct::Redirecting => {
                let back = format!("<sip:redirected@{}>", BOX.ip());
                self.answer(request, 302, |r| r.headers.push(HeaderName::Contact, back))
            }
        }
    }

    fn proves(&mut self, now: Instant, request: &Request) -> bool {
        let Account { user, password, realm } = &self.account;
        let ha1 = Ha1::new(user, realm, password);
        matches!(self.authority.verify(now, request, |name| (name == user).then_some(ha1)), Proof::Granted { .. })
    }

    fn challenge(&mut self, now: Instant, request: &Request) -> Verdict {
        self.asked += 1;
        let rows = match self.conduct {
            Conduct::Thief => {
                vec![Bytes::from(format!(r#"Digest realm="thief", nonce="t{}", qop="auth""#, self.asked))]
            }
            _ => self.authority.challenge(now, false),
        };
        let status = if request.method == Method::Register { 401 } else { 407 };
        let name = if status == 401 { HeaderName::WwwAuthenticate } else { HeaderName::ProxyAuthenticate };
        self.answer(request, status, |response| {
            for row in rows {
                response.headers.push(name.clone(), row);
            }
        })
    }

    fn answer(&mut self, request: &Request, status: u16, more: impl FnOnce(&mut Response)) -> Verdict {
        let mut response = Response::to(request, StatusCode(status));
        response.set_to_tag("provider");
        more(&mut response);
        Verdict::Answer(response.to_bytes())
    }
}
