//! The rows of telephony's rules: trunks, routes, hours, classes, numbers, blocked callers.

use axum::routing::MethodFilter;
use config::{
    Blocked, Calendar, Class, Emergency, Hours, InboundRoute, MailSettings, Mailbox, MediaSettings, Numbers,
    OutboundRoute, Paging, Parking, Provisioning, RecordingSettings, Trunk, VoicemailSettings,
};

use super::{ADMIN, Route, VIEWER, row};
use crate::api::{entries as api, routing as dry};
use crate::pages::{blocked, entries, hours, look_ahead, numbers, routing, settings, trunks};

/// The rows that every section with many entries has.
macro_rules! many {
    ($rows:ident, $kind:ty, $path:literal) => {
        let (g, p) = (MethodFilter::GET, MethodFilter::POST);
        $rows.extend([
            row(g, $path, VIEWER, entries::list::<$kind>),
            row(p, $path, ADMIN, entries::create::<$kind>),
            row(g, concat!($path, "/new"), ADMIN, entries::new::<$kind>),
            row(g, concat!($path, "/{id}"), VIEWER, entries::show::<$kind>),
            row(p, concat!($path, "/{id}"), ADMIN, entries::change::<$kind>),
            row(g, concat!($path, "/{id}/delete"), ADMIN, entries::ask_delete::<$kind>),
            row(p, concat!($path, "/{id}/delete"), ADMIN, entries::delete::<$kind>),
            row(g, concat!("/api/v1", $path), VIEWER, api::list::<$kind>),
            row(g, concat!("/api/v1", $path, "/{id}"), VIEWER, api::get::<$kind>),
            row(MethodFilter::PUT, concat!("/api/v1", $path, "/{id}"), ADMIN, api::put::<$kind>),
            row(MethodFilter::DELETE, concat!("/api/v1", $path, "/{id}"), ADMIN, api::delete::<$kind>),
        ]);
    };
}

/// The rows of a section that comes once.
macro_rules! once {
    ($rows:ident, $kind:ty, $path:literal) => {
        $rows.extend([
            row(MethodFilter::GET, concat!("/settings", $path), VIEWER, settings::show::<$kind>),
            row(MethodFilter::POST, concat!("/settings", $path), ADMIN, settings::change::<$kind>),
            row(MethodFilter::GET, concat!("/api/v1", $path), VIEWER, api::get_single::<$kind>),
            row(MethodFilter::PUT, concat!("/api/v1", $path), ADMIN, api::put_single::<$kind>),
        ]);
    };
}

/// The rows.
pub(super) fn rows() -> Vec<Route> {
    let (g, p, u) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::PUT);
    let mut rows = vec![
        row(p, "/trunks/{id}/test", ADMIN, trunks::test),
        row(p, "/hours/{id}/switch", ADMIN, hours::switch),
        row(p, "/blocked-by-phone/remove", ADMIN, blocked::unblock),
        row(g, "/routing", VIEWER, routing::show),
        row(g, "/calendar", VIEWER, look_ahead::show),
        row(g, "/api/v1/routing", VIEWER, dry::route),
        row(g, "/api/v1/findings", VIEWER, dry::odd),
        row(g, "/api/v1/look-ahead", VIEWER, dry::ahead),
        row(g, "/numbers", VIEWER, numbers::show),
        row(p, "/numbers", ADMIN, numbers::set_numbers),
        row(p, "/emergency", ADMIN, numbers::set_emergency),
        row(g, "/api/v1/numbers", VIEWER, api::get_single::<Numbers>),
        row(u, "/api/v1/numbers", ADMIN, api::put_single::<Numbers>),
        row(g, "/api/v1/emergency", VIEWER, api::get_single::<Emergency>),
        row(u, "/api/v1/emergency", ADMIN, api::put_single::<Emergency>),
    ];
    many!(rows, Trunk, "/trunks");
    many!(rows, InboundRoute, "/inbound-routes");
    many!(rows, OutboundRoute, "/outbound-routes");
    many!(rows, Hours, "/hours");
    many!(rows, Calendar, "/calendars");
    many!(rows, Class, "/classes");
    many!(rows, Blocked, "/blocked");
    many!(rows, Mailbox, "/mailboxes");
    many!(rows, Paging, "/paging");
    once!(rows, VoicemailSettings, "/voicemail");
    once!(rows, Parking, "/parking");
    once!(rows, MailSettings, "/mail");
    once!(rows, Provisioning, "/provisioning");
    once!(rows, RecordingSettings, "/recording");
    once!(rows, MediaSettings, "/media");
    rows
}
