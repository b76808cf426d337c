//! The flight recorder of a leg's audio, and what is wrong with it in plain words (OBS-4).

use std::net::IpAddr;

use base::{LegId, WallTime};
use media::control::Second;

use crate::Exchange;
use crate::call::track::Track;
use crate::leg::Leg;
use crate::record::{Record, TrackRecord};

impl Exchange {
    /// The record of a leg's audio; none if it never had any.
    pub(crate) fn track_record(&self, call: base::CallRef, leg: &Leg) -> Option<Record> {
        let track = &leg.audio.track;
        let diagnosis = diagnosis(leg);
        if track.is_empty() && diagnosis.is_empty() {
            return None;
        }
        let began = track.began_at.or(leg.answered_at).unwrap_or(self.now);
        let rows = track.whole();
        let digits = track.digits.iter().map(|(at, digit)| ((*at - began).as_secs() as u32, *digit)).collect();
        let from: WallTime = self.wall_at(began);
        let record = TrackRecord { call, leg: leg.id, from, step_s: track.step_s, rows, digits, diagnosis };
        Some(Record::Track(Box::new(record)))
    }

    /// Rows of the last seconds of a leg.
    pub(crate) fn track_seconds(&mut self, leg: LegId, seconds: &[Second]) {
        let now = self.now;
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.track.add(now, seconds);
        }
    }
}

/// What was wrong with a leg's audio, the most important first.
pub(crate) fn diagnosis(leg: &Leg) -> Vec<String> {
    let mut out = Vec::new();
    let (Some(stats), Some(answered)) = (&leg.audio.stats, leg.answered_at) else { return out };
    let Some(remote) = leg.audio.last_remote.as_ref() else { return out };
    let talked = leg.ended.map(|(at, _)| at - answered).unwrap_or_default().as_secs();
    let (named, source) = (remote.rtp.ip(), leg.source.ip());
    let private = |ip: IpAddr| super::audio::is_private(ip);
    if talked >= SILENT_S && stats.received == 0 && remote.receive {
        let why = if stats.forged > 0 {
            "it does not encrypt with the key that it gave in its SDP".to_owned()
        } else if named != source && private(named) && !private(source) {
            format!(
                "its SDP names {named}, a private address, while its signalling comes from {source}: its router does \
                 not let the audio out, or rewrites SDP"
            )
        } else if named != source {
            format!("its SDP names {named}, its signalling comes from {source}: look for a router or SIP ALG between")
        } else if stats.strangers > 0 {
            format!("{} packets came from other addresses than the one its SDP names", stats.strangers)
        } else {
            "a firewall between the phone and the box stops it, or its microphone path is dead".to_owned()
        };
        out.push(format!("no audio from the phone: {why}"));
    }
    if stats.forged > 0 && stats.received > 0 {
        out.push(format!("{} packets were not encrypted with the key agreed on and were dropped", stats.forged));
    }
    if let Some(peer) = stats.peer.filter(|p| *p != remote.rtp) {
        out.push(format!("the phone sends from {peer} instead of {}, as phones behind a router do", remote.rtp));
    }
    out.extend(way("from the phone", stats.received, stats.lost, stats.jitter_max_us));
    if let Some(lost) = stats.remote_lost {
        let jitter = stats.remote_jitter_us.unwrap_or(0);
        out.extend(way("to the phone", stats.sent.saturating_sub(lost.into()), lost.into(), jitter));
    }
    if stats.round_trip_max_us.is_some_and(|us| us > DELAY_US) {
        let ms = stats.round_trip_max_us.unwrap_or(0) / 1_000;
        out.push(format!("the way there and back took up to {ms} ms: people will talk over each other"));
    }
    if let Some(sentence) = quiet(&leg.audio.track) {
        out.push(sentence);
    }
    if stats.strangers > STRANGERS && stats.received > 0 {
        out.push(format!("{} packets of strangers came to this port and were dropped", stats.strangers));
    }
    out
}

/// Loss and jitter of one direction.
fn way(which: &str, arrived: u64, lost: u64, jitter_us: u32) -> Vec<String> {
    let mut out = Vec::new();
    let all = arrived + lost;
    if all >= JUDGED && lost * 100 >= all {
        let percent = lost as f64 * 100.0 / all as f64;
        out.push(format!("{percent:.1} % of the packets {which} were lost: the network drops them"));
    }
    if all >= JUDGED && jitter_us >= JITTER_US {
        out.push(format!(
            "packets {which} came up to {} ms unevenly: Wi-Fi, or a line that is full",
            jitter_us / 1_000
        ));
    }
    out
}

/// A microphone that gives nothing though packets come.
fn quiet(track: &Track) -> Option<String> {
    let known: Vec<u8> = track.rows.iter().map(|r| r.level).filter(|l| *l != 255).collect();
    let silent = known.len() >= SILENT_S as usize && known.iter().all(|level| *level >= QUIET_DB);
    silent.then(|| "the phone sends packets but no sound: its microphone is muted or dead".to_owned())
}

/// A direction that is silent so long is worth a sentence.
const SILENT_S: u64 = 3;
/// Fewer packets say nothing about a line.
const JUDGED: u64 = 100;
const JITTER_US: u32 = 40_000;
const DELAY_US: u32 = 300_000;
const STRANGERS: u64 = 10;
/// Below full scale; a quiet room's microphone gives some −65.
const QUIET_DB: u8 = 75;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_way_is_named() {
        assert!(way("from the phone", 1_000, 5, 10_000).is_empty());
        let said = way("to the phone", 900, 100, 55_000);
        assert_eq!(said[0], "10.0 % of the packets to the phone were lost: the network drops them");
        assert_eq!(said[1], "packets to the phone came up to 55 ms unevenly: Wi-Fi, or a line that is full");
        assert!(way("from the phone", 3, 3, 99_000).is_empty(), "too little to judge by");
    }
}
