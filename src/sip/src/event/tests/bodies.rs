//! Bodies as phones see them, and as they come from phones.

use expect_test::{Expect, expect};

use super::super::{
    Activity, Body, DialogDirection, DialogInfo, DialogLine, DialogParty, DialogProgress, FeatureState, FeatureWish,
    Forward, ForwardKind, Instance, InstanceState, MessageSummary, Messages, PhoneProfile, Presence, ResourceList,
    Restart, read_resource_lists, restart_event,
};
use super::notifier::request;

fn text(body: &Body) -> String {
    String::from_utf8(body.bytes.to_vec()).unwrap().replace("><", ">\n<").replace('\r', "")
}

fn check(body: &Body, expected: Expect) {
    expected.assert_eq(&format!("{}\n\n{}", body.content_type, text(body)));
}

fn ringing() -> DialogInfo {
    let party = |uri: &str, name: &str, target: &str| DialogParty {
        identity: uri.into(),
        name: name.into(),
        target: target.into(),
    };
    DialogInfo {
        version: 3,
        entity: "sip:102@box".into(),
        dialogs: vec![
            DialogLine {
                id: "leg7".into(),
                ids: Some(("c@1".into(), "l".into(), "r".into())),
                direction: DialogDirection::Recipient,
                progress: DialogProgress::Early,
                held: false,
                local: Some(party("sip:102@box", "Bob", "sip:102@box")),
                remote: Some(party("sip:101@box", "A \"B\" <C> & D", "")),
            },
            DialogLine {
                id: "leg8".into(),
                ids: None,
                direction: DialogDirection::Initiator,
                progress: DialogProgress::Confirmed,
                held: true,
                local: Some(party("sip:102@box", "", "sip:102@box")),
                remote: None,
            },
        ],
    }
}

#[test]
fn dialogs_of_an_extension() {
    let body = ringing().body();
    check(
        &body,
        expect![[r#"
            application/dialog-info+xml

            <?xml version="1.0" encoding="UTF-8"?>
            <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="full" entity="sip:102@box">
            <dialog id="leg7" call-id="c@1" local-tag="l" remote-tag="r" direction="recipient">
            <state>early</state>
            <local>
            <identity display="Bob">sip:102@box</identity>
            <target uri="sip:102@box"/>
            </local>
            <remote>
            <identity display="A &quot;B&quot; &lt;C&gt; &amp; D">sip:101@box</identity>
            </remote>
            </dialog>
            <dialog id="leg8" direction="initiator">
            <state>confirmed</state>
            <local>
            <identity>sip:102@box</identity>
            <target uri="sip:102@box">
            <param pname="sip.rendering" pval="no"/>
            <param pname="+sip.rendering" pvalue="no"/>
            </target>
            </local>
            </dialog>
            </dialog-info>
        "#]],
    );
    assert_eq!(DialogInfo::parse(&body.bytes), Ok(ringing()));
    let idle = DialogInfo { version: 0, entity: "sip:102@box".into(), dialogs: Vec::new() }.body();
    let read = DialogInfo::parse(&idle.bytes).unwrap();
    assert_eq!(read.dialogs.iter().map(|d| d.progress).collect::<Vec<_>>(), [DialogProgress::Terminated]);
    for bad in
        ["<dialog-info/>", "<x version='1' entity='a'/>", "<dialog-info version='1' entity='a'><dialog/></dialog-info>"]
    {
        assert!(DialogInfo::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn messages_waiting() {
    let voice = Messages { new: 2, old: 8, urgent_new: 0, urgent_old: 2 };
    let summary = MessageSummary { account: "sip:*97@box\r\nX: y".into(), voice };
    check(
        &summary.body(),
        expect![[r#"
            application/simple-message-summary

            Messages-Waiting: yes
            Message-Account: sip:*97@boxX: y
            Voice-Message: 2/8 (0/2)
        "#]],
    );
    let read = |text: &str| MessageSummary::parse(text.as_bytes());
    assert_eq!(read("Messages-Waiting: no\r\n"), Ok(MessageSummary::default()));
    assert_eq!(read("Messages-Waiting: yes\r\n").unwrap().voice.new, 1);
    assert_eq!(
        read("messages-waiting: YES\nvoice-message: 2/8\n").unwrap().voice,
        Messages { new: 2, old: 8, ..Messages::default() }
    );
    assert!(read("").is_err() && read("Messages-Waiting: yes\r\nVoice-Message: 2-8\r\n").is_err());
}

#[test]
fn presence_of_a_person() {
    let presence = Presence {
        entity: "sip:102@box".into(),
        open: true,
        activity: Activity::OnThePhone,
        note: "On the phone".into(),
    };
    let body = presence.body();
    check(
        &body,
        expect![[r#"
            application/pidf+xml

            <?xml version="1.0" encoding="UTF-8"?>
            <presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:102@box">
            <tuple id="phone">
            <status>
            <basic>open</basic>
            </status>
            <contact>sip:102@box</contact>
            <note>On the phone</note>
            </tuple>
            <dm:person id="person">
            <rpid:activities>
            <rpid:on-the-phone/>
            </rpid:activities>
            </dm:person>
            </presence>
        "#]],
    );
    assert_eq!(Presence::parse(&body.bytes), Ok(presence));
}

#[test]
fn a_list_of_resources() {
    let state = MessageSummary::default().body();
    let list = ResourceList {
        uri: "sip:floor@box".into(),
        version: 1,
        full: true,
        instances: vec![
            Instance { uri: "sip:102@box".into(), name: "Bob".into(), state: InstanceState::Active(state) },
            Instance { uri: "sip:999@box".into(), name: String::new(), state: InstanceState::Terminated },
        ],
    };
    let body = list.clone().body();
    check(
        &body,
        expect![[r#"
            multipart/related;type="application/rlmi+xml";start="<list@strowger>";boundary="part-0-of-the-state"

            --part-0-of-the-state
            Content-Transfer-Encoding: binary
            Content-ID: <list@strowger>
            Content-Type: application/rlmi+xml;charset="UTF-8"

            <?xml version="1.0" encoding="UTF-8"?>
            <list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:floor@box" version="1" fullState="true">
            <resource uri="sip:102@box">
            <name>Bob</name>
            <instance id="1" state="active" cid="r0@strowger"/>
            </resource>
            <resource uri="sip:999@box">
            <instance id="1" state="terminated" reason="noresource"/>
            </resource>
            </list>

            --part-0-of-the-state
            Content-Transfer-Encoding: binary
            Content-ID: <r0@strowger>
            Content-Type: application/simple-message-summary

            Messages-Waiting: no
            Voice-Message: 0/0 (0/0)

            --part-0-of-the-state--
        "#]],
    );
    assert_eq!(ResourceList::parse(&body), Ok(list));
}

#[test]
fn a_list_that_a_phone_brings() {
    let document = br#"<?xml version="1.0" encoding="UTF-8"?>
        <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>
          <entry uri="sip:102@box"><display-name>Bob &amp; Co</display-name></entry>
          <list name="more"><entry uri="sip:103@box"/><entry uri="sip:102@box"/></list>
        </list></resource-lists>"#;
    let entries = read_resource_lists(document).unwrap();
    let seen: Vec<_> = entries.iter().map(|e| (e.uri.as_str(), e.name.as_str())).collect();
    assert_eq!(seen, [("sip:102@box", "Bob & Co"), ("sip:103@box", "")]);
    let external = br#"<resource-lists><list><external anchor="http://x/"/></list></resource-lists>"#;
    assert!(read_resource_lists(external).is_err());
    let many: String = (0..=super::super::ENTRIES_MAX).map(|n| format!("<entry uri='sip:{n}@b'/>")).collect();
    assert!(read_resource_lists(format!("<resource-lists><list>{many}</list></resource-lists>").as_bytes()).is_err());
}

#[test]
fn features_both_ways() {
    let set = |body: &str| FeatureWish::parse(body.as_bytes());
    let dnd = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<SetDoNotDisturb xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\"><device/><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>";
    assert_eq!(set(dnd), Ok(FeatureWish::DoNotDisturb(true)));
    let forward = "<SetForwarding><device></device><forwardingType>forwardNoAns</forwardingType><forwardDN>0470</forwardDN><ringCount>3</ringCount><activateForward>true</activateForward></SetForwarding>";
    let wish = Forward { active: true, to: "0470".into(), after_s: Some(18) };
    assert_eq!(set(forward), Ok(FeatureWish::Forward(ForwardKind::NoAnswer, wish.clone())));
    for bad in
        ["<SetDoNotDisturb/>", "<SetForwarding><activateForward>true</activateForward></SetForwarding>", "<Set/>", ""]
    {
        assert!(set(bad).is_err(), "{bad}");
    }
    let state = FeatureState {
        do_not_disturb: true,
        forwards: vec![(ForwardKind::Always, Forward::default()), (ForwardKind::NoAnswer, wish)],
    };
    let body = state.body("102");
    assert!(body.content_type.starts_with("multipart/mixed;boundary="), "{}", body.content_type);
    assert_eq!(FeatureState::parse(&body), Ok(state));
    let only = FeatureState { do_not_disturb: false, forwards: Vec::new() };
    check(
        &only.body("102"),
        expect![[r#"
            application/x-as-feature-event+xml

            <?xml version="1.0" encoding="UTF-8"?>
            <DoNotDisturbEvent xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3">
            <device>102</device>
            <doNotDisturbOn>false</doNotDisturbOn>
            </DoNotDisturbEvent>
        "#]],
    );
}

#[test]
fn each_maker_has_its_word_for_restart() {
    let words = [
        ("Yealink SIP-T46U 108.86.0.90", "check-sync;reboot=false", "check-sync;reboot=true"),
        ("Cisco/SPA504G-7.6.2", "resync", "reboot_now"),
        ("Cisco-CP-8841-3PCC/11.3", "resync", "reboot_now"),
        ("", "check-sync;reboot=false", "check-sync;reboot=true"),
    ];
    for (agent, fetch, reboot) in words {
        assert_eq!((restart_event(agent, Restart::Fetch), restart_event(agent, Restart::Reboot)), (fetch, reboot));
    }
}

#[test]
fn a_new_phone_asks_for_its_profile() {
    let ask = |uri: &str, event: &str| {
        let mut request = request("a", 1, "", &format!("Event: {event}\r\n"));
        request.uri = crate::message::Uri::parse(uri.as_bytes()).unwrap();
        PhoneProfile::of(&request)
    };
    let event = "ua-profile;profile-type=\"device\";vendor=\"Yealink\";model=\"T46U\";version=\"108.86\"";
    let profile = ask("sip:MAC%3a001565AABBCC@224.0.1.75", event).unwrap();
    assert_eq!((profile.mac.as_str(), profile.vendor.as_str()), ("001565aabbcc", "Yealink"));
    assert_eq!((profile.model.as_str(), profile.version.as_str()), ("T46U", "108.86"));
    assert!(ask("sip:00-15-65-aa-bb-cc@224.0.1.75", "ua-profile").is_some());
    assert!(ask("sip:nobody@224.0.1.75", event).is_none());
    assert!(ask("sip:MAC%3a001565AABBCC@224.0.1.75", "dialog").is_none());
    assert!(ask("sip:MAC%3a001565AABBCC@224.0.1.75", "ua-profile;profile-type=\"user\"").is_none());
}
