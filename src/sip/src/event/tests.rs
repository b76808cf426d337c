//! The notifier's rules, and the bodies both ways.

mod bodies;
mod notifier;
mod random;
