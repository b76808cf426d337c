//! Records and folders for the tests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use base::{CallRef, ConfigVersion, LegId, RecordingId, WallTime};
use exchange::record::*;
use media::control::{RecordingEnd, Second};
use sip::{Flow, Transport};

/// A folder that goes with the test.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("strowger-store-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        TempDir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn at(ms: i64) -> WallTime {
    WallTime::from_unix_ms(1_790_000_000_000 + ms)
}

fn address(n: u64) -> SocketAddr {
    SocketAddr::from(([192, 168, 1, (n % 250) as u8], 5060))
}

pub(crate) fn binding(extension: &str, key: &str, n: u64, lives: bool) -> Record {
    let state = lives.then(|| BindingState {
        contact: format!("sip:{extension}@192.168.1.20:{}", 1024 + n % 60_000),
        path: Vec::new(),
        flow: Flow { transport: Transport::Udp, local: address(1), peer: address(n), connection: 0 },
        expires_at: at(n as i64 * 1000),
        q: 1000,
        call_id: format!("call-id-{n}"),
        cseq: n as u32,
        user_agent: "Phone/1.0".to_owned(),
    });
    Record::Binding(BindingRecord { at: at(n as i64), extension: extension.to_owned(), key: key.to_owned(), state })
}

pub(crate) fn audit(n: u64) -> Record {
    Record::Audit(AuditRecord { at: at(n as i64), who: "admin".to_owned(), from: None, what: format!("did thing {n}") })
}

pub(crate) fn account(name: &str, n: u64, exists: bool) -> Record {
    Record::Account(AccountRecord {
        at: at(n as i64),
        name: name.to_owned(),
        password: exists.then(|| format!("$argon2id${n}")),
        must_change: n.is_multiple_of(2),
        role: Role::Administrator,
    })
}

pub(crate) fn config(version: u64, content: ConfigContent) -> Record {
    Record::ConfigApplied(Box::new(ConfigRecord {
        version: ConfigVersion(version),
        at: at(version as i64),
        author: "console".to_owned(),
        reason: format!("change {version}"),
        content,
    }))
}

pub(crate) fn call_ref(n: u64) -> CallRef {
    CallRef(((at(0).unix_ms() as u64 + n * 1000) << 20) | (n & 0xfffff))
}

pub(crate) fn party(number: &str, name: &str) -> Party {
    Party { number: number.to_owned(), name: name.to_owned() }
}

pub(crate) fn started(n: u64, from: &str, dialled: &str) -> Record {
    let what = CallEventKind::Started {
        leg: LegId(n),
        from: party(from, "Ann"),
        dialled: dialled.to_owned(),
        sip_call_id: String::new(),
    };
    Record::CallEvent(CallEvent { at: at(n as i64 * 1000), call: call_ref(n), what })
}

pub(crate) fn noted(n: u64, text: &str) -> Record {
    let what = CallEventKind::Note { text: text.to_owned() };
    Record::CallEvent(CallEvent { at: at(n as i64 * 1000 + 1), call: call_ref(n), what })
}

pub(crate) fn ladder(n: u64) -> Record {
    let message = LadderMessage {
        at: at(n as i64),
        leg: Some(LegId(n)),
        direction: Direction::In,
        peer: address(n),
        text: format!("INVITE sip:{n}@example.com SIP/2.0\r\n\r\n"),
    };
    Record::Ladder(Box::new(LadderRecord { call: call_ref(n), messages: vec![message; 3], left_out: 0 }))
}

pub(crate) fn ended(n: u64, from: &str, to: &str, disposition: Disposition) -> Record {
    let started_at = at(n as i64 * 1000);
    Record::CallEnded(Box::new(CallRecord {
        call: call_ref(n),
        from: party(from, "Ann"),
        dialled: to.to_owned(),
        to: party(to, "Bob Builder"),
        started_at,
        ringing_at: None,
        answered_at: None,
        ended_at: at(n as i64 * 1000 + 500),
        disposition,
        cause: Cause::NormalClearing,
        ended_by: None,
        reasons: vec!["extension".to_owned()],
        legs: vec![LegSummary {
            leg: LegId(n),
            party: party("103", "Cy"),
            device: "Phone/1.0".to_owned(),
            role: LegRole::Called,
            sip_call_id: format!("{n}@x"),
            answered_at: None,
            ended_at: started_at,
            cause: Cause::NormalClearing,
            codec: None,
            audio: None,
        }],
    }))
}

/// All records of one finished call.
pub(crate) fn whole_call(n: u64, from: &str, to: &str) -> Vec<Record> {
    vec![started(n, from, to), noted(n, "ringing"), ladder(n), ended(n, from, to, Disposition::Answered)]
}

pub(crate) fn recording_id(n: u64) -> RecordingId {
    RecordingId(call_ref(n).0)
}

fn recording(n: u64, at_ms: i64, what: RecordingStep) -> Record {
    Record::Recording(Box::new(RecordingRecord {
        at: at(n as i64 * 1000 + at_ms),
        recording: recording_id(n),
        call: call_ref(n),
        what,
    }))
}

pub(crate) fn recording_began(n: u64, left: &str, right: &str) -> Record {
    let (left, right) = (party(left, "Ann"), Some(party(right, "Bob Builder")));
    recording(n, 10, RecordingStep::Began { left, right, why: "extension 101 is always recorded".to_owned() })
}

pub(crate) fn recording_ended(n: u64) -> Record {
    let end = RecordingEnd {
        file: format!("2026/11/22/rec{n}.opus"),
        duration_ms: 60_000,
        octets: 240_000,
        pauses: vec![(10_000, 20_000)],
        ..RecordingEnd::default()
    };
    recording(n, 500, RecordingStep::Ended(end))
}

pub(crate) fn recording_deleted(n: u64, by: &str) -> Record {
    recording(n, 900, RecordingStep::Deleted { by: by.to_owned() })
}

pub(crate) fn fact(key: &str, value: Option<&str>) -> Record {
    let (at, by) = (at(1), "101".to_owned());
    Record::Fact(Box::new(FactRecord { at, by, key: key.to_owned(), value: value.map(str::to_owned) }))
}

pub(crate) fn track(n: u64, leg: u64) -> Record {
    let second = Second { received: 50, level: 30, mos: 210, sent: 50, ..Second::default() };
    Record::Track(Box::new(TrackRecord {
        call: call_ref(n),
        leg: LegId(leg),
        from: at(n as i64 * 1000),
        step_s: 1,
        rows: vec![second; 5],
        digits: vec![(2, '5')],
        diagnosis: vec!["no audio from the phone".to_owned()],
    }))
}
