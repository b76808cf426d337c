//! The RTP ports: which are free, and the streams that use them.

use std::collections::VecDeque;

use base::StreamId;

/// The even ports of the configured range, handed out oldest first so that a port rests as long as
/// possible before its next use (late packets of an old call meet nobody).
#[derive(Debug)]
pub(crate) struct Ports {
    free: VecDeque<u16>,
    in_use: hashbrown::HashMap<StreamId, u16>,
    /// The ports of `in_use`, for looking up.
    taken: hashbrown::HashSet<u16>,
    next_stream: u32,
}

impl Ports {
    pub(crate) fn new((low, high): (u16, u16)) -> Self {
        let first = low + low % 2;
        // RTCP needs the odd port above, so the last even port must lie below `high`.
        let free = (first..high).step_by(2).collect();
        Ports { free, in_use: hashbrown::HashMap::new(), taken: hashbrown::HashSet::new(), next_stream: 0 }
    }

    /// Starts a new pair of stream numbers, so that the two legs of a call are neighbours and the
    /// plane keeps them on one thread.
    pub(crate) fn align_pair(&mut self) {
        self.next_stream += self.next_stream % 2;
    }

    /// A new stream with a port, or `None` when the range is used up.
    pub(crate) fn take(&mut self) -> Option<(StreamId, u16)> {
        let port = self.free.pop_front()?;
        let stream = StreamId(self.next_stream);
        self.next_stream = self.next_stream.wrapping_add(1);
        self.in_use.insert(stream, port);
        self.taken.insert(port);
        Some((stream, port))
    }

    /// The stream is closed: its port may be used again, last in the queue.
    pub(crate) fn give_back(&mut self, stream: StreamId) {
        if let Some(port) = self.in_use.remove(&stream) {
            self.taken.remove(&port);
            self.free.push_back(port);
        }
    }

    /// Whether RTP or RTCP of an open stream of ours is on this port.
    pub(crate) fn is_ours(&self, port: u16) -> bool {
        let rtp = port & !1;
        self.taken.contains(&rtp)
    }

    pub(crate) fn in_use(&self) -> usize {
        self.in_use.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_leave_room_for_rtcp_and_rest_before_reuse() {
        let mut ports = Ports::new((10_001, 10_006));
        let (a, p) = ports.take().unwrap();
        assert_eq!((p, ports.take().map(|x| x.1), ports.take()), (10_002, Some(10_004), None));
        ports.give_back(a);
        ports.give_back(a);
        assert_eq!(ports.take().map(|x| x.1), Some(10_002));
        assert_eq!(ports.in_use(), 2);
        assert!(ports.is_ours(10_003) && ports.is_ours(10_004) && !ports.is_ours(10_006));
    }
}
