//! What is appended is there, at once and after a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base::{CallRef, ConfigVersion};
use exchange::record::{ConfigContent, Disposition, Record};

use super::{memory, open};
use crate::testing::*;
use crate::{CallFilter, Store, StoreError};

#[test]
fn an_empty_folder_becomes_an_empty_store() {
    let dir = TempDir::new();
    let store = open(&dir);
    assert!(store.bindings().is_empty() && store.open_calls().is_empty() && store.accounts().is_empty());
    assert_eq!(store.config_current().unwrap(), None);
    assert_eq!(store.calls(&CallFilter::default(), 10, None).unwrap().calls, []);
    assert_eq!(store.call(CallRef(1)).unwrap(), None);
    assert_eq!(store.audit(10, None).unwrap(), []);
}

#[test]
fn everything_is_there_before_and_after_a_restart() {
    let dir = TempDir::new();
    let check = |store: &Store| {
        let bindings = store.bindings();
        assert_eq!(bindings.len(), 2);
        assert_eq!(Record::Binding(bindings[0].clone()), binding("101", "a", 9, true));
        assert_eq!(store.accounts().len(), 1);
        assert!(store.account("ann").is_some() && store.account("bob").is_none());
        let (info, text) = store.config_current().unwrap().unwrap();
        assert_eq!((info.version, text.as_str()), (ConfigVersion(2), "two\n"));
        assert_eq!(store.config_text(ConfigVersion(1)).unwrap().as_deref(), Some("one\n"));
        assert_eq!(store.config_text(ConfigVersion(3)).unwrap(), None);
        let versions: Vec<u64> = store.config_history(10).unwrap().iter().map(|i| i.version.0).collect();
        assert_eq!(versions, [2, 1]);
        let open = store.open_calls();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].call, open[0].events.len()), (call_ref(8), 2));
        assert_eq!(store.call(call_ref(8)).unwrap().unwrap().events, open[0].events);
        let page = store.calls(&CallFilter::default(), 10, None).unwrap();
        assert_eq!(page.calls.iter().map(|c| c.call).collect::<Vec<_>>(), [call_ref(7), call_ref(5)]);
        assert_eq!(page.next, None);
        let detail = store.call(call_ref(7)).unwrap().unwrap();
        assert_eq!(detail.events.len(), 2);
        assert_eq!(detail.ladder.unwrap().messages.len(), 3);
        let audit = store.audit(1, None).unwrap();
        assert_eq!(Record::Audit(audit[0].1.clone()), crate::testing::audit(2));
        let facts: Vec<_> = store.facts("person/").into_iter().map(|f| (f.key, f.value)).collect();
        assert_eq!(facts, [("person/101".to_owned(), Some("{\"dnd\":true}".to_owned()))]);
        assert_eq!(store.facts("").len(), 2);
        assert_eq!(store.fact("person/102"), None);
        let older = store.audit(5, Some(audit[0].0)).unwrap();
        assert_eq!(older.len(), 1);
    };
    let store = open(&dir);
    let mut records = vec![
        binding("101", "a", 1, true),
        binding("102", "b", 2, true),
        binding("103", "c", 3, true),
        binding("101", "a", 9, true),
        binding("103", "c", 4, false),
        account("ann", 1, true),
        account("bob", 1, true),
        account("bob", 2, false),
        config(1, ConfigContent::Whole("one\n".to_owned())),
        config(2, ConfigContent::Whole("two\n".to_owned())),
        audit(1),
        fact("person/101", Some("{}")),
        fact("person/101", Some("{\"dnd\":true}")),
        fact("person/102", Some("{}")),
        fact("seat/1", Some("{}")),
        fact("person/102", None),
    ];
    records.extend(whole_call(5, "101", "102"));
    records.extend(whole_call(7, "102", "0470"));
    records.extend([started(8, "101", "103"), noted(8, "on its way"), audit(2)]);
    for record in records {
        store.append_wait(record).unwrap();
    }
    check(&store);
    store.close();
    assert_eq!(store.append_wait(audit(9)), Err(StoreError::Closed));
    drop(store);
    let store = open(&dir);
    assert_eq!(store.recovered().replayed, 0, "a clean end leaves nothing to replay");
    check(&store);
    drop(store);
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let store = open(&dir);
    assert!(store.recovered().replayed > 0);
    check(&store);
}

#[test]
fn a_second_process_is_told_that_the_folder_is_in_use() {
    let dir = TempDir::new();
    let store = open(&dir);
    let error = Store::open(dir.path(), memory()).unwrap_err();
    assert_eq!(error, StoreError::Locked(dir.path().to_path_buf()));
    drop(store);
    Store::open(dir.path(), memory()).unwrap();
}

#[test]
fn a_writer_numbers_its_records_and_is_woken() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let mut writer = store.writer(Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    for n in 1..=1000 {
        assert_eq!(writer.append(Box::new(binding("101", "a", n, true))), n);
    }
    store.sync().unwrap();
    assert_eq!((writer.status().durable_upto, writer.status().failed_upto), (1000, 0));
    let commits = woken.load(Ordering::SeqCst);
    assert!((1..=100).contains(&commits), "1000 records in {commits} commits");
    assert_eq!(store.bindings().len(), 1);
    store.close();
    assert_eq!(writer.append(Box::new(audit(1))), 1001);
    assert_eq!(writer.status().failed_upto, 1001);
}

#[test]
fn the_history_is_searched_by_every_part_of_the_filter() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), memory()).unwrap();
    for n in 0..200 {
        let from = format!("{}", 101 + n % 3);
        let disposition = if n % 10 == 0 { Disposition::Busy } else { Disposition::Answered };
        store.append(started(n, &from, "200"), Box::new(|_| {}));
        store.append(ended(n, &from, "200", disposition), Box::new(|_| {}));
    }
    store.sync().unwrap();
    let all = |filter: CallFilter| {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = store.calls(&filter, 7, after).unwrap();
            assert!(page.calls.len() <= 7);
            found.extend(page.calls.iter().map(|c| c.call));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(found.is_sorted_by(|a, b| a > b), "newest first, none twice");
        found.len()
    };
    let none = CallFilter::default;
    assert_eq!(all(none()), 200);
    assert_eq!(all(CallFilter { disposition: Some(Disposition::Busy), ..none() }), 20);
    assert_eq!(all(CallFilter { extension: Some("101".into()), ..none() }), 67);
    assert_eq!(all(CallFilter { extension: Some("10".into()), ..none() }), 0);
    assert_eq!(all(CallFilter { extension: Some("103".into()), ..none() }), 200, "a leg of every call");
    assert_eq!(all(CallFilter { text: Some("bUILD".into()), ..none() }), 200);
    assert_eq!(all(CallFilter { text: Some("102".into()), ..none() }), 67);
    assert_eq!(all(CallFilter { text: Some("  ".into()), ..none() }), 200);
    assert_eq!(all(CallFilter { from: Some(at(50_000)), to: Some(at(60_000)), ..none() }), 10);
    let both = CallFilter { extension: Some("102".into()), from: Some(at(100_000)), ..none() };
    assert_eq!(all(both), 34);
}
