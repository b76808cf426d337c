//! Our registration with a provider (RFC 3261 §10.2): made, refreshed, given up for a while, taken back.

use base::{Duration, Instant};
use bytes::Bytes;
use config::{Trunk, TrunkKind};
use sip::Flow;
use sip::message::{Contacts, HeaderName, Host, Method, Request, Response, StatusCode, Uri};
use sip::transaction::ClientId;

use super::{Line, LineId, TrunkErrand, TrunkTimer};
use crate::{Exchange, SERVER};

/// Answers to challenges for one registration, at most (security: a provider that asks for ever).
const CHALLENGES_MAX: u8 = 2;
/// A server that has not answered by then is passed over.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between attempts that failed: doubled from the first to the second.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(600));
/// A provider may ask for more patience (Retry-After), up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// A provider that grants less is refreshed no more often than this asks for, seconds.
const GRANTED_MIN: u32 = 10;
/// Registrations are asked for within these, seconds.
const EXPIRES: (u32, u32) = (30, 86_400 * 7);
/// Taking registrations back holds a stop up for so long at most.
pub(super) const LEAVING_MAX: Duration = Duration::from_secs(2);

/// How our registration stands.
#[derive(Debug)]
pub(super) struct Account {
    call_id: String,
    tag: String,
    cseq: u32,
    /// A REGISTER is under way.
    asking: Option<Asking>,
    /// Until when the provider knows us.
    pub(super) until: Option<Instant>,
    /// Attempts in a row that failed.
    failures: u32,
    /// Why the last one did.
    pub(super) why: Option<String>,
    /// Asked for, seconds: what the document says, or what the provider insisted on (423).
    expires_s: Option<u32>,
    /// Requests for the provider go by this way (RFC 3608).
    pub(super) route: Vec<Bytes>,
}

/// One attempt: all servers, one after the other.
#[derive(Debug)]
struct Asking {
    client: ClientId,
    servers: Vec<Flow>,
    at: usize,
    challenges: u8,
    /// The nonce answered last.
    nonce: Option<Bytes>,
    /// The provider has asked for a longer registration before.
    raised: bool,
}

/// A registration that is being taken back, of a trunk that may be gone already.
#[derive(Debug)]
pub(super) struct Leaving {
    trunk: Trunk,
    credentials: super::Credentials,
    request: Request,
    flow: Flow,
    challenged: bool,
}

impl Account {
    pub(super) fn new(call_id: String, tag: String) -> Self {
        Account {
            call_id,
            tag,
            cseq: 0,
            asking: None,
            until: None,
            failures: 0,
            why: None,
            expires_s: None,
            route: Vec::new(),
        }
    }
}

impl Exchange {
    /// A registration is wanted now, if none is under way.
    pub(super) fn register_soon(&mut self, id: LineId) {
        let Some(line) = self.trunks.lines.get(&id) else { return };
        if line.trunk.kind == TrunkKind::Register && line.account.asking.is_none() {
            self.trunks.timers.set(TrunkTimer::Register(id), self.now);
        }
    }

    /// Time to register, to refresh, or to give a server up.
    pub(super) fn register_due(&mut self, id: LineId) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        if let Some(asking) = &line.account.asking {
            let client = asking.client;
            self.trunks.errands.remove(&client);
            return self.register_unanswered(id, client);
        }
        let servers = line.servers.order(now);
        if servers.is_empty() {
            return; // the search for them begins the registration
        }
        let asking = Asking { client: ClientId(0), servers, at: 0, challenges: 0, nonce: None, raised: false };
        self.send_register(id, asking);
    }

    /// REGISTER to the server whose turn it is.
    fn send_register(&mut self, id: LineId, mut asking: Asking) {
        let cnonce = self.random.token(16);
        let Some(flow) = asking.servers.get(asking.at).copied() else { return };
        let local = self.advertised(flow);
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let expires = line.account.expires_s.unwrap_or(line.trunk.expires_s).clamp(EXPIRES.0, EXPIRES.1);
        let mut request = register(line, flow, local.into(), expires);
        // Also before it is asked for: most providers take the last challenge's answer once more.
        line.credentials.answer(&line.trunk, &mut request, &cnonce);
        // At the limit of transactions it is as if the server kept silent.
        if let Ok(client) = self.transactions.send_request(self.now, flow, request) {
            asking.client = client;
            self.trunks.errands.insert(client, TrunkErrand::Register(id));
        }
        if let Some(line) = self.trunks.lines.get_mut(&id) {
            line.account.asking = Some(asking);
        }
        self.trunks.timers.set(TrunkTimer::Register(id), self.now + PATIENCE);
        self.flush(None);
        self.trunk_changed(id);
    }

    /// The provider's final answer.
    pub(super) fn register_answered(&mut self, id: LineId, client: ClientId, response: &Response) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let Some(mut asking) = line.account.asking.take_if(|asking| asking.client == client) else { return };
        let server = asking.servers.get(asking.at).map(|flow| flow.peer);
        match response.status.0 {
            200..=299 => {
                let granted = granted(response, &line.contact, line.trunk.expires_s).clamp(GRANTED_MIN, EXPIRES.1);
                line.account.until = Some(now + Duration::from_secs(granted.into()));
                line.account.failures = 0;
                line.account.why = None;
                line.account.route = service_route(response);
                if let Some(server) = server {
                    line.servers.answered(server);
                }
                // Early enough for some lost datagrams, late enough not to be a burden.
                let refresh = Duration::from_millis(u64::from(granted) * 900);
                self.trunks.timers.set(TrunkTimer::Register(id), now + refresh);
                self.trunk_changed(id);
            }
            401 | 407 => match line.credentials.read(&line.trunk, response) {
                Ok(asked) => {
                    // The same nonce again means that the password is wrong (RFC 3261 §22.1).
                    let again = asking.nonce.as_ref() == Some(&asked.nonce) && !asked.stale;
                    if again || asking.challenges >= CHALLENGES_MAX {
                        line.credentials.forget();
                        return self.register_failed(id, "it refuses the user name or password".to_owned(), None);
                    }
                    asking.challenges += 1;
                    asking.nonce = Some(asked.nonce.clone());
                    self.send_register(id, asking);
                }
                Err(why) => self.register_failed(id, why.to_string(), None),
            },
            423 if !asking.raised => {
                let least = response.headers.get(&HeaderName::MinExpires).and_then(|v| crate::call::seconds(v));
                match least.filter(|s| *s <= EXPIRES.1) {
                    Some(least) => {
                        asking.raised = true;
                        line.account.expires_s = Some(least);
                        self.send_register(id, asking);
                    }
                    None => self.register_failed(id, "it wants another length of registration".to_owned(), None),
                }
            }
            408 | 500..=599 => {
                if let Some(server) = server {
                    line.servers.failed(now, server);
                }
                let why = format!("it answers {}", said(response.status));
                self.next_register(id, asking, why, retry_after(response));
            }
            _ => {
                // What it refuses of one server it refuses of all. 3xx are not followed: the account is here.
                let why = format!("it answers {}", said(response.status));
                self.register_failed(id, why, retry_after(response));
            }
        }
    }

    /// A server keeps silent, or cannot be reached.
    pub(super) fn register_unanswered(&mut self, id: LineId, client: ClientId) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let Some(asking) = line.account.asking.take_if(|asking| asking.client == client) else { return };
        let flow = asking.servers.get(asking.at).copied();
        if let Some(flow) = flow {
            line.servers.failed(now, flow.peer);
        }
        let why = super::state::silence(flow.map(|flow| flow.transport));
        self.next_register(id, asking, format!("it {why}"), None);
    }

    fn next_register(&mut self, id: LineId, mut asking: Asking, why: String, retry_after: Option<Duration>) {
        asking.at += 1;
        asking.challenges = 0;
        asking.nonce = None;
        if asking.at < asking.servers.len() {
            return self.send_register(id, asking);
        }
        self.register_failed(id, why, retry_after);
    }

    /// Not this time: again after a while, longer each time (RFC 5626 §4.5 in spirit).
    fn register_failed(&mut self, id: LineId, why: String, retry_after: Option<Duration>) {
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        line.account.asking = None;
        line.account.until = None;
        line.account.why = Some(why);
        let doublings = line.account.failures.min(8);
        line.account.failures = line.account.failures.saturating_add(1);
        let wait = (BACK_OFF.0 * (1 << doublings)).min(BACK_OFF.1);
        // Between three quarters and five quarters, so that boxes do not come back all at once.
        let ms = wait.as_millis() as u64;
        let wait = Duration::from_millis(ms * 3 / 4 + self.random.below(ms / 2 + 1));
        let wait = wait.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX));
        self.trunks.timers.set(TrunkTimer::Register(id), self.now + wait);
        self.trunk_changed(id);
    }

    /// Takes a registration back: nobody shall call us there any more.
    pub(super) fn leave_account(&mut self, id: LineId) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        if line.trunk.kind != TrunkKind::Register || (line.account.until.is_none() && line.account.asking.is_none()) {
            return;
        }
        let Some(flow) = line.servers.order(now).first().copied() else { return };
        let cnonce = self.random.token(16);
        let local = self.advertised(flow);
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        if let Some(asking) = line.account.asking.take() {
            self.trunks.errands.remove(&asking.client);
        }
        let mut request = register(line, flow, local.into(), 0);
        let mut credentials = std::mem::take(&mut line.credentials);
        let trunk = line.trunk.clone();
        let bare = request.clone();
        credentials.answer(&trunk, &mut request, &cnonce);
        if let Ok(client) = self.transactions.send_request(now, flow, request) {
            let leaving = Leaving { trunk, credentials, request: bare, flow, challenged: false };
            self.trunks.errands.insert(client, TrunkErrand::Leave(Box::new(leaving)));
        }
        self.flush(None);
    }

    /// An answer to that: a challenge is answered once.
    pub(super) fn leave_answered(&mut self, mut leaving: Leaving, response: &Response) {
        if !matches!(response.status.0, 401 | 407) || leaving.challenged {
            return;
        }
        if leaving.credentials.read(&leaving.trunk, response).is_err() {
            return;
        }
        let cnonce = self.random.token(16);
        if let Ok(cseq) = leaving.request.headers.cseq() {
            leaving.request.headers.set(HeaderName::CSeq, format!("{} REGISTER", cseq.number + 1));
        }
        let mut request = leaving.request.clone();
        leaving.credentials.answer(&leaving.trunk, &mut request, &cnonce);
        leaving.challenged = true;
        if let Ok(client) = self.transactions.send_request(self.now, leaving.flow, request) {
            self.trunks.errands.insert(client, TrunkErrand::Leave(Box::new(leaving)));
        }
        self.flush(None);
    }
}

/// A REGISTER for a trunk's account (RFC 3261 §10.2).
fn register(line: &mut Line, flow: Flow, local: Host, expires_s: u32) -> Request {
    let host = Host::parse(line.trunk.host.as_bytes()).unwrap_or_else(|_| Host::Name(Bytes::from_static(b"invalid")));
    let user = line.trunk.user.clone().unwrap_or_default();
    let mut request = Request::new(Method::Register, Uri::sip("", host.clone(), line.trunk.port));
    line.account.cseq += 1;
    let address = Uri::sip(&user, host, None);
    let contact = line.contact_on(flow, local);
    let h = &mut request.headers;
    h.push(HeaderName::MaxForwards, "70");
    if let Some(proxy) = &line.trunk.proxy {
        h.push(HeaderName::Route, format!("<sip:{proxy};lr>")); // RFC 3261 §8.1.2
    }
    h.push(HeaderName::From, format!("<{address}>;tag={}", line.account.tag));
    h.push(HeaderName::To, format!("<{address}>"));
    h.push(HeaderName::CallId, line.account.call_id.clone());
    h.push(HeaderName::CSeq, format!("{} REGISTER", line.account.cseq));
    h.push(HeaderName::Contact, format!("<{contact}>"));
    h.push(HeaderName::Expires, expires_s.to_string());
    h.push(HeaderName::Supported, "path");
    h.push(HeaderName::UserAgent, SERVER);
    request
}

/// For how long the provider knows us, seconds (RFC 3261 §10.2.4): what stands at our own Contact, else in Expires,
/// else what we asked for.
fn granted(response: &Response, contact: &str, asked: u32) -> u32 {
    let ours = match response.headers.contacts() {
        Ok(Contacts::List(list)) => list.into_iter().find(|c| c.uri.user.as_deref() == Some(contact.as_bytes())),
        _ => None,
    };
    ours.and_then(|c| c.params.number("expires")).or(response.headers.expires().ok().flatten()).unwrap_or(asked)
}

/// RFC 3608 §6: the way for our later requests.
fn service_route(response: &Response) -> Vec<Bytes> {
    let routes = response.headers.name_addrs(&HeaderName::ServiceRoute).unwrap_or_default();
    routes.iter().take(ROUTES_MAX).map(|route| Bytes::from(route.to_string())).collect()
}

/// Of a Service-Route, at most.
const ROUTES_MAX: usize = 8;

/// RFC 3261 §20.33: the seconds, before any comment or parameter.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers.get(&HeaderName::RetryAfter)?;
    let text = std::str::from_utf8(value).ok()?.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some(Duration::from_secs(text[..digits].parse().ok()?))
}

/// `503 Service Unavailable`
pub(super) fn said(status: StatusCode) -> String {
    format!("{} {}", status.0, status.reason_phrase()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(rows: &[(HeaderName, &str)]) -> Response {
        let mut response = Response::new(StatusCode::OK);
        for (name, value) in rows {
            response.headers.push(name.clone(), (*value).to_owned());
        }
        response
    }

    #[test]
    fn the_length_granted_stands_at_our_contact() {
        let both = response(&[
            (HeaderName::Contact, "<sip:other@192.0.2.9>;expires=10, <sip:me@10.0.0.1:5060>;expires=300"),
            (HeaderName::Expires, "3600"),
        ]);
        assert_eq!(granted(&both, "me", 600), 300);
        assert_eq!(granted(&both, "nobody", 600), 3600);
        assert_eq!(granted(&response(&[]), "me", 600), 600);
    }

    #[test]
    fn retry_after_may_bear_a_comment() {
        let after = |text| retry_after(&response(&[(HeaderName::RetryAfter, text)]));
        assert_eq!(after("120 (I'm in a meeting)"), Some(Duration::from_secs(120)));
        assert_eq!(after("18000;duration=3600"), Some(Duration::from_secs(18_000)));
        assert_eq!(after("soon"), None);
    }
}
