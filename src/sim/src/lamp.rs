//! What a NOTIFY says, in a word or two.

use sip::event::{
    Activity, Body, DialogDirection, DialogInfo, DialogLine, DialogProgress, FeatureState, InstanceState,
    MessageSummary, Presence, ResourceList,
};
use sip::message::{HeaderName, Request};

/// `early<101`, `idle`, `2/0`, `[102 idle, 103 early<101]`; what ends a subscription stands in brackets. None where
/// there is nothing to be read, an error where it cannot be.
pub(crate) fn describe(notify: &Request) -> Option<Result<String, String>> {
    let state = notify.headers.get(&HeaderName::SubscriptionState).map(|v| String::from_utf8_lossy(v).into_owned());
    let reason = state.as_deref().and_then(|s| s.strip_prefix("terminated;reason=")).map(|r| format!("({r})"));
    if notify.body.is_empty() {
        return reason.map(Ok);
    }
    let kind = notify.headers.get(&HeaderName::ContentType)?;
    let body = Body::new(String::from_utf8_lossy(kind), notify.body.clone());
    let said = describe_body(&body)?;
    Some(said.map(|said| [Some(said), reason].into_iter().flatten().collect::<Vec<_>>().join(" ")))
}

fn describe_body(body: &Body) -> Option<Result<String, String>> {
    let kind = body.content_type.split(';').next().unwrap_or_default();
    let bytes = &body.bytes;
    let said = match kind {
        "application/dialog-info+xml" => DialogInfo::parse(bytes).map(|info| dialogs(&info)),
        "application/pidf+xml" => Presence::parse(bytes).map(|presence| present(&presence)),
        "application/simple-message-summary" => {
            MessageSummary::parse(bytes).map(|m| format!("{}/{}", m.voice.new, m.voice.old))
        }
        "multipart/related" => ResourceList::parse(body).map(|list| entries(&list)),
        "application/x-as-feature-event+xml" | "multipart/mixed" => FeatureState::parse(body).map(|f| features(&f)),
        _ => return None,
    };
    Some(said.map_err(|error| error.to_string()))
}

fn dialogs(info: &DialogInfo) -> String {
    let shown = info.dialogs.iter().filter(|d| d.progress != DialogProgress::Terminated);
    let lines: Vec<String> = shown.map(dialog).collect();
    if lines.is_empty() { "idle".to_owned() } else { lines.join("+") }
}

fn dialog(line: &DialogLine) -> String {
    let state = match line.progress {
        DialogProgress::Trying => "trying",
        DialogProgress::Proceeding => "proceeding",
        DialogProgress::Early => "early",
        DialogProgress::Confirmed if line.held => "held",
        DialogProgress::Confirmed => "confirmed",
        DialogProgress::Terminated => "terminated",
    };
    let Some(other) = &line.remote else { return state.to_owned() };
    let user = other.identity.split([':', '@']).nth(1).unwrap_or_default();
    let arrow = if line.direction == DialogDirection::Recipient { '<' } else { '>' };
    format!("{state}{arrow}{user}")
}

fn present(presence: &Presence) -> String {
    let open = if presence.open { "open" } else { "closed" };
    match presence.activity {
        Activity::Unknown => open.to_owned(),
        Activity::OnThePhone => format!("{open} on-the-phone"),
        Activity::Busy => format!("{open} busy"),
        Activity::Away => format!("{open} away"),
    }
}

fn entries(list: &ResourceList) -> String {
    let said = list.instances.iter().map(|instance| {
        let user = instance.uri.split([':', '@']).nth(1).unwrap_or_default();
        let state = match &instance.state {
            InstanceState::Active(body) => describe_body(body).and_then(Result::ok).unwrap_or_else(|| "?".to_owned()),
            InstanceState::Terminated => "gone".to_owned(),
        };
        format!("{user} {state}")
    });
    format!("{}[{}]", if list.full { "" } else { "…" }, said.collect::<Vec<_>>().join(", "))
}

fn features(state: &FeatureState) -> String {
    let mut said = vec![if state.do_not_disturb { "dnd".to_owned() } else { "no-dnd".to_owned() }];
    let active = state.forwards.iter().filter(|(_, forward)| forward.active);
    said.extend(active.map(|(kind, forward)| format!("{kind:?}>{}", forward.to)));
    said.join(" ")
}
