//! The way of a voice packet: receive, decide, rewrite, send.

use std::net::SocketAddr;

use base::{Instant, StreamId};
use media::control::Sink;
use media::stream::{Passing, Stream, Unsent, Verdict};

use super::Worker;
use super::slots::{Place, Slots};
use crate::socket::Batch;

impl Worker {
    /// What the socket that `token` names has: one datagram as a rule. A socket that was served in the round before
    /// and has one again has a backlog, for phones send one in many rounds: then a batch is taken, yet no more than one,
    /// so that a flooded socket does not starve the others.
    pub(super) fn receive(&mut self, token: u64) {
        let (place, is_rtcp) = Slots::untoken(token);
        self.touching = Some(place);
        let Some(slot) = self.slots.get_mut(place) else { return };
        let port = if is_rtcp { &slot.rtcp } else { &slot.rtp };
        let has_backlog = slot.served_in.wrapping_add(1) == self.round;
        slot.served_in = self.round;
        let count = if has_backlog { self.batch.receive(port) } else { self.batch.receive_one(port) };
        if count == 0 {
            return;
        }
        let now = self.now();
        if is_rtcp {
            self.receive_rtcp(now, place, count);
        } else {
            self.receive_rtp(now, place, count);
        }
        self.settle(place);
    }

    fn receive_rtcp(&mut self, now: Instant, place: Place, count: usize) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        for n in 0..count {
            if let Some((datagram, source)) = self.batch.packet(n) {
                slot.stream.receive_rtcp(now, source, datagram);
            }
        }
    }

    /// Receive, decide, rewrite, send: the way of a voice packet.
    fn receive_rtp(&mut self, now: Instant, place: Place, count: usize) {
        for n in 0..count {
            let Some(slot) = self.slots.get_mut(place) else { return };
            let Some((packet, source)) = self.batch.packet(n) else { return };
            let verdict = slot.stream.receive_rtp(now, source, packet);
            let (is_recorded, is_heard) = (!slot.taps.is_empty(), slot.speech.is_some());
            if let Verdict::Forward { passing, .. }
            | Verdict::Echo(passing)
            | Verdict::Room(passing)
            | Verdict::Unheard(passing) = &verdict
            {
                if is_recorded {
                    self.record(now, place, n, passing);
                }
                if is_heard && self.hear(now, place, n, passing) {
                    continue;
                }
            }
            match verdict {
                Verdict::Done | Verdict::Room(_) | Verdict::Unheard(_) => {}
                Verdict::Echo(passing) => self.echo(now, place, n, &passing),
                Verdict::Forward { to, passing } => self.forward(now, place, n, to, &passing),
                Verdict::Relay { to } => self.relay(place, n, to),
            }
        }
        self.send_batch(place);
    }

    /// Back to where it came from.
    fn echo(&mut self, now: Instant, place: Place, n: usize, passing: &Passing) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let Some((packet, _)) = self.batch.packet(n) else { return };
        match slot.stream.transmit(now, passing, packet) {
            Ok(to) => seal_and_post(&mut self.batch, &mut slot.stream, n, passing, to),
            Err(why) => slot.stream.not_sent(why),
        }
    }

    /// To another stream's peer, as it is; a coding that this one does not know is said anew.
    fn forward(&mut self, now: Instant, place: Place, n: usize, to: StreamId, passing: &Passing) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let guess = slot.neighbour;
        let Some((packet, _)) = self.batch.packet(n) else { return };
        let sent = match self.slots.find(to, guess) {
            Some((at, target)) => match target.stream.transmit(now, passing, packet) {
                Ok(to) => {
                    seal_and_post(&mut self.batch, &mut target.stream, n, passing, to);
                    Ok(at)
                }
                Err(Unsent::NoCodec) if !passing.codec().is_event() && target.stream.voice().is_some() => {
                    return self.transcode(now, place, n, passing);
                }
                Err(why) => Err(why),
            },
            None => Err(Unsent::NoSink),
        };
        let Some(slot) = self.slots.get_mut(place) else { return };
        match sent {
            Ok(at) => slot.neighbour = at,
            Err(why) => slot.stream.not_sent(why),
        }
    }

    /// To another stream's peer, octet for octet (T.38).
    fn relay(&mut self, place: Place, n: usize, to: StreamId) {
        let Some(guess) = self.slots.get_mut(place).map(|s| s.neighbour) else { return };
        let found = self.slots.find(to, guess).and_then(|(at, target)| Some((at, target.stream.relay()?)));
        let Some(slot) = self.slots.get_mut(place) else { return };
        match found {
            Some((at, to)) => {
                slot.neighbour = at;
                self.batch.post(n, to);
            }
            None => slot.stream.not_sent(Unsent::NoSink),
        }
    }

    /// What was noted goes out.
    fn send_batch(&mut self, place: Place) {
        // All of one batch went the same way: where a stream's audio goes does not change while it is handled.
        let Some(slot) = self.slots.get_mut(place) else { return };
        let by = match slot.stream.sink() {
            Sink::Stream(_) => slot.neighbour,
            Sink::Echo | Sink::None | Sink::Room(..) => place,
        };
        if let Some(slot) = self.slots.get_mut(by) {
            self.batch.flush(&slot.rtp);
        }
    }
}

/// Notes a packet for sending by `stream`'s port; under keys if that has any.
fn seal_and_post(batch: &mut Batch, stream: &mut Stream, n: usize, passing: &Passing, to: SocketAddr) {
    if batch.resize(n, |buffer| stream.seal_rtp(buffer, passing.packet_len())) {
        batch.post(n, to);
    }
}
