//! A call's events as sentences.

use base::LegId;
use exchange::record::{CallEvent, CallEventKind, TransferKind};

use crate::words::{self, Zone};

#[derive(Debug, PartialEq)]
pub(super) struct Step {
    pub at: String,
    pub text: String,
}

pub(super) fn tell(events: &[CallEvent], zone: &Zone, name: impl Fn(LegId) -> String) -> Vec<Step> {
    events.iter().map(|event| Step { at: zone.exact(event.at), text: sentence(&event.what, &name) }).collect()
}

fn sentence(what: &CallEventKind, name: impl Fn(LegId) -> String) -> String {
    match what {
        CallEventKind::Started { from, dialled, .. } => format!("{} dialled {dialled}.", words::party(from)),
        CallEventKind::Routed { reasons } if reasons.is_empty() => "The way was chosen.".to_owned(),
        CallEventKind::Routed { reasons } => format!("The way was chosen: {}", reasons.join("; ")),
        CallEventKind::LegStarted { to, device, .. } => format!("{} is called on {device}.", words::party(to)),
        CallEventKind::LegRinging { leg } => format!("{} rings.", name(*leg)),
        CallEventKind::LegAnswered { leg } => format!("{} answered.", name(*leg)),
        CallEventKind::LegEnded { leg, cause } => format!("{} ended: {}.", name(*leg), words::cause(*cause)),
        CallEventKind::Bridged { a, b } => format!("{} and {} hear each other.", name(*a), name(*b)),
        CallEventKind::Held { leg } => format!("{} put the call on hold.", name(*leg)),
        CallEventKind::Resumed { leg } => format!("{} took the call up again.", name(*leg)),
        CallEventKind::TransferAsked { by, kind: TransferKind::Blind, target } => {
            format!("{} transfers the call to {target}.", name(*by))
        }
        CallEventKind::TransferAsked { by, kind: TransferKind::Attended, target } => {
            format!("{} joins the call with {target}.", name(*by))
        }
        CallEventKind::TransferEnded { by, result: Ok(()) } => format!("The transfer by {} is done.", name(*by)),
        CallEventKind::TransferEnded { by, result: Err(cause) } => {
            format!("The transfer by {} failed: {}.", name(*by), words::cause(*cause))
        }
        CallEventKind::Digit { leg, digit } => format!("{} pressed {digit}.", name(*leg)),
        CallEventKind::Note { text } => text.clone(),
    }
}
