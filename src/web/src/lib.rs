//! HTTP: pages, sessions, live events and the API.
//!
//! The only crate that speaks HTTP, HTML and JSON. It owns web sessions, the password check, the live hub that
//! feeds server-sent events, and every page. It refuses to know SIP messages (a ladder is text to it) and decides
//! nothing about calls: it reads facts from the store, takes the configuration as it is, and hands changes to
//! [`Backend::apply`] and commands to [`Backend::commands`].
//!
//! A request passes, in this order: connection limits ([`server`]), response headers and the cross-site check
//! ([`guard`]), the route's declared permission ([`routes`]), the handler (extract, one command or query, view).
//!
//! **Invariants:** every route stands in the one table in `routes.rs` with its permission; a GET changes nothing (but
//! whoever listens to a recording leaves a row in the audit log first);
//! no inline script or style leaves this crate; a 2xx for a change means that it is durable.

mod api;
mod app;
mod assets;
mod backend;
mod clocks;
mod contacts;
mod csv;
mod entries;
mod error;
mod files;
mod findings;
mod guard;
mod live;
mod login;
mod messages;
mod metrics;
mod missed;
mod pages;
mod person;
mod provisioning;
mod routes;
mod server;
mod sound;
mod tls;
mod words;

pub use backend::{About, Apply, ApplyError, Backend, Change, ChangeRequest, CurrentConfig};
pub use files::{Content, OpenFile, RecordingFiles, SoundInfo, Sounds};
pub use live::LiveHub;
pub use login::password::{PASSWORD_MIN, PasswordRefused, check_password, hash_password};
pub use provisioning::open_invitation;
pub use server::{ServeError, WebOptions, WebServer, serve};
pub use tls::TlsError;

#[cfg(test)]
extern crate self as web; // the fixture is shared with the example, which sees the crate from outside

#[cfg(test)]
mod tests;
