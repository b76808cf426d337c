//! What people hear: services of the box, conferences, listening in, music, recordings, phones that share no codec.

use std::collections::BTreeMap;

use base::RecordingId;
use config::{RecordChoice, Srtp};
use exchange::record::{CallEventKind, Cause, Record, RecordingStep};
use expect_test::{Expect, expect};
use media::control::Recorded;
use sim::phone::{Answering, Habits, Keys, Stage};
use sim::{BOARD, BOARD_PIN, World, millis, secs};
use sip::message::Method;

/// A world with these phones, registrations left out of the ladder.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    World::seeded(7).without(Method::Register).phones(numbers)
}

/// A world with two phones of these habits.
fn pair(habits: Habits, others: Habits) -> World {
    let mut w = World::seeded(7).without(Method::Register);
    w.add_phone("101", habits);
    w.add_phone("102", others);
    w.advance(secs(1));
    w
}

/// What each of these phones hears.
fn hears(w: &World, numbers: &[&str], expected: Expect) {
    let lines: String = numbers.iter().map(|number| format!("{number}: {}\n", w.hears(number))).collect();
    expected.assert_eq(&lines);
}

/// The notes and the reasons of recordings that the journal has, in order.
fn told(w: &World) -> String {
    let mut out = String::new();
    for record in w.store.durable() {
        match record {
            Record::CallEvent(event) => {
                if let CallEventKind::Note { text } = &event.what {
                    out += &format!("{text}\n");
                }
            }
            Record::Recording(recording) => match &recording.what {
                RecordingStep::Began { left, right, why } => {
                    let right = right.as_ref().map(|party| format!(" and {}", party.number)).unwrap_or_default();
                    out += &format!("recording of {}{right}: {why}\n", left.number);
                }
                RecordingStep::Ended(end) => {
                    out += &format!("recorded {} ms, pauses {:?}\n", end.duration_ms, end.pauses);
                }
                RecordingStep::Deleted { .. } => {}
            },
            _ => {}
        }
    }
    out
}

/// The keys that the journal has.
fn digits(w: &World) -> String {
    let of = |record: &Record| match record {
        Record::CallEvent(event) => match event.what {
            CallEventKind::Digit { digit, .. } => Some(digit),
            _ => None,
        },
        _ => None,
    };
    w.store.durable().iter().filter_map(of).collect()
}

/// Everybody hangs up and signs off, and nothing may be left.
fn quiet(w: &mut World) {
    for number in w.numbers() {
        while !w.stages(&number).is_empty() {
            w.hang_up(&number).advance(secs(2));
        }
    }
    for number in w.numbers() {
        w.with(&number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(100)).assert_quiet();
}

#[test]
fn services_speak_play_and_hang_up() {
    let mut w = world(["101"]);
    w.dial("101", "*65").advance(millis(500));
    hears(
        &w,
        &["101"],
        expect![[r#"
        101: … prompt/en/your-extension-is prompt/en/number-1 prompt/en/number-0 prompt/en/number-1 …
    "#]],
    );
    w.advance(secs(20));
    assert_eq!(w.stages("101"), [], "it has said what it had to say");
    w.dial("101", "*60").advance(millis(500));
    let spoken = w.hears("101");
    assert!(spoken.contains("prompt/en/the-time-is"), "{spoken}");
    w.advance(secs(60));
    assert_eq!(w.stages("101"), []);
    for (code, sound) in [("*9664", "music/default"), ("*9197", "milliwatt"), ("*43", "101")] {
        w.dial("101", code).advance(secs(5));
        assert_eq!(w.hears("101"), sound);
        w.hang_up("101").advance(secs(1));
    }
    quiet(&mut w);
}

#[test]
fn a_service_speaks_the_language_of_the_extension() {
    let mut w = world(["101"]);
    w.configure(|config| {
        config.extensions.get_mut("101").unwrap().language = Some(config::Language::Nl);
    });
    w.dial("101", "*65").advance(millis(500));
    assert!(w.hears("101").contains("prompt/nl/"), "{}", w.hears("101"));
    quiet(&mut w);
}

#[test]
fn in_a_conference_everybody_hears_the_others() {
    let mut w = world(["101", "102", "103"]);
    w.configure(|config| config.conferences.get_mut("600").unwrap().record = RecordChoice::Never);
    w.dial("101", "600").advance(millis(500));
    assert_eq!(w.hears("101"), "prompt/en/conference-only-member");
    w.advance(secs(5));
    w.dial("102", "600").dial("103", "600").advance(secs(5));
    hears(
        &w,
        &["101", "102", "103"],
        expect![[r#"
        101: 102 103
        102: 101 103
        103: 101 102
    "#]],
    );
    w.hang_up("102").advance(secs(1));
    hears(
        &w,
        &["101", "103"],
        expect![[r#"
        101: 103
        103: 101
    "#]],
    );
    w.hang_up("103").advance(millis(500));
    assert_eq!(w.hears("101"), "prompt/en/conference-only-member");
    assert_eq!(w.plane.rooms().count(), 1);
    w.hang_up("101").advance(secs(1));
    assert_eq!(w.plane.rooms().count(), 0);
    quiet(&mut w);
}

#[test]
fn a_conference_asks_for_its_number_three_times() {
    let mut w = world(["101", "102"]);
    w.dial("101", BOARD).advance(millis(300));
    assert_eq!(w.hears("101"), "prompt/en/conference-enter-pin");
    w.press("101", BOARD_PIN).advance(secs(10));
    assert_eq!(w.plane.rooms().map(|(_, members)| members.len()).collect::<Vec<_>>(), [1]);
    w.dial("102", BOARD).advance(secs(1));
    for _ in 0..3 {
        w.press("102", "0815").advance(secs(10));
    }
    assert_eq!(w.stages("102"), [], "three wrong numbers are enough");
    assert_eq!(w.plane.rooms().map(|(_, members)| members.len()).collect::<Vec<_>>(), [1]);
    let digits = digits(&w);
    assert!(digits.len() == 16 && digits.chars().all(|digit| digit == '?'), "no number is kept: {digits:?}");
    quiet(&mut w);
}

#[test]
fn whoever_types_nothing_at_the_door_is_let_go() {
    let mut w = world(["101"]);
    w.dial("101", BOARD).advance(secs(25));
    w.press("101", "4").advance(secs(25));
    assert_ne!(w.stages("101"), [], "a key is a sign of life");
    w.advance(secs(10));
    assert_eq!(w.stages("101"), []);
    quiet(&mut w);
}

#[test]
fn a_full_conference_says_so() {
    let mut w = world(["101", "102", "103", "104"]);
    for number in ["101", "102", "103"] {
        w.dial(number, BOARD).advance(secs(1));
        w.press(number, BOARD_PIN).advance(secs(2));
    }
    w.dial("104", BOARD).advance(millis(500));
    assert_eq!(w.hears("104"), "prompt/en/conference-full");
    w.advance(secs(5));
    assert_eq!(w.stages("104"), []);
    quiet(&mut w);
}

#[test]
fn a_conference_is_not_recorded_while_somebody_is_in_it_who_never_is() {
    let mut w = world(["101", "102", "105"]);
    let recorded = |w: &World| w.plane.recordings().count();
    w.dial("101", "600").advance(secs(1));
    assert_eq!(recorded(&w), 1);
    w.dial("105", "600").advance(secs(1));
    assert_eq!(recorded(&w), 0);
    w.dial("102", "600").advance(secs(1));
    assert_eq!(recorded(&w), 0, "105 is still there");
    w.advance(secs(10));
    w.assert_audio_agrees();
    quiet(&mut w);
    expect![[r#"
        recording of 600: it is recorded, as set for conference 600
        it is never recorded, as set for extension 105
        recorded 1000 ms, pauses []
    "#]]
    .assert_eq(&told(&w));
}

#[test]
fn a_supervisor_listens_whispers_and_joins_in() {
    let mut w = world(["101", "102", "106"]);
    w.dial("101", "102").advance(secs(5));
    w.dial("106", "*33102").advance(secs(5));
    hears(
        &w,
        &["101", "102", "106"],
        expect![[r#"
        101: 102
        102: 101
        106: 101 102
    "#]],
    );
    w.press("106", "5").advance(secs(1));
    hears(
        &w,
        &["101", "102", "106"],
        expect![[r#"
        101: 102
        102: 101 106
        106: 101 102
    "#]],
    );
    w.press("106", "6").advance(secs(1));
    hears(
        &w,
        &["101", "102", "106"],
        expect![[r#"
        101: 102 106
        102: 101 106
        106: 101 102
    "#]],
    );
    w.press("106", "4").advance(secs(1));
    hears(
        &w,
        &["101", "102", "106"],
        expect![[r#"
        101: 102
        102: 101
        106: 101 102
    "#]],
    );
    w.hang_up("106").advance(secs(6));
    hears(
        &w,
        &["101", "102"],
        expect![[r#"
        101: 102
        102: 101
    "#]],
    );
    assert_eq!(w.plane.rooms().count(), 0, "the two talk directly again");
    w.dial("106", "*33102").advance(secs(2));
    w.hang_up("101").advance(secs(2));
    assert_eq!(w.stages("106"), [], "there is nothing left to listen to");
    w.dial("101", "*33102").advance(secs(2));
    assert_eq!(w.stages("101"), [], "101 is no supervisor");
    quiet(&mut w);
}

#[test]
fn the_held_hear_music_and_callers_of_the_lobby_too() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(5));
    w.hold("101").advance(secs(5));
    assert_eq!(w.hears("102"), "music/default");
    w.resume("101").advance(secs(5));
    hears(
        &w,
        &["101", "102"],
        expect![[r#"
        101: 102
        102: 101
    "#]],
    );
    w.hang_up("101").advance(secs(1));
    w.answering("102", Answering::After(secs(6)));
    w.dial("101", "401").advance(secs(2));
    assert_eq!(w.hears("101"), "music/default");
    w.advance(secs(6));
    hears(
        &w,
        &["101", "102"],
        expect![[r#"
        101: 102
        102: 101
    "#]],
    );
    quiet(&mut w);
}

#[test]
fn recording_by_rule_on_demand_and_never() {
    let mut w = world(["101", "102", "104", "105"]);
    let recorded = |w: &World| w.plane.recordings().map(|(_, of, paused)| (of, paused)).collect::<Vec<_>>();
    // 104 is always recorded.
    w.dial("101", "104").advance(millis(2_300));
    hears(
        &w,
        &["101", "104"],
        expect![[r#"
        101: prompt/en/recorded-call
        104: prompt/en/recorded-call
    "#]],
    );
    w.advance(secs(10));
    hears(
        &w,
        &["101", "104"],
        expect![[r#"
        101: 104
        104: 101
    "#]],
    );
    let [(Recorded::Streams { left, right: Some(right) }, false)] = recorded(&w)[..] else { panic!("no recording") };
    assert_ne!(left, right);
    w.press("101", "*3").advance(secs(2));
    assert!(recorded(&w)[0].1, "paused for card numbers");
    w.press("101", "4242").advance(secs(8));
    w.press("101", "*3").advance(secs(5));
    assert!(!recorded(&w)[0].1);
    assert_eq!(digits(&w), "*3??????", "what is typed during a pause is nobody's business");
    w.hang_up("104").advance(secs(2));
    // 102 is on demand.
    w.dial("101", "102").advance(secs(5));
    assert_eq!(recorded(&w), []);
    w.press("102", "*1").advance(secs(10));
    assert_eq!(recorded(&w).len(), 1);
    w.press("101", "*1").advance(secs(5));
    assert_eq!(recorded(&w), []);
    w.hang_up("101").advance(secs(2));
    // 105 never, not even with 104.
    w.dial("104", "105").advance(secs(5));
    w.press("104", "*1").advance(secs(5));
    assert_eq!(recorded(&w), []);
    quiet(&mut w);
    expect![[r#"
        recording of 101 and 104: it is recorded, as set for extension 104
        101 paused the recording
        101 resumed the recording
        recorded 25296 ms, pauses [(10695, 20695)]
        recording of 101 and 102: 102 asked for it
        101 ended the recording
        recorded 10000 ms, pauses []
        104 asked for a recording, but it is never recorded, as set for extension 105
    "#]]
    .assert_eq(&told(&w));
}

#[test]
fn a_recording_that_the_box_did_not_live_to_end_is_told_of() {
    let mut w = world(["101", "104"]);
    w.dial("101", "104").advance(secs(10));
    w.crash().advance(secs(10));
    let mut steps: BTreeMap<RecordingId, (usize, Vec<Option<String>>)> = BTreeMap::new();
    for record in w.store.durable() {
        let Record::Recording(record) = record else { continue };
        let (began, ended) = steps.entry(record.recording).or_default();
        match &record.what {
            RecordingStep::Began { .. } => *began += 1,
            RecordingStep::Ended(end) => ended.push(end.problem.clone()),
            RecordingStep::Deleted { .. } => {}
        }
    }
    let steps: Vec<_> = steps.into_values().collect();
    assert_eq!(steps, [(1, vec![Some("the box stopped".to_owned())])]);
}

#[test]
fn phones_that_share_no_codec_talk_all_the_same() {
    let one = |codecs| Habits { codecs, ..Habits::PLAIN };
    let (pcmu, g722, opus): (&[&str], &[&str], &[&str]) = (&["PCMU"], &["G722"], &["opus"]);
    for (habits, others) in [(pcmu, g722), (g722, opus), (opus, pcmu)] {
        for late_offer in [false, true] {
            let mut w = pair(Habits { late_offer, ..one(habits) }, one(others));
            w.dial("101", "102").advance(secs(10));
            assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"), "{habits:?} {others:?}");
            w.assert_audio_agrees();
            w.hold("102").advance(secs(8));
            assert_eq!(w.hears("101"), "music/default");
            w.resume("102").advance(secs(8));
            w.assert_audio_agrees();
            quiet(&mut w);
        }
    }
}

#[test]
fn a_transfer_joins_phones_that_share_no_codec() {
    let mut w = pair(Habits { codecs: &["PCMU"], ..Habits::PLAIN }, Habits::PLAIN);
    w.add_phone("103", Habits { codecs: &["opus"], ..Habits::PLAIN });
    w.advance(secs(1));
    w.dial("101", "102").advance(secs(5));
    w.transfer("102", "103").advance(secs(20));
    assert_eq!((w.hears("101").as_str(), w.hears("103").as_str()), ("103", "101"));
    w.assert_audio_agrees();
    quiet(&mut w);
}

#[test]
fn keys_are_understood_however_they_are_told() {
    for keys in [Keys::Event, Keys::InBand, Keys::Info] {
        let mut w = pair(Habits { keys, ..Habits::PLAIN }, Habits::PLAIN);
        w.dial("101", BOARD).advance(secs(3));
        w.press("101", BOARD_PIN).advance(secs(3));
        assert_eq!(w.plane.rooms().count(), 1, "{keys:?}");
        w.hang_up("101").advance(secs(1));
        w.dial("101", "102").advance(secs(5));
        w.press("101", "*1").advance(secs(5));
        assert_eq!(w.plane.recordings().count(), 1, "{keys:?}");
        quiet(&mut w);
    }
}

#[test]
fn a_secured_phone_talks_to_one_in_the_clear() {
    let secure = Habits { secure: true, ..Habits::PLAIN };
    for (habits, others) in [(secure, Habits::PLAIN), (Habits::PLAIN, secure), (secure, secure)] {
        let mut w = pair(habits, others);
        w.dial("101", "102").advance(secs(10));
        assert_eq!((w.hears("101").as_str(), w.hears("102").as_str()), ("102", "101"));
        w.assert_audio_agrees();
        w.hold("101").advance(secs(8)).resume("101").advance(secs(8));
        w.assert_audio_agrees();
        let keys = w.phone("101").calls().next().unwrap().keys;
        assert_eq!(keys.is_some(), habits.secure, "who offers keys has them used");
        quiet(&mut w);
    }
}

#[test]
fn where_encryption_is_required_nothing_goes_in_the_clear() {
    let secure = Habits { secure: true, ..Habits::PLAIN };
    let mut w = pair(secure, secure);
    w.add_phone("103", Habits::PLAIN);
    w.configure(|config| config.media.srtp = Srtp::Required).advance(secs(1));
    w.dial("101", "102").advance(secs(10));
    assert_eq!((w.stages("101"), w.stages("102")), (vec![Stage::Up], vec![Stage::Up]));
    w.assert_audio_agrees();
    for number in ["101", "102"] {
        assert!(w.phone(number).calls().next().unwrap().keys.is_some());
    }
    w.hang_up("101").advance(secs(1));
    w.dial("103", "102").advance(secs(5));
    assert_eq!(w.stages("103"), [], "103 cannot encrypt");
    w.dial("103", "*43").advance(secs(5));
    assert_eq!(w.stages("103"), []);
    quiet(&mut w);
}

#[test]
fn tracks_of_both_legs_are_kept_before_the_final_record() {
    let mut w = world(["101", "102"]);
    w.dial("101", "102").advance(secs(33));
    w.hang_up("101").advance(secs(5));
    let mut rows = Vec::new();
    for record in w.store.durable() {
        match record {
            Record::Track(track) => {
                rows.push((track.rows.len(), track.rows.iter().filter(|row| row.received > 0).count()))
            }
            Record::CallEnded(ended) => {
                assert_eq!(ended.cause, Cause::NormalClearing);
                rows.push((0, 0));
            }
            _ => {}
        }
    }
    let [(one, heard), (two, others), (0, 0)] = rows[..] else { panic!("two tracks, then the end: {rows:?}") };
    assert!((28..=34).contains(&one) && (28..=34).contains(&two), "{rows:?}");
    assert!(heard >= 25 && others >= 25, "{rows:?}");
    quiet(&mut w);
}

#[test]
fn a_sound_that_cannot_be_read_does_not_hold_a_call_up() {
    let mut w = world(["101"]);
    w.plane.faults.sound = 1_000;
    w.dial("101", "*65").advance(secs(30));
    assert_eq!(w.stages("101"), []);
    assert!(told(&w).contains("cannot be read"), "{}", told(&w));
    quiet(&mut w);
}
