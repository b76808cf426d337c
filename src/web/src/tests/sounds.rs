//! Sounds: upload, listen, delete; music made of them; conferences; what extensions and groups say about sound.

use config::{Language, RecordChoice};
use serde_json::{Value, json};

use super::*;

const BOUNDARY: &str = "----strowger-test";

/// A form with a file, as browsers send it.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn send(test: &TestBox, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "box:8443")
        .header(COOKIE, test.cookie(Who::Admin).unwrap())
        .header(CONTENT_TYPE, kind)
        .header("sec-fetch-site", "same-origin");
    test.run(request.body(Body::from(body)).unwrap()).await
}

async fn upload(test: &TestBox, body: Vec<u8>) -> Answer {
    send(test, Method::POST, "/sounds", &format!("multipart/form-data; boundary={BOUNDARY}"), body).await
}

fn names(test: &TestBox) -> Vec<String> {
    test.backend.sounds.list().into_iter().map(|sound| sound.name).collect()
}

#[tokio::test]
async fn a_sound_is_uploaded_heard_and_deleted() {
    let test = TestBox::new();
    let wav = fixture::tone(2);
    let answer = upload(&test, form(&[("name", None, b""), ("file", Some("Hello World (1).WAV"), &wav)])).await;
    assert_eq!(answer.location(), "/sounds?done=uploaded", "{}", answer.body);
    assert!(names(&test).contains(&"sound/hello-world-1".to_owned()));
    let page = test.get(Who::Viewer, "/sounds").await;
    assert!(page.near("uploads").contains("hello-world-1") && !page.body.contains("data-test=\"upload\""));
    let heard = test.get(Who::Viewer, "/sounds/sound%2Fhello-world-1/audio").await;
    assert_eq!((heard.status, heard.octets == wav), (StatusCode::OK, true));
    assert_eq!(heard.headers["content-type"], "audio/wav");
    let prompt = test.get(Who::Viewer, "/sounds/prompt%2Fen%2Fgoodbye/audio").await;
    assert!(prompt.octets.starts_with(b"RIFF"));
    assert!(test.get(Who::Viewer, "/sounds?q=nl/").await.near("own").contains("prompt/nl/goodbye"));
    assert_eq!(test.get(Who::Admin, "/sounds/sound%2Fhello-world-1/delete").await.status, StatusCode::OK);
    let answer = test.post(Who::Admin, "/sounds/sound%2Fhello-world-1/delete", &[]).await;
    assert_eq!(answer.location(), "/sounds?done=deleted");
    assert!(!names(&test).contains(&"sound/hello-world-1".to_owned()));
    let audit = test.backend.store.audit(10, None).unwrap();
    let told = |what: &str| audit.iter().any(|(_, row)| row.who == "admin" && row.what == what);
    assert!(told("uploaded sound/hello-world-1") && told("deleted sound/hello-world-1"));
}

#[tokio::test]
async fn a_bad_upload_is_told_beside_its_field() {
    let test = TestBox::new();
    let before = names(&test);
    let wav = fixture::tone(1);
    let answer = upload(&test, form(&[("file", Some("x.wav"), b"<html>")])).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.part("wrong-file").contains("This is neither WAV, MP3, FLAC nor Ogg."), "{}", answer.body);
    let answer = upload(&test, form(&[("name", None, b"x"), ("file", Some(""), b"")])).await;
    assert!(answer.part("wrong-file").contains("Choose a file"));
    for name in ["../../etc/x", "a b", "prompt/en/goodbye", "\u{0}", &"x".repeat(65)] {
        let answer = upload(&test, form(&[("name", None, name.as_bytes()), ("file", Some("x.wav"), &wav)])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(answer.part("wrong-name").contains("1 to 64"));
    }
    // A file's own name never becomes a path.
    let answer = upload(&test, form(&[("file", Some("../../../etc/cron.d/evil.wav"), &wav)])).await;
    assert_eq!(answer.location(), "/sounds?done=uploaded");
    assert!(names(&test).contains(&"sound/evil".to_owned()));
    assert_eq!(names(&test).len(), before.len() + 1);
    for (kind, body) in [
        ("multipart/form-data", form(&[])),
        ("multipart/form-data; boundary=x", b"--y\r\n".to_vec()),
        ("application/x-www-form-urlencoded", b"name=x".to_vec()),
        ("text/plain", b"RIFF".to_vec()),
    ] {
        let answer = send(&test, Method::POST, "/sounds", kind, body).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
    }
    let cut = form(&[("file", Some("x.wav"), &wav)]);
    let answer = upload(&test, cut[..cut.len() / 2].to_vec()).await;
    assert!(answer.status.is_client_error(), "{}", answer.status);
    assert_eq!(names(&test).len(), before.len() + 1);
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_size() {
    let test = TestBox::new();
    let before = names(&test);
    let big = vec![b'R'; (20 << 20) + 1];
    let answer = upload(&test, form(&[("file", Some("x.wav"), &big)])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.part("wrong-file").contains("larger than 20 MB"), "{}", answer.body);
    let answer = send(&test, Method::PUT, "/api/v1/sounds/x", "audio/wav", big.clone()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Many small fields are no way round it, and unknown ones are not kept.
    let many: Vec<(&str, Option<&str>, &[u8])> = (0..40).map(|_| ("junk", None, &big[..1 << 20])).collect();
    assert_eq!(upload(&test, form(&many)).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(names(&test), before);
}

#[tokio::test]
async fn uploads_at_once_are_few() {
    let test = TestBox::new();
    let turns: Vec<_> = std::iter::from_fn(|| test.app.uploads.try_acquire().ok()).collect();
    let answer = upload(&test, form(&[("file", Some("x.wav"), &fixture::tone(1))])).await;
    assert_eq!((answer.status, turns.len()), (StatusCode::SERVICE_UNAVAILABLE, 2));
    assert!(answer.headers.contains_key("retry-after"));
    let streams: Vec<_> = std::iter::from_fn(|| test.app.streams.clone().try_acquire_owned().ok()).collect();
    assert_eq!(test.get(Who::Admin, "/sounds/sound%2Fharp/audio").await.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(streams);
    assert_eq!(test.get(Who::Admin, "/sounds/sound%2Fharp/audio").await.status, StatusCode::OK);
}

#[tokio::test]
async fn sounds_by_json() {
    let test = TestBox::new();
    let json = |answer: &Answer| -> Value { serde_json::from_str(&answer.body).unwrap() };
    let answer = send(&test, Method::PUT, "/api/v1/sounds/robot", "audio/wav", fixture::tone(2)).await;
    assert_eq!((answer.status, &json(&answer)["duration_ms"]), (StatusCode::OK, &json!(2_002)));
    let list = json(&test.get(Who::Viewer, "/api/v1/sounds").await);
    let robot = json!({"name": "sound/robot", "uploaded": true, "duration_ms": 2_002, "octets": 32_044});
    assert!(list["sounds"].as_array().unwrap().contains(&robot), "{list}");
    for (name, kind, body, status) in [
        ("robot", "text/plain", fixture::tone(1), 415),
        ("robot", "multipart/form-data", fixture::tone(1), 415),
        ("a%2Fb", "audio/wav", fixture::tone(1), 422),
        ("robot", "audio/wav", b"no".to_vec(), 422),
        ("robot", "audio/wav", Vec::new(), 422),
    ] {
        let answer = send(&test, Method::PUT, &format!("/api/v1/sounds/{name}"), kind, body).await;
        assert_eq!(answer.status.as_u16(), status, "{name} {kind}: {}", answer.body);
    }
    let delete = |name: &'static str| test.send(Method::DELETE, Who::Admin, name, &[], "");
    assert_eq!(delete("/api/v1/sounds/robot").await.status, StatusCode::NO_CONTENT);
    assert_eq!(delete("/api/v1/sounds/robot").await.status, StatusCode::NOT_FOUND);
    assert_eq!(delete("/api/v1/sounds/prompt%2Fen%2Fgoodbye").await.status, StatusCode::NOT_FOUND);
    fixture::add_group(&test.backend);
    let answer = delete("/api/v1/sounds/harp").await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "music plays it");
}

#[tokio::test]
async fn music_is_made_of_sounds_that_are_there() {
    let test = TestBox::new();
    assert!(test.get(Who::Viewer, "/music").await.body.contains("plays its own music"));
    let made = [("name", "lobby"), ("file", "harp"), ("file", "welcome"), ("order", "welcome, harp")];
    assert_eq!(test.post(Who::Admin, "/music", &made).await.location(), "/music?done=created");
    let music = test.app.config().1.music["lobby"].clone();
    assert_eq!((music.files, music.shuffle), (vec!["welcome".to_owned(), "harp".to_owned()], false));
    let changed = [("file", "harp"), ("file", "gone"), ("shuffle", "on")];
    let answer = test.post(Who::Admin, "/music/lobby", &changed).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.part("wrong-files").contains("gone"));
    let answer = test.post(Who::Admin, "/music/lobby", &[("file", "harp"), ("shuffle", "on")]).await;
    assert_eq!(answer.location(), "/music/lobby?done=saved");
    let answer = test.post(Who::Admin, "/music", &[("name", "no good"), ("file", "harp")]).await;
    assert!(answer.near("wrong-name").len() > 20);
    let answer = test.post(Who::Admin, "/music", &[("name", "empty")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);

    let group = [("number", "400"), ("name", "Sales"), ("member", "101"), ("music", "lobby"), ("record", "always")];
    assert_eq!(test.post(Who::Admin, "/ring-groups", &group).await.location(), "/ring-groups?done=created");
    let group = test.app.config().1.ring_groups["400"].clone();
    assert_eq!((group.music.as_deref(), group.record), (Some("lobby"), RecordChoice::Always));
    let page = test.get(Who::Admin, "/ring-groups/400").await;
    assert!(page.body.contains("value=\"lobby\" selected") && page.body.contains("value=\"always\" selected"));
    assert!(test.get(Who::Viewer, "/music").await.body.contains("Sales"));
    let refused = test.post(Who::Admin, "/music/lobby/delete", &[]).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.near("error").contains("400"));
    let kept = test.post(Who::Admin, "/sounds/sound%2Fharp/delete", &[]).await;
    assert!(kept.status == StatusCode::UNPROCESSABLE_ENTITY && kept.near("error").contains("lobby"));
    test.post(Who::Admin, "/ring-groups/400/delete", &[]).await;
    assert_eq!(test.post(Who::Admin, "/music/lobby/delete", &[]).await.location(), "/music?done=deleted");
}

#[tokio::test]
async fn conferences_are_made_changed_and_deleted() {
    let test = TestBox::new();
    let form = [("number", "600"), ("name", "Weekly"), ("pin", "4711"), ("members_max", "20"), ("record", "never")];
    assert_eq!(test.post(Who::Admin, "/conferences", &form).await.location(), "/conferences?done=created");
    let room = test.app.config().1.conferences["600"].clone();
    assert_eq!((room.pin.unwrap().0.as_str(), room.members_max, room.entry_tones), ("4711", 20, false));
    assert_eq!(room.record, RecordChoice::Never);
    assert!(test.get(Who::Admin, "/conferences/600").await.body.contains("value=\"4711\""));
    let viewer = test.get(Who::Viewer, "/conferences/600").await;
    assert!(!viewer.body.contains("4711") && viewer.body.contains("<fieldset disabled>"));
    let answer = test.post(Who::Admin, "/conferences/600", &[("name", "Weekly"), ("entry_tones", "on")]).await;
    assert_eq!(answer.location(), "/conferences/600?done=saved");
    let room = test.app.config().1.conferences["600"].clone();
    assert_eq!((room.pin.is_none(), room.members_max, room.entry_tones), (true, 100, true));
    for (field, value) in [("pin", "12"), ("pin", "abcd"), ("members_max", "1"), ("members_max", "many"), ("name", "")]
    {
        let form = [("name", "Weekly"), (field, value)];
        let form = if field == "name" { &form[1..] } else { &form[..] };
        let answer = test.post(Who::Admin, "/conferences/600", form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(answer.body.contains("class=\"wrong\""), "{field}={value}");
    }
    let taken = test.post(Who::Admin, "/conferences", &[("number", "101"), ("name", "x")]).await;
    assert!(taken.part("wrong-number").contains("101"), "{}", taken.body);
    assert_eq!(test.post(Who::Admin, "/conferences/600/delete", &[]).await.location(), "/conferences?done=deleted");
    assert_eq!(test.get(Who::Admin, "/conferences/600").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_extension_says_how_it_is_recorded_and_heard() {
    let test = TestBox::new();
    let form = [
        ("name", "Ada"),
        ("enabled", "on"),
        ("record", "on_demand"),
        ("language", "nl"),
        ("gain_db", "−3"),
        ("noise_reduction", "on"),
        ("supervisor", "on"),
    ];
    assert_eq!(test.post(Who::Admin, "/extensions/101", &form).await.location(), "/extensions/101?done=saved");
    let ada = test.app.config().1.extensions["101"].clone();
    assert_eq!((ada.record, ada.language, ada.gain_db), (RecordChoice::OnDemand, Some(Language::Nl), -3));
    assert_eq!((ada.noise_reduction, ada.automatic_gain, ada.supervisor), (true, false, true));
    let page = test.get(Who::Viewer, "/extensions/101").await;
    for part in ["value=\"on_demand\" selected", "value=\"nl\" selected", "value=\"-3\""] {
        assert!(page.body.contains(part), "{part}");
    }
    for (field, value) in [("record", "perhaps"), ("language", "xx"), ("gain_db", "loud"), ("gain_db", "40")] {
        let answer = test.post(Who::Admin, "/extensions/101", &[("name", "Ada"), (field, value)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(answer.body.contains("class=\"wrong\""), "{field}={value}");
    }
    let body = "{\"name\":\"Ada\",\"record\":\"always\",\"gain_db\":2}";
    let kind = [("content-type", "application/json")];
    let answer = test.send(Method::PUT, Who::Admin, "/api/v1/extensions/101", &kind, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let shown: Value = serde_json::from_str(&test.get(Who::Viewer, "/api/v1/extensions/101").await.body).unwrap();
    assert_eq!((&shown["record"], &shown["gain_db"], &shown["language"]), (&json!("always"), &json!(2), &Value::Null));
    let odd = "{\"name\":\"Ada\",\"record\":\"perhaps\"}";
    let answer = test.send(Method::PUT, Who::Admin, "/api/v1/extensions/101", &kind, odd).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}
