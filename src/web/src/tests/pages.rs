//! What the pages do.

use config::Edit;
use exchange::io::Command;
use futures_util::FutureExt;

use super::*;
use crate::backend::{Change, ChangeRequest};

#[tokio::test]
async fn an_extension_is_made_changed_and_deleted() {
    let test = TestBox::new();
    let form = [("number", "140"), ("name", "Greta Garbo"), ("email", ""), ("enabled", "on")];
    let answer = test.post(Who::Admin, "/extensions", &form).await;
    assert_eq!(answer.status, StatusCode::OK);
    let secret = answer.part("secret").to_owned();
    assert_eq!(secret.len(), 20);
    assert!(
        answer.body.contains(&format!("sip:140:{secret}@127.0.0.1:5060")) && answer.body.contains("<svg class=\"qr\"")
    );
    let extension = test.app.config().1.extensions["140"].clone();
    assert_eq!(
        (extension.ha1_md5, extension.ha1_sha256),
        config::secret::ha1("140", &test.app.config().1.system.realm, &secret)
    );
    let page = test.get(Who::Admin, "/extensions/140").await;
    assert!(!page.body.contains(&secret), "shown once");

    assert!(test.get(Who::Admin, "/extensions/new").await.body.contains("value=\"141\""), "the next free number");
    let answer = test.post(Who::Admin, "/extensions/140", &[("name", "Greta G."), ("ring_time_s", "25")]).await;
    assert_eq!(answer.location(), "/extensions/140?done=saved");
    let extension = test.app.config().1.extensions["140"].clone();
    assert_eq!((extension.name.as_str(), extension.ring_time_s, extension.enabled), ("Greta G.", Some(25), false));

    let answer = test.post(Who::Admin, "/extensions/140/secret", &[]).await;
    assert_ne!(answer.part("secret"), secret);
    assert_ne!(test.app.config().1.extensions["140"].ha1_md5, extension.ha1_md5);

    assert_eq!(test.get(Who::Admin, "/extensions/140/delete").await.status, StatusCode::OK);
    assert_eq!(test.post(Who::Admin, "/extensions/140/delete", &[]).await.location(), "/extensions?done=deleted");
    assert_eq!(test.get(Who::Admin, "/extensions/140").await.status, StatusCode::NOT_FOUND);
    let audit = test.backend.store.audit(10, None).unwrap();
    assert!(audit.iter().any(|(_, row)| row.who == "admin" && row.what.starts_with("deleted extension 140")));
}

#[tokio::test]
async fn errors_stand_beside_their_fields_and_what_was_typed_stays() {
    let test = TestBox::new();
    let form = [("number", "101"), ("name", ""), ("email", "nonsense"), ("ring_time_s", "")];
    let answer = test.post(Who::Admin, "/extensions", &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.part("wrong-number").contains("Ada Lovelace"), "{}", answer.part("wrong-number"));
    assert!(answer.body.contains("data-test=\"wrong-name\""), "all errors at once");
    assert!(answer.body.contains("value=\"nonsense\"") && answer.body.contains("aria-invalid"));
    let answer =
        test.post(Who::Admin, "/extensions", &[("number", "111"), ("name", "x"), ("ring_time_s", "soon")]).await;
    assert!(answer.body.contains("whole seconds"));
    assert_eq!(test.app.config().1.extensions.len(), fixture::company().len());
}

#[tokio::test]
async fn ten_thousand_extensions_are_searched_and_paged() {
    let test = TestBox::with(&[]);
    let empty = test.get(Who::Admin, "/extensions").await;
    assert!(empty.body.contains("Create the first extension"));
    let draft = |n: u32| config::ExtensionDraft {
        number: format!("{}", 10_000 + n),
        name: format!("Person {n}"),
        enabled: true,
        secret: Some(base::Redacted(format!("q7-{n}-Tromp3te-x"))),
        ..config::ExtensionDraft::default()
    };
    let request = ChangeRequest {
        author: "console".into(),
        reason: "many".into(),
        based_on: None,
        change: Change::Edits((0..10_000).map(|n| Edit::AddExtension(draft(n))).collect()),
    };
    (test.backend.apply)(request).now_or_never().unwrap().unwrap();
    let began = std::time::Instant::now();
    let first = test.get(Who::Viewer, "/extensions").await;
    assert!(first.body.contains("1–50 of 10000") && first.body.contains("page=1"));
    let found = test.get(Who::Viewer, "/extensions?q=person+77&sort=name&page=1").await;
    assert!(found.body.contains("51–100 of 111 found"), "{}", found.body);
    let beyond = test.get(Who::Viewer, "/extensions?page=18446744073709551615").await;
    assert!(beyond.body.contains("9951–10000 of 10000"));
    eprintln!("three pages of ten thousand extensions: {:?}", began.elapsed());
}

#[tokio::test]
async fn ring_groups_hold_extensions() {
    let test = TestBox::new();
    let form = [("number", "400"), ("name", "Sales"), ("member", "101"), ("member", "102")];
    assert_eq!(test.post(Who::Admin, "/ring-groups", &form).await.location(), "/ring-groups?done=created");
    let group = test.app.config().1.ring_groups["400"].clone();
    assert_eq!(group.members, ["101", "102"]);
    let answer = test.post(Who::Admin, "/ring-groups/400", &[("name", "Sales"), ("members", "101, 103;105")]).await;
    assert_eq!(answer.location(), "/ring-groups/400?done=saved");
    assert_eq!(test.app.config().1.ring_groups["400"].members, ["101", "103", "105"]);
    let answer = test.post(Who::Admin, "/ring-groups/400", &[("name", "Sales"), ("member", "999")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.post(Who::Admin, "/extensions/101/delete", &[]).await.location(), "/extensions?done=deleted");
    assert_eq!(test.app.config().1.ring_groups["400"].members, ["103", "105"]);
    test.post(Who::Admin, "/ring-groups/400", &[("name", "Sales"), ("member", "103")]).await;
    let refused = test.post(Who::Admin, "/extensions/103/delete", &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the last member");
    assert!(refused.near("error").contains("400"), "{}", refused.near("error"));
    assert_eq!(test.post(Who::Admin, "/ring-groups/400/delete", &[]).await.location(), "/ring-groups?done=deleted");
}

#[tokio::test]
async fn calls_are_searched_and_told() {
    let test = TestBox::new();
    fixture::fill_history(&test.backend, 60);
    let all = test.get(Who::Viewer, "/calls").await;
    assert!(all.body.contains("data-test=\"older\""));
    let busy = test.get(Who::Viewer, "/calls?result=busy").await;
    assert!(busy.body.contains("Busy") && !busy.body.contains("class=\"state ok\">Answered"));
    let none = test.get(Who::Viewer, "/calls?q=nobody+at+all").await;
    assert!(none.body.contains("No call found"));
    let page = test.get(Who::Viewer, &format!("/calls/{}", test.call)).await;
    for part in ["summary", "reasons", "quality", "events", "ladder"] {
        assert!(page.body.contains(&format!("data-test=\"{part}\"")), "{part}");
    }
    assert!(page.body.contains("Ada Lovelace → Bertrand Maes") && page.body.contains("From Ada Lovelace to the box"));
    assert_eq!(test.get(Who::Viewer, "/calls/c1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_live_call_is_shown_and_ended() {
    let test = TestBox::new();
    fixture::fill_live(&test.backend);
    let home = test.get(Who::Admin, "/").await;
    assert_eq!((home.part("calls-now"), home.part("devices")), ("2", "6"));
    let shown = |html: &str| html.matches("data-part=\"recorded\">Rec").count();
    assert_eq!(shown(&home.body), 1, "one of two is being recorded");
    let call = test.backend.live.read(|view| *view.calls.keys().next().unwrap());
    assert!(test.get(Who::Viewer, &format!("/calls/{call}")).await.body.contains("Talking"));
    let answer = test.post(Who::Admin, &format!("/calls/{call}/hang-up"), &[("back", "/")]).await;
    assert_eq!(answer.location(), "/?done=hung-up");
    assert_eq!(test.post(Who::Admin, "/extensions/101/forget", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(*test.commands.lock().unwrap(), [Command::HangUp(call), Command::Unregister("101".into())]);
    assert_eq!(test.post(Who::Admin, "/calls/c5/hang-up", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_configuration_is_checked_applied_compared_and_rolled_back() {
    let test = TestBox::new();
    let page = test.get(Who::Admin, "/configuration/edit").await;
    assert!(page.body.contains("name=\"based_on\" value=\"1\""));
    let (_, text) = test.backend.store.config_current().unwrap().unwrap();
    let wrong = text.replace("Ada Lovelace", "").replacen("[sip]", "[sip]\nnonsense = 1", 1);
    let answer = test.post(Who::Admin, "/configuration/edit", &[("text", &wrong), ("act", "check")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Line ") && answer.body.contains("nonsense"), "{}", answer.body);

    let fresh = text.replace("Ada Lovelace", "Ada King").replace('\n', "\r\n");
    let form = [("text", fresh.as_str()), ("act", "check"), ("based_on", "1")];
    assert!(test.post(Who::Admin, "/configuration/edit", &form).await.body.contains("data-test=\"checked\""));
    let form = [("text", fresh.as_str()), ("act", "apply"), ("based_on", "1"), ("reason", "")];
    assert!(test.post(Who::Admin, "/configuration/edit", &form).await.near("error").contains("Say in a few words"));
    let form = [("text", fresh.as_str()), ("act", "apply"), ("based_on", "1"), ("reason", "married")];
    assert_eq!(test.post(Who::Admin, "/configuration/edit", &form).await.location(), "/configuration?done=saved");
    assert_eq!(test.app.config().1.extensions["101"].name, "Ada King");
    let answer = test.post(Who::Admin, "/configuration/edit", &form).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("meanwhile"));

    let version = test.get(Who::Viewer, "/configuration/2").await;
    assert!(
        version.body.contains("class=\"plus\"")
            && version.body.contains("Ada King")
            && version.body.contains("married")
    );
    assert!(!version.body.contains("/configuration/2/text"), "a viewer is not offered the digests");
    let answer = test.post(Who::Admin, "/configuration/1/roll-back", &[("reason", "divorced")]).await;
    assert_eq!(answer.location(), "/configuration?done=rolled-back");
    assert_eq!(test.app.config().1.extensions["101"].name, "Ada Lovelace");
    assert!(test.get(Who::Viewer, "/configuration").await.body.contains("back to version 1: divorced"));
    assert_eq!(test.post(Who::Admin, "/configuration/77/roll-back", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_viewer_sees_no_buttons_that_would_be_refused() {
    let test = TestBox::new();
    fixture::add_group(&test.backend);
    fixture::fill_live(&test.backend);
    for path in [
        "/",
        "/extensions",
        "/extensions/101",
        "/ring-groups",
        "/ring-groups/400",
        "/configuration",
        "/configuration/1",
    ] {
        let page = test.get(Who::Viewer, path).await;
        assert_eq!(page.status, StatusCode::OK);
        let forms = page.body.matches("method=\"post\"").count();
        let own = page.body.matches("action=\"/logout\"").count() + page.body.matches("<fieldset disabled>").count();
        assert_eq!(forms, own, "{path}");
        for admin in ["/system/audit", "/new\"", "/delete\"", "/configuration/edit", "/text\""] {
            assert!(!page.body.contains(admin), "{path} offers {admin}");
        }
    }
}

#[tokio::test]
async fn the_palette_finds_pages_and_people() {
    let test = TestBox::new();
    let answer = test.get(Who::Viewer, "/palette?q=chiara").await;
    assert!(answer.body.contains("/extensions/103") && answer.body.contains("/calls?q=chiara"), "{}", answer.body);
    assert!(!test.get(Who::Viewer, "/palette").await.body.contains("New extension"));
}
