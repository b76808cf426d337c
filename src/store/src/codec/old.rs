//! Records as earlier versions wrote them, made into those of today.

use base::{CallRef, LegId, WallTime};
use exchange::record::{CallRecord, Cause, Disposition, LegRole, LegSummary, Party};
use media::control::{Codec, StreamStats};
use serde::Deserialize;
use std::net::SocketAddr;

/// A final call record from before the figures told of decoded sound ([`super::Kind::CallEndedFirst`]).
#[derive(Deserialize)]
pub(super) struct FirstCallEnded {
    pub(super) variant: u32,
    call: CallRef,
    from: Party,
    dialled: String,
    to: Party,
    started_at: WallTime,
    ringing_at: Option<WallTime>,
    answered_at: Option<WallTime>,
    ended_at: WallTime,
    disposition: Disposition,
    cause: Cause,
    ended_by: Option<LegId>,
    reasons: Vec<String>,
    legs: Vec<FirstLeg>,
}

#[derive(Deserialize)]
struct FirstLeg {
    leg: LegId,
    party: Party,
    device: String,
    role: LegRole,
    sip_call_id: String,
    answered_at: Option<WallTime>,
    ended_at: WallTime,
    cause: Cause,
    codec: Option<Codec>,
    audio: Option<FirstStats>,
}

#[derive(Deserialize)]
struct FirstStats {
    received: u64,
    received_octets: u64,
    lost: u64,
    reordered: u64,
    jitter_us: u32,
    jitter_max_us: u32,
    gap_max_ms: u32,
    sent: u64,
    sent_octets: u64,
    remote_lost: Option<u32>,
    remote_jitter_us: Option<u32>,
    round_trip_us: Option<u32>,
    round_trip_max_us: Option<u32>,
    strangers: u64,
    dropped: u64,
    peer: Option<SocketAddr>,
}

impl From<FirstCallEnded> for CallRecord {
    fn from(old: FirstCallEnded) -> Self {
        CallRecord {
            call: old.call,
            from: old.from,
            dialled: old.dialled,
            to: old.to,
            started_at: old.started_at,
            ringing_at: old.ringing_at,
            answered_at: old.answered_at,
            ended_at: old.ended_at,
            disposition: old.disposition,
            cause: old.cause,
            ended_by: old.ended_by,
            reasons: old.reasons,
            legs: old.legs.into_iter().map(LegSummary::from).collect(),
        }
    }
}

impl From<FirstLeg> for LegSummary {
    fn from(old: FirstLeg) -> Self {
        LegSummary {
            leg: old.leg,
            party: old.party,
            device: old.device,
            role: old.role,
            sip_call_id: old.sip_call_id,
            answered_at: old.answered_at,
            ended_at: old.ended_at,
            cause: old.cause,
            codec: old.codec,
            audio: old.audio.map(StreamStats::from),
        }
    }
}

impl From<FirstStats> for StreamStats {
    fn from(old: FirstStats) -> Self {
        StreamStats {
            received: old.received,
            received_octets: old.received_octets,
            lost: old.lost,
            reordered: old.reordered,
            jitter_us: old.jitter_us,
            jitter_max_us: old.jitter_max_us,
            gap_max_ms: old.gap_max_ms,
            sent: old.sent,
            sent_octets: old.sent_octets,
            remote_lost: old.remote_lost,
            remote_jitter_us: old.remote_jitter_us,
            round_trip_us: old.round_trip_us,
            round_trip_max_us: old.round_trip_max_us,
            strangers: old.strangers,
            dropped: old.dropped,
            peer: old.peer,
            ..StreamStats::default()
        }
    }
}
