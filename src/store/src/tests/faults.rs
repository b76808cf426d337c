//! A disk that fills up or breaks under a running store, and damage found at the start.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use base::Random;

use super::{memory, open};
use crate::disk::sim::{Faults, SimDisk};
use crate::testing::*;
use crate::{CallFilter, Store, StoreError, StoreOptions};

fn simulated(disk: &SimDisk) -> StoreOptions {
    StoreOptions { disk: Arc::new(disk.clone()), ..memory() }
}

#[test]
fn a_disk_that_fails_is_reported_to_all_who_wait_and_used_again_when_it_works() {
    let dir = TempDir::new();
    let disk = SimDisk::default();
    let store = Store::open(dir.path(), simulated(&disk)).unwrap();
    let mut writer = store.writer(Arc::new(|| {}));
    let mut n = 0;
    let mut expected = 0;
    for (faults, is_expected) in [
        (
            Faults { full: true, ..Faults::default() },
            (|e| matches!(e, StoreError::DiskFull(_))) as fn(&StoreError) -> bool,
        ),
        (Faults { read_only: true, ..Faults::default() }, |e| matches!(e, StoreError::ReadOnly(_))),
        (Faults { sync_fails: true, ..Faults::default() }, |e| matches!(e, StoreError::Io { .. })),
    ] {
        n += 1;
        store.append_wait(binding("101", &format!("key{n}"), n, true)).unwrap();
        expected += 1;
        disk.set_faults(faults);
        let sent = writer.append(Box::new(binding("101", "lost", n, true)));
        let error = store.append_wait(audit(n)).unwrap_err();
        assert!(is_expected(&error), "{error}");
        assert_eq!(writer.status().failed_upto, sent);
        assert_eq!(store.bindings().len(), expected, "queries go on and show nothing that failed");
        disk.set_faults(Faults::default());
        store.append_wait(audit(n)).unwrap();
        let sent = writer.append(Box::new(binding("102", &format!("key{n}"), n, true)));
        store.sync().unwrap();
        assert_eq!(writer.status().durable_upto, sent);
        expected += 1;
    }
    assert_eq!(store.audit(10, None).unwrap().len(), 3);
    drop(store);
    let mut random = Random::from_number(1);
    let store = Store::open(dir.path(), simulated(&disk.after_cut(&mut random))).unwrap();
    assert_eq!(store.bindings().len(), expected);
    assert_eq!(store.audit(10, None).unwrap().len(), 3);
}

#[test]
fn power_cuts_under_a_running_store_lose_nothing_acknowledged() {
    for seed in 0..60 {
        let dir = TempDir::new();
        let mut random = Random::from_number(seed);
        let mut disk = SimDisk::default();
        let mut durable = Vec::new();
        let mut n = 0;
        for _ in 0..3 {
            let options = StoreOptions { segment_max: 2_000, checkpoint_every: 1_500, ..simulated(&disk) };
            let store = Store::open(dir.path(), options).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            let found: Vec<u64> = store.audit(10_000, None).unwrap().iter().map(|(_, a)| number(&a.what)).collect();
            for known in &durable {
                assert!(found.contains(known), "seed {seed}: {known} is lost");
            }
            durable.clone_from(&found);
            disk.cut_after(5 + random.below(80));
            let (told, fates) = mpsc::channel();
            for _ in 0..60 {
                n += 1;
                let (told, n) = (told.clone(), n);
                store.append(audit(n), Box::new(move |fate| drop(told.send((n, fate)))));
                if random.below(3) == 0 {
                    let _ = store.sync();
                }
                if disk.is_dead() {
                    break;
                }
            }
            drop(told);
            drop(store);
            durable.extend(fates.iter().filter(|(_, fate)| fate.is_ok()).map(|(n, _)| n));
            disk = disk.after_cut(&mut random);
        }
    }
}

fn number(what: &str) -> u64 {
    what.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_queue_that_overflows_refuses_without_waiting_and_tells_fates_in_order() {
    let dir = TempDir::new();
    let disk = SimDisk::default();
    let store = Store::open(dir.path(), simulated(&disk)).unwrap();
    // The commit thread is kept busy by a `done` that waits.
    let (go, wait) = mpsc::channel::<()>();
    disk.set_faults(Faults { full: true, ..Faults::default() });
    let (entered, is_busy) = mpsc::channel();
    store.append(
        audit(0),
        Box::new(move |_| {
            entered.send(()).unwrap();
            let _ = wait.recv();
        }),
    );
    is_busy.recv().unwrap();
    let wakes = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wakes);
    let mut writer = store.writer(Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    let begun = Instant::now();
    for n in 0..70_000 {
        writer.append(Box::new(binding("101", "a", n, true)));
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(store.append_wait(audit(1)), Err(StoreError::Overflow));
    disk.set_faults(Faults::default());
    drop(go);
    store.sync().unwrap();
    let status = writer.status();
    assert_eq!(status.failed_upto, 70_000);
    assert!((60_000..70_000).contains(&status.durable_upto), "{status:?}");
    assert!(wakes.load(Ordering::SeqCst) > 1);
}

#[test]
fn a_record_too_large_fails_alone() {
    use exchange::record::ConfigContent;
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    let large = config(1, ConfigContent::Whole("x".repeat(crate::codec::PAYLOAD_MAX + 1)));
    let (told, fates) = mpsc::channel();
    for record in [audit(1), large, audit(2)] {
        let told = told.clone();
        store.append(record, Box::new(move |fate| told.send(fate).unwrap()));
    }
    store.sync().unwrap();
    let fates: Vec<_> = fates.try_iter().collect();
    assert_eq!(fates.iter().filter(|fate| fate.is_ok()).count(), 2);
    assert!(fates.iter().any(|fate| matches!(fate, Err(StoreError::TooLarge { .. }))));
    assert_eq!(store.audit(9, None).unwrap().len(), 2);
}

#[test]
fn a_damaged_checkpoint_or_index_is_made_again() {
    let dir = TempDir::new();
    let fill = |from: u64| {
        let store = open(&dir);
        for n in from..from + 20 {
            for record in whole_call(n, "101", "102") {
                store.append(record, Box::new(|_| {}));
            }
            store.append(binding("101", &n.to_string(), n, true), Box::new(|_| {}));
        }
        store.sync().unwrap();
    };
    let check = |calls: usize| {
        let store = open(&dir);
        assert_eq!(store.bindings().len(), calls);
        let page = store.calls(&CallFilter::default(), 500, None).unwrap();
        assert_eq!(page.calls.len(), calls);
        let detail = store.call(page.calls[0].call).unwrap().unwrap();
        assert_eq!((detail.events.len(), detail.ladder.is_some()), (2, true));
    };
    fill(0);
    check(20);
    let checkpoint = dir.path().join("checkpoint");
    let mut bytes = fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&checkpoint, &bytes).unwrap();
    check(20);
    fs::write(&checkpoint, b"short").unwrap();
    check(20);
    fill(20);
    // A power cut, by the marker's account, and then files that sled cannot open.
    let marker = dir.path().join("index/marker");
    let text = fs::read_to_string(&marker).unwrap();
    fs::write(&marker, text.replace("closed", "open").replacen('-', "", 1)).unwrap();
    check(40);
    for entry in fs::read_dir(dir.path().join("index/db")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::write(&path, b"not sled").unwrap();
        }
    }
    check(40);
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    check(40);
}

#[test]
fn damage_in_the_journal_is_refused_with_file_and_offset() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    for n in 0..50 {
        store.append_wait(audit(n)).unwrap();
    }
    drop(store);
    let segment = dir.path().join("journal/0000000000000001.log");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[200] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    let error = Store::open(dir.path(), memory()).unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { file, offset, .. } if *file == segment && *offset < 200), "{error}");
    assert_eq!(fs::read(&segment).unwrap(), bytes, "nothing is changed");
}

#[test]
fn a_journal_shorter_than_its_checkpoint_is_refused() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    for n in 0..50 {
        store.append_wait(audit(n)).unwrap();
    }
    drop(store);
    let segment = dir.path().join("journal/0000000000000001.log");
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 5]).unwrap();
    assert!(matches!(Store::open(dir.path(), memory()), Err(StoreError::Corrupt { .. })));
    fs::remove_file(&segment).unwrap();
    assert!(matches!(Store::open(dir.path(), memory()), Err(StoreError::Corrupt { .. })));
}
