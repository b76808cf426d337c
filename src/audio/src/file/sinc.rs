//! From any rate to any other, offline: a sinc low-pass under a Kaiser window.
//!
//! About 80 dB of stop band; the pass band reaches to 0.84 of the lower rate's half. For live sound there is
//! [`crate::resample`], which knows three rates only and is far cheaper.

/// Zero crossings of the sinc on each side of its middle.
const CROSSINGS: f64 = 32.0;
/// Where the low-pass has fallen by half, of the lower rate's half: the transition ends at about 1.
const CUTOFF: f64 = 0.92;
/// Kaiser's β for 80 dB: 0.1102 (80 − 8.7).
const BETA: f64 = 7.86;
/// Steps of the table from the middle of the kernel to its end; read with linear interpolation.
const STEPS: usize = 16_384;

/// One conversion, fed block by block.
pub(super) struct Sinc {
    from: u64,
    to: u64,
    /// The right half of the kernel, [`STEPS`] + 2 entries.
    kernel: Vec<f32>,
    /// Half the kernel's length in input samples.
    half: usize,
    /// Input samples still needed; the first has the index `first`.
    input: Vec<f32>,
    /// Index of `input[0]`, counted so that the first real sample is `half`: before it lies silence.
    first: u64,
    /// Real samples taken so far.
    taken: u64,
    /// Output samples made so far.
    made: u64,
}

impl Sinc {
    /// From `from` Hz to `to` Hz, both above 0.
    pub(super) fn new(from: u32, to: u32) -> Sinc {
        let shrink = (f64::from(to) / f64::from(from)).min(1.0);
        let half = (CROSSINGS / shrink).ceil();
        let cutoff = CUTOFF * shrink;
        let kernel = (0..STEPS + 2)
            .map(|step| {
                let t = step as f64 / STEPS as f64;
                let x = std::f64::consts::PI * cutoff * t * half;
                let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
                (cutoff * sinc * bessel_i0(BETA * (1.0 - t * t).max(0.0).sqrt()) / bessel_i0(BETA)) as f32
            })
            .collect();
        let half = half as usize;
        Sinc { from: from.into(), to: to.into(), kernel, half, input: vec![0.0; half], first: 0, taken: 0, made: 0 }
    }

    /// Takes `block`; gives what can be told by now.
    pub(super) fn push(&mut self, block: &[f32], give: impl FnMut(f32)) {
        self.input.extend_from_slice(block);
        self.taken += block.len() as u64;
        self.make(give);
    }

    /// The end: gives the rest. In all as many samples came out as last as long as those that went in.
    pub(super) fn finish(&mut self, give: impl FnMut(f32)) {
        self.input.extend(std::iter::repeat_n(0.0, self.half + 1));
        self.make(give);
    }

    fn make(&mut self, mut give: impl FnMut(f32)) {
        let end = (self.taken * self.to).div_ceil(self.from);
        while self.made < end {
            let at = self.made * self.from;
            // Output `made` lies between the inputs `left` and `left` + 1, `part` of the way.
            let (left, part) = (at / self.to, (at % self.to) as f32 / self.to as f32);
            let begin = (left + 1 - self.first) as usize;
            let Some(window) = self.input.get(begin..begin + 2 * self.half) else { break };
            give(self.convolve(window, part));
            self.made += 1;
        }
        let needed = (self.made * self.from / self.to + 1).saturating_sub(self.first) as usize;
        // Moved in big steps only, or the moving would cost more than the sums.
        if needed > 4 * self.half {
            let gone = needed.min(self.input.len());
            self.input.drain(..gone);
            self.first += gone as u64;
        }
    }

    /// The window's middle lies `part` of a sample to the right of its sample `half` − 1.
    fn convolve(&self, window: &[f32], part: f32) -> f32 {
        let step = STEPS as f32 / self.half as f32;
        let (left, right) = window.split_at(self.half);
        let side = |samples: &mut dyn Iterator<Item = &f32>, mut distance: f32| {
            let mut sum = 0.0;
            for sample in samples {
                let at = distance * step;
                let index = at as usize;
                if let [a, b] = self.kernel.get(index..index + 2).unwrap_or(&[0.0, 0.0]) {
                    sum += sample * (a + (b - a) * (at - index as f32));
                }
                distance += 1.0;
            }
            sum
        };
        side(&mut left.iter().rev(), part) + side(&mut right.iter(), 1.0 - part)
    }
}

/// The modified Bessel function of the first kind, order 0 (its power series; x is below 10 here).
fn bessel_i0(x: f64) -> f64 {
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-12 {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone of `hz` for half a second at `from`, converted to `to` in blocks of a prime length.
    fn converted(from: u32, to: u32, hz: f64) -> Vec<f32> {
        let tone: Vec<f32> = (0..from / 2)
            .map(|n| (f64::from(n) * hz / f64::from(from) * std::f64::consts::TAU).sin() as f32 * 0.5)
            .collect();
        let (mut sinc, mut out) = (Sinc::new(from, to), Vec::new());
        for block in tone.chunks(997) {
            sinc.push(block, |s| out.push(s));
        }
        sinc.finish(|s| out.push(s));
        out
    }

    const RATES: [u32; 9] = [4_000, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];

    #[test]
    fn a_tone_stays_where_it_was_and_as_loud() {
        for from in RATES {
            let to = if from > 8_000 { 16_000 } else { 8_000 };
            let out = converted(from, to, 1_000.0);
            assert_eq!(out.len(), to as usize / 2, "from {from}");
            // Compared with the ideal tone sample by sample, away from the ends where the sound breaks off.
            let margin = to as usize / 20;
            for (n, sample) in out.iter().enumerate().skip(margin).take(out.len() - 2 * margin) {
                let ideal = (n as f64 * 1_000.0 / f64::from(to) * std::f64::consts::TAU).sin() as f32 * 0.5;
                assert!((sample - ideal).abs() < 5e-4, "from {from}, sample {n}: {sample} for {ideal}");
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_silent() {
        for from in [22_050, 44_100, 48_000, 96_000, 192_000, 19_997] {
            let out = converted(from, 16_000, 9_000.0);
            let peak = out[1_000..out.len() - 1_000].iter().fold(0f32, |peak, s| peak.max(s.abs()));
            assert!(peak < 0.5e-3, "from {from}: {peak}");
        }
    }

    #[test]
    fn one_sample_is_enough() {
        let (mut sinc, mut out) = (Sinc::new(44_100, 16_000), Vec::new());
        sinc.push(&[0.5], |s| out.push(s));
        sinc.finish(|s| out.push(s));
        assert_eq!(out.len(), 1);
    }
}
