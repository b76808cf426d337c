//! Who hears whom: whether the phones and the audio plane have understood the same.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use base::StreamId;
use config::{Config, RecordChoice};
use media::control::{Codec, PlayItem, Recorded, Remote, Sink};

use crate::company::BOARD;
use crate::phone::{CallView, Phone, Stage};
use crate::plane::{FakePlane, is_voice};
use crate::watch::{Violation, Watch};

type Streams<'a> = BTreeMap<StreamId, (u16, Option<&'a Remote>, Sink)>;

/// Compares every call that is up at a phone with its stream, and every stream with the one it is joined to.
pub(crate) fn check(phones: &BTreeMap<String, Phone>, plane: &FakePlane) -> Result<(), Violation> {
    let streams: Streams<'_> = plane.streams().map(|(id, port, remote, sink)| (id, (port, remote, sink))).collect();
    for phone in phones.values().filter(|phone| phone.alive) {
        for call in phone.calls().filter(|call| call.stage == Stage::Up) {
            check_phone(phone, &call, &streams, plane)?;
        }
    }
    for id in streams.keys() {
        check_join(*id, &streams, phones, plane)?;
    }
    Ok(())
}

fn check_phone(phone: &Phone, call: &CallView, streams: &Streams<'_>, plane: &FakePlane) -> Result<(), Violation> {
    let number = &phone.number;
    let Some((direction, port)) = call.direction.zip(call.box_port) else { return Ok(()) };
    let stream = streams.iter().find(|(_, (local, ..))| *local == port);
    let Some((id, (_, Some(remote), sink))) = stream else {
        return Err(format!("{number} talks to port {port}, where no stream is set up"));
    };
    if (remote.receive, remote.send) != (direction.sends(), direction.receives()) {
        return Err(format!("{number} believes in {direction}, the box on port {port} in {remote:?}"));
    }
    // By its own words, or where its signalling comes from if it names no address.
    let ways = [phone.own_ip(), phone.address().ip()].map(|ip| SocketAddr::new(ip, call.port));
    if !ways.contains(&remote.rtp) {
        return Err(format!("{number} listens on {ways:?}, the box sends to {}", remote.rtp));
    }
    let keys = remote.secure.as_ref().map(|keys| (keys.theirs.0, keys.ours.0));
    if keys != call.keys {
        return Err(format!("{number} and the box do not have the same keys, or only one of them has any"));
    }
    // Nobody is left in silence: whoever listens hears another, the box, or is in a room; or was asked for a number.
    if phone.dialled(call.id) == Some(BOARD) {
        return Ok(());
    }
    let is_alone = plane.played_to(*id).is_none() && plane.heard_by(*id).is_empty();
    if direction.receives() && is_alone && !matches!(sink, Sink::Room(..)) {
        return Err(format!("{number} listens and hears nothing at all"));
    }
    Ok(())
}

fn check_join(
    id: StreamId,
    streams: &Streams<'_>,
    phones: &BTreeMap<String, Phone>,
    plane: &FakePlane,
) -> Result<(), Violation> {
    let Some((_, remote, Sink::Stream(other))) = streams.get(&id) else { return Ok(()) };
    // Early media of a phone that then refused: nobody is heard, and nobody was promised to be.
    let Some((_, others_remote, others_sink)) = streams.get(other) else { return Ok(()) };
    if *others_sink != Sink::Stream(id) {
        return Err(format!("{id} is joined to {other}, but {other} to {others_sink:?}"));
    }
    let (Some(remote), Some(others)) = (remote, others_remote) else { return Ok(()) };
    if (remote.send, remote.receive) != (others.receive, others.send) {
        return Err(format!("{id} and {other} are joined, but one speaks where the other does not listen"));
    }
    let (one, two) = (voices(remote), voices(others));
    if one.is_disjoint(&two) {
        let only_passed = |codecs: &BTreeSet<Codec>| codecs.iter().all(|codec| *codec == Codec::G729);
        if only_passed(&one) || only_passed(&two) {
            return Err(format!("{id} and {other} are joined and cannot be translated: {one:?} and {two:?}"));
        }
        let codecs = |stream| Some(&phones.get(owner(phones, plane, stream)?)?.habits.codecs);
        if let (Some(ones), Some(twos)) = (codecs(id), codecs(*other))
            && ones.iter().any(|codec| twos.contains(codec))
        {
            return Err(format!("{id} and {other} are translated, {one:?} and {two:?}, and could speak the same"));
        }
    }
    Ok(())
}

/// Whether the plane records whom the journal says, and nobody who may not be recorded.
pub(crate) fn check_recordings(
    phones: &BTreeMap<String, Phone>,
    plane: &FakePlane,
    config: &Config,
    watch: &Watch,
) -> Result<(), Violation> {
    let known: BTreeMap<_, _> = watch.recordings().open().collect();
    let number = |stream: StreamId| owner(phones, plane, stream);
    for (id, of, _) in plane.recordings().filter(|(id, ..)| !watch.is_dictation(*id)) {
        let Some(told) = known.get(&id) else { return Err(format!("{id} is recorded and not in the journal")) };
        let heard: Vec<StreamId> = match of {
            Recorded::Streams { left, right } => {
                let numbers = (number(left), right.and_then(number));
                let named = (Some(told.left.as_str()), told.right.as_deref());
                // A person outside is known by a number, the provider's end that speaks for all of them by its name.
                let same = |phone: Option<&str>, told: Option<&str>| {
                    phone == told || phone.is_some_and(|p| !p.starts_with(|c: char| c.is_ascii_digit()))
                };
                let both = numbers.0.is_some() && numbers.1.is_some();
                if both && !(same(numbers.0, named.0) && same(numbers.1, named.1)) {
                    return Err(format!("{id} is of {numbers:?}, the journal says of {named:?}"));
                }
                [Some(left), right].into_iter().flatten().collect()
            }
            Recorded::Room(room) => {
                let members = plane.rooms().find(|(open, _)| *open == room).map(|(_, members)| members);
                members.into_iter().flatten().map(|(stream, _)| stream).collect()
            }
        };
        let protected = |number: &&str| {
            config.extensions.get(*number).is_some_and(|extension| extension.record == RecordChoice::Never)
        };
        if let Some(number) = heard.into_iter().filter_map(number).find(protected) {
            return Err(format!("{id} records {number}, who is never recorded"));
        }
    }
    Ok(())
}

/// The number of the phone that talks to a stream.
pub(crate) fn owner<'p>(phones: &'p BTreeMap<String, Phone>, plane: &FakePlane, stream: StreamId) -> Option<&'p str> {
    let (_, port, ..) = plane.streams().find(|(id, ..)| *id == stream)?;
    let talks = |phone: &&Phone| phone.calls().any(|call| call.box_port == Some(port));
    phones.values().find(talks).map(|phone| phone.number.as_str())
}

/// A sound by its name, anything else in a word.
pub(crate) fn name_of_item(item: &PlayItem) -> String {
    match item {
        PlayItem::Sound(name) => name.clone(),
        PlayItem::Tone { tone, .. } => format!("{tone:?}").to_lowercase(),
        PlayItem::Digits(digits) => digits.digits.clone(),
        PlayItem::Silence(_) => "…".to_owned(),
    }
}

fn voices(remote: &Remote) -> BTreeSet<Codec> {
    remote.payloads.iter().map(|payload| payload.codec).filter(|codec| is_voice(*codec)).collect()
}
