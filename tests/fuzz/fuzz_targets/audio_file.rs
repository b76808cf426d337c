//! Any octets as a sound file: it is read or refused, within its bounds of time and memory.
#![no_main]

use std::sync::Once;

use audio::file::{Limits, read};
use libfuzzer_sys::fuzz_target;

static QUIET: Once = Once::new();

const LIMITS: Limits = Limits { octets_max: 1 << 20, duration_max_s: 60 };

fuzz_target!(|octets: &[u8]| {
    // A panic that `read` contains is no find; libFuzzer's hook would end the program at it. One that gets out still
    // ends it.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    if let Ok(clip) = read(octets, LIMITS) {
        assert!(!clip.samples.is_empty());
        assert!(clip.duration().as_secs() <= u64::from(LIMITS.duration_max_s) + 1);
    }
});
