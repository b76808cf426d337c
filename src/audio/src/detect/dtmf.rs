//! Keys as pairs of tones (ITU-T Q.23, Q.24).
//!
//! Sound is taken in hops of 5 ms and judged over the last few of them. The turn of each filter's phase from hop to
//! hop tells a tone's frequency far more closely than its level could.

use std::f32::consts::TAU;

use super::bank::{Bank, HZ, mean_square, power};
use crate::tone::{DTMF_COLUMNS, DTMF_KEYS, DTMF_ROWS};

/// Samples of a hop.
const HOP: usize = 40;
/// Milliseconds of a hop.
const HOP_MS: u32 = 5;
/// Hops that are judged together: levels by the last four, 20 ms, frequencies by all five.
const HOPS: usize = 5;
const WINDOW: usize = HOP * (HOPS - 1);

/// Each tone is at least so loud. Q.24 table 1 leaves it to the country, −24 to −29 dBm0; quieter lines exist.
const LEVEL_MIN_DBM0: f64 = -39.5;
/// Nothing in a hop this quiet is looked at.
const SILENCE_DBM0: f64 = -48.0;
/// How much the high tone may be above the low one, and the low one above the high: Q.24 asks for 4 dB and 8 dB, 1.5 dB
/// is left for filters on the way.
const HIGH_ABOVE_LOW: f32 = 3.55;
const LOW_ABOVE_HIGH: f32 = 8.91;
/// Q.24: ±1.5 % is a key, ±3.5 % is none.
const OFF_KEY: f32 = 0.025;
/// The two tones make up so much of all that is heard. Also bounds how much of the window they must fill: 17 of 20 ms.
const SHARE_MIN: f32 = 0.86;
/// The same before the level is corrected for the frequency: below it there is nothing to correct.
const SHARE_RAW_MIN: f32 = 0.33;
/// Speech has overtones, keys have not: parts of the tones' power that may be found at twice the frequency. That of
/// the low tone falls close to the high group, whose tones leak into it.
const OVERTONE_LOW: f32 = 0.1;
const OVERTONE_HIGH: f32 = 0.04;

/// Judgements that make a key: with the window, tones of 40 ms always do and those of 23 ms never.
const HITS: u32 = 4;
/// Judgements that end it: gaps of 40 ms always do, those of 15 ms are bridged.
const MISSES: u32 = 6;
/// What the span between the first and the last hit is short of the tone: 17 ms are heard before the first hit, and
/// the last is 3 ms after the end.
const SPAN_MS: u32 = 14;

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfEvent {
    /// `0`–`9`, `*`, `#`, `A`–`D`.
    pub digit: char,
    /// How long it sounded, to within 10 ms.
    pub duration_ms: u32,
}

/// Listens for keys.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    bank: Bank<8>,
    /// e^(−jωN) of each filter: what brings a hop to the phase of the one before.
    back: [Complex; 8],
    level_min: f32,
    silence: f32,
    /// The last four hops, oldest first: samples and mean squares.
    samples: [i16; WINDOW],
    powers: [f32; HOPS - 1],
    /// What the filters gave for the last five.
    hops: [[Complex; 8]; HOPS],
    /// Samples of the hop that is being collected, at the end of `samples`.
    filled: usize,
    /// Hops heard.
    now: u32,
    candidate: Option<Candidate>,
    sounding: Option<Sounding>,
}

type Complex = (f32, f32);

#[derive(Clone, Copy, Debug)]
struct Candidate {
    digit: char,
    since: u32,
    hits: u32,
}

#[derive(Clone, Copy, Debug)]
struct Sounding {
    digit: char,
    since: u32,
    until: u32,
    misses: u32,
}

impl Default for DtmfDetector {
    fn default() -> DtmfDetector {
        DtmfDetector::new()
    }
}

impl DtmfDetector {
    /// A detector as after silence.
    pub fn new() -> DtmfDetector {
        let hz: [f32; 8] = std::array::from_fn(frequency);
        let back = hz.map(|hz| {
            let (sin, cos) = (TAU * hz / HZ * HOP as f32).sin_cos();
            (cos, -sin)
        });
        DtmfDetector {
            bank: Bank::new(hz),
            back,
            level_min: mean_square(LEVEL_MIN_DBM0),
            silence: mean_square(SILENCE_DBM0),
            samples: [0; WINDOW],
            hops: [[(0.0, 0.0); 8]; HOPS],
            powers: [0.0; HOPS - 1],
            filled: 0,
            now: 0,
            candidate: None,
            sounding: None,
        }
    }

    /// Hears samples at 8 kHz. A key is told at its end; in pieces of up to 20 ms there is never more than one, of
    /// longer pieces the last one is told.
    pub fn push(&mut self, mut piece: &[i16]) -> Option<DtmfEvent> {
        let mut event = None;
        while !piece.is_empty() {
            let (part, rest) = piece.split_at(piece.len().min(HOP - self.filled));
            let start = WINDOW - HOP + self.filled;
            self.samples[start..start + part.len()].copy_from_slice(part);
            self.filled += part.len();
            piece = rest;
            if self.filled == HOP {
                self.filled = 0;
                event = self.hop().or(event);
                self.samples.copy_within(HOP.., 0);
            }
        }
        event
    }

    /// The key that sounds just now.
    pub fn current(&self) -> Option<char> {
        self.sounding.map(|sounding| sounding.digit)
    }

    /// Forgets all, also a key that sounds.
    pub fn reset(&mut self) {
        *self = DtmfDetector::new();
    }

    fn hop(&mut self) -> Option<DtmfEvent> {
        let hop = &self.samples[WINDOW - HOP..];
        self.hops.copy_within(1.., 0);
        self.powers.copy_within(1.., 0);
        let power = power(hop);
        self.powers[HOPS - 2] = power;
        self.hops[HOPS - 1] = if power < self.silence { [(0.0, 0.0); 8] } else { self.filters(hop) };
        self.now = self.now.wrapping_add(1);
        let heard = self.judge();
        self.step(heard)
    }

    fn filters(&self, hop: &[i16]) -> [Complex; 8] {
        let [last, before] = self.bank.run(hop);
        // s₁ − e^(−jω) s₀; 2 cos ω is at hand, and sin ω ≥ 0 below half the rate.
        std::array::from_fn(|k| {
            let cos = self.bank.turn(k) / 2.0;
            let sin = (1.0 - cos * cos).max(0.0).sqrt();
            (last[k] - cos * before[k], sin * before[k])
        })
    }

    /// The key in the last 20 ms, if there is one.
    fn judge(&self) -> Option<char> {
        let total = self.powers.iter().sum::<f32>() / self.powers.len() as f32;
        if total < self.level_min {
            return None;
        }
        let row = self.strongest(0..4);
        let column = self.strongest(4..8);
        if row.power + column.power < SHARE_RAW_MIN * total {
            return None;
        }
        let (low, high) = (self.corrected(&row)?, self.corrected(&column)?);
        let sum = low + high;
        let loud = low >= self.level_min && high >= self.level_min;
        let even = high <= low * HIGH_ABOVE_LOW && low <= high * LOW_ABOVE_HIGH;
        if !loud || !even || sum < SHARE_MIN * total {
            return None;
        }
        let overtones = Bank::new([2.0 * frequency(row.index), 2.0 * frequency(column.index)]).powers(&self.samples);
        let pure = overtones[0] <= OVERTONE_LOW * sum && overtones[1] <= OVERTONE_HIGH * sum;
        pure.then(|| DTMF_KEYS[row.index][column.index - 4])
    }

    /// The strongest filter of a group over the whole window.
    fn strongest(&self, group: std::ops::Range<usize>) -> Strongest {
        let mut strongest = Strongest { index: group.start, aligned: [(0.0, 0.0); HOPS], power: -1.0 };
        for index in group {
            let aligned = self.aligned(index);
            let (re, im) = aligned[1..].iter().fold((0.0, 0.0), |sum, hop| plus(sum, *hop));
            let power = 2.0 * (re * re + im * im) / (WINDOW * WINDOW) as f32;
            if power > strongest.power {
                strongest = Strongest { index, aligned, power };
            }
        }
        strongest
    }

    /// The hops of one filter, turned back to a common phase.
    fn aligned(&self, index: usize) -> [Complex; HOPS] {
        let mut turn = (1.0, 0.0);
        std::array::from_fn(|hop| {
            let aligned = times(self.hops[hop][index], turn);
            turn = times(turn, self.back[index]);
            aligned
        })
    }

    /// Power of the tone that a filter hears, corrected for its distance from the filter; none where it is off key.
    fn corrected(&self, strongest: &Strongest) -> Option<f32> {
        // Four hops weighted 1, 3, 3, 1 keep the other group's tone out; how their phase turned in one hop is the
        // distance in frequency, without ambiguity to ±100 Hz.
        let at = strongest.aligned;
        let weighted = |k: usize| {
            let (edge, middle) = (plus(at[k], at[k + 3]), plus(at[k + 1], at[k + 2]));
            (edge.0 + 3.0 * middle.0, edge.1 + 3.0 * middle.1)
        };
        let (early, late) = (weighted(0), weighted(1));
        let turned = times(late, (early.0, -early.1));
        let off_hz = turned.1.atan2(turned.0) / TAU * (HZ / HOP as f32);
        if off_hz.abs() > OFF_KEY * frequency(strongest.index) {
            return None;
        }
        let x = TAU / 2.0 * off_hz * (WINDOW as f32 / HZ);
        let loss = if x.abs() < 1e-3 { 1.0 } else { x.sin() / x };
        Some(strongest.power / (loss * loss))
    }

    fn step(&mut self, heard: Option<char>) -> Option<DtmfEvent> {
        self.candidate = heard.map(|digit| match self.candidate {
            Some(candidate) if candidate.digit == digit => Candidate { hits: candidate.hits + 1, ..candidate },
            _ => Candidate { digit, since: self.now, hits: 1 },
        });
        let settled = self.candidate.filter(|candidate| candidate.hits >= HITS);
        match (self.sounding, settled) {
            (None, None) => None,
            (None, Some(candidate)) => {
                self.sounding = Some(candidate.begin(self.now));
                None
            }
            (Some(sounding), Some(candidate)) if candidate.digit != sounding.digit => {
                self.sounding = Some(candidate.begin(self.now));
                Some(sounding.event())
            }
            (Some(sounding), _) if heard == Some(sounding.digit) => {
                self.sounding = Some(Sounding { until: self.now, misses: 0, ..sounding });
                None
            }
            (Some(sounding), _) if sounding.misses + 1 < MISSES => {
                self.sounding = Some(Sounding { misses: sounding.misses + 1, ..sounding });
                None
            }
            (Some(sounding), _) => {
                self.sounding = None;
                Some(sounding.event())
            }
        }
    }
}

struct Strongest {
    index: usize,
    aligned: [Complex; HOPS],
    power: f32,
}

impl Candidate {
    fn begin(self, now: u32) -> Sounding {
        Sounding { digit: self.digit, since: self.since, until: now, misses: 0 }
    }
}

impl Sounding {
    fn event(self) -> DtmfEvent {
        let hops = self.until.wrapping_sub(self.since);
        DtmfEvent { digit: self.digit, duration_ms: hops.saturating_mul(HOP_MS).saturating_add(SPAN_MS) }
    }
}

/// Hz of a filter: the rows, then the columns.
fn frequency(index: usize) -> f32 {
    f32::from(if index < 4 { DTMF_ROWS[index] } else { DTMF_COLUMNS[index - 4] })
}

fn plus(a: Complex, b: Complex) -> Complex {
    (a.0 + b.0, a.1 + b.1)
}

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}
