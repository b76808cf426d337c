//! After a restart: bindings live on, calls that were cut off get their final record.

use base::{CallRef, RecordingId, WallTime};
use sip::message::{NameAddr, Uri};
use sip::registrar::Binding;
use sip::{Flow, Transport};

use crate::Exchange;
use crate::record::{
    BindingRecord, CallEvent, CallEventKind, CallRecord, Cause, Disposition, FactRecord, LegRole, LegSummary, Party,
    Record,
};
use crate::voicemail::fact::{Dictation, MailboxState, Message};

/// What survived the last run, as the store folds it.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    /// The bindings that were live.
    pub bindings: Vec<BindingRecord>,
    /// Calls with events but no final record.
    pub open_calls: Vec<OpenCall>,
    /// Recordings that began and did not end; the shell tells what became of each.
    pub open_recordings: Vec<(RecordingId, CallRef)>,
    /// What was set at run time, the newest of each key.
    pub facts: Vec<FactRecord>,
}

/// A call that was under way when the box stopped.
#[derive(Clone, Debug)]
pub struct OpenCall {
    /// The call.
    pub call: CallRef,
    /// Its events, in order.
    pub events: Vec<CallEvent>,
}

impl Restored {
    /// Recordings that the shell has to tell the end of: those of calls, and dictations that were under way.
    pub fn unfinished_recordings(&self) -> Vec<RecordingId> {
        let dictation = |fact: &FactRecord| {
            let id = fact.key.strip_prefix("dictation/")?.parse().ok()?;
            let value: Dictation = serde_json::from_str(fact.value.as_deref()?).ok()?;
            value.complete.is_none().then_some(RecordingId(id))
        };
        let of_calls = self.open_recordings.iter().map(|(recording, _)| *recording);
        of_calls.chain(self.facts.iter().filter_map(dictation)).collect()
    }

    /// Files among the recordings that messages and greetings name.
    pub fn named_files(&self) -> std::collections::BTreeSet<String> {
        let mut files = std::collections::BTreeSet::new();
        for fact in &self.facts {
            let Some(value) = fact.value.as_deref() else { continue };
            match fact.key.split_once('/').map(|(kind, _)| kind) {
                Some("message") => files.extend(serde_json::from_str::<Message>(value).ok().map(|m| m.file)),
                Some("mailbox") => {
                    let state = serde_json::from_str::<MailboxState>(value).unwrap_or_default();
                    files.extend(state.greetings.into_values());
                }
                Some("dictation") => {
                    let dictation = serde_json::from_str::<Dictation>(value).ok();
                    files.extend(dictation.and_then(|d| d.complete).map(|(file, _)| file));
                }
                _ => {}
            }
        }
        files
    }
}

impl Exchange {
    pub(crate) fn restore(&mut self, restored: Restored) {
        let wall = self.wall();
        self.restore_facts(restored.facts);
        self.restore_lamps();
        for record in restored.bindings {
            if let Some(binding) = self.binding_of(&record, wall) {
                self.registrar.restore(&record.extension, binding);
            }
        }
        let aors: Vec<String> = self.registrar.aors().into_iter().map(str::to_owned).collect();
        for extension in aors {
            self.publish_registration(extension);
        }
        self.arm_keep_alive();
        self.restore_subscriptions();
        for (recording, call) in restored.open_recordings {
            self.recordings.restore(recording, call);
        }
        self.restore_voicemail();
        for open in restored.open_calls {
            let record = interrupted(&open, wall);
            self.record(Record::CallEnded(Box::new(record)));
        }
    }

    /// A binding as it was, if its extension still exists and it has time left.
    fn binding_of(&self, record: &BindingRecord, wall: WallTime) -> Option<Binding> {
        let state = record.state.as_ref()?;
        if state.expires_at <= wall || !self.config.extensions.get(&record.extension).is_some_and(|e| e.enabled) {
            return None;
        }
        let contact = Uri::parse(state.contact.as_bytes()).ok()?;
        // A connection does not survive us: the next request opens one to the contact.
        let flow = match state.flow.transport {
            Transport::Udp => state.flow,
            _ => Flow { connection: 0, ..state.flow },
        };
        Some(Binding {
            key: record.key.clone(),
            contact,
            path: state.path.iter().filter_map(|p| NameAddr::parse(p.as_bytes()).ok()).collect(),
            flow,
            registered_at: self.now,
            expires_at: self.instant_of(state.expires_at),
            q: state.q,
            call_id: state.call_id.clone(),
            cseq: state.cseq,
            user_agent: state.user_agent.clone(),
            instance: None,
            reg_id: None,
        })
    }
}

/// The final record of a call that the last run could not end: what its events say, and that it was cut.
fn interrupted(open: &OpenCall, wall: WallTime) -> CallRecord {
    let last = open.events.last().map_or(wall, |e| e.at);
    let mut record = CallRecord {
        call: open.call,
        from: Party::default(),
        dialled: String::new(),
        to: Party::default(),
        started_at: open.events.first().map_or(last, |e| e.at),
        ringing_at: None,
        answered_at: None,
        ended_at: last,
        disposition: Disposition::Failed,
        cause: Cause::Interrupted,
        ended_by: None,
        reasons: Vec::new(),
        legs: Vec::new(),
    };
    let leg = |leg, party: &Party, device: &str, sip_call_id: &str, role| LegSummary {
        leg,
        party: party.clone(),
        device: device.to_owned(),
        role,
        sip_call_id: sip_call_id.to_owned(),
        answered_at: None,
        ended_at: last,
        cause: Cause::Interrupted,
        codec: None,
        audio: None,
    };
    for event in &open.events {
        match &event.what {
            CallEventKind::Started { leg: id, from, dialled, sip_call_id } => {
                record.from = from.clone();
                record.dialled = dialled.clone();
                record.legs.push(leg(*id, from, "", sip_call_id, LegRole::Caller));
            }
            CallEventKind::Routed { reasons } => record.reasons.extend(reasons.iter().cloned()),
            CallEventKind::LegStarted { leg: id, to, device, sip_call_id } => {
                if record.to == Party::default() {
                    record.to = to.clone();
                }
                record.legs.push(leg(*id, to, device, sip_call_id, LegRole::Called));
            }
            CallEventKind::LegRinging { .. } => record.ringing_at = record.ringing_at.or(Some(event.at)),
            CallEventKind::LegAnswered { leg: id } => {
                record.answered_at = record.answered_at.or(Some(event.at));
                record.disposition = Disposition::Answered;
                if let Some(l) = record.legs.iter_mut().find(|l| l.leg == *id) {
                    l.answered_at = Some(event.at);
                    if l.role == LegRole::Called {
                        record.to = l.party.clone();
                    }
                }
            }
            CallEventKind::LegEnded { leg: id, cause } => {
                if let Some(l) = record.legs.iter_mut().find(|l| l.leg == *id) {
                    l.ended_at = event.at;
                    l.cause = *cause;
                }
            }
            _ => {}
        }
    }
    record
}
