//! Session timers (RFC 4028): a call whose phone has died ends by itself.

use base::{Duration, LegId};
use sip::message::{HeaderName, Headers, Method, Request, Response};

use crate::leg::{Modify, SessionTimer, Why};
use crate::record::Cause;
use crate::{Exchange, Timer};

/// RFC 4028 §5: no interval below this is ever negotiated.
const INTERVAL_MIN_S: u32 = 90;
/// Nobody needs more than a day.
const INTERVAL_MAX_S: u32 = 86_400;

impl Exchange {
    /// Whether the interval a phone asks for is long enough; else the Min-SE to tell it (§9).
    pub(crate) fn check_session_expires(&self, request: &Request) -> Result<(), u32> {
        let min = self.config.sip.session_min_s.max(INTERVAL_MIN_S);
        let asked = request.headers.get(&HeaderName::SessionExpires).and_then(|v| seconds(v));
        match asked {
            Some(s) if s < min && request.headers.has_token(&HeaderName::Supported, "timer") => Err(min),
            _ => Ok(()),
        }
    }

    /// What we answer to a request's wish (§9).
    pub(crate) fn session_timer_as_uas(&self, request: &Request) -> SessionTimer {
        let ours = self.config.sip.session_expires_s;
        let value = request.headers.get(&HeaderName::SessionExpires);
        let asked = value.and_then(|v| seconds(v));
        let least = request.headers.get(&HeaderName::MinSe).and_then(|v| seconds(v)).unwrap_or(0).max(INTERVAL_MIN_S);
        let interval = match (asked, ours) {
            (None, 0) => return SessionTimer::default(),
            (None, ours) => ours.max(least),
            (Some(asked), 0) => asked,
            (Some(asked), ours) => asked.min(ours).max(least),
        };
        let can = request.headers.has_token(&HeaderName::Supported, "timer");
        // §9: the phone refreshes unless it cannot or asks us to.
        let we_refresh = !can || value.is_some_and(|v| refresher(v) == Some(Refresher::Uas));
        SessionTimer { interval: Some(Duration::from_secs(u64::from(interval.min(INTERVAL_MAX_S)))), ours: we_refresh }
    }

    /// A re-INVITE or UPDATE from the phone keeps the session alive.
    pub(crate) fn note_refreshed(&mut self, leg: LegId, request: &Request) {
        let timer = self.session_timer_as_uas(request);
        if let Some(l) = self.legs.get_mut(&leg) {
            l.timer = timer;
        }
        self.arm_session_timer(leg);
    }

    /// Our wish in a first INVITE (§7.1).
    pub(crate) fn push_session_timer_request(&self, request: &mut Request) {
        let sip = &self.config.sip;
        if sip.session_expires_s > 0 {
            request.headers.push(HeaderName::SessionExpires, sip.session_expires_s.to_string());
            request.headers.push(HeaderName::MinSe, sip.session_min_s.max(INTERVAL_MIN_S).to_string());
        }
    }

    /// The interval in a later request of ours (§7.4): who refreshes stays who it was.
    pub(crate) fn push_session_refresh(&self, request: &mut Request, timer: SessionTimer) {
        if let Some(interval) = timer.interval {
            let who = if timer.ours { "uac" } else { "uas" };
            request.headers.push(HeaderName::SessionExpires, format!("{};refresher={who}", interval.as_secs()));
            request.headers.push(HeaderName::MinSe, self.config.sip.session_min_s.max(INTERVAL_MIN_S).to_string());
        }
    }

    /// The phone's 2xx to our INVITE or UPDATE settles the timer (§7.2).
    pub(crate) fn start_session_timer_as_uac(&mut self, leg: LegId, response: &Response) {
        let value = response.headers.get(&HeaderName::SessionExpires);
        let agreed = value.and_then(|v| Some((seconds(v)?, refresher(v))));
        let wished = self.config.sip.session_expires_s;
        let timer = match agreed {
            Some((s, who)) => SessionTimer {
                interval: Some(Duration::from_secs(u64::from(s.clamp(INTERVAL_MIN_S, INTERVAL_MAX_S)))),
                ours: who != Some(Refresher::Uas),
            },
            // The phone knows no session timers: we ask after it by ourselves.
            None if wished > 0 => SessionTimer { interval: Some(Duration::from_secs(u64::from(wished))), ours: true },
            None => SessionTimer::default(),
        };
        if let Some(l) = self.legs.get_mut(&leg) {
            l.timer = timer;
        }
        self.arm_session_timer(leg);
    }

    /// §10: half the interval for our refresh; for the phone's the interval less a margin.
    pub(crate) fn arm_session_timer(&mut self, leg: LegId) {
        let Some(l) = self.legs.get(&leg) else { return };
        if !l.is_up() {
            return;
        }
        let Some(interval) = l.timer.interval else {
            self.timers.cancel(Timer::SessionRefresh(leg));
            self.timers.cancel(Timer::SessionExpiry(leg));
            return;
        };
        if l.timer.ours {
            self.timers.cancel(Timer::SessionExpiry(leg));
            self.timers.set(Timer::SessionRefresh(leg), self.now + interval / 2);
        } else {
            let margin = Duration::from_secs(32).min(interval / 3);
            self.timers.cancel(Timer::SessionRefresh(leg));
            self.timers.set(Timer::SessionExpiry(leg), self.now + (interval - margin));
        }
    }

    /// Time for our refresh: UPDATE where the phone takes it, else a re-INVITE that changes nothing (§7.4).
    pub(crate) fn refresh_session(&mut self, leg: LegId) {
        let said = self
            .peer_of(leg)
            .and_then(|p| self.legs.get(&p))
            .and_then(|p| p.audio.talk.as_ref())
            .and_then(|t| t.peers_description().cloned());
        let allowed = self.config.media.codecs.clone();
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let takes_update = l.takes_update;
        let Some(up) = l.up() else { return };
        if !matches!(up.modify, Modify::Quiet) || up.unconfirmed.is_some() {
            // Something is being agreed on already; it will settle the timer or end the call.
            self.timers.set(Timer::SessionRefresh(leg), self.now + Duration::from_secs(10));
            return;
        }
        let sent = if takes_update {
            self.ask(leg, Method::Update, None, Why::Refresh, 0)
        } else {
            let offer = l.audio.talk.as_mut().and_then(|t| match &said {
                Some(said) => t.offer_from(said, &allowed).ok(),
                None => t.offer_own(&allowed).ok(),
            });
            match offer {
                Some(offer) => self.ask(leg, Method::Invite, Some(&offer), Why::Refresh, 0),
                None => false,
            }
        };
        if !sent {
            self.withdraw(leg);
            self.timers.set(Timer::SessionRefresh(leg), self.now + Duration::from_secs(10));
        }
    }

    /// The phone should have refreshed and did not.
    pub(crate) fn session_expired(&mut self, leg: LegId) {
        let Some(call) = self.legs.get(&leg).map(|l| l.call) else { return };
        self.call_note(call, format!("{leg} did not refresh its session in time"));
        self.end_call(call, Cause::Timeout, None);
    }
}

/// Session-Expires in a 2xx of ours (§9), and `Require: timer` where the phone is to refresh.
pub(crate) fn push_session_expires(headers: &mut Headers, timer: SessionTimer, request: &Request) {
    let Some(interval) = timer.interval else { return };
    let who = if timer.ours { "uas" } else { "uac" };
    headers.push(HeaderName::SessionExpires, format!("{};refresher={who}", interval.as_secs()));
    if !timer.ours && request.headers.has_token(&HeaderName::Supported, "timer") {
        headers.push(HeaderName::Require, "timer");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refresher {
    Uac,
    Uas,
}

fn refresher(value: &[u8]) -> Option<Refresher> {
    let text = std::str::from_utf8(value).ok()?;
    let who = text.split(';').skip(1).find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("refresher").then(|| value.trim())
    })?;
    if who.eq_ignore_ascii_case("uac") {
        Some(Refresher::Uac)
    } else if who.eq_ignore_ascii_case("uas") {
        Some(Refresher::Uas)
    } else {
        None
    }
}

/// The number at the start of a header value, before any parameter.
pub(crate) fn seconds(value: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(value).ok()?;
    text.split(';').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_expires_is_a_number_and_a_refresher() {
        assert_eq!(seconds(b"1800;refresher=uas"), Some(1800));
        assert_eq!(refresher(b"1800; Refresher = UAS"), Some(Refresher::Uas));
        assert_eq!(refresher(b"1800"), None);
        assert_eq!(seconds(b"-5"), None);
        assert_eq!(seconds(b"99999999999"), None);
    }
}
