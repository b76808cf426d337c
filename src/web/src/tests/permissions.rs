//! Generated from the route table: every role on every route, and every unsafe route from another site.

use super::*;
use crate::guard::Needs;
use crate::routes::table;

fn is_machine(path: &str) -> bool {
    path.starts_with("/api/") || path == "/metrics" || path == "/palette"
}

/// What a role must see on a route: it gets in, or is turned away in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    In,
    To(&'static str),
    Status(u16),
}

fn expected(needs: Needs, path: &str, who: Who) -> Expected {
    let machine = is_machine(path);
    match (needs, who) {
        (Needs::Public, _) | (Needs::SignedIn, Who::Fresh | Who::Viewer | Who::Admin) => Expected::In,
        (_, Who::Nobody) if machine => Expected::Status(401),
        (_, Who::Nobody) => Expected::To("/login"),
        (_, Who::Fresh) if machine => Expected::Status(403),
        (_, Who::Fresh) => Expected::To("/password"),
        (Needs::Role(Role::Administrator), Who::Viewer) => Expected::Status(403),
        (Needs::Role(_) | Needs::LocalOrViewer, _) => Expected::In,
    }
}

#[tokio::test]
async fn each_role_on_each_route() {
    let test = TestBox::new();
    fixture::add_telephony(&test.backend);
    for route in table() {
        let path = test.filled(route.path);
        for who in [Who::Nobody, Who::Viewer, Who::Fresh, Who::Admin] {
            let answer = test.send(route.method.clone(), who, &path, &[], "").await;
            let place = format!("{} {path} as {who:?}: {}", route.method, answer.status);
            match expected(route.needs, &path, who) {
                Expected::In => {
                    assert!(!matches!(answer.status.as_u16(), 401 | 403 | 405 | 500..), "{place}");
                    let turned_away = answer.location().starts_with("/login?next") || answer.location() == "/password";
                    assert!(!turned_away, "{place} to {}", answer.location());
                }
                Expected::To(login) => {
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{place}");
                    assert!(answer.location().starts_with(login), "{place}");
                }
                Expected::Status(status) => assert_eq!(answer.status.as_u16(), status, "{place}"),
            }
        }
    }
}

#[tokio::test]
async fn no_unsafe_route_takes_a_request_from_another_site() {
    let test = TestBox::new();
    for route in table().into_iter().filter(|route| route.method != Method::GET) {
        let path = test.filled(route.path);
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "null")],
            &[("origin", "http://box:8443")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://box:8443")],
            &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
        ] {
            let answer = test.send(route.method.clone(), Who::Admin, &path, headers, "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path} with {headers:?}", route.method);
        }
    }
    assert!(test.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let test = TestBox::new();
    fixture::add_telephony(&test.backend);
    // Whoever listens to a recording leaves a trace: that is the one thing a GET writes.
    let is_trace = |what: &str| what.starts_with("listened to rec") || what.starts_with("downloaded rec");
    let state = || {
        let audit = test.backend.store.audit(1_000, None).unwrap();
        let others = audit.iter().filter(|(_, row)| !is_trace(&row.what)).count();
        (test.app.config().0, others, test.backend.store.accounts(), test.backend.store.open_recordings())
    };
    let before = state();
    for route in table().into_iter().filter(|route| route.method == Method::GET) {
        let path = test.filled(route.path);
        // Also with what a form would send, in the address.
        for path in [path.clone(), format!("{path}?user=admin&password=x&act=apply&reason=x&name=x&number=999")] {
            let answer = test.get(Who::Admin, &path).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.body);
        }
    }
    assert_eq!(state(), before);
    assert!(test.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_in_the_table_does_not_exist() {
    let test = TestBox::new();
    for path in ["/admin", "/api/v2/extensions", "/api/v1", "/.git/config", "/extensions/101/../../etc/passwd", "//"] {
        assert_eq!(test.get(Who::Admin, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = test.send(method, Who::Admin, "/extensions/101", &[], "").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}

#[test]
fn every_row_is_declared_once() {
    let mut rows: Vec<String> = table().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    rows.sort();
    let count = rows.len();
    rows.dedup();
    assert_eq!(rows.len(), count);
    let public: Vec<&str> =
        table().iter().filter(|route| route.needs == Needs::Public).map(|route| route.path).collect();
    assert_eq!(
        public,
        ["/login", "/login", "/assets/{name}", "/healthz", "/prov/{file}", "/prov/{token}/{file}", "/api/openapi.json"]
    );
}

#[tokio::test]
async fn every_answer_carries_the_protecting_headers() {
    let test = TestBox::new();
    for path in ["/", "/login", "/nothing", "/assets/style.css", "/api/v1/live", "/healthz", "/calls.csv"] {
        let answer = test.get(Who::Admin, path).await;
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
        for name in ["x-content-type-options", "x-frame-options", "referrer-policy", "strict-transport-security"] {
            assert!(answer.headers.contains_key(name), "{path} without {name}");
        }
        let kept = answer.headers["cache-control"].to_str().unwrap();
        assert_eq!(kept, if path.starts_with("/assets") { "no-cache" } else { "no-store" });
    }
}
