//! What sound costs in the plane: forwarding, securing, transcoding, rooms and recording, on one audio thread.
//!
//! `audio_cost [--seconds N] [--rounds N] [case …]`, by default all cases, 3 seconds and 3 rounds. Cases: bare-500
//! forward-500 forward-1000 srtp-300 g722-100 opus-50 room-200 room-1000 talk-300 record-500 delay-room; with another
//! number that many calls or members. The audio thread keeps to the first core, the load is a process of its own on the
//! last. Counted is what the audio thread (and where there are any the recorder's threads) ran, by the kernel's books.
//! A bare forwarder runs in each round: ratios are safer than absolutes on a machine that is busy otherwise, and with
//! real-time priority (`chrt -f 10`) the load is not late. One line a figure, its columns parted by tabs: what, value,
//! unit, what is aimed at.
//!
//! Speech is the box's own prompts; whoever does not talk sends the noise of a quiet room, as phones
//! without a voice detector do.

#[path = "../forward_cost/floor.rs"]
mod floor;
mod load;
mod phones;
mod report;
mod run;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use media::control::{Codec, Secure, SecureKey, SecureSuite};

type Failure = Box<dyn std::error::Error>;

/// Where the plane listens: stream n on `FIRST` + 2n.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 31, 1));
const FIRST: u16 = 20_000;
/// The peer of all streams.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 31, 2)), 30_000);
/// Until all streams are latched, buffers have settled and caches are warm.
const WARM_UP: Duration = Duration::from_millis(1_500);

/// What is measured in one case.
#[derive(Clone, Debug)]
struct Case {
    kind: Kind,
    /// Calls of two streams, or members of a room.
    count: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bare,
    Forward,
    Srtp,
    G722,
    Opus,
    /// A room in which three talk.
    Room,
    /// A room in which all talk.
    Talk,
    Record,
    /// When an onset is heard in a room.
    Delay,
}

const KINDS: [(&str, Kind); 9] = [
    ("bare", Kind::Bare),
    ("forward", Kind::Forward),
    ("srtp", Kind::Srtp),
    ("g722", Kind::G722),
    ("opus", Kind::Opus),
    ("room", Kind::Room),
    ("talk", Kind::Talk),
    ("record", Kind::Record),
    ("delay-room", Kind::Delay),
];

const ALL: &str =
    "bare-500 forward-500 forward-1000 srtp-300 g722-100 opus-50 room-200 room-1000 talk-300 record-500 delay-room";

impl Case {
    fn parse(text: &str) -> Result<Case, Failure> {
        let (name, kind) = KINDS.iter().find(|(name, _)| text.starts_with(name)).ok_or("there is no such case")?;
        let default = if *kind == Kind::Delay { 40 } else { 500 };
        let count = match text.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')) {
            Some(number) => number.parse()?,
            None => default,
        };
        Ok(Case { kind: *kind, count })
    }

    fn in_room(&self) -> bool {
        matches!(self.kind, Kind::Room | Kind::Talk | Kind::Delay)
    }

    fn streams(&self) -> u16 {
        if self.in_room() { self.count } else { 2 * self.count }
    }

    /// How many send speech.
    fn talkers(&self) -> u16 {
        match self.kind {
            Kind::Room => 3,
            Kind::Delay => 0,
            _ => self.streams(),
        }
    }

    /// The codings of even and odd streams.
    fn codecs(&self) -> [Codec; 2] {
        match self.kind {
            Kind::G722 => [Codec::Pcmu, Codec::G722],
            Kind::Opus => [Codec::Pcmu, Codec::Opus],
            _ => [Codec::Pcmu; 2],
        }
    }
}

/// The payload type of a coding, as both sides number it here.
fn number(codec: Codec) -> u8 {
    match codec {
        Codec::Pcmu => 0,
        Codec::G722 => 9,
        _ => 111,
    }
}

/// The keys of secured streams, as the box sees them or as the phones do.
fn secure(of_box: bool) -> Secure {
    let (a, b) = (SecureKey([3; 30]), SecureKey([5; 30]));
    let (ours, theirs) = if of_box { (a, b) } else { (b, a) };
    Secure { suite: SecureSuite::AesCm128HmacSha1_80, ours, theirs }
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [word, case, seconds] = args.as_slice()
        && word == "load"
    {
        return load::run(&Case::parse(case)?, seconds.parse()?);
    }
    let (mut seconds, mut rounds, mut names) = (3, 3, Vec::new());
    let mut left = args.iter();
    while let Some(arg) = left.next() {
        match arg.as_str() {
            "--seconds" => seconds = left.next().ok_or("how many?")?.parse()?,
            "--rounds" => rounds = left.next().ok_or("how many?")?.parse()?,
            name => names.push(name),
        }
    }
    if names.is_empty() {
        names = ALL.split(' ').collect();
    }
    let mut results = Vec::new();
    for name in &names {
        results.push((*name, Case::parse(name)?, Vec::new()));
    }
    for _ in 0..rounds.max(1) {
        for (name, case, runs) in &mut results {
            runs.push(run::measure(name, case, seconds)?);
        }
    }
    report::print(&results);
    Ok(())
}
