//! Desk phones: who gets which file, and who gets none.

use std::net::IpAddr;

use config::{Edit, Phone, PhoneModel};
use exchange::io::Command;
use futures_util::FutureExt;

use super::*;
use crate::backend::{Change, ChangeRequest};
use crate::provisioning::PhoneState;

const MAC: &str = "00156574abcd";
const OTHER: &str = "00041312abcd";
const DESK: [u8; 4] = [192, 168, 1, 20];

fn change(test: &TestBox, change: Change) {
    let request = ChangeRequest { author: "admin".into(), reason: "phones".into(), based_on: None, change };
    (test.backend.apply)(request).now_or_never().expect("the fixture does not wait").expect("a configuration");
}

fn switch(test: &TestBox, enabled: bool) {
    let provisioning = config::Provisioning { enabled, ..test.app.config().1.provisioning.clone() };
    change(test, Change::Edits(vec![Edit::SetProvisioning(provisioning)]));
}

/// A box that sets phones up: a Yealink for 101 and 102, a Snom for 103.
fn with_phones() -> TestBox {
    let test = TestBox::new();
    switch(&test, true);
    let lines = |numbers: &[&str]| numbers.iter().map(|n| (*n).to_owned()).collect();
    change(
        &test,
        Change::Edits(vec![
            Edit::AddPhone(Phone::new(MAC.into(), PhoneModel::Yealink, lines(&["101", "102"]))),
            Edit::AddPhone(Phone::new(OTHER.into(), PhoneModel::Snom, lines(&["103"]))),
        ]),
    );
    test
}

async fn fetch(test: &TestBox, from: impl Into<IpAddr>, path: &str) -> Answer {
    let request =
        Request::builder().uri(path).header(HOST, "192.168.1.2:8443").header("user-agent", "Yealink SIP-T54W 96.86");
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from.into(), 40_000))));
    test.run(request).await
}

/// Opens an invitation; the path of its folder.
async fn invite(test: &TestBox, mac: &str) -> String {
    let state = PhoneState::change(&test.app, mac, "admin", |state| {
        state.invite(test.app.wall());
        true
    })
    .await
    .unwrap();
    let key = &test.backend.phone_key;
    format!("/prov/{}", provision::invitation_token(key, mac, state.generation, state.invitations))
}

fn value<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let line = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("no {name} in {}", answer.body))
}

#[tokio::test]
async fn an_invited_phone_is_set_up_and_comes_again_by_itself() {
    let test = with_phones();
    let folder = invite(&test, MAC).await;
    let list = fetch(&test, DESK, &format!("{folder}/{MAC}.boot")).await;
    assert!(list.status == StatusCode::OK && list.body.contains("include:config"), "{}", list.body);
    let file = fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await;
    assert_eq!((file.status, value(&file, "account.1.user_name")), (StatusCode::OK, "101"));
    assert_eq!(value(&file, "account.2.auth_name"), "102-74abcd");
    assert_eq!(value(&file, "account.1.sip_server.1.address"), "192.168.1.2");
    assert_eq!(file.headers["cache-control"], "no-store");
    // The exchange knows what it signs in with, and by whose secret.
    let told: Vec<_> = test.commands.lock().unwrap().clone();
    let Command::PutDevice { name, device: Some(device), .. } = &told[0] else { panic!("{told:?}") };
    let realm = test.app.config().1.system.realm.clone();
    let (md5, sha256) = config::secret::ha1("101-74abcd", &realm, value(&file, "account.1.password"));
    assert_eq!((name.as_str(), device), ("101-74abcd", &exchange::device::Device::new(MAC, "101", md5, sha256)));
    assert_eq!(told.len(), 2);
    // From now on the phone has a token of its own; the same secret stands there.
    let url = value(&file, "static.auto_provision.server.url").to_owned();
    let own = url.strip_prefix("https://192.168.1.2:8443").unwrap().trim_end_matches('/').to_owned();
    assert_ne!(own, folder);
    let again = fetch(&test, [10, 9, 8, 7], &format!("{own}/{MAC}.cfg")).await;
    assert_eq!(value(&again, "account.1.password"), value(&file, "account.1.password"));
    let book = fetch(&test, DESK, &format!("{own}/phonebook-yealink.xml")).await;
    assert!(book.body.contains("<Name>Ada Lovelace</Name><Telephone>101</Telephone>"), "{}", book.body);
    assert_eq!(PhoneState::of(&test.app, MAC).agent, "Yealink SIP-T54W 96.86");
}

#[tokio::test]
async fn a_snom_gets_its_own_file() {
    let test = with_phones();
    let folder = invite(&test, OTHER).await;
    let file = fetch(&test, DESK, &format!("{folder}/snomD785-{}.htm", OTHER.to_uppercase())).await;
    assert_eq!(file.status, StatusCode::OK);
    assert_eq!(file.headers["content-type"], "application/xml; charset=utf-8");
    assert!(file.body.contains("<user_pname idx=\"1\" perm=\"\">103-12abcd</user_pname>"), "{}", file.body);
    for name in [format!("{OTHER}.cfg"), format!("cfg{OTHER}.xml"), "y000000000000.boot".into(), format!("{MAC}.xml")] {
        assert_eq!(fetch(&test, DESK, &format!("{folder}/{name}")).await.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn an_invitation_serves_one_phone_from_one_place() {
    let test = with_phones();
    let folder = invite(&test, MAC).await;
    let path = format!("{folder}/{MAC}.cfg");
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{OTHER}.xml")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&test, DESK, &path).await.status, StatusCode::OK);
    assert_eq!(fetch(&test, DESK, &path).await.status, StatusCode::OK, "the first answer was lost");
    assert_eq!(fetch(&test, [192, 168, 1, 21], &path).await.status, StatusCode::NOT_FOUND);
    let newer = invite(&test, MAC).await;
    assert_eq!(fetch(&test, DESK, &path).await.status, StatusCode::NOT_FOUND, "a newer one takes its place");
    assert_eq!(fetch(&test, [192, 168, 1, 21], &format!("{newer}/{MAC}.cfg")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_there_are_no_secrets() {
    let test = with_phones();
    let bare = format!("/prov/{MAC}.cfg");
    assert_eq!(fetch(&test, DESK, &bare).await.status, StatusCode::NOT_FOUND, "nobody invited it");
    let folder = invite(&test, MAC).await;
    let told = fetch(&test, DESK, &bare).await;
    assert_eq!(value(&told, "static.auto_provision.server.url"), format!("https://192.168.1.2:8443{folder}/"));
    assert_eq!(told.body.lines().count(), 2, "{}", told.body);
    assert_eq!(fetch(&test, [203, 0, 113, 5], &bare).await.status, StatusCode::NOT_FOUND, "it comes from outside");
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await.status, StatusCode::OK);
    assert_eq!(fetch(&test, [192, 168, 1, 99], &bare).await.status, StatusCode::NOT_FOUND, "it has been used");
    assert_eq!(fetch(&test, DESK, "/prov/phonebook-yealink.xml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_generation_makes_the_old_worthless() {
    let test = with_phones();
    let folder = invite(&test, MAC).await;
    let file = fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await;
    let url = value(&file, "static.auto_provision.server.url").to_owned();
    let own = url.strip_prefix("https://192.168.1.2:8443").unwrap().trim_end_matches('/').to_owned();
    PhoneState::retire(&test.app, MAC, "admin").await.unwrap();
    assert_eq!(fetch(&test, DESK, &format!("{own}/{MAC}.cfg")).await.status, StatusCode::NOT_FOUND);
    let folder = invite(&test, MAC).await;
    let fresh = fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await;
    assert_ne!(value(&fresh, "account.1.password"), value(&file, "account.1.password"));
    // A phone that is taken out of the configuration gets nothing either.
    change(&test, Change::Edits(vec![Edit::RemovePhone(MAC.into())]));
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn guesses_are_slowed_down_and_paths_lead_nowhere() {
    let test = with_phones();
    let folder = invite(&test, MAC).await;
    for name in [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2fphones.key",
        "..%5cphones.key",
        "%00.cfg",
        "phones.key",
        "%e2%80%a4%e2%80%a4",
        "CON",
        ".",
        "%2fetc%2fpasswd",
        "00156574abcd.cfg%00.xml",
    ] {
        let answer = fetch(&test, DESK, &format!("{folder}/{name}")).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404) && answer.body.is_empty(), "{name}: {}", answer.status);
        assert_eq!(fetch(&test, DESK, &format!("/prov/{name}")).await.status.as_u16() / 100, 4, "{name}");
    }
    for path in ["/prov", "/prov/", &folder, &format!("{folder}/")] {
        assert_eq!(fetch(&test, DESK, path).await.status, StatusCode::NOT_FOUND, "{path}: no listing");
    }
    // The fourth wrong token of a source waits, whichever phone it is for; others do not.
    let wrong = |n: u8| format!("/prov/{MAC}{}/{MAC}.cfg", char::from(b'a' + n).to_string().repeat(26));
    let mut seen = Vec::new();
    for n in 0..6 {
        seen.push(fetch(&test, [203, 0, 113, 9], &wrong(n)).await.status.as_u16());
    }
    assert_eq!(seen[..3], [404, 404, 404]);
    assert!(seen[4..].iter().all(|status| *status == 429), "{seen:?}");
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn unknown_phones_are_listed_and_get_nothing() {
    let test = with_phones();
    assert_eq!(fetch(&test, DESK, "/prov/805ec0123456.boot").await.status, StatusCode::NOT_FOUND);
    let list = test.app.provisioning.seen.list();
    assert_eq!((list.len(), list[0].mac.as_str(), list[0].guess()), (1, "805ec0123456", Some(PhoneModel::Yealink)));
    switch(&test, false);
    let folder = invite(&test, MAC).await;
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await.status, StatusCode::NOT_FOUND, "switched off");
}

#[tokio::test]
async fn a_full_disk_gives_no_secret_away() {
    let test = with_phones();
    let folder = invite(&test, MAC).await;
    test.disk_full(true);
    assert_eq!(fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_phone_is_entered_changed_and_deleted_on_the_pages() {
    let test = with_phones();
    assert_eq!(fetch(&test, DESK, "/prov/805ec0123456.boot").await.status, StatusCode::NOT_FOUND);
    let list = test.get(Who::Admin, "/phones").await;
    assert!(list.near("unknown").contains("805ec0123456"), "{}", list.body);
    assert!(list.body.contains("/phones/new?mac=805ec0123456&#38;model=yealink"), "{}", list.body);
    let form = [("mac", "80:5E:C0:12:34:56"), ("model", "yealink"), ("lines", "104, 105"), ("extra", "a.b=1\r\n")];
    let made = test.post(Who::Admin, "/phones", &form).await;
    assert_eq!(made.location(), "/phones/805ec0123456?done=created", "{}", made.body);
    let phone = test.app.config().1.phones["805ec0123456"].clone();
    assert_eq!((phone.lines, phone.extra), (vec!["104".to_owned(), "105".to_owned()], vec!["a.b=1".to_owned()]));
    assert!(test.app.provisioning.seen.list().is_empty());
    // It is invited at once; who may only look does not see the address.
    let page = test.get(Who::Admin, "/phones/805ec0123456").await;
    let url = page.part("invitation").to_owned();
    let path = url.strip_prefix("https://box:8443").unwrap_or_else(|| panic!("{url}"));
    let file = fetch(&test, DESK, &format!("{path}805ec0123456.cfg")).await;
    assert!(file.body.contains("\na.b = 1\n"), "{}", file.body);
    assert!(!test.get(Who::Viewer, "/phones/805ec0123456").await.body.contains("/prov/"));
    // Fetch anew, restart, new secrets.
    test.commands.lock().unwrap().clear();
    let asked = test.post(Who::Admin, "/phones/805ec0123456/resync", &[("reboot", "1")]).await;
    assert_eq!(asked.location(), "/phones/805ec0123456?done=resync");
    let wanted = |extension: &str| Command::CheckSync { extension: extension.into(), reboot: true };
    assert_eq!(*test.commands.lock().unwrap(), [wanted("104"), wanted("105")]);
    let old = value(&file, "static.auto_provision.server.url").replace("https://192.168.1.2:8443", "");
    test.post(Who::Admin, "/phones/805ec0123456/renew", &[]).await;
    assert_eq!(fetch(&test, DESK, &format!("{old}805ec0123456.cfg")).await.status, StatusCode::NOT_FOUND);
    // A wrong line is said beside its field.
    let wrong = [("model", "yealink"), ("lines", "999")];
    let refused = test.post(Who::Admin, "/phones/805ec0123456", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let gone = test.post(Who::Admin, "/phones/805ec0123456/delete", &[]).await;
    assert_eq!(gone.location(), "/phones?done=deleted");
    assert!(!test.app.config().1.phones.contains_key("805ec0123456"));
}

#[tokio::test]
async fn key_layouts_are_made_and_kept_while_used() {
    let test = with_phones();
    let made =
        test.post(Who::Admin, "/key-layouts", &[("name", "desk"), ("keys", "blf 102 Bert\r\n\r\npark 701\r\n")]).await;
    assert_eq!(made.location(), "/key-layouts?done=created", "{}", made.body);
    assert_eq!(test.app.config().1.key_layouts["desk"].keys, ["blf 102 Bert", "park 701"]);
    let form = [("model", "yealink"), ("lines", "101,102"), ("keys", "desk")];
    test.post(Who::Admin, &format!("/phones/{MAC}"), &form).await;
    let refused = test.post(Who::Admin, "/key-layouts/desk/delete", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = test.post(Who::Admin, "/key-layouts/desk", &[("keys", "blf nobody")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let folder = invite(&test, MAC).await;
    let file = fetch(&test, DESK, &format!("{folder}/{MAC}.cfg")).await;
    assert_eq!((value(&file, "linekey.3.type"), value(&file, "linekey.3.value")), ("16", "102"));
}

#[tokio::test]
async fn the_table_goes_out_and_comes_back() {
    let test = with_phones();
    let before = test.app.config();
    let out = test.get(Who::Viewer, "/phones.csv").await;
    assert!(out.body.contains("\"101\",\"Ada Lovelace\""), "{}", out.body);
    let taken = test.post(Who::Admin, "/phones/table", &[("table", &out.body)]).await;
    assert_eq!(taken.location(), "/phones?done=saved", "{}", taken.body);
    assert_eq!(test.app.config().1, before.1, "what was written changes nothing");
    let table =
        "number;name;phone;maker\n101;Ada King;;\n120;=New;80-5E-C0-12-34-56;yealink\n121;Two;805ec0123456;yealink\n";
    let taken = test.post(Who::Admin, "/phones/table", &[("table", table)]).await;
    assert_eq!(taken.location(), "/phones?done=saved", "{}", taken.body);
    let config = test.app.config().1;
    assert_eq!((config.extensions["101"].name.as_str(), config.extensions["120"].name.as_str()), ("Ada King", "=New"));
    assert_eq!(config.extensions["101"].ha1_md5, before.1.extensions["101"].ha1_md5);
    assert_eq!(config.phones["805ec0123456"].lines, ["120", "121"]);
    assert_eq!(config.phones[MAC].lines, ["101", "102"], "nobody is removed");
}

#[tokio::test]
async fn a_table_with_faults_changes_nothing_and_says_where() {
    let test = with_phones();
    let before = test.app.config();
    for (table, words) in [
        ("", &["The table is empty."][..]),
        ("number,colour\n101,red", &["Line 1:", "no column “colour”"]),
        ("name\nAda", &["Line 1:", "“number” among them"]),
        ("number,name\n130,New\n,Nobody\n", &["Line 3:", "The number is missing."]),
        ("number,enabled\n101,perhaps", &["Line 2:", "enabled must be yes or no."]),
        ("number,name\n101,Ada\n101,Eve", &["Line 3:", "101 is otherwise in line 2."]),
        ("number,phone\n101,00156574aaaa", &["Line 2:", "maker is missing"]),
        ("number,name,email\n130,New,ok@example.org\n131,Wrong,nonsense\n", &["Line 3:"]),
        ("number,name\n130,\"New", &["Line 2:", "never closed"]),
    ] {
        let refused = test.post(Who::Admin, "/phones/table", &[("table", table)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{table}");
        let said: String =
            refused.body.split("data-test=\"error\"").nth(1).unwrap_or_default().chars().take(900).collect();
        for word in words {
            assert!(said.contains(word), "{table}: {said}");
        }
    }
    assert_eq!(test.app.config().0, before.0);
}

#[tokio::test]
async fn phones_by_the_api() {
    let test = with_phones();
    let json = [("content-type", "application/json")];
    let path = "/api/v1/phones/805ec0123456";
    let body = r#"{"model":"yealink","lines":["104"]}"#;
    let made = test.send(Method::PUT, Who::Admin, path, &json, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(test.send(Method::PUT, Who::Admin, path, &json, body).await.status, StatusCode::OK);
    let wrong = test.send(Method::PUT, Who::Admin, path, &json, r#"{"model":"nokia","lines":[]}"#).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let list = test.get(Who::Viewer, "/api/v1/phones").await;
    assert!(list.body.contains("\"805ec0123456\"") && !list.body.contains("/prov/"), "{}", list.body);
    assert_eq!(test.send(Method::DELETE, Who::Admin, path, &json, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.get(Who::Viewer, path).await.status, StatusCode::NOT_FOUND);
}
