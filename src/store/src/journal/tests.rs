//! The journal under torn writes, flipped bits, failing disks and power cuts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Random;
use exchange::record::Record;

use super::*;
use crate::codec;
use crate::disk::Disk;
use crate::disk::sim::{Faults, SimDisk};
use crate::testing::*;

const SEGMENT: u64 = 2_000;

fn dir() -> PathBuf {
    PathBuf::from("/tmp")
}

fn try_open(disk: &SimDisk) -> Result<(FileLog, Recovered, Vec<Record>), StoreError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let mut records = Vec::new();
    let (log, recovered) = open(&disk, &dir(), None, SEGMENT, &mut |lsn, _, kind, payload| {
        let record = codec::decode(lsn, kind.unwrap(), payload)?;
        assert_eq!(kind, Some(Kind::of(&record)));
        records.push(record);
        Ok(true)
    })?;
    Ok((log, recovered, records))
}

fn commit(log: &mut FileLog, records: &[Record]) -> Result<Pos, StoreError> {
    let mut batch = Batch::default();
    batch.begin(log.durable());
    for record in records {
        batch.push(record).unwrap();
    }
    log.commit(&batch)
}

/// A journal of three batches in one segment: one, two and three records.
fn small() -> (SimDisk, Vec<Record>, PathBuf) {
    let disk = SimDisk::default();
    let (mut log, _, _) = try_open(&disk).unwrap();
    let records: Vec<Record> = (1..=6).map(audit).collect();
    commit(&mut log, &records[..1]).unwrap();
    commit(&mut log, &records[1..3]).unwrap();
    commit(&mut log, &records[3..]).unwrap();
    (disk, records, segment_path(&dir(), 1))
}

/// Where each frame of a segment begins, and where the last ends.
fn frame_ends(bytes: &[u8]) -> Vec<usize> {
    let mut at = frame::SEGMENT_HEADER;
    let mut starts = vec![at];
    while let Some(header) = frame::FrameHeader::parse(&bytes[at..]) {
        at += header.size();
        starts.push(at);
    }
    starts
}

fn content(disk: &SimDisk, path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    disk.with_file(path, |content| bytes.clone_from(content));
    bytes
}

#[test]
fn a_tail_torn_at_any_octet_leaves_the_whole_records_before_it() {
    let (disk, records, path) = small();
    let bytes = content(&disk, &path);
    let ends = frame_ends(&bytes);
    for cut in 0..=bytes.len() {
        let torn = disk.copy();
        torn.with_file(&path, |content| content.truncate(cut));
        let (mut log, recovered, found) = try_open(&torn).unwrap();
        let whole = ends.iter().skip(1).filter(|end| **end <= cut).count();
        assert_eq!(found, records[..whole], "cut at {cut}");
        let is_clean = ends.contains(&cut);
        assert_eq!(recovered.dropped.is_none(), is_clean, "cut at {cut}: {recovered:?}");
        commit(&mut log, &[audit(99)]).unwrap();
        let (_, again, found) = try_open(&torn).unwrap();
        assert_eq!(found.len(), whole + 1);
        assert_eq!(again.dropped, None);
    }
}

#[test]
fn a_flipped_bit_is_a_torn_tail_or_refused_and_never_a_changed_record() {
    let (disk, records, path) = small();
    let bytes = content(&disk, &path);
    let ends = frame_ends(&bytes);
    for at in 0..bytes.len() {
        for bit in [0, 7] {
            let spoilt = disk.copy();
            spoilt.with_file(&path, |content| content[at] ^= 1 << bit);
            // The first three records are proved to have been durable by the frames after them.
            match try_open(&spoilt) {
                Err(StoreError::Corrupt { file, .. }) => {
                    assert_eq!(file, path);
                    assert!(at < ends[3], "octet {at}");
                }
                Ok((_, recovered, found)) => {
                    assert!(at >= ends[3], "octet {at}");
                    assert_eq!(found, records[..found.len()], "octet {at}");
                    assert!(found.len() >= 3 && recovered.dropped.is_some());
                }
                Err(other) => panic!("octet {at}: {other}"),
            }
        }
    }
}

#[test]
fn garbage_never_panics() {
    let mut random = Random::from_number(5);
    for _ in 0..500 {
        let (disk, _, path) = small();
        disk.with_file(&path, |content| {
            let from = random.below(content.len() as u64) as usize;
            random.fill(&mut content[from..]);
        });
        let _ = try_open(&disk);
    }
}

#[test]
fn segments_follow_each_other_and_a_missing_or_spoilt_one_is_refused() {
    let disk = SimDisk::default();
    let (mut log, _, _) = try_open(&disk).unwrap();
    let records: Vec<Record> = (1..=200).map(audit).collect();
    for record in &records {
        commit(&mut log, std::slice::from_ref(record)).unwrap();
    }
    let segments = segment_files(&disk, &dir()).unwrap();
    assert!(segments.len() > 4, "{segments:?}");
    assert_eq!(try_open(&disk).unwrap().2, records);
    let reader = FileReader::new(Arc::new(disk.clone()), dir());
    let mut cursor = reader.first().unwrap().unwrap();
    let mut seen = 0;
    reader
        .follow(&mut cursor, 150, &mut |lsn, pos, _, payload| {
            seen += 1;
            assert_eq!(lsn, seen);
            assert_eq!(reader.read_at(pos).unwrap().payload, payload);
            Ok(true)
        })
        .unwrap();
    assert_eq!((seen, cursor.lsn), (150, 151));
    let middle = segment_path(&dir(), segments[2]);
    let spoilt = disk.copy();
    spoilt.with_file(&middle, |content| content[300] ^= 1);
    assert!(matches!(try_open(&spoilt), Err(StoreError::Corrupt { file, .. }) if file == middle));
    let short = disk.copy();
    short.remove(&middle).unwrap();
    assert!(matches!(try_open(&short), Err(StoreError::Corrupt { .. })));
    let newer = disk.copy();
    newer.with_file(&middle, |content| {
        content[8] = 9;
        let crc = crc32c::crc32c(&content[..20]);
        content[20..24].copy_from_slice(&crc.to_le_bytes());
    });
    assert!(matches!(try_open(&newer), Err(StoreError::NewerFormat { found: 9, .. })));
}

#[test]
fn a_full_disk_fails_the_batch_and_the_next_one_goes_on() {
    let (disk, mut records, _) = small();
    let (mut log, _, _) = try_open(&disk).unwrap();
    for faults in [
        Faults { full: true, ..Faults::default() },
        Faults { sync_fails: true, ..Faults::default() },
        Faults { read_only: true, ..Faults::default() },
    ] {
        for _ in 0..3 {
            disk.set_faults(faults);
            let error = commit(&mut log, &[audit(70), audit(71)]).unwrap_err();
            assert_eq!(matches!(error, StoreError::DiskFull(_)), faults.full, "{error}");
            assert_eq!(matches!(error, StoreError::ReadOnly(_)), faults.read_only, "{error}");
        }
        disk.set_faults(Faults::default());
        for n in [80, 81] {
            commit(&mut log, &[audit(n)]).unwrap();
            records.push(audit(n));
        }
        assert_eq!(try_open(&disk.copy()).unwrap().2, records);
    }
}

/// What a run up to a cut did.
struct Run {
    acknowledged: Vec<Record>,
    attempted: Vec<Record>,
}

/// Appends batches, with faults now and then, until the power goes.
fn run_until_cut(disk: &SimDisk, random: &mut Random, before: Vec<Record>, n: &mut u64) -> Run {
    let mut run = Run { acknowledged: before, attempted: Vec::new() };
    disk.cut_after(1 + random.below(60));
    let Ok((mut log, _, _)) = try_open(disk) else { return run };
    while !disk.is_dead() {
        let faults = match random.below(8) {
            0 => Faults { full: true, ..Faults::default() },
            1 => Faults { sync_fails: true, ..Faults::default() },
            _ => Faults::default(),
        };
        disk.set_faults(faults);
        let batch: Vec<Record> = (0..1 + random.below(12))
            .map(|_| {
                *n += 1;
                if random.below(5) == 0 { ladder(*n) } else { audit(*n) }
            })
            .collect();
        run.attempted.extend(batch.iter().cloned());
        if commit(&mut log, &batch).is_ok() {
            run.acknowledged.extend(batch);
        }
    }
    run
}

#[test]
fn power_cuts_lose_nothing_that_was_acknowledged() {
    for seed in 0..1_500 {
        let mut random = Random::from_number(seed);
        let mut disk = SimDisk::default();
        let mut known = Vec::new();
        let mut n = 0;
        for cut in 0..4 {
            let run = run_until_cut(&disk, &mut random, known, &mut n);
            disk = disk.after_cut(&mut random);
            let (_, _, found) = try_open(&disk).unwrap_or_else(|e| panic!("seed {seed} cut {cut}: {e}"));
            let acknowledged = run.acknowledged.len();
            assert!(found.len() >= acknowledged, "seed {seed} cut {cut}: {} < {acknowledged}", found.len());
            assert_eq!(found[..acknowledged], run.acknowledged, "seed {seed} cut {cut}");
            for extra in &found[acknowledged..] {
                assert!(run.attempted.contains(extra), "seed {seed} cut {cut}: {extra:?}");
            }
            known = found;
        }
    }
}
