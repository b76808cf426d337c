//! Backups: round trip, tampering, and the running box.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use exchange::record::ConfigContent;

use super::*;
use crate::index::MemoryIndex;
use crate::testing::*;
use crate::{CallFilter, Store, StoreError, StoreOptions};

fn options() -> StoreOptions {
    StoreOptions { index: Arc::new(MemoryIndex::open), segment_max: 3_000, ..StoreOptions::default() }
}

fn filled(dir: &TempDir) -> Store {
    let store = Store::open(dir.path(), options()).unwrap();
    for n in 0..20 {
        for record in whole_call(n, "101", "102") {
            store.append(record, Box::new(|_| {}));
        }
        store.append(binding("101", &n.to_string(), n, true), Box::new(|_| {}));
    }
    store.append(account("ann", 1, true), Box::new(|_| {}));
    store.append(config(1, ConfigContent::Whole("one\n".into())), Box::new(|_| {}));
    let patch = config::patch::make("one\n", "two\n");
    store.append(config(2, ConfigContent::Patch(patch)), Box::new(|_| {}));
    store.append(started(77, "101", "102"), Box::new(|_| {}));
    store.sync().unwrap();
    store
}

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("backup")
}

#[test]
fn a_backup_of_a_running_store_is_restored_elsewhere() {
    let (dir, out) = (TempDir::new(), TempDir::new());
    let store = filled(&dir);
    let report = create(&store, &file(&out)).unwrap();
    assert_eq!(
        (report.records, report.calls, report.open_calls, report.bindings, report.accounts),
        (104, 20, 1, 20, 1)
    );
    assert_eq!(report.config, Some(ConfigVersion(2)));
    // By the folder alone, as another process does it.
    let by_dir = create(dir.path(), &out.path().join("second")).unwrap();
    assert_eq!((by_dir.records, by_dir.calls), (report.records, report.calls));
    store.append_wait(audit(5)).unwrap();
    assert_eq!(verify(&file(&out)).unwrap(), report);
    let target = out.path().join("restored");
    assert_eq!(restore(&file(&out), &target).unwrap(), report);
    let again = Store::open(&target, options()).unwrap();
    assert_eq!(again.bindings(), store.bindings());
    assert_eq!(again.accounts(), store.accounts());
    assert_eq!(again.config_current().unwrap(), store.config_current().unwrap());
    assert_eq!(again.open_calls(), store.open_calls());
    let all = |store: &Store| store.calls(&CallFilter::default(), 100, None).unwrap();
    assert_eq!(all(&again), all(&store));
    let call = again.call(call_ref(3)).unwrap();
    assert_eq!(call, store.call(call_ref(3)).unwrap());
    again.append_wait(audit(6)).unwrap();
    drop(again);
    assert_eq!(restore(&file(&out), &target), Err(StoreError::NotEmpty(target.clone())));
    assert!(
        Store::open(&target, options()).unwrap().audit(5, None).unwrap().len() == 1,
        "the refused one is untouched"
    );
}

#[test]
fn a_backup_cut_short_or_changed_anywhere_is_refused_and_nothing_is_restored() {
    let (dir, out) = (TempDir::new(), TempDir::new());
    let store = filled(&dir);
    create(&store, &file(&out)).unwrap();
    let whole = fs::read(file(&out)).unwrap();
    let spoilt = out.path().join("spoilt");
    let target = out.path().join("target");
    let step = 1 + whole.len() / 300;
    for at in (0..whole.len()).step_by(step) {
        fs::write(&spoilt, &whole[..at]).unwrap();
        assert!(matches!(verify(&spoilt), Err(StoreError::BadBackup { .. })), "cut at {at}");
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        fs::write(&spoilt, &changed).unwrap();
        let error = restore(&spoilt, &target).unwrap_err();
        assert!(
            matches!(error, StoreError::BadBackup { .. } | StoreError::NewerFormat { .. }),
            "changed at {at}: {error}"
        );
    }
    fs::write(&spoilt, [&whole[..], b"x"].concat()).unwrap();
    assert!(matches!(verify(&spoilt), Err(StoreError::BadBackup { .. })));
    let mut newer = whole.clone();
    newer[8] = 2;
    fs::write(&spoilt, newer).unwrap();
    assert!(matches!(verify(&spoilt), Err(StoreError::NewerFormat { found: 2, known: 1, .. })));
    assert!(!target.exists());
    let left: Vec<_> = fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "no temporary files stay: {left:?}");
}

#[test]
fn an_empty_store_and_odd_folders() {
    let (dir, out) = (TempDir::new(), TempDir::new());
    assert!(matches!(create(dir.path(), &file(&out)), Err(StoreError::Corrupt { .. })));
    let store = Store::open(dir.path(), options()).unwrap();
    assert_eq!(create(&store, &file(&out)).unwrap().records, 0);
    let empty = out.path().join("empty");
    fs::create_dir(&empty).unwrap();
    restore(&file(&out), &empty).unwrap();
    Store::open(&empty, options()).unwrap();
    assert!(matches!(restore(&file(&out), &file(&out)), Err(StoreError::NotEmpty(_))));
    assert!(matches!(verify(&out.path().join("none")), Err(StoreError::Io { .. })));
}
