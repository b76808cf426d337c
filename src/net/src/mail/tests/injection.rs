//! No text becomes a header, an addressee or a command.

use proptest::prelude::*;

use super::*;
use crate::mail::compose::compose;

/// The headers of a message without files, in order.
const HEADERS: [&str; 9] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

fn header_names(octets: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(octets).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    let starts = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    starts.map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

fn same_names(octets: &[u8]) -> bool {
    let (mut got, mut want) = (header_names(octets), HEADERS.map(String::from).to_vec());
    got.sort();
    want.sort();
    got == want
}

const ATTACKS: [&str; 10] = [
    "x\r\nBcc: victim@else.test",
    "x\nBcc: victim@else.test",
    "x\rBcc: victim@else.test",
    "x\r\n\r\nanother body",
    "x\0\r\n.\r\nMAIL FROM:<a@b.test>",
    "=?utf-8?q?x=0D=0ABcc:_victim@else.test?=",
    "x\u{2028}Bcc: victim@else.test",
    "\" <victim@else.test>, \"",
    "héhé\r\nBcc: victim@else.test",
    "x\u{85}Bcc: victim@else.test\u{b}\u{c}",
];

#[test]
fn a_subject_or_a_name_stays_one() {
    let from = address("pbx@firm.test");
    for attack in ATTACKS {
        let to = MailAddress::new(Some(attack), "ann@firm.test").unwrap();
        let mail = Message { to: to.clone(), subject: String::from(attack), ..message(1) };
        let from = MailAddress::new(Some(attack), from.address()).unwrap();
        let (envelope, octets) = compose(&from, &mail).unwrap();
        assert!(same_names(&octets), "{}", String::from_utf8_lossy(&octets));
        assert_eq!(envelope.to().iter().map(|a| a.to_string()).collect::<Vec<_>>(), ["ann@firm.test"]);
    }
}

#[test]
fn an_address_with_anything_more_is_none() {
    for attack in [
        "ann@firm.test\r\nRCPT TO:<victim@else.test>",
        "ann@firm.test>\r\nRCPT TO:<victim@else.test",
        "ann@firm.test, victim@else.test",
        "ann@firm.test> NOTIFY=NEVER",
        "ann\r\n@firm.test",
        "ann@firm.test\n",
        "ann@fi\0rm.test",
        "ann smith@firm.test",
        "<ann@firm.test>",
        "\"ann\r\n\"@firm.test",
        "änn@firm.test",
        "ann@",
        "@firm.test",
        "ann",
        "",
    ] {
        assert!(MailAddress::new(None, attack).is_err(), "{attack:?}");
    }
    assert!(MailAddress::new(None, &format!("{}@firm.test", "a".repeat(300))).is_err());
    assert_eq!(address("\"Ann, Owner\" <ann@firm.test>").name(), Some("Ann, Owner"));
    assert_eq!(address("ann@firm.test").name(), None);
}

#[test]
fn a_file_brings_no_header_and_no_path() {
    let from = address("pbx@firm.test");
    let with = |name: &str, content_type: &str| {
        let file = Attachment {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            bytes: Bytes::from_static(b"RIFF"),
        };
        compose(&from, &Message { attachments: vec![file], ..message(1) }).map(|(_, octets)| octets)
    };
    let names = ["a.wav\"\r\nX-Evil: 1", "../../etc/passwd", "a\";\r\n evil=1", "..", "", "a.wav\r\n\r\nbody"];
    for name in names.into_iter().chain(ATTACKS) {
        let text = String::from_utf8(with(name, "audio/wav").unwrap()).unwrap();
        let (_, part) = text.split_once("Content-Disposition: attachment;").unwrap();
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n").skip(1).filter(|line| !line.starts_with(' '));
        assert!(
            lines.all(|l| l.starts_with("Content-Type: audio/wav") || l.starts_with("Content-Transfer-Encoding: "))
        );
        assert!(!head.contains('/') || head.matches('/').count() == 1, "{head}");
        assert!(body.starts_with("RIFF") || body.starts_with("UklGRg=="), "{body}");
    }
    for bad in ["audio", "audio/", "audio/wav\r\nX-Evil: 1", "audio/wav; name=x", "a b/c", "", "/"] {
        let error = with("a.wav", bad).unwrap_err();
        assert!(!error.temporary && !error.text.contains('\n'), "{error}");
    }
}

#[test]
fn what_is_too_large_or_too_many_is_refused_before_it_is_made() {
    let from = address("pbx@firm.test");
    let file = |len: usize| Attachment {
        name: String::from("a"),
        content_type: String::from("audio/wav"),
        bytes: Bytes::from(vec![0xff; len]),
    };
    let check = |attachments| compose(&from, &Message { attachments, ..message(1) });
    // Base64 makes four octets of three: this one fits only before it is encoded.
    assert!(!check(vec![file(MESSAGE_MAX * 4 / 5)]).unwrap_err().temporary);
    assert!(check(vec![file(MESSAGE_MAX / 2), file(MESSAGE_MAX / 2 + 1)]).is_err());
    assert!(check(vec![file(1); 21]).is_err());
    assert!(check(vec![file(1000); 20]).is_ok());
}

proptest! {
    #[test]
    fn whatever_a_caller_calls_himself(name in ".*", subject in "(\\PC|[\r\n\t\0])*", text in "(.|[\r\n])*") {
        let from = address("pbx@firm.test");
        let to = MailAddress::new(Some(&name), "ann@firm.test").unwrap();
        let (_, octets) = compose(&from, &Message { to, subject, text, ..message(1) }).unwrap();
        prop_assert!(same_names(&octets), "{}", String::from_utf8_lossy(&octets));
    }
}
