//! How a call must have sounded: the E-model of ITU-T G.107, reduced to what counters can tell.
//!
//! R = 93.2 − Id − Ie,eff, where 93.2 is the basic ratio with all other parameters at their defaults (G.107 §7.7),
//! Id the impairment by delay and Ie,eff that by the coding under loss (§7.5). MOS follows from R by annex B.
//! The result is an estimate for the call page, not a measurement: talkers' echo, levels and noise are unknown.

use base::Duration;

use crate::control::{Codec, StreamStats};

/// What one direction of a call suffered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// The part of the packets that was lost, 0–1.
    pub loss: f32,
    /// Mean interarrival jitter.
    pub jitter: Duration,
    /// Round trip, if RTCP told it.
    pub round_trip: Option<Duration>,
}

impl Path {
    /// From the peer to us.
    pub fn received(stats: &StreamStats) -> Path {
        Path {
            loss: share(stats.lost, stats.received + stats.lost),
            jitter: Duration::from_micros(u64::from(stats.jitter_us)),
            round_trip: stats.round_trip_us.map(|us| Duration::from_micros(u64::from(us))),
        }
    }

    /// From us to the peer, as its receiver reports tell; none if it sent none.
    pub fn sent(stats: &StreamStats) -> Option<Path> {
        Some(Path {
            loss: share(u64::from(stats.remote_lost?), stats.sent),
            jitter: Duration::from_micros(u64::from(stats.remote_jitter_us.unwrap_or(0))),
            round_trip: stats.round_trip_us.map(|us| Duration::from_micros(u64::from(us))),
        })
    }
}

/// The estimated mean opinion score of `path` for the audio coding `codec`: 1 (bad) to about 4.4 (narrow-band at its
/// best). Wide-band codings are put on the same narrow-band scale. Codings that carry no speech are judged as G.711.
pub fn mos(path: &Path, codec: Codec) -> f32 {
    let Impairment { equipment, robustness, algorithm_ms } = impairment(codec);

    // Mouth to ear: half the round trip, the coder's own delay, and a jitter buffer of twice the mean jitter, but at
    // least one packet of 20 ms.
    let network_ms = path.round_trip.map_or(0.0, |rt| rt.as_secs_f32() * 500.0);
    let buffer_ms = (path.jitter.as_secs_f32() * 2_000.0).max(20.0);
    let delay_ms = network_ms + buffer_ms + algorithm_ms;
    // G.107 §7.4 in the usual linear form for calls without echo; beyond 177.3 ms talk becomes hard.
    let delay = 0.024 * delay_ms + if delay_ms > 177.3 { 0.11 * (delay_ms - 177.3) } else { 0.0 };

    // G.107 §7.5 with random loss (BurstR = 1).
    let loss_percent = path.loss.clamp(0.0, 1.0) * 100.0;
    let coding = equipment + (95.0 - equipment) * loss_percent / (loss_percent + robustness);

    score(93.2 - delay - coding)
}

/// ITU-T G.107 annex B, rounded to a tenth.
fn score(r: f32) -> f32 {
    let mos = match r {
        r if r.is_nan() || r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        r => 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6,
    };
    (mos.max(1.0) * 10.0).round() / 10.0
}

struct Impairment {
    /// Ie, without loss.
    equipment: f32,
    /// Bpl: the higher, the better loss is concealed.
    robustness: f32,
    /// Look-ahead and one packet of 20 ms.
    algorithm_ms: f32,
}

/// ITU-T G.113 appendix I where it has a row; the others by published listening tests.
fn impairment(codec: Codec) -> Impairment {
    match codec {
        // With packet-loss concealment (G.711 appendix I), which every telephone has today.
        Codec::Pcmu | Codec::Pcma => Impairment { equipment: 0.0, robustness: 25.1, algorithm_ms: 20.25 },
        Codec::G729 => Impairment { equipment: 11.0, robustness: 19.0, algorithm_ms: 25.0 },
        // On the narrow-band scale wide-band speech without loss is no worse than G.711; its concealment is plainer.
        Codec::G722 => Impairment { equipment: 0.0, robustness: 14.0, algorithm_ms: 21.5 },
        Codec::Opus => Impairment { equipment: 0.0, robustness: 20.0, algorithm_ms: 26.5 },
        Codec::TelephoneEvent | Codec::TelephoneEvent48k | Codec::ComfortNoise => impairment(Codec::Pcmu),
    }
}

fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { (part as f64 / whole as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(loss: f32, jitter_ms: u64, round_trip_ms: u64) -> Path {
        Path { loss, jitter: Duration::from_millis(jitter_ms), round_trip: Some(Duration::from_millis(round_trip_ms)) }
    }

    #[test]
    fn scores_match_the_known_points() {
        for (p, codec, want) in [
            (path(0.0, 0, 0), Codec::Pcmu, 4.4),
            (path(0.0, 1, 2), Codec::Pcma, 4.4),
            (path(0.0, 2, 40), Codec::G729, 4.1),
            (path(0.01, 5, 40), Codec::Pcmu, 4.3),
            (path(0.05, 5, 40), Codec::Pcmu, 3.9),
            (path(0.05, 5, 40), Codec::G729, 3.3),
            (path(0.20, 5, 40), Codec::Pcmu, 2.6),
            (path(0.0, 10, 600), Codec::Pcmu, 3.6),
            (path(1.0, 0, 0), Codec::Pcmu, 1.3),
        ] {
            let got = mos(&p, codec);
            assert!((got - want).abs() < 0.11, "{p:?} {codec:?}: {got}, expected about {want}");
        }
    }

    #[test]
    fn worse_never_scores_better() {
        for codec in [Codec::Pcmu, Codec::G722, Codec::Opus, Codec::G729] {
            for step in 0..20u16 {
                let (a, b) = (f32::from(step) / 20.0, f32::from(step + 1) / 20.0);
                assert!(mos(&path(b, 5, 50), codec) <= mos(&path(a, 5, 50), codec));
                let t = u64::from(step) * 50;
                assert!(mos(&path(0.0, 5, t + 50), codec) <= mos(&path(0.0, 5, t), codec));
            }
        }
    }

    #[test]
    fn odd_figures_stay_on_the_scale() {
        for loss in [f32::NAN, -1.0, 5.0, f32::INFINITY] {
            let got = mos(&path(loss, 100_000, 100_000), Codec::Opus);
            assert!((1.0..=4.5).contains(&got), "{got}");
        }
    }

    #[test]
    fn paths_are_read_from_the_totals() {
        let stats = StreamStats { received: 90, lost: 10, sent: 100, ..StreamStats::default() };
        assert_eq!(Path::received(&stats).loss, 0.1);
        assert_eq!(Path::received(&StreamStats::default()).loss, 0.0);
        assert_eq!(Path::sent(&stats), None);
        let heard = StreamStats { remote_lost: Some(5), remote_jitter_us: Some(3_000), ..stats };
        assert_eq!(Path::sent(&heard), Some(Path { loss: 0.05, jitter: Duration::from_millis(3), round_trip: None }));
    }
}
