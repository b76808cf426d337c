//! An INVITE with Replaces (RFC 3891): a person takes his own call over on another device.

use base::LegId;
use sip::dialog::DialogId;
use sip::message::{HeaderName, StatusCode};

use crate::Exchange;
use crate::call::Phase;
use crate::call::transfer::dialog_of_replaces;
use crate::leg::{LegState, Side};
use crate::record::{CallEventKind, Cause};

impl Exchange {
    /// Handles the new leg if its INVITE names a dialog to replace; false if it names none.
    pub(crate) fn replace_by_invite(&mut self, leg: LegId) -> bool {
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let (call, own, number) = (l.call, l.side.clone(), l.party.number.clone());
        let Some(value) = l.offered().and_then(|o| o.request.headers.get(&HeaderName::Replaces).cloned()) else {
            return false;
        };
        let early_only = value.split(|b| *b == b';').any(|p| p.trim_ascii().eq_ignore_ascii_case(b"early-only"));
        // Where the tags come from dialog-info, they are those of the phone that was watched, the other way round.
        let old = dialog_of_replaces(&value).and_then(|id| {
            let turned = DialogId {
                local_tag: id.remote_tag.clone(),
                remote_tag: id.local_tag.clone(),
                call_id: id.call_id.clone(),
            };
            self.dialogs.get(&id).or_else(|| self.dialogs.get(&turned)).copied()
        });
        let old = old.filter(|l| *l != leg);
        // A call that rings at his own phones or in his pickup group (a BLF key).
        let rings = old.filter(|old| matches!(&own, Side::Extension(by) if self.may_take(by, *old)));
        if let Some(ringing) = rings.and_then(|old| self.legs.get(&old)).map(|l| l.call) {
            self.note_reasons(call, vec![format!("{number} picks up call {ringing}")]);
            self.take_ringing(call, leg, ringing);
            return true;
        }
        // Only his own call: knowing the tags is no right to it.
        let old = old.filter(|old| self.legs.get(old).is_some_and(|l| l.side == own && l.is_up()));
        let Some(old) = old else {
            self.refuse_replacement(leg, StatusCode(481)); // RFC 3891 §3
            return true;
        };
        if early_only {
            self.refuse_replacement(leg, StatusCode(486)); // RFC 3891 §3: it is confirmed
            return true;
        }
        let before = self.legs.get(&old).map(|l| l.call).unwrap_or(call);
        let Some(other_end) = self.peer_of(old) else {
            self.refuse_replacement(leg, StatusCode(481));
            return true;
        };
        if let Err(cause) = self.open_audio(leg) {
            self.end_call(call, cause, None);
            return true;
        }
        let codecs = self.codecs_for(other_end);
        let talk = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut());
        let session = talk.and_then(|t| {
            if t.open_offer_of_peer().is_some() { t.answer_own(&codecs).ok() } else { t.offer_own(&codecs).ok() }
        });
        let Some(session) = session else {
            self.end_call(call, Cause::NoCommonCodec, None);
            return true;
        };
        self.configure_audio(leg);
        self.note_reasons(call, vec![format!("{number} takes over his call {before} on this device")]);
        self.move_leg(other_end, before, call);
        let (now, party) = (self.now, self.legs.get(&other_end).map(|l| l.party.clone()).unwrap_or_default());
        if let Some(c) = self.calls.get_mut(&call) {
            c.phase = Phase::Bridged(leg, other_end);
            c.answered_at = Some(now);
            c.to = party;
        }
        self.say_success(leg, session);
        self.call_event(call, CallEventKind::Bridged { a: leg, b: other_end });
        self.join_audio(leg, other_end);
        self.end_call(before, Cause::Transferred, None);
        self.publish_call(call);
        true
    }

    fn refuse_replacement(&mut self, leg: LegId, status: StatusCode) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        let LegState::Offered(o) = &l.state else { return };
        let mut response = Exchange::response(&o.request, status);
        response.set_to_tag(&String::from_utf8_lossy(&o.dialog.id.local_tag));
        let invite = o.invite;
        self.respond(invite, &response);
        self.call_note(call, "the call to be taken over is not there");
        self.close_leg(leg, Cause::PeerError);
        self.leg_down(leg);
        self.end_call(call, Cause::PeerError, None);
    }
}
