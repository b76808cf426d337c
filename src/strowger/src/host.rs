//! What the machine beneath gives: the wall clock, randomness, and patience with a disk that is busy.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base::{Random, WallTime};
use rand_core::{OsRng, TryRngCore};
use store::StoreError;

use crate::exit::{Exit, Failure};

/// The wall clock.
pub fn wall_clock() -> WallTime {
    // A clock before 1970 is a clock that was never set.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallTime::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Randomness, seeded by the operating system.
pub fn random() -> Result<Random, Failure> {
    let mut seed = [0; 32];
    OsRng
        .try_fill_bytes(&mut seed)
        .map_err(|error| Failure::new(Exit::Failed, format!("the operating system gives no randomness: {error}")))?;
    Ok(Random::from_seed(seed))
}

/// Asks the store again while its search index is being opened. Blocks.
pub fn patiently<T>(mut ask: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let began = Instant::now();
    loop {
        match ask() {
            Err(StoreError::IndexNotReady(_)) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(10));
            }
            answer => return answer,
        }
    }
}
