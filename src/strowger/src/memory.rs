//! Memory: the C library's allocator, told to keep few arenas and to give back what is free.
//!
//! A box has a few busy threads and little memory; see the decision notes for the figures.

use std::time::Duration;

/// Arenas at most: one for the signalling thread, the others for whoever comes.
const ARENAS_MAX: libc::c_int = 2;
/// Free memory at the top of an arena goes back from this size on, octets.
const TRIM_FROM: libc::c_int = 256 * 1024;
/// How often free memory in the middle goes back as well.
pub const TIDY_EVERY: Duration = Duration::from_secs(30);

/// Settles the allocator; call it first, while there is one thread.
pub fn settle() {
    // SAFETY: mallopt only stores numbers; no other thread runs yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, ARENAS_MAX);
        libc::mallopt(libc::M_TRIM_THRESHOLD, TRIM_FROM);
    }
}

/// Gives free memory back to the system.
pub fn tidy() {
    // SAFETY: malloc_trim may be called from any thread at any time (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}
