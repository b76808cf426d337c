//! The table's bounds, and readers beside a writer.

use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;

/// A sound of so many octets, its two rates together.
fn sound(octets: usize) -> Arc<Sound> {
    Arc::new(Sound { at8k: vec![0; octets / 6].into(), at16k: vec![0; octets / 3].into() })
}

fn has(table: &Table, name: &str) -> bool {
    matches!(table.find(name), Found::Sound(_))
}

#[test]
fn what_was_used_longest_ago_goes_first() {
    let table = Table::new(10_000);
    for name in ["a", "b", "c"] {
        table.insert(name, sound(3000)).expect("room");
    }
    assert!(has(&table, "a"));
    table.insert("d", sound(3000)).expect("room");
    assert!(!has(&table, "b"), "used before a");
    assert!(has(&table, "a") && has(&table, "c") && has(&table, "d"));
    assert!(table.octets() <= 10_000);
}

#[test]
fn what_is_playing_stays_and_twice_the_bound_is_the_end() {
    let table = Table::new(10_000);
    let mut playing = Vec::new();
    for n in 0..6 {
        let one = sound(3000);
        playing.push(Arc::clone(&one));
        table.insert(&n.to_string(), one).expect("below twice the bound");
    }
    assert_eq!(table.insert("more", sound(3000)), Err(Full));
    assert!((0..6).all(|n| has(&table, &n.to_string())));
    playing.truncate(1);
    table.insert("more", sound(3000)).expect("room is made");
    assert!(has(&table, "0") && has(&table, "more"));
    assert!(table.octets() <= 10_000, "{}", table.octets());
}

#[test]
fn octets_are_those_of_what_is_in_it() {
    let table = Table::new(1 << 20);
    table.insert("a", sound(6000)).expect("room");
    let once = table.octets();
    table.insert("a", sound(6000)).expect("room");
    assert_eq!(table.octets(), once);
    table.remove("a");
    table.remove("a");
    assert_eq!(table.octets(), 0);
    assert!(matches!(table.find("a"), Found::Nothing));
}

#[test]
fn failures_are_told_and_give_way_to_a_sound() {
    let table = Table::new(10_000);
    table.insert_failure("a", "no such sound");
    assert!(matches!(table.find("a"), Found::Failed(why) if &*why == "no such sound"));
    table.insert("a", sound(300)).expect("room");
    assert!(has(&table, "a"));
}

#[test]
fn failures_are_bounded() {
    let table = Table::new(64 << 20);
    // One change of the table costs as much as sorting it when it is full: a few beyond are enough.
    for n in 0..ENTRIES_MAX + 8 {
        table.insert_failure(&n.to_string(), "no");
    }
    let entries = table.copies[0].read().expect("readable").len();
    assert_eq!(entries, ENTRIES_MAX);
    assert!(matches!(table.find("0"), Found::Nothing));
}

#[test]
fn a_reader_beside_a_writer_always_gets_an_answer() {
    let table = Table::new(1 << 20);
    table.insert("stays", sound(600)).expect("room");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut changes = 0;
            while !done.load(Ordering::Relaxed) || changes < 100 {
                table.insert(&format!("other {}", changes % 10), sound(60)).expect("room");
                changes += 1;
            }
        });
        let mut busy = 0;
        for _ in 0..20_000 {
            match table.find("stays") {
                Found::Sound(_) => {}
                Found::Busy => busy += 1,
                Found::Failed(_) | Found::Nothing => panic!("it is there"),
            }
        }
        done.store(true, Ordering::Relaxed);
        writer.join().expect("no panic");
        assert!(busy <= 200, "{busy} of 20,000 look-ups were told to come again");
    });
}

#[test]
fn one_name_is_asked_for_once() {
    let asked = Asked::default();
    assert!(asked.begin("a"));
    assert!(!asked.begin("a"));
    asked.end("b");
    assert!(!asked.begin("a"));
    asked.end("a");
    assert!(asked.begin("a"));
}
