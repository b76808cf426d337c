//! Virtual clock, faulty network, scripted phones, invariants: the real exchange in a world of one seed.
//!
//! Owns everything around the exchange that a test needs: a [`World`] with its clock, the [`Network`],
//! [`Phone`]s that follow scripts, a [`FakeStore`] that acknowledges late, fails and loses what it did not
//! acknowledge, and a [`FakePlane`] that checks media commands. Refuses to know the insides of the exchange:
//! it talks to it as the shell does.
//!
//! **Invariants:** the same seed gives the same run, message for message; what [`watch`] checks holds after
//! every step, and a failure names the seed.
#![forbid(unsafe_code)]

mod audio;
mod chaos;
mod company;
mod ladder;
mod lamp;
mod network;
pub mod phone;
mod plane;
pub mod provider;
mod store;
pub mod watch;
mod world;

pub use chaos::{Chaos, ChaosOptions};
pub use company::{BOARD, BOARD_PIN, BOX, company, phone_address, secret_of};
pub use ladder::Ladder;
pub use network::{Faults, Network, Packet};
pub use phone::{Answering, Phone};
pub use plane::{FakePlane, PlaneFaults};
pub use store::{Acknowledgement, FakeStore, StoreFaults};
pub use world::World;

/// A whole number of seconds.
pub const fn secs(seconds: u64) -> base::Duration {
    base::Duration::from_secs(seconds)
}

/// A whole number of milliseconds.
pub const fn millis(millis: u64) -> base::Duration {
    base::Duration::from_millis(millis)
}
