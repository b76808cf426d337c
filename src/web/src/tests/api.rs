//! The JSON API, its description, live events, metrics.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::*;
use crate::routes::table;

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

async fn put(test: &TestBox, path: &str, kind: &str, body: &str) -> Answer {
    test.send(Method::PUT, Who::Admin, path, &[("content-type", kind)], body).await
}

#[tokio::test]
async fn the_description_covers_exactly_the_routes() {
    let test = TestBox::new();
    let description = json(&test.get(Who::Nobody, "/api/openapi.json").await);
    let mut described: Vec<String> = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        described.extend(methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let routes = table().into_iter().filter(|route| route.path.starts_with("/api/v1"));
    let mut routes: Vec<String> = routes.map(|route| format!("{} {}", route.method, route.path)).collect();
    described.sort();
    routes.sort();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn extensions_by_json() {
    let test = TestBox::new();
    let list = json(&test.get(Who::Viewer, "/api/v1/extensions?q=a&limit=2").await);
    assert_eq!((list["extensions"].as_array().unwrap().len(), &list["extensions"][0]["number"]), (2, &json!("101")));
    let made = put(&test, "/api/v1/extensions/120", "application/json", "{\"name\":\"Robot\"}").await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(json(&made)["secret"].as_str().unwrap().len(), 20);
    let changed = put(&test, "/api/v1/extensions/120", "application/json", "{\"name\":\"Robot 2\"}").await;
    assert_eq!((changed.status, json(&changed).get("secret")), (StatusCode::OK, None));
    let read = test.get(Who::Viewer, "/api/v1/extensions/120").await;
    assert_eq!(json(&read)["name"], "Robot 2");
    assert!(!read.body.contains("ha1"));
    let gone = test.send(Method::DELETE, Who::Admin, "/api/v1/extensions/120", &[], "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(test.get(Who::Viewer, "/api/v1/extensions/120").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bad_json_is_refused_with_a_reason() {
    let test = TestBox::new();
    for (path, kind, body, status) in [
        ("/api/v1/extensions/120", "text/plain", "{\"name\":\"x\"}", 415),
        ("/api/v1/extensions/120", "application/json", "{\"name\":", 400),
        ("/api/v1/extensions/120", "application/json", "{\"name\":[\"x\"]}", 422),
        ("/api/v1/extensions/120", "application/json", "{\"name\":\"x\",\"role\":\"admin\"}", 422),
        ("/api/v1/extensions/x1", "application/json", "{\"name\":\"x\"}", 422),
        ("/api/v1/extensions/120", "application/json", "{\"name\":\"x\",\"secret\":\"1234\"}", 422),
        ("/api/v1/config", "application/toml", "nonsense = 1", 422),
        ("/api/v1/config", "text/plain", "", 415),
    ] {
        let answer = put(&test, path, kind, body).await;
        assert_eq!(answer.status.as_u16(), status, "{kind} {body}: {}", answer.body);
        assert!(json(&answer)["message"].is_string(), "{}", answer.body);
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(put(&test, "/api/v1/extensions/120", "application/json", &deep).await.status.is_client_error());
    for path in [
        "/api/v1/calls?limit=0",
        "/api/v1/calls?result=x",
        "/api/v1/calls?from=x",
        "/api/v1/calls?after=x",
        "/api/v1/extensions?limit=-1",
    ] {
        let answer = test.get(Who::Viewer, path).await;
        assert_eq!((answer.status, &json(&answer)["code"]), (StatusCode::BAD_REQUEST, &json!("bad_request")), "{path}");
    }
}

#[tokio::test]
async fn calls_and_configuration_by_json() {
    let test = TestBox::new();
    let list = json(&test.get(Who::Viewer, "/api/v1/calls?result=answered&extension=101").await);
    assert_eq!(list["calls"][0]["call"], test.call.to_string());
    let detail = json(&test.get(Who::Viewer, &format!("/api/v1/calls/{}", test.call)).await);
    assert_eq!(detail["record"]["legs"][0]["audio"]["received"], 3050);
    assert!(detail["messages"].as_array().unwrap().len() > 10 && !detail["events"].as_array().unwrap().is_empty());

    let text = test.get(Who::Admin, "/api/v1/config").await;
    assert_eq!(text.headers["etag"], "\"1\"");
    let fresh = text.body.replace("Ada Lovelace", "Ada King");
    let stale = [("content-type", "application/toml"), ("if-match", "\"9\"")];
    assert_eq!(test.send(Method::PUT, Who::Admin, "/api/v1/config", &stale, &fresh).await.status, StatusCode::CONFLICT);
    let right = [("content-type", "application/toml"), ("if-match", "\"1\"")];
    let applied = test.send(Method::PUT, Who::Admin, "/api/v1/config?reason=robot", &right, &fresh).await;
    assert_eq!(json(&applied)["version"], 2);
    let history = json(&test.get(Who::Viewer, "/api/v1/config/history").await);
    assert_eq!((&history[0]["reason"], &history[1]["version"]), (&json!("robot"), &json!(1)));
}

#[tokio::test]
async fn a_stream_begins_with_the_snapshot_and_ends_with_the_session() {
    let test = TestBox::new();
    fixture::fill_live(&test.backend);
    let cookie = test.cookie(Who::Viewer).unwrap();
    let mut request = Request::builder()
        .uri("/api/v1/live/events?extensions=101")
        .header(COOKIE, &cookie)
        .body(Body::empty())
        .unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 44], 40_000))));
    let response = test.router.clone().oneshot(request).await.unwrap();
    let mut stream = response.into_body().into_data_stream();
    let mut next = async || String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    let first = next().await;
    assert!(first.starts_with("event: snapshot\n") && first.contains("\"devices\":6"), "{first}");
    assert!(first.contains("\"extension\":\"101\"") && !first.contains("\"extension\":\"102\",\"devices\""));
    let call = test.backend.live.read(|view| *view.calls.keys().next().unwrap());
    test.backend.live.publish(&exchange::live::Event::CallEnded { call, cause: Cause::NormalClearing });
    let second = next().await;
    assert!(second.starts_with("event: changes\n") && second.contains(&format!("\"ended\":[\"{call}\"]")), "{second}");
    test.app.sessions.end_all("viewer");
    assert!(next().await.starts_with("event: signed-out\n"));
}

#[tokio::test]
async fn metrics_and_health() {
    let test = TestBox::new();
    fixture::fill_live(&test.backend);
    let metrics = test.get(Who::Viewer, "/metrics").await;
    for line in ["strowger_calls 2", "strowger_devices 6", "strowger_config_version 1", "strowger_journal_writable 1"] {
        assert!(metrics.body.lines().any(|l| l == line), "{line}: {}", metrics.body);
    }
    let mut request = Request::builder().uri("/metrics").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    assert_eq!(test.router.clone().oneshot(request).await.unwrap().status(), StatusCode::OK);
    assert_eq!(test.get(Who::Nobody, "/healthz").await.body, "ok\n");
}
