//! Whether a call is recorded, and who says so.
//!
//! The first that says anything decides: “never” of any extension in the call, for whoever is protected stays so
//! wherever it is called; the ring group or conference that was called, for it stands for the purpose of the call;
//! “always”, then “on demand”, of an extension in the call; the box.

use config::{Config, RecordingRule};

use crate::reason::{Reason, RecordingSource};

/// Whom a call reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedTarget<'a> {
    /// An extension, called by its own number.
    Extension(&'a str),
    /// An extension that answered for a ring group.
    RingGroup {
        /// The group's number.
        group: &'a str,
        /// Who answered.
        answered: &'a str,
    },
    /// A conference.
    Conference(&'a str),
}

/// The rule for a call from the extension `from` (none: from outside), and where it is set.
///
/// For a conference `from` is one of its members: the room may be recorded as long as no member's answer is
/// [`RecordingRule::Never`]. Numbers that the configuration does not know have nothing to say.
pub fn recording(config: &Config, from: Option<&str>, to: RecordedTarget<'_>) -> (RecordingRule, Reason) {
    let called = match to {
        RecordedTarget::Extension(number) | RecordedTarget::RingGroup { answered: number, .. } => Some(number),
        RecordedTarget::Conference(_) => None,
    };
    let extensions = [from, called].into_iter().flatten().filter_map(|number| config.extensions.get(number));
    let says = |wanted: RecordingRule| {
        let mut extensions = extensions.clone();
        let extension = extensions.find(|extension| extension.record.rule() == Some(wanted))?;
        Some((wanted, RecordingSource::Extension { number: extension.number.clone() }))
    };
    let (rule, source) = says(RecordingRule::Never)
        .or_else(|| place(config, to))
        .or_else(|| says(RecordingRule::Always))
        .or_else(|| says(RecordingRule::OnDemand))
        .unwrap_or((config.recording.default, RecordingSource::Default));
    (rule, Reason::Recording { rule, source })
}

/// What the group or conference says.
fn place(config: &Config, to: RecordedTarget<'_>) -> Option<(RecordingRule, RecordingSource)> {
    match to {
        RecordedTarget::Extension(_) => None,
        RecordedTarget::RingGroup { group, .. } => {
            let group = config.ring_groups.get(group)?;
            Some((group.record.rule()?, RecordingSource::RingGroup { number: group.number.clone() }))
        }
        RecordedTarget::Conference(number) => {
            let conference = config.conferences.get(number)?;
            Some((conference.record.rule()?, RecordingSource::Conference { number: conference.number.clone() }))
        }
    }
}

#[cfg(test)]
mod tests {
    use config::{Document, RecordChoice};

    use super::*;

    fn company(anna: RecordChoice, bob: RecordChoice, sales: RecordChoice) -> Config {
        let text = r#"
            [[extension]]
            number = "101"
            name = "Anna"
            secret = "demo-101-secret"
            [[extension]]
            number = "102"
            name = "Bob"
            secret = "demo-102-secret"
            [[ring_group]]
            number = "400"
            name = "Sales"
            members = ["102"]
            [[conference]]
            number = "600"
            name = "Weekly meeting"
        "#;
        let mut config = Config::clone(Document::parse(text).expect("the company is valid").config());
        config.extensions.get_mut("101").expect("Anna works here").record = anna;
        config.extensions.get_mut("102").expect("Bob works here").record = bob;
        config.ring_groups.get_mut("400").expect("there are sales").record = sales;
        config.conferences.get_mut("600").expect("they meet").record = sales;
        config
    }

    #[test]
    fn the_first_that_says_anything_decides() {
        use RecordChoice::{Always, Default, Never, OnDemand};
        let direct = RecordedTarget::Extension("102");
        let group = RecordedTarget::RingGroup { group: "400", answered: "102" };
        let room = RecordedTarget::Conference("600");
        for (anna, bob, sales, to, told) in [
            (Default, Default, Default, direct, "it is recorded on demand, as set for the whole box"),
            (Default, Always, Default, direct, "it is recorded, as set for extension 102"),
            (OnDemand, Always, Default, direct, "it is recorded, as set for extension 102"),
            (OnDemand, Default, Default, direct, "it is recorded on demand, as set for extension 101"),
            (Always, Never, Default, direct, "it is never recorded, as set for extension 102"),
            (Always, Default, Never, direct, "it is recorded, as set for extension 101"),
            (Always, Default, Never, group, "it is never recorded, as set for ring group 400"),
            (Always, Default, OnDemand, group, "it is recorded on demand, as set for ring group 400"),
            (Default, Never, Always, group, "it is never recorded, as set for extension 102"),
            (Always, Default, Default, group, "it is recorded, as set for extension 101"),
            (Default, Never, Always, room, "it is recorded, as set for conference 600"),
            (Never, Default, Always, room, "it is never recorded, as set for extension 101"),
            (Default, Default, Default, room, "it is recorded on demand, as set for the whole box"),
        ] {
            let (rule, reason) = recording(&company(anna, bob, sales), Some("101"), to);
            assert_eq!(reason.to_string(), told, "{anna:?} {bob:?} {sales:?} {to:?}");
            assert!(matches!(reason, Reason::Recording { rule: named, .. } if named == rule));
        }
    }

    #[test]
    fn strangers_have_nothing_to_say() {
        let mut config = company(RecordChoice::Never, RecordChoice::Default, RecordChoice::Default);
        config.recording.default = RecordingRule::Always;
        let from_outside = |to| recording(&config, None, to).0;
        assert_eq!(from_outside(RecordedTarget::Extension("102")), RecordingRule::Always);
        assert_eq!(from_outside(RecordedTarget::Extension("199")), RecordingRule::Always);
        assert_eq!(from_outside(RecordedTarget::Conference("699")), RecordingRule::Always);
    }
}
