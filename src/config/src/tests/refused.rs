//! What is refused, with line, path and hint.

use expect_test::{Expect, expect};

use crate::{Document, ERRORS_MAX};

fn check(text: &str, verdict: Expect) {
    let shown = match Document::parse(text) {
        Ok(_) => "good\n".to_owned(),
        Err(errors) => errors.iter().map(|error| format!("{error}\n")).collect(),
    };
    verdict.assert_eq(&shown);
}

#[test]
fn every_fault_is_reported_at_once_in_the_order_of_the_lines() {
    check(
        r#"[system]
nmae = "x"
realm = "två"
time_zone = "Europe/Brusels"
[sip]
ring_time_s = 3
devices_max = 0
expires_max_s = 30
codecs = ["PCMU"]
[media]
codecs = ["PCMU", "PCMU", "iLBC"]
[listen]
sip = "here:5060"
rtp = "10001-20000"
[queues]
[[extension]]
number = 101
name = "Anna"
secret = "demo-101-secret"
[[extension]]
number = "112"
name = " "
secret = "1234567890"
email = "x"
[[extension]]
number = "103"
name = "Ch\u0007arlie"
"#,
        expect![[r#"
            line 2: system.nmae: there is no such key (did you mean `name`?)
            line 3: system.realm: "två" cannot be a realm (1 to 64 letters, digits, `.`, `-` and `_`)
            line 4: system.time_zone: "Europe/Brusels" is not a time zone (did you mean "Europe/Brussels"?)
            line 6: sip.ring_time_s: 3 is out of range (a number from 5 to 600)
            line 7: sip.devices_max: 0 is out of range (a number from 1 to 20)
            line 8: sip.expires_max_s: 30 is below sip.expires_min_s, 60 (raise it, or lower the other)
            line 9: sip.codecs: there is no such key (it belongs to `[media]`)
            line 11: media.codecs: "PCMU" is listed twice (a list of "G722", "PCMA", "PCMU", "opus", "G729")
            line 13: listen.sip: "here:5060" cannot be read (address and port, "192.168.1.10:5060" or "[::]:5060")
            line 14: listen.rtp: 10001-20000 would split a pair of ports (the first port must be even and the last one odd)
            line 15: queues: there is no such section (there are [system], [listen], [sip], [media], [recording], [mail], [voicemail], [parking], [provisioning], [numbers], [emergency], [features], [[extension]], [[ring_group]], [[music]], [[conference]], [[mailbox]], [[paging]], [[hours]], [[calendar]], [[trunk]], [[class]], [[outbound_route]], [[inbound_route]], [[blocked]], [[phone]], [[key_layout]])
            line 17: extension.#1.number: expected text, found a whole number (write it in quotes, "…")
            line 21: extension.112.number: 112 is an emergency number (choose a number that nobody dials for help)
            line 22: extension.112.name: is empty (text of 1 to 64 characters)
            line 23: extension.112.secret: is too weak: a run of neighbouring characters (10 to 64 characters, hard to guess)
            line 24: extension.112.email: "x" is not a mail address (a mail address)
            line 25: extension.103.secret: is missing (give `secret`, or both `ha1_md5` and `ha1_sha256` of an exported document)
            line 27: extension.103.name: holds a character that cannot be printed (leave out line ends, tabs, control characters and marks of writing direction)
        "#]],
    );
}

#[test]
fn numbers_have_one_meaning() {
    check(
        r#"
[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"

[[extension]]
number = "101"
name = "Anna again"
secret = "demo-101-secret"

[[ring_group]]
number = "101"
name = "Sales"
members = ["101", "101", "999", "400"]

[[ring_group]]
number = "400"
name = "Nobody"
members = []
"#,
        expect![[r#"
            line 8: extension.101.number: 101 is already defined at line 2 (every number comes once)
            line 13: ring_group.101.number: 101 is already an extension (choose another number)
            line 15: ring_group.101.members: 101 is listed twice (leave one out)
            line 15: ring_group.101.members: "400" is a ring group (only extensions can stand here)
            line 15: ring_group.101.members: "999" is not an extension (leave it out, or add the extension)
            line 20: ring_group.400.members: nobody would ring (a list of 1 to 50 extensions' numbers in quotes)
        "#]],
    );
}

#[test]
fn text_that_is_not_toml_is_refused_by_line() {
    check(
        "[system\nname = \"x\"\n",
        expect![[r#"
        line 1: unclosed table, expected `]`
        line 2: name: there is no such section (it belongs to `[system]`)
    "#]],
    );
    check(
        "[sip]\nring_time_s = \nnope = 1\n[[ring_group]]\nnumber = \"400\"\n",
        expect![[r#"
            line 2: string values must be quoted, expected literal string
            line 3: sip.nope: there is no such key (`[sip]` knows external_address, expires_min_s, expires_max_s, expires_default_s, devices_max, ring_time_s, session_expires_s, session_min_s, calls_max, strong_digest)
        "#]],
    );
    check(
        "[sip]\nring_time_s = 10\nring_time_s = 11\n",
        expect![[r#"
        line 3: duplicate key
    "#]],
    );
    check(
        "\0\u{1}\u{ffff}",
        expect![[r#"
        line 1: key with no value, expected `=`
        line 1: invalid unquoted key, expected letters, numbers, `-`, `_`
    "#]],
    );
}

#[test]
fn sections_in_the_wrong_brackets_are_named() {
    check(
        "[extension]\nnumber = \"101\"\n[[system]]\nname = \"x\"\n",
        expect![[r#"
        line 1: extension: it stands in single brackets (write `[[extension]]` on a line of its own)
        line 3: system: it can come only once (write `[system]` on a line of its own)
    "#]],
    );
    check(
        "sip = 5060\nextension = [1]\nring_time_s = 5\n",
        expect![[r#"
            line 1: sip: expected a section, found a whole number (write `[sip]` on a line of its own)
            line 2: extension: expected a section, found a whole number (write `[[extension]]` on a line of its own)
            line 3: ring_time_s: stands outside of the sections (it belongs to `[sip]`)
        "#]],
    );
}

#[test]
fn secrets_are_given_in_one_way() {
    check(
        r#"
[[extension]]
number = "101"
name = "A"
secret = "demo-101-secret"
ha1_md5 = "0102030405060708090a0b0c0d0e0f10"

[[extension]]
number = "102"
name = "B"
ha1_md5 = "0102030405060708090a0b0c0d0e0f1g"
ha1_sha256 = "01"

[[extension]]
number = "103"
name = "C"
ha1_md5 = "0102030405060708090a0b0c0d0e0f10"

[[extension]]
number = "104"
name = "D"

[[extension]]
number = "105"
name = "E"
secret = 1234567890
"#,
        expect![[r#"
            line 5: extension.101.secret: stands beside a digest of a secret (keep one of the two)
            line 11: extension.102.ha1_md5: the digest cannot be read (32 hexadecimal digits)
            line 12: extension.102.ha1_sha256: the digest cannot be read (64 hexadecimal digits)
            line 14: extension.103.ha1_sha256: is missing (give `secret`, or both `ha1_md5` and `ha1_sha256` of an exported document)
            line 19: extension.104.secret: is missing (give `secret`, or both `ha1_md5` and `ha1_sha256` of an exported document)
            line 26: extension.105.secret: expected text, found a whole number (10 to 64 characters, hard to guess)
        "#]],
    );
}

#[test]
fn keys_that_contradict_each_other_are_named() {
    check(
        r#"
[listen]
sip = "0.0.0.0:8443"
sips = "127.0.0.1:8443"
sips_clients = "required"
rtp = "8400-8499"
[sip]
expires_min_s = 100
expires_max_s = 200
expires_default_s = 600
session_expires_s = 100
session_min_s = 200
external_address = "0.0.0.0"
"#,
        expect![[r#"
            line 2: listen.web: 0.0.0.0:8443 is already taken by listen.sip (choose another port)
            line 2: listen.web: 0.0.0.0:8443 is already taken by listen.sips (choose another port)
            line 4: listen.sips: 127.0.0.1:8443 is already taken by listen.sip (choose another port)
            line 5: listen.sips_clients: "required" needs listen.sips_client_ca (name the file with the authorities of the phones' certificates)
            line 6: listen.rtp: 8400-8499 holds the port of listen.sip, 8443 (move one of the two)
            line 6: listen.rtp: 8400-8499 holds 25 calls, sip.calls_max allows 1000 (widen the range, or set sip.calls_max to 25)
            line 10: sip.expires_default_s: 600 is not granted (a number from 100 to 200, as the two keys above say)
            line 11: sip.session_expires_s: 100 is below sip.session_min_s, 200 (raise it, lower the other, or switch it off with 0)
            line 13: sip.external_address: 0.0.0.0 is no host's address (an IPv4 or IPv6 address)
        "#]],
    );
}

#[test]
fn choices_ranges_and_paths_are_checked() {
    check(
        r#"
[media]
srtp = "option"
country = "BE"
language = "pl"
opus_complexity = 11
opus_bit_rate = 5999
audio_threads = 65
pin_threads = "yes"
text_to_speech = "/usr/bin/python3.11"
[recording]
default = "sometimes"
format = "Wav"
keep_days = -1
disk_reserve_mb = 0
duration_max_min = 0
[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
record = true
language = ""
gain_db = -13
[[ring_group]]
number = "400"
name = "Sales"
members = ["101", "600"]
music = "lobi"
[[music]]
name = "a b"
files = ["../x"]
[[music]]
name = "none"
files = []
[[music]]
files = ["piano"]
[[conference]]
number = "600"
name = "Meeting"
pin = "123"
members_max = 1
[[conference]]
number = "101"
name = "Anna's"
pin = 4711
[[conference]]
number = "400"
name = "Of sales"
"#,
        expect![[r#"
            line 3: media.srtp: "option" is not a choice here (did you mean "optional"?)
            line 4: media.country: "BE" cannot be a country (two lower-case letters of ISO 3166)
            line 5: media.language: "pl" is not a choice here (did you mean "nl"?)
            line 6: media.opus_complexity: 11 is out of range (a number from 0 to 10)
            line 7: media.opus_bit_rate: 5999 is out of range (a number from 6000 to 128000)
            line 8: media.audio_threads: 65 is out of range (0 or a number from 1 to 64)
            line 9: media.pin_threads: expected true or false, found text (true or false)
            line 10: media.text_to_speech: "/usr/bin/python3.11" would obey what it should speak (an absolute path, not that of a shell)
            line 12: recording.default: "sometimes" is not a choice here (one of "never", "always", "on_demand")
            line 13: recording.format: "Wav" is not a choice here (did you mean "wav"?)
            line 14: recording.keep_days: -1 is out of range (0 or a number from 1 to 36500)
            line 15: recording.disk_reserve_mb: 0 is out of range (a number from 50 to 1000000)
            line 16: recording.duration_max_min: 0 is out of range (a number from 1 to 1440)
            line 21: extension.101.record: expected text, found true or false (one of "default", "never", "always", "on_demand")
            line 22: extension.101.language: "" is not a choice here (one of "en", "nl", "fr", "de", "es", "ru")
            line 23: extension.101.gain_db: -13 is out of range (a number from -12 to 12)
            line 27: ring_group.400.members: "600" is a conference (only extensions can stand here)
            line 28: ring_group.400.music: "lobi" is not a music class (leave it out, or add the class as `[[music]]`)
            line 30: music."a b".name: "a b" cannot be a name here (1 to 32 letters, digits, `-` and `_`)
            line 31: music."a b".files: "../x" cannot be a sound's name (a list of 1 to 100 names of sounds, each of 1 to 64 letters, digits, `-` and `_`)
            line 34: music.none.files: nothing would be heard (a list of 1 to 100 names of sounds, each of 1 to 64 letters, digits, `-` and `_`)
            line 35: music.#3.name: is missing (1 to 32 letters, digits, `-` and `_`)
            line 40: conference.600.pin: cannot be a PIN (4 to 10 digits in quotes)
            line 41: conference.600.members_max: 1 is out of range (a number from 2 to 2000)
            line 43: conference.101.number: 101 is already an extension (choose another number)
            line 45: conference.101.pin: expected text, found a whole number (write it in quotes, "…")
            line 47: conference.400.number: 400 is already a ring group (choose another number)
        "#]],
    );
}

#[test]
fn a_program_that_speaks_is_no_shell() {
    for path in ["say", "/", "/usr/bin/", "/bin/sh", "/usr/bin/env", "/opt/bash-static", "/a\tb", "/x/..", ""] {
        let text = format!("[media]\ntext_to_speech = {path:?}\n");
        let errors = Document::parse(&text).expect_err(path);
        assert_eq!((errors[0].line, errors[0].path.as_str()), (Some(2), "media.text_to_speech"), "{errors:?}");
    }
    for path in ["/usr/bin/piper-wav", "/opt/my voice/say", "/usr/bin/espeak-ng", "/usr/local/bin/flite", "/bin/shout"]
    {
        let text = format!("[media]\ntext_to_speech = {path:?}\n");
        assert!(Document::parse(&text).is_ok(), "{path}");
    }
}

#[test]
fn codes_have_one_meaning_and_can_be_typed_to_their_end() {
    check(
        r#"
[features]
echo = "*43"
record = "*4"
record_pause = "*43"
clock = "*3310"
listen = "*33"
milliwatt = "*331"
music = "*4"
"#,
        expect![[r#"
            line 5: features.record_pause: *43 and *4, features.record, begin alike (neither may be the beginning of the other: both are typed during a call)
            line 6: features.clock: *3310 and *33, features.listen, could mean the same (no code may look like another with digits behind it; "" switches one off)
        "#]],
    );
    check(
        "[features]\nrecord = \"**\"\nrecord_pause = \"**1\"\n",
        expect![[r#"
        line 3: features.record_pause: **1 and **, features.record, begin alike (neither may be the beginning of the other: both are typed during a call)
    "#]],
    );
    check(
        "[features]\nrecord = \"**1\"\nrecord_pause = \"**\"\n",
        expect![[r#"
        line 3: features.record_pause: ** and **1, features.record, begin alike (neither may be the beginning of the other: both are typed during a call)
    "#]],
    );
    check(
        "[features]\nlisten = \"*9\"\n",
        expect![[r#"
            line 2: features.listen: *9 and *9664, features.music, could mean the same (no code may look like another with digits behind it; "" switches one off)
        "#]],
    );
    // A single digit is nobody's number.
    check(
        "[features]\nlisten = \"*6\"\nforward_unreachable = \"\"\nwithhold = \"#31#\"\n",
        expect![[r#"
            good
        "#]],
    );
}

#[test]
fn a_flood_of_errors_is_cut_off() {
    let text: String = (0..ERRORS_MAX * 3).map(|n| format!("[[extension]]\nnumber = \"x{n}\"\n")).collect();
    let errors = Document::parse(&text).expect_err("none of them is valid");
    assert_eq!(errors.len(), ERRORS_MAX + 1);
    let last = errors.last().expect("there are errors");
    assert!(last.message.ends_with("more errors are not shown"), "{last}");
}
