//! Changes of a session under way: hold, resume, new codecs, by re-INVITE (RFC 3261 §14) or UPDATE
//! (RFC 3311), passed on from one phone to the other.

use base::{Duration, LegId};
use sdp::{NegotiationError, Session};
use sip::message::{HeaderName, Method, Request, Response, StatusCode};
use sip::transaction::ServerId;

use crate::call::Phase;
use crate::call::audio::unheld;
use crate::call::setup::read_offer;
use crate::leg::{Modify, Unconfirmed, Up, Why};
use crate::record::{CallEventKind, Cause};
use crate::{ALLOW, Exchange, SUPPORTED, Timer};

/// Tries after a 491, at most (security: challenge and glare loops end).
const TRIES_MAX: u8 = 5;

impl Exchange {
    /// A re-INVITE or UPDATE from a phone.
    pub(crate) fn handle_modify(&mut self, leg: LegId, server: ServerId, request: Request) {
        let offer = match read_offer(&request) {
            Ok(offer) => offer,
            Err(status) => return self.answer_in_dialog(server, &request, status),
        };
        self.note_refreshed(leg, &request);
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let Some(up) = l.up() else {
            // An UPDATE before the call is answered: without SDP it refreshes, with SDP it crosses the
            // offer of the INVITE (RFC 3311 §5.2).
            let status =
                if offer.is_none() && request.method == Method::Update { StatusCode::OK } else { StatusCode(500) };
            return self.refuse_change(server, &request, status);
        };
        match up.modify {
            Modify::Quiet => {}
            Modify::Asked { .. } | Modify::AwaitingAnswer => {
                return self.refuse_change(server, &request, StatusCode(500));
            }
            Modify::Asking { .. } | Modify::Backoff { .. } => {
                return self.refuse_change(server, &request, StatusCode(491));
            }
        }
        match offer {
            None if request.method == Method::Update => self.accept_change(leg, server, &request, None),
            None => self.offer_in_answer(leg, server, &request),
            Some(offer) if self.is_repeat(leg, &offer) => {
                let said = self.repeated_answer(leg, offer);
                self.accept_change(leg, server, &request, said);
            }
            Some(offer) => self.pass_change_on(leg, server, request, offer),
        }
    }

    /// RFC 3261 §14.2, RFC 3311 §5.2: 500 and 491 say when to try again.
    fn refuse_change(&mut self, server: ServerId, request: &Request, status: StatusCode) {
        let mut response = Exchange::response(request, status);
        if status == StatusCode(500) {
            response.headers.push(HeaderName::RetryAfter, self.random.below(10).to_string());
        }
        self.respond(server, &response);
    }

    /// Whether the phone says what it said last: a refresh, nothing for the other side to know.
    fn is_repeat(&self, leg: LegId, offer: &Session) -> bool {
        let said = self.legs.get(&leg).and_then(|l| l.audio.talk.as_ref()).and_then(|t| t.peers_description());
        said.is_some_and(|said| said.same_content(offer) && said.origin.version == offer.origin.version)
    }

    /// What we said last, said again. Where that was our offer it may name more than the phone's (RFC 3264 §6.1):
    /// then an answer of what was agreed.
    fn repeated_answer(&mut self, leg: LegId, offer: Session) -> Option<Session> {
        let l = self.legs.get_mut(&leg)?;
        let codecs = l.agreed_codecs();
        let talk = l.audio.talk.as_mut()?;
        let said = talk.our_description()?.clone();
        if sdp::check_answer(&offer, &said).is_ok() {
            return Some(said);
        }
        talk.offer_received(offer).ok()?;
        let answer = talk.answer_own(&codecs).ok();
        if answer.is_none() {
            talk.withdraw();
        }
        answer
    }

    /// The change goes to the phone at the other end, as an offer of the same kind.
    fn pass_change_on(&mut self, leg: LegId, server: ServerId, request: Request, offer: Session) {
        let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()) else {
            return self.refuse_change(server, &request, StatusCode(488));
        };
        if let Err(error) = talk.offer_received(offer.clone()) {
            let status = if error == NegotiationError::OfferOpen { 491 } else { 488 };
            return self.refuse_change(server, &request, StatusCode(status));
        }
        let Some(peer) = self.peer_of(leg) else { return self.answer_alone(leg, server, &request) };
        let allowed = self.config.media.codecs.clone();
        let Some(p) = self.legs.get_mut(&peer) else { return };
        let by_update = request.method == Method::Update && p.takes_update;
        let free = p.up().is_some_and(|up| matches!(up.modify, Modify::Quiet) && up.unconfirmed.is_none());
        let passed = if free {
            p.audio.talk.as_mut().and_then(|t| t.offer_from(&super::hold::with_music(&offer), &allowed).ok())
        } else {
            None
        };
        let Some(passed) = passed else {
            self.withdraw(leg);
            let status = if free { StatusCode(488) } else { StatusCode(491) };
            return self.refuse_change(server, &request, status);
        };
        if let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
            up.modify = Modify::Asked { server, request: Box::new(request) };
        }
        let method = if by_update { Method::Update } else { Method::Invite };
        if !self.ask(peer, method, Some(&passed), Why::ForPeer, 0) {
            self.withdraw(peer);
            self.refuse_pending_change(leg, StatusCode(500));
        }
    }

    /// Nobody at the other end: the box answers by itself (echo test, a transfer under way).
    fn answer_alone(&mut self, leg: LegId, server: ServerId, request: &Request) {
        let allowed = self.config.media.codecs.clone();
        let answer =
            self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()).and_then(|t| t.answer_own(&allowed).ok());
        match answer {
            Some(answer) => {
                self.configure_audio(leg);
                self.note_hold(leg);
                self.accept_change(leg, server, request, Some(answer));
            }
            None => {
                self.withdraw(leg);
                self.refuse_change(server, request, StatusCode(488));
            }
        }
    }

    /// A re-INVITE without SDP (RFC 3261 §14.2): our 200 makes the offer, of what the other end last said.
    fn offer_in_answer(&mut self, leg: LegId, server: ServerId, request: &Request) {
        let said = self
            .peer_of(leg)
            .and_then(|p| self.legs.get(&p))
            .and_then(|p| p.audio.talk.as_ref())
            .and_then(|t| t.peers_description())
            .map(unheld);
        let allowed = self.config.media.codecs.clone();
        let offer = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()).and_then(|talk| match said {
            Some(said) => talk.offer_from(&said, &allowed).ok(),
            None => talk.offer_own(&allowed).ok(),
        });
        let Some(offer) = offer else { return self.refuse_change(server, request, StatusCode(488)) };
        self.accept_change(leg, server, request, Some(offer));
        if let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
            up.modify = Modify::AwaitingAnswer;
        }
    }

    /// 200 to a re-INVITE or UPDATE.
    fn accept_change(&mut self, leg: LegId, server: ServerId, request: &Request, session: Option<Session>) {
        let Some(l) = self.legs.get(&leg) else { return };
        let contact = self.contact(l.flow, &l.party.number);
        let mut response = Exchange::response(request, StatusCode::OK);
        response.headers.push(HeaderName::Contact, contact);
        response.headers.push(HeaderName::Allow, ALLOW);
        response.headers.push(HeaderName::Supported, SUPPORTED);
        super::refresh::push_session_expires(&mut response.headers, l.timer, request);
        if let Some(session) = session {
            response.set_body("application/sdp", session.to_bytes().into());
        }
        if request.method == Method::Invite {
            let cseq = request.headers.cseq().map_or(0, |c| c.number);
            if let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
                up.unconfirmed = Some(Unconfirmed { server, cseq });
            }
        }
        self.respond(server, &response);
        self.arm_session_timer(leg);
    }

    /// Sends a re-INVITE or UPDATE. False when a limit is reached.
    pub(crate) fn ask(&mut self, leg: LegId, method: Method, session: Option<&Session>, why: Why, tries: u8) -> bool {
        let now = self.now;
        let Some(l) = self.legs.get_mut(&leg) else { return false };
        let (flow, number, timer) = (l.flow, l.party.number.clone(), l.timer);
        let Some(up) = l.up() else { return false };
        let mut request = up.dialog.request(method.clone());
        let cseq = request.headers.cseq().map_or(0, |c| c.number);
        request.headers.push(HeaderName::Contact, self.contact(flow, &number));
        self.push_session_refresh(&mut request, timer);
        request.headers.push(HeaderName::Allow, ALLOW);
        request.headers.push(HeaderName::Supported, SUPPORTED);
        if let Some(session) = session {
            request.set_body("application/sdp", session.to_bytes().into());
        }
        self.trunk_proves(leg, &mut request);
        let Ok(client) = self.transactions.send_request(now, flow, request) else { return false };
        self.clients.insert(client, leg);
        if let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
            up.modify = Modify::Asking { client, why, tries };
            if method == Method::Invite {
                up.invite_cseq = cseq;
            }
        }
        self.flush(None);
        true
    }

    /// Makes `leg`'s session fit a new other end: `with` is whom it hears from now on.
    /// `tries` counts the rounds, for two phones may never agree.
    pub(crate) fn renegotiate(&mut self, leg: LegId, with: LegId, tries: u8) {
        if tries >= TRIES_MAX {
            return;
        }
        let said =
            self.legs.get(&with).and_then(|l| l.audio.talk.as_ref()).and_then(|t| t.peers_description().map(unheld));
        let codecs = self.config.media.codecs.clone();
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let quiet = l.up().is_some_and(|up| matches!(up.modify, Modify::Quiet) && up.unconfirmed.is_none());
        if !quiet {
            if let Some(up) = l.up().filter(|up| !matches!(up.modify, Modify::Asked { .. })) {
                up.modify = match up.modify {
                    Modify::Quiet => Modify::Backoff { why: Why::NewPeer, tries },
                    ref other => {
                        return tracing::debug!(?other, %leg, "a change is under way: the new end is told by it");
                    }
                };
                self.timers.set(Timer::Retry(leg), self.now + Duration::from_secs(1));
            }
            return;
        }
        let Some(said) = said else { return };
        let offer = l.audio.talk.as_mut().and_then(|t| t.offer_from(&said, &codecs).ok());
        let Some(offer) = offer else { return };
        if !self.ask(leg, Method::Invite, Some(&offer), Why::NewPeer, tries) {
            self.withdraw(leg);
        }
    }

    /// The phone answers our re-INVITE or UPDATE.
    pub(crate) fn modify_response(&mut self, leg: LegId, response: Response) {
        if response.status.is_provisional() {
            return;
        }
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let (flow, call) = (l.flow, l.call);
        let Some(up) = l.up() else { return };
        let Modify::Asking { why, tries, .. } = std::mem::replace(&mut up.modify, Modify::Quiet) else { return };
        let is_invite = response.headers.cseq().is_ok_and(|c| c.method == Method::Invite);
        if response.status.is_success() {
            up.dialog.refresh_target(&response);
            if is_invite {
                let ack = up.dialog.ack(up.invite_cseq);
                self.send_ack(leg, flow, &ack);
            }
            self.start_session_timer_as_uac(leg, &response);
            return self.change_accepted(leg, why, tries, &response);
        }
        match response.status.0 {
            // RFC 3261 §12.2.1.2: the phone no longer knows the dialog.
            481 | 408 => {
                self.withdraw(leg);
                self.end_call(call, Cause::Unreachable, None);
            }
            // 500: it has not finished an INVITE before this one (RFC 3261 §14.2).
            491 | 500 if why != Why::ForPeer && tries < TRIES_MAX => {
                self.withdraw(leg);
                if let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
                    up.modify = Modify::Backoff { why, tries: tries + 1 };
                }
                // RFC 3261 §14.1: who did not make the dialog's Call-ID waits 0–2 s, the other 2.1–4 s.
                let wait = Duration::from_millis(2100 + 10 * self.random.below(190));
                self.timers.set(Timer::Retry(leg), self.now + wait);
            }
            // A provider may want proof of every request.
            401 | 407 if tries < TRIES_MAX && self.trunk_will_prove(leg, &response) => {
                let talk = self.legs.get(&leg).and_then(|l| l.audio.talk.as_ref());
                let offer = talk.and_then(|talk| talk.open_offer_of_ours()).cloned();
                let method = if is_invite { Method::Invite } else { Method::Update };
                if !self.ask(leg, method, offer.as_ref(), why, tries + 1) {
                    self.change_refused(leg, why, response.status.0);
                }
            }
            status => self.change_refused(leg, why, status),
        }
    }

    fn change_accepted(&mut self, leg: LegId, why: Why, tries: u8, response: &Response) {
        let answer = if response.body.is_empty() { None } else { Session::parse(&response.body).ok() };
        let open =
            self.legs.get(&leg).and_then(|l| l.audio.talk.as_ref()).is_some_and(|t| t.open_offer_of_ours().is_some());
        if open {
            let taken = answer.is_some_and(|a| {
                self.legs
                    .get_mut(&leg)
                    .and_then(|l| l.audio.talk.as_mut())
                    .is_some_and(|t| t.answer_received(a).is_ok())
            });
            if !taken {
                self.withdraw(leg);
                return self.change_refused(leg, why, 488);
            }
            self.configure_audio(leg);
        }
        if why != Why::ForPeer {
            if let Some(peer) =
                self.peer_of(leg).filter(|peer| why == Why::NewPeer && !self.hear_each_other(leg, *peer))
            {
                self.renegotiate(peer, leg, tries + 1);
            }
            return;
        }
        let Some(asker) = self.peer_of(leg) else { return };
        let Some(session) = self.answer_on_behalf(asker, leg) else {
            return self.refuse_pending_change(asker, StatusCode(488));
        };
        self.configure_audio(asker);
        self.note_hold(asker);
        let Some(up) = self.legs.get_mut(&asker).and_then(|l| l.up()) else { return };
        if !matches!(up.modify, Modify::Asked { .. }) {
            return;
        }
        if let Modify::Asked { server, request } = std::mem::replace(&mut up.modify, Modify::Quiet) {
            self.accept_change(asker, server, &request, Some(session));
        }
    }

    /// RFC 3261 §14.1: the session stays as it was.
    fn change_refused(&mut self, leg: LegId, why: Why, status: u16) {
        self.withdraw(leg);
        match why {
            Why::ForPeer => {
                // Our credentials are nobody's business (security: digest leak).
                let status = if matches!(status, 401 | 407) || status < 400 { 488 } else { status };
                if let Some(asker) = self.peer_of(leg) {
                    self.refuse_pending_change(asker, StatusCode(status));
                }
            }
            Why::Refresh => self.arm_session_timer(leg), // it is alive: it answered
            Why::NewPeer => {
                if let Some(call) = self.legs.get(&leg).map(|l| l.call) {
                    self.call_note(call, format!("{leg} refused ({status}) to take up the audio of its new other end"));
                }
            }
        }
    }

    /// Our re-INVITE or UPDATE was never answered (RFC 3261 §12.2.1.2: treat as 408).
    pub(crate) fn modify_unanswered(&mut self, leg: LegId) {
        self.withdraw(leg);
        if let Some(call) = self.legs.get(&leg).map(|l| l.call) {
            self.end_call(call, Cause::Unreachable, None);
        }
    }

    /// The wait after a 491 is over.
    pub(crate) fn retry_modify(&mut self, leg: LegId) {
        let Some(up) = self.legs.get_mut(&leg).and_then(|l| l.up()) else { return };
        let Modify::Backoff { why, tries: before } = up.modify else { return };
        up.modify = Modify::Quiet;
        match why {
            Why::NewPeer => {
                if let Some(peer) = self.peer_of(leg) {
                    self.renegotiate(leg, peer, before);
                }
            }
            Why::Refresh => self.refresh_session(leg),
            Why::ForPeer => {}
        }
        if let Some(Up { modify: Modify::Asking { tries, .. }, .. }) = self.legs.get_mut(&leg).and_then(|l| l.up()) {
            *tries = before;
        }
    }

    pub(crate) fn withdraw(&mut self, leg: LegId) {
        if let Some(talk) = self.legs.get_mut(&leg).and_then(|l| l.audio.talk.as_mut()) {
            talk.withdraw();
        }
    }

    /// Notes whether `leg`'s phone has just put its other end on hold, or taken it off.
    pub(crate) fn note_hold(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let holding = l.audio.talk.as_ref().is_some_and(|t| t.is_held_by_peer());
        if std::mem::replace(&mut l.holding, holding) == holding {
            return;
        }
        let call = l.call;
        let mine = self.calls.get(&call).is_some_and(|c| matches!(c.phase, Phase::Bridged(..) | Phase::Service));
        self.music_for_held(leg, holding);
        if mine {
            self.call_event(call, if holding { CallEventKind::Held { leg } } else { CallEventKind::Resumed { leg } });
            self.publish_call(call);
        }
    }
}
