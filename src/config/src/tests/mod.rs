//! The document at its edge: texts in, verdicts out.

mod advice;
mod astray;
mod change;
mod office;
mod random;
mod refused;

use crate::{
    Blocked, Calendar, Class, CodeSet, Conference, Destination, Document, Extension, Hours, InboundRoute, KeyLayout,
    Mailbox, Numbers, OfficeCodes, OutboundRoute, Paging, Phone, PhoneModel, RingGroup, Trunk, TrunkKind, to_toml,
};

/// A small firm.
pub(crate) const FIRM: &str = r#"
[system]
name = "Peeters & Co"
realm = "peeters"
time_zone = "Europe/Brussels"

[listen]
sips = "[::]:5061"

[sip]
external_address = "203.0.113.10"

[[extension]]
number = "102"
name = "Bart \"B\" Willems"
email = "bart@example.com"
secret = "k7d9w2xq5m"
ring_time_s = 20

[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"

[[extension]]
number = "103"
name = "Zoë"
secret = "demo-103-secret"
enabled = false
supervisor = true
gain_db = -6
record = "never"
language = "nl"

[[ring_group]]
number = "400"
name = "Sales"
members = ["102", "101"]
music = "lobby"
record = "default"

[[conference]]
number = "600"
name = "Meeting"
pin = "4711"
members_max = 20

[[music]]
name = "lobby"
files = ["piano", "harp-2"]
shuffle = true
"#;

pub(crate) fn firm() -> Document {
    Document::parse(FIRM).expect("the firm is valid")
}

#[test]
fn the_canonical_text_is_complete_ordered_and_without_secrets() {
    expect_test::expect![[r#"
        [system]
        name = "Peeters & Co"
        realm = "peeters"
        time_zone = "Europe/Brussels"

        [listen]
        sip = "0.0.0.0:5060"
        sips = "[::]:5061"
        sips_clients = "none"
        web = "0.0.0.0:8443"
        rtp = "10000-19999"

        [sip]
        external_address = "203.0.113.10"
        expires_min_s = 60
        expires_max_s = 3600
        expires_default_s = 600
        devices_max = 5
        ring_time_s = 30
        session_expires_s = 1800
        session_min_s = 90
        calls_max = 1000
        strong_digest = false

        [media]
        codecs = ["G722", "PCMA", "PCMU", "opus", "G729"]
        inactivity_s = 120
        srtp = "optional"
        country = "be"
        language = "en"
        opus_complexity = 5
        opus_bit_rate = 24000
        audio_threads = 0
        pin_threads = false

        [recording]
        default = "on_demand"
        format = "opus"
        announce = true
        encrypt = true
        keep_days = 90
        disk_reserve_mb = 500
        duration_max_min = 240

        [mail]
        port = 587
        security = "starttls"
        from = "strowger@localhost"

        [voicemail]
        message_max_s = 180
        messages_max = 100
        keep_days = 0
        mail_wav = false

        [parking]
        number = "700"
        first = "701"
        slots = 9
        come_back_s = 45

        [provisioning]
        enabled = false
        pnp = false
        dhcp = false
        adopt = false

        [numbers]
        country_code = "32"
        area_code = ""
        outside_prefix = ""
        emergency = []

        [emergency]
        trunks = []
        location = ""
        notify = []
        email = []

        [features]
        set = "a"

        [[extension]]
        number = "101"
        name = "Anna"
        ha1_md5 = "7ed08328b64adc2c45ad6cb0939b457f"
        ha1_sha256 = "4bd2749e35bc48de34cf7dfaf6e0857d79b994a05c115edb2b737d9653d5104c"

        [[extension]]
        number = "102"
        name = "Bart \"B\" Willems"
        email = "bart@example.com"
        ring_time_s = 20
        ha1_md5 = "503a63d227ddc3bd334e1c034ffbf3e8"
        ha1_sha256 = "250cc988ae6c4fca1b72353d118bf1c921bc3c428dbf3ba8aff473e027c5668b"

        [[extension]]
        number = "103"
        name = "Zoë"
        enabled = false
        record = "never"
        supervisor = true
        language = "nl"
        gain_db = -6
        ha1_md5 = "484321803a3311c3ba788d7c398b2065"
        ha1_sha256 = "57f9771194fa7d6d132bf1747a11ffddcbc44eef78e15665c663b145fe37b04d"

        [[ring_group]]
        number = "400"
        name = "Sales"
        members = ["102", "101"]
        music = "lobby"

        [[music]]
        name = "lobby"
        files = ["piano", "harp-2"]
        shuffle = true

        [[conference]]
        number = "600"
        name = "Meeting"
        pin = "4711"
        members_max = 20
    "#]]
    .assert_eq(firm().text());
}

#[test]
fn printed_and_read_again_it_is_the_same() {
    let document = firm();
    let again = Document::parse(document.text()).expect("the canonical text is valid");
    assert_eq!(again, document);
    assert_eq!(to_toml(again.config()), document.text());
}

#[test]
fn the_table_of_keys_and_the_model_agree() {
    use crate::keys;
    use crate::value::Fields;
    fn names<S: Fields>(section: &S) -> Vec<&'static str> {
        let mut names = Vec::new();
        section.each(&mut |name, _| names.push(name));
        names
    }
    let document = firm();
    let config = document.config();
    let model = [
        ("system", names(&config.system)),
        ("listen", names(&config.listen)),
        ("sip", names(&config.sip)),
        ("media", names(&config.media)),
        ("recording", names(&config.recording)),
        ("mail", names(&config.mail)),
        ("voicemail", names(&config.voicemail)),
        ("parking", names(&config.parking)),
        ("provisioning", names(&config.provisioning)),
        ("numbers", names(&config.numbers)),
        ("emergency", names(&config.emergency)),
        ("features", [names(&config.features), names(&config.codes)].concat()),
        ("extension", names(&config.extensions["101"])),
        ("ring_group", names(&config.ring_groups["400"])),
        ("music", names(&config.music["lobby"])),
        ("conference", names(&config.conferences["600"])),
        ("mailbox", names(&Mailbox::new(String::new(), String::new()))),
        ("paging", names(&Paging::new(String::new(), String::new(), Vec::new()))),
        ("hours", names(&Hours::new(String::new()))),
        ("calendar", names(&Calendar::new(String::new(), String::new()))),
        ("trunk", names(&Trunk::new(String::new(), String::new()))),
        ("class", names(&Class::new(String::new()))),
        ("outbound_route", names(&OutboundRoute::new(String::new(), Vec::new(), Vec::new()))),
        ("inbound_route", names(&InboundRoute::new(String::new(), Destination::Busy))),
        ("blocked", names(&Blocked::new(String::new()))),
        ("phone", names(&Phone::new(String::new(), PhoneModel::Snom, Vec::new()))),
        ("key_layout", names(&KeyLayout { name: String::new(), keys: Vec::new() })),
    ];
    let table: Vec<(&str, Vec<&str>)> = keys::SECTIONS
        .iter()
        .map(|section| {
            (section.name, section.keys.iter().map(|key| key.name).filter(|name| *name != "secret").collect())
        })
        .collect();
    assert_eq!(table, model);
}

#[test]
fn what_is_made_in_code_has_the_defaults_of_the_table() {
    let text = r#"
        [[extension]]
        number = "101"
        name = "Anna"
        ha1_md5 = "00000000000000000000000000000000"
        ha1_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        [[ring_group]]
        number = "400"
        name = "Sales"
        members = ["101"]
        [[conference]]
        number = "600"
        name = "Meeting"
        [[mailbox]]
        number = "800"
        name = "Sales"
        [[paging]]
        number = "690"
        name = "Workshop"
        members = ["101"]
        [[hours]]
        name = "office"
        [[calendar]]
        name = "team"
        url = "https://calendar.example.com/team.ics"
        [[trunk]]
        name = "main"
        host = "sip.example.com"
        kind = "address"
        [[class]]
        name = "staff"
        [[outbound_route]]
        name = "out"
        patterns = ["+X."]
        trunks = ["main"]
        [[inbound_route]]
        name = "in"
        to = "400"
        [[blocked]]
        number = "+32470000001"
        [[phone]]
        mac = "00:15:65:AA:BB:CC"
        model = "snom"
    "#;
    let document = Document::parse(text).expect("it is valid");
    let config = document.config();
    assert_eq!(config.extensions["101"], Extension::new("101".into(), "Anna".into(), [0; 16], [0; 32]));
    assert_eq!(config.ring_groups["400"], RingGroup::new("400".into(), "Sales".into(), vec!["101".into()]));
    assert_eq!(config.conferences["600"], Conference::new("600".into(), "Meeting".into()));
    assert_eq!(config.mailboxes["800"], Mailbox::new("800".into(), "Sales".into()));
    assert_eq!(config.paging["690"], Paging::new("690".into(), "Workshop".into(), vec!["101".into()]));
    assert_eq!(config.hours["office"], Hours::new("office".into()));
    let url = "https://calendar.example.com/team.ics";
    assert_eq!(config.calendars["team"], Calendar::new("team".into(), url.into()));
    let trunk = Trunk { kind: TrunkKind::Address, ..Trunk::new("main".into(), "sip.example.com".into()) };
    assert_eq!(config.trunks["main"], trunk);
    assert_eq!(config.classes["staff"], Class::new("staff".into()));
    let route = OutboundRoute::new("out".into(), vec!["+X.".into()], vec!["main".into()]);
    assert_eq!(config.outbound_routes["out"], route);
    assert_eq!(config.inbound_routes["in"], InboundRoute::new("in".into(), Destination::Number("400".into())));
    assert_eq!(config.blocked["+32470000001"], Blocked::new("+32470000001".into()));
    assert_eq!(config.phones["001565aabbcc"], Phone::new("001565aabbcc".into(), PhoneModel::Snom, Vec::new()));
    assert_eq!(config.numbers, Numbers::of("32".into()));
    assert_eq!(config.codes, OfficeCodes::of(CodeSet::A));
}

#[test]
fn nothing_that_prints_a_configuration_shows_a_digest_or_a_pin() {
    let document = firm();
    let shown = format!("{:?} {:?}", document, document.config());
    let digest = document.text().lines().find_map(|line| line.strip_prefix("ha1_md5 = ")).expect("there is a digest");
    assert!(!shown.contains(digest.trim_matches('"')) && !shown.contains("ha1"), "{shown}");
    assert!(shown.contains("Meeting") && !shown.contains("4711"), "{shown}");
}

#[test]
fn ten_thousand_extensions_fit_one_document() {
    let mut text = String::new();
    for n in 10_000..20_000 {
        text += &format!("[[extension]]\nnumber = \"{n}\"\nname = \"Person {n}\"\nsecret = \"demo-{n}-secret\"\n\n");
    }
    let document = Document::parse(&text).expect("the import is valid");
    assert_eq!(document.config().extensions.len(), 10_000);
    assert_eq!(Document::parse(document.text()).as_ref(), Ok(&document));
}
