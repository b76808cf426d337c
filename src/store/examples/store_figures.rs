//! Measures the store: `store_figures append|paced|history|open DIR [NUMBER]`.
//!
//! - `append`: NUMBER binding refreshes as fast as the queue takes them: records/s and CPU a record.
//! - `paced`: NUMBER binding refreshes a second for ten seconds: CPU a record when the box is not busy.
//! - `history`: NUMBER finished calls into DIR, and 10,000 bindings: CPU a call.
//! - `open`: opens DIR: time to open, time until the history can be searched, memory.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base::{CallRef, LegId, WallTime};
use exchange::record::*;
use nix::time::{ClockId, clock_gettime};
use sip::{Flow, Transport};
use store::{CallFilter, Store, StoreError, StoreOptions, Writer};

const NOW: i64 = 1_790_000_000_000;

fn main() -> Result<(), StoreError> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, dir, rest @ ..] = &arguments[..] else {
        println!("store_figures append|paced|history|open DIR [NUMBER]");
        return Ok(());
    };
    let number = rest.first().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    match what.as_str() {
        "append" => append(Path::new(dir), number),
        "paced" => paced(Path::new(dir), number),
        "history" => history(Path::new(dir), number),
        _ => open(Path::new(dir)),
    }
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from).unwrap_or_default()
}

fn memory_kib(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with(field)).unwrap_or_default().to_owned()
}

fn address(n: u64) -> SocketAddr {
    SocketAddr::from(([10, (n >> 16) as u8, (n >> 8) as u8, n as u8], 5060))
}

fn binding(n: u64) -> Record {
    let extension = format!("{}", 10_000 + n % 10_000);
    let state = BindingState {
        contact: format!("sip:{extension}@{};transport=udp", address(n)),
        path: Vec::new(),
        flow: Flow { transport: Transport::Udp, local: address(1), peer: address(n % 10_000), connection: 0 },
        expires_at: WallTime::from_unix_ms(NOW + n as i64),
        q: 1000,
        call_id: format!("{n:016x}@10.0.0.1"),
        cseq: n as u32,
        user_agent: "Yealink SIP-T46U 108.86.0.20".to_owned(),
    };
    let key = format!("sip:{extension}@phone");
    Record::Binding(BindingRecord { at: WallTime::from_unix_ms(NOW), extension, key, state: Some(state) })
}

fn party(number: u64) -> Party {
    Party { number: format!("{}", 10_000 + number % 10_000), name: format!("Person {}", number % 10_000) }
}

fn call(n: u64) -> Vec<Record> {
    let call = CallRef(((NOW as u64 + n * 100) << 20) | (n & 0xfffff));
    let at = WallTime::from_unix_ms(NOW + n as i64 * 100);
    let (from, to) = (party(n), party(n * 7 + 1));
    let event = |what| Record::CallEvent(CallEvent { at, call, what });
    let leg = |number: u64, party: &Party, role| LegSummary {
        leg: LegId(number),
        party: party.clone(),
        device: "sip:x@10.0.0.1 Yealink SIP-T46U 108.86.0.20".to_owned(),
        role,
        sip_call_id: format!("{number:016x}@10.0.0.1"),
        answered_at: Some(at),
        ended_at: at,
        cause: Cause::NormalClearing,
        codec: None,
        audio: None,
    };
    let message = |direction| LadderMessage { at, leg: None, direction, peer: address(n), text: "x".repeat(500) };
    let reasons = vec![format!("{} is an extension", to.number)];
    vec![
        event(CallEventKind::Started {
            leg: LegId(n),
            from: from.clone(),
            dialled: to.number.clone(),
            sip_call_id: String::new(),
        }),
        event(CallEventKind::Routed { reasons: reasons.clone() }),
        event(CallEventKind::LegStarted {
            leg: LegId(n + 1),
            to: to.clone(),
            device: "x".to_owned(),
            sip_call_id: String::new(),
        }),
        event(CallEventKind::LegRinging { leg: LegId(n + 1) }),
        event(CallEventKind::LegAnswered { leg: LegId(n + 1) }),
        event(CallEventKind::Bridged { a: LegId(n), b: LegId(n + 1) }),
        event(CallEventKind::LegEnded { leg: LegId(n), cause: Cause::NormalClearing }),
        event(CallEventKind::LegEnded { leg: LegId(n + 1), cause: Cause::NormalClearing }),
        Record::Ladder(Box::new(LadderRecord {
            call,
            messages: (0..6).map(|i| message(if i % 2 == 0 { Direction::In } else { Direction::Out })).collect(),
            left_out: 0,
        })),
        Record::CallEnded(Box::new(CallRecord {
            call,
            from: from.clone(),
            dialled: to.number.clone(),
            to: to.clone(),
            started_at: at,
            ringing_at: Some(at),
            answered_at: Some(at),
            ended_at: at,
            disposition: Disposition::Answered,
            cause: Cause::NormalClearing,
            ended_by: None,
            reasons,
            legs: vec![leg(n, &from, LegRole::Caller), leg(n + 1, &to, LegRole::Called)],
        })),
    ]
}

fn writer(store: &Store) -> Writer {
    store.writer(Arc::new(|| {}))
}

/// Waits while the queue is filling up, as the exchange does by refusing.
fn hold_back(writer: &Writer, appended: u64) {
    while appended > writer.status().durable_upto + 30_000 {
        thread::sleep(Duration::from_micros(500));
    }
}

fn append(dir: &Path, number: u64) -> Result<(), StoreError> {
    let store = Store::open(dir, StoreOptions::default())?;
    let mut writer = writer(&store);
    let making = cpu();
    for n in 0..number {
        std::hint::black_box(binding(n));
    }
    let making = cpu() - making;
    let (begun, used) = (Instant::now(), cpu());
    for n in 0..number {
        let appended = writer.append(Box::new(binding(n)));
        hold_back(&writer, appended);
    }
    store.sync()?;
    let (took, used) = (begun.elapsed(), cpu() - used);
    let each = used.saturating_sub(making).as_secs_f64() * 1e6 / number as f64;
    println!("{number} bindings in {took:?}: {:.0}/s, {each:.2} us CPU each", number as f64 / took.as_secs_f64());
    println!("{}", memory_kib("VmRSS"));
    Ok(())
}

fn paced(dir: &Path, rate: u64) -> Result<(), StoreError> {
    let store = Store::open(dir, StoreOptions::default())?;
    let mut writer = writer(&store);
    let (begun, used) = (Instant::now(), cpu());
    let number = rate * 10;
    for n in 0..number {
        let due = begun + Duration::from_nanos(n * 1_000_000_000 / rate);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        writer.append(Box::new(binding(n)));
    }
    store.sync()?;
    let each = (cpu() - used).as_secs_f64() * 1e6 / number as f64;
    println!("{number} bindings at {rate}/s: {each:.2} us CPU each, making them and sleeping included");
    Ok(())
}

fn history(dir: &Path, number: u64) -> Result<(), StoreError> {
    let store = Store::open(dir, StoreOptions { journal_max: 1 << 40, ..StoreOptions::default() })?;
    let mut writer = writer(&store);
    for n in 0..10_000 {
        writer.append(Box::new(binding(n)));
    }
    let (begun, used) = (Instant::now(), cpu());
    for n in 0..number {
        for record in call(n) {
            let appended = writer.append(Box::new(record));
            hold_back(&writer, appended);
        }
    }
    store.sync()?;
    let (took, used) = (begun.elapsed(), cpu() - used);
    println!("{number} calls in {took:?}: {:.1} us CPU each", used.as_secs_f64() * 1e6 / number as f64);
    println!("{}", memory_kib("VmRSS"));
    let begun = Instant::now();
    store.close();
    println!("closed in {:?}", begun.elapsed());
    Ok(())
}

fn open(dir: &Path) -> Result<(), StoreError> {
    let (begun, used) = (Instant::now(), cpu());
    let store = Store::open(dir, StoreOptions { journal_max: 1 << 40, ..StoreOptions::default() })?;
    let opened = begun.elapsed();
    println!("open in {opened:?} ({} records replayed), {:?} CPU", store.recovered().replayed, cpu() - used);
    println!("{}", memory_kib("VmRSS"));
    println!("{} bindings", store.bindings().len());
    let page = loop {
        match store.calls(&CallFilter::default(), 50, None) {
            Err(StoreError::IndexNotReady(_)) => {}
            other => break other?,
        }
    };
    println!("history of {} ready after {:?}", page.calls.len(), begun.elapsed());
    println!("{}", memory_kib("VmRSS"));
    let searches = [
        ("newest 50", CallFilter::default()),
        ("by extension", CallFilter { extension: Some("10123".to_owned()), ..CallFilter::default() }),
        ("by name", CallFilter { text: Some("person 4711".to_owned()), ..CallFilter::default() }),
        ("without a hit", CallFilter { text: Some("nobody".to_owned()), ..CallFilter::default() }),
    ];
    for (name, filter) in searches {
        let begun = Instant::now();
        let page = store.calls(&filter, 50, None)?;
        println!("search {name}: {} calls in {:?}", page.calls.len(), begun.elapsed());
    }
    thread::sleep(Duration::from_secs(1));
    println!("{}", memory_kib("VmRSS"));
    Ok(())
}
