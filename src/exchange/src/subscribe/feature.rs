//! Do-not-disturb and forwards that a phone sets with its own keys, and that are shown on all phones of an extension.

use sip::event::{EventHeader, FeatureState, FeatureWish, Forward, ForwardKind, Package, Refused};
use sip::message::{Request, StatusCode};

use crate::Exchange;

/// A number that calls are forwarded to, as it is dialled.
const NUMBER_MAX: usize = 32;

impl Exchange {
    /// What the body of a SUBSCRIBE for features asks to be set; 400 if it cannot be read.
    pub(super) fn wish_in(&self, event: &EventHeader, request: &Request) -> Result<Option<FeatureWish>, Refused> {
        if event.package != Some(Package::Feature) || request.body.is_empty() {
            return Ok(None);
        }
        let bad = |reason| Refused { status: StatusCode(400), min_expires_s: None, reason };
        let wish = FeatureWish::parse(&request.body).map_err(|_| bad("features that cannot be read"))?;
        if let FeatureWish::Forward(_, forward) = &wish
            && forward.active
            && !is_number(&forward.to)
        {
            return Err(bad("forward without a number"));
        }
        Ok(Some(wish))
    }

    /// Sets what a phone of this extension asked for. Where a forward may lead is asked when a call is forwarded.
    pub(super) fn grant_wish(&mut self, extension: &str, wish: FeatureWish) {
        self.change_person(extension, extension, |person| match wish {
            FeatureWish::DoNotDisturb(on) => {
                person.dnd = on;
                person.dnd_until = None;
            }
            FeatureWish::Forward(kind, forward) => {
                let place = match kind {
                    ForwardKind::Always => &mut person.forward_all,
                    ForwardKind::Busy => &mut person.forward_busy,
                    ForwardKind::NoAnswer => &mut person.forward_no_answer,
                };
                *place = forward.active.then_some(forward.to);
            }
        });
    }

    /// How the features of an extension stand.
    pub(super) fn features_of(&self, extension: &str) -> FeatureState {
        let person = self.facts.state.person(extension);
        let forward = |to: &Option<String>, after_s| Forward {
            active: to.is_some(),
            to: to.clone().unwrap_or_default(),
            after_s,
        };
        let ring_time_s = self.config.extensions.get(extension).and_then(|e| e.ring_time_s);
        let ring_time_s = u32::from(ring_time_s.unwrap_or(self.config.sip.ring_time_s));
        FeatureState {
            do_not_disturb: self.wants_no_calls(extension),
            forwards: vec![
                (ForwardKind::Always, forward(&person.forward_all, None)),
                (ForwardKind::Busy, forward(&person.forward_busy, None)),
                (ForwardKind::NoAnswer, forward(&person.forward_no_answer, Some(ring_time_s))),
            ],
        }
    }
}

/// Digits as they are dialled, codes and `+` included.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (1..=NUMBER_MAX).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit() || b"*#".contains(&b))
}
