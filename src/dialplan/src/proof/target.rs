//! Names that lead nowhere: trunks, extensions, hours, classes that are not there.

use config::Config;

use super::{Flaw, Proof, Severity, spot};

impl Proof<'_> {
    pub(super) fn targets(&mut self) {
        let config = self.plan.config();
        let config: &Config = config;
        for (section, id, key, names) in extensions_named(config) {
            let known = |name: &str| config.extensions.contains_key(name);
            self.named("extension", section, id, key, names, known);
        }
        for route in config.outbound_routes.values() {
            let at = ("outbound_route", route.name.as_str());
            self.named("trunk", at.0, at.1, "trunks", &route.trunks, |name| config.trunks.contains_key(name));
            let is_class = |name: &str| name == crate::outside::DEFAULT_CLASS || config.classes.contains_key(name);
            self.named("class", at.0, at.1, "classes", &route.classes, is_class);
            self.hours_named(at.0, at.1, route.hours.as_slice());
        }
        for route in config.inbound_routes.values() {
            let at = ("inbound_route", route.name.as_str());
            self.named("trunk", at.0, at.1, "trunks", &route.trunks, |name| config.trunks.contains_key(name));
            self.hours_named(at.0, at.1, route.hours.as_slice());
        }
        for class in config.classes.values() {
            self.hours_named("class", &class.name, class.hours.as_slice());
        }
        for extension in config.extensions.values() {
            let class = extension.class.as_slice();
            self.named("class", "extension", &extension.number, "class", class, |name| {
                config.classes.contains_key(name)
            });
        }
        for hours in config.hours.values() {
            let calendars = &hours.calendars;
            self.named("calendar", "hours", &hours.name, "calendars", calendars, |name| {
                config.calendars.contains_key(name)
            });
        }
        let trunks = &config.emergency.trunks;
        self.named("trunk", "emergency", "", "trunks", trunks, |name| config.trunks.contains_key(name));
    }

    fn hours_named(&mut self, section: &'static str, id: &str, names: &[String]) {
        let config = self.plan.config();
        self.named("hours", section, id, "hours", names, |name| config.hours.contains_key(name));
    }

    fn named(
        &mut self,
        kind: &'static str,
        section: &'static str,
        id: &str,
        key: &'static str,
        names: &[String],
        known: impl Fn(&str) -> bool,
    ) {
        for name in names.iter().filter(|name| !known(name)) {
            self.found(Severity::Error, spot(section, id, key), Flaw::Unknown { kind, name: name.clone() });
        }
    }
}

/// Every list of extensions in the document: its section, whose it is, its key.
fn extensions_named(config: &Config) -> Vec<(&'static str, &str, &'static str, &[String])> {
    let mut lists: Vec<(&'static str, &str, &'static str, &[String])> = Vec::new();
    for group in config.ring_groups.values() {
        lists.push(("ring_group", &group.number, "members", &group.members));
    }
    for mailbox in config.mailboxes.values() {
        lists.push(("mailbox", &mailbox.number, "members", &mailbox.members));
    }
    for paging in config.paging.values() {
        lists.push(("paging", &paging.number, "members", &paging.members));
    }
    for hours in config.hours.values() {
        lists.push(("hours", &hours.name, "switched_by", &hours.switched_by));
    }
    for phone in config.phones.values() {
        lists.push(("phone", &phone.mac, "lines", &phone.lines));
    }
    lists.push(("emergency", "", "notify", &config.emergency.notify));
    lists
}
