//! Requests on a folder at rest, and through the socket of a box that runs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base::{ConfigVersion, WallTime};
use exchange::record::{ConfigContent, ConfigRecord, Record, Role};
use expect_test::{Expect, expect};
use store::{Store, StoreOptions};

use super::{Reply, Request, ask, listen, perform};
use crate::changes::Changes;
use crate::exit::Exit;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("strowger-control-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn noon() -> WallTime {
    WallTime::from_unix_ms(1_780_000_000_000)
}

fn open(dir: &Path) -> Changes {
    let store = Store::open(dir, StoreOptions::default()).expect("the folder is free");
    Changes::open(store, noon, Box::new(|_, _| {})).expect("what is stored can be read")
}

fn import(text: &str) -> Request {
    Request::Import { text: text.into(), reason: "a  test\n".into() }
}

fn check(changes: &Changes, request: Request, answer: Expect) {
    let shown = match perform(changes, request) {
        Ok(reply) => format!("{reply:#?}"),
        Err(failure) => format!("{:?}: {failure}", failure.exit),
    };
    answer.assert_eq(&shown);
}

const ONE: &str = "[[extension]]\nnumber = \"101\"\nname = \"Anna\"\nsecret = \"demo-101-secret\"\n";

#[test]
fn versions_are_made_compared_and_taken_back() {
    let folder = Folder::new();
    let changes = open(&folder.0);
    check(
        &changes,
        import(ONE),
        expect![[r#"
        InForce {
            version: 1,
            summary: [
                "extension 101 Anna added",
            ],
        }"#]],
    );
    check(
        &changes,
        import(ONE),
        expect![[r#"
        InForce {
            version: 1,
            summary: [],
        }"#]],
    );
    check(
        &changes,
        import(&ONE.replace("Anna", "Anne")),
        expect![[r#"
        InForce {
            version: 2,
            summary: [
                "extension 101: name Anna → Anne",
            ],
        }"#]],
    );
    check(
        &changes,
        import(&ONE.replace("101", "1o1")),
        expect![[r#"
        ConfigRefused: the configuration is refused, it has an error
          line 2: extension.1o1.number: "1o1" cannot be a number (2 to 10 digits in quotes, not an emergency number)"#]],
    );
    check(
        &changes,
        import(&format!("[system]\nrealm = \"new\"\n{ONE}")),
        expect![[r#"
        InForce {
            version: 3,
            summary: [
                "system: realm strowger → new",
                "extension 101: name Anne → Anna, secret changed",
            ],
        }"#]],
    );
    check(
        &changes,
        Request::Diff { from: 1, to: None },
        expect![[r#"
            Diff {
                summary: [
                    "system: realm strowger → new",
                    "extension 101: secret changed",
                ],
                unified: "@@ -1,6 +1,6 @@\n [system]\n name = \"Strowger\"\n-realm = \"strowger\"\n+realm = \"new\"\n time_zone = \"UTC\"\n \n [listen]\n@@ -81,5 +81,5 @@\n [[extension]]\n number = \"101\"\n name = \"Anna\"\n-ha1_md5 = \"…\"\n-ha1_sha256 = \"…\"\n+ha1_md5 = \"…\"\n+ha1_sha256 = \"…\"\n",
            }"#]],
    );
    check(
        &changes,
        Request::Rollback { version: 2, reason: "better".into() },
        expect![[r#"
        InForce {
            version: 4,
            summary: [
                "system: realm new → strowger",
                "extension 101: name Anna → Anne, secret changed",
            ],
        }"#]],
    );
    check(
        &changes,
        Request::Rollback { version: 7, reason: String::new() },
        expect!["NotFound: there is no configuration v7"],
    );
    check(&changes, Request::Export { version: Some(9) }, expect!["NotFound: there is no configuration v9"]);
    check(
        &changes,
        Request::History { limit: 2 },
        expect![[r#"
        History {
            versions: [
                VersionRow {
                    version: 4,
                    at_ms: 1780000000000,
                    author: "console",
                    reason: "better",
                },
                VersionRow {
                    version: 3,
                    at_ms: 1780000000000,
                    author: "console",
                    reason: "a test",
                },
            ],
            time_zone: "UTC",
        }"#]],
    );
}

#[test]
fn an_upgrade_that_adds_a_key_makes_no_version_of_its_own() {
    let folder = Folder::new();
    let whole = config::Document::default().text().to_owned();
    // As an earlier program stored it, before there was a key for this.
    let earlier = whole.replace("inactivity_s = 120\n", "");
    assert_ne!(earlier, whole);
    let store = Store::open(&folder.0, StoreOptions::default()).expect("the folder is free");
    let record = ConfigRecord {
        version: ConfigVersion(1),
        at: noon(),
        author: "console".into(),
        reason: String::new(),
        content: ConfigContent::Whole(earlier),
    };
    store.append_wait(Record::ConfigApplied(Box::new(record))).expect("the disk takes it");
    let changes = Changes::open(store, noon, Box::new(|_, _| {})).expect("what is stored can be read");
    let reply = perform(&changes, import(&whole));
    assert_eq!(reply, Ok(Reply::InForce { version: 1, summary: Vec::new() }));
}

#[test]
fn what_is_in_force_survives_the_end_of_the_process() {
    let folder = Folder::new();
    let changes = open(&folder.0);
    perform(&changes, import(ONE)).expect("the document is good");
    let before = perform(&changes, Request::Export { version: None });
    changes.store().close();
    drop(changes);
    let changes = open(&folder.0);
    assert_eq!(perform(&changes, Request::Export { version: None }), before);
    let (version, config) = changes.current().expect("the document is good");
    assert_eq!((version.0, config.extensions["101"].name.as_str()), (1, "Anna"));
}

#[test]
fn a_reset_password_makes_an_administrator_who_must_change_it() {
    let folder = Folder::new();
    let changes = open(&folder.0);
    let reply = perform(&changes, Request::ResetPassword { account: "admin".into() });
    let Ok(Reply::Password { password }) = reply else { panic!("{reply:?}") };
    assert!(password.len() >= 16);
    let account = changes.store().account("admin").expect("the account was made");
    assert!(account.must_change && account.role == Role::Administrator);
    assert!(account.password.is_some_and(|hash| hash.starts_with("$argon2id$") && !hash.contains(&password)));
    let refused = perform(&changes, Request::ResetPassword { account: "a b\n".into() });
    assert_eq!(refused.map_err(|failure| failure.exit), Err(Exit::Usage));
}

#[test]
fn a_running_box_is_asked_through_its_socket() {
    let folder = Folder::new();
    // Too long for a socket's path: it goes through the open folder.
    let dir = folder.0.join("long".repeat(25));
    std::fs::create_dir_all(&dir).expect("the folder can be made");
    let changes = Arc::new(open(&dir));
    let exported = Request::Export { version: None };
    assert!(ask(&dir, &exported).expect("nobody listens, which is no error").is_none());

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("threads");
    let _inside = runtime.enter();
    let control = listen(&dir).expect("the socket opens");
    let mode = std::fs::metadata(dir.join("control.sock")).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let serving = runtime.spawn(control.serve(Arc::clone(&changes)));

    let reply = ask(&dir, &import(ONE)).expect("the document is good");
    assert!(matches!(reply, Some(Reply::InForce { version: 1, .. })), "{reply:?}");
    let refused = ask(&dir, &import("[sip]\nring = 3\n")).expect_err("there is no such key");
    assert_eq!(Exit::of(&refused), Exit::ConfigRefused);
    assert!(refused.to_string().contains("line 2"), "{refused}");
    let text = perform(&changes, exported.clone()).ok();
    assert_eq!(ask(&dir, &exported).expect("the box answers"), text);

    serving.abort();
    let _ = runtime.block_on(serving);
    assert!(ask(&dir, &exported).expect("nobody listens, which is no error").is_none());
    // As a killed box leaves it behind.
    drop(std::os::unix::net::UnixListener::bind(folder.0.join("control.sock")).expect("a socket"));
    assert!(ask(&folder.0, &exported).expect("nobody listens, which is no error").is_none());
}
