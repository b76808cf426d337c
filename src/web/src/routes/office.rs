//! The rows of the office's functions: what people set, messages, contacts, the operator's panel.

use axum::routing::MethodFilter;

use super::{ADMIN, Route, VIEWER, row};
use crate::api;
use crate::pages::{contacts, messages, missed, panel, person};

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Route> {
    let (g, p, u, d) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::PUT, MethodFilter::DELETE);
    vec![
        row(g, "/extensions/{number}/person", VIEWER, person::show),
        row(p, "/extensions/{number}/person", ADMIN, person::change),
        row(g, "/api/v1/extensions/{number}/person", VIEWER, api::person::get),
        row(u, "/api/v1/extensions/{number}/person", ADMIN, api::person::put),

        row(g, "/panel", VIEWER, panel::show),
        row(p, "/panel/{call}/transfer", ADMIN, panel::transfer),
        row(p, "/panel/{call}/pickup", ADMIN, panel::pickup),
        row(p, "/api/v1/dial", ADMIN, api::dial::dial),
        row(p, "/api/v1/calls/{call}/transfer", ADMIN, api::dial::transfer),
        row(p, "/api/v1/calls/{call}/pickup", ADMIN, api::dial::pickup),

        row(g, "/messages", VIEWER, messages::list),
        row(g, "/messages/{mailbox}/{message}/audio", ADMIN, messages::listen),
        row(p, "/messages/{mailbox}/{message}", ADMIN, messages::mark),
        row(g, "/messages/{mailbox}/{message}/delete", ADMIN, messages::ask_delete),
        row(p, "/messages/{mailbox}/{message}/delete", ADMIN, messages::delete),
        row(g, "/api/v1/messages", VIEWER, api::messages::list),
        row(u, "/api/v1/messages/{mailbox}/{message}", ADMIN, api::messages::mark),
        row(d, "/api/v1/messages/{mailbox}/{message}", ADMIN, api::messages::delete),
        row(g, "/api/v1/messages/{mailbox}/{message}/audio", ADMIN, api::messages::audio),

        row(g, "/missed-calls", VIEWER, missed::list),
        row(p, "/missed-calls/{call}/call", ADMIN, missed::call_back),
        row(g, "/api/v1/missed-calls", VIEWER, api::missed::list),

        row(g, "/contacts", VIEWER, contacts::list),
        row(g, "/contacts/{contact}", VIEWER, contacts::show),
        row(p, "/contacts/{contact}", ADMIN, contacts::change),
        row(p, "/contacts/{contact}/close", ADMIN, contacts::close),
        row(p, "/contacts/{contact}/call", ADMIN, contacts::call),
        row(g, "/api/v1/contacts", VIEWER, api::contacts::list),
        row(g, "/api/v1/contacts/{contact}", VIEWER, api::contacts::get),
        row(u, "/api/v1/contacts/{contact}", ADMIN, api::contacts::put),
    ]
}
