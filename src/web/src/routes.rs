//! The one table of routes: method, path, who may, handler. What is not here does not exist.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post, put};
use base::Duration;
use exchange::record::Role;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::Shared;
use crate::guard::{Needs, cross_site, headers, permission};
use crate::login::pages as login;
use crate::pages::{calls, configuration, extensions, groups, home, palette, system};
use crate::{api, assets, metrics};

/// A body may have this many octets.
const BODY_MAX: usize = 256 << 10;
/// A configuration as text may have this many: ten thousand extensions take about four million.
const CONFIG_BODY_MAX: usize = 24 << 20;
/// An answer must have begun after this long; a stream of events may then go on.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

const PUBLIC: Needs = Needs::Public;
const SIGNED_IN: Needs = Needs::SignedIn;
const VIEWER: Needs = Needs::Role(Role::Viewer);
const ADMIN: Needs = Needs::Role(Role::Administrator);

/// A row of the table.
pub(crate) struct Route {
    pub method: Method,
    pub path: &'static str,
    pub needs: Needs,
    handler: MethodRouter<Shared>,
}

/// The table.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<Route> {
    let row = |method, path, needs, handler| Route { method, path, needs, handler };
    let big = || DefaultBodyLimit::max(CONFIG_BODY_MAX);
    let (g, p, u, d) = (Method::GET, Method::POST, Method::PUT, Method::DELETE);
    vec![
        row(g.clone(), "/login", PUBLIC, get(login::show)),
        row(p.clone(), "/login", PUBLIC, post(login::sign_in)),
        row(p.clone(), "/logout", SIGNED_IN, post(login::sign_out)),
        row(g.clone(), "/password", SIGNED_IN, get(login::show_password)),
        row(p.clone(), "/password", SIGNED_IN, post(login::change_password)),
        row(g.clone(), "/assets/{name}", PUBLIC, get(assets::get)),
        row(g.clone(), "/healthz", PUBLIC, get(metrics::healthz)),
        row(g.clone(), "/metrics", Needs::LocalOrViewer, get(metrics::get)),

        row(g.clone(), "/", VIEWER, get(home::show)),
        row(g.clone(), "/palette", VIEWER, get(palette::get)),

        row(g.clone(), "/extensions", VIEWER, get(extensions::list)),
        row(p.clone(), "/extensions", ADMIN, post(extensions::create)),
        row(g.clone(), "/extensions/new", ADMIN, get(extensions::new)),
        row(g.clone(), "/extensions/{number}", VIEWER, get(extensions::show)),
        row(p.clone(), "/extensions/{number}", ADMIN, post(extensions::change)),
        row(p.clone(), "/extensions/{number}/secret", ADMIN, post(extensions::new_secret)),
        row(p.clone(), "/extensions/{number}/forget", ADMIN, post(extensions::forget)),
        row(g.clone(), "/extensions/{number}/delete", ADMIN, get(extensions::ask_delete)),
        row(p.clone(), "/extensions/{number}/delete", ADMIN, post(extensions::delete)),

        row(g.clone(), "/ring-groups", VIEWER, get(groups::list)),
        row(p.clone(), "/ring-groups", ADMIN, post(groups::create)),
        row(g.clone(), "/ring-groups/new", ADMIN, get(groups::new)),
        row(g.clone(), "/ring-groups/{number}", VIEWER, get(groups::show)),
        row(p.clone(), "/ring-groups/{number}", ADMIN, post(groups::change)),
        row(g.clone(), "/ring-groups/{number}/delete", ADMIN, get(groups::ask_delete)),
        row(p.clone(), "/ring-groups/{number}/delete", ADMIN, post(groups::delete)),

        row(g.clone(), "/calls", VIEWER, get(calls::list)),
        row(g.clone(), "/calls.csv", VIEWER, get(calls::export)),
        row(g.clone(), "/calls/{call}", VIEWER, get(calls::show)),
        row(p.clone(), "/calls/{call}/hang-up", ADMIN, post(calls::hang_up)),

        row(g.clone(), "/configuration", VIEWER, get(configuration::history)),
        row(g.clone(), "/configuration/edit", ADMIN, get(configuration::edit)),
        row(p.clone(), "/configuration/edit", ADMIN, post(configuration::apply).layer(big())),
        row(g.clone(), "/configuration/{version}", VIEWER, get(configuration::show)),
        row(g.clone(), "/configuration/{version}/text", ADMIN, get(configuration::download)),
        row(p.clone(), "/configuration/{version}/roll-back", ADMIN, post(configuration::roll_back)),

        row(g.clone(), "/system", VIEWER, get(system::show)),
        row(g.clone(), "/system/audit", ADMIN, get(system::audit)),

        row(g.clone(), "/api/openapi.json", PUBLIC, get(api::openapi::get)),
        row(g.clone(), "/api/v1/extensions", VIEWER, get(api::extensions::list)),
        row(g.clone(), "/api/v1/extensions/{number}", VIEWER, get(api::extensions::get)),
        row(u.clone(), "/api/v1/extensions/{number}", ADMIN, put(api::extensions::put)),
        row(d.clone(), "/api/v1/extensions/{number}", ADMIN, delete(api::extensions::delete)),
        row(g.clone(), "/api/v1/calls", VIEWER, get(api::calls::list)),
        row(g.clone(), "/api/v1/calls/{call}", VIEWER, get(api::calls::get)),
        row(g.clone(), "/api/v1/live", VIEWER, get(api::live::snapshot)),
        row(g.clone(), "/api/v1/live/events", VIEWER, get(api::live::events)),
        row(g.clone(), "/api/v1/config", ADMIN, get(api::config::get)),
        row(u, "/api/v1/config", ADMIN, put(api::config::put).layer(big())),
        row(g, "/api/v1/config/history", VIEWER, get(api::config::history)),
    ]
}

/// The router made of the table, with everything that a request passes on its way.
pub(crate) fn router(app: Shared) -> Router {
    let mut router = Router::new();
    for Route { path, needs, handler, .. } in table() {
        let guarded = handler.route_layer(from_fn_with_state((app.clone(), needs), permission::check));
        router = router.route(path, guarded);
    }
    router
        .fallback(permission::nothing_here)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CompressionLayer::new())
        .layer(from_fn(cross_site::check))
        .layer(from_fn(headers::add))
        .with_state(app)
}
