//! What a second's octets mean, and on which scale they are drawn.

use media::control::Second;

/// A scale: drawn from its bottom to the first of `tops` that is not below the highest value.
pub(crate) struct Scale {
    pub bottom: f32,
    pub tops: &'static [f32],
    /// A line for the eye at this value.
    pub guide: Option<f32>,
    /// A value in words.
    pub word: fn(f32) -> String,
}

/// Mean opinion score, 1 to 4.5. ITU-T G.107 annex B: from 3.6 on most users are satisfied.
pub(crate) const MOS: Scale = Scale { bottom: 1.0, tops: &[4.5], guide: Some(3.6), word: |v| format!("{v:.1}") };
/// Percent. From 3 in 100 on words go missing.
pub(crate) const LOST: Scale = Scale {
    bottom: 0.0,
    tops: &[5.0, 10.0, 25.0, 50.0, 100.0],
    guide: None,
    word: |v| if v < 1.0 { format!("{v:.1} %") } else { format!("{v:.0} %") },
};
/// Milliseconds.
pub(crate) const JITTER_MS: Scale =
    Scale { bottom: 0.0, tops: &[20.0, 50.0, 100.0, 255.0], guide: None, word: |v| format!("{v:.0} ms") };
/// Milliseconds.
pub(crate) const WAIT_MS: Scale =
    Scale { bottom: 0.0, tops: &[100.0, 250.0, 500.0, 1_020.0], guide: None, word: |v| format!("{v:.0} ms") };
/// Decibels below full scale, drawn upwards from silence.
pub(crate) const LEVEL: Scale = Scale { bottom: -60.0, tops: &[0.0], guide: None, word: minus };

fn minus(db: f32) -> String {
    format!("max −{:.0} dB", -db)
}

/// The score of what was received; `None` where nothing was.
pub(crate) fn mos(second: &Second) -> Option<f32> {
    (second.mos > 0).then(|| f32::from(second.mos) / 50.0)
}

/// The level in decibels, negative; `None` where it is not known.
pub(crate) fn level(second: &Second) -> Option<f32> {
    (second.level <= 127).then(|| -f32::from(second.level))
}

/// Percent lost of what should have come; `None` where nothing should have.
pub(crate) fn lost(lost: u8, came: u8) -> Option<f32> {
    let (lost, all) = (f32::from(lost), f32::from(lost) + f32::from(came));
    (all > 0.0).then(|| lost * 100.0 / all)
}
