//! Voice or noise: the activity of one member.

use crate::level::SILENCE_DBOV;

/// What is known of a member's sound.
#[derive(Clone, Copy)]
pub(super) struct Voice {
    /// Smoothed level in dBov: at once up, slowly down.
    level: f32,
    /// Slow average of the level, to know a steady sound by.
    mean: f32,
    /// Frames in a row that were near that average.
    steady: u8,
    /// Level of the noise between words, in dBov.
    noise: f32,
    heard_in: u64,
    active_in: u64,
}

/// Noise is looked for in this range of dBov: less is no noise, more is never taken for it.
const NOISE_MIN: f32 = -65.0;
const NOISE_MAX: f32 = -38.0;
/// What is assumed of a member before its first pause.
const NOISE_FIRST: f32 = -50.0;
/// Voice begins so much above noise, dB.
const ABOVE_NOISE: f32 = 10.0;
/// And goes on so much above it: words end softer than they begin.
const ABOVE_NOISE_STILL: f32 = 5.0;
/// In dB a frame: 2 dB a second, for speech pauses at least every few seconds.
const NOISE_RISE: f32 = 0.04;
/// Half a second within [`STEADY_DB`] is no speech.
const STEADY_FRAMES: u8 = 25;
const STEADY_DB: f32 = 2.0;
/// dB a frame by which the smoothed level falls: 25 dB a second.
const LEVEL_FALL: f32 = 0.5;
/// Who spoke last keeps the floor for so many ticks: 300 ms.
const HOLD: u64 = 15;

impl Voice {
    pub(super) const fn new() -> Voice {
        Voice { level: SILENCE_DBOV, mean: NOISE_FIRST, steady: 0, noise: NOISE_FIRST, heard_in: 0, active_in: 0 }
    }

    /// Judges a frame of `dbov`: is it voice?
    pub(super) fn hear(&mut self, tick: u64, dbov: f32) -> bool {
        let missed = tick.saturating_sub(self.heard_in + 1).min(250) as f32;
        self.heard_in = tick;
        let fallen = (self.level - LEVEL_FALL * (missed + 1.0)).max(SILENCE_DBOV);
        self.level = if dbov > fallen { fallen + (dbov - fallen) * 0.5 } else { fallen };
        // The first syllable has nothing to be smoothed with.
        if fallen < dbov - 20.0 {
            self.level = dbov - 6.0;
        }

        let is_near = (dbov - self.mean).abs() < STEADY_DB;
        self.steady = if is_near { self.steady.saturating_add(1) } else { 0 };
        self.mean += (dbov - self.mean) * 0.1;
        let step = if dbov < self.noise {
            (dbov - self.noise) * 0.3
        } else if self.steady > STEADY_FRAMES {
            (dbov - self.noise) * 0.2
        } else {
            NOISE_RISE.min(dbov - self.noise)
        };
        self.noise = (self.noise + step).clamp(NOISE_MIN, NOISE_MAX);

        let above = if self.holds(tick) { ABOVE_NOISE_STILL } else { ABOVE_NOISE };
        let is_active = dbov > self.noise + above;
        if is_active {
            self.active_in = tick;
        }
        is_active
    }

    /// Spoke within the last 300 ms.
    pub(super) fn holds(&self, tick: u64) -> bool {
        self.active_in > 0 && tick.saturating_sub(self.active_in) <= HOLD
    }

    /// The smoothed level in dBov.
    pub(super) fn level(&self) -> f32 {
        self.level
    }

    /// The smoothed level as it would be if nothing came since.
    pub(super) fn level_at(&self, tick: u64) -> f32 {
        self.level - LEVEL_FALL * tick.saturating_sub(self.heard_in).min(250) as f32
    }
}
