//! Comfort noise: what a line sounds like when nobody speaks.

use super::predict::{Filter, Shape};

/// Loudest noise that a peer may ask for, in dB below overload: louder is no comfort.
const LEVEL_LOUDEST: u8 = 30;
/// Reflection coefficients heeded; RFC 3389 §3 lets the decoder reduce the order.
const ORDER: usize = 12;
/// How fast the level follows, per sample: half the way in some 350 samples.
const GLIDE: f32 = 0.002;

/// A source of noise of a given level and shape; glides from one level to the next.
#[derive(Clone, Debug)]
pub struct ComfortNoise {
    shape: Shape,
    filter: Filter,
    /// Root mean square aimed at, and where the glide is.
    rms: f32,
    now: f32,
    random: Noise,
}

impl ComfortNoise {
    /// Silent until told a level.
    pub const fn new() -> ComfortNoise {
        ComfortNoise { shape: Shape::FLAT, filter: Filter::new(), rms: 0.0, now: 0.0, random: Noise::new() }
    }

    /// Takes level and spectrum of a comfort noise packet (RFC 3389 §3) for noise at 8 kHz. An empty payload changes
    /// nothing; levels above -30 dBov are taken as that.
    pub fn describe(&mut self, payload: &[u8]) {
        let Some((&level, spectrum)) = payload.split_first() else { return };
        // RFC 3389 §3.1: the level is in -dBov, the top bit unused.
        self.rms = rms((level & 0x7F).max(LEVEL_LOUDEST));
        // RFC 3389 §3.2: k = 258·(N - 127) / 32768; 255 is reserved and taken as none.
        let reflections = spectrum.iter().take(ORDER).take_while(|&&n| n != 255);
        self.shape = Shape::reflected(reflections.map(|&n| 258.0 * (f32::from(n) - 127.0) / 32_768.0));
    }

    /// Takes level and shape of a measured background; the glide starts afresh where the noise was silent.
    pub(super) fn measured(&mut self, rms: f32, shape: Shape) {
        self.rms = rms;
        self.shape = shape;
    }

    /// The next samples.
    pub fn fill(&mut self, out: &mut [i16]) {
        for sample in out {
            *sample = self.next() as i16;
        }
    }

    pub(super) fn next(&mut self) -> f32 {
        self.now += (self.rms - self.now) * GLIDE;
        // The filter runs at unit level, so that a change of level does not ring.
        let y = self.filter.step(&self.shape, self.random.next());
        y * self.now / self.shape.gain.sqrt()
    }

    /// From silence to the full level at once: the caller fades it in.
    pub(super) fn settle(&mut self) {
        self.now = self.rms;
    }
}

impl Default for ComfortNoise {
    fn default() -> Self {
        ComfortNoise::new()
    }
}

/// Root mean square of noise `level` dB below overload (the square wave at full scale).
fn rms(level: u8) -> f32 {
    32_768.0 * 10_f32.powf(-f32::from(level) / 20.0)
}

/// White noise of power 1, the same in every run.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    state: u32,
}

impl Noise {
    pub(super) const fn new() -> Noise {
        Noise { state: 0x2545_F491 }
    }

    pub(super) fn next(&mut self) -> f32 {
        // Two uniform numbers make a triangle, near enough to a bell for an ear. The sum of two from ±1 has a
        // variance of 2/3.
        const SCALE: f32 = 1.224_744_9 / 2_147_483_648.0; // √(3/2)
        (self.uniform() + self.uniform()) * SCALE
    }

    fn uniform(&mut self) -> f32 {
        // xorshift32 (Marsaglia 2003).
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state as i32 as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(payload: &[u8]) -> f32 {
        let mut noise = ComfortNoise::new();
        noise.describe(payload);
        let mut out = [0_i16; 8_000];
        noise.fill(&mut out);
        noise.fill(&mut out);
        let power = out.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / 8_000.0;
        (20.0 * (power.sqrt() / 32_768.0).log10()) as f32
    }

    #[test]
    fn the_level_of_a_packet_is_the_level_heard_whatever_its_shape() {
        for payload in [&[40][..], &[55], &[40, 200, 100], &[60, 240, 127, 90]] {
            let level = level_of(payload);
            assert!((level + f32::from(payload[0])).abs() < 1.5, "{payload:?} {level}");
        }
    }

    #[test]
    fn no_packet_is_loud_and_none_upsets() {
        assert!((level_of(&[0]) + 30.0).abs() < 1.5);
        assert!((level_of(&[0x80 | 50]) + 50.0).abs() < 1.5, "the top bit is unused");
        let mut noise = ComfortNoise::new();
        let mut out = [1; 160];
        noise.describe(&[]);
        noise.fill(&mut out);
        assert_eq!(out, [0; 160]);
        noise.describe(&[35; 1_400]);
        noise.describe(&[35, 254, 0, 254, 0, 255]);
        noise.fill(&mut out);
    }
}
