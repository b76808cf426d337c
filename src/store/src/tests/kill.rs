//! A process that writes under load is killed at random moments; nothing it was told of is lost.
//!
//! 100 kills; `STORE_KILLS=1000` for more.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use base::Random;
use exchange::record::ConfigContent;

use super::open;
use crate::testing::*;
use crate::{Store, StoreOptions};

const CHILD: &str = "STORE_KILL_CHILD";

#[test]
fn killed_processes_lose_nothing_acknowledged() {
    let kills: usize = std::env::var("STORE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(100);
    let dir = TempDir::new();
    let mut random = Random::from_number(20_261_121);
    let mut next = 1;
    let mut calls = 0;
    for kill in 0..kills {
        let acknowledged = run_and_kill(dir.path(), next, Duration::from_micros(500 + random.below(40_000)));
        let store = open(&dir);
        let newest = store.audit(50_000, None).unwrap();
        let found: Vec<u64> = newest.iter().map(|(_, a)| a.at.unix_ms() as u64 - at(0).unix_ms() as u64).collect();
        for n in &acknowledged {
            assert!(found.contains(n), "kill {kill}: record {n} was acknowledged and is lost");
        }
        next = found.iter().max().copied().unwrap_or(0) + 1;
        if let Some((info, text)) = store.config_current().unwrap() {
            assert_eq!(text, format!("version = {}\n", info.version.0));
        }
        let page = store.calls(&crate::CallFilter::default(), 1000, None).unwrap();
        assert!(page.calls.len() >= calls.min(1000), "kill {kill}: calls are lost");
        calls = page.calls.len();
    }
    assert!(next as usize > 2 * kills, "the test must do something: {next}");
}

/// Starts the child, kills it some time after it is ready, and returns what it said was acknowledged.
fn run_and_kill(dir: &Path, next: u64, after: Duration) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["tests::kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, format!("{next} {}", dir.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let (ready, is_ready) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in out.lines().map_while(Result::ok) {
            // The test harness says things on the same line.
            if line.ends_with("ready") {
                ready.send(()).unwrap();
            }
            // A number cut off by the kill has no full stop.
            if let Some(n) = line.strip_prefix("ack ").and_then(|n| n.strip_suffix('.')) {
                acknowledged.push(n.parse().unwrap());
            }
        }
        acknowledged
    });
    is_ready.recv().expect("the child opens the store");
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Not a test by itself: the process that is killed.
#[test]
fn child() {
    let Ok(job) = std::env::var(CHILD) else { return };
    let (next, dir) = job.split_once(' ').unwrap();
    let mut n: u64 = next.parse().unwrap();
    let options = StoreOptions { segment_max: 20_000, checkpoint_every: 30_000, ..StoreOptions::default() };
    let store = Store::open(Path::new(dir), options).unwrap();
    println!("\nready");
    let mut version = store.config_version().map_or(0, |v| v.0);
    let mut writer = store.writer(std::sync::Arc::new(|| {}));
    loop {
        for _ in 0..5 {
            writer.append(Box::new(binding("101", &format!("k{}", n % 50), n, true)));
            let this = n;
            store.append(
                audit(n),
                Box::new(move |fate| {
                    fate.unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "ack {this}.").unwrap();
                }),
            );
            n += 1;
        }
        for record in whole_call(n, "101", "102") {
            writer.append(Box::new(record));
        }
        version += 1;
        store.append_wait(config(version, ConfigContent::Whole(format!("version = {version}\n")))).unwrap();
    }
}
