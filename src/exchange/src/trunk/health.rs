//! Whether a trunk's servers answer: OPTIONS from time to time (RFC 3261 §11). Any final answer counts: a server that
//! refuses the question lives.

use base::{Duration, Instant};
use sip::Flow;
use sip::message::{HeaderName, Host, Method, Request, Uri};
use sip::transaction::ClientId;

use super::{LineId, TrunkErrand, TrunkTimer};
use crate::{Exchange, SERVER};

/// Questions without an answer after which a trunk is down.
const FAILURES_MAX: u8 = 3;
/// A question that is not answered by then has failed.
const PATIENCE: Duration = Duration::from_secs(8);

/// What is known of a trunk's servers.
#[derive(Debug, Default)]
pub(super) struct Health {
    asked: Option<(ClientId, Instant, Flow)>,
    failures: u8,
    pub(super) latency_ms: Option<u32>,
}

impl Health {
    /// It has not answered too often.
    pub(super) fn is_down(&self) -> bool {
        self.failures >= FAILURES_MAX
    }
}

impl Exchange {
    /// The servers are known: they are asked from now on.
    pub(super) fn begin_health(&mut self, id: LineId) {
        let Some(every) = self.trunks.lines.get(&id).map(|line| line.trunk.options_s).filter(|s| *s > 0) else {
            return;
        };
        // Not all trunks at once.
        let first = Duration::from_millis(self.random.below(u64::from(every.min(5)) * 1_000));
        self.trunks.timers.set(TrunkTimer::Options(id), self.now + first);
    }

    /// Time to ask, or the last question was not answered in time.
    pub(super) fn options_due(&mut self, id: LineId) {
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        if line.trunk.options_s == 0 {
            return;
        }
        if let Some((client, ..)) = line.health.asked {
            self.trunks.errands.remove(&client);
            self.options_unanswered(id, client);
        }
        self.ask_options(id);
    }

    fn ask_options(&mut self, id: LineId) {
        let now = self.now;
        let Some(flow) = self.trunks.lines.get(&id).and_then(|line| line.servers.order(now).first().copied()) else {
            return;
        };
        let local = Host::Ip(self.advertised(flow));
        let (tag, call_id) = (self.random.token(12), self.random.token(24));
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let host = Host::parse(line.host().as_bytes()).unwrap_or_else(|_| Host::Ip(flow.peer.ip()));
        let user = line.trunk.user.clone().unwrap_or_default();
        let contact = line.contact_on(flow, local.clone());
        let to = Uri::sip("", host.clone(), line.trunk.port);
        let from = Uri::sip(&user, if user.is_empty() { local } else { host }, None);
        let mut request = Request::new(Method::Options, to.clone());
        let h = &mut request.headers;
        h.push(HeaderName::MaxForwards, "70");
        for route in &line.account.route {
            h.push(HeaderName::Route, route.clone());
        }
        h.push(HeaderName::From, format!("<{from}>;tag={tag}"));
        h.push(HeaderName::To, format!("<{to}>"));
        h.push(HeaderName::CallId, call_id);
        h.push(HeaderName::CSeq, "1 OPTIONS");
        h.push(HeaderName::Contact, format!("<{contact}>"));
        h.push(HeaderName::Accept, "application/sdp");
        h.push(HeaderName::UserAgent, SERVER);
        if let Ok(client) = self.transactions.send_request(now, flow, request) {
            if let Some(line) = self.trunks.lines.get_mut(&id) {
                line.health.asked = Some((client, now, flow));
            }
            self.trunks.errands.insert(client, TrunkErrand::Options(id));
        }
        self.trunks.timers.set(TrunkTimer::Options(id), now + PATIENCE);
        self.flush(None);
    }

    /// It lives.
    pub(super) fn options_answered(&mut self, id: LineId, client: ClientId) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let Some((_, sent, flow)) = line.health.asked.take_if(|(asked, ..)| *asked == client) else { return };
        line.health.failures = 0;
        line.health.latency_ms = Some((now - sent).as_millis().min(u128::from(u32::MAX)) as u32);
        line.servers.answered(flow.peer);
        let every = u64::from(line.trunk.options_s.max(1)) * 1_000;
        let wait = every * 9 / 10 + self.random.below(every / 5 + 1);
        self.trunks.timers.set(TrunkTimer::Options(id), now + Duration::from_millis(wait));
        self.trunk_changed(id);
        self.tell_trunk(id);
    }

    /// It does not answer, or cannot be reached. The next question follows when this one's time is over.
    pub(super) fn options_unanswered(&mut self, id: LineId, client: ClientId) {
        let now = self.now;
        let Some(line) = self.trunks.lines.get_mut(&id) else { return };
        let Some((.., flow)) = line.health.asked.take_if(|(asked, ..)| *asked == client) else { return };
        line.health.failures = line.health.failures.saturating_add(1);
        line.health.latency_ms = None;
        line.servers.failed(now, flow.peer);
        self.trunk_changed(id);
    }
}
