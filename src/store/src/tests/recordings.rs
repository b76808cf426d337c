//! Recordings and tracks: found, kept over restarts and over the journal's own end, deleted for good.

use std::time::{Duration, Instant};

use base::RecordingId;
use exchange::record::{AuditRecord, CallRecord, Disposition, Record};

use super::{memory, open};
use crate::testing::*;
use crate::{RecordingFilter, RecordingInfo, Store, StoreOptions};

fn append(store: &Store, records: impl IntoIterator<Item = Record>) {
    for record in records {
        store.append(record, Box::new(|result| result.unwrap()));
    }
    store.sync().unwrap();
}

fn ids(recordings: &[RecordingInfo]) -> Vec<RecordingId> {
    recordings.iter().map(|info| info.recording).collect()
}

fn some(numbers: &[u64]) -> Vec<RecordingId> {
    numbers.iter().copied().map(recording_id).collect()
}

#[test]
fn a_recording_is_told_step_by_step() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    assert_eq!(store.recording(recording_id(1)).unwrap(), None);
    append(&store, [recording_began(1, "101", "0470")]);
    let info = store.recording(recording_id(1)).unwrap().unwrap();
    assert_eq!((info.call, info.began_at, info.left.number.as_str()), (call_ref(1), at(1010), "101"));
    assert_eq!((info.right.as_ref().unwrap().number.as_str(), &info.ended, &info.deleted), ("0470", &None, &None));
    assert_eq!(store.open_recordings(), [info]);
    append(&store, [recording_ended(1)]);
    let info = store.recording(recording_id(1)).unwrap().unwrap();
    assert_eq!(info.ended.as_ref().unwrap().1.pauses, [(10_000, 20_000)]);
    assert_eq!(store.open_recordings(), []);
    append(&store, [recording_deleted(1, "ann")]);
    let info = store.recording(recording_id(1)).unwrap().unwrap();
    assert_eq!(info.deleted, Some((at(1900), "ann".to_owned())));
    assert!(info.ended.is_some());
}

#[test]
fn tracks_and_recordings_stand_with_their_call() {
    let dir = TempDir::new();
    let check = |store: &Store| {
        let detail = store.call(call_ref(5)).unwrap().unwrap();
        assert_eq!(detail.tracks.iter().map(|t| t.leg.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(Record::Track(Box::new(detail.tracks[0].clone())), track(5, 1));
        assert_eq!(ids(&detail.recordings), some(&[5]));
        let other = store.call(call_ref(6)).unwrap().unwrap();
        assert_eq!((other.tracks.len(), other.recordings.len()), (0, 0));
        assert_eq!(store.tracks(call_ref(5)).unwrap(), detail.tracks);
        let under_way = store.call(call_ref(8)).unwrap().unwrap();
        assert_eq!((under_way.record, ids(&under_way.recordings)), (None::<CallRecord>, some(&[8])));
        assert_eq!(ids(&store.open_recordings()), some(&[8]));
    };
    let store = open(&dir);
    append(&store, [started(5, "101", "102"), recording_began(5, "101", "102"), track(5, 2), track(5, 1)]);
    append(&store, [ended(5, "101", "102", Disposition::Answered), recording_ended(5), recording_deleted(5, "ann")]);
    append(&store, whole_call(6, "101", "102"));
    append(&store, [started(8, "101", "102"), recording_began(8, "101", "102")]);
    check(&store);
    drop(store);
    let store = open(&dir);
    check(&store);
    drop(store);
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    check(&open(&dir));
}

#[test]
fn recordings_are_searched_by_every_part_of_the_filter() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    for n in 0..120 {
        let right = if n % 2 == 0 { "0470123" } else { "0470456" };
        for record in [recording_began(n, &format!("{}", 101 + n % 3), right), recording_ended(n)] {
            store.append(record, Box::new(|result| result.unwrap()));
        }
    }
    append(&store, (0..120).filter(|n| n % 10 == 0).map(|n| recording_deleted(n, "retention")));
    let all = |filter: RecordingFilter| {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = store.recordings(&filter, 7, after).unwrap();
            assert!(page.recordings.len() <= 7);
            found.extend(ids(&page.recordings));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(found.is_sorted_by(|a, b| a > b), "newest first, none twice");
        found.len()
    };
    let with = || RecordingFilter { with_deleted: true, ..RecordingFilter::default() };
    assert_eq!(all(with()), 120);
    assert_eq!(all(RecordingFilter::default()), 108);
    assert_eq!(all(RecordingFilter { number: Some(" 102 ".into()), ..with() }), 40);
    assert_eq!(all(RecordingFilter { number: Some("0470".into()), ..with() }), 120);
    assert_eq!(all(RecordingFilter { number: Some("70123".into()), ..with() }), 60);
    assert_eq!(all(RecordingFilter { number: Some("BUILD".into()), ..with() }), 120);
    assert_eq!(all(RecordingFilter { from: Some(at(50_000)), to: Some(at(60_000)), ..with() }), 10);
    assert_eq!(all(RecordingFilter { call: Some(call_ref(33)), ..with() }), 1);
    assert_eq!(all(RecordingFilter { call: Some(call_ref(30)), ..RecordingFilter::default() }), 0);
    assert_eq!(all(RecordingFilter { call: Some(call_ref(500)), ..with() }), 0);
}

#[test]
fn the_audit_log_is_searched_by_recording() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    let row = |what: String| Record::Audit(AuditRecord { at: at(1), who: "ann".to_owned(), from: None, what });
    append(&store, [row(format!("listened to {}", recording_id(1))), row("signed in".to_owned())]);
    append(
        &store,
        [row(format!("downloaded {}", recording_id(2))), row(format!("deleted {} at last", recording_id(1)))],
    );
    append(&store, [row("rec rec+1 rec18446744073709551616 prec1".to_owned())]);
    let rows = |n| {
        let rows = store.audit_of(recording_id(n), 10).unwrap();
        rows.into_iter().map(|(_, row)| row.what.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (rows(1), rows(2), rows(3)),
        (vec!["deleted".into(), "listened".into()], vec!["downloaded".into()], vec![])
    );
    assert_eq!(store.audit_of(recording_id(1), 1).unwrap().len(), 1);
    assert_eq!(store.audit(10, None).unwrap().len(), 5);
}

#[test]
fn retention_finds_what_is_old_ended_and_not_deleted() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    append(&store, (0..600).map(|n| recording_began(n, "101", "102")));
    append(&store, (0..600).filter(|n| *n != 3).map(recording_ended));
    append(&store, (10..598).map(|n| recording_deleted(n, "retention")));
    let before = |ms, limit| ids(&store.recordings_before(at(ms), limit).unwrap());
    assert_eq!(before(1_000_000, 100), some(&[599, 598, 9, 8, 7, 6, 5, 4, 2, 1, 0]));
    assert_eq!(before(1_000_000, 3), some(&[599, 598, 9]));
    assert_eq!(before(5_000, 100), some(&[4, 2, 1, 0]), "number 3 has not ended");
    assert_eq!(before(0, 100), []);
}

/// The journal is kept short; recordings and what is known of them are not lost with its beginning.
#[test]
fn a_kept_recording_outlives_the_records_that_told_of_it_first() {
    let dir = TempDir::new();
    let small = || StoreOptions { segment_max: 8_000, journal_max: 40_000, checkpoint_every: 6_000, ..memory() };
    let store = Store::open(dir.path(), small()).unwrap();
    append(&store, (1..=4).map(|n| recording_began(n, "101", "102")));
    append(&store, (1..=3).map(recording_ended));
    append(&store, [recording_deleted(2, "ann"), track(1, 1)]);
    let first = dir.path().join("journal").join("0000000000000001.log");
    let begun = Instant::now();
    let mut n = 100;
    let fill = |store: &Store, n: &mut u64| {
        append(store, (*n..*n + 20).flat_map(|n| whole_call(n, "103", "104")));
        *n += 20;
        assert!(begun.elapsed() < Duration::from_secs(20), "the first segment does not go");
    };
    while first.exists() {
        fill(&store, &mut n);
    }
    let check = |store: &Store| {
        assert_eq!(store.call(call_ref(100)).unwrap(), None, "history went");
        assert_eq!(store.tracks(call_ref(1)).unwrap(), []);
        let page = store.recordings(&RecordingFilter::default(), 10, None).unwrap();
        assert_eq!(ids(&page.recordings), some(&[4, 3, 1]));
        assert_eq!(page.recordings[2].ended.as_ref().unwrap().1.octets, 240_000);
        assert_eq!(ids(&store.open_recordings()), some(&[4]));
        assert_eq!(ids(&store.recordings_before(at(1_000_000), 10).unwrap()), some(&[3, 1]));
    };
    // Twice, so that what was written again is written again.
    for _ in 0..2 {
        for _ in 0..6 {
            fill(&store, &mut n);
        }
        check(&store);
        assert_eq!(store.recording(recording_id(2)).unwrap(), None, "a deleted one goes with its records");
    }
    drop(store);
    let store = Store::open(dir.path(), small()).unwrap();
    check(&store);
    drop(store);
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let store = Store::open(dir.path(), small()).unwrap();
    check(&store);
    // Deleted now, it stays deleted when the records of that go in turn.
    append(&store, [recording_deleted(1, "retention"), recording_ended(4)]);
    for _ in 0..10 {
        fill(&store, &mut n);
    }
    let page = store.recordings(&RecordingFilter::default(), 10, None).unwrap();
    assert_eq!(ids(&page.recordings), some(&[4, 3]));
    assert_eq!(store.open_recordings(), []);
}
