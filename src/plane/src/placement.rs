//! Which thread a stream lives on, and which streams must move so that those joined are together.

use std::collections::{BTreeSet, HashMap, HashSet};

use base::{RoomId, StreamId};
use media::control::{MediaCommand, Sink};

/// The map of the plane, kept where commands come in.
#[derive(Debug)]
pub(crate) struct Placement {
    threads: u32,
    streams: HashMap<StreamId, Placed>,
    /// Sinks that were named before they were opened.
    awaited: HashSet<StreamId>,
}

/// Beyond so many the awaited are forgotten: each comes within the same call set-up or never.
const AWAITED_MAX: usize = 1_024;

#[derive(Debug)]
struct Placed {
    thread: usize,
    sink: Option<StreamId>,
}

/// A stream that changes its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) stream: StreamId,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Placement {
    pub(crate) fn new(threads: usize) -> Placement {
        Placement {
            threads: u32::try_from(threads).unwrap_or(u32::MAX).max(1),
            streams: HashMap::new(),
            awaited: HashSet::new(),
        }
    }

    /// The thread that is to obey `command`, after these moves; none if the stream is not open.
    pub(crate) fn place(&mut self, command: &MediaCommand) -> (Option<usize>, Vec<Move>) {
        match command {
            MediaCommand::Open { stream, .. } => (self.open(*stream), Vec::new()),
            MediaCommand::Remote { stream, .. }
            | MediaCommand::Treat { stream, .. }
            | MediaCommand::Play { stream, .. }
            | MediaCommand::StopPlay { stream, .. }
            | MediaCommand::SendDigit { stream, .. } => (self.thread_of(*stream), Vec::new()),
            MediaCommand::Sink { stream, sink } => self.sink(*stream, *sink),
            MediaCommand::Close { stream } => (self.close(*stream), Vec::new()),
            MediaCommand::OpenRoom { room, .. }
            | MediaCommand::PlayRoom { room, .. }
            | MediaCommand::StopPlayRoom { room, .. }
            | MediaCommand::CloseRoom { room } => (Some(self.thread_of_room(*room)), Vec::new()),
            // Not one thread's affair: see `Plane`.
            MediaCommand::Record { .. } | MediaCommand::PauseRecording { .. } | MediaCommand::StopRecording { .. } => {
                (None, Vec::new())
            }
        }
    }

    /// A room's members all live on one thread.
    pub(crate) fn thread_of_room(&self, room: RoomId) -> usize {
        (room.0 % self.threads) as usize
    }

    /// The thread for a new stream; none if there is one of that id. The two legs of a call are opened one after the
    /// other, so an even id and the odd one after it belong together.
    pub(crate) fn open(&mut self, stream: StreamId) -> Option<usize> {
        if self.streams.contains_key(&stream) {
            return None;
        }
        let feeder = if self.awaited.remove(&stream) {
            self.streams.values().find(|p| p.sink == Some(stream)).map(|p| p.thread)
        } else {
            None
        };
        let thread = feeder.unwrap_or(((stream.0 / 2) % self.threads) as usize);
        self.streams.insert(stream, Placed { thread, sink: None });
        Some(thread)
    }

    pub(crate) fn thread_of(&self, stream: StreamId) -> Option<usize> {
        self.streams.get(&stream).map(|p| p.thread)
    }

    /// The thread that is to hear of the new sink, after these moves.
    pub(crate) fn sink(&mut self, stream: StreamId, sink: Sink) -> (Option<usize>, Vec<Move>) {
        let target = match sink {
            Sink::Stream(target) => Some(target),
            Sink::None | Sink::Echo | Sink::Room(..) => None,
        };
        match self.streams.get_mut(&stream) {
            Some(placed) => placed.sink = target,
            None => return (None, Vec::new()),
        }
        let there = match sink {
            Sink::Room(room, _) => Some(self.thread_of_room(room)),
            Sink::None | Sink::Echo | Sink::Stream(_) => target.and_then(|t| self.thread_of(t)),
        };
        if let (Some(target), None) = (target, there) {
            if self.awaited.len() >= AWAITED_MAX {
                self.awaited.clear();
            }
            self.awaited.insert(target);
        }
        let moves = match (self.thread_of(stream), there) {
            (Some(here), Some(there)) if here != there => self.gather(stream, there),
            _ => Vec::new(),
        };
        (self.thread_of(stream), moves)
    }

    /// Moves all that is joined with `stream` to `thread`. Looks through all streams, but only when a transfer joins
    /// two threads.
    fn gather(&mut self, stream: StreamId, thread: usize) -> Vec<Move> {
        let mut joined = BTreeSet::from([stream]);
        loop {
            let more: Vec<StreamId> = self
                .streams
                .iter()
                .filter_map(|(id, placed)| Some((*id, placed.sink?)))
                .flat_map(|(id, sink)| [(id, sink), (sink, id)])
                .filter(|(known, new)| joined.contains(known) && !joined.contains(new))
                .map(|(_, new)| new)
                .collect();
            if more.is_empty() {
                break;
            }
            joined.extend(more);
        }
        let mut moves = Vec::new();
        for id in joined {
            if let Some(placed) = self.streams.get_mut(&id)
                && placed.thread != thread
            {
                moves.push(Move { stream: id, from: placed.thread, to: thread });
                placed.thread = thread;
            }
        }
        moves
    }

    /// Forgets a stream; where it was.
    pub(crate) fn close(&mut self, stream: StreamId) -> Option<usize> {
        self.streams.remove(&stream).map(|p| p.thread)
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    pub(crate) fn clear(&mut self) {
        self.streams.clear();
        self.awaited.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(n: u32) -> StreamId {
        StreamId(n)
    }

    #[test]
    fn neighbours_live_together() {
        let mut p = Placement::new(3);
        let threads: Vec<_> = (0..8).map(|n| p.open(s(n))).collect();
        assert_eq!(threads, [0, 0, 1, 1, 2, 2, 0, 0].map(Some));
        assert_eq!(p.open(s(3)), None, "an id comes once");
        assert_eq!(p.sink(s(0), Sink::Stream(s(1))), (Some(0), vec![]));
        assert_eq!(p.sink(s(9), Sink::Echo), (None, vec![]));
    }

    #[test]
    fn a_transfer_moves_whatever_is_joined() {
        let mut p = Placement::new(2);
        for n in 0..4 {
            p.open(s(n));
        }
        // 0 and 1 speak, and 2 and 3; then 0 is put through to 2.
        for (a, b) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
            assert_eq!(p.sink(s(a), Sink::Stream(s(b))).1, []);
        }
        let moved = |stream| Move { stream: s(stream), from: 0, to: 1 };
        // 1 still feeds 0 until it is closed, so it comes along.
        assert_eq!(p.sink(s(0), Sink::Stream(s(2))), (Some(1), vec![moved(0), moved(1)]));
        assert_eq!(p.sink(s(2), Sink::Stream(s(0))), (Some(1), vec![]));
        assert_eq!(p.close(s(1)), Some(1));
        assert_eq!(p.close(s(1)), None);
        assert_eq!(p.len(), 3);
    }

    #[test]
    fn a_stream_alone_moves_alone() {
        let mut p = Placement::new(2);
        for n in 0..4 {
            p.open(s(n));
        }
        p.sink(s(0), Sink::Echo);
        let (thread, moves) = p.sink(s(0), Sink::Stream(s(2)));
        assert_eq!((thread, moves.len()), (Some(1), 1));
        assert_eq!(p.sink(s(3), Sink::Stream(s(76))), (Some(1), vec![]), "an unknown sink moves nobody");
        assert_eq!(p.open(s(76)), Some(1), "but is placed where it is awaited");
        assert_eq!(p.open(s(80)), Some(0));
    }
}
