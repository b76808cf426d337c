//! An emergency call is told of: by mail, on the pages, and to the phones of whoever is to know (TRK-10). None of it
//! holds the call up.

use base::{CallRef, Duration};
use dialplan::{Branch, Outside, Ring, Round};
use voice::say;

use crate::Exchange;
use crate::call::course::Asked;
use crate::call::origin::Errand;
use crate::io::{Mail, Output};
use crate::live::Event;
use crate::record::Party;

/// How long those who are to know are rung.
const RING_TIME: Duration = Duration::from_secs(60);
/// Phones rung for one emergency call.
const NOTIFIED_MAX: usize = 20;

impl Exchange {
    /// Whether whoever dials this wants help.
    pub(crate) fn is_emergency_number(&self, dialled: &str) -> bool {
        dialplan::emergency(&self.config.numbers, dialled).is_some()
    }

    /// Tells of an emergency call that has just been placed, or that could not be.
    pub(super) fn tell_of_emergency(&mut self, call: CallRef, outside: &Outside) {
        let config = self.config.clone();
        let extension = outside.on_behalf.clone();
        let caller = config.extensions.get(&extension);
        let location = caller.and_then(|e| e.location.clone()).unwrap_or_else(|| config.emergency.location.clone());
        let name = caller.map(|e| e.name.clone()).unwrap_or_default();
        self.call_note(call, format!("emergency call of {extension} to {}, from: {location}", outside.number));
        let number = outside.number.clone();
        self.publish(Event::Emergency { call, extension: extension.clone(), number, location: location.clone() });
        if !config.emergency.email.is_empty() {
            let who = if name.is_empty() { extension.clone() } else { format!("{extension} ({name})") };
            let subject = format!("Emergency call by {who}");
            let text = format!(
                "Extension {who} called {} at {}.\n\nLocation: {}\n",
                outside.number,
                self.local_time(),
                if location.is_empty() { "not known to the box" } else { &location }
            );
            let (id, to) = (format!("emergency/{}", call.0), config.emergency.email.clone());
            let mail = Mail { id, to, subject, text, recording: None, wav: false };
            self.put_out(Output::Mail(Box::new(mail)));
        }
        let keys: Vec<String> = say::digits(&extension).iter().map(ToString::to_string).collect();
        let shown = format!("EMERGENCY {extension} {location}").trim_end().to_owned();
        let party = Party { number: extension.clone(), name: shown };
        for notified in config.emergency.notify.iter().filter(|n| **n != extension).take(NOTIFIED_MAX) {
            if self.registrar.bindings(notified).is_empty() {
                continue; // nothing would ring
            }
            let rounds = vec![Round { branches: vec![Branch::extension(notified)], ring_time: RING_TIME }];
            let ring = Ring { rounds, name: shown_name(&config, notified), ..Ring::default() };
            let asked = Asked::by_extension(&extension, notified);
            // At the limit of calls the mail and the pages must do.
            let _ = self.begin_own_call(party.clone(), asked, ring, Errand::Tell(keys.clone()));
        }
    }

    /// `2026-01-05 08:00` where the box stands.
    fn local_time(&self) -> String {
        let zone = crate::call::service::time_zone(&self.config.system.time_zone);
        let now = jiff::Timestamp::from_millisecond(self.wall().unix_ms()).unwrap_or_default().to_zoned(zone);
        now.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

fn shown_name(config: &config::Config, extension: &str) -> String {
    config.extensions.get(extension).map(|e| e.name.clone()).unwrap_or_default()
}
