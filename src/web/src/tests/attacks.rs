//! Hostile text in every string that comes from outside, on every page that shows it.

use base::Duration;
use exchange::live::{Event, LiveCall, LiveDevice, LiveState};

use super::*;
use crate::routes::table;

const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</template><iframe src=javascript:alert(1)>",
    "{{7*7}}<b>x</b>${7*7}",
    "<!--<script>-->",
    "\u{202e}<a href=\"javascript:alert(1)\">x</a>",
];

/// What must never stand in a page: a tag that came out of a payload.
const LIVE: [&str; 8] = [
    "<script>alert",
    "<img src=x",
    "<svg/onload",
    "<iframe",
    "<b>x</b>",
    "<!--<script",
    "<a href=\"javascript",
    "onerror=alert(1)>",
];

#[tokio::test]
async fn hostile_text_is_inert_on_every_page() {
    for payload in PAYLOADS {
        let test = TestBox::new();
        fixture::add_telephony(&test.backend);
        plant(&test, payload);
        for route in table().into_iter().filter(|route| route.method == Method::GET) {
            let path = test.filled(route.path);
            let query: String = form_urlencoded::Serializer::new(String::new())
                .extend_pairs([("dialled", payload), ("number", payload), ("template", payload)])
                .extend_pairs([("q", payload), ("sort", payload), ("result", payload), ("from", payload)])
                .extend_pairs([("next", payload), ("done", payload)])
                .finish();
            for path in [path.clone(), format!("{path}?{query}")] {
                let answer = test.get(Who::Admin, &path).await;
                assert!(answer.status.as_u16() < 500, "{path}: {}", answer.body);
                let kind = answer.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
                if kind.starts_with("text/html") {
                    for live in LIVE {
                        assert!(!answer.body.contains(live), "{path} holds {live}");
                    }
                }
            }
        }
    }
}

/// In what a form sends, too: it comes back as it was typed.
#[tokio::test]
async fn hostile_text_in_a_form_comes_back_inert() {
    let test = TestBox::new();
    fixture::add_telephony(&test.backend);
    for payload in PAYLOADS {
        let form: Vec<(&str, &str)> = [
            "name",
            "host",
            "user",
            "numbers",
            "patterns",
            "to",
            "closed_to",
            "label",
            "open",
            "closed",
            "url",
            "reason",
            "number",
            "location",
            "email",
            "trunks",
            "hours",
            "classes",
            "calendars",
            "holidays",
            "mode",
            "until",
        ]
        .into_iter()
        .map(|key| (key, payload))
        .collect();
        for path in [
            "/trunks",
            "/trunks/provider",
            "/trunks/provider/test",
            "/inbound-routes",
            "/inbound-routes/main",
            "/outbound-routes",
            "/hours",
            "/hours/office",
            "/hours/office/switch",
            "/calendars",
            "/classes",
            "/blocked",
            "/numbers",
            "/emergency",
        ] {
            let answer = test.post(Who::Admin, path, &form).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.body);
            for live in LIVE {
                assert!(!answer.body.contains(live), "{path} holds {live}");
            }
        }
    }
}

/// The payload as name, User-Agent, device, reason, SIP text, and in what is live.
fn plant(test: &TestBox, payload: &str) {
    let hostile = fixture::party(payload, payload);
    let now = fixture::wall();
    fixture::write_call(
        &test.backend,
        now,
        hostile.clone(),
        hostile.clone(),
        Disposition::Answered,
        Cause::NormalClearing,
        3,
        &[payload],
    );
    fixture::write_recording(&test.backend, &test.folder.0, test.call, true, payload);
    test.backend.live.publish(&Event::Registration {
        extension: "109".into(),
        devices: vec![LiveDevice {
            contact: payload.into(),
            from: payload.into(),
            user_agent: payload.into(),
            expires_at: now + Duration::from_secs(60),
        }],
    });
    test.backend.live.publish(&Event::Call(LiveCall {
        call: CallRef(99),
        from: hostile.clone(),
        dialled: payload.into(),
        to: hostile,
        state: LiveState::Talking,
        started_at: now,
        answered_at: Some(now),
        recorded: true,
    }));
    let trunk = exchange::live::LiveTrunk {
        name: "provider".into(),
        state: exchange::live::TrunkState::Down { why: payload.into() },
        since: now,
        calls: 0,
        latency_ms: None,
    };
    test.backend.live.publish(&Event::Trunk(trunk));
    let quoted = serde_json::to_string(payload).unwrap();
    fixture::put_fact(
        &test.backend,
        &format!("blocked/{payload}"),
        &format!("{{\"by\":{quoted},\"at\":0,\"reason\":{quoted}}}"),
    );
    fixture::put_fact(&test.backend, "calendar/works", &format!("{{\"text\":\"\",\"error\":{quoted}}}"));
    let mode = format!("{{\"mode\":\"closed\",\"until\":null,\"by\":{quoted},\"at\":0}}");
    fixture::put_fact(&test.backend, "hours/office", &mode);
    let who = exchange::record::AuditRecord { at: now, who: payload.into(), from: None, what: payload.into() };
    fixture::append(&test.backend, exchange::record::Record::Audit(who));
}

#[tokio::test]
async fn a_ladder_of_hostile_messages_is_drawn_inert() {
    let test = TestBox::new();
    let payload = PAYLOADS[1];
    let call = fixture::write_call(
        &test.backend,
        fixture::wall(),
        fixture::party("101", payload),
        fixture::party("102", payload),
        Disposition::Answered,
        Cause::NormalClearing,
        3,
        &[payload],
    );
    let answer = test.get(Who::Viewer, &format!("/calls/{call}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("data-test=\"ladder\"") && answer.body.contains("&#60;img src=x"), "{}", answer.body);
    assert!(!answer.body.contains("<img"));
}

#[tokio::test]
async fn no_page_has_inline_script_or_style() {
    let test = TestBox::new();
    fixture::fill_live(&test.backend);
    for route in table().into_iter().filter(|route| route.method == Method::GET) {
        let answer = test.get(Who::Admin, &test.filled(route.path)).await;
        if answer
            .headers
            .get(CONTENT_TYPE)
            .is_none_or(|kind| !kind.to_str().unwrap_or_default().starts_with("text/html"))
        {
            continue;
        }
        for tag in answer.body.split('<').filter(|tag| !tag.starts_with('/')) {
            let tag = tag.split('>').next().unwrap_or_default();
            assert!(!tag.starts_with("style"), "{}: {tag}", route.path);
            assert!(!tag.starts_with("script") || tag.contains("src=\"/assets/"), "{}: {tag}", route.path);
            assert!(!tag.contains(" style=") && !tag.contains(" onclick="), "{}: {tag}", route.path);
        }
    }
}

#[tokio::test]
async fn assets_are_those_built_in_and_no_others() {
    let test = TestBox::new();
    for name in [
        "..%2f..%2fCargo.toml",
        "%2e%2e/%2e%2e/Cargo.toml",
        "..%5c..%5cCargo.toml",
        "%2fetc%2fpasswd",
        "style.css%00.js",
        "../src/lib.rs",
        "style.css/../../lib.rs",
        "．．/lib.rs",
        "",
        "STYLE.CSS",
    ] {
        let request = Request::builder().uri(format!("/assets/{}", encode(name))).header(HOST, "box");
        let answer = test.run(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
    let answer = test.get(Who::Nobody, "/assets/style.css").await;
    let etag = answer.headers["etag"].to_str().unwrap().to_owned();
    let again = test.send(Method::GET, Who::Nobody, "/assets/style.css", &[("if-none-match", &etag)], "").await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let fixed = test.get(Who::Nobody, &crate::assets::url("style.css")).await;
    assert!(fixed.headers["cache-control"].to_str().unwrap().contains("immutable"));
}

/// Leaves ASCII as it is: the point is what a sender may really put on the wire.
fn encode(name: &str) -> String {
    name.chars().flat_map(|c| if c.is_ascii() { vec![c.to_string()] } else { bytes(c) }).collect()
}

fn bytes(c: char) -> Vec<String> {
    c.to_string().bytes().map(|b| format!("%{b:02x}")).collect()
}

#[tokio::test]
async fn an_export_holds_no_formulas() {
    let test = TestBox::new();
    let name = "=HYPERLINK(\"http://evil.example\",\"x\")";
    fixture::write_call(
        &test.backend,
        fixture::wall(),
        fixture::party("+3225550100", name),
        fixture::party("102", "@SUM(A1)"),
        Disposition::NoAnswer,
        Cause::NoAnswer,
        0,
        &[],
    );
    let answer = test.get(Who::Viewer, "/calls.csv").await;
    assert_eq!(answer.headers[CONTENT_TYPE], "text/csv; charset=utf-8");
    let rows: Vec<&str> = answer.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows.len(), 3, "{}", answer.body);
    for cell in ["\"'=HYPERLINK(\"\"http", "\"'+3225550100\"", "\"'@SUM(A1)\""] {
        assert!(rows[1].contains(cell), "{cell}: {}", rows[1]);
    }
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let test = TestBox::new();
    let big = format!("name={}", "x".repeat(300 << 10));
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    for path in ["/extensions", "/login", "/ring-groups"] {
        let answer = test.send(Method::POST, Who::Admin, path, &kind, &big).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}
