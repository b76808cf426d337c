//! A recording in words, and its length as a drawing with the pauses in it.

use base::Duration;
use exchange::record::Party;
use store::RecordingInfo;

use crate::words::{self, State as Word, Zone};

/// Pauses drawn; a recording with more has them in words alone.
const PAUSES_DRAWN: usize = 100;

/// A recording as lists and pages show it.
pub(crate) struct RecordingView {
    pub recording: String,
    pub call: String,
    pub when: String,
    /// Whose sound: left, then right.
    pub left: String,
    pub left_number: String,
    pub right: String,
    pub right_number: String,
    pub state: Word,
    /// `3:12`; empty while it goes on.
    pub length: String,
    pub why: String,
    pub octets: String,
    /// Whether there is something to play.
    pub playable: bool,
    pub problem: Option<String>,
    pub deleted: Option<String>,
    pub pauses: Vec<PauseView>,
    pub dropped: u32,
}

/// A pause: in words, and where it lies in the whole.
pub(crate) struct PauseView {
    /// `0:10–0:20`
    pub words: String,
    /// Where it begins and how wide it is, in parts of 1,000 of the whole.
    pub x: u32,
    pub width: u32,
}

impl RecordingView {
    pub fn new(info: &RecordingInfo, zone: &Zone, when: String) -> Self {
        let split = |party: &Party| match party.name.is_empty() {
            true => (party.number.clone(), String::new()),
            false => (party.name.clone(), party.number.clone()),
        };
        let (left, left_number) = split(&info.left);
        let (right, right_number) = info.right.as_ref().map(split).unwrap_or_default();
        let end = info.ended.as_ref().map(|(_, end)| end);
        let state = match (end, &info.deleted) {
            (_, Some(_)) => Word { tone: "off", word: "Deleted" },
            (None, None) => Word { tone: "busy", word: "Recording" },
            (Some(end), None) if end.file.is_empty() => Word { tone: "bad", word: "No sound" },
            (Some(end), None) if end.problem.is_some() => Word { tone: "warn", word: "Incomplete" },
            (Some(_), None) => Word { tone: "ok", word: "Kept" },
        };
        RecordingView {
            recording: info.recording.to_string(),
            call: info.call.to_string(),
            when,
            left: if left.is_empty() { "unknown".to_owned() } else { left },
            left_number,
            right,
            right_number,
            state,
            length: end.map(|end| clock(end.duration_ms)).unwrap_or_default(),
            why: info.why.clone(),
            octets: end.filter(|end| end.octets > 0).map(|end| words::octets(end.octets)).unwrap_or_default(),
            playable: info.deleted.is_none() && end.is_some_and(|end| !end.file.is_empty()),
            problem: end.and_then(|end| end.problem.clone()),
            deleted: info.deleted.as_ref().map(|(at, by)| format!("{}, by {by}", zone.date_time(*at))),
            pauses: end.map(|end| pauses(&end.pauses, end.duration_ms)).unwrap_or_default(),
            dropped: end.map_or(0, |end| end.dropped),
        }
    }
}

fn clock(ms: u32) -> String {
    words::clock(Duration::from_millis(u64::from(ms)))
}

fn pauses(pauses: &[(u32, u32)], length: u32) -> Vec<PauseView> {
    let share = |ms: u32| u32::try_from(u64::from(ms.min(length)) * 1000 / u64::from(length.max(1))).unwrap_or(1000);
    let shown = pauses.iter().take(PAUSES_DRAWN);
    let view = |(from, to): &(u32, u32)| PauseView {
        // The end is rounded up, so that a short pause does not end where it begins.
        words: format!("{}–{}", clock(*from), clock(to.saturating_add(999))),
        x: share(*from),
        // A short pause in a long recording is still to be seen.
        width: share(*to).saturating_sub(share(*from)).max(3),
    };
    shown.map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_lie_within_the_whole() {
        let view = pauses(&[(10_000, 20_000), (59_999, 60_000), (90_000, 80_000)], 60_000);
        let drawn: Vec<_> = view.iter().map(|p| (p.words.as_str(), p.x, p.width)).collect();
        assert_eq!(drawn, [("0:10–0:20", 166, 167), ("0:59–1:00", 999, 3), ("1:30–1:20", 1000, 3)]);
        assert_eq!(pauses(&[(0, 5)], 0)[0].x, 0);
        assert_eq!(pauses(&vec![(1, 2); 5_000], 10).len(), PAUSES_DRAWN);
    }
}
