//! Music on hold, computed: soft chords, a plucked broken chord above, now and then a few notes of a tune. It
//! goes round without a seam, for what rings on at the end is laid over the beginning.

use std::f64::consts::PI;

use crate::shape::{RATE, from_db};

/// Seconds a bar of four beats lasts, and how many there are: 80 s.
const BAR: f64 = 10.0 / 3.0;
const BARS: usize = 24;

/// The root mean square of the whole, in dBov.
const LEVEL_DBOV: f64 = -25.0;

/// Nothing above passes a telephone's band.
const BAND: f64 = 3400.0;

/// Eight bars in F: notes of each chord by their MIDI numbers, the bass first.
const CHORDS: [[u8; 5]; 8] = [
    [41, 53, 57, 60, 64], // F maj7
    [38, 53, 57, 60, 62], // D m7
    [46, 53, 58, 62, 65], // B flat
    [36, 52, 58, 60, 67], // C 7
    [45, 52, 57, 60, 67], // A m7
    [38, 53, 57, 60, 65], // D m7
    [43, 53, 58, 62, 65], // G m7
    [36, 52, 55, 58, 64], // C 7
];

/// Which of the chord's upper notes each eighth of a bar plucks; the third round has its own pattern.
const PATTERNS: [[usize; 8]; 3] = [[1, 3, 2, 4, 3, 2, 4, 3], [1, 2, 3, 4, 3, 4, 2, 3], [4, 3, 2, 1, 2, 3, 4, 3]];

/// A tune for the second round: bar, eighth, note, eighths it lasts.
const TUNE: [(usize, usize, u8, f64); 14] = [
    (8, 0, 72, 3.0),
    (8, 4, 69, 4.0),
    (9, 2, 74, 4.0),
    (10, 0, 77, 3.0),
    (10, 4, 74, 4.0),
    (11, 2, 72, 5.0),
    (12, 0, 69, 3.0),
    (12, 4, 67, 4.0),
    (13, 2, 69, 4.0),
    (14, 0, 70, 3.0),
    (14, 4, 74, 4.0),
    (15, 0, 72, 6.0),
    (19, 2, 67, 5.0),
    (23, 0, 64, 6.0),
];

/// One round of the music at [`RATE`].
pub fn compose() -> Vec<i16> {
    let mut ring = vec![0.0; (BAR * BARS as f64 * RATE as f64) as usize];
    for bar in 0..BARS {
        let chord = CHORDS[bar % CHORDS.len()];
        let start = bar as f64 * BAR;
        for (voice, note) in chord.into_iter().enumerate() {
            pad(&mut ring, start, note, if voice == 0 { 0.55 } else { 0.28 });
        }
        for (eighth, voice) in PATTERNS[bar / CHORDS.len()].into_iter().enumerate() {
            // The first of a group is a little stronger; nobody plays like a clock.
            let strength = if eighth % 4 == 0 { 0.5 } else { 0.36 };
            pluck(&mut ring, start + eighth as f64 * BAR / 8.0, chord[voice] + 12, strength, 0.9);
        }
    }
    for (bar, eighth, note, lasts) in TUNE {
        let start = bar as f64 * BAR + eighth as f64 * BAR / 8.0;
        pluck(&mut ring, start, note, 0.75, lasts * BAR / 8.0);
    }
    let ring = echo(&ring);
    let power = ring.iter().map(|s| s * s).sum::<f64>() / ring.len() as f64;
    let gain = from_db(LEVEL_DBOV) / power.sqrt();
    ring.iter().map(|s| (s * gain).round() as i16).collect()
}

/// A chord's note that swells and fades over a bar and a bit, with two faint overtones.
fn pad(ring: &mut [f64], start: f64, note: u8, strength: f64) {
    let lasts = BAR * 1.25;
    for (overtone, part) in [(1.0, 1.0), (2.0, 0.35), (3.0, 0.12)] {
        let frequency = pitch(note) * overtone;
        add(ring, start, lasts, |t| {
            let swell = (PI * t / lasts).sin().powi(2);
            strength * part * swell * (2.0 * PI * frequency * t).sin()
        });
    }
}

/// A string that is struck and dies away, its overtones first. It is damped after `lasts` seconds.
fn pluck(ring: &mut [f64], start: f64, note: u8, strength: f64, lasts: f64) {
    let sounds = lasts + 0.6;
    for overtone in 1..=6 {
        let order = f64::from(overtone);
        // A stiff string's overtones lie a little high.
        let frequency = pitch(note) * order * (1.0 + 0.0004 * order * order).sqrt();
        if frequency > BAND {
            break;
        }
        let decay = 1.6 + 0.9 * order;
        add(ring, start, sounds, |t| {
            let struck = (t / 0.006).min(1.0);
            let damped = ((sounds - t) / 0.6).clamp(0.0, 1.0);
            strength / order.powf(1.6) * struck * damped * (-decay * t).exp() * (2.0 * PI * frequency * t).sin()
        });
    }
}

/// Two soft repeats, as of a room.
fn echo(ring: &[f64]) -> Vec<f64> {
    let length = ring.len();
    let behind = |at: usize, seconds: f64| ring[(at + length - (seconds * RATE as f64) as usize) % length];
    (0..length).map(|at| ring[at] + 0.22 * behind(at, 0.147) + 0.14 * behind(at, 0.311)).collect()
}

/// Adds a voice; what goes over the end comes in at the beginning.
fn add(ring: &mut [f64], start: f64, lasts: f64, voice: impl Fn(f64) -> f64) {
    let from = (start * RATE as f64) as usize;
    let length = ring.len();
    for n in 0..(lasts * RATE as f64) as usize {
        ring[(from + n) % length] += voice(n as f64 / RATE as f64);
    }
}

/// Hertz of a MIDI number; 69 is the A of 440 Hz.
fn pitch(note: u8) -> f64 {
    440.0 * 2f64.powf((f64::from(note) - 69.0) / 12.0)
}
