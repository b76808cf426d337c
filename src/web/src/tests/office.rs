//! What people set, messages and contacts to return.

use axum::http::StatusCode;
use dialplan::state::{Contact, Person};
use exchange::io::Command;
use exchange::voicemail::fact::MessageState;
use serde_json::{Value, json};

use super::*;

const PAYLOAD: &str = "\"><script>alert(1)</script>'<img src=x onerror=alert(1)>";

impl TestBox {
    fn told(&self) -> Vec<Command> {
        self.commands.lock().unwrap().drain(..).collect()
    }

    async fn put_json(&self, who: Who, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, who, path, &[("content-type", "application/json")], &body.to_string()).await
    }

    fn audited(&self) -> String {
        self.backend.store.audit(1, None).unwrap()[0].1.what.clone()
    }
}

fn person_of(command: &Command) -> Person {
    let Command::PutFact { key, value, by } = command else { panic!("{command:?}") };
    assert_eq!((key.as_str(), by.as_str()), ("person/101", "admin"));
    value.as_deref().map(|value| serde_json::from_str(value).unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn a_person_is_set_on_the_page_as_by_phone() {
    let test = TestBox::new();
    let form = [
        ("forward_busy", "voicemail"),
        ("dnd", "on"),
        ("dnd_allow", "102, +3247*"),
        ("dnd_periods", "daily 22:00-07:00"),
        ("follow_me", "on"),
        ("follow_me_numbers", "0470 12 34 56"),
        ("follow_me_delay_s", "10"),
        ("speed_dial", "1 102\n20 +32470123456"),
    ];
    let answer = test.post(Who::Admin, "/extensions/101/person", &form).await;
    assert_eq!(answer.location(), "/extensions/101/person?done=saved", "{}", answer.body);
    let person = person_of(&test.told()[0]);
    assert_eq!(person.forward_busy.as_deref(), Some("voicemail"));
    assert_eq!((person.dnd, person.follow_me.on, person.follow_me.delay_s), (true, true, 10));
    assert_eq!(person.dnd_allow, ["102", "+3247*"]);
    assert_eq!(person.follow_me.numbers, ["0470123456"]);
    assert_eq!(person.speed_dial[&20], "+32470123456");
    assert_eq!(test.audited(), "set forwards and habits of extension 101");
    fixture::put_fact(&test.backend, "person/101", &serde_json::to_string(&person).unwrap());
    let page = test.get(Who::Viewer, "/extensions/101/person").await;
    assert!(page.body.contains("20 +32470123456") && !page.body.contains("data-test=\"save\""), "{}", page.body);
    let page = test.get(Who::Viewer, "/extensions/101").await;
    assert!(page.near("habits").contains("When busy: to voicemail"), "{}", page.near("habits"));
}

#[tokio::test]
async fn what_a_person_cannot_be_is_told_beside_its_field() {
    let test = TestBox::new();
    for (field, value) in [
        ("forward_all", PAYLOAD),
        ("dnd_allow", PAYLOAD),
        ("dnd_periods", PAYLOAD),
        ("follow_me_numbers", PAYLOAD),
        ("follow_me_delay_s", PAYLOAD),
        ("speed_dial", PAYLOAD),
        ("speed_dial", "1 102\n1 103"),
    ] {
        let answer = test.post(Who::Admin, "/extensions/101/person", &[(field, value)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        answer.near(&format!("wrong-{field}"));
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"), "{field}");
    }
    let answer =
        test.post(Who::Admin, "/extensions/101/person", &[("dnd", "on"), ("dnd_until", "2001-01-01T10:00")]).await;
    assert!(answer.near("wrong-dnd_until").contains("has passed"));
    assert!(test.told().is_empty());
    assert_eq!(test.get(Who::Viewer, "/extensions/999/person").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_by_json_comes_back_as_it_was_put() {
    let test = TestBox::new();
    let path = "/api/v1/extensions/101/person";
    let body =
        json!({"forward_all": "102", "dnd": true, "dnd_until": "2099-01-01T10:00:00Z", "speed_dial": {"7": "102"}});
    let answer = test.put_json(Who::Admin, path, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let saved: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&saved["forward_all"], &saved["dnd_until"]), (&json!("102"), &json!("2099-01-01T10:00:00.000Z")));
    assert_eq!(person_of(&test.told()[0]).speed_dial[&7], "102");
    let answer = test.put_json(Who::Admin, path, &json!({"dnd_periods": ["now and then"]})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("\"field\":\"dnd_periods\""), "{}", answer.body);
    assert_eq!(test.put_json(Who::Viewer, path, &json!({})).await.status, StatusCode::FORBIDDEN);
    test.put_json(Who::Admin, path, &json!({})).await;
    let Some(Command::PutFact { value: None, .. }) = test.told().pop() else { panic!("nothing set is no fact") };
}

fn plant_message(test: &TestBox, text: &str) {
    let file = "voicemail/17.wav";
    let path = test.folder.0.join("recordings").join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, fixture::tone(2)).unwrap();
    let message = json!({
        "from": {"number": "+32470123456", "name": text}, "at": fixture::wall(), "duration_ms": 2_000, "file": file,
        "state": "new", "note": text, "mailed": {"failed": text},
    });
    fixture::put_fact(&test.backend, "message/101/17", &message.to_string());
    let gone = json!({"from": {"number": "1", "name": "gone"}, "at": fixture::wall(), "duration_ms": 1, "file": "x",
        "state": "read", "deleted": true});
    fixture::put_fact(&test.backend, "message/101/18", &gone.to_string());
}

#[tokio::test]
async fn a_message_is_heard_marked_and_deleted() {
    let test = TestBox::new();
    plant_message(&test, PAYLOAD);
    let page = test.get(Who::Admin, "/messages").await;
    assert!(page.near("messages").contains("When") && page.body.contains("message-17"), "{}", page.body);
    assert!(!page.body.contains("message-18"), "a deleted one is not shown");
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"));
    let page = test.get(Who::Viewer, "/messages?mailbox=101").await;
    assert!(page.body.contains("message-17") && !page.body.contains("<audio"), "a viewer sees who called, no more");
    assert_eq!(test.get(Who::Viewer, "/messages/101/17/audio").await.status, StatusCode::FORBIDDEN);

    let sound = test.get(Who::Admin, "/messages/101/17/audio").await;
    assert_eq!((sound.status, sound.octets), (StatusCode::OK, fixture::tone(2)));
    assert_eq!(test.audited(), "listened to rec17 (message in mailbox 101 from +32470123456)");
    for path in ["/messages/101/18/audio", "/messages/101/x/audio", "/messages/..%2F101/17/audio"] {
        assert_eq!(test.get(Who::Admin, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }

    let answer = test.post(Who::Admin, "/messages/101/17", &[("state", "done"), ("note", " called back ")]).await;
    assert_eq!(answer.location(), "/messages?mailbox=101&done=saved");
    let done = Command::MarkMessage {
        mailbox: "101".into(),
        id: 17,
        state: MessageState::Done,
        note: Some("called back".into()),
        by: "admin".into(),
    };
    assert_eq!(test.told(), [done]);
    let answer = test.post(Who::Admin, "/messages/101/17", &[("state", "eaten")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.get(Who::Admin, "/messages/101/17/delete").await.status, StatusCode::OK);
    assert!(test.told().is_empty());
    test.post(Who::Admin, "/messages/101/17/delete", &[]).await;
    assert_eq!(test.told(), [Command::DeleteMessage { mailbox: "101".into(), id: 17, by: "admin".into() }]);
    assert_eq!(test.audited(), "deleted message 17 in mailbox 101");
}

#[tokio::test]
async fn messages_by_json() {
    let test = TestBox::new();
    plant_message(&test, "Ada");
    let answer = test.get(Who::Viewer, "/api/v1/messages?mailbox=101").await;
    let list: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&list["total"], &list["messages"][0]["id"]), (&json!(1), &json!("17")), "{}", answer.body);
    let path = "/api/v1/messages/101/17";
    assert_eq!(test.put_json(Who::Admin, path, &json!({"state": "saved"})).await.status, StatusCode::OK);
    assert_eq!(test.put_json(Who::Admin, path, &json!({"state": "x"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.send(Method::DELETE, Who::Admin, path, &[], "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(test.told().len(), 2);
    assert_eq!(test.get(Who::Viewer, "/api/v1/messages?mailbox=..").await.status, StatusCode::BAD_REQUEST);
}

fn plant_contact(test: &TestBox, text: &str, due: Option<i64>) {
    let attempt = json!({"at": fixture::wall(), "by": "102", "call": 5, "result": text, "anonymous": true});
    let contact = json!({
        "number": "+32470123456", "attempts": [attempt], "reason": text, "case": text, "due": due,
    });
    fixture::put_fact(&test.backend, "contact/+32470123456", &contact.to_string());
}

fn contact_of(command: &Command) -> Contact {
    let Command::PutFact { key, value: Some(value), .. } = command else { panic!("{command:?}") };
    assert_eq!(key, "contact/+32470123456");
    serde_json::from_str(value).unwrap()
}

#[tokio::test]
async fn a_contact_is_seen_to_called_and_closed() {
    let test = TestBox::new();
    plant_contact(&test, PAYLOAD, Some(1_000));
    let path = "/contacts/%2B32470123456";
    for who in [Who::Viewer, Who::Admin] {
        let page = test.get(who, "/contacts").await;
        assert_eq!((page.part("open"), page.part("overdue")), ("1", "1 overdue"));
        page.near("is-overdue");
        assert!(page.body.contains("cannot call back") && page.body.contains("102 Bertrand Maes"));
        let one = test.get(who, path).await;
        one.near("anonymous");
        for page in [page, one] {
            assert!(!page.body.contains("<script>alert") && !page.body.contains("<img src=x"));
        }
    }
    let form = [("owner", "101"), ("due", "2099-01-02T10:00"), ("reason", "Offer"), ("case", "C-7")];
    let answer = test.post(Who::Admin, path, &form).await;
    assert_eq!(answer.location(), "/contacts/%2B32470123456?done=saved", "{}", answer.body);
    let contact = contact_of(&test.told()[0]);
    assert_eq!((contact.owner.as_str(), contact.case.as_str(), contact.attempts.len()), ("101", "C-7", 1));
    assert!(contact.due.is_some_and(|due| due > fixture::wall()));
    let answer = test.post(Who::Admin, path, &[("due", "soon")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    answer.near("wrong-due");

    let answer = test.post(Who::Admin, &format!("{path}/call"), &[("extension", "101")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let dial = Command::Dial { extension: "101".into(), number: "+32470123456".into(), by: "admin".into() };
    assert_eq!(test.told(), [dial]);
    let answer = test.post(Who::Admin, &format!("{path}/call"), &[("extension", "666")]).await;
    answer.near("wrong-extension");

    test.post(Who::Admin, &format!("{path}/close"), &[("outcome", "")]).await.near("wrong-outcome");
    assert!(test.told().is_empty());
    test.post(Who::Admin, &format!("{path}/close"), &[("outcome", "wrote a letter")]).await;
    let closed = contact_of(&test.told()[0]).closed.expect("closed");
    assert_eq!((closed.by.as_str(), closed.outcome.as_str()), ("admin", "wrote a letter"));
    assert_eq!(test.audited(), "closed contact +32470123456");
}

#[tokio::test]
async fn contacts_by_json() {
    let test = TestBox::new();
    plant_contact(&test, "no answer", None);
    let list: Value = serde_json::from_str(&test.get(Who::Viewer, "/api/v1/contacts?open=true").await.body).unwrap();
    assert_eq!((&list["total"], &list["contacts"][0]["owner"]), (&json!(1), &json!("102")));
    let path = "/api/v1/contacts/%2B32470123456";
    let answer = test.put_json(Who::Admin, path, &json!({"owner": "101", "outcome": "reached"})).await;
    let saved: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((&saved["owner"], &saved["closed_by"]), (&json!("101"), &json!("admin")), "{}", answer.body);
    assert!(contact_of(&test.told()[0]).closed.is_some());
    let answer = test.put_json(Who::Admin, path, &json!({"due": "soon", "case": "x".repeat(201)})).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(test.get(Who::Viewer, "/api/v1/contacts/%2B1").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_panel_shows_everybody_and_moves_calls() {
    let test = TestBox::new();
    fixture::fill_live(&test.backend);
    fixture::put_fact(&test.backend, "person/108", r#"{"dnd":true}"#);
    let page = test.get(Who::Viewer, "/panel").await;
    let state = |number: &str| {
        let at = page.body.find(&format!("data-desk=\"{number}\"")).expect(number);
        page.body[at..].split(['>', '<']).nth(1).unwrap().to_owned()
    };
    let all = ["101", "102", "105", "108", "109"].map(state);
    assert_eq!(all, ["Talking", "Calling", "Ringing", "Do not disturb", "Not registered"]);
    assert!(!page.body.contains("data-test=\"transfer\""), "a viewer moves nothing");
    let page = test.get(Who::Admin, "/panel?me=104").await;
    page.near("pickup");
    page.near("park");
    let calls = test.backend.live.read(|view| view.calls.keys().copied().collect::<Vec<_>>());
    let answer = test.post(Who::Admin, &format!("/panel/{}/pickup", calls[1]), &[("me", "104")]).await;
    assert_eq!(answer.location(), "/panel?me=104&done=moved");
    let answer = test.post(Who::Admin, &format!("/panel/{}/transfer", calls[0]), &[("me", ""), ("to", "109")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let pickup = Command::Pickup { call: calls[1], extension: "104".into() };
    let transfer = Command::Transfer { call: calls[0], extension: "103".into(), to: "109".into() };
    assert_eq!(test.told(), [pickup, transfer]);
    for (path, form) in [("transfer", ("to", PAYLOAD)), ("pickup", ("me", PAYLOAD))] {
        let answer = test.post(Who::Admin, &format!("/panel/{}/{path}", calls[0]), &[form]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        answer.near("error");
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"));
    }
    assert!(test.told().is_empty());
}

#[tokio::test]
async fn calls_are_begun_and_moved_by_json() {
    let test = TestBox::new();
    let post = async |who, path: &str, body: Value| {
        test.send(Method::POST, who, path, &[("content-type", "application/json")], &body.to_string()).await.status
    };
    let dial = json!({"extension": "101", "number": "0470 12 34 56"});
    assert_eq!(post(Who::Admin, "/api/v1/dial", dial.clone()).await, StatusCode::CREATED);
    assert_eq!(test.audited(), "had 101 call 0470123456 (API)");
    assert_eq!(post(Who::Viewer, "/api/v1/dial", dial).await, StatusCode::FORBIDDEN);
    let odd = json!({"extension": "101", "number": "sip:x@y"});
    assert_eq!(post(Who::Admin, "/api/v1/dial", odd).await, StatusCode::UNPROCESSABLE_ENTITY);
    let transfer = json!({"extension": "101", "to": "102"});
    assert_eq!(post(Who::Admin, "/api/v1/calls/c5/transfer", transfer).await, StatusCode::NO_CONTENT);
    assert_eq!(post(Who::Admin, "/api/v1/calls/c5/pickup", json!({"extension": "101"})).await, StatusCode::NO_CONTENT);
    assert_eq!(post(Who::Admin, "/api/v1/calls/5/pickup", json!({"extension": "101"})).await, StatusCode::NOT_FOUND);
    assert_eq!(test.told().len(), 3);
}

#[tokio::test]
async fn settings_are_saved_and_secrets_stay() {
    let test = TestBox::new();
    let answer = test.post(Who::Admin, "/settings/voicemail", &[("message_max_s", "60"), ("mail_wav", "on")]).await;
    assert_eq!(answer.location(), "/settings/voicemail?done=saved", "{}", answer.body);
    let voicemail = test.app.config().1.voicemail.clone();
    assert_eq!((voicemail.message_max_s, voicemail.mail_wav), (60, true));
    let mail =
        [("host", "smtp.example.com"), ("user", "box"), ("password", "kept-between-us-3"), ("from", "box@example.com")];
    let answer = test.post(Who::Admin, "/settings/mail", &mail).await;
    assert_eq!(answer.location(), "/settings/mail?done=saved", "{}", answer.body);
    test.post(Who::Admin, "/settings/mail", &[mail[0], mail[1], mail[3]]).await;
    assert!(test.app.config().1.mail.password.is_some());
    let page = test.get(Who::Viewer, "/settings/mail").await;
    assert!(!page.body.contains("kept-between-us-3") && !page.body.contains("data-test=\"save\""));
    for (path, field) in [("voicemail", "message_max_s"), ("parking", "first"), ("mail", "port"), ("media", "country")]
    {
        let answer = test.post(Who::Admin, &format!("/settings/{path}"), &[(field, PAYLOAD)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        answer.near(&format!("wrong-{field}"));
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x"), "{path}");
    }
}

#[tokio::test]
async fn forms_take_the_newer_keys_and_keep_those_they_were_not_sent() {
    let test = TestBox::new();
    fixture::add_group(&test.backend);
    let group = [("name", "Sales"), ("member", "101"), ("otherwise", "102"), ("label", "Sales"), ("skip_busy", "on")];
    assert_eq!(test.post(Who::Admin, "/ring-groups/400", &group).await.status, StatusCode::SEE_OTHER);
    test.post(Who::Admin, "/ring-groups/400", &group[..2]).await;
    let kept = test.app.config().1.ring_groups["400"].clone();
    assert_eq!((kept.label.as_deref(), kept.skip_busy, kept.members.len()), (Some("Sales"), true, 1));
    assert!(kept.otherwise.is_some());
    let room = [("name", "Weekly"), ("moderator_pin", "9876"), ("wait_for_moderator", "on")];
    let answer = test.post(Who::Admin, "/conferences/600", &room).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    test.post(Who::Admin, "/conferences/600", &[("name", "Weekly"), ("moderator_pin", "")]).await;
    let kept = test.app.config().1.conferences["600"].clone();
    assert_eq!((kept.moderator_pin.map(|pin| pin.0).as_deref(), kept.wait_for_moderator), (Some("9876"), false));
    let person =
        [("name", "Ada"), ("enabled", "on"), ("caller_id", ""), ("voicemail", "on"), ("voicemail_pin", "2580")];
    let answer = test.post(Who::Admin, "/extensions/101", &person).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    test.post(Who::Admin, "/extensions/101", &person[..2]).await;
    let kept = test.app.config().1.extensions["101"].clone();
    assert!(kept.voicemail && kept.voicemail_pin.is_some());
    let answer = test.post(Who::Admin, "/extensions/101", &[("name", "Ada"), ("caller_id", PAYLOAD)]).await;
    answer.near("wrong-caller_id");
    assert!(!answer.body.contains("<script>alert"));
}

#[tokio::test]
async fn a_missed_call_is_called_back_with_one_click() {
    let test = TestBox::new();
    fixture::fill_history(&test.backend, 12);
    let list: Value = serde_json::from_str(&test.get(Who::Viewer, "/api/v1/missed-calls").await.body).unwrap();
    let missed = list["missed"].as_array().unwrap();
    assert!(!missed.is_empty(), "the history has calls that nobody took");
    let (call, from) = (missed[0]["call"].as_str().unwrap(), missed[0]["from"].as_str().unwrap());
    assert_eq!(test.get(Who::Viewer, "/api/v1/missed-calls?limit=0").await.status, StatusCode::BAD_REQUEST);
    let page = test.get(Who::Viewer, "/missed-calls").await;
    assert!(page.body.contains(from) && !page.body.contains("data-test=\"call-back\""), "{}", page.body);
    let path = format!("/missed-calls/{call}/call");
    assert_eq!(test.post(Who::Viewer, &path, &[("extension", "101")]).await.status, StatusCode::FORBIDDEN);
    let wrong = test.post(Who::Admin, &path, &[("extension", "nobody")]).await;
    assert!(wrong.near("error").contains("Choose an extension"), "{}", wrong.body);
    assert!(test.told().is_empty());
    test.post(Who::Admin, &path, &[("extension", "101")]).await;
    let (extension, number, by) = ("101".to_owned(), from.to_owned(), "admin".to_owned());
    assert_eq!(test.told(), [Command::Dial { extension, number, by }]);
    assert_eq!(test.audited(), format!("had 101 call {from} back"));
}
