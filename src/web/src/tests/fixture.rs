//! A box with a small company, some calls and a few strings that mean harm: for tests and for looking at the pages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base::{CallRef, ConfigVersion, Duration, LegId, RecordingId, Redacted, WallTime};
use config::{
    Conference, Document, Edit, ExtensionDraft, KeyLayout, Music, Phone, PhoneModel, RingGroup, VersionContent,
    next_version,
};
use exchange::io::Command;
use exchange::live::{Event, LiveCall, LiveDevice, LiveState};
use exchange::record::*;
use futures_util::FutureExt;
use media::control::{Codec, RecordingEnd, Second, StreamStats};
use store::disk::Disk;
use store::{Store, StoreOptions};
use web::{About, Apply, ApplyError, Backend, Change, ChangeRequest, CurrentConfig, LiveHub, hash_password};

#[path = "files.rs"]
pub mod files;

pub use files::tone;
use files::{Files, Shelf};

pub const PASSWORD: &str = "gurken-trompete-41";

/// A folder that is gone afterwards.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("strowger-web-{name}-{}-{n}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the exchange was told.
pub type Commands = Arc<Mutex<Vec<Command>>>;

pub fn wall() -> WallTime {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    WallTime::from_unix_ms(i64::try_from(now.as_millis()).unwrap_or(0))
}

/// A box without calls: the given extensions, and the accounts `admin`, `viewer` and `fresh` (who must change).
/// Its journal is on this disk.
pub fn backend(folder: &Path, names: &[(&str, &str)], disk: Arc<dyn Disk>) -> (Arc<Backend>, Commands) {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let hash = HASH.get_or_init(|| hash_password(PASSWORD, [7; 16]));
    let store = Store::open(folder, StoreOptions { disk, ..StoreOptions::default() }).expect("a store");
    for (name, role, must_change) in
        [("admin", Role::Administrator, false), ("viewer", Role::Viewer, false), ("fresh", Role::Administrator, true)]
    {
        let account =
            AccountRecord { at: wall(), name: name.to_owned(), password: Some(hash.clone()), must_change, role };
        store.append_wait(Record::Account(account)).expect("an account");
    }
    let config = Arc::new(CurrentConfig::new(ConfigVersion(0), Arc::clone(Document::default().config())));
    let apply = apply(store.clone(), Arc::clone(&config));
    let edits = names.iter().map(|(number, name)| {
        Edit::AddExtension(ExtensionDraft {
            number: (*number).to_owned(),
            name: (*name).to_owned(),
            enabled: true,
            secret: Some(Redacted(format!("q7-{number}-Tromp3te-x"))),
            ..ExtensionDraft::default()
        })
    });
    let request = ChangeRequest {
        author: "console".into(),
        reason: "first company".into(),
        based_on: None,
        change: Change::Edits(edits.collect()),
    };
    apply(request).now_or_never().expect("the fixture does not wait").expect("a configuration");
    let commands = Commands::default();
    let (told, asked) = (Arc::clone(&commands), Arc::clone(&commands));
    let backend = Backend {
        store,
        live: LiveHub::new(wall),
        config,
        commands: Box::new(move |command| told.lock().expect("no panic").push(command)),
        ask: Box::new(move |command| {
            asked.lock().expect("no panic").push(command);
            Box::pin(std::future::ready(Ok(exchange::io::Answer::Done)))
        }),
        apply,
        recordings: Box::new(Files(folder.join("recordings"))),
        sounds: Box::new(Shelf::new()),
        phone_key: Redacted([9; 32]),
        clock: wall,
        about: About {
            version: "0.1.0".into(),
            started_at: WallTime::from_unix_ms(wall().unix_ms() - 94_000_000),
            sip: Some(SocketAddr::from(([127, 0, 0, 1], 5060))),
            sips: None,
            rtp: (10_000, 19_999),
        },
    };
    (Arc::new(backend), commands)
}

/// Checks, writes to the store, then puts into force: what the binary does, without an exchange.
fn apply(store: Store, current: Arc<CurrentConfig>) -> Apply {
    Box::new(move |request| {
        let done = apply_now(&store, &current, request);
        std::future::ready(done).boxed()
    })
}

fn apply_now(store: &Store, current: &CurrentConfig, request: ChangeRequest) -> Result<ConfigVersion, ApplyError> {
    let not_saved = |error: store::StoreError| ApplyError::NotSaved(error.to_string());
    let (version, config) = current.load();
    if request.based_on.is_some_and(|based_on| based_on != version) {
        return Err(ApplyError::Outdated);
    }
    let before = store.config_current().map_err(not_saved)?;
    let old = Document::from_config(config::Config::clone(&config)).map_err(ApplyError::Refused)?;
    let fresh = match request.change {
        Change::Edits(edits) => old.edit(edits),
        Change::Text(text) => Document::parse(&text),
        Change::Rollback(version) => {
            Document::parse(&store.config_text(version).map_err(not_saved)?.ok_or(ApplyError::NotFound)?)
        }
    };
    let fresh = fresh.map_err(ApplyError::Refused)?;
    fresh.check_change(&config).map_err(ApplyError::Refused)?;
    let next = next_version(before.as_ref().map(|(info, text)| (info.version, text.as_str())), fresh.text());
    let record = ConfigRecord {
        version: next.version,
        at: wall(),
        author: request.author,
        reason: request.reason,
        content: match next.content {
            VersionContent::Whole(text) => ConfigContent::Whole(text),
            VersionContent::Patch(patch) => ConfigContent::Patch(patch),
        },
    };
    store.append_wait(Record::ConfigApplied(Box::new(record))).map_err(not_saved)?;
    current.store(next.version, Arc::clone(fresh.config()));
    Ok(next.version)
}

pub fn company() -> Vec<(&'static str, &'static str)> {
    vec![
        ("101", "Ada Lovelace"),
        ("102", "Bertrand Maes"),
        ("103", "Chiara Conti"),
        ("104", "Workshop"),
        ("105", "Front desk"),
        ("106", "Emil Jannings"),
        ("107", "Meeting room blue"),
        ("108", "Fatima Zahra"),
        ("109", "Warehouse"),
    ]
}

pub fn party(number: &str, name: &str) -> Party {
    Party { number: number.into(), name: name.into() }
}

/// Publishes a few registered phones and two calls under way.
pub fn fill_live(backend: &Backend) {
    let now = wall();
    for (n, number, agent) in [
        (11, "101", "Yealink SIP-T54W 96.86.0.100"),
        (12, "102", "Linphone/5.2.4 (Pixel 8)"),
        (13, "103", "snomD785/10.1"),
        (15, "105", "Grandstream GXP2170"),
        (18, "108", "baresip v1.0.0"),
    ] {
        let device = |port: u16, agent: &str| LiveDevice {
            contact: format!("sip:{number}@192.168.1.{n}:{port}"),
            from: format!("udp 192.168.1.{n}:{port}"),
            user_agent: agent.into(),
            expires_at: now + Duration::from_secs(1800),
        };
        let mut devices = vec![device(5060, agent)];
        if number == "101" {
            devices.push(device(49152, "Linphone/5.2.4 (iPhone)"));
        }
        backend.live.publish(&Event::Registration { extension: number.into(), devices });
    }
    let ago = |s: i64| WallTime::from_unix_ms(now.unix_ms() - s * 1000);
    let call = |n, from, to, dialled: &str, state, started, answered| LiveCall {
        call: CallRef((u64::try_from(now.unix_ms()).unwrap_or(0) << 20) + n),
        from,
        dialled: dialled.into(),
        to,
        state,
        started_at: started,
        answered_at: answered,
        recorded: n == 1,
    };
    let talking = call(
        1,
        party("101", "Ada Lovelace"),
        party("103", "Chiara Conti"),
        "103",
        LiveState::Talking,
        ago(200),
        Some(ago(192)),
    );
    let ringing =
        call(2, party("102", "Bertrand Maes"), party("105", "Front desk"), "105", LiveState::Ringing, ago(4), None);
    backend.live.publish(&Event::Call(talking));
    backend.live.publish(&Event::Call(ringing));
}

/// Writes finished calls, newest last: one with everything, and short ones.
pub fn fill_history(backend: &Backend, how_many: u64) {
    let base = wall().unix_ms() - i64::try_from(how_many).unwrap_or(0) * 420_000;
    let people = company();
    for n in 0..how_many {
        let at = WallTime::from_unix_ms(base + i64::try_from(n).unwrap_or(0) * 420_000);
        let from = people[usize::try_from(n * 7).unwrap_or(0) % people.len()];
        let to = people[usize::try_from(n * 7 + 1 + n % 3).unwrap_or(0) % people.len()];
        let (disposition, cause) = match n % 5 {
            1 => (Disposition::NoAnswer, Cause::NoAnswer),
            3 => (Disposition::Busy, Cause::Declined),
            4 if n % 10 == 4 => (Disposition::Failed, Cause::Unregistered),
            _ => (Disposition::Answered, Cause::NormalClearing),
        };
        let lost = if n % 6 == 0 { 700 } else { 3 };
        write_call(backend, at, party(from.0, from.1), party(to.0, to.1), disposition, cause, lost, &[]);
    }
}

/// Writes one call with events, ladder and final record; `notes` become events and reasons.
#[allow(clippy::too_many_arguments)]
pub fn write_call(
    backend: &Backend,
    at: WallTime,
    from: Party,
    to: Party,
    disposition: Disposition,
    cause: Cause,
    lost: u64,
    notes: &[&str],
) -> CallRef {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let call = CallRef((u64::try_from(at.unix_ms()).unwrap_or(0) << 20) + n % 1000);
    let (a, b) = (LegId(n * 2), LegId(n * 2 + 1));
    let s = |ms: u64| at + Duration::from_millis(ms);
    let answered = disposition == Disposition::Answered;
    let ended = if answered { s(4_000 + 61_000 * (n % 9 + 1)) } else { s(9_000) };
    let mut reasons = vec![
        format!("{} is an extension, so the call goes to its devices.", to.number),
        "1 device is registered; it rings for 30 s.".to_owned(),
    ];
    reasons.extend(notes.iter().map(|note| (*note).to_owned()));
    let mut events = vec![
        (
            0,
            CallEventKind::Started {
                leg: a,
                from: from.clone(),
                dialled: to.number.clone(),
                sip_call_id: String::new(),
            },
        ),
        (1, CallEventKind::Routed { reasons: reasons.clone() }),
        (
            2,
            CallEventKind::LegStarted {
                leg: b,
                to: to.clone(),
                device: "sip:x@192.168.1.12:5060 (Linphone/5.2.4)".into(),
                sip_call_id: String::new(),
            },
        ),
        (90, CallEventKind::LegRinging { leg: b }),
    ];
    if answered {
        events.push((4_000, CallEventKind::LegAnswered { leg: b }));
        events.push((4_020, CallEventKind::Bridged { a, b }));
    }
    for note in notes {
        events.push((5_000, CallEventKind::Note { text: (*note).to_owned() }));
    }
    events.push((9_000, CallEventKind::LegEnded { leg: b, cause }));
    for (ms, what) in events {
        append(backend, Record::CallEvent(CallEvent { at: s(ms), call, what }));
    }
    append(backend, Record::Ladder(Box::new(ladder(call, at, (a, b), &from, &to, answered, notes))));
    let stats = |lost, loss_there| StreamStats {
        received: 3_050,
        received_octets: 488_000,
        lost,
        reordered: 2,
        jitter_us: 3_400,
        jitter_max_us: 18_200,
        gap_max_ms: 64,
        sent: 3_047,
        sent_octets: 487_520,
        remote_lost: loss_there,
        remote_jitter_us: loss_there.map(|_| 2_900),
        round_trip_us: loss_there.map(|_| 24_300),
        round_trip_max_us: loss_there.map(|_| 61_000),
        peer: Some(SocketAddr::from(([192, 168, 1, 12], 11_780))),
        ..StreamStats::default()
    };
    let leg = |leg, party: &Party, role, device: &str, audio| LegSummary {
        leg,
        party: party.clone(),
        device: device.into(),
        role,
        sip_call_id: format!("{leg}-7d9a2f40@192.168.1.11"),
        answered_at: answered.then(|| s(4_000)),
        ended_at: ended,
        cause,
        codec: answered.then_some(Codec::Pcma),
        audio,
    };
    let device = notes.first().copied().unwrap_or("Yealink SIP-T54W 96.86.0.100");
    let record = CallRecord {
        call,
        dialled: to.number.clone(),
        started_at: at,
        ringing_at: Some(s(90)),
        answered_at: answered.then(|| s(4_000)),
        ended_at: ended,
        disposition,
        cause,
        ended_by: answered.then_some(a),
        reasons,
        legs: vec![
            leg(a, &from, LegRole::Caller, device, answered.then(|| stats(lost, Some(12)))),
            leg(b, &to, LegRole::Called, "Linphone/5.2.4 (Pixel 8)", answered.then(|| stats(0, None))),
        ],
        from,
        to,
    };
    if answered {
        append(backend, Record::Track(Box::new(track(call, a, s(4_000), ended, notes))));
        append(backend, Record::Track(Box::new(track(call, b, s(4_000), ended, &[]))));
    }
    append(backend, Record::CallEnded(Box::new(record)));
    call
}

/// The seconds of a leg: speech with pauses, a bad stretch, a second of silence; with notes a leg that is not heard.
fn track(call: CallRef, leg: LegId, from: WallTime, to: WallTime, notes: &[&str]) -> TrackRecord {
    let seconds = to.saturating_since(from).as_secs();
    let row = |n: u64| {
        let rough = n % 97 > 70 && n % 97 < 82;
        let lost = if rough { (n * 7 % 13) as u8 } else { u8::from(n % 29 == 3) };
        let speaks = (n / 7 + leg.0).is_multiple_of(2);
        Second {
            received: 50 - lost,
            lost,
            jitter_ms: if rough { 18 + (n * 5 % 23) as u8 } else { 2 + (n * 3 % 4) as u8 },
            level: if speaks { 22 + (n * 11 % 9) as u8 } else { 58 + (n % 5) as u8 },
            mos: if rough { 150 - lost * 5 } else { 214 },
            sent: 50,
            remote_lost: if n % 41 == 11 { 2 } else { 0 },
            remote_jitter_ms: 3 + (n % 3) as u8,
            round_trip: 6 + (n % 5) as u8,
            buffer: 10 + (n % 4) as u8,
        }
    };
    let deaf = Second { sent: 50, level: 255, ..Second::default() };
    let speaking = notes.is_empty();
    let diagnosis = match speaking {
        true if leg.0.is_multiple_of(2) => {
            vec!["12 seconds sounded bad: many packets were lost on the way from the phone.".to_owned()]
        }
        true => Vec::new(),
        false => notes.iter().map(|note| (*note).to_owned()).collect(),
    };
    TrackRecord {
        call,
        leg,
        from,
        step_s: 1,
        rows: (0..seconds).map(|n| if speaking { row(n) } else { deaf }).collect(),
        digits: if speaking { vec![(12, '4'), (13, '2'), (40, '#')] } else { Vec::new() },
        diagnosis,
    }
}

/// Writes a recording of a call, with its file: ended, unless it goes on.
pub fn write_recording(backend: &Backend, folder: &Path, call: CallRef, ended: bool, note: &str) -> RecordingId {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let at = WallTime::from_unix_ms(i64::try_from(call.0 >> 20).unwrap_or(0) + 4_100);
    let recording = RecordingId((u64::try_from(at.unix_ms()).unwrap_or(0) << 20) + n % 1000);
    let step = |at, what| {
        append(backend, Record::Recording(Box::new(RecordingRecord { at, recording, call, what })));
    };
    let (left, right) = (party("101", "Ada Lovelace"), Some(party("+32470123456", note)));
    step(at, RecordingStep::Began { left, right, why: format!("Extension 101 is always recorded. {note}") });
    if ended {
        let sound = tone(24);
        let file = format!("2026/11/22/{recording}.wav");
        let path = folder.join("recordings").join(&file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, &sound).expect("a file");
        let end = RecordingEnd {
            file,
            duration_ms: 24_000,
            octets: sound.len() as u64,
            pauses: vec![(6_000, 9_500), (15_000, 15_800)],
            dropped: 0,
            problem: (!note.is_empty()).then(|| note.to_owned()),
            ..RecordingEnd::default()
        };
        step(at + Duration::from_secs(24), RecordingStep::Ended(end));
    }
    recording
}

fn ladder(
    call: CallRef,
    at: WallTime,
    (a, b): (LegId, LegId),
    from: &Party,
    to: &Party,
    answered: bool,
    notes: &[&str],
) -> LadderRecord {
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.168.1.11\r\ns=-\r\nc=IN IP4 192.168.1.11\r\nt=0 0\r\nm=audio 11780 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
    let note = notes.first().copied().unwrap_or("Yealink SIP-T54W 96.86.0.100");
    let text = |first: &str, cseq: &str, body: &str| {
        format!(
            "{first}\r\nVia: SIP/2.0/UDP 192.168.1.11:5060;branch=z9hG4bK7d9a2f;rport\r\nFrom: \"{}\" <sip:{}@box>;tag=1928301774\r\nTo: <sip:{}@box>\r\nCall-ID: {a}-7d9a2f40@192.168.1.11\r\nCSeq: {cseq}\r\nUser-Agent: {note}\r\nSubject: {note}\r\nContent-Length: {}\r\n\r\n{body}",
            from.name,
            from.number,
            to.number,
            body.len()
        )
    };
    let (caller, called) = (SocketAddr::from(([192, 168, 1, 11], 5060)), SocketAddr::from(([192, 168, 1, 12], 5060)));
    let invite = format!("INVITE sip:{}@box SIP/2.0", to.number);
    let busy = "SIP/2.0 486 Busy Here";
    let mut rows: Vec<(u64, LegId, Direction, &str, &str, &str)> = vec![
        (0, a, Direction::In, &invite, "1 INVITE", sdp),
        (0, a, Direction::Out, "SIP/2.0 401 Unauthorized", "1 INVITE", ""),
        (20, a, Direction::In, &invite, "2 INVITE", sdp),
        (21, a, Direction::Out, "SIP/2.0 100 Trying", "2 INVITE", ""),
        (22, b, Direction::Out, "INVITE sip:x@192.168.1.12 SIP/2.0", "1 INVITE", sdp),
        (90, b, Direction::In, "SIP/2.0 180 Ringing", "1 INVITE", ""),
        (91, a, Direction::Out, "SIP/2.0 180 Ringing", "2 INVITE", ""),
    ];
    if answered {
        rows.extend([
            (4_000, b, Direction::In, "SIP/2.0 200 OK", "1 INVITE", sdp),
            (4_001, b, Direction::Out, "ACK sip:x@192.168.1.12 SIP/2.0", "1 ACK", ""),
            (4_001, a, Direction::Out, "SIP/2.0 200 OK", "2 INVITE", sdp),
            (4_030, a, Direction::In, "ACK sip:box SIP/2.0", "2 ACK", ""),
            (65_000, a, Direction::In, "BYE sip:box SIP/2.0", "3 BYE", ""),
            (65_001, a, Direction::Out, "SIP/2.0 200 OK", "3 BYE", ""),
            (65_001, b, Direction::Out, "BYE sip:x@192.168.1.12 SIP/2.0", "2 BYE", ""),
            (65_020, b, Direction::In, "SIP/2.0 200 OK", "2 BYE", ""),
        ]);
    } else {
        rows.extend([
            (9_000, b, Direction::In, busy, "1 INVITE", ""),
            (9_001, a, Direction::Out, busy, "2 INVITE", ""),
        ]);
    }
    let messages = rows.into_iter().map(|(ms, leg, direction, first, cseq, body)| LadderMessage {
        at: at + Duration::from_millis(ms),
        leg: Some(leg),
        direction,
        peer: if leg == a { caller } else { called },
        text: text(first, cseq, body),
    });
    LadderRecord { call, messages: messages.collect(), left_out: 0 }
}

pub fn append(backend: &Backend, record: Record) {
    backend.store.append_wait(record).expect("the store takes it");
}

/// What the fixture calls the entry that a path is about: `/api/v1/trunks/{id}`.
pub fn id_of(path: &str) -> &'static str {
    match path.trim_start_matches("/api/v1").split('/').nth(1).unwrap_or_default() {
        "trunks" => "provider",
        "inbound-routes" => "main",
        "outbound-routes" => "everywhere",
        "hours" => "office",
        "calendars" => "works",
        "classes" => "managers",
        _ => "+32470000001",
    }
}

/// What leads outside, and when: trunks, routes, hours, a calendar, a class, a blocked caller.
pub const TELEPHONY: &str = r#"
[[trunk]]
name = "provider"
host = "sip.example.com"
user = "3225551200"
password = "kept-between-us-2"
numbers = ["+3225551200", "+3225551201"]
caller_id = "+3225551200"
calls_max = 10

[[trunk]]
name = "backup"
kind = "address"
host = "192.0.2.77"
calls_max = 4

[[class]]
name = "managers"
may_call = ["internal", "emergency", "free", "national", "mobile", "international"]
countries = ["+31", "+33", "+49"]
pin = "2580"

[[calendar]]
name = "works"
url = "https://calendar.example.com/works.ics"

[[hours]]
name = "office"
code = "1"
open = ["mon-fri 09:00-17:30", "sat 10:00-12:00"]
breaks = ["mon-fri 12:00-13:00"]
holidays = ["be"]
closed = ["12-24..12-31 Year end"]
calendars = ["works"]

[[outbound_route]]
name = "everywhere"
patterns = ["+X."]
trunks = ["provider", "backup"]

[[inbound_route]]
name = "main"
numbers = ["+3225551200"]
hours = "office"
to = "400"
closed_to = "sound:closed"
label = "Sales"

[[inbound_route]]
name = "ada"
order = 200
numbers = ["+3225551201"]
to = "101"

[[blocked]]
number = "+32470000001"
reason = "Sells solar panels"
"#;

/// Adds [`TELEPHONY`] to the company, with the group that it leads to.
pub fn add_telephony(backend: &Backend) {
    add_group(backend);
    let (_, text) = backend.store.config_current().expect("a store").expect("a configuration");
    let emergency = config::Emergency {
        location: "Kerkstraat 1, Ghent, ground floor".into(),
        notify: vec!["105".into()],
        ..backend.config.load().1.emergency.clone()
    };
    for change in [Change::Text(text + TELEPHONY), Change::Edits(vec![Edit::SetEmergency(emergency)])] {
        let (author, reason) = ("admin".into(), "two trunks".into());
        let request = ChangeRequest { author, reason, based_on: None, change };
        (backend.apply)(request).now_or_never().expect("the fixture does not wait").expect("rules");
    }
}

/// Publishes a trunk that works and one that does not, and what was set by phone.
pub fn fill_trunks(backend: &Backend) {
    use exchange::live::{LiveTrunk, TrunkState};
    let since = WallTime::from_unix_ms(wall().unix_ms() - 5_400_000);
    let trunk = |name: &str, state, calls, latency_ms| {
        Event::Trunk(LiveTrunk { name: name.into(), state, since, calls, latency_ms })
    };
    backend.live.publish(&trunk("provider", TrunkState::Up, 3, Some(24)));
    let why = "the provider refuses our password (403 Forbidden)".to_owned();
    backend.live.publish(&trunk("backup", TrunkState::Down { why }, 0, None));
}

/// Writes a fact.
pub fn put_fact(backend: &Backend, key: &str, value: &str) {
    let fact = FactRecord { at: wall(), by: "101".into(), key: key.into(), value: Some(value.into()) };
    append(backend, Record::Fact(Box::new(fact)));
}

/// A ring group, a conference and music of the company.
pub fn add_group(backend: &Backend) {
    let members = ["101", "102", "105"].map(str::to_owned).to_vec();
    let group = RingGroup::new("400".into(), "Sales".into(), members);
    let request = ChangeRequest {
        author: "admin".into(),
        reason: "new ring group 400".into(),
        based_on: None,
        change: Change::Edits(vec![
            Edit::AddRingGroup(group),
            Edit::AddConference(Conference {
                pin: Some(Redacted("4711".into())),
                ..Conference::new("600".into(), "Weekly meeting".into())
            }),
            Edit::AddMusic(Music { name: "default".into(), files: vec!["harp".into()], shuffle: true }),
            Edit::AddKeyLayout(KeyLayout {
                name: "desk".into(),
                keys: ["blf 102", "blf 103 Chiara", "park 701", "voicemail"].map(str::to_owned).to_vec(),
            }),
            Edit::AddPhone(Phone {
                keys: Some("desk".into()),
                ..Phone::new("00156574abcd".into(), PhoneModel::Yealink, vec!["101".into()])
            }),
            Edit::AddPhone(Phone::new("00041312abcd".into(), PhoneModel::Snom, vec!["103".into(), "104".into()])),
        ]),
    };
    (backend.apply)(request).now_or_never().expect("the fixture does not wait").expect("a group");
}
