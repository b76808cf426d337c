//! Who hears whom: whether the phones and the audio plane have understood the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use base::StreamId;
use media::control::{Codec, Remote, Sink};

use crate::phone::{Phone, Stage};
use crate::plane::FakePlane;
use crate::watch::Violation;

/// Compares every call that is up at a phone with its stream, and every stream with the one it is joined to.
pub(crate) fn check(phones: &BTreeMap<String, Phone>, plane: &FakePlane) -> Result<(), Violation> {
    let streams: BTreeMap<StreamId, (u16, Option<&Remote>, Sink)> =
        plane.streams().map(|(id, port, remote, sink)| (id, (port, remote, sink))).collect();
    for phone in phones.values().filter(|phone| phone.alive) {
        for call in phone.calls().filter(|call| call.stage == Stage::Up) {
            let Some((direction, port)) = call.direction.zip(call.box_port) else { continue };
            let stream = streams.values().find(|(local, ..)| *local == port);
            let Some((_, Some(remote), _)) = stream else {
                return Err(format!("{} talks to port {port}, where no stream is set up", phone.number));
            };
            if (remote.receive, remote.send) != (direction.sends(), direction.receives()) {
                return Err(format!("{} believes in {direction}, the box on port {port} in {remote:?}", phone.number));
            }
            // By its own words, or where its signalling comes from if it names no address.
            let ways = [phone.own_ip(), phone.address().ip()].map(|ip| SocketAddr::new(ip, call.port));
            if !ways.contains(&remote.rtp) {
                return Err(format!("{} listens on {ways:?}, the box sends to {}", phone.number, remote.rtp));
            }
        }
    }
    for (id, (_, remote, sink)) in &streams {
        let Sink::Stream(other) = sink else { continue };
        // Early media of a phone that then refused: nobody is heard, and nobody was promised to be.
        let Some((_, others_remote, others_sink)) = streams.get(other) else { continue };
        if *others_sink != Sink::Stream(*id) {
            return Err(format!("{id} is joined to {other}, but {other} to {others_sink:?}"));
        }
        if let (Some(remote), Some(others)) = (remote, others_remote) {
            if voices(remote) != voices(others) {
                let (one, two) = (voices(remote), voices(others));
                return Err(format!("{id} and {other} are joined, but one speaks {one:?} and the other {two:?}"));
            }
            if (remote.send, remote.receive) != (others.receive, others.send) {
                return Err(format!("{id} and {other} are joined, but one speaks where the other does not listen"));
            }
        }
    }
    Ok(())
}

fn voices(remote: &Remote) -> BTreeSet<Codec> {
    let is_voice =
        |codec: &Codec| !matches!(codec, Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise);
    remote.payloads.iter().map(|payload| payload.codec).filter(is_voice).collect()
}
