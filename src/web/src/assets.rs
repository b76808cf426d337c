//! Style sheet, scripts and icons, built into the binary; addressed with a hash so that they may be cached for ever.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::extract::{Path, RawQuery};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::error::Trouble;

#[derive(RustEmbed)]
#[folder = "src/assets"]
struct Files;

/// The address of an asset, with its hash.
pub(crate) fn url(name: &'static str) -> String {
    format!("/assets/{name}?v={}", tag(name))
}

fn tag(name: &str) -> String {
    // In a release build the files are constant; a debug build reads them from disk, where they may change.
    static TAGS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    let read = |name: &str| Files::get(name).map(|file| hex(&file.metadata.sha256_hash()[..8]));
    if cfg!(debug_assertions) {
        return read(name).unwrap_or_default();
    }
    let tags = TAGS.get_or_init(|| Files::iter().filter_map(|name| Some((name.to_string(), read(&name)?))).collect());
    tags.get(name).cloned().unwrap_or_default()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// `GET /assets/{name}`: names from the embedded list only, so no path can lead elsewhere.
pub(crate) async fn get(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    // The list is asked before the file: a debug build would otherwise open a path that the request names.
    if !Files::iter().any(|known| known == name.as_str()) {
        return Err(Trouble::NotFound);
    }
    let file = Files::get(&name).ok_or(Trouble::NotFound)?;
    let tag = tag(&name);
    let etag = HeaderValue::try_from(format!("\"{tag}\"")).map_err(|_| Trouble::Internal("an odd hash"))?;
    // Only an address that names this very content may be kept without asking again.
    let fixed = query.is_some_and(|query| query == format!("v={tag}"));
    let caching = HeaderValue::from_static(if fixed { "public, max-age=31536000, immutable" } else { "no-cache" });
    if headers.get(IF_NONE_MATCH).is_some_and(|seen| *seen == etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag), (CACHE_CONTROL, caching)]).into_response());
    }
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind)), (ETAG, etag), (CACHE_CONTROL, caching)];
    Ok((headers, file.data.into_owned()).into_response())
}
