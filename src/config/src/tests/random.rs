//! Properties that hold for every document.

use std::collections::BTreeSet;

use base::Redacted;
use proptest::collection::vec;
use proptest::prelude::*;

use super::FIRM;
use crate::{Document, Edit, ExtensionDraft, RingGroup, diff, patch};

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
        (number(), vec(number(), 1..4), proptest::option::of(5_u16..600)).prop_map(|(number, members, ring_time_s)| {
            RingGroup { ring_time_s, ..RingGroup::new(number, "Group".into(), members) }
        })
    };
    prop_oneof![
        6 => extension().prop_map(Edit::AddExtension),
        3 => extension().prop_map(Edit::ChangeExtension),
        2 => number().prop_map(Edit::RemoveExtension),
        2 => group().prop_map(Edit::AddRingGroup),
        1 => group().prop_map(Edit::ChangeRingGroup),
        1 => number().prop_map(Edit::RemoveRingGroup),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_edits_are_taken_the_document_stays_valid(edits in vec(edit(), 1..60)) {
        let mut document = Document::default();
        for edit in edits {
            let Ok(next) = document.edit([edit]) else { continue };
            prop_assert_eq!(Document::parse(next.text()), Ok(next.clone()));
            let patch = patch::make(document.text(), next.text());
            prop_assert_eq!(patch::apply(document.text(), &patch), Ok(next.text().to_owned()));
            prop_assert_eq!(diff::summary(document.config(), next.config()).is_empty(), document == next);
            document = next;
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Document::parse(&text);
    }

    #[test]
    fn a_mutilated_document_is_read_or_refused_with_lines(
        cuts in vec((any::<prop::sample::Index>(), 0_usize..40, "[\\[\\]\"'=#.,{}0-9a-z\n\\\\]{0,4}"), 1..6),
    ) {
        let mut text: Vec<char> = FIRM.chars().collect();
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
                for error in errors {
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
