//! Trunks, routes, hours and what is odd about them: pages and API.

use exchange::io::Command;
use serde_json::{Value, json};

use super::*;

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

fn office() -> TestBox {
    let test = TestBox::new();
    fixture::add_telephony(&test.backend);
    fixture::fill_trunks(&test.backend);
    test
}

#[tokio::test]
async fn a_trunk_is_made_from_a_template_changed_and_deleted() {
    let test = office();
    let page = test.get(Who::Admin, "/trunks/new?template=register-tls").await;
    assert!(page.body.contains("<option value=\"tls\" selected>") && page.body.contains("data-test=\"templates\""));
    let form = [
        ("name", "north"),
        ("kind", "register"),
        ("host", "sip.north.example"),
        ("transport", "tls"),
        ("user", "3225551300"),
        ("password", "kept-between-us-7"),
        ("numbers", "+3225551300, +3225551301"),
        ("identity", "p_asserted_identity"),
        ("number_form", "e164"),
        ("srtp", "required"),
        ("calls_max", "4"),
        ("enabled", "on"),
        ("verify", "on"),
    ];
    let answer = test.post(Who::Admin, "/trunks", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.location());
    assert!(
        answer.near("findings").contains("no route says where calls go to +3225551300"),
        "{}",
        answer.near("findings")
    );
    assert!(!test.app.config().1.trunks.contains_key("north"), "not before it is confirmed");
    let confirmed: Vec<_> = form.into_iter().chain([("confirmed", "on")]).collect();
    assert_eq!(test.post(Who::Admin, "/trunks", &confirmed).await.location(), "/trunks?done=created");
    let trunk = test.app.config().1.trunks["north"].clone();
    assert_eq!((trunk.numbers.len(), trunk.calls_max, trunk.verify), (2, 4, true));

    let page = test.get(Who::Admin, "/trunks/north").await;
    assert!(!page.body.contains("kept-between-us-7") && page.body.contains("placeholder=\"unchanged\""));
    let mut changed: Vec<_> = form.into_iter().filter(|(key, _)| !matches!(*key, "name" | "password")).collect();
    changed.push(("minutes_max", "90"));
    let answer = test.post(Who::Admin, "/trunks/north", &changed).await;
    assert_eq!(answer.location(), "/trunks/north?done=saved", "{}", answer.body);
    let after = test.app.config().1.trunks["north"].clone();
    assert_eq!((after.minutes_max, after.password), (90, trunk.password), "the password stays");

    assert_eq!(test.post(Who::Admin, "/trunks/north/delete", &[]).await.location(), "/trunks?done=deleted");
    let audit = test.backend.store.audit(10, None).unwrap();
    assert!(audit.iter().any(|(_, row)| row.what.starts_with("deleted trunk north")));
}

#[tokio::test]
async fn errors_of_a_trunk_stand_at_their_fields() {
    let test = office();
    let form = [("name", "a b"), ("kind", "register"), ("host", "x y"), ("port", "abc"), ("srtp", "off")];
    let form: Vec<_> = form
        .into_iter()
        .chain([("transport", "auto"), ("identity", "from"), ("number_form", "e164"), ("expires_s", "1")])
        .collect();
    let answer = test.post(Who::Admin, "/trunks", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.near("wrong-port").contains("Expected a number from 1 to 65535"));
    let form: Vec<_> = form.into_iter().filter(|(key, _)| *key != "port").collect();
    let answer = test.post(Who::Admin, "/trunks", &form).await;
    for key in ["name", "host", "expires_s", "user"] {
        assert!(answer.body.contains(&format!("data-test=\"wrong-{key}\"")), "{key}: {}", answer.body);
    }
    assert!(answer.body.contains("value=\"x y\""), "what was typed stays");
    assert!(answer.body.contains("<details class=\"set\" open>"), "a folded part with an error is open");
}

#[tokio::test]
async fn a_trunk_shows_how_it_stands_and_makes_a_test_call() {
    let test = office();
    let list = test.get(Who::Viewer, "/trunks").await;
    assert!(list.near("row-provider").contains("state ok\">Up") && list.near("row-provider").contains("24 ms"));
    assert!(list.near("row-backup").contains("refuses our password"), "{}", list.near("row-backup"));
    let page = test.get(Who::Viewer, "/trunks/backup").await;
    assert_eq!(page.part("trunk-state"), "Down");
    assert!(!page.body.contains("data-test=\"test\""), "a viewer calls nobody");
    let answer = test.post(Who::Admin, "/trunks/provider/test", &[("number", "")]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.near("wrong-test").contains("Say whom"));
    let answer = test.post(Who::Admin, "/trunks/provider/test", &[("number", "+32470000009")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let asked = Command::TestTrunk { trunk: "provider".into(), number: "+32470000009".into(), by: "admin".into() };
    assert_eq!(*test.commands.lock().unwrap(), [asked]);
}

#[tokio::test]
async fn an_inbound_route_that_leads_in_a_circle_is_refused() {
    let test = office();
    let form = |to| [("name", "loop"), ("order", "5"), ("numbers", "+3225551299"), ("to", to), ("enabled", "on")];
    let answer = test.post(Who::Admin, "/inbound-routes", &form("nowhere")).await;
    assert!(answer.near("wrong-to").contains("Expected"), "{}", answer.body);
    let answer = test.post(Who::Admin, "/inbound-routes", &form("")).await;
    assert!(answer.near("wrong-to").contains("Say where"), "{}", answer.body);
    let answer = test.post(Who::Admin, "/inbound-routes", &form("555")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody has 555");
    let answer = test.post(Who::Admin, "/inbound-routes", &form("400 · Sales (ring group)")).await;
    assert_eq!(answer.location(), "/inbound-routes?done=created", "{}", answer.body);
    assert_eq!(test.app.config().1.inbound_routes["loop"].to.to_string(), "400");
    let list = test.get(Who::Viewer, "/inbound-routes").await.body;
    let at = |name: &str| list.find(&format!("row-{name}\"")).unwrap();
    assert!(at("loop") < at("main") && at("main") < at("ada"), "in the order in which they are looked at");
}

#[tokio::test]
async fn hours_are_drawn_before_they_are_saved_and_switched_by_hand() {
    let test = office();
    let page = test.get(Who::Viewer, "/hours/office").await;
    assert_eq!(page.body.matches("class=\"bars\"").count(), 8);
    assert!(page.body.contains("België") || page.body.contains("be "), "holidays are listed");
    let form = [("open", "mon-sun 06:00-22:00\nnonsense"), ("act", "preview")];
    let answer = test.post(Who::Admin, "/hours/office", &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("06:00–22:00") && answer.near("unread").contains("nonsense"), "{}", answer.body);
    assert_eq!(test.app.config().1.hours["office"].open.len(), 2, "nothing is saved");

    let answer = test.post(Who::Admin, "/hours/office/switch", &[("mode", "x")]).await;
    assert!(answer.near("wrong-switch").contains("Choose"));
    let past = [("mode", "closed"), ("until", "2020-01-01T10:00")];
    assert!(test.post(Who::Admin, "/hours/office/switch", &past).await.near("wrong-switch").contains("has passed"));
    let answer =
        test.post(Who::Admin, "/hours/office/switch", &[("mode", "closed"), ("until", "2099-01-01T10:00")]).await;
    assert_eq!(answer.location(), "/hours/office?done=switched");
    let commands = test.commands.lock().unwrap().clone();
    let Command::PutFact { key, value: Some(value), by } = &commands[0] else { panic!("{commands:?}") };
    assert_eq!((key.as_str(), by.as_str()), ("hours/office", "admin"));
    fixture::put_fact(&test.backend, key, value);
    let page = test.get(Who::Admin, "/hours/office").await;
    assert_eq!(page.part("hours-now"), "Closed");
    assert!(page.body.contains("by hand, admin") && page.body.contains("switch-clock"));
}

#[tokio::test]
async fn numbers_are_filled_in_by_country_and_saved() {
    let test = office();
    let page = test.get(Who::Admin, "/numbers?country=be").await;
    assert!(page.near("filled").contains("101"), "it is an extension here: {}", page.near("filled"));
    let page = test.get(Who::Admin, "/numbers?country=nl").await;
    assert!(page.body.contains("value=\"31\"") && page.body.contains("+316"));
    let form = [("country_code", "31"), ("national_prefix", "0"), ("international_prefix", "00"), ("mobile", "+316")];
    assert_eq!(test.post(Who::Admin, "/numbers", &form).await.location(), "/numbers?done=saved");
    assert_eq!(test.app.config().1.numbers.country_code, "31");
    let answer =
        test.post(Who::Admin, "/emergency", &[("notify", "105"), ("location", "x"), ("trunks", "nobody")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("data-test=\"wrong-trunks\""), "{}", answer.body);
}

#[tokio::test]
async fn a_caller_blocked_by_phone_is_let_through_again() {
    let test = office();
    fixture::put_fact(&test.backend, "blocked/+32470999999", "{\"by\":\"101\",\"at\":1700000000000,\"reason\":\"\"}");
    assert!(test.get(Who::Admin, "/blocked").await.near("blocked-by-phone").contains("+32470999999"));
    let answer = test.post(Who::Admin, "/blocked-by-phone/remove", &[("number", "+32470999999")]).await;
    assert_eq!(answer.location(), "/blocked?done=deleted");
    let command = Command::PutFact { key: "blocked/+32470999999".into(), value: None, by: "admin".into() };
    assert_eq!(*test.commands.lock().unwrap(), [command]);
    let answer = test.post(Who::Admin, "/blocked-by-phone/remove", &[("number", "+1")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_call_is_followed_to_its_end_with_reasons() {
    let test = office();
    let answer = test.get(Who::Viewer, "/routing?from=101&dialled=400&at=2026-12-25T14:30").await;
    let path = answer.near("path");
    assert!(path.contains("rings 102") && path.contains("400 is ring group 400, Sales"), "{}", answer.body);
    let holiday = "/routing?trunk=provider&number=%2B32470123456&dialled=%2B3225551200&at=2026-12-25T14:30";
    let answer = test.get(Who::Viewer, holiday).await;
    assert!(answer.near("path").contains("plays closed"), "{}", answer.near("path"));
    assert!(answer.body.contains("office say"), "{}", answer.body);
    for (query, wrong) in
        [("from=101", "Say what"), ("dialled=1", "Say who"), ("from=1&dialled=2&at=noon", "Write a day")]
    {
        let answer = test.get(Who::Viewer, &format!("/routing?{query}")).await;
        assert!(answer.near("wrong").contains(wrong), "{query}");
    }
    let path = json(&test.get(Who::Viewer, "/api/v1/routing?from=101&dialled=400&at=2026-12-25T14:30").await);
    assert!(path["steps"][0]["action"].as_str().unwrap().starts_with("rings 102"), "{path}");
    assert_eq!(test.get(Who::Viewer, "/api/v1/routing?from=101").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_days_to_come_are_drawn_for_each_number() {
    let test = office();
    let page = test.get(Who::Viewer, "/calendar").await;
    assert_eq!(page.body.matches("scope=\"row\"").count(), 60);
    assert!(page.body.contains("+3225551200") && page.body.contains("+3225551201"));
    assert!(page.body.contains("class=\"break\""), "the lunch break is drawn");
    let one = test.get(Who::Viewer, "/calendar?number=%2B3225551201").await;
    assert!(!one.body.contains("class=\"break\""), "Ada asks no hours");
    let days = json(&test.get(Who::Viewer, "/api/v1/look-ahead?number=%2B3225551200").await);
    assert_eq!(days["days"].as_array().unwrap().len(), 60);
    assert_eq!(test.get(Who::Viewer, "/api/v1/look-ahead?number=%2B1").await.status, StatusCode::NOT_FOUND);
    let empty = TestBox::new();
    assert!(empty.get(Who::Viewer, "/calendar").await.body.contains("No number leads here yet"));
}

#[tokio::test]
async fn entries_by_json() {
    let test = office();
    let kind = [("content-type", "application/json")];
    let list = json(&test.get(Who::Viewer, "/api/v1/trunks").await);
    assert_eq!((&list["total"], &list["entries"][1]["name"]), (&json!(2), &json!("provider")));
    let one = test.get(Who::Viewer, "/api/v1/trunks/provider").await;
    assert_eq!(json(&one)["password_is_set"], json!(true));
    assert_eq!(json(&test.get(Who::Viewer, "/api/v1/trunks/backup").await)["password_is_set"], json!(false));
    assert!(!one.body.contains("kept-between-us-2"));
    let put = async |path: &str, body: Value| test.send(Method::PUT, Who::Admin, path, &kind, &body.to_string()).await;
    let made = put("/api/v1/classes/guests", json!({"may_call": ["internal"], "pin": "4711"})).await;
    assert_eq!((made.status, &json(&made)["entry"]["pin_is_set"]), (StatusCode::CREATED, &json!(true)));
    let changed = put("/api/v1/classes/guests", json!({"minutes_max": 10})).await;
    assert_eq!((changed.status, &json(&changed)["entry"]["pin_is_set"]), (StatusCode::OK, &json!(true)));
    let changed = put("/api/v1/classes/guests", json!({"pin": null})).await;
    assert_eq!(json(&changed)["entry"]["pin_is_set"], json!(false));
    for body in
        [json!({"minutes_max": "10"}), json!({"colour": 1}), json!({"name": "others"}), json!({"minutes_max": 99999})]
    {
        let answer = put("/api/v1/classes/guests", body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.body);
        assert!(json(&answer)["errors"][0]["field"].as_str().unwrap().starts_with("class.guests."), "{}", answer.body);
    }
    let gone = test.send(Method::DELETE, Who::Admin, "/api/v1/classes/guests", &[], "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(test.get(Who::Viewer, "/api/v1/classes/guests").await.status, StatusCode::NOT_FOUND);
    let saved = put("/api/v1/numbers", json!({"country_code": "33"})).await;
    assert_eq!(json(&saved)["entry"]["mobile"], json!(["+336", "+337"]), "{}", saved.body);
    let odd = json(&test.get(Who::Viewer, "/api/v1/findings").await);
    assert!(odd["findings"].as_array().is_some());
}

#[tokio::test]
async fn a_text_that_would_lose_calls_is_not_taken() {
    let test = office();
    let (version, _) = test.app.config();
    let (_, text) = test.backend.store.config_current().unwrap().unwrap();
    let odd = format!(
        "{text}\n[[inbound_route]]\nname = \"again\"\norder = 300\nnumbers = [\"+3225551200\"]\nto = \"busy\"\n"
    );
    let based = version.0.to_string();
    let form = [("text", odd.as_str()), ("act", "apply"), ("based_on", &based), ("reason", "x")];
    let answer = test.post(Who::Admin, "/configuration/edit", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.near("findings").contains("never used"), "{}", answer.body);
    let form: Vec<_> = form.into_iter().chain([("confirmed", "on")]).collect();
    assert_eq!(test.post(Who::Admin, "/configuration/edit", &form).await.location(), "/configuration?done=saved");
}
