//! Signing in and out, the forced change, sessions, guessing.

use axum::http::header::SET_COOKIE;

use super::*;
use fixture::PASSWORD;

/// Signs in and returns the answer with the cookie it sets, as a browser would send it.
async fn sign_in(test: &TestBox, user: &str, password: &str) -> (Answer, Option<String>) {
    let answer = test.post(Who::Nobody, "/login", &[("user", user), ("password", password), ("next", "/calls")]).await;
    let cookie = answer.headers.get(SET_COOKIE).and_then(|c| c.to_str().ok()?.split(';').next().map(str::to_owned));
    (answer, cookie)
}

async fn with_cookie(test: &TestBox, method: Method, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
    let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "box:8443")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(COOKIE, cookie);
    test.run(request.body(Body::from(body)).unwrap()).await
}

fn audit(test: &TestBox) -> Vec<(String, String)> {
    let rows = test.backend.store.audit(100, None).unwrap();
    rows.into_iter().map(|(_, row)| (row.who, row.what)).collect()
}

#[tokio::test]
async fn in_and_out() {
    let test = TestBox::new();
    let (answer, cookie) = sign_in(&test, "admin", PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/calls"));
    let cookie = cookie.unwrap();
    assert_eq!(with_cookie(&test, Method::GET, "/", &cookie, &[]).await.status, StatusCode::OK);
    let out = with_cookie(&test, Method::POST, "/logout", &cookie, &[]).await;
    assert!(out.headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(with_cookie(&test, Method::GET, "/", &cookie, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(audit(&test)[..2], [("admin".into(), "signed out".into()), ("admin".into(), "signed in".into())]);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_look_the_same() {
    let test = TestBox::new();
    let (wrong, none) = sign_in(&test, "admin", "wrong").await;
    let (unknown, _) = sign_in(&test, "nobody", "wrong").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(none, None);
    assert_eq!(wrong.body.replace("admin", "X"), unknown.body.replace("nobody", "X").replace("admin", "X"));
    assert_eq!(audit(&test)[0], (String::new(), "login failed".to_owned()));
}

#[tokio::test]
async fn guessing_is_slowed_down_and_said_so() {
    let test = TestBox::new();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(sign_in(&test, "admin", "wrong").await.0.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    let (answer, _) = sign_in(&test, "admin", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "the right password must wait as well");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_planted_cookie_is_worth_nothing() {
    let test = TestBox::new();
    let planted = "__Host-strowger=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let form = [("user", "admin"), ("password", PASSWORD)];
    let answer = with_cookie(&test, Method::POST, "/login", planted, &form).await;
    assert!(!answer.headers[SET_COOKIE].to_str().unwrap().starts_with(planted));
    assert_eq!(with_cookie(&test, Method::GET, "/", planted, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_one_time_password_must_be_changed_and_the_change_ends_other_sessions() {
    let test = TestBox::new();
    let (answer, cookie) = sign_in(&test, "fresh", PASSWORD).await;
    assert_eq!(answer.location(), "/password");
    let cookie = cookie.unwrap();
    assert_eq!(with_cookie(&test, Method::GET, "/calls", &cookie, &[]).await.location(), "/password");
    let other = sign_in(&test, "fresh", PASSWORD).await.1.unwrap();
    for (current, new, repeat, said) in [
        ("wrong", "seltsam-blaue-giraffe", "seltsam-blaue-giraffe", "not the password in use"),
        (PASSWORD, "short", "short", "at least 12"),
        (PASSWORD, "password12345", "password12345", "easy to guess"),
        (PASSWORD, PASSWORD, PASSWORD, "you have now"),
        (PASSWORD, "seltsam-blaue-giraffe", "seltsam-blaue-giraff", "do not match"),
    ] {
        let form = [("current", current), ("new", new), ("repeat", repeat)];
        let answer = with_cookie(&test, Method::POST, "/password", &cookie, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        assert!(!answer.body.contains(new) || new == "short", "a password is never sent back");
    }
    let new = "seltsam-blaue-giraffe";
    let form = [("current", PASSWORD), ("new", new), ("repeat", new)];
    let answer = with_cookie(&test, Method::POST, "/password", &cookie, &form).await;
    assert_eq!(answer.location(), "/?done=password");
    let fresh = answer.headers[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert_eq!(with_cookie(&test, Method::GET, "/", &fresh, &[]).await.status, StatusCode::OK);
    for ended in [cookie, other] {
        assert!(with_cookie(&test, Method::GET, "/", &ended, &[]).await.location().starts_with("/login"));
    }
    assert!(test.backend.store.account("fresh").unwrap().password.unwrap().starts_with("$argon2id$"));
    assert_eq!(sign_in(&test, "fresh", new).await.0.location(), "/calls");
}

#[tokio::test]
async fn odd_bodies_are_refused_not_believed() {
    let test = TestBox::new();
    for (kind, body) in [
        ("application/json", "{\"user\":[\"admin\"],\"password\":{}}"),
        ("text/plain", "user=admin&password=x"),
        ("application/x-www-form-urlencoded", "user=admin"),
        ("application/x-www-form-urlencoded", "user=admin&password=a&password=b"),
        ("application/x-www-form-urlencoded", "user=%ff&password=%00"),
    ] {
        let answer = test.send(Method::POST, Who::Nobody, "/login", &[("content-type", kind)], body).await;
        assert!((400..500).contains(&answer.status.as_u16()), "{kind} {body}: {}", answer.status);
        assert!(!answer.headers.contains_key(SET_COOKIE));
    }
    let basic = test.send(Method::GET, Who::Nobody, "/", &[("authorization", "Basic YWRtaW46eA==")], "").await;
    assert_eq!(basic.status, StatusCode::SEE_OTHER);
}
