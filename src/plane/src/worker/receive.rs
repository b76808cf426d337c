//! The way of a voice packet: receive, decide, rewrite, send.

use base::Instant;
use media::control::Sink;
use media::stream::{Unsent, Verdict};

use super::Worker;
use super::slots::{Place, Slots};

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
            match slot.stream.receive_rtp(now, source, packet) {
                Verdict::Done => {}
                Verdict::Echo(passing) => match slot.stream.transmit(now, &passing, packet) {
                    Ok(to) => self.batch.post(n, to),
                    Err(why) => slot.stream.not_sent(why),
                },
                Verdict::Forward { to, passing } => {
                    let guess = slot.neighbour;
                    let sent = match self.slots.find(to, guess) {
                        Some((at, target)) => target.stream.transmit(now, &passing, packet).map(|to| (at, to)),
                        None => Err(Unsent::NoSink),
                    };
                    let Some(slot) = self.slots.get_mut(place) else { return };
                    match sent {
                        Ok((at, to)) => {
                            slot.neighbour = at;
                            self.batch.post(n, to);
                        }
                        Err(why) => slot.stream.not_sent(why),
                    }
                }
            }
        }
        // All of one batch went the same way: where a stream's audio goes does not change while it is handled.
        let Some(slot) = self.slots.get_mut(place) else { return };
        let by = match slot.stream.sink() {
            Sink::Stream(_) => slot.neighbour,
            Sink::Echo | Sink::None => place,
        };
        if let Some(slot) = self.slots.get_mut(by) {
            self.batch.flush(&slot.rtp);
        }
    }
}
