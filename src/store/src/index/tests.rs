//! The same promises from every index: sled, memory, and redb as the second judge of sled.

use std::path::Path;
use std::sync::Arc;

use base::Random;
use redb::{Database, ReadableDatabase, TableDefinition};

use super::*;
use crate::testing::*;
use crate::{CallFilter, Store, StoreOptions};

const TABLE: TableDefinition<&[u8], &[u8]> = TableDefinition::new("index");

struct RedbIndex(Database);

fn failed(e: impl std::fmt::Display) -> IndexError {
    IndexError(e.to_string())
}

impl RedbIndex {
    fn open(dir: &Path) -> Result<Arc<dyn Index>, IndexError> {
        let db = Database::create(dir.join("redb")).map_err(failed)?;
        let write = db.begin_write().map_err(failed)?;
        write.open_table(TABLE).map_err(failed)?;
        write.commit().map_err(failed)?;
        Ok(Arc::new(RedbIndex(db)))
    }
}

impl Index for RedbIndex {
    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), IndexError> {
        let write = self.0.begin_write().map_err(failed)?;
        {
            let mut table = write.open_table(TABLE).map_err(failed)?;
            for (key, value) in changes {
                match value {
                    Some(value) => table.insert(&key[..], &value[..]).map(drop),
                    None => table.remove(&key[..]).map(drop),
                }
                .map_err(failed)?;
            }
        }
        write.commit().map_err(failed)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let table = self.0.begin_read().map_err(failed)?.open_table(TABLE).map_err(failed)?;
        Ok(table.get(key).map_err(failed)?.map(|value| value.value().to_vec()))
    }

    fn scan_back(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result<(), IndexError> {
        let table = self.0.begin_read().map_err(failed)?.open_table(TABLE).map_err(failed)?;
        if from >= to {
            return Ok(());
        }
        for entry in table.range(from..to).map_err(failed)?.rev() {
            let (key, value) = entry.map_err(failed)?;
            if !visit(key.value(), value.value()) {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

fn all(index: &dyn Index, from: &[u8], to: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    index
        .scan_back(from, to, &mut |key, value| {
            found.push((key.to_vec(), value.to_vec()));
            found.len() < 40
        })
        .unwrap();
    found
}

#[test]
fn sled_redb_and_memory_answer_alike() {
    let (sled_dir, redb_dir) = (TempDir::new(), TempDir::new());
    let memory = MemoryIndex::default();
    let mut sled = SledIndex::open(sled_dir.path()).unwrap();
    let mut redb = RedbIndex::open(redb_dir.path()).unwrap();
    let mut random = Random::from_number(3);
    let key = |random: &mut Random| {
        let mut key = vec![b'a' + random.below(3) as u8; 1 + random.below(3) as usize];
        key.push(random.below(256) as u8);
        key
    };
    for round in 0..60 {
        let changes: Vec<_> = (0..random.below(20))
            .map(|_| (key(&mut random), (random.below(3) > 0).then(|| vec![random.below(256) as u8; 5])))
            .collect();
        for index in [&memory as &dyn Index, sled.as_ref(), redb.as_ref()] {
            index.apply(changes.clone()).unwrap();
        }
        let (from, to, one) = (key(&mut random), key(&mut random), key(&mut random));
        for index in [sled.as_ref(), redb.as_ref()] {
            assert_eq!(all(index, &from, &to), all(&memory, &from, &to));
            assert_eq!(index.get(&one).unwrap(), memory.get(&one).unwrap());
        }
        if round % 20 == 19 {
            sled.sync().unwrap();
            drop(std::mem::replace(&mut sled, MemoryIndex::open(Path::new("")).unwrap()));
            sled = SledIndex::open(sled_dir.path()).unwrap();
            drop(std::mem::replace(&mut redb, MemoryIndex::open(Path::new("")).unwrap()));
            redb = RedbIndex::open(redb_dir.path()).unwrap();
        }
    }
}

#[test]
fn a_store_over_redb_answers_like_one_over_sled() {
    let indexes: [OpenIndex; 3] = [Arc::new(SledIndex::open), Arc::new(RedbIndex::open), Arc::new(MemoryIndex::open)];
    let answers = indexes.map(|index| {
        let dir = TempDir::new();
        let options = StoreOptions { index, ..StoreOptions::default() };
        for part in 0..2 {
            let store = Store::open(dir.path(), options.clone()).unwrap();
            for n in part * 100..part * 100 + 60 {
                let from = format!("{}", 101 + n % 4);
                for record in whole_call(n, &from, "200") {
                    store.append(record, Box::new(|_| {}));
                }
                store.append(audit(n), Box::new(|_| {}));
            }
            store.sync().unwrap();
        }
        let store = Store::open(dir.path(), options).unwrap();
        let filter = CallFilter { extension: Some("102".into()), ..CallFilter::default() };
        let page = store.calls(&filter, 20, None).unwrap();
        let next = store.calls(&filter, 20, page.next).unwrap();
        assert_eq!((page.calls.len(), next.calls.len()), (20, 10));
        (page, next, store.audit(500, None).unwrap(), store.call(call_ref(101)).unwrap())
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}
