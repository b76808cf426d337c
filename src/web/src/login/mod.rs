//! Who is there: sessions, the password check, brute-force brakes and the pages to log in and out.

pub(crate) mod common;
pub(crate) mod pages;
pub mod password;
pub(crate) mod session;
pub(crate) mod throttle;
