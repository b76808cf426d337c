//! What phones and pages can have done beyond calling: one file for each.

pub(crate) mod ask;
pub(crate) mod camp_on;
pub(crate) mod consult;
pub(crate) mod contact;
mod desk;
mod order;
mod page;
pub(crate) mod park;
mod pickup;
mod three_way;
pub(crate) mod transfer_code;
