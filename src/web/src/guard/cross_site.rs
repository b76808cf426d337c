//! The cross-site check (CSRF): no tokens, the browser itself says where an unsafe request comes from.
//!
//! `Sec-Fetch-Site` where sent must say "same-origin" or "none" (typed by the person), and `Origin` where sent must
//! be ours; both are checked, so that neither can contradict the other. A request with neither comes from a program,
//! which no web page can make send our cookie.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::{ApiError, Trouble};

/// Refuses an unsafe method from another site with 403.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    if safe || is_own(request.headers(), authority.as_deref()) {
        return next.run(request).await;
    }
    tracing::warn!(path = request.uri().path(), "request from another site refused");
    if request.uri().path().starts_with("/api/") {
        ApiError::from(Trouble::CrossSite).into_response()
    } else {
        Trouble::CrossSite.into_response()
    }
}

/// `authority` is that of HTTP/2's `:authority`; HTTP/1.1 has a Host header.
fn is_own(headers: &HeaderMap, authority: Option<&str>) -> bool {
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return false;
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = authority.or_else(|| headers.get(HOST)?.to_str().ok());
    match (origin.to_str().ok().and_then(|origin| origin.strip_prefix("https://")), host) {
        (Some(origin), Some(host)) => without_default_port(origin).eq_ignore_ascii_case(without_default_port(host)),
        _ => false,
    }
}

fn without_default_port(host: &str) -> &str {
    host.strip_suffix(":443").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers =
            pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect::<HeaderMap>();
        is_own(&headers, None)
    }

    #[test]
    fn only_our_own_pages_and_programs_pass() {
        assert!(own(&[("host", "box:8443"), ("origin", "https://box:8443"), ("sec-fetch-site", "same-origin")]));
        assert!(own(&[("host", "box"), ("origin", "https://BOX:443")]));
        assert!(own(&[("host", "box")]), "a program sends neither");
        for foreign in ["https://evil.example", "http://box:8443", "https://box:8444", "null", "https://box:8443.evil"]
        {
            assert!(!own(&[("host", "box:8443"), ("origin", foreign)]), "{foreign}");
        }
        for site in ["cross-site", "same-site", "", "rubbish"] {
            assert!(!own(&[("host", "box"), ("sec-fetch-site", site)]), "{site}");
        }
        assert!(!own(&[("host", "box"), ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
        assert!(!own(&[("origin", "https://box")]), "no host to compare with");
    }
}
