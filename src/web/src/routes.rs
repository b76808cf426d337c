//! The one table of routes: method, path, who may, handler. What is not here does not exist.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, on};
use base::Duration;
use exchange::record::Role;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::timeout::TimeoutLayer;

use crate::app::Shared;
use crate::guard::{Needs, cross_site, headers, permission};
use crate::login::pages as login;
use crate::pages::{
    calls, conferences, configuration, extensions, groups, home, music, palette, phones, recordings, sounds, system,
};
use crate::{api, assets, metrics, provisioning};

mod office;
mod telephony;

/// A body may have this many octets.
const BODY_MAX: usize = 256 << 10;
/// A configuration as text may have this many: ten thousand extensions take about four million.
const CONFIG_BODY_MAX: usize = 24 << 20;
/// An answer must have begun after this long; a stream of events may then go on.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The same where a sound is sent to the box first: 20 MB over a line of 1 Mbit/s.
const UPLOAD_WITHIN: Duration = Duration::from_secs(180);

const PUBLIC: Needs = Needs::Public;
const SIGNED_IN: Needs = Needs::SignedIn;
const VIEWER: Needs = Needs::Role(Role::Viewer);
const ADMIN: Needs = Needs::Role(Role::Administrator);

/// A row of the table.
pub(crate) struct Route {
    /// For the tests that walk the table; a request finds its way by `handler`.
    #[cfg(test)]
    pub method: axum::http::Method,
    pub path: &'static str,
    pub needs: Needs,
    /// An answer must have begun after this long.
    within: Duration,
    handler: MethodRouter<Shared>,
}

fn row<H: Handler<T, Shared>, T: 'static>(method: MethodFilter, path: &'static str, needs: Needs, handler: H) -> Route {
    Route {
        #[cfg(test)]
        method: name_of(method),
        path,
        needs,
        within: ANSWER_WITHIN,
        handler: on(method, handler),
    }
}

impl Route {
    /// A larger body than usual.
    fn with_body(mut self, octets: usize) -> Self {
        self.handler = self.handler.layer(DefaultBodyLimit::max(octets));
        self
    }

    /// A sound as body, over a line that may be slow.
    fn with_sound(mut self) -> Self {
        self.within = UPLOAD_WITHIN;
        self.with_body(sounds::UPLOAD_MAX + sounds::FORM_AROUND)
    }
}

#[cfg(test)]
fn name_of(filter: MethodFilter) -> axum::http::Method {
    use axum::http::Method;
    let all = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    let is_it = |method: &Method| MethodFilter::try_from(method.clone()).is_ok_and(|other| other == filter);
    all.into_iter().find(is_it).expect("one of the four")
}

/// The table.
#[rustfmt::skip]
pub(crate) fn table() -> Vec<Route> {
    let (g, p, u, d) = (MethodFilter::GET, MethodFilter::POST, MethodFilter::PUT, MethodFilter::DELETE);
    let mut rows = vec![
        row(g, "/login", PUBLIC, login::show),
        row(p, "/login", PUBLIC, login::sign_in),
        row(p, "/logout", SIGNED_IN, login::sign_out),
        row(g, "/password", SIGNED_IN, login::show_password),
        row(p, "/password", SIGNED_IN, login::change_password),
        row(g, "/assets/{name}", PUBLIC, assets::get),
        row(g, "/healthz", PUBLIC, metrics::healthz),
        row(g, "/metrics", Needs::LocalOrViewer, metrics::get),

        row(g, "/prov/{file}", PUBLIC, provisioning::without_token),
        row(g, "/prov/{token}/{file}", PUBLIC, provisioning::with_token),

        row(g, "/", VIEWER, home::show),
        row(g, "/palette", VIEWER, palette::get),

        row(g, "/extensions", VIEWER, extensions::list),
        row(p, "/extensions", ADMIN, extensions::create),
        row(g, "/extensions/new", ADMIN, extensions::new),
        row(g, "/extensions/{number}", VIEWER, extensions::show),
        row(p, "/extensions/{number}", ADMIN, extensions::change),
        row(p, "/extensions/{number}/secret", ADMIN, extensions::new_secret),
        row(p, "/extensions/{number}/forget", ADMIN, extensions::forget),
        row(g, "/extensions/{number}/delete", ADMIN, extensions::ask_delete),
        row(p, "/extensions/{number}/delete", ADMIN, extensions::delete),

        row(g, "/phones", VIEWER, phones::list),
        row(p, "/phones", ADMIN, phones::create),
        row(g, "/phones.csv", VIEWER, phones::table::export),
        row(g, "/phones/table", VIEWER, phones::table::show),
        row(p, "/phones/table", ADMIN, phones::table::import).with_body(CONFIG_BODY_MAX),
        row(g, "/phones/new", ADMIN, phones::new),
        row(g, "/phones/{mac}", VIEWER, phones::show),
        row(p, "/phones/{mac}", ADMIN, phones::change),
        row(p, "/phones/{mac}/invite", ADMIN, phones::invite),
        row(p, "/phones/{mac}/resync", ADMIN, phones::resync),
        row(p, "/phones/{mac}/renew", ADMIN, phones::renew),
        row(g, "/phones/{mac}/delete", ADMIN, phones::ask_delete),
        row(p, "/phones/{mac}/delete", ADMIN, phones::delete),

        row(g, "/key-layouts", VIEWER, phones::layouts::list),
        row(p, "/key-layouts", ADMIN, phones::layouts::create),
        row(g, "/key-layouts/new", ADMIN, phones::layouts::new),
        row(g, "/key-layouts/{layout}", VIEWER, phones::layouts::show),
        row(p, "/key-layouts/{layout}", ADMIN, phones::layouts::change),
        row(p, "/key-layouts/{layout}/delete", ADMIN, phones::layouts::delete),

        row(g, "/ring-groups", VIEWER, groups::list),
        row(p, "/ring-groups", ADMIN, groups::create),
        row(g, "/ring-groups/new", ADMIN, groups::new),
        row(g, "/ring-groups/{number}", VIEWER, groups::show),
        row(p, "/ring-groups/{number}", ADMIN, groups::change),
        row(g, "/ring-groups/{number}/delete", ADMIN, groups::ask_delete),
        row(p, "/ring-groups/{number}/delete", ADMIN, groups::delete),

        row(g, "/conferences", VIEWER, conferences::list),
        row(p, "/conferences", ADMIN, conferences::create),
        row(g, "/conferences/new", ADMIN, conferences::new),
        row(g, "/conferences/{number}", VIEWER, conferences::show),
        row(p, "/conferences/{number}", ADMIN, conferences::change),
        row(g, "/conferences/{number}/delete", ADMIN, conferences::ask_delete),
        row(p, "/conferences/{number}/delete", ADMIN, conferences::delete),

        row(g, "/music", VIEWER, music::list),
        row(p, "/music", ADMIN, music::create),
        row(g, "/music/new", ADMIN, music::new),
        row(g, "/music/{class}", VIEWER, music::show),
        row(p, "/music/{class}", ADMIN, music::change),
        row(g, "/music/{class}/delete", ADMIN, music::ask_delete),
        row(p, "/music/{class}/delete", ADMIN, music::delete),

        row(g, "/sounds", VIEWER, sounds::list),
        row(p, "/sounds", ADMIN, sounds::upload).with_sound(),
        row(g, "/sounds/{sound}/audio", VIEWER, sounds::listen),
        row(g, "/sounds/{sound}/delete", ADMIN, sounds::ask_delete),
        row(p, "/sounds/{sound}/delete", ADMIN, sounds::delete),

        row(g, "/recordings", ADMIN, recordings::list),
        row(g, "/recordings/{recording}", ADMIN, recordings::show),
        row(g, "/recordings/{recording}/audio", ADMIN, recordings::listen),
        row(g, "/recordings/{recording}/delete", ADMIN, recordings::ask_delete),
        row(p, "/recordings/{recording}/delete", ADMIN, recordings::do_delete),

        row(g, "/calls", VIEWER, calls::list),
        row(g, "/calls.csv", VIEWER, calls::export),
        row(g, "/calls/{call}", VIEWER, calls::show),
        row(p, "/calls/{call}/hang-up", ADMIN, calls::hang_up),

        row(g, "/configuration", VIEWER, configuration::history),
        row(g, "/configuration/edit", ADMIN, configuration::edit),
        row(p, "/configuration/edit", ADMIN, configuration::apply).with_body(CONFIG_BODY_MAX),
        row(g, "/configuration/{version}", VIEWER, configuration::show),
        row(g, "/configuration/{version}/text", ADMIN, configuration::download),
        row(p, "/configuration/{version}/roll-back", ADMIN, configuration::roll_back),

        row(g, "/system", VIEWER, system::show),
        row(g, "/system/audit", ADMIN, system::audit),

        row(g, "/api/openapi.json", PUBLIC, api::openapi::get),
        row(g, "/api/v1/extensions", VIEWER, api::extensions::list),
        row(g, "/api/v1/extensions/{number}", VIEWER, api::extensions::get),
        row(u, "/api/v1/extensions/{number}", ADMIN, api::extensions::put),
        row(d, "/api/v1/extensions/{number}", ADMIN, api::extensions::delete),
        row(g, "/api/v1/phones", VIEWER, api::phones::list),
        row(g, "/api/v1/phones/{mac}", VIEWER, api::phones::get),
        row(u, "/api/v1/phones/{mac}", ADMIN, api::phones::put),
        row(d, "/api/v1/phones/{mac}", ADMIN, api::phones::delete),
        row(g, "/api/v1/calls", VIEWER, api::calls::list),
        row(g, "/api/v1/calls/{call}", VIEWER, api::calls::get),
        row(g, "/api/v1/calls/{call}/tracks", VIEWER, api::tracks::get),
        row(g, "/api/v1/recordings", ADMIN, api::recordings::list),
        row(g, "/api/v1/recordings/{recording}", ADMIN, api::recordings::get),
        row(g, "/api/v1/recordings/{recording}/audio", ADMIN, api::recordings::audio),
        row(d, "/api/v1/recordings/{recording}", ADMIN, api::recordings::delete),
        row(g, "/api/v1/sounds", VIEWER, api::sounds::list),
        row(u, "/api/v1/sounds/{sound}", ADMIN, api::sounds::put).with_sound(),
        row(g, "/api/v1/sounds/{sound}/audio", VIEWER, api::sounds::audio),
        row(d, "/api/v1/sounds/{sound}", ADMIN, api::sounds::delete),
        row(g, "/api/v1/live", VIEWER, api::live::snapshot),
        row(g, "/api/v1/live/events", VIEWER, api::live::events),
        row(g, "/api/v1/config", ADMIN, api::config::get),
        row(u, "/api/v1/config", ADMIN, api::config::put).with_body(CONFIG_BODY_MAX),
        row(g, "/api/v1/config/history", VIEWER, api::config::history),
    ];
    rows.extend(telephony::rows());
    rows.extend(office::rows());
    rows
}

/// The router made of the table, with everything that a request passes on its way.
pub(crate) fn router(app: Shared) -> Router {
    let mut router = Router::new();
    for Route { path, needs, within, handler, .. } in table() {
        let guarded = handler
            .route_layer(from_fn_with_state((app.clone(), needs), permission::check))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, within));
        router = router.route(path, guarded);
    }
    router
        .fallback(permission::nothing_here)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(
            CompressionLayer::new().compress_when(DefaultPredicate::new().and(NotForContentType::const_new("audio/"))),
        )
        .layer(from_fn(cross_site::check))
        .layer(from_fn(headers::add))
        .with_state(app)
}
