//! `GET /api/openapi.json`: the API's own description, made from the types.

use std::sync::OnceLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::api::{
    calls, config, contacts, described, dial, extensions, live, messages, missed, person, phones, recordings, routing,
    sounds, tracks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strowger",
        description = "Extensions, trunks, routes, hours, calls, recordings, sounds, live events and \
                       configuration of this box. Sign in with POST /login and send \
                       the cookie. Changing requests must come from this box's own pages or from a program without \
                       an Origin header.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        extensions::list, extensions::get, extensions::put, extensions::delete,
        person::get, person::put,
        messages::list, messages::mark, messages::delete, messages::audio,
        contacts::list, contacts::get, contacts::put, missed::list,
        phones::list, phones::get, phones::put, phones::delete,
        calls::list, calls::get, tracks::get,
        dial::dial, dial::transfer, dial::pickup,
        recordings::list, recordings::get, recordings::audio, recordings::delete,
        sounds::list, sounds::put, sounds::audio, sounds::delete,
        live::snapshot, live::events,
        config::get, config::put, config::history,
        routing::route, routing::odd, routing::ahead,
    ),
    components(schemas(live::Changes)),
    modifiers(&Session),
    security(("session" = [])),
)]
struct Description;

struct Session;

impl Modify for Session {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-strowger")));
        openapi.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

/// The description as JSON.
pub(crate) fn json() -> &'static str {
    static JSON: OnceLock<String> = OnceLock::new();
    JSON.get_or_init(|| {
        let mut description = serde_json::to_value(Description::openapi()).unwrap_or_default();
        described::add(&mut description);
        description.to_string()
    })
}

/// `GET /api/openapi.json`
pub(crate) async fn get() -> Response {
    ([(CONTENT_TYPE, "application/json")], json()).into_response()
}
