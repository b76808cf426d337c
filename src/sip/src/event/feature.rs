//! `application/x-as-feature-event+xml`: do-not-disturb and forwards kept the same on phone and box. No standard:
//! BroadSoft's use of CSTA (ECMA-323 3rd edition), as phones of several makers speak it. A phone asks for a change by
//! a body in its SUBSCRIBE; each NOTIFY tells how all stands.

use super::multipart::{self, Part};
use super::xml::{Element, Writer};
use super::{Body, BodyError, Package};

/// The name space of the elements.
const CSTA: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";
/// A number to forward to, octets.
const NUMBER_MAX: usize = 64;
/// Seconds that a phone's ring takes (ITU-T E.180 leaves it to the country; 6 s is the phones' own measure).
const RING_S: u32 = 6;

/// How the features of an extension stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FeatureState {
    /// Calls are turned away.
    pub do_not_disturb: bool,
    /// The three forwards.
    pub forwards: Vec<(ForwardKind, Forward)>,
}

/// When calls are forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum ForwardKind {
    Always,
    Busy,
    NoAnswer,
}

/// One forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Forward {
    /// It holds.
    pub active: bool,
    /// Where to; may be known while it does not hold.
    pub to: String,
    /// After so many seconds without an answer; for [`ForwardKind::NoAnswer`].
    pub after_s: Option<u32>,
}

/// What a phone asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeatureWish {
    /// Do-not-disturb on or off.
    DoNotDisturb(bool),
    /// A forward on or off.
    Forward(ForwardKind, Forward),
}

impl ForwardKind {
    /// All, in the order in which they are told.
    pub const ALL: [ForwardKind; 3] = [ForwardKind::Always, ForwardKind::Busy, ForwardKind::NoAnswer];

    fn name(self) -> &'static str {
        match self {
            ForwardKind::Always => "forwardImmediate",
            ForwardKind::Busy => "forwardBusy",
            ForwardKind::NoAnswer => "forwardNoAns",
        }
    }
}

impl FeatureWish {
    /// Reads the body of a SUBSCRIBE.
    ///
    /// # Errors
    /// [`BodyError`]: not one of the two requests, or one without its value.
    pub fn parse(document: &[u8]) -> Result<FeatureWish, BodyError> {
        const BAD: BodyError = BodyError("feature request");
        let root = Element::parse(document)?;
        let on = |name| match root.text_of(name) {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(BAD),
        };
        match root.name.as_str() {
            "SetDoNotDisturb" => on("doNotDisturbOn").map(FeatureWish::DoNotDisturb),
            "SetForwarding" => {
                let kind = ForwardKind::ALL.into_iter().find(|k| k.name() == root.text_of("forwardingType"));
                let to = root.text_of("forwardDN");
                if to.len() > NUMBER_MAX || to.chars().any(char::is_control) {
                    return Err(BAD);
                }
                let rings: Option<u32> = root.text_of("ringCount").parse().ok().filter(|rings| *rings <= 50);
                let forward = Forward {
                    active: on("activateForward")?,
                    to: to.to_owned(),
                    after_s: rings.map(|rings| rings * RING_S),
                };
                Ok(FeatureWish::Forward(kind.ok_or(BAD)?, forward))
            }
            _ => Err(BAD),
        }
    }
}

impl FeatureState {
    /// All of it in one body: a document for each feature, for phones read only the first element of each.
    pub fn body(&self, device: &str) -> Body {
        let mut documents = vec![do_not_disturb(device, self.do_not_disturb)];
        documents.extend(self.forwards.iter().map(|(kind, forward)| forwarding(device, *kind, forward)));
        let parts: Vec<Part> = documents
            .into_iter()
            .map(|text| Part { id: String::new(), body: Body::new(Package::Feature.content_type(), text) })
            .collect();
        match <[Part; 1]>::try_from(parts) {
            Ok([only]) => only.body,
            Err(parts) => multipart::join("multipart/mixed", &parts),
        }
    }

    /// Reads such a body.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn parse(body: &Body) -> Result<FeatureState, BodyError> {
        const BAD: BodyError = BodyError("feature state");
        let parts = if body.content_type.starts_with("multipart/") {
            multipart::split(&body.content_type, &body.bytes)?
        } else {
            vec![Part { id: String::new(), body: body.clone() }]
        };
        let mut state = FeatureState::default();
        for part in parts {
            let root = Element::parse(&part.body.bytes)?;
            match root.name.as_str() {
                "DoNotDisturbEvent" => state.do_not_disturb = root.text_of("doNotDisturbOn") == "true",
                "ForwardingEvent" => {
                    let name = root.text_of("forwardingType");
                    let kind = ForwardKind::ALL.into_iter().find(|k| k.name() == name).ok_or(BAD)?;
                    let after_s = root.text_of("ringCount").parse::<u32>().ok().map(|r| r.saturating_mul(RING_S));
                    let to = root.text_of("forwardTo").to_owned();
                    let active = root.text_of("forwardStatus") == "true";
                    state.forwards.push((kind, Forward { active, to, after_s }));
                }
                _ => return Err(BAD),
            }
        }
        Ok(state)
    }
}

fn do_not_disturb(device: &str, on: bool) -> String {
    let mut w = Writer::new();
    w.open("DoNotDisturbEvent").attribute("xmlns", CSTA);
    w.leaf("device", device).leaf("doNotDisturbOn", word(on));
    w.finish()
}

fn forwarding(device: &str, kind: ForwardKind, forward: &Forward) -> String {
    let mut w = Writer::new();
    w.open("ForwardingEvent").attribute("xmlns", CSTA).leaf("device", device).leaf("forwardingType", kind.name());
    w.leaf("forwardStatus", word(forward.active)).leaf("forwardTo", &forward.to);
    if let Some(after_s) = forward.after_s.filter(|_| kind == ForwardKind::NoAnswer) {
        w.leaf("ringCount", &after_s.div_ceil(RING_S).to_string());
    }
    w.finish()
}

fn word(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}
