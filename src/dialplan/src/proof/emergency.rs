//! Whether help can be called, and found.

use config::Config;

use super::{Flaw, Proof, Severity, spot};
use crate::numbers::emergency;

impl Proof<'_> {
    pub(super) fn emergency(&mut self) {
        let config: &Config = self.plan.config();
        let sections: [(&'static str, Vec<&String>); 5] = [
            ("extension", config.extensions.keys().collect()),
            ("ring_group", config.ring_groups.keys().collect()),
            ("conference", config.conferences.keys().collect()),
            ("mailbox", config.mailboxes.keys().collect()),
            ("paging", config.paging.keys().collect()),
        ];
        for (section, numbers) in sections {
            for number in numbers {
                if let Some(help) = emergency(&config.numbers, number) {
                    let what = Flaw::ShadowedByEmergency { emergency: help.to_owned() };
                    self.found(Severity::Error, spot(section, number, "number"), what);
                }
            }
        }
        let leads_out = |name: &String| config.trunks.get(name).is_some_and(|trunk| trunk.enabled);
        let any = config.trunks.values().any(|trunk| trunk.enabled);
        if !any {
            // A box without trunks is an intercom, and perhaps meant to be.
            let severity = if config.trunks.is_empty() { Severity::Warning } else { Severity::Error };
            self.found(severity, spot("emergency", "", "trunks"), Flaw::NoWayForEmergency);
            return;
        }
        let named = &config.emergency.trunks;
        if !named.is_empty() && !named.iter().any(leads_out) {
            let why = "none of the trunks named is switched on: all others are tried";
            self.found(Severity::Warning, spot("emergency", "", "trunks"), Flaw::NeverUsed { why });
        }
        if config.emergency.location.is_empty() {
            let what = "where this box stands";
            self.found(Severity::Warning, spot("emergency", "", "location"), Flaw::EmergencyUntold { what });
        }
        let shown = config.emergency.caller_id.is_some()
            || config.trunks.values().all(|trunk| trunk.caller_id.is_some())
            || config
                .extensions
                .values()
                .all(|extension| extension.emergency_caller_id.is_some() || extension.caller_id.is_some());
        if !shown {
            let what = "whom to call back";
            self.found(Severity::Warning, spot("emergency", "", "caller_id"), Flaw::EmergencyUntold { what });
        }
    }
}
