//! The queue's decisions, in time that is made up.

use base::Instant;

use super::*;
use crate::mail::queue::{BYTES_MAX, MESSAGES_MAX};

fn later(message: &str) -> Result<(), MailError> {
    Err(MailError::message(true, message))
}

fn at(minutes: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(minutes * 60)
}

/// Tries what is due at `now` and returns what happened.
fn step(queue: &mut MailQueue, now: Instant, result: impl Fn() -> Result<(), MailError>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    while let Some((id, _)) = queue.poll_start(now) {
        outcomes.push(queue.handle_result(now, id, result()).unwrap().outcome);
    }
    outcomes
}

#[test]
fn a_message_is_tried_after_one_five_fifteen_and_sixty_minutes_until_two_days() {
    let mut queue = MailQueue::new();
    queue.push(Instant::ZERO, message(1), Duration::ZERO).unwrap();
    let mut tried = Vec::new();
    let last = loop {
        let now = queue.poll_timeout().unwrap();
        tried.push(now.as_nanos() / 60_000_000_000);
        let [outcome] = &step(&mut queue, now, || later("451"))[..] else { panic!("one try at {now:?}") };
        if let Outcome::GivenUp { error } = outcome {
            break error.text.clone();
        }
    };
    assert_eq!(tried[..6], [0, 1, 6, 21, 81, 141]);
    assert_eq!(tried.last(), Some(&(48 * 60)), "the last try falls on the end");
    assert_eq!(last, "451");
    assert!(queue.is_empty() && queue.poll_timeout().is_none());
}

#[test]
fn a_message_handed_in_again_has_only_the_rest_of_its_time() {
    let mut queue = MailQueue::new();
    queue.push(Instant::ZERO, message(1), GIVE_UP_AFTER - Duration::from_secs(90)).unwrap();
    assert!(matches!(step(&mut queue, at(0), || later("x"))[..], [Outcome::Waits { .. }]));
    assert!(matches!(step(&mut queue, at(1), || later("x"))[..], [Outcome::Waits { .. }]));
    assert_eq!(queue.poll_timeout(), Some(Instant::ZERO + Duration::from_secs(90)));
    let end = queue.poll_timeout().unwrap();
    assert!(matches!(step(&mut queue, end, || later("x"))[..], [Outcome::GivenUp { .. }]));
    // Past its time already: it gets one try.
    queue.push(end, message(2), GIVE_UP_AFTER * 2).unwrap();
    assert!(matches!(step(&mut queue, end, || later("x"))[..], [Outcome::GivenUp { .. }]));
}

#[test]
fn a_final_refusal_is_final() {
    let mut queue = MailQueue::new();
    queue.push(at(0), message(1), Duration::ZERO).unwrap();
    let outcomes = step(&mut queue, at(0), || Err(MailError::message(false, "550")));
    assert!(matches!(&outcomes[..], [Outcome::GivenUp { error }] if error.text == "550"));
    assert!(queue.is_empty());
}

#[test]
fn a_relay_that_fails_holds_all_and_is_probed_with_one() {
    let mut queue = MailQueue::new();
    for seed in 0..100 {
        queue.push(at(0), message(seed), Duration::ZERO).unwrap();
    }
    let relay_gone = || Err(MailError::relay("no route"));
    assert_eq!(step(&mut queue, at(0), relay_gone).len(), 1, "one try, not a hundred");
    assert_eq!(queue.poll_timeout(), Some(at(1)));
    assert!(queue.poll_start(at(0)).is_none());
    assert_eq!(step(&mut queue, at(1), relay_gone).len(), 1);
    assert_eq!(queue.poll_timeout(), Some(at(6)));
    let mut now = at(6);
    for _ in 0..10 {
        assert_eq!(step(&mut queue, now, relay_gone).len(), 1);
        now = queue.poll_timeout().unwrap();
    }
    // At most fifteen minutes once it has been gone for long.
    assert_eq!(now, at(6 + 10 * 15));
    assert_eq!(step(&mut queue, now, || Ok(())).len(), 100, "back: all go");
    assert!(queue.is_empty());
}

#[test]
fn two_under_way_and_one_while_in_doubt() {
    let mut queue = MailQueue::new();
    for seed in 0..5 {
        queue.push(at(0), message(seed), Duration::ZERO).unwrap();
    }
    let (first, _) = queue.poll_start(at(0)).unwrap();
    let (second, _) = queue.poll_start(at(0)).unwrap();
    assert!(queue.poll_start(at(0)).is_none());
    assert_eq!(queue.poll_timeout(), None, "the end of a try comes first");
    for id in [first, second] {
        // The same failure seen twice waits one minute, not five.
        let event = queue.handle_result(at(0), id, Err(MailError::relay("gone"))).unwrap();
        assert!(matches!(event.outcome, Outcome::Waits { wait, .. } if wait == Duration::from_secs(60)));
    }
    assert!(queue.poll_start(at(1)).is_some());
    assert!(queue.poll_start(at(1)).is_none());
}

#[test]
fn new_settings_try_at_once() {
    let mut queue = MailQueue::new();
    queue.push(at(0), message(1), Duration::ZERO).unwrap();
    step(&mut queue, at(0), || Err(MailError::relay("wrong password")));
    queue.retry_now(at(0));
    assert_eq!(queue.poll_timeout(), Some(at(0)));
    assert_eq!(step(&mut queue, at(0), || Ok(())), [Outcome::Sent]);
}

#[test]
fn a_full_queue_refuses_and_has_room_again() {
    let mut queue = MailQueue::new();
    for seed in 0..MESSAGES_MAX {
        queue.push(at(0), message(seed as u64), Duration::ZERO).unwrap();
    }
    assert_eq!(queue.push(at(0), message(9), Duration::ZERO), Err(QueueFull));
    let (id, _) = queue.poll_start(at(0)).unwrap();
    queue.handle_result(at(0), id, Ok(())).unwrap();
    assert!(queue.push(at(0), message(9), Duration::ZERO).is_ok());

    let mut queue = MailQueue::new();
    let bytes = Bytes::from(vec![0; BYTES_MAX / 10]); // shared, not copied
    let file = Attachment { name: String::new(), content_type: String::new(), bytes };
    let large = || Message { attachments: vec![file.clone()], ..message(1) };
    for _ in 0..9 {
        queue.push(at(0), large(), Duration::ZERO).unwrap();
    }
    assert_eq!(queue.push(at(0), large(), Duration::ZERO), Err(QueueFull));
    while let Some((id, _)) = queue.poll_start(at(0)) {
        queue.handle_result(at(0), id, Err(MailError::message(false, "no"))).unwrap();
    }
    assert!(queue.push(at(0), large(), Duration::ZERO).is_ok());
}

#[test]
fn a_result_for_nothing_changes_nothing() {
    let mut queue = MailQueue::new();
    assert_eq!(queue.handle_result(at(0), MailId(5), Ok(())), None);
    let id = queue.push(at(0), message(1), Duration::ZERO).unwrap();
    assert_eq!(queue.handle_result(at(0), id, Ok(())), None, "it is not under way");
    assert_eq!(queue.len(), 1);
    assert!(queue.poll_start(at(0)).is_some());
}
