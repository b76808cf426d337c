//! An office: lines outside, hours, mailboxes, phones.

use base::Redacted;
use expect_test::{Expect, expect};

use crate::{
    Class, CodeSet, Config, Destination, Document, Edit, ExtensionDraft, Hours, InboundRoute, KeyLayout, Numbers,
    OfficeCodes, OutboundRoute, Paging, Phone, PhoneModel, Trunk, diff,
};

/// A firm that has moved in.
pub(super) const OFFICE: &str = r#"
[system]
time_zone = "Europe/Brussels"

[mail]
host = "smtp.example.com"
user = "pbx@example.com"
password = "mail-password-1"
from = "pbx@example.com"

[provisioning]
enabled = true
phone_password = "phone-password-1"
dhcp_range = "192.168.1.100 - 192.168.1.199"
dhcp = true

[parking]
number = "710"
first = "711"
slots = 5
otherwise = "400"

[emergency]
trunks = ["main"]
location = "Station street 1, Brussels"
notify = ["101"]

[features]
set = "b"
redial = ""
intercom = "*81"

[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
class = "staff"
caller_id = "+3225551201"
voicemail = true
voicemail_pin = "258036"
email = "anna@example.com"
voicemail_mail = "attach"
pickup_group = "sales"
mobile = "+32470000001"
keys = "desk"

[[extension]]
number = "102"
name = "Bart"
secret = "demo-102-secret"

[[ring_group]]
number = "400"
name = "Sales"
members = ["101", "102"]
strategy = "rotating"
otherwise = "voicemail:800"
skip_busy = true

[[conference]]
number = "600"
name = "Board"
moderator_pin = "975310"
wait_for_moderator = true

[[mailbox]]
number = "800"
name = "Sales"
members = ["101", "102"]

[[paging]]
number = "690"
name = "Hall"
members = ["101"]

[[hours]]
name = "office"
code = "1"
open = ["mon-fri 09:00-17:30"]
breaks = ["mon-fri 12:00-13:00"]
holidays = ["be"]
closed = ["12-24..12-31 Year end"]
calendars = ["team"]
switched_by = ["101"]

[[calendar]]
name = "team"
url = "https://calendar.example.com/team.ics"

[[trunk]]
name = "main"
host = "sip.example.com"
user = "3225551200"
password = "trunk-password-1"
numbers = ["+3225551200", "+3225551201"]
calls_max = 10
prices = ["+32 1.5", "+ 20"]
spend_day_max = 5000

[[trunk]]
name = "spare"
kind = "address"
host = "192.0.2.1"
sources = ["192.0.2.0/24"]
calls_max = 2

[[class]]
name = "staff"
may_call = ["internal", "free", "national", "mobile", "international"]
countries = ["+31", "+33"]
spend_day_max = 1000
pin = "112358"

[[outbound_route]]
name = "everywhere"
patterns = ["+X."]
trunks = ["main", "spare"]
classes = ["staff"]

[[inbound_route]]
name = "main"
hours = "office"
to = "400"
closed_to = "voicemail:800"
holiday_to = "sound:closed"
label = "Sales"

[[blocked]]
number = "+3290*"
reason = "sells windows"

[[phone]]
mac = "00:15:65:AA:BB:CC"
model = "yealink"
lines = ["101"]
extra = ["account.1.label=Desk"]

[[key_layout]]
name = "desk"
keys = ["line", "blf 102 Bart", "park 711", "hours office Night", "none"]
"#;

pub(super) fn office() -> Document {
    Document::parse(OFFICE).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

pub(super) fn told(errors: &[impl ToString]) -> String {
    errors.iter().map(|error| error.to_string() + "\n").collect()
}

fn refused(edits: impl IntoIterator<Item = Edit>, verdict: Expect) {
    verdict.assert_eq(&told(&office().edit(edits).expect_err("the edits are refused")));
}

#[test]
fn an_office_reads_back_as_it_prints() {
    let document = office();
    assert_eq!(Document::parse(document.text()).as_ref(), Ok(&document));
    let from = document.text().find("[mail]").expect("there is mail");
    let text: String = document.text()[from..]
        .lines()
        .filter(|line| !line.starts_with("ha1_"))
        .fold(String::new(), |text, line| text + line + "\n");
    expect![[r#"
        [mail]
        host = "smtp.example.com"
        port = 587
        security = "starttls"
        user = "pbx@example.com"
        password = "mail-password-1"
        from = "pbx@example.com"

        [voicemail]
        message_max_s = 180
        messages_max = 100
        keep_days = 0
        mail_wav = false

        [parking]
        number = "710"
        first = "711"
        slots = 5
        come_back_s = 45
        otherwise = "400"

        [provisioning]
        enabled = true
        phone_password = "phone-password-1"
        pnp = false
        dhcp = true
        dhcp_range = "192.168.1.100-192.168.1.199"
        adopt = false

        [numbers]
        country_code = "32"
        area_code = ""
        outside_prefix = ""
        emergency = []

        [emergency]
        trunks = ["main"]
        location = "Station street 1, Brussels"
        notify = ["101"]
        email = []

        [features]
        set = "b"
        intercom = "*81"
        redial = ""

        [[extension]]
        number = "101"
        name = "Anna"
        email = "anna@example.com"
        class = "staff"
        caller_id = "+3225551201"
        voicemail = true
        voicemail_pin = "258036"
        voicemail_mail = "attach"
        pickup_group = "sales"
        mobile = "+32470000001"
        keys = "desk"

        [[extension]]
        number = "102"
        name = "Bart"

        [[ring_group]]
        number = "400"
        name = "Sales"
        members = ["101", "102"]
        strategy = "rotating"
        otherwise = "voicemail:800"
        skip_busy = true

        [[conference]]
        number = "600"
        name = "Board"
        moderator_pin = "975310"
        wait_for_moderator = true

        [[mailbox]]
        number = "800"
        name = "Sales"
        members = ["101", "102"]

        [[paging]]
        number = "690"
        name = "Hall"
        members = ["101"]

        [[hours]]
        name = "office"
        code = "1"
        open = ["mon-fri 09:00-17:30"]
        breaks = ["mon-fri 12:00-13:00"]
        holidays = ["be"]
        closed = ["12-24..12-31 Year end"]
        calendars = ["team"]
        switched_by = ["101"]

        [[calendar]]
        name = "team"
        url = "https://calendar.example.com/team.ics"

        [[trunk]]
        name = "main"
        host = "sip.example.com"
        user = "3225551200"
        password = "trunk-password-1"
        numbers = ["+3225551200", "+3225551201"]
        calls_max = 10
        spend_day_max = 5000
        prices = ["+32 1.5", "+ 20"]

        [[trunk]]
        name = "spare"
        kind = "address"
        host = "192.0.2.1"
        sources = ["192.0.2.0/24"]
        calls_max = 2

        [[class]]
        name = "staff"
        may_call = ["internal", "free", "national", "mobile", "international"]
        countries = ["+31", "+33"]
        pin = "112358"
        spend_day_max = 1000

        [[outbound_route]]
        name = "everywhere"
        patterns = ["+X."]
        trunks = ["main", "spare"]
        classes = ["staff"]

        [[inbound_route]]
        name = "main"
        hours = "office"
        to = "400"
        closed_to = "voicemail:800"
        holiday_to = "sound:closed"
        label = "Sales"

        [[blocked]]
        number = "+3290*"
        reason = "sells windows"

        [[phone]]
        mac = "001565aabbcc"
        model = "yealink"
        lines = ["101"]
        extra = ["account.1.label=Desk"]

        [[key_layout]]
        name = "desk"
        keys = ["line", "blf 102 Bart", "park 711", "hours office Night", "none"]
    "#]]
    .assert_eq(&text);
}

#[test]
fn passwords_and_pins_are_shown_nowhere() {
    let before = office();
    let mut trunk = before.config().trunks["main"].clone();
    trunk.password = Some(Redacted("trunk-password-2".into()));
    trunk.calls_max = 20;
    let mut mail = before.config().mail.clone();
    mail.password = Some(Redacted("mail-password-2".into()));
    let mut provisioning = before.config().provisioning.clone();
    provisioning.phone_password = None;
    let anna = ExtensionDraft {
        voicemail_pin: Some(Redacted("864209".into())),
        ..ExtensionDraft::from(&before.config().extensions["101"])
    };
    let mut class = before.config().classes["staff"].clone();
    class.pin = None;
    let edits = [
        Edit::ChangeTrunk(trunk),
        Edit::SetMail(mail),
        Edit::SetProvisioning(provisioning),
        Edit::ChangeExtension(anna),
        Edit::ChangeClass(class),
    ];
    let debugged = format!("{edits:?}");
    let after = before.edit(edits).expect("the edits are valid");
    let summary = diff::summary(before.config(), after.config()).join("\n");
    expect![[r#"
        mail: password changed
        provisioning: phone_password removed
        extension 101: voicemail_pin changed
        trunk main: calls_max 10 → 20, password changed
        class staff: pin removed"#]]
    .assert_eq(&summary);
    let shown = [
        summary,
        debugged,
        diff::unified(before.text(), after.text()),
        format!("{before:?} {after:?} {:?}", before.config().trunks),
    ]
    .concat();
    for secret in ["password-1", "password-2", "258036", "864209", "112358", "975310"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn every_set_of_codes_is_without_conflict_and_keeps_what_is_written() {
    for set in ["a", "b", "c"] {
        let text = format!("[features]\nset = \"{set}\"\n");
        let document = Document::parse(&text).unwrap_or_else(|errors| panic!("{set}: {errors:#?}"));
        assert_eq!(document.config().codes, OfficeCodes::of(document.config().codes.set));
        assert!(
            document.text().contains(&format!("[features]\nset = \"{set}\"\n")) && !document.text().contains("\"*97\"")
        );
    }
    let config = Config::clone(office().config());
    assert_eq!((config.codes.set, config.codes.forward_all.as_str()), (CodeSet::B, "*21*"));
    assert_eq!((config.codes.redial.as_str(), config.codes.intercom.as_str()), ("", "*81"));
    // The other set fills what was left out, and only that.
    let other = Document::parse(&office().text().replace("set = \"b\"", "set = \"a\"")).expect("it is valid");
    let codes = &other.config().codes;
    assert_eq!((codes.forward_all.as_str(), codes.redial.as_str(), codes.intercom.as_str()), ("*72", "", "*81"));
}

#[test]
fn numbers_outside_follow_the_country_where_nothing_else_is_written() {
    let document = Document::parse("[numbers]\ncountry_code = \"7\"\nfree = [\"+7800\", \"+7804\"]\n").expect("valid");
    let numbers = &document.config().numbers;
    assert_eq!((numbers.national_prefix.as_str(), numbers.international_prefix.as_str()), ("8", "810"));
    assert_eq!((&numbers.mobile[..], numbers.free.len()), (&["+79".to_owned()][..], 2));
    assert_eq!(Document::parse(document.text()).as_ref(), Ok(&document));
    assert!(document.text().contains("free = [") && !document.text().contains("mobile"), "{}", document.text());
    assert_eq!(Config::default().numbers, Numbers::of("32".into()));
}

#[test]
fn parking_makes_way_where_nobody_asked_for_it() {
    let people = "[[extension]]\nnumber = \"705\"\nname = \"A\"\nsecret = \"demo-705-secret\"\n";
    let document = Document::parse(people).expect("it is valid");
    assert_eq!(document.config().parking.slots, 0);
    assert_eq!(Document::parse(document.text()).as_ref(), Ok(&document));
    let errors = Document::parse(&format!("[parking]\n{people}")).expect_err("now somebody asks");
    expect!["line 1: parking.first: slot 705 is already an extension (let the slots begin elsewhere)"]
        .assert_eq(&errors[0].to_string());
}

#[test]
fn what_others_need_is_not_removed() {
    refused(
        [
            Edit::RemoveTrunk("main".into()),
            Edit::RemoveClass("staff".into()),
            Edit::RemoveHours("office".into()),
            Edit::RemoveMailbox("800".into()),
            Edit::RemoveRingGroup("400".into()),
            Edit::RemoveKeyLayout("desk".into()),
            Edit::RemoveExtension("101".into()),
            Edit::RemovePhone("001565aabbcd".into()),
            Edit::RemoveBlocked("+32470000001".into()),
        ],
        expect![[r#"
            phone.001565aabbcd.mac: is not there any more (somebody else may have removed it)
            blocked.+32470000001.number: is not there any more (somebody else may have removed it)
            trunk.main.name: is the only trunk for emergency calls (name another one in `emergency.trunks` first)
            class.staff.name: is the only class that outbound route everywhere is for (change or remove the route first)
            hours.office.name: is asked by inbound route main (give it other hours first)
            mailbox.800.number: is where inbound route main sends calls (send them elsewhere first)
            ring_group.400.number: is where parking sends calls (send them elsewhere first)
            extension.101.number: is the only member of paging group 690 Hall (remove the paging group first)
            extension.101.keys: "desk" is not a key layout (leave it out, or add it as `[[key_layout]]`)
        "#]],
    );
    // What only is in lists leaves them.
    let after = office()
        .edit([
            Edit::RemoveTrunk("spare".into()),
            Edit::RemoveCalendar("team".into()),
            Edit::RemoveExtension("102".into()),
            Edit::RemovePhone("00-15-65-AA-BB-CC".into()),
            Edit::RemovePaging("690".into()),
            Edit::RemoveBlocked("+3290*".into()),
        ])
        .expect("nobody needs them");
    let config = after.config();
    assert_eq!(config.outbound_routes["everywhere"].trunks, ["main"]);
    assert_eq!(config.ring_groups["400"].members, ["101"]);
    assert_eq!(config.mailboxes["800"].members, ["101"]);
    assert!(config.hours["office"].calendars.is_empty() && config.phones.is_empty());
}

#[test]
fn an_office_is_built_by_edits() {
    let mut trunk = Trunk::new("second".into(), "sip.example.net".into());
    let without = office().edit([Edit::AddTrunk(trunk.clone())]);
    expect![[r#"
        trunk.second.user: is missing: a trunk that registers needs it (give what the provider gave you, or `kind = "address"`)
        trunk.second.password: is missing: a trunk that registers needs it (give what the provider gave you, or `kind = "address"`)
    "#]].assert_eq(&told(&without.expect_err("it cannot register")));
    trunk.user = Some("me".into());
    trunk.password = Some(Redacted("trunk-password-3".into()));
    let mut codes = office().config().codes.clone();
    codes.redial = "*66".into();
    let mut numbers = office().config().numbers.clone();
    numbers.outside_prefix = "0".into();
    let after = office()
        .edit([
            Edit::AddTrunk(trunk),
            Edit::AddClass(Class::new("guests".into())),
            Edit::AddOutboundRoute(OutboundRoute::new("help".into(), vec!["0800.".into()], vec!["second".into()])),
            Edit::AddInboundRoute(InboundRoute::new("rest".into(), Destination::Busy)),
            Edit::AddHours(Hours { open: vec!["daily 08:00-20:00".into()], ..Hours::new("shop".into()) }),
            Edit::AddPaging(Paging::new("691".into(), "Yard".into(), vec!["102".into()])),
            Edit::AddPhone(Phone::new("0015.65AA.BBCD".into(), PhoneModel::Snom, vec!["102".into()])),
            Edit::AddKeyLayout(KeyLayout { name: "hall".into(), keys: vec!["line".into()] }),
            Edit::SetCodes(codes),
            Edit::SetNumbers(numbers),
        ])
        .expect("the edits are valid");
    assert!(after.config().phones.contains_key("001565aabbcd"));
    expect![[r#"
        numbers: outside_prefix "" → 0
        features: redial "" → *66
        paging 691 Yard added
        hours shop added
        trunk second added
        class guests added
        outbound route help added
        inbound route rest added
        phone 001565aabbcd snom added
        key layout hall added"#]]
    .assert_eq(&diff::summary(office().config(), after.config()).join("\n"));
}
