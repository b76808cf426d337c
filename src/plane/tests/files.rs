//! Open files come back. Alone in its process, for the count is the process's.
#![allow(clippy::unwrap_used)] // a test ends at the first surprise

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use base::StreamId;
use media::control::{MediaCommand, MediaEvent};
use plane::{Plane, PlaneOptions};

fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn ten_thousand_streams_leave_no_open_file() {
    let at_first = files();
    let (told, events) = channel();
    let told = std::sync::Mutex::new(told);
    let options = PlaneOptions { threads: 2, ..PlaneOptions::default() };
    let plane = Plane::start(options, Arc::new(move |event| _ = told.lock().unwrap().send(event))).unwrap();
    let running = files();
    for round in 0..20u32 {
        for n in 0..500u16 {
            let (stream, port) = (StreamId(round * 500 + u32::from(n)), 20_000 + 2 * n);
            plane.send(MediaCommand::Open { stream, ip: "127.0.20.1".parse().unwrap(), port });
        }
        for n in 0..500 {
            plane.send(MediaCommand::Close { stream: StreamId(round * 500 + n) });
        }
        // Each port is free when its stream is told as closed, so the next round may have it.
        for _ in 0..500 {
            let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
            assert!(matches!(event, MediaEvent::Closed { .. }), "{event:?}");
        }
    }
    assert_eq!(files(), running);
    plane.stop();
    drop(plane);
    assert_eq!(files(), at_first);
}
