//! Proof of who we are in calls over trunks (RFC 3261 §22): of an INVITE, and of changes inside a call. A BYE is never
//! sent twice for it (security: digest leak).

use base::LegId;
use sip::message::{HeaderName, Request, Response};

use super::Line;
use super::way::PATIENCE_LAST;
use crate::leg::{LegState, Side};
use crate::{Exchange, Timer};

/// Answers to challenges for one INVITE, at most.
const CHALLENGES_MAX: u8 = 2;

impl Exchange {
    /// A trunk wants us to prove who we are (401, 407). True if the INVITE went out again.
    pub(crate) fn trunk_challenged(&mut self, leg: LegId, response: &Response) -> bool {
        if !matches!(response.status.0, 401 | 407) {
            return false;
        }
        let now = self.now;
        let cnonce = self.random.token(16);
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let (call, flow) = (l.call, l.flow);
        let LegState::Calling(calling) = &mut l.state else { return false };
        let Some(way) = &mut l.way else { return false };
        let Some(name) = way.way().map(|way| way.trunk.clone()) else { return false };
        if calling.cancelled.is_some() {
            return false;
        }
        let Some(line) = self.trunks.line_mut(&name) else { return false };
        let asked = match line.credentials.read(&line.trunk, response) {
            Ok(asked) => asked,
            Err(why) => {
                self.call_note(call, format!("trunk {name}: {why}"));
                return false;
            }
        };
        if way.challenges >= CHALLENGES_MAX || (way.nonce.as_ref() == Some(&asked.nonce) && !asked.stale) {
            self.call_note(call, format!("trunk {name}: it refuses the user name or password"));
            return false;
        }
        let mut request = calling.request.clone();
        let Ok(cseq) = request.headers.cseq() else { return false };
        // RFC 3261 §22.2: the same Call-ID, To and From, a higher CSeq.
        request.headers.set(HeaderName::CSeq, format!("{} INVITE", cseq.number + 1));
        line.credentials.answer(&line.trunk, &mut request, &cnonce);
        let Ok(client) = self.transactions.send_request(now, flow, request.clone()) else { return false };
        way.challenges += 1;
        way.nonce = Some(asked.nonce);
        way.refused = None;
        calling.invite = client;
        calling.request = request;
        calling.rseq.clear();
        self.forget_early_dialogs(leg);
        self.clients.insert(client, leg);
        self.timers.set(Timer::WayPatience(leg), now + PATIENCE_LAST);
        self.flush(None);
        true
    }

    /// A provider wants proof of a request inside a call. True if it may be given: see [`Exchange::trunk_proves`].
    pub(crate) fn trunk_will_prove(&mut self, leg: LegId, response: &Response) -> bool {
        let Some(line) = self.line_of_leg(leg) else { return false };
        line.credentials.read(&line.trunk, response).is_ok_and(|asked| line.credentials.is_new(&asked))
    }

    /// Puts proof into a request inside a call over a trunk that has asked for some; nothing into any other.
    pub(crate) fn trunk_proves(&mut self, leg: LegId, request: &mut Request) {
        if self.line_of_leg(leg).is_none() {
            return;
        }
        let cnonce = self.random.token(16);
        if let Some(line) = self.line_of_leg(leg) {
            line.credentials.answer(&line.trunk, request, &cnonce);
        }
    }

    /// The trunk of a leg whose requests go to a server of that trunk.
    fn line_of_leg(&mut self, leg: LegId) -> Option<&mut Line> {
        let l = self.legs.get(&leg)?;
        let Side::Trunk(name) = &l.side else { return None };
        let peer = l.flow.peer.ip();
        self.trunks.line_mut(name).filter(|line| line.servers.has(peer))
    }
}
