//! Properties that hold for every document.

use std::collections::BTreeSet;

use base::Redacted;
use proptest::collection::vec;
use proptest::prelude::*;

use super::FIRM;
use super::office::OFFICE;
use crate::{
    Class, CodeSet, Destination, Document, Edit, ExtensionDraft, Hours, InboundRoute, Mailbox, Numbers, OfficeCodes,
    OutboundRoute, Phone, PhoneModel, RingGroup, Trunk, TrunkKind, diff, lint, patch,
};

fn number() -> impl Strategy<Value = String> {
    // Few numbers, so that edits meet; some of them taken by emergency services.
    prop_oneof![(100_u32..130).prop_map(|n| n.to_string()), "[0-9*x]{0,4}"]
}

fn extension() -> impl Strategy<Value = ExtensionDraft> {
    let name = prop_oneof![3 => "[A-Z][a-zé\"\\\\#= ]{0,10}[a-z]", 1 => any::<String>()];
    let secret = proptest::option::of("[a-z]{6}[0-9]{6}".prop_map(Redacted));
    let email = proptest::option::of("[a-z]{1,4}@[a-z]{1,4}");
    let ring_time = proptest::option::of(5_u16..600);
    (number(), name, email, any::<bool>(), ring_time, secret).prop_map(
        |(number, name, email, enabled, ring_time_s, secret)| ExtensionDraft {
            number,
            name,
            email,
            enabled,
            ring_time_s,
            secret,
            ..ExtensionDraft::default()
        },
    )
}

fn edit() -> impl Strategy<Value = Edit> {
    let group = || {
        (number(), vec(number(), 1..4), proptest::option::of(5_u16..600), proptest::option::of(destination())).prop_map(
            |(number, members, ring_time_s, otherwise)| RingGroup {
                ring_time_s,
                otherwise,
                ..RingGroup::new(number, "Group".into(), members)
            },
        )
    };
    prop_oneof![
        6 => extension().prop_map(Edit::AddExtension),
        3 => extension().prop_map(Edit::ChangeExtension),
        2 => number().prop_map(Edit::RemoveExtension),
        2 => group().prop_map(Edit::AddRingGroup),
        1 => group().prop_map(Edit::ChangeRingGroup),
        1 => number().prop_map(Edit::RemoveRingGroup),
        8 => outside(),
        4 => inside(),
    ]
}

/// Few names, so that edits meet.
fn name() -> impl Strategy<Value = String> {
    "[a-c]"
}

fn destination() -> impl Strategy<Value = Destination> {
    prop_oneof![
        4 => number().prop_map(Destination::Number),
        2 => number().prop_map(Destination::Voicemail),
        2 => name().prop_map(Destination::Hours),
        1 => name().prop_map(Destination::Sound),
        1 => Just(Destination::Busy),
    ]
}

fn outside() -> impl Strategy<Value = Edit> {
    let trunk = (name(), any::<bool>(), proptest::option::of("[a-z]{3}"), vec("\\+[1-9][0-9]{0,6}", 0..3)).prop_map(
        |(name, enabled, password, numbers)| Trunk {
            enabled,
            kind: if password.is_some() { TrunkKind::Register } else { TrunkKind::Address },
            user: password.clone(),
            password: password.map(Redacted),
            numbers,
            ..Trunk::new(name, "sip.example.com".into())
        },
    );
    let patterns = || vec("(\\+)?[0-9XZN]{1,3}[.!]?", 0..3);
    let hours = || proptest::option::weighted(0.3, name());
    let out = (name(), patterns(), vec(name(), 1..3), vec(name(), 0..2), hours(), 0_u16..3).prop_map(
        |(name, patterns, trunks, classes, hours, order)| OutboundRoute {
            classes,
            hours,
            order,
            ..OutboundRoute::new(name, patterns, trunks)
        },
    );
    let come = (name(), patterns(), vec(name(), 0..2), hours(), destination(), proptest::option::of(destination()))
        .prop_map(|(name, numbers, trunks, hours, to, closed_to)| InboundRoute {
            numbers,
            trunks,
            hours,
            closed_to,
            ..InboundRoute::new(name, to)
        });
    prop_oneof![
        3 => trunk.prop_map(Edit::AddTrunk),
        1 => name().prop_map(Edit::RemoveTrunk),
        2 => out.prop_map(Edit::AddOutboundRoute),
        1 => name().prop_map(Edit::RemoveOutboundRoute),
        2 => come.prop_map(Edit::AddInboundRoute),
        1 => name().prop_map(Edit::RemoveInboundRoute),
        1 => name().prop_map(|name| Edit::AddClass(Class::new(name))),
        1 => name().prop_map(Edit::RemoveClass),
    ]
}

fn inside() -> impl Strategy<Value = Edit> {
    let codes = (prop_oneof![Just(CodeSet::A), Just(CodeSet::B), Just(CodeSet::C)], "(\\*[0-9]{1,2})?")
        .prop_map(|(set, redial)| OfficeCodes { redial, ..OfficeCodes::of(set) });
    prop_oneof![
        2 => name().prop_map(|name| Edit::AddHours(Hours::new(name))),
        1 => name().prop_map(Edit::RemoveHours),
        2 => (number(), vec(number(), 0..3)).prop_map(|(number, members)| {
            Edit::AddMailbox(Mailbox { members, ..Mailbox::new(number, "Box".into()) })
        }),
        1 => number().prop_map(Edit::RemoveMailbox),
        1 => codes.prop_map(Edit::SetCodes),
        1 => "[1-9][0-9]?".prop_map(|code| Edit::SetNumbers(Numbers::of(code))),
        1 => (name(), vec(number(), 0..3)).prop_map(|(mac, lines)| {
            Edit::AddPhone(Phone::new(mac.repeat(12), PhoneModel::Snom, lines))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_edits_are_taken_the_document_stays_valid(edits in vec(edit(), 1..40)) {
        let mut document = Document::default();
        for edit in edits {
            let Ok(next) = document.edit([edit]) else { continue };
            prop_assert_eq!(Document::parse(next.text()), Ok(next.clone()));
            let patch = patch::make(document.text(), next.text());
            prop_assert_eq!(patch::apply(document.text(), &patch), Ok(next.text().to_owned()));
            prop_assert_eq!(diff::summary(document.config(), next.config()).is_empty(), document == next);
            let _ = lint(next.config());
            document = next;
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Document::parse(&text);
    }

    #[test]
    fn a_mutilated_document_is_read_or_refused_with_lines(
        is_office in any::<bool>(),
        cuts in vec((any::<prop::sample::Index>(), 0_usize..40, "[\\[\\]\"'=#.,{}0-9a-z\n\\\\]{0,4}"), 1..6),
    ) {
        let mut text: Vec<char> = if is_office { OFFICE } else { FIRM }.chars().collect();
        for (at, length, put_in) in cuts {
            let start = at.index(text.len());
            let end = (start + length).min(text.len().saturating_sub(1)).max(start);
            text.splice(start..end, put_in.chars());
        }
        let text: String = text.into_iter().collect();
        let lines = text.lines().count() + 1;
        match Document::parse(&text) {
            Ok(document) => prop_assert_eq!(Document::parse(document.text()), Ok(document)),
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                // The one that counts those left out has no line.
                for error in errors.iter().filter(|error| !error.message.ends_with("are not shown")) {
                    prop_assert!(error.line.is_some_and(|line| (1..=lines).contains(&line)), "{}", error);
                }
            }
        }
    }

    #[test]
    fn a_patch_between_any_two_texts_is_exact(old in vec("[ab]{0,1}", 0..40), new in vec("[ab]{0,1}", 0..40)) {
        let (old, new) = (old.join("\n"), new.join("\n"));
        prop_assert_eq!(patch::apply(&old, &patch::make(&old, &new)), Ok(new));
    }

    #[test]
    fn octets_that_are_no_patch_are_refused(octets in vec(any::<u8>(), 0..64)) {
        prop_assert!(patch::apply("a\nb\n", &octets).is_err());
    }

    #[test]
    fn no_diff_shows_a_digest(names in vec("[A-Z][a-z]{1,6}", 2..8)) {
        let people = |tag: &str| -> String {
            let numbers: BTreeSet<usize> = (0..names.len()).collect();
            numbers
                .iter()
                .map(|n| format!("[[extension]]\nnumber = \"10{n}\"\nname = \"{}\"\nsecret = \"{tag}-secret-10{n}\"\n", names[*n]))
                .collect()
        };
        let (a, b) = (Document::parse(&people("first")), Document::parse(&people("other")));
        let (a, b) = (a.expect("it is valid"), b.expect("it is valid"));
        let shown = diff::unified(a.text(), b.text());
        for line in a.text().lines().chain(b.text().lines()).filter(|line| line.starts_with("ha1")) {
            let digest = line.rsplit(' ').next().unwrap_or_default();
            prop_assert!(!shown.contains(digest));
        }
        prop_assert_eq!(diff::summary(a.config(), b.config()).len(), names.len());
    }
}
