//! What pages, the API and a new configuration ask of the exchange.

use std::sync::Arc;

use config::Config;

use crate::Exchange;
use crate::io::{Answer, Command, Refusal};
use crate::record::Cause;

/// Kinds of facts that pages and the API may set.
const FACTS_BY_HAND: [&str; 5] = ["person", "hours", "blocked", "contact", "calendar"];

impl Exchange {
    /// Carries a command out.
    pub(crate) fn command(&mut self, command: Command) -> Result<Answer, Refusal> {
        match command {
            Command::HangUp(call) => self.end_call(call, Cause::AdministratorEnded, None),
            Command::Unregister(extension) => {
                let changes = self.registrar.remove_all(&extension);
                self.publish_binding_changes(changes.into_iter().map(|c| (extension.clone(), c)).collect());
            }
            Command::Shutdown => {
                self.stopping = true;
                self.leave_all_trunks();
                let calls: Vec<_> = self.calls.keys().copied().collect();
                for call in calls {
                    self.end_call(call, Cause::Interrupted, None);
                }
            }
            Command::PutFact { key, value, by } => return self.put_fact_by_hand(key, value, &by),
            Command::Dial { extension, number, by } => return self.dial_for(&extension, &number, &by),
            Command::Transfer { call, extension, to } => return self.transfer_for(call, &extension, &to),
            Command::Pickup { call, extension } => return self.pick_up_for(call, &extension),
            Command::TestTrunk { trunk, number, by } => return self.test_trunk(&trunk, &number, &by),
            Command::MarkMessage { mailbox, id, state, note, by } => {
                return self.mark_message(&mailbox, id, state, note, &by);
            }
            Command::DeleteMessage { mailbox, id, by } => return self.delete_message(&mailbox, id, &by),
            Command::PutDevice { name, device, by } => return self.put_device(&name, device.as_ref(), &by),
            Command::CheckSync { extension, reboot } => return self.check_sync(&extension, reboot),
        }
        Ok(Answer::Done)
    }

    /// A fact set on a page: only of a kind that people may set, and only what can be read again.
    fn put_fact_by_hand(&mut self, key: String, value: Option<String>, by: &str) -> Result<Answer, Refusal> {
        let kind = key.split('/').next().unwrap_or_default();
        if !FACTS_BY_HAND.contains(&kind) || key.len() > 128 {
            return Err(Refusal(format!("{kind} cannot be set by hand")));
        }
        if value.as_ref().is_some_and(|v| v.len() > crate::facts::FACT_MAX) {
            return Err(Refusal("that is too long".to_owned()));
        }
        // Tried on an empty state first: what cannot be read must not replace what can.
        if !dialplan::state::State::default().apply(&key, value.as_deref()) {
            return Err(Refusal(format!("{key} cannot be that")));
        }
        self.put_fact_text(key, value, by);
        Ok(Answer::Done)
    }

    /// The new configuration holds from the next decision on; devices of extensions that are gone,
    /// disabled or have a new secret are forgotten. Calls under way go on.
    pub(crate) fn apply_config(&mut self, config: Arc<Config>) {
        self.plan = dialplan::Plan::new(Arc::clone(&config));
        self.feed_texts_into_plan();
        let old = std::mem::replace(&mut self.config, config);
        self.apply_trunks();
        let gone: Vec<String> = old
            .extensions
            .values()
            .filter(|o| {
                self.config
                    .extensions
                    .get(&o.number)
                    .is_none_or(|n| !n.enabled || n.ha1_sha256 != o.ha1_sha256 || n.ha1_md5 != o.ha1_md5)
            })
            .map(|o| o.number.clone())
            .chain(lines_taken(&old, &self.config))
            .collect();
        for extension in &gone {
            let _ = self.command(Command::Unregister(extension.clone()));
        }
        self.watch_config(&gone);
    }
}

/// Extensions on lines that phones have no more: a phone that is gone must not ring on. The others of the extension
/// come back when they register again.
fn lines_taken(old: &Config, new: &Config) -> Vec<String> {
    let is_gone = |mac: &str, line: &String| new.phones.get(mac).is_none_or(|phone| !phone.lines.contains(line));
    let lines = old.phones.iter().flat_map(|(mac, phone)| phone.lines.iter().map(move |line| (mac, line)));
    let mut gone: Vec<String> = lines.filter(|(mac, line)| is_gone(mac, line)).map(|(_, line)| line.clone()).collect();
    gone.dedup();
    gone
}
