//! Transfer (RFC 3515, RFC 5589): a phone asks the box to connect its other end elsewhere; blind to a
//! number, or attended to a call that it already has (RFC 3891).

use std::time::Duration;

use base::{CallRef, LegId};
use dialplan::Action;
use sip::dialog::DialogId;
use sip::message::{HeaderName, Method, NameAddr, Request, StatusCode};
use sip::transaction::ServerId;

use crate::Exchange;
use crate::call::course::Asked;
use crate::call::service::Visit;
use crate::call::{Phase, Purpose};
use crate::leg::LegState;
use crate::record::{CallEventKind, Cause, TransferKind};

/// How long the target of a transfer rings at most.
const TRANSFER_RING_MAX: Duration = Duration::from_secs(60);

impl Exchange {
    /// REFER from a phone in a call.
    pub(crate) fn handle_refer(&mut self, by: LegId, server: ServerId, request: Request) {
        if self.legs.get(&by).is_none_or(|l| l.extension().is_none()) {
            return self.answer_in_dialog(server, &request, StatusCode(403)); // nobody outside sends our calls anywhere
        }
        let Some(target) = refer_to(&request) else {
            return self.answer_in_dialog(server, &request, StatusCode(400));
        };
        let Some(call) = self.legs.get(&by).filter(|l| l.is_up()).map(|l| l.call) else {
            return self.answer_in_dialog(server, &request, StatusCode(481));
        };
        let Some(remains) = self.peer_of(by) else {
            return self.answer_in_dialog(server, &request, StatusCode(603));
        };
        if self.calls.get(&call).is_none_or(|c| c.ringing.is_some()) {
            return self.answer_in_dialog(server, &request, StatusCode(491)); // one transfer at a time
        }
        let number = target.uri.user_unescaped().unwrap_or_default();
        // To another call of the phone's its dialog leads, whatever the address.
        let device = self.device_wanted(&target.uri);
        let replaced = target.uri.headers.as_deref().and_then(replaces_of);
        let kind = if replaced.is_some() { TransferKind::Attended } else { TransferKind::Blind };
        let mut response = Exchange::response(&request, StatusCode::ACCEPTED);
        if let Some(l) = self.legs.get(&by) {
            response.headers.push(HeaderName::Contact, self.contact(l.flow, &l.party.number));
        }
        self.respond(server, &response);
        if let Some(l) = self.legs.get_mut(&by) {
            l.referred = true;
        }
        self.drop_typing(call);
        self.call_event(call, CallEventKind::TransferAsked { by, kind, target: number.clone() });
        self.report_transfer(by, StatusCode::TRYING, false);
        match replaced {
            Some(dialog) => self.transfer_attended(call, by, remains, &dialog),
            None => match device {
                Ok(device) => self.transfer_to(call, by, remains, &number, device),
                Err(_) => self.transfer_failed(call, by, Cause::UnknownNumber),
            },
        }
    }

    /// To a number, with the rights of who transfers.
    pub(crate) fn transfer_blind(&mut self, call: CallRef, by: LegId, remains: LegId, number: &str) {
        self.transfer_to(call, by, remains, number, None);
    }

    fn transfer_to(&mut self, call: CallRef, by: LegId, remains: LegId, number: &str, device: Option<String>) {
        let Some(from) = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned) else {
            return self.transfer_failed(call, by, Cause::Forbidden); // nobody outside sends our calls anywhere
        };
        let asked = Asked { device, ..Asked::by_extension(&from, number) };
        let decision = self.decide_transfer(&asked);
        self.carry_out(call, Purpose::Transfer { by, remains }, asked, decision);
    }

    /// Carries out what was decided for a transfer.
    pub(crate) fn carry_out_transfer(
        &mut self,
        call: CallRef,
        by: LegId,
        remains: LegId,
        asked: Asked,
        action: Action,
    ) {
        let mut ring = match action {
            Action::Ring(ring) => *ring,
            Action::Outside(outside) if outside.pin_of.is_none() => super::course::outside_alone(*outside),
            Action::Park { slot } => return self.park_by_transfer(call, by, remains, slot),
            // The number of a slot means the one to whoever dials it, the other to whoever transfers to it.
            Action::Retrieve { slot } => return self.park_by_transfer(call, by, remains, Some(slot)),
            Action::Mailbox(visit @ dialplan::Mailbox::Leave { .. }) => {
                return self.transfer_to_box(call, by, remains, |x, call, leg| x.enter_mailbox(call, leg, visit));
            }
            Action::Conference { number, name } => {
                return self.transfer_to_box(call, by, remains, |x, call, leg| {
                    x.enter_conference(call, leg, number, &name);
                });
            }
            Action::Refuse(error) => return self.transfer_failed(call, by, super::setup::cause_of(&error)),
            // The rest is for the phone that dials it.
            _ => return self.transfer_failed(call, by, Cause::Forbidden),
        };
        for round in &mut ring.rounds {
            round.ring_time = round.ring_time.min(TRANSFER_RING_MAX);
        }
        self.ring(call, Purpose::Transfer { by, remains }, asked, ring);
        if self.calls.get(&call).is_some_and(|c| c.ringing.is_some()) {
            self.ringing_for(remains);
        }
    }

    /// Who remains talks to the box from now on, as if it had called it; the phone that transferred is free.
    pub(crate) fn transfer_to_box(
        &mut self,
        call: CallRef,
        by: LegId,
        remains: LegId,
        then: impl FnOnce(&mut Exchange, CallRef, LegId),
    ) {
        self.report_transfer(by, StatusCode::OK, true);
        self.call_event(call, CallEventKind::TransferEnded { by, result: Ok(()) });
        self.leave_to_box(call, by, remains);
        then(self, call, remains);
    }

    /// `by` leaves a call of two; `remains` is alone with the box, as a caller that was answered is.
    pub(crate) fn leave_to_box(&mut self, call: CallRef, by: LegId, remains: LegId) {
        self.be_alone(call, remains);
        self.hang_up_leg(by, Cause::Transferred);
    }

    /// To whom the phone talks in another call of its own.
    fn transfer_attended(&mut self, call: CallRef, by: LegId, remains: LegId, dialog: &DialogId) {
        let owner = self.legs.get(&by).map(|l| l.side.clone());
        let second = self.dialogs.get(dialog).copied().filter(|l| {
            // Only a call of the same person's: the tags alone prove nothing.
            self.legs.get(l).is_some_and(|l| Some(&l.side) == owner.as_ref() && l.call != call)
        });
        let Some(second) = second else {
            return self.transfer_failed(call, by, Cause::PeerError);
        };
        let Some(other) = self.legs.get(&second).map(|l| l.call) else { return };
        let visit = self.calls.get(&other).and_then(|c| c.visit.clone());
        let rings = self.calls.get(&other).is_some_and(|c| c.ringing.is_some());
        match (self.calls.get(&other).and_then(|c| c.peer_of(second)), self.legs.get(&second).map(|l| &l.state)) {
            (Some(target), Some(LegState::Up(_))) => self.join_calls(call, by, remains, other, target),
            (None, Some(LegState::Up(_))) if !rings => match visit {
                Some(Visit::Inside { number }) => {
                    // In its place: whoever transfers is in there, so nothing is asked at the door.
                    self.end_call(other, Cause::Transferred, None);
                    self.transfer_to_box(call, by, remains, |x, call, leg| x.join_room(call, leg, number));
                }
                Some(Visit::ToPark { .. }) => {
                    let parker = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned).unwrap_or_default();
                    self.transfer_to_box(call, by, remains, |x, call, leg| {
                        x.park_where_kept(call, leg, other, parker);
                    });
                    self.end_call(other, Cause::Transferred, None);
                }
                _ => self.transfer_failed(call, by, Cause::PeerError),
            },
            (None, Some(LegState::Up(_))) => {
                let number = self.calls.get(&other).map(|c| c.dialled.clone()).unwrap_or_default();
                self.end_call(other, Cause::Transferred, None);
                self.transfer_blind(call, by, remains, &number);
            }
            (_, Some(LegState::Offered(_))) => {
                // It still rings there: take the ringing call back and ring anew for who remains.
                let number = self.calls.get(&other).map(|c| c.dialled.clone()).unwrap_or_default();
                self.end_call(other, Cause::Transferred, None);
                self.transfer_blind(call, by, remains, &number);
            }
            _ => self.transfer_failed(call, by, Cause::PeerError),
        }
    }

    /// `remains` of `call` and `target` of `other` talk from now on; the phone that had both is free.
    fn join_calls(&mut self, call: CallRef, by: LegId, remains: LegId, other: CallRef, target: LegId) {
        self.move_leg(target, other, call);
        self.call_note(call, format!("joined with call {other}"));
        self.call_note(other, format!("went on in call {call}"));
        self.transfer_answered(call, by, remains, target);
        self.end_call(other, Cause::Transferred, None);
    }

    /// A leg goes on in another call; in its old one it leaves its line.
    pub(crate) fn move_leg(&mut self, leg: LegId, from: CallRef, to: CallRef) {
        self.drop_change(leg);
        self.leave_line(leg, from);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        l.call = to;
        let (party, device, sip_call_id) = (l.party.clone(), l.device.clone(), l.sip_call_id.clone());
        let is_up = l.is_up();
        if let Some(c) = self.calls.get_mut(&to) {
            c.moved.retain(|line| line.leg != leg); // it is back
            c.legs.push(leg);
        }
        self.call_event(to, CallEventKind::LegStarted { leg, to: party, device, sip_call_id });
        if is_up {
            self.call_event(to, CallEventKind::LegAnswered { leg });
        }
    }

    /// The target is there: connect, tell who asked, let him go.
    pub(crate) fn transfer_answered(&mut self, call: CallRef, by: LegId, remains: LegId, target: LegId) {
        let party = self.legs.get(&target).map(|l| l.party.clone()).unwrap_or_default();
        self.stop_typing(call);
        self.drop_change(remains);
        let Some(c) = self.calls.get_mut(&call) else { return };
        c.phase = Phase::Bridged(remains, target);
        if c.caller == remains {
            c.to = party;
        }
        self.report_transfer(by, StatusCode::OK, true);
        self.call_event(call, CallEventKind::TransferEnded { by, result: Ok(()) });
        self.hang_up_leg(by, Cause::Transferred);
        self.call_event(call, CallEventKind::Bridged { a: remains, b: target });
        self.clear_playing(remains, target);
        self.join_audio(remains, target);
        self.record_by_rule(call);
        self.publish_call(call);
    }

    /// Lets two legs that agreed on their audio apart from each other talk: whoever is on hold, or
    /// speaks another codec, is asked anew.
    pub(crate) fn join_audio(&mut self, a: LegId, b: LegId) {
        self.connect_audio(a, b);
        let both_ways = |leg| self.legs.get(&leg).and_then(|l| l.remote()).is_none_or(|r| r.send && r.receive);
        let (a_talks, b_talks) = (both_ways(a), both_ways(b));
        // One after the other: each is asked by what the other has agreed on by then.
        if !a_talks || (b_talks && !self.hear_each_other(a, b)) {
            self.renegotiate(a, b, 0);
        } else if !b_talks {
            self.renegotiate(b, a, 0);
        }
    }

    /// Whether what one of two bridged legs may send is what the other has agreed to receive, both ways.
    pub(crate) fn hear_each_other(&self, a: LegId, b: LegId) -> bool {
        let (Some(a), Some(b)) = (self.legs.get(&a), self.legs.get(&b)) else { return true };
        let (Some(at_a), Some(at_b)) = (a.remote(), b.remote()) else { return true };
        let codecs = |leg: &crate::leg::Leg| -> Vec<String> {
            leg.agreed_codecs().iter().map(|codec| codec.to_ascii_lowercase()).collect()
        };
        let (ones, others) = (codecs(a), codecs(b));
        let share = ones.iter().any(|codec| others.contains(codec));
        (at_a.send, at_a.receive) == (at_b.receive, at_b.send) && share
    }

    /// Nobody took the transfer: who asked still has the call, if he stayed.
    pub(crate) fn transfer_failed(&mut self, call: CallRef, by: LegId, cause: Cause) {
        self.call_event(call, CallEventKind::TransferEnded { by, result: Err(cause) });
        self.report_transfer(by, cause.status(), true);
        let stays = self.legs.get(&by).is_some_and(|l| l.is_up());
        if let Some(remains) = self.peer_of(by).filter(|_| !stays) {
            return self.transferor_gone(call, by, remains, cause);
        }
        if let Some(remains) = self.peer_of(by) {
            self.stop_playing(remains);
            if self.legs.get(&by).is_some_and(|l| l.holding) {
                self.music_for_held(by, true);
            }
        }
        if !stays {
            self.end_call(call, cause, None);
        }
    }

    /// Whoever transferred has left and nobody took it: it comes back (conventions §11).
    fn transferor_gone(&mut self, call: CallRef, by: LegId, remains: LegId, cause: Cause) {
        let extension = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned);
        self.be_alone(call, remains);
        if let Some(c) = self.calls.get_mut(&call) {
            c.recall = extension;
        }
        self.fail_caller(call, cause);
    }

    /// NOTIFY with the state of the transfer (RFC 3515 §2.4.4).
    pub(crate) fn report_transfer(&mut self, by: LegId, status: StatusCode, last: bool) {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&by).filter(|l| l.referred) else { return };
        l.referred = !last;
        let (flow, number) = (l.flow, l.party.number.clone());
        let Some(up) = l.up() else { return };
        let mut notify = up.dialog.request(Method::Notify);
        notify.headers.push(HeaderName::Contact, self.contact(flow, &number));
        notify.headers.push(HeaderName::Event, "refer");
        let state = if last { "terminated;reason=noresource" } else { "active;expires=120" };
        notify.headers.push(HeaderName::SubscriptionState, state);
        let body = format!("SIP/2.0 {} {}\r\n", status.0, status.reason_phrase());
        notify.set_body("message/sipfrag;version=2.0", body.into());
        if let Ok(client) = self.transactions.send_request(now, flow, notify) {
            self.clients.insert(client, by);
        }
        self.flush(None);
    }
}

/// The one Refer-To of a REFER (RFC 3515 §2.4.2).
fn refer_to(request: &Request) -> Option<NameAddr> {
    let mut all = request.headers.name_addrs(&HeaderName::ReferTo).ok()?;
    if all.len() != 1 {
        return None;
    }
    all.pop()
}

/// The dialog named by `Replaces=…` in a Refer-To URI's header part.
fn replaces_of(headers: &[u8]) -> Option<DialogId> {
    let value = headers.split(|b| *b == b'&').find_map(|h| {
        let at = h.iter().position(|b| *b == b'=')?;
        h[..at].eq_ignore_ascii_case(b"replaces").then(|| &h[at + 1..])
    })?;
    dialog_of_replaces(&unescape(value))
}

/// The dialog that a Replaces value names, seen from us (RFC 3891 §3: its to-tag is our tag).
pub(crate) fn dialog_of_replaces(value: &[u8]) -> Option<DialogId> {
    let mut parts = value.split(|b| *b == b';');
    let call_id = parts.next()?.trim_ascii();
    let (mut local, mut remote) = (None, None);
    for part in parts {
        let Some(at) = part.iter().position(|b| *b == b'=') else { continue };
        let (name, tag) = (part[..at].trim_ascii(), part[at + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"to-tag") {
            local = Some(tag.to_vec());
        } else if name.eq_ignore_ascii_case(b"from-tag") {
            remote = Some(tag.to_vec());
        }
    }
    Some(DialogId { call_id: call_id.to_vec().into(), local_tag: local?.into(), remote_tag: remote?.into() })
}

/// Percent-decoding (RFC 3261 §19.1.2); a broken escape stays as it is.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let hex = |i: usize| text.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (text[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaces_in_a_refer_to_names_our_dialog() {
        let id = replaces_of(b"Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994").unwrap();
        assert_eq!(&id.call_id[..], b"12345@192.168.118.3");
        assert_eq!((&id.local_tag[..], &id.remote_tag[..]), (&b"12345"[..], &b"5FFE-3994"[..]));
        assert!(replaces_of(b"Subject=x").is_none());
        assert!(replaces_of(b"Replaces=only-a-call-id").is_none());
        assert_eq!(unescape(b"a%2"), b"a%2");
    }
}
