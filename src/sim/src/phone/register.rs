//! The phone's registration (RFC 3261 §10.2).

use base::{Duration, Instant, Random};
use sip::message::{HeaderName, Method, NameAddr, Request, Response};

use super::{Errand, Phone, Timer};

/// After a refusal or silence.
const RETRY: Duration = Duration::from_secs(5);

/// What the phone knows of its registration.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    call_id: String,
    tag: String,
    cseq: u32,
    /// The box has said so.
    pub(crate) until: Option<Instant>,
    challenges: u8,
    wanted: bool,
}

impl Registration {
    pub(crate) fn new(random: &mut Random) -> Self {
        Registration {
            call_id: random.token(16),
            tag: random.token(8),
            cseq: 0,
            until: None,
            challenges: 0,
            wanted: true,
        }
    }
}

impl Phone {
    /// Whether the box has acknowledged the phone's registration and it has not run out.
    pub fn is_registered(&self) -> bool {
        self.alive && self.registration.until.is_some_and(|until| until > self.now)
    }

    /// Registers, or refreshes.
    pub fn register(&mut self, now: Instant) {
        self.now = now;
        let expires_s = if self.registration.wanted { self.habits.expires_s } else { 0 };
        self.send_register(expires_s);
        self.settle();
    }

    /// Takes its registration back and does not register again.
    pub fn unregister(&mut self, now: Instant) {
        self.now = now;
        self.timers.cancel(Timer::Register);
        self.registration.wanted = false;
        self.send_register(0);
        self.settle();
    }

    fn send_register(&mut self, expires_s: u32) {
        self.registration.cseq += 1;
        self.registration.challenges = 0;
        let uri = sip::message::Uri { user: None, ..self.uri_at_box("") };
        let own = NameAddr::new(self.uri_at_box(&self.number.clone()));
        let mut from = own.clone();
        from.params.set("tag", Some(self.registration.tag.clone()));
        let mut request = Request::new(Method::Register, uri);
        let mut contact = String::from_utf8_lossy(&self.contact()).into_owned();
        if let Some(instance) = &self.instance {
            contact.push_str(&format!(";+sip.instance=\"<{instance}>\""));
            request.headers.push(HeaderName::Supported, "gruu");
        }
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, &from);
        headers.push(HeaderName::To, &own);
        headers.push(HeaderName::CallId, self.registration.call_id.clone());
        headers.push(HeaderName::CSeq, format!("{} REGISTER", self.registration.cseq));
        headers.push(HeaderName::Contact, contact);
        headers.push(HeaderName::Expires, expires_s.to_string());
        headers.push(HeaderName::UserAgent, "Sim");
        self.send(request.clone(), Errand::Register(Box::new(request)));
    }

    pub(crate) fn register_response(&mut self, request: Request, response: &Response) {
        if response.status.is_provisional() {
            return;
        }
        if response.headers.cseq().is_ok_and(|cseq| cseq.number != self.registration.cseq) {
            return; // an older one that was overtaken
        }
        match response.status.0 {
            200 => self.registered(&request, response),
            401 if self.registration.challenges < 3 => {
                self.registration.challenges += 1;
                self.registration.cseq += 1;
                if let Some(again) = self.with_credentials(request, response) {
                    self.send(again.clone(), Errand::Register(Box::new(again)));
                }
            }
            _ => self.register_later(),
        }
    }

    fn registered(&mut self, request: &Request, response: &Response) {
        if request.headers.expires() == Ok(Some(0)) {
            self.registration.until = None;
            return;
        }
        let own = self.contact();
        let contacts = response.headers.name_addrs(&HeaderName::Contact).unwrap_or_default();
        let mine = contacts.iter().find(|contact| NameAddr::new(contact.uri.clone()).to_bytes() == own);
        let Some(expires) = mine.and_then(|contact| contact.params.number("expires")) else {
            // An administrator made the box forget it meanwhile.
            self.registration.until = None;
            return self.register_later();
        };
        let gruu = mine.and_then(|contact| contact.params.unquoted("pub-gruu"));
        self.gruu = gruu.map(|gruu| String::from_utf8_lossy(&gruu).into_owned());
        if expires == 0 || expires > self.habits.expires_s {
            self.complain(format!("registered for {expires} s, asked for {}", self.habits.expires_s));
        }
        let granted = Duration::from_secs(expires.into());
        self.registration.until = Some(self.now + granted);
        self.timers.set(Timer::Register, self.now + granted / 2);
    }

    pub(crate) fn register_later(&mut self) {
        self.timers.set(Timer::Register, self.now + RETRY);
    }
}
