//! Edits, differences, patches and versions.

use base::{ConfigVersion, Redacted};
use expect_test::{Expect, expect};

use super::firm;
use crate::{
    Conference, Config, ConfigError, Document, Edit, ExtensionDraft, Music, RecordChoice, RecordingRule, RingGroup,
    VersionContent, diff, next_version, patch, tidy_reason,
};

fn draft(number: &str, name: &str, secret: Option<&str>) -> ExtensionDraft {
    ExtensionDraft {
        number: number.into(),
        name: name.into(),
        enabled: true,
        secret: secret.map(|secret| Redacted(secret.to_owned())),
        ..ExtensionDraft::default()
    }
}

fn group(number: &str, members: &[&str]) -> RingGroup {
    let members = members.iter().map(|member| (*member).to_owned()).collect();
    RingGroup::new(number.into(), "Desk".into(), members)
}

fn refused(edits: impl IntoIterator<Item = Edit>, verdict: Expect) {
    let errors = firm().edit(edits).expect_err("the edits are refused");
    verdict.assert_eq(&errors.iter().map(|error| format!("{error}\n")).collect::<String>());
}

#[test]
fn edits_are_applied_together_and_told_in_sentences() {
    let before = firm();
    let mut anna = ExtensionDraft::from(&before.config().extensions["101"]);
    anna.name = "Anne".into();
    anna.email = Some("anne@example.com".into());
    let mut sip = before.config().sip.clone();
    sip.ring_time_s = 40;
    let after = before
        .edit([
            Edit::ChangeExtension(anna),
            Edit::ChangeExtension(draft("102", "Bart", Some("another-secret-1"))),
            Edit::AddExtension(draft("104", "Dirk", Some("demo-104-secret"))),
            Edit::RemoveExtension("103".into()),
            Edit::ChangeRingGroup(group("400", &["101", "104"])),
            Edit::AddRingGroup(group("401", &["101"])),
            Edit::SetSip(sip),
        ])
        .expect("the edits are valid");
    assert_eq!(after.config().extensions["101"].ha1_md5, before.config().extensions["101"].ha1_md5);
    expect![[r#"
        sip: ring_time_s 30 → 40
        extension 101: name Anna → Anne, email none → anne@example.com
        extension 102: name Bart "B" Willems → Bart, email bart@example.com → none, ring_time_s 20 → none, secret changed
        extension 103 Zoë removed
        extension 104 Dirk added
        ring group 400: name Sales → Desk, members 102 101 → 101 104, music lobby → none
        ring group 401 Desk added"#]].assert_eq(&diff::summary(before.config(), after.config()).join("\n"));
    expect![[r#"
        @@ -16,7 +16,7 @@
         expires_max_s = 3600
         expires_default_s = 600
         devices_max = 5
        -ring_time_s = 30
        +ring_time_s = 40
         session_expires_s = 1800
         session_min_s = 90
         calls_max = 1000
        @@ -82,34 +82,32 @@
         
         [[extension]]
         number = "101"
        -name = "Anna"
        +name = "Anne"
        +email = "anne@example.com"
         ha1_md5 = "…"
         ha1_sha256 = "…"
         
         [[extension]]
         number = "102"
        -name = "Bart \"B\" Willems"
        -email = "bart@example.com"
        -ring_time_s = 20
        -ha1_md5 = "…"
        -ha1_sha256 = "…"
        +name = "Bart"
        +ha1_md5 = "…"
        +ha1_sha256 = "…"
         
         [[extension]]
        -number = "103"
        -name = "Zoë"
        -enabled = false
        -record = "never"
        -supervisor = true
        -language = "nl"
        -gain_db = -6
        -ha1_md5 = "…"
        -ha1_sha256 = "…"
        +number = "104"
        +name = "Dirk"
        +ha1_md5 = "…"
        +ha1_sha256 = "…"
         
         [[ring_group]]
         number = "400"
        -name = "Sales"
        -members = ["102", "101"]
        -music = "lobby"
        +name = "Desk"
        +members = ["101", "104"]
        +
        +[[ring_group]]
        +number = "401"
        +name = "Desk"
        +members = ["101"]
         
         [[music]]
         name = "lobby"
    "#]]
    .assert_eq(&diff::unified(before.text(), after.text()));
    assert_eq!(diff::unified(before.text(), before.text()), "");
}

#[test]
fn edits_are_refused_with_the_field_at_fault() {
    refused(
        [
            Edit::AddExtension(draft("101", "Someone", Some("demo-101-secret"))),
            Edit::AddExtension(draft("400", "", Some("short"))),
            Edit::AddExtension(draft("911", "Help", None)),
            Edit::ChangeExtension(draft("150", "Nobody", None)),
            Edit::RemoveExtension("101".into()),
            Edit::RemoveExtension("102".into()),
            Edit::RemoveRingGroup("499".into()),
            Edit::AddRingGroup(group("4x", &["400", "101"])),
        ],
        expect![[r#"
            extension.101.number: 101 is already taken by Anna (choose another number)
            extension.400.secret: is too weak: shorter than 10 characters (10 to 64 characters, hard to guess)
            extension.911.secret: is missing (10 to 64 characters, hard to guess)
            extension.150.number: is not there any more (somebody else may have removed it)
            ring_group.499.number: is not there any more (somebody else may have removed it)
            extension.102.number: is the only member of ring group 400 Sales (remove the ring group first)
            extension.400.name: is empty (text of 1 to 64 characters)
            extension.911.number: 911 is an emergency number (choose a number that nobody dials for help)
            ring_group.4x.number: "4x" cannot be a number (2 to 10 digits in quotes, not an emergency number)
            ring_group.400.number: 400 is already an extension (choose another number)
        "#]],
    );
}

#[test]
fn music_and_conferences_are_edited_and_no_pin_is_told() {
    let before = firm();
    let mut meeting = before.config().conferences["600"].clone();
    meeting.pin = Some(Redacted("080808".into()));
    let board = Conference { pin: Some(Redacted("1234".into())), ..Conference::new("601".into(), "Board".into()) };
    let lobby = Music { name: "lobby".into(), files: vec!["rain".into()], shuffle: false };
    let mut recording = before.config().recording.clone();
    recording.default = RecordingRule::Always;
    let mut sales = before.config().ring_groups["400"].clone();
    sales.record = RecordChoice::Never;
    let after = before
        .edit([
            Edit::SetRecording(recording),
            Edit::ChangeRingGroup(sales),
            Edit::ChangeMusic(lobby),
            Edit::AddMusic(Music { name: "default".into(), files: vec!["sea".into()], shuffle: true }),
            Edit::ChangeConference(meeting),
            Edit::AddConference(board),
        ])
        .expect("the edits are valid");
    expect![[r#"
        recording: default on_demand → always
        ring group 400: record default → never
        music default added
        music lobby: files piano harp-2 → rain, shuffle true → false
        conference 600: pin changed
        conference 601 Board added"#]]
    .assert_eq(&diff::summary(before.config(), after.config()).join("\n"));
    let mut open = after.config().conferences["600"].clone();
    open.pin = None;
    let later = after
        .edit([Edit::ChangeConference(open), Edit::RemoveConference("601".into()), Edit::RemoveMusic("default".into())])
        .expect("the edits are valid");
    expect![[r#"
        music default removed
        conference 600: pin removed
        conference 601 Board removed"#]]
    .assert_eq(&diff::summary(after.config(), later.config()).join("\n"));
    let shown = diff::unified(before.text(), after.text()) + &diff::unified(after.text(), later.text());
    for pin in ["4711", "080808", "1234"] {
        assert!(!shown.contains(pin), "{shown}");
    }
    refused(
        [
            Edit::RemoveMusic("lobby".into()),
            Edit::RemoveMusic("rain".into()),
            Edit::AddMusic(Music { name: "lobby".into(), files: Vec::new(), shuffle: false }),
            Edit::AddConference(Conference::new("600".into(), "Other".into())),
            Edit::AddConference(Conference::new("400".into(), "Sales".into())),
            Edit::ChangeConference(Conference::new("602".into(), "Nobody".into())),
        ],
        expect![[r#"
            music.rain.name: is not there any more (somebody else may have removed it)
            conference.600.number: 600 is already taken by Meeting (choose another number)
            conference.602.number: is not there any more (somebody else may have removed it)
            music.lobby.files: nothing would be heard (a list of 1 to 100 names of sounds, each of 1 to 64 letters, digits, `-` and `_`)
            conference.400.number: 400 is already a ring group (choose another number)
        "#]],
    );
}

#[test]
fn a_number_can_be_given_anew_in_one_step() {
    let after = firm()
        .edit([Edit::RemoveExtension("101".into()), Edit::AddExtension(draft("101", "New", Some("demo-new-secret")))])
        .expect("the edits are valid");
    assert_eq!(after.config().extensions["101"].name, "New");
}

#[test]
fn a_removed_extension_leaves_its_ring_groups() {
    let after = firm().edit([Edit::RemoveExtension("102".into())]).expect("101 is still there");
    assert_eq!(after.config().ring_groups["400"].members, ["101"]);
    let errors = after.edit([Edit::RemoveExtension("101".into())]).expect_err("nobody would be left");
    expect!["extension.101.number: is the only member of ring group 400 Sales (remove the ring group first)"]
        .assert_eq(&errors[0].to_string());
}

#[test]
fn another_realm_needs_all_secrets_anew() {
    let mut system = firm().config().system.clone();
    system.realm = "other".into();
    refused(
        [Edit::SetSystem(system)],
        expect![[r#"
        system.realm: 3 extensions still have secrets that were made for "peeters" (give each a new `secret` in the same import, or keep the realm: 101, 102, 103)
    "#]],
    );

    let import = super::FIRM.replace("\"peeters\"", "\"other\"");
    let document = Document::parse(&import).expect("the import is valid");
    assert_eq!(document.check_change(firm().config()), Ok(()));
    let kept = Document::parse(&firm().text().replace("\"peeters\"", "\"other\"")).expect("the text is valid");
    let errors: Vec<ConfigError> = kept.check_change(firm().config()).expect_err("the secrets are the old ones");
    assert_eq!(errors[0].key(), "realm");
}

#[test]
fn a_patch_makes_the_new_text_of_the_old_one_and_of_no_other() {
    let (old, new) = ("a\nb\nc\n", "a\nB\nc\nd");
    let made = patch::make(old, new);
    assert_eq!(patch::apply(old, &made).as_deref(), Ok(new));
    assert_eq!(patch::apply(new, &made), Err(patch::PatchError::WrongBase));
    assert_eq!(patch::apply(old, &made[..made.len() - 1]), Err(patch::PatchError::Unreadable));
    assert_eq!(patch::apply("", &patch::make("", "x\n")).as_deref(), Ok("x\n"));
    assert_eq!(patch::apply("x\n", &patch::make("x\n", "")).as_deref(), Ok(""));
}

#[test]
fn a_version_is_kept_whole_now_and_then_and_else_as_a_patch() {
    let mut text = big();
    let mut kept = Vec::new();
    for n in 0..101_u64 {
        let before = n.checked_sub(1).map(|_| (ConfigVersion(n), text.clone()));
        text = text.replace(&format!("name = \"Person {}\"", 1000 + n), "name = \"Renamed\"");
        let next = next_version(before.as_ref().map(|(version, text)| (*version, text.as_str())), &text);
        assert_eq!(next.version, ConfigVersion(n + 1));
        let again = match (&next.content, &before) {
            (VersionContent::Whole(whole), _) => {
                kept.push(n + 1);
                whole.clone()
            }
            (VersionContent::Patch(octets), Some((_, before))) => {
                assert!(octets.len() < 100, "{} octets for one line", octets.len());
                patch::apply(before, octets).expect("the patch fits")
            }
            (VersionContent::Patch(_), None) => panic!("there is nothing to patch"),
        };
        assert_eq!(again, text);
    }
    assert_eq!(kept, [1, 51, 101]);
    // All of it is new: a patch would only be longer.
    let next = next_version(Some((ConfigVersion(2), &text)), &firm().text().repeat(2));
    assert!(matches!(next.content, VersionContent::Whole(_)));
}

/// Two hundred extensions.
fn big() -> String {
    let text: String = (1000..1200)
        .map(|n| format!("[[extension]]\nnumber = \"{n}\"\nname = \"Person {n}\"\nsecret = \"demo-{n}-secret\"\n"))
        .collect();
    Document::parse(&text).expect("it is valid").text().to_owned()
}

#[test]
fn a_reason_is_one_short_line() {
    assert_eq!(tidy_reason("  new\n\tpeople\u{7} \u{1b}[31m "), "new people [31m");
    assert_eq!(tidy_reason(&"x".repeat(500)).len(), 200);
    assert_eq!(Config::default().extensions.len(), 0);
}
