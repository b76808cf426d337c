//! The whole router, without a socket: permissions, cross-site requests, hostile text, and each page's work.

mod api;
mod attacks;
mod fixture;
mod login;
mod office;
mod pages;
mod permissions;
mod phones;
mod recordings;
mod sounds;
mod telephony;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base::{CallRef, RecordingId};
use exchange::record::{Cause, Disposition, Role};
use tower::ServiceExt;

use crate::app::{App, Shared};
use crate::backend::Backend;
use crate::routes;
use fixture::files::FullDisk;
use fixture::{Commands, Folder};

/// A box under test.
struct TestBox {
    app: Shared,
    backend: Arc<Backend>,
    commands: Commands,
    router: Router,
    call: CallRef,
    recording: RecordingId,
    full: Arc<AtomicBool>,
    folder: Folder,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Viewer,
    Admin,
    /// Must change the password first.
    Fresh,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    octets: Vec<u8>,
}

impl Answer {
    fn location(&self) -> &str {
        self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The beginning of the element with this `data-test`, with what is in it.
    fn near(&self, name: &str) -> String {
        let at = self.body.find(&format!("data-test=\"{name}\"")).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        self.body[at..].chars().take(600).collect()
    }

    /// The text between the tags of the element with this `data-test`.
    fn part(&self, name: &str) -> &str {
        let at = self.body.find(&format!("data-test=\"{name}\"")).unwrap_or_else(|| panic!("no {name}: {}", self.body));
        let from = at + self.body[at..].find('>').expect("a tag ends") + 1;
        let to = from + self.body[from..].find("</").expect("an element ends");
        self.body[from..to].trim()
    }
}

impl TestBox {
    fn new() -> Self {
        Self::with(&fixture::company())
    }

    fn with(people: &[(&str, &str)]) -> Self {
        let folder = Folder::new("test");
        let disk = FullDisk::default();
        let full = Arc::clone(&disk.full);
        let (backend, commands) = fixture::backend(&folder.0, people, Arc::new(disk));
        let call = fixture::write_call(
            &backend,
            fixture::wall(),
            fixture::party("101", "Ada Lovelace"),
            fixture::party("102", "Bertrand Maes"),
            Disposition::Answered,
            Cause::NormalClearing,
            3,
            &[],
        );
        let recording = fixture::write_recording(&backend, &folder.0, call, true, "");
        let app =
            App::new(Arc::clone(&backend), SocketAddr::from(([127, 0, 0, 1], 8443)), Box::new(|| base::Instant::ZERO));
        let router = routes::router(Arc::clone(&app));
        TestBox { app, backend, commands, router, call, recording, full, folder }
    }

    /// From now on the journal's disk takes nothing, or takes all again.
    fn disk_full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    /// A cookie of a new session.
    fn cookie(&self, who: Who) -> Option<String> {
        let (name, role, must_change) = match who {
            Who::Nobody => return None,
            Who::Viewer => ("viewer", Role::Viewer, false),
            Who::Admin => ("admin", Role::Administrator, false),
            Who::Fresh => ("fresh", Role::Administrator, true),
        };
        let cookie = self.app.sessions.begin(self.app.now(), name, role, must_change, self.app.random().unwrap());
        cookie.to_str().unwrap().split(';').next().map(str::to_owned)
    }

    async fn get(&self, who: Who, path: &str) -> Answer {
        self.send(Method::GET, who, path, &[], "").await
    }

    async fn post(&self, who: Who, path: &str, form: &[(&str, &str)]) -> Answer {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.send(Method::POST, who, path, &headers, &body).await
    }

    async fn send(&self, method: Method, who: Who, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(HOST, "box:8443");
        if let Some(cookie) = self.cookie(who) {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.run(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    async fn run(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 44], 40_000))));
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let is_stream = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let octets = if is_stream {
            Vec::new()
        } else {
            axum::body::to_bytes(response.into_body(), 32 << 20).await.unwrap().to_vec()
        };
        Answer { status, headers, body: String::from_utf8_lossy(&octets).into_owned(), octets }
    }

    /// The path of a route with something real in its places.
    fn filled(&self, path: &str) -> String {
        let number = match path {
            _ if path.starts_with("/ring-groups") => "400",
            _ if path.starts_with("/conferences") => "600",
            _ => "109",
        };
        let is_full_name = path.ends_with("/audio") || path.starts_with("/sounds");
        path.replace("{number}", number)
            .replace("{id}", fixture::id_of(path))
            .replace("{sound}", if is_full_name { "sound%2Fwelcome" } else { "welcome" })
            .replace("{class}", "default")
            .replace("{recording}", &self.recording.to_string())
            .replace("{call}", &self.call.to_string())
            .replace("{version}", "1")
            .replace("{name}", "style.css")
            .replace("{mailbox}", "101")
            .replace("{message}", "17")
            .replace("{contact}", "%2B32470123456")
            .replace("{token}", "none")
            .replace("{file}", "00156574abcd.cfg")
            .replace("{mac}", "00156574abcd")
            .replace("{layout}", "desk")
    }
}
