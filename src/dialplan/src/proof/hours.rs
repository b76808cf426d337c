//! Opening hours that cannot be meant: never open, holidays uncovered, periods that nobody can read.

use calendar::{Country, DayRule, Fault, Period};
use config::Config;

use super::{Flaw, Proof, Severity, spot};

impl Proof<'_> {
    pub(super) fn hours(&mut self) {
        let config: &Config = self.plan.config();
        for hours in config.hours.values() {
            for (key, faults) in [
                ("open", unread::<Period>(&hours.open)),
                ("breaks", unread::<Period>(&hours.breaks)),
                ("holidays", unread::<Country>(&hours.holidays)),
                ("closed", unread::<DayRule>(&hours.closed)),
            ] {
                for fault in faults {
                    self.found(Severity::Error, spot("hours", &hours.name, key), Flaw::Hours { fault });
                }
            }
            let Some((schedule, feeds)) = self.plan.clocks.schedule(&hours.name) else { continue };
            for fault in schedule.faults(hours.calendars.len()) {
                let key = match fault {
                    Fault::HolidaysUncovered => "holidays",
                    Fault::BreakOutside(_) => "breaks",
                    _ => "open",
                };
                let what = Flaw::Hours { fault: fault.to_string() };
                self.found(Severity::Warning, spot("hours", &hours.name, key), what);
            }
            if feeds.len() < hours.calendars.len() {
                let fault = "a calendar has not been fetched yet: its events do not close".to_owned();
                self.found(Severity::Warning, spot("hours", &hours.name, "calendars"), Flaw::Hours { fault });
            }
        }
    }
}

/// What is wrong with those that cannot be read.
fn unread<T: core::str::FromStr>(texts: &[String]) -> Vec<String>
where
    T::Err: core::fmt::Display,
{
    texts.iter().filter_map(|text| text.parse::<T>().err()).map(|error| error.to_string()).collect()
}
