//! Recordings under way: whom each listens to, and when nobody is left.

use std::collections::HashMap;
use std::sync::Mutex;

use base::{Instant, RecordingId, RoomId, StreamId};
use media::control::{MediaCommand, MediaEvent, Recorded, RecordingEnd};

use crate::recorder::{Recorder, RecorderQueue, Tap};
use crate::worker::TapOrder;
use crate::{OnEvent, lock};

/// The table of recordings.
pub(crate) struct Recordings {
    recorder: Option<Recorder>,
    clock: std::time::Instant,
    on_event: OnEvent,
    open: Mutex<HashMap<RecordingId, Open>>,
}

struct Open {
    tap: Tap,
    targets: Vec<Target>,
}

/// Whose sound is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Stream(StreamId),
    Room(RoomId),
}

impl Recordings {
    pub(crate) fn new(recorder: Option<Recorder>, clock: std::time::Instant, on_event: OnEvent) -> Recordings {
        Recordings { recorder, clock, on_event, open: Mutex::default() }
    }

    /// A way into the recorder for one audio thread.
    pub(crate) fn queue(&self) -> Option<RecorderQueue> {
        self.recorder.as_ref().map(Recorder::queue)
    }

    fn now(&self) -> Instant {
        Instant::from_nanos(u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// Obeys a command about a recording: what the audio threads are to be told; none if it is about something else.
    pub(crate) fn obey(&self, command: &MediaCommand) -> Option<Vec<(Target, TapOrder)>> {
        match command {
            MediaCommand::Record { recording, of, file } => Some(self.begin(*recording, *of, file)),
            MediaCommand::PauseRecording { recording, paused } => {
                if let Some(open) = lock(&self.open).get_mut(recording) {
                    open.tap.pause(*paused, self.now());
                }
                Some(Vec::new())
            }
            MediaCommand::StopRecording { recording } => Some(self.stop(*recording)),
            MediaCommand::CloseRoom { room } => {
                self.gone(Target::Room(*room));
                None
            }
            _ => None,
        }
    }

    fn begin(
        &self,
        recording: RecordingId,
        of: Recorded,
        file: &media::control::RecordingFile,
    ) -> Vec<(Target, TapOrder)> {
        let targets = match of {
            Recorded::Streams { left, right } => {
                let right = right.map(Target::Stream);
                std::iter::once(Target::Stream(left)).chain(right).collect::<Vec<_>>()
            }
            Recorded::Room(room) => vec![Target::Room(room)],
        };
        let Some(recorder) = &self.recorder else {
            let end =
                RecordingEnd { problem: Some("this box makes no recordings".to_owned()), ..RecordingEnd::default() };
            (self.on_event)(MediaEvent::Recorded { recording, end });
            return Vec::new();
        };
        let tap = recorder.open(recording, file.clone(), targets.len() as u8, self.now());
        let order = |(n, target): (usize, &Target)| (*target, TapOrder::Begin { tap: tap.clone(), channel: n as u8 });
        let orders = targets.iter().enumerate().map(order).collect();
        lock(&self.open).insert(recording, Open { tap, targets });
        orders
    }

    fn stop(&self, recording: RecordingId) -> Vec<(Target, TapOrder)> {
        let now = self.now();
        let Some(one) = lock(&self.open).remove(&recording) else { return Vec::new() };
        one.tap.stop(now);
        one.targets.iter().map(|target| (*target, TapOrder::End(recording))).collect()
    }

    /// A stream is closed: recordings that have nobody left end.
    pub(crate) fn stream_closed(&self, stream: StreamId) {
        if self.recorder.is_some() {
            self.gone(Target::Stream(stream));
        }
    }

    fn gone(&self, target: Target) {
        let now = self.now();
        lock(&self.open).retain(|_, one| {
            one.targets.retain(|t| *t != target);
            if one.targets.is_empty() {
                one.tap.stop(now);
            }
            !one.targets.is_empty()
        });
    }
}
