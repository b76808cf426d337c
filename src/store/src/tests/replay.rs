//! Property: replaying the journal rebuilds the state, from any point, into any index.

use std::collections::{BTreeMap, BTreeSet};

use base::CallRef;
use exchange::record::{ConfigContent, Disposition, Record, RecordingStep};
use proptest::prelude::*;

use crate::checkpoint;
use crate::codec::{self, Kind};
use crate::index::{Index, IndexFold, MemoryIndex};
use crate::journal::{Cursor, Pos};
use crate::live::Live;
use crate::testing::*;

fn a_record() -> impl Strategy<Value = Record> {
    let call = 0..6_u64;
    prop_oneof![
        (0..4_u64, 0..3_u64, any::<u16>(), any::<bool>()).prop_map(|(ext, key, n, lives)| binding(
            &format!("10{ext}"),
            &format!("k{key}"),
            n.into(),
            lives
        )),
        (0..3_u64, any::<u16>(), any::<bool>()).prop_map(|(who, n, is)| account(&format!("a{who}"), n.into(), is)),
        (1..9_u64, "[a-c\n]{0,9}").prop_map(|(version, text)| config(version, ConfigContent::Whole(text))),
        any::<u16>().prop_map(|n| audit(n.into())),
        call.clone().prop_map(|n| started(n, "101", "102")),
        (call.clone(), "[a-z]{0,5}").prop_map(|(n, text)| noted(n, &text)),
        call.clone().prop_map(ladder),
        call.clone().prop_map(|n| ended(n, "101", "102", Disposition::Answered)),
        call.clone().prop_map(|n| recording_began(n, "101", "102")),
        call.clone().prop_map(recording_ended),
        call.clone().prop_map(|n| recording_deleted(n, "retention")),
        (call, 0..2_u64).prop_map(|(n, leg)| track(n, leg)),
    ]
}

fn pos(lsn: u64) -> Pos {
    Pos { segment: 1, offset: lsn as u32 * 100 }
}

fn encoded(record: &Record) -> (Kind, Vec<u8>) {
    let mut bytes = Vec::new();
    codec::encode(record, &mut bytes).unwrap();
    (Kind::of(record), bytes)
}

fn fold(live: &mut Live, records: &[Record]) {
    for record in records {
        let lsn = live.cursor.lsn;
        let (kind, bytes) = encoded(record);
        live.apply(lsn, pos(lsn), Some(kind), &bytes).unwrap();
        live.cursor = Cursor { lsn: lsn + 1, pos: pos(lsn + 1) };
    }
}

fn content(index: &dyn Index) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    index
        .scan_back(&[0], &[255], &mut |key, value| {
            all.insert(key.to_vec(), value.to_vec());
            true
        })
        .unwrap();
    all
}

fn index_fold(fold: &mut IndexFold, records: &[Record]) {
    for record in &records[(fold.cursor.lsn - 1) as usize..] {
        let lsn = fold.cursor.lsn;
        let (kind, bytes) = encoded(record);
        fold.apply(lsn, pos(lsn), Some(kind), &bytes).unwrap();
        fold.cursor = Cursor { lsn: lsn + 1, pos: pos(lsn + 1) };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_live_state_is_that_of_the_plain_model(records in prop::collection::vec(a_record(), 0..80)) {
        let mut live = Live::default();
        fold(&mut live, &records);
        let mut bindings = BTreeMap::new();
        let mut accounts = BTreeMap::new();
        let mut open: BTreeMap<CallRef, u64> = BTreeMap::new();
        let mut running = BTreeSet::new();
        for record in &records {
            match record {
                Record::Binding(b) if b.state.is_some() => {
                    bindings.insert((b.extension.clone(), b.key.clone()), encoded(record).1);
                }
                Record::Binding(b) => { bindings.remove(&(b.extension.clone(), b.key.clone())); }
                Record::Account(a) if a.password.is_some() => { accounts.insert(a.name.clone(), a.clone()); }
                Record::Account(a) => { accounts.remove(&a.name); }
                Record::CallEvent(e) => { *open.entry(e.call).or_default() += 1; }
                Record::CallEnded(c) => { open.remove(&c.call); }
                Record::Recording(r) if matches!(r.what, RecordingStep::Began { .. }) => { running.insert(r.recording); }
                Record::Recording(r) => { running.remove(&r.recording); }
                _ => {}
            }
        }
        let kept: Vec<_> = live.bindings.values().map(|b| b.record.to_vec()).collect();
        prop_assert_eq!(kept, bindings.into_values().collect::<Vec<_>>());
        let kept: Vec<_> = live.accounts.into_values().map(|a| a.record).collect();
        prop_assert_eq!(kept, accounts.into_values().collect::<Vec<_>>());
        prop_assert_eq!(live.open_calls.keys().collect::<Vec<_>>(), open.keys().collect::<Vec<_>>());
        prop_assert_eq!(live.open_recordings.into_keys().collect::<BTreeSet<_>>(), running);
    }

    #[test]
    fn a_checkpoint_and_the_rest_is_the_whole(records in prop::collection::vec(a_record(), 0..60), split in 0..60_usize) {
        let split = split.min(records.len());
        let mut whole = Live::default();
        fold(&mut whole, &records);
        let mut first = Live::default();
        fold(&mut first, &records[..split]);
        let dir = TempDir::new();
        let bytes = checkpoint::encode(&first).unwrap();
        checkpoint::write(&crate::disk::OsDisk, dir.path(), &bytes).unwrap();
        let mut second = checkpoint::read(&crate::disk::OsDisk, dir.path()).unwrap().unwrap();
        prop_assert_eq!(&second, &first);
        fold(&mut second, &records[split..]);
        prop_assert_eq!(second, whole);
    }

    #[test]
    fn an_index_taken_up_again_anywhere_is_the_same(
        records in prop::collection::vec(a_record(), 1..60),
        saved in 0..60_usize,
        lost in 0..60_usize,
    ) {
        let start = Cursor { lsn: 1, pos: pos(1) };
        let whole = MemoryIndex::default();
        let mut fold = IndexFold::new(start);
        index_fold(&mut fold, &records);
        fold.save(&whole).unwrap();
        // Saved at one point, gone on to another, crashed, taken up again.
        let again = MemoryIndex::default();
        let mut fold = IndexFold::new(start);
        let saved = saved.min(records.len());
        index_fold(&mut fold, &records[..saved]);
        fold.save(&again).unwrap();
        index_fold(&mut fold, &records[..lost.clamp(saved, records.len())]);
        fold.flush(&again).unwrap();
        let mut fold = IndexFold::resume(&again).unwrap().unwrap();
        index_fold(&mut fold, &records);
        fold.save(&again).unwrap();
        prop_assert_eq!(content(&again), content(&whole));
    }
}
