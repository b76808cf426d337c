//! Provisional answers to a caller, reliable where its phone insists (RFC 3262).

use base::LegId;
use sdp::Session;
use sip::message::{HeaderName, Method, Request, Response, StatusCode};
use sip::transaction::ServerId;

use crate::record::Cause;
use crate::{ALLOW, Exchange};

impl Exchange {
    /// Tells the caller how it goes: 100, 180, 183, with early media's answer if there is one.
    pub(crate) fn say_provisional(&mut self, leg: LegId, status: StatusCode, answer: Option<Session>) {
        let Some(l) = self.legs.get(&leg) else { return };
        let (flow, number) = (l.flow, l.party.number.clone());
        let contact = self.contact(flow, &self.dialled_by(leg).unwrap_or(number));
        let Some(o) = self.legs.get_mut(&leg).and_then(|l| l.offered()) else { return };
        if status == StatusCode::RINGING && o.told >= 180 && answer.is_none() {
            return;
        }
        o.told = o.told.max(status.0);
        let mut response = Exchange::response(&o.request, status);
        if status == StatusCode::TRYING {
            let server = o.invite;
            return self.respond(server, &response);
        }
        response.set_to_tag(&String::from_utf8_lossy(&o.dialog.id.local_tag));
        response.headers.push(HeaderName::Contact, contact);
        response.headers.push(HeaderName::Allow, ALLOW);
        if let Some(answer) = answer {
            response.set_body("application/sdp", answer.to_bytes().into());
        }
        if o.reliable {
            if o.unacknowledged.is_some() {
                return; // RFC 3262 §3: one at a time; the caller hears the final answer next
            }
            o.rseq = if o.rseq == 0 { 1 } else { o.rseq + 1 };
            response.headers.push(HeaderName::Require, "100rel");
            response.headers.push(HeaderName::RSeq, o.rseq.to_string());
            o.unacknowledged = Some(o.rseq);
            let server = o.invite;
            self.transactions.respond_reliably(self.now, server, &response);
            return self.flush(None);
        }
        let server = o.invite;
        self.respond(server, &response);
    }

    fn dialled_by(&self, leg: LegId) -> Option<String> {
        let call = self.legs.get(&leg)?.call;
        self.calls.get(&call).map(|c| c.dialled.clone())
    }

    /// RFC 3262 §3: the caller's phone never acknowledged a reliable provisional response.
    pub(crate) fn prack_never_came(&mut self, server: ServerId) {
        let call = self.leg_of_server(server).and_then(|leg| self.legs.get(&leg)).map(|l| l.call);
        if let Some(call) = call {
            self.end_call(call, Cause::PeerError, None);
        }
    }

    /// PRACK from a caller (RFC 3262 §3).
    pub(crate) fn handle_prack(&mut self, leg: LegId, server: ServerId, request: &Request) {
        let rack = request.headers.get(&HeaderName::RAck).and_then(|v| parse_rack(v));
        let Some(o) = self.legs.get_mut(&leg).and_then(|l| l.offered()) else {
            let response = Exchange::response(request, StatusCode(481));
            return self.respond(server, &response);
        };
        let matches = match (&o.unacknowledged, rack) {
            (Some(sent), Some((rseq, cseq))) => {
                *sent == rseq && o.request.headers.cseq().is_ok_and(|c| c.number == cseq)
            }
            _ => false,
        };
        if !matches {
            let response = Exchange::response(request, StatusCode(481));
            return self.respond(server, &response);
        }
        o.unacknowledged = None;
        let (waiting, invite) = (o.waiting.take(), o.invite);
        self.transactions.confirm_provisional(self.now, invite);
        // An offer in a PRACK would change what the called phones were offered: they are asked later.
        let status = if request.body.is_empty() { StatusCode::OK } else { StatusCode(488) };
        let response = Exchange::response(request, status);
        self.respond(server, &response);
        if let Some(response) = waiting {
            self.send_final_success(leg, *response);
        }
    }

    /// Our side of RFC 3262 §4: acknowledge a called phone's reliable provisional response.
    pub(crate) fn acknowledge_reliable(&mut self, leg: LegId, response: &Response) {
        if !response.headers.has_token(&HeaderName::Require, "100rel") {
            return;
        }
        let Some(rseq) = response.headers.get(&HeaderName::RSeq).and_then(|v| super::refresh::seconds(v)) else {
            return;
        };
        let Some(tag) = response.headers.to_tag() else { return };
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let flow = l.flow;
        let Some(c) = l.calling() else { return };
        match c.rseq.iter_mut().find(|(t, _)| *t == tag) {
            Some((_, last)) if rseq <= *last => return, // a repeat: the first PRACK is on its way
            Some((_, last)) => *last = rseq,
            None => c.rseq.push((tag.clone(), rseq)),
        }
        let cseq = c.request.headers.cseq().map_or(1, |c| c.number);
        let Some(dialog) = c.early.iter_mut().find(|d| d.id.remote_tag == tag) else { return };
        let mut prack = dialog.request(Method::Prack);
        prack.headers.push(HeaderName::RAck, format!("{rseq} {cseq} INVITE"));
        if let Ok(client) = self.transactions.send_request(self.now, flow, prack) {
            self.clients.insert(client, leg);
        }
        self.flush(None);
    }
}

/// `response-num CSeq-num Method` (RFC 3262 §7.2): the two numbers, if the method is INVITE.
fn parse_rack(value: &[u8]) -> Option<(u32, u32)> {
    let mut words = std::str::from_utf8(value).ok()?.split_ascii_whitespace();
    let rseq = words.next()?.parse().ok()?;
    let cseq = words.next()?.parse().ok()?;
    (words.next()? == "INVITE").then_some((rseq, cseq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rack_is_two_numbers_and_a_method() {
        assert_eq!(parse_rack(b"776656 1 INVITE"), Some((776_656, 1)));
        assert_eq!(parse_rack(b"1 1 UPDATE"), None);
        assert_eq!(parse_rack(b"1 -1 INVITE"), None);
        assert_eq!(parse_rack(b""), None);
    }
}
