//! What pages, the API and a new configuration ask of the exchange.

use std::sync::Arc;

use config::Config;

use crate::Exchange;
use crate::io::Command;
use crate::record::Cause;

impl Exchange {
    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::HangUp(call) => self.end_call(call, Cause::AdministratorEnded, None),
            Command::Unregister(extension) => {
                let changes = self.registrar.remove_all(&extension);
                self.publish_binding_changes(changes.into_iter().map(|c| (extension.clone(), c)).collect());
            }
            Command::Shutdown => {
                self.stopping = true;
                let calls: Vec<_> = self.calls.keys().copied().collect();
                for call in calls {
                    self.end_call(call, Cause::Interrupted, None);
                }
            }
        }
    }

    /// The new configuration holds from the next decision on; devices of extensions that are gone,
    /// disabled or have a new secret are forgotten. Calls under way go on.
    pub(crate) fn apply_config(&mut self, config: Arc<Config>) {
        let old = std::mem::replace(&mut self.config, config);
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
            .collect();
        for extension in gone {
            self.command(Command::Unregister(extension));
        }
    }
}
