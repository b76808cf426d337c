//! Whatever comes: bodies keep their shape, readers do not panic, the table stays true.

use std::collections::BTreeSet;

use base::Random;
use proptest::prelude::*;

use super::super::{
    Activity, Body, DialogDirection, DialogInfo, DialogLine, DialogParty, DialogProgress, Ending, FeatureState,
    FeatureWish, MessageSummary, NotifierLimits, Presence, ResourceList, Subscribe, Subscriptions, read_resource_lists,
};
use super::notifier::{at, flow, list, one, request};
use crate::Transport;
use crate::message::StatusCode;

/// What a document keeps of a text.
fn kept(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }).collect()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[<>&\"'/a]{0,12}", "\\PC{0,8}\u{0}\u{1b}\r\n.{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_name_breaks_out_of_a_document(name in any_text(), uri in any_text(), id in any_text()) {
        let party = DialogParty { identity: uri.clone(), name: name.clone(), target: String::new() };
        let line = DialogLine {
            id: id.clone(),
            ids: Some((name.clone(), uri.clone(), id.clone())),
            direction: DialogDirection::Recipient,
            progress: DialogProgress::Early,
            held: false,
            local: None,
            remote: Some(party),
        };
        let info = DialogInfo { version: 1, entity: uri.clone(), dialogs: vec![line] };
        let read = DialogInfo::parse(&info.body().bytes).unwrap();
        prop_assert_eq!(read.entity, kept(&uri));
        prop_assert_eq!(read.dialogs.len(), 1);
        let (d, remote) = (&read.dialogs[0], read.dialogs[0].remote.clone().unwrap());
        prop_assert_eq!(&d.id, &kept(&id));
        prop_assert_eq!(remote.identity, kept(&uri).trim().to_owned());
        if !uri.is_empty() {
            prop_assert_eq!(remote.name, kept(&name));
        }
        let presence = Presence { entity: uri.clone(), open: true, activity: Activity::Busy, note: name.clone() };
        let read = Presence::parse(&presence.body().bytes).unwrap();
        prop_assert_eq!((read.entity, read.activity, read.note), (kept(&uri), Activity::Busy, kept(&name).trim().to_owned()));
    }

    #[test]
    fn readers_survive_anything(bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in any_text()) {
        read_all(&bytes, &kind);
    }

    #[test]
    fn readers_survive_what_is_almost_right(seed in any::<u64>()) {
        let mut random = Random::from_number(seed);
        let documents = [
            "<dialog-info version='1' entity='a'><dialog id='1'><state>early</state><local><target uri='x'><param pname='sip.rendering' pval='no'/></target></local></dialog></dialog-info>",
            "<presence entity='a'><tuple id='1'><status><basic>open</basic></status></tuple></presence>",
            "--b\r\nContent-ID: <l>\r\nContent-Type: application/rlmi+xml\r\n\r\n<list uri='a' version='1' fullState='true'><resource uri='b'><instance id='1' state='active' cid='c'/></resource></list>\r\n--b\r\nContent-ID: <c>\r\n\r\nx\r\n--b--\r\n",
            "<resource-lists><list><entry uri='sip:1@b'><display-name>&#65;</display-name></entry></list></resource-lists>",
            "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n",
            "<SetForwarding><forwardingType>forwardBusy</forwardingType><activateForward>1</activateForward></SetForwarding>",
        ];
        let mut bytes = documents[random.below(documents.len() as u64) as usize].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() as u64 + 1) as usize;
            match random.below(3) {
                0 if at < bytes.len() => bytes[at] = b"<>&;\"'\r\n-/!["[random.below(12) as usize],
                1 => bytes.truncate(at),
                _ => bytes.insert(at, random.next_u32() as u8),
            }
        }
        read_all(&bytes, "multipart/related;boundary=b");
    }

    #[test]
    fn the_table_stays_true(seed in any::<u64>()) {
        walk(Random::from_number(seed));
    }
}

fn read_all(bytes: &[u8], content_type: &str) {
    let body = Body::new(content_type, bytes.to_vec());
    let _ = (DialogInfo::parse(bytes), Presence::parse(bytes), MessageSummary::parse(bytes));
    let _ = (FeatureWish::parse(bytes), read_resource_lists(bytes));
    let _ = (ResourceList::parse(&body), FeatureState::parse(&body));
}

/// Random events; after each no subscription has two NOTIFYs under way, and in the end nothing is left.
fn walk(mut random: Random) {
    const THINGS: [&str; 4] = ["102", "103", "104", "105"];
    let limits = NotifierLimits { per_subscriber_max: 8, subscriptions_max: 20, watches_max: 40, ..Default::default() };
    let mut table = Subscriptions::new(limits);
    let mut sent = BTreeSet::new();
    let mut now = at(0);
    let connection = flow(Transport::Tcp, 3);
    for step in 0..300u32 {
        now += base::Duration::from_secs(random.below(200));
        let thing = THINGS[random.below(4) as usize];
        match random.below(9) {
            0..=2 => {
                let flow = if random.below(2) == 0 { connection } else { flow(Transport::Udp, 0) };
                let subject = if random.below(3) == 0 { list(&THINGS) } else { one(thing) };
                let request = request(&step.to_string(), 1, "", "Event: dialog\r\nExpires: 600\r\n");
                let asked = Subscribe::read(&request).unwrap();
                let who = ["201", "202", "203"][random.below(3) as usize];
                let _ = table.subscribe(now, (who, flow), &asked, subject, &request, "ours");
            }
            3 => table.changed(&thing),
            4 => table.vanished(&thing),
            5 => table.end_all("202", Ending::Deactivated),
            6 => table.flow_failed(connection),
            7 => table.reroute("201", |_, _| Some(connection)),
            _ => table.expire(now),
        }
        for _ in 0..random.below(4) {
            let Some(id) = table.poll_due() else { break };
            assert!(!sent.contains(&id), "two at once");
            if !table.notify(now, id, None).unwrap().is_last {
                sent.insert(id);
            }
        }
        if random.below(2) == 0
            && let Some(id) = sent.pop_first()
        {
            match random.below(4) {
                0 => drop(table.unanswered(id)),
                1 => drop(table.answered(id, StatusCode(481))),
                _ => drop(table.answered(id, StatusCode::OK)),
            }
        }
        sent.retain(|id| table.get(*id).is_some());
        assert!(table.len() <= 20 && table.outstanding() == sent.len());
    }
    for who in ["201", "202", "203"] {
        table.end_all(who, Ending::Timeout);
    }
    for id in sent {
        table.unanswered(id);
    }
    while let Some(id) = table.poll_due() {
        table.notify(now, id, None);
    }
    assert!(table.is_empty() && table.outstanding() == 0 && table.poll_timeout().is_none());
    assert_eq!(table.resources().count(), 0);
}
