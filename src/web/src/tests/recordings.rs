//! Listening to recordings: who may, what is noted, what a browser may ask for; and the seconds of a call's sound.

use serde_json::{Value, json};

use super::*;

fn trace(test: &TestBox) -> Vec<String> {
    let rows = test.backend.store.audit_of(test.recording, 50).unwrap();
    rows.into_iter().rev().map(|(_, row)| format!("{} {}", row.who, row.what.split(' ').next().unwrap())).collect()
}

fn audio(test: &TestBox) -> String {
    format!("/recordings/{}/audio", test.recording)
}

async fn range(test: &TestBox, range: &str) -> Answer {
    test.send(Method::GET, Who::Admin, &audio(test), &[("range", range)], "").await
}

#[tokio::test]
async fn a_recording_is_listed_searched_and_told() {
    let test = TestBox::new();
    let list = test.get(Who::Admin, "/recordings").await;
    assert!(list.body.contains(&format!("/recordings/{}", test.recording)) && list.body.contains("0:24"));
    assert!(test.get(Who::Admin, "/recordings?q=0470").await.body.contains("No recording found"));
    assert!(test.get(Who::Admin, "/recordings?q=%2B32470").await.body.contains("Ada Lovelace"));
    assert!(test.get(Who::Admin, "/recordings?from=2200-01-01").await.body.contains("No recording found"));
    let page = test.get(Who::Admin, &format!("/recordings/{}", test.recording)).await;
    assert!(page.body.contains("preload=\"none\""), "to look is not to listen");
    assert!(page.body.contains("0:06–0:10") && page.near("pauses").contains("x=\"250\""), "{}", page.near("pauses"));
    assert!(trace(&test).is_empty());
    let call = test.get(Who::Admin, &format!("/calls/{}", test.call)).await;
    assert!(call.near("call-recordings").contains(&audio(&test)), "{}", call.near("call-recordings"));
    let viewer = test.get(Who::Viewer, &format!("/calls/{}", test.call)).await;
    assert!(viewer.near("call-recordings").contains("0:24") && !viewer.body.contains("/recordings/rec"));
    assert!(!viewer.body.contains("href=\"/recordings\""));
}

#[tokio::test]
async fn every_listening_leaves_a_trace_before_the_first_octet() {
    let test = TestBox::new();
    let answer = test.get(Who::Admin, &audio(&test)).await;
    assert_eq!((answer.status, answer.octets.len()), (StatusCode::OK, 24 * 16_000 + 44));
    let header = |name: &str| answer.headers[name].to_str().unwrap();
    assert_eq!((header("content-type"), header("accept-ranges")), ("audio/wav", "bytes"));
    assert_eq!((header("cache-control"), header("content-disposition")), ("no-store", "inline"));
    assert_eq!(trace(&test), ["admin listened"]);
    // The cookie is another each time: three sessions, three rows; the pieces of one session's playing are one.
    let cookie = test.cookie(Who::Admin).unwrap();
    for from in [0, 100_000, 200_000] {
        let request = Request::builder()
            .uri(audio(&test))
            .header(HOST, "box:8443")
            .header(COOKIE, &cookie)
            .header("range", format!("bytes={from}-"));
        let answer = test.run(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    }
    assert_eq!(range(&test, "bytes=384000-").await.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(trace(&test), ["admin listened"; 3], "who skips the beginning is noted too");
    let kept = test.get(Who::Admin, &format!("{}?download=1", audio(&test))).await;
    let disposition = kept.headers["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; filename=\"") && disposition.ends_with("_101_32470123456.wav\""));
    assert_eq!(trace(&test).last().unwrap(), "admin downloaded");
    let page = test.get(Who::Admin, &format!("/recordings/{}", test.recording)).await;
    assert_eq!(page.body.matches("<td>listened to</td>").count(), 3, "{}", page.near("listened"));
}

#[tokio::test]
async fn without_a_trace_no_sound() {
    let test = TestBox::new();
    assert_eq!(range(&test, "bytes=0-3").await.octets, b"RIFF");
    // The journal takes nothing more; the recording is still known and its file still there.
    let id = test.recording;
    test.disk_full(true);
    assert!(test.backend.store.recording(id).unwrap().is_some());
    let answer = test.get(Who::Admin, &audio(&test)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.octets.starts_with(b"RIFF"));
    let delete = test.post(Who::Admin, &format!("/recordings/{id}/delete"), &[]).await;
    assert_eq!(delete.status, StatusCode::SERVICE_UNAVAILABLE);
    test.disk_full(false);
    assert_eq!(range(&test, "bytes=0-3").await.octets, b"RIFF", "nor was it deleted without a trace");
}

#[tokio::test]
async fn ranges_are_pieces_of_the_file_however_absurd() {
    let test = TestBox::new();
    let whole = test.get(Who::Admin, &audio(&test)).await.octets;
    let length = whole.len();
    for (asked, from, to) in [
        ("bytes=0-3", 0, 4),
        ("bytes=44-", 44, length),
        ("bytes=-16", length - 16, length),
        ("bytes=100-99999999999999999999", 100, length),
        ("bytes=-99999999999999999999", 0, length),
    ] {
        let answer = range(&test, asked).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{asked}");
        assert_eq!(answer.octets, whole[from..to], "{asked}");
        let told = format!("bytes {from}-{}/{length}", to - 1);
        assert_eq!(answer.headers["content-range"], told, "{asked}");
        assert_eq!(answer.headers["content-length"], (to - from).to_string());
    }
    let many = format!("bytes={}", (0..1_000).map(|n| format!("{n}-{n}")).collect::<Vec<_>>().join(","));
    for asked in ["bytes=5-2", "bytes=abc", "lines=0-3", "bytes=0-1,3-4", &many] {
        let answer = range(&test, asked).await;
        assert_eq!((answer.status, answer.octets.len()), (StatusCode::OK, length), "{}", &asked[..10]);
    }
    for asked in ["bytes=9999999-", "bytes=-0"] {
        let answer = range(&test, asked).await;
        assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(answer.headers["content-range"], format!("bytes */{length}"));
    }
    let path = audio(&test);
    let headers = [("range", "bytes=0-3"), ("if-range", "\"of another file\"")];
    let other = test.send(Method::GET, Who::Admin, &path, &headers, "").await;
    assert_eq!(other.status, StatusCode::OK, "a piece of another content is no use");
    let headers = [("accept-encoding", "br"), ("range", "bytes=0-3")];
    let packed = test.send(Method::GET, Who::Admin, &path, &headers, "").await;
    assert!(!packed.headers.contains_key("content-encoding") && packed.octets == whole[..4]);
}

#[tokio::test]
async fn no_request_names_a_file() {
    let test = TestBox::new();
    std::fs::write(test.folder.0.join("secret.wav"), "secret").unwrap();
    for name in [
        "..%2f..%2fsecret.wav",
        "%2e%2e%2fsecret",
        "rec1%2f..%2f..%2fsecret",
        "..%5csecret",
        "%2fetc%2fpasswd",
        "rec1%00",
        "rec-1",
        "REC1",
    ] {
        for path in [
            format!("/recordings/{name}/audio"),
            format!("/recordings/{name}"),
            format!("/api/v1/recordings/{name}/audio"),
            format!("/sounds/{name}/audio"),
            format!("/sounds/sound%2f{name}/audio"),
            format!("/api/v1/sounds/{name}/audio"),
        ] {
            let answer = test.get(Who::Admin, &path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(!answer.body.contains("secret\n") && !answer.octets.starts_with(b"secret"));
        }
    }
}

#[tokio::test]
async fn a_deleted_recording_keeps_its_story_and_loses_its_sound() {
    let test = TestBox::new();
    let path = format!("/recordings/{}", test.recording);
    assert_eq!(test.get(Who::Admin, &format!("{path}/delete")).await.status, StatusCode::OK);
    assert!(test.backend.store.recording(test.recording).unwrap().unwrap().deleted.is_none());
    assert_eq!(test.post(Who::Viewer, &format!("{path}/delete"), &[]).await.status, StatusCode::FORBIDDEN);
    let answer = test.post(Who::Admin, &format!("{path}/delete"), &[]).await;
    assert_eq!(answer.location(), "/recordings?done=deleted");
    assert_eq!(test.get(Who::Admin, &audio(&test)).await.status, StatusCode::NOT_FOUND);
    let page = test.get(Who::Admin, &path).await;
    assert!(page.body.contains("by admin") && !page.body.contains("<audio"), "{}", page.body);
    assert!(test.get(Who::Admin, "/recordings").await.body.contains("No recordings yet"));
    assert_eq!(test.post(Who::Admin, &format!("{path}/delete"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(trace(&test), ["admin deleted"]);
    let files = test.folder.0.join("recordings/2026/11/22");
    assert_eq!(std::fs::read_dir(files).unwrap().count(), 0);
}

#[tokio::test]
async fn what_still_goes_on_is_neither_heard_nor_deleted() {
    let test = TestBox::new();
    let open = fixture::write_recording(&test.backend, &test.folder.0, test.call, false, "");
    assert_eq!(test.get(Who::Admin, &format!("/recordings/{open}/audio")).await.status, StatusCode::NOT_FOUND);
    let answer = test.post(Who::Admin, &format!("/recordings/{open}/delete"), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.near("error").contains("still being recorded"));
    let answer = test.send(Method::DELETE, Who::Admin, &format!("/api/v1/recordings/{open}"), &[], "").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let page = test.get(Who::Admin, &format!("/recordings/{open}")).await;
    assert!(page.body.contains("once it has ended") && page.body.contains("Recording"));
}

#[tokio::test]
async fn a_missing_file_is_said_and_can_be_cleared_away() {
    let test = TestBox::new();
    std::fs::remove_dir_all(test.folder.0.join("recordings")).unwrap();
    assert_eq!(test.get(Who::Admin, &audio(&test)).await.status, StatusCode::NOT_FOUND);
    assert!(trace(&test).is_empty(), "nothing was heard");
    let answer =
        test.send(Method::DELETE, Who::Admin, &format!("/api/v1/recordings/{}", test.recording), &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn recordings_and_tracks_by_json() {
    let test = TestBox::new();
    let json = |answer: &Answer| -> Value { serde_json::from_str(&answer.body).unwrap() };
    let list = json(&test.get(Who::Admin, &format!("/api/v1/recordings?call={}&q=lovelace", test.call)).await);
    let row = &list["recordings"][0];
    assert_eq!((&row["recording"], &row["audio"]), (&json!(test.recording.to_string()), &json!(true)));
    assert_eq!((&row["pauses"][0]["from_ms"], &row["right"]["number"]), (&json!(6_000), &json!("+32470123456")));
    let one = json(&test.get(Who::Admin, &format!("/api/v1/recordings/{}", test.recording)).await);
    assert_eq!(&one, row);
    for odd in ["after=x", "call=x", "limit=0", "from=x"] {
        let answer = test.get(Who::Admin, &format!("/api/v1/recordings?{odd}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{odd}");
    }
    let sound = test.get(Who::Admin, &format!("/api/v1/recordings/{}/audio", test.recording)).await;
    assert!(sound.octets.starts_with(b"RIFF"));
    assert_eq!(trace(&test), ["admin downloaded"]);

    let tracks = json(&test.get(Who::Viewer, &format!("/api/v1/calls/{}/tracks", test.call)).await);
    let first = &tracks["tracks"][0];
    assert_eq!(
        (&first["leg"], &first["step_s"], &first["digits"][0]),
        (&json!(0), &json!(1), &json!({"second": 12, "digit": "4"}))
    );
    let second = &first["rows"][0];
    assert_eq!((&second["received"], &second["round_trip_ms"], &second["mos"]), (&json!(50), &json!(24), &json!(4.28)));
    assert_eq!(test.get(Who::Viewer, "/api/v1/calls/c1/tracks").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_call_page_draws_the_seconds_and_says_the_cause_first() {
    let test = TestBox::new();
    let page = test.get(Who::Viewer, &format!("/calls/{}", test.call)).await;
    let flight = &page.body[page.body.find("data-test=\"flight\"").unwrap()..];
    assert!(flight.find("data-test=\"diagnosis\"").unwrap() < flight.find("class=\"strip").unwrap());
    for part in ["From Ada Lovelace to the box", "From the box to Bertrand Maes", "class=\"strip loss\"", "Round trip"]
    {
        assert!(flight.contains(part), "{part}");
    }
    assert!(flight.contains("aria-label=\"Keys pressed: 42#\"") && flight.contains("<details class=\"figures\">"));
    let note = "no audio from the phone: it sends to 192.168.1.20; its router rewrites SDP";
    let call = fixture::write_call(
        &test.backend,
        fixture::wall(),
        fixture::party("101", "Ada Lovelace"),
        fixture::party("102", "Bertrand Maes"),
        Disposition::Answered,
        Cause::NormalClearing,
        3,
        &[note],
    );
    let page = test.get(Who::Viewer, &format!("/calls/{call}")).await;
    assert!(page.near("diagnosis").contains(note) && page.body.contains("Nothing came."), "{}", page.near("diagnosis"));
}
