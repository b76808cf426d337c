//! The words every other crate speaks: typed ids, units, time, seeded randomness and the timer table.
//!
//! Owns nothing that decides anything. Refuses to know SIP, audio, disks and clocks.
//!
//! **Invariant:** nothing here reads a clock or the operating system's randomness; both are arguments.
#![forbid(unsafe_code)]

mod id;
mod random;
mod redacted;
mod time;
mod timers;

pub use id::{CallRef, ConfigVersion, LegId, PlayId, RecordingId, RoomId, StreamId};
pub use random::Random;
pub use redacted::Redacted;
pub use time::{Instant, WallTime};
pub use timers::Timers;

pub use core::time::Duration;
