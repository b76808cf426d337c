//! Any octets as the journal's last segment, and any payloads in frames whose checksums are right: the
//! store opens or refuses, never panics, and what it opens it opens again to the same state.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use store::index::MemoryIndex;
use store::{Store, StoreOptions, backup};

static DIR: LazyLock<PathBuf> = LazyLock::new(|| std::env::temp_dir().join(format!("fuzz-{}", std::process::id())));

fn segment_header() -> Vec<u8> {
    let mut header = b"STRWJRNL\x01\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    header.extend_from_slice(&crc32c::crc32c(&header).to_le_bytes());
    header
}

/// Frames of what stands between the octets 0xfe: the first is the kind, the others are the payload.
fn framed(octets: &[u8]) -> Vec<u8> {
    let mut segment = segment_header();
    for (piece, lsn) in octets.split(|octet| *octet == 0xfe).filter(|piece| !piece.is_empty()).zip(1_u64..) {
        let (kind, payload) = (piece[0] % 9, &piece[1..]);
        let len = (payload.len() as u32).to_le_bytes();
        let rest = [&lsn.to_le_bytes()[..], &1_u64.to_le_bytes(), &[kind], payload].concat();
        let crc = crc32c::crc32c(&[&len[..], &rest].concat());
        segment.extend([&len[..], &crc.to_le_bytes(), &rest].concat());
    }
    segment
}

fn state(store: &Store) -> String {
    let (bindings, accounts, open) = (store.bindings(), store.accounts(), store.open_calls());
    format!("{bindings:?} {accounts:?} {open:?} {:?}", store.config_version())
}

fuzz_target!(|octets: &[u8]| {
    let Some((mode, octets)) = octets.split_first() else { return };
    let segment = match mode % 3 {
        0 => octets.to_vec(),
        1 => [&segment_header()[..], octets].concat(),
        _ => framed(octets),
    };
    let _ = fs::remove_dir_all(&*DIR);
    fs::create_dir_all(DIR.join("journal")).expect("a temporary folder");
    fs::write(DIR.join("journal/0000000000000001.log"), segment).expect("a temporary file");
    let options = StoreOptions { index: Arc::new(MemoryIndex::open), ..StoreOptions::default() };
    if let Ok(store) = Store::open(&DIR, options.clone()) {
        let before = state(&store);
        let _ = (store.config_current(), store.config_history(9), store.audit(9, None));
        drop(store);
        let again = Store::open(&DIR, options).expect("what opened once opens again");
        assert_eq!(state(&again), before);
    }
    let file = DIR.join("backup");
    fs::write(&file, octets).expect("a temporary file");
    let _ = backup::verify(&file);
});
