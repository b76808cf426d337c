//! Old segments go; what is in force stays.

use base::ConfigVersion;
use exchange::record::ConfigContent;

use super::memory;
use crate::testing::*;
use crate::{CallFilter, Store, StoreOptions};

fn small() -> StoreOptions {
    StoreOptions { segment_max: 8_000, journal_max: 40_000, checkpoint_every: 6_000, ..memory() }
}

fn segments(dir: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(dir.path().join("journal")).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn old_history_goes_and_what_is_in_force_stays() {
    let dir = TempDir::new();
    let store = Store::open(dir.path(), small()).unwrap();
    store.append_wait(account("ann", 1, true)).unwrap();
    store.append_wait(binding("101", "old", 1, true)).unwrap();
    store.append_wait(fact("person/101", Some("{}"))).unwrap();
    store.append_wait(config(1, ConfigContent::Whole("one\n".into()))).unwrap();
    let patch = config::patch::make("one\n", "one\ntwo\n");
    store.append_wait(config(2, ConfigContent::Patch(patch))).unwrap();
    store.append_wait(started(1, "101", "102")).unwrap();
    store.append_wait(noted(1, "still talking")).unwrap();
    for n in 2..400 {
        for record in whole_call(n, "103", "104") {
            store.append(record, Box::new(|_| {}));
        }
        store.append(audit(n), Box::new(|_| {}));
        if n % 10 == 0 {
            store.sync().unwrap();
        }
    }
    store.sync().unwrap();
    let last = 399;
    let check = |store: &Store| {
        assert!(store.account("ann").is_some());
        assert_eq!(store.bindings().len(), 1);
        assert_eq!(store.facts("").len(), 1);
        let (info, text) = store.config_current().unwrap().unwrap();
        assert_eq!((info.version, text.as_str()), (ConfigVersion(2), "one\ntwo\n"));
        assert_eq!(store.config_text(ConfigVersion(2)).unwrap().as_deref(), Some("one\ntwo\n"));
        assert_eq!(store.config_text(ConfigVersion(1)).unwrap(), None);
        let open = store.open_calls();
        assert_eq!((open.len(), open[0].events.len()), (1, 2));
        let calls = store.calls(&CallFilter::default(), 1000, None).unwrap().calls;
        assert!((10..200).contains(&calls.len()), "{} calls", calls.len());
        assert_eq!(calls[0].call, call_ref(last));
        let detail = store.call(call_ref(last)).unwrap().unwrap();
        assert_eq!((detail.events.len(), detail.ladder.is_some()), (2, true));
        assert_eq!(store.call(call_ref(2)).unwrap(), None);
        let audit = store.audit(1000, None).unwrap();
        assert!((10..200).contains(&audit.len()));
    };
    // The keeper works on after a sync: give it the time it takes.
    let begun = std::time::Instant::now();
    while segments(&dir).len() > 6 && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
        store.append_wait(audit(1000)).unwrap();
    }
    let kept = segments(&dir);
    assert!(kept.len() <= 6 && kept[0] != "0000000000000001.log", "{kept:?}");
    check(&store);
    drop(store);
    let store = Store::open(dir.path(), small()).unwrap();
    check(&store);
    drop(store);
    std::fs::remove_file(dir.path().join("checkpoint")).unwrap();
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let store = Store::open(dir.path(), small()).unwrap();
    check(&store);
    store.append_wait(ended(1, "101", "102", exchange::record::Disposition::Answered)).unwrap();
    assert_eq!(store.call(call_ref(1)).unwrap().unwrap().events.len(), 2);
}
