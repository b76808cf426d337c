//! Voicemail: what callers leave, what owners hear, and what survives whatever happens in between.

use base::Redacted;
use config::{Mailbox, MailboxMail};
use exchange::io::{Answer, Command, Sent};
use exchange::record::{CallEventKind, FactRecord, Record};
use exchange::voicemail::MessageCounts;
use exchange::voicemail::fact::{Mailed, Message, MessageState};
use sim::phone::{Answering, Stage};
use sim::{World, millis, secs};
use sip::message::Method;

const SHARED: &str = "390";

/// A world in which 101–103 have mailboxes with PIN 4711, and 101 and 102 share one.
fn world<'a>(numbers: impl IntoIterator<Item = &'a str>) -> World {
    let mut w = World::seeded(11).without(Method::Register).phones(numbers);
    w.configure(|config| {
        for number in ["101", "102", "103"] {
            let e = config.extensions.get_mut(number).expect("an extension");
            e.voicemail = true;
            e.voicemail_pin = Some(Redacted("4711".to_owned()));
            e.email = Some(format!("{number}@example.com"));
        }
        config.mail.host = Some("mail.example.com".to_owned());
        let shared = Mailbox {
            number: SHARED.to_owned(),
            name: "Office".to_owned(),
            members: vec!["101".to_owned(), "102".to_owned()],
            pin: None,
            email: Vec::new(),
            mail: MailboxMail::Off,
        };
        config.mailboxes.insert(SHARED.to_owned(), shared);
    });
    w
}

/// The messages of a mailbox as the journal has them.
fn messages(w: &World, mailbox: &str) -> Vec<Message> {
    ids(w, mailbox).into_iter().map(|(_, m)| m).collect()
}

fn ids(w: &World, mailbox: &str) -> Vec<(u64, Message)> {
    let restored = w.store.restored(w.wall());
    let of = |fact: &FactRecord| {
        let id = fact.key.strip_prefix(&format!("message/{mailbox}/"))?.parse().ok()?;
        Some((id, serde_json::from_str(fact.value.as_deref()?).ok()?))
    };
    restored.facts.iter().filter_map(of).collect()
}

fn counts(w: &World, mailbox: &str) -> (u32, u32) {
    let MessageCounts { new, old } = w.watch.live().mailboxes.get(mailbox).copied().unwrap_or_default();
    (new, old)
}

/// Facts of dictations that are not decided about.
fn dictations(w: &World) -> usize {
    w.store.restored(w.wall()).facts.iter().filter(|f| f.key.starts_with("dictation/")).count()
}

fn notes(w: &World) -> String {
    let of = |record: &Record| match record {
        Record::CallEvent(event) => match &event.what {
            CallEventKind::Note { text } => Some(format!("{text}\n")),
            _ => None,
        },
        _ => None,
    };
    w.store.durable().iter().filter_map(of).collect()
}

/// 103 leaves a message for `mailbox` and hangs up.
fn leave(w: &mut World, from: &str, mailbox: &str) {
    w.dial(from, &format!("*99{mailbox}")).advance(secs(25));
    w.hang_up(from).advance(secs(3));
}

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
    assert_eq!(dictations(w), 0);
}

/// Lets time pass until the phone hears something that contains `what`.
#[track_caller]
fn until(w: &mut World, number: &str, what: &str) {
    for _ in 0..2_000 {
        if w.hears(number).contains(what) {
            return;
        }
        w.advance(millis(50));
    }
    panic!("{number} never hears {what}, but {}", w.hears(number));
}

#[test]
fn a_message_is_left_heard_and_kept() {
    let mut w = world(["101", "103"]);
    w.dial("103", "*99101");
    until(&mut w, "103", "the-person-at-extension");
    until(&mut w, "103", "nothing");
    w.advance(secs(8)).press("103", "#");
    until(&mut w, "103", "to-save");
    w.press("103", "2");
    until(&mut w, "103", "recording/voicemail/2026/01/05/");
    w.press("103", "1");
    until(&mut w, "103", "message-saved");
    assert_eq!(messages(&w, "101").len(), 1, "it is on disk when that is said");
    w.advance(secs(20));
    assert_eq!(w.stages("103"), [], "the box has hung up");
    let message = &messages(&w, "101")[0];
    assert_eq!((message.from.number.as_str(), message.state), ("103", MessageState::New));
    assert!((7_500..9_000).contains(&message.duration_ms), "{}", message.duration_ms);
    assert_eq!(counts(&w, "101"), (1, 0));

    w.dial("101", "*97");
    until(&mut w, "101", "prompt/en/you-have prompt/en/number-1 prompt/en/new-message-one");
    w.press("101", "1");
    until(&mut w, "101", "message-from prompt/en/number-1 prompt/en/number-0 prompt/en/number-3");
    assert!(w.hears("101").contains("message-received prompt/en/today"), "{}", w.hears("101"));
    until(&mut w, "101", "to-repeat");
    assert!(!w.hears("101").contains("for-next-message"), "there is no next one: {}", w.hears("101"));
    assert_eq!(counts(&w, "101"), (0, 1), "it was heard");
    w.press("101", "9");
    until(&mut w, "101", "message-saved");
    assert_eq!(messages(&w, "101")[0].state, MessageState::Saved);
    w.press("101", "#").advance(secs(10));
    assert_eq!(w.stages("101"), []);
    quiet(&mut w);
}

#[test]
fn who_hangs_up_has_left_a_message_wherever_that_was() {
    // After so long, keys, and whether there is a message then.
    for (after, keys, is_left) in [
        (millis(200), "", false), // in the greeting
        (secs(40), "", true),     // while speaking
        (secs(40), "#", true),    // before the file is whole
        (secs(40), "#w", true),   // in the menu
        (secs(40), "#w2", true),  // while hearing it again
        (secs(40), "#w1", true),  // while it is saved
        (secs(40), "#w*", false), // cancelled
        (secs(40), "#w3", true),  // recorded anew: the first one is gone, the second is short
    ] {
        let mut w = world(["103"]);
        w.dial("103", "*99101").advance(after);
        for key in keys.chars() {
            match key {
                'w' => until(&mut w, "103", "to-save"),
                // The key is told when it is let go.
                '*' | '3' => drop(w.press("103", &key.to_string()).advance(millis(300))),
                key => drop(w.press("103", &key.to_string())),
            }
        }
        if keys.ends_with('3') {
            until(&mut w, "103", "nothing");
            w.advance(secs(5));
        }
        w.hang_up("103").advance(secs(3));
        let left = messages(&w, "101");
        assert_eq!(left.len(), usize::from(is_left), "{after:?} {keys}");
        quiet(&mut w);
    }
}

#[test]
fn a_slip_of_the_hand_and_silence_leave_nothing() {
    let mut w = world(["103"]);
    w.plane.nobody_speaks = true;
    leave(&mut w, "103", "101");
    assert_eq!(messages(&w, "101"), []);
    w.dial("103", "*99101").advance(secs(30)).press("103", "#");
    until(&mut w, "103", "please-speak-up");
    w.plane.nobody_speaks = false;
    until(&mut w, "103", "nothing");
    w.advance(millis(300)).press("103", "#");
    until(&mut w, "103", "message-too-short");
    until(&mut w, "103", "nothing");
    w.advance(millis(300)).press("103", "#").advance(secs(20));
    assert_eq!(w.stages("103"), [], "the third attempt is the last");
    assert_eq!(messages(&w, "101"), []);
    assert_eq!(w.removed.len(), 4, "their files are gone: {:?}", w.removed);
    quiet(&mut w);
}

#[test]
fn unanswered_and_busy_calls_go_to_the_mailbox_with_the_greeting_that_fits() {
    let mut w = world(["101", "102", "103"]);
    w.answering("101", Answering::Never);
    w.dial("103", "101").advance(secs(27));
    until(&mut w, "103", "is-not-available");
    w.hang_up("103").advance(secs(1));
    w.answering("101", Answering::Reject(486, millis(200)));
    w.dial("103", "101").advance(secs(1));
    until(&mut w, "103", "is-on-the-phone");
    w.advance(secs(20)).hang_up("103").advance(secs(2));
    assert_eq!(messages(&w, "101").len(), 1);
    quiet(&mut w);
}

#[test]
fn greetings_are_recorded_heard_and_deleted_by_phone() {
    let mut w = world(["101", "103"]);
    w.dial("101", "*97");
    until(&mut w, "101", "no-messages");
    w.press("101", "0");
    until(&mut w, "101", "for-greeting-unavailable");
    w.press("101", "1");
    until(&mut w, "101", "to-record");
    assert!(!w.hears("101").contains("to-listen"), "there is nothing to hear yet");
    w.press("101", "1");
    until(&mut w, "101", "record-greeting");
    until(&mut w, "101", "nothing");
    w.advance(secs(4)).press("101", "#");
    until(&mut w, "101", "to-save");
    w.press("101", "1");
    until(&mut w, "101", "greeting-saved");
    // The name as well; it is not confirmed and therefore not kept.
    w.press("101", "3");
    until(&mut w, "101", "to-record");
    w.press("101", "1");
    until(&mut w, "101", "nothing");
    w.advance(secs(4)).press("101", "#");
    until(&mut w, "101", "to-save");
    w.hang_up("101").advance(secs(2));
    assert_eq!(w.removed.len(), 1);

    w.dial("103", "*99101");
    until(&mut w, "103", "recording/voicemail/");
    assert!(!w.hears("103").contains("leave-message-after-tone"), "one's own greeting says it");
    w.hang_up("103").advance(secs(1));

    w.dial("101", "*97");
    until(&mut w, "101", "no-messages");
    w.press("101", "0").advance(secs(1)).press("101", "1").advance(secs(1)).press("101", "3");
    until(&mut w, "101", "greeting-deleted");
    w.hang_up("101").advance(secs(2));
    assert_eq!(w.removed.len(), 2);
    w.dial("103", "*99101");
    until(&mut w, "103", "the-person-at-extension");
    quiet(&mut w);
}

#[test]
fn a_mailbox_opens_elsewhere_to_its_pin_only_and_closes_to_guesses() {
    let mut w = world(["101", "103"]);
    leave(&mut w, "103", "101");
    w.dial("103", "*98");
    until(&mut w, "103", "enter-mailbox");
    w.press("103", "101#");
    until(&mut w, "103", "enter-pin");
    w.press("103", "4711#");
    until(&mut w, "103", "you-have");
    w.hang_up("103").advance(secs(2));
    // Three guesses a call, ten in all; what was typed is in no journal.
    for call in 0..4 {
        w.dial("103", "*98101");
        until(&mut w, "103", "enter-pin");
        for guess in 0..3 {
            if call == 3 && guess == 1 {
                w.press("103", "4711#");
                until(&mut w, "103", "mailbox-locked");
                break;
            }
            w.press("103", "1234#");
            until(&mut w, "103", if guess == 2 { "too-many-attempts" } else { "wrong-pin" });
            w.advance(millis(10));
        }
        w.advance(secs(15));
        assert_eq!(w.stages("103"), []);
    }
    assert!(!notes(&w).contains("1234"));
    // The owner is not locked out of the own phone.
    w.dial("101", "*97");
    until(&mut w, "101", "you-have");
    w.hang_up("101").advance(secs(2));
    w.advance(secs(15 * 60));
    w.dial("103", "*98101");
    until(&mut w, "103", "enter-pin");
    w.press("103", "4711#");
    until(&mut w, "103", "you-have");
    quiet(&mut w);
}

#[test]
fn a_pin_is_changed_by_phone_and_survives_a_crash() {
    let mut w = world(["101", "103"]);
    w.dial("101", "*97");
    until(&mut w, "101", "for-options");
    w.press("101", "0").advance(millis(300)).press("101", "5");
    until(&mut w, "101", "enter-new-pin");
    w.press("101", "1111#");
    until(&mut w, "101", "pin-too-simple");
    w.press("101", "8421#");
    until(&mut w, "101", "repeat-new-pin");
    w.press("101", "8422#");
    until(&mut w, "101", "pins-differ");
    w.press("101", "8421#").advance(millis(300)).press("101", "8421#");
    until(&mut w, "101", "pin-changed");
    w.crash().advance(secs(2));
    let kept = w.store.restored(w.wall()).facts;
    assert!(kept.iter().any(|f| f.key == "mailbox/101"), "{kept:?}");
    assert!(!format!("{kept:?}").contains("8421"), "not as it was typed");
    w.power_off("101").power_on("101").advance(secs(2));
    for (pin, heard) in [("4711#", "wrong-pin"), ("8421#", "no-messages")] {
        w.dial("103", "*98101");
        until(&mut w, "103", "enter-pin");
        w.press("103", pin);
        until(&mut w, "103", heard);
        w.hang_up("103").advance(secs(2));
    }
    quiet(&mut w);
}

#[test]
fn nothing_is_lost_wherever_the_box_is_killed() {
    // Milliseconds after the caller began to speak, a key before it, and whether there must be a message.
    for at in 0..24_u64 {
        let mut w = world(["103"]);
        w.dial("103", "*99101");
        until(&mut w, "103", "the-person-at-extension");
        until(&mut w, "103", "nothing");
        w.advance(secs(3));
        if at >= 4 {
            w.press("103", "#").advance(millis(at * 37));
        }
        if at >= 16 {
            until(&mut w, "103", "to-save");
            w.press("103", "1").advance(millis(at - 16));
        }
        let promised = w.hears("103").contains("message-saved");
        w.crash().advance(secs(5));
        let left = messages(&w, "101");
        assert_eq!(left.len(), 1, "killed at {at}, promised: {promised}");
        assert_eq!(counts(&w, "101"), (1, 0));
        assert_eq!(dictations(&w), 0);
        assert!(w.removed.is_empty());
    }
}

#[test]
fn a_disk_that_refuses_is_not_called_saved() {
    let mut w = world(["103"]);
    w.dial("103", "*99101").advance(secs(25)).press("103", "#");
    until(&mut w, "103", "to-save");
    w.store.faults.failure = 1000;
    w.press("103", "1");
    until(&mut w, "103", "message-not-saved");
    w.store.faults.failure = 0;
    w.advance(secs(20));
    assert_eq!(w.stages("103"), []);
}

#[test]
fn a_full_mailbox_says_so() {
    let mut w = world(["101", "103"]);
    w.configure(|config| config.voicemail.messages_max = 2);
    for _ in 0..2 {
        leave(&mut w, "103", "101");
    }
    w.dial("103", "*99101");
    until(&mut w, "103", "voicemail-full");
    w.advance(secs(10));
    assert_eq!(w.stages("103"), []);
    let id = ids(&w, "101")[0].0;
    let done = w.ask(Command::DeleteMessage { mailbox: "101".to_owned(), id, by: "admin".to_owned() });
    assert_eq!(done, Some(Ok(Answer::Done)));
    w.advance(secs(1));
    assert_eq!((counts(&w, "101"), w.removed.len()), ((1, 0), 1));
    w.dial("103", "*99101");
    until(&mut w, "103", "the-person-at-extension");
    quiet(&mut w);
}

#[test]
fn messages_are_gone_through_deleted_and_restored() {
    let mut w = world(["101", "102", "103"]);
    for from in ["102", "103", "102"] {
        leave(&mut w, from, "101");
    }
    assert_eq!(counts(&w, "101"), (3, 0));
    w.dial("101", "*97");
    until(&mut w, "101", "number-3 prompt/en/new-message-other");
    w.press("101", "1");
    until(&mut w, "101", "first-message");
    w.press("101", "6");
    until(&mut w, "101", "next-message");
    w.press("101", "7");
    until(&mut w, "101", "message-deleted");
    assert!(w.hears("101").contains("to-restore"));
    w.press("101", "7");
    until(&mut w, "101", "message-restored");
    w.press("101", "7");
    until(&mut w, "101", "message-deleted");
    w.press("101", "6");
    until(&mut w, "101", "last-message");
    w.press("101", "4");
    until(&mut w, "101", "next-message");
    w.press("101", "*");
    until(&mut w, "101", "for-new-messages");
    assert!(w.removed.is_empty(), "as long as one stays, it can come back");
    w.press("101", "#").advance(secs(10));
    assert_eq!((messages(&w, "101").len(), w.removed.len()), (2, 1));
    assert_eq!(counts(&w, "101"), (0, 2));
    quiet(&mut w);
}

#[test]
fn a_forwarded_message_is_one_file_in_two_mailboxes() {
    let mut w = world(["101", "102", "103"]);
    leave(&mut w, "103", "101");
    w.dial("101", "*97");
    until(&mut w, "101", "you-have");
    w.press("101", "1");
    until(&mut w, "101", "to-forward");
    w.press("101", "8");
    until(&mut w, "101", "enter-mailbox");
    w.press("101", "999#");
    until(&mut w, "101", "mailbox-unknown");
    w.press("101", "8");
    until(&mut w, "101", "enter-mailbox");
    w.press("101", "102#");
    until(&mut w, "101", "message-sent");
    assert_eq!(counts(&w, "102"), (1, 0));
    w.press("101", "7");
    until(&mut w, "101", "message-deleted");
    w.hang_up("101").advance(secs(2));
    assert!(w.removed.is_empty(), "the copy still needs the file");
    assert_eq!(messages(&w, "102")[0].from.number, "103");
    // Also after a restart.
    w.crash().advance(secs(2));
    let id = ids(&w, "102")[0].0;
    w.ask(Command::DeleteMessage { mailbox: "102".to_owned(), id, by: "admin".to_owned() });
    w.advance(secs(1));
    assert_eq!(w.removed.len(), 1);
}

#[test]
fn calling_back_passes_the_dial_plan_with_the_phones_own_rights() {
    let mut w = world(["101", "103"]);
    leave(&mut w, "103", "101");
    w.answering("103", Answering::After(millis(500)));
    w.dial("101", "*97");
    until(&mut w, "101", "you-have");
    w.press("101", "1");
    until(&mut w, "101", "to-call-back");
    w.press("101", "3").advance(secs(3));
    assert_eq!((w.stages("101"), w.stages("103")), (vec![Stage::Up], vec![Stage::Up]));
    assert_eq!(w.hears("101"), "103");
    quiet(&mut w);
}

#[test]
fn the_first_who_listens_sees_to_a_shared_message() {
    let mut w = world(["101", "102", "103"]);
    leave(&mut w, "103", SHARED);
    assert_eq!(counts(&w, SHARED), (1, 0));
    w.dial("103", &format!("*98{SHARED}"));
    until(&mut w, "103", "mailbox-no-pin");
    w.advance(secs(10));
    w.dial("101", &format!("*98{SHARED}"));
    until(&mut w, "101", "you-have");
    w.press("101", "1");
    until(&mut w, "101", "to-mark-done");
    w.hang_up("101").advance(secs(1));
    let message = messages(&w, SHARED).remove(0);
    assert_eq!((message.claimed_by.as_deref(), message.state), (Some("101"), MessageState::Read));
    w.dial("102", &format!("*98{SHARED}"));
    until(&mut w, "102", "you-have");
    w.press("102", "2");
    until(&mut w, "102", "message-claimed-by prompt/en/number-1 prompt/en/number-0 prompt/en/number-1");
    w.press("102", "1");
    until(&mut w, "102", "message-done");
    assert_eq!(messages(&w, SHARED)[0].state, MessageState::Done);
    // A page gives it back.
    let id = ids(&w, SHARED)[0].0;
    let (mailbox, by) = (SHARED.to_owned(), "admin".to_owned());
    let note = Some("call again on Monday".to_owned());
    w.ask(Command::MarkMessage { mailbox, id, state: MessageState::New, note, by });
    w.advance(secs(1));
    let message = messages(&w, SHARED).remove(0);
    assert_eq!((message.claimed_by, message.note.as_str()), (None, "call again on Monday"));
    assert_eq!(counts(&w, SHARED), (1, 0));
    quiet(&mut w);
}

#[test]
fn mails_go_out_are_handed_in_again_and_delete_only_what_was_taken() {
    let mut w = world(["101", "103"]);
    w.configure(|config| {
        config.extensions.get_mut("101").unwrap().voicemail_mail = MailboxMail::AttachDelete;
        config.extensions.get_mut("101").unwrap().language = Some(config::Language::De);
    });
    leave(&mut w, "103", "101");
    let mail = w.mails.pop().unwrap();
    assert_eq!(mail.to, ["101@example.com"]);
    assert_eq!(mail.subject, "Sprachnachricht von Clara (103)");
    assert_eq!(mail.recording.as_ref().map(|(file, _)| file.as_str()), Some(messages(&w, "101")[0].file.as_str()));
    w.mail_sent(&mail.id, Sent::Later("greylisted".to_owned())).advance(secs(1));
    assert_eq!(messages(&w, "101").len(), 1);
    w.crash().advance(secs(2));
    assert_eq!(w.mails.pop().as_ref(), Some(&mail), "it was not taken: it is handed in again");
    w.mail_sent(&mail.id, Sent::Taken).advance(secs(1));
    assert_eq!((messages(&w, "101"), counts(&w, "101"), w.removed.len()), (vec![], (0, 0), 1));
    leave(&mut w, "103", "101");
    let mail = w.mails.pop().unwrap();
    w.mail_sent(&mail.id, Sent::Refused("no such mailbox".to_owned())).advance(secs(1));
    assert_eq!(messages(&w, "101")[0].mailed, Mailed::Failed("no such mailbox".to_owned()));
    w.crash().advance(secs(2));
    assert!(w.mails.is_empty(), "given up is given up");
}

#[test]
fn read_messages_go_after_their_days() {
    let mut w = world(["101", "103"]);
    w.configure(|config| config.voicemail.keep_days = 1);
    leave(&mut w, "103", "101");
    leave(&mut w, "103", "101");
    let id = ids(&w, "101")[0].0;
    let (mailbox, by) = ("101".to_owned(), "admin".to_owned());
    w.ask(Command::MarkMessage { mailbox, id, state: MessageState::Read, note: None, by });
    w.advance(secs(60));
    w.clock().advance(secs(1));
    assert_eq!(messages(&w, "101").len(), 2);
    w.advance(secs(25 * 3_600));
    w.clock().advance(secs(1));
    assert_eq!(messages(&w, "101").len(), 1, "the new one stays");
    assert_eq!(w.removed.len(), 1);
}

#[test]
fn a_call_transferred_to_a_mailbox_leaves_a_message() {
    let mut w = world(["101", "102", "103"]);
    w.answering("102", Answering::After(millis(500)));
    w.dial("103", "102").advance(secs(3));
    w.transfer("102", "*99101");
    until(&mut w, "103", "the-person-at-extension");
    assert_eq!(w.stages("102"), []);
    until(&mut w, "103", "nothing");
    w.advance(secs(5)).hang_up("103").advance(secs(3));
    assert_eq!(messages(&w, "101").len(), 1);
    assert_eq!(messages(&w, "101")[0].from.number, "103");
    quiet(&mut w);
}

/// People who press anything at any time, on a bad disk and a bad audio plane: nobody is stuck, nothing leaks, no file
/// goes that is still named, and whatever was called saved is there.
#[test]
fn whatever_is_pressed_nothing_leaks() {
    let (mut left, mut removed, mut set) = (0, 0, 0);
    for seed in 0..15 {
        let mut w = world(["101", "102", "103"]);
        let mut random = base::Random::from_number(seed);
        if seed % 3 == 1 {
            w.plane.faults = sim::PlaneFaults::BAD;
        }
        if seed % 3 == 2 {
            w.store.faults = sim::StoreFaults::BAD;
        }
        for _ in 0..60 {
            let number = ["101", "102", "103"][random.below(3) as usize];
            if w.stages(number).is_empty() {
                let dialled = ["*97", "*98101", "*99101", "*99390", "*98390", "*99102"][random.below(6) as usize];
                w.dial(number, dialled).advance(secs(random.below(20)));
            } else if random.below(12) == 0 {
                w.hang_up(number);
            } else if w.stages(number) == [Stage::Up] {
                let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "*", "#", "4711#", "102#"];
                w.press(number, keys[random.below(keys.len() as u64) as usize]);
            }
            w.advance(millis(random.below(6_000)));
        }
        w.plane.faults = sim::PlaneFaults::NONE;
        w.store.faults = sim::StoreFaults::NONE;
        quiet_but_for_failures(&mut w, seed % 3 == 2);
        left += ["101", "102", SHARED].iter().map(|mailbox| messages(&w, mailbox).len()).sum::<usize>();
        removed += w.removed.len();
        set += w.store.restored(w.wall()).facts.iter().filter(|f| f.key.starts_with("mailbox/")).count();
    }
    assert!(left > 50 && removed > 12 && set > 0, "it has seen little: {left} {removed} {set}");
}

/// Like [`quiet`]; a disk that failed may have kept the dictation of a message that is done with in memory.
fn quiet_but_for_failures(w: &mut World, disk_failed: bool) {
    for number in w.numbers() {
        while !w.stages(&number).is_empty() {
            w.hang_up(&number).advance(secs(2));
        }
    }
    for number in w.numbers() {
        w.with(&number, |phone, now| phone.unregister(now));
    }
    w.advance(secs(200)).assert_quiet();
    if !disk_failed {
        assert_eq!(dictations(w), 0);
    }
}

#[test]
fn lamps_follow_the_mailbox() {
    let mut w = world(["101", "103"]);
    w.subscribe("101", "message-summary", "101").advance(secs(1));
    leave(&mut w, "103", "101");
    assert_eq!(w.lamp("101", "101"), "1/0");
    w.dial("101", "*97");
    until(&mut w, "101", "you-have");
    w.press("101", "1");
    until(&mut w, "101", "to-repeat");
    w.hang_up("101").advance(secs(1));
    assert_eq!(w.lamp("101", "101"), "0/1");
}
