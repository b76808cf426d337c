//! How a call sounded, in both directions of each leg: figures, an estimated score, and plain words.

use exchange::record::LegSummary;
use media::control::{Codec, StreamStats};
use media::quality::{Path, mos};

use crate::words::State;

/// A score with its word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Score {
    pub state: State,
    /// Mean opinion score, 1 to 4.5.
    pub mos: String,
    value: f32,
}

impl Score {
    fn new(path: &Path, codec: Codec) -> Self {
        let value = mos(path, codec);
        // ITU-T G.107 annex B: from R = 80 (4.0) on users are satisfied, below 70 (3.6) some are not, below 60 (3.1) many.
        let (tone, word) = match value {
            v if v >= 4.0 => ("ok", "Good"),
            v if v >= 3.6 => ("warn", "Fair"),
            v if v >= 3.1 => ("warn", "Poor"),
            _ => ("bad", "Bad"),
        };
        Score { state: State { tone, word }, mos: format!("{value:.1}"), value }
    }
}

/// One direction of a leg's audio.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DirectionView {
    pub title: String,
    pub score: Option<Score>,
    /// Name and value of each figure.
    pub figures: Vec<(&'static str, String)>,
    /// What the figures mean, if there is something to say.
    pub remarks: Vec<String>,
}

/// A leg's audio is judged only if this many packets came: a second of speech.
const PACKETS_MIN: u64 = 50;

/// Both directions: from the device to the box, then back.
pub(super) fn directions(leg: &LegSummary, name: &str) -> Option<[DirectionView; 2]> {
    let stats = leg.audio.as_ref()?;
    let codec = leg.codec.unwrap_or(Codec::Pcmu);
    Some([received(stats, codec, name), sent(stats, codec, name)])
}

/// The worst score of all directions of all legs.
pub(super) fn worst(legs: &[LegSummary]) -> Option<Score> {
    let scores = legs.iter().filter_map(|leg| Some((leg.audio.as_ref()?, leg.codec.unwrap_or(Codec::Pcmu))));
    let scores = scores.flat_map(|(stats, codec)| {
        let received = (stats.received >= PACKETS_MIN).then(|| Score::new(&Path::received(stats), codec));
        let sent = (stats.sent >= PACKETS_MIN).then(|| Path::sent(stats)).flatten();
        [received, sent.map(|path| Score::new(&path, codec))]
    });
    scores.flatten().min_by(|a, b| a.value.total_cmp(&b.value))
}

fn received(stats: &StreamStats, codec: Codec, name: &str) -> DirectionView {
    let expected = stats.received + stats.lost;
    let mut remarks = Vec::new();
    if stats.received == 0 {
        remarks.push("The device sent no audio: look at its network, firewall or NAT.".to_owned());
    }
    if stats.lost * 100 > expected * 3 {
        remarks.push("More than 3 in 100 packets were lost on the way here: words go missing.".to_owned());
    }
    if stats.jitter_max_us > 50_000 {
        remarks.push("Packets came very unevenly: Wi-Fi or a busy line is the usual reason.".to_owned());
    }
    if stats.gap_max_ms > 1_000 && stats.received > 0 {
        let seconds = stats.gap_max_ms / 1000;
        remarks.push(format!("Nothing came for {seconds} s once: hold, silence suppression, or a broken line."));
    }
    if stats.strangers > 0 {
        remarks.push(format!("{} packets of strangers were thrown away.", stats.strangers));
    }
    DirectionView {
        title: format!("From {name} to the box"),
        score: (stats.received >= PACKETS_MIN).then(|| Score::new(&Path::received(stats), codec)),
        figures: vec![
            ("Packets", stats.received.to_string()),
            ("Lost", share(stats.lost, expected)),
            ("Jitter", format!("{} (at most {})", ms(stats.jitter_us), ms(stats.jitter_max_us))),
            ("Longest gap", format!("{} ms", stats.gap_max_ms)),
            ("Out of order", stats.reordered.to_string()),
            ("From address", stats.peer.map_or_else(|| "–".to_owned(), |peer| peer.to_string())),
        ],
        remarks,
    }
}

fn sent(stats: &StreamStats, codec: Codec, name: &str) -> DirectionView {
    let path = Path::sent(stats);
    let mut remarks = Vec::new();
    match &path {
        None if stats.sent > 0 => remarks.push("The device sent no reports, so what it heard is not known.".to_owned()),
        Some(path) if path.loss > 0.03 => {
            remarks.push("More than 3 in 100 packets were lost on the way to the device.".to_owned());
        }
        _ => {}
    }
    let unknown = || "not reported".to_owned();
    let trip = |us: Option<u32>| us.map(ms);
    let round_trip = match (trip(stats.round_trip_us), trip(stats.round_trip_max_us)) {
        (Some(now), Some(most)) => format!("{now} (at most {most})"),
        (Some(now), None) => now,
        _ => unknown(),
    };
    DirectionView {
        title: format!("From the box to {name}"),
        score: path.filter(|_| stats.sent >= PACKETS_MIN).map(|path| Score::new(&path, codec)),
        figures: vec![
            ("Packets", stats.sent.to_string()),
            ("Lost", stats.remote_lost.map_or_else(unknown, |lost| share(u64::from(lost), stats.sent))),
            ("Jitter", stats.remote_jitter_us.map_or_else(unknown, ms)),
            ("Round trip", round_trip),
        ],
        remarks,
    }
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    #[allow(clippy::cast_precision_loss)] // a percentage with one decimal
    let percent = part as f64 * 100.0 / whole as f64;
    format!("{part} ({percent:.1} %)")
}

fn ms(us: u32) -> String {
    format!("{}.{} ms", us / 1000, us / 100 % 10)
}

/// The codec's name as people know it.
pub(crate) fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Pcmu => "G.711 µ-law",
        Codec::Pcma => "G.711 A-law",
        Codec::G722 => "G.722 (wide band)",
        Codec::Opus => "Opus",
        Codec::G729 => "G.729",
        Codec::TelephoneEvent | Codec::TelephoneEvent48k => "telephone events",
        Codec::ComfortNoise => "comfort noise",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_without_reports_are_said_to_be_unknown() {
        let stats = StreamStats { received: 100, lost: 25, sent: 100, ..StreamStats::default() };
        let view = sent(&stats, Codec::Pcmu, "Ada");
        assert_eq!(view.score, None);
        assert!(view.remarks[0].contains("no reports"));
        let view = received(&stats, Codec::Pcmu, "Ada");
        assert_eq!(view.figures[1], ("Lost", "25 (20.0 %)".to_owned()));
        assert_eq!(view.score.unwrap().state.word, "Bad");
    }

    #[test]
    fn a_leg_without_audio_divides_by_nothing() {
        let view = received(&StreamStats::default(), Codec::Opus, "Ada");
        assert_eq!((view.score, view.figures[1].1.as_str()), (None, "–"));
    }
}
