//! One half of the spectrum: quantiser, scale and predictor (ITU-T G.722 §§6.2.1, 6.2.2).

/// What one band has learnt of the sound so far.
#[derive(Clone, Debug)]
pub(super) struct Band {
    /// The prediction of the next sample (S), and its part from the zeros (SZ).
    prediction: i32,
    from_zeros: i32,
    /// Logarithm of the scale (NB) and the scale (DET).
    log: i32,
    scale: i32,
    /// Predictor: two poles (A) and six zeros (B). Two more zeros fill a vector and meet nothing but zeros.
    poles: [i32; 2],
    zeros: [i32; 8],
    /// The last two signals reconstructed (R) and in part reconstructed (P), newest first.
    signals: [i32; 2],
    partials: [i32; 2],
    /// The last six differences (D), doubled as FILTEZ wants them, newest first.
    doubles: [i16; 8],
}

/// The decision levels of the lower band, times 16: G.722 table 14 on a scale that a high product of 16 bits undoes.
/// The last ones are never reached.
pub(super) struct Quantiser([u16; 32]);

/// Decision levels of the lower band (Q6, table 14).
const LEVELS: [u16; 29] = [
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
/// Values of the upper four bits of a lower-band code (QQ4), for the predictor of both ends.
const VALUES_4: [i32; 16] =
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];
/// Values of all six bits (QQ6), for the listener.
const VALUES_6: [i32; 64] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
    -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
    -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
/// Values of an upper-band code (QQ2).
const VALUES_2: [i32; 4] = [-7408, -1616, 7408, 1616];
/// How a code moves the logarithm of the scale: W of table 19 by code, lower and upper band.
const STEPS_4: [i32; 16] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];
const STEPS_2: [i32; 4] = [798, -214, 798, -214];
/// 2^(i/32) × 2,048 (ILA, table 20).
const MANTISSAS: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
/// Decision level of the upper band (Q2).
const LEVEL_2: i32 = 564;
/// Bounds of NB (§6.2.1.4, §6.2.2.4).
const LOG_MAX_LOW: i32 = 18_432;
const LOG_MAX_HIGH: i32 = 22_528;
/// Bounds of what is reconstructed for the listener (LIMIT, §6.2.1.6).
const LISTENER: (i32, i32) = (-16_384, 16_383);

impl Quantiser {
    pub(super) fn new() -> Quantiser {
        let mut levels = [u16::MAX; 32];
        for (scaled, level) in levels.iter_mut().zip(LEVELS) {
            *scaled = level << 4;
        }
        Quantiser(levels)
    }

    /// How many decision levels `magnitude` reaches at `scale` (QUANTL): 0–29.
    #[inline]
    fn reached(&self, magnitude: i32, scale: i32) -> i32 {
        let (magnitude, scale) = (magnitude as i16, scale as u32);
        let mut reached = 0_i16;
        for level in self.0 {
            // (level × scale) >> 12 in one high product; it stays below 2^15.
            let bound = ((u32::from(level) * scale) >> 16) as i16;
            reached += i16::from(magnitude >= bound);
        }
        i32::from(reached).min(LEVELS.len() as i32)
    }
}

impl Band {
    /// The lower band at reset (table 12).
    pub(super) fn low() -> Band {
        Band::new(32)
    }

    /// The upper band at reset.
    pub(super) fn high() -> Band {
        Band::new(8)
    }

    fn new(scale: i32) -> Band {
        Band {
            prediction: 0,
            from_zeros: 0,
            log: 0,
            scale,
            poles: [0; 2],
            zeros: [0; 8],
            signals: [0; 2],
            partials: [0; 2],
            doubles: [0; 8],
        }
    }

    /// Six bits for a sample of the lower band.
    #[inline]
    pub(super) fn encode_low(&mut self, sample: i32, quantiser: &Quantiser) -> u8 {
        let error = saturate(sample - self.prediction);
        let magnitude = if error >= 0 { error } else { -(error + 1) };
        // Codes count down from the middle; negative ones have two more, near zero (table 16).
        let code = match (error < 0, quantiser.reached(magnitude, self.scale)) {
            (false, reached) => 61 - reached,
            (true, reached @ 0..=1) => 63 - reached,
            (true, reached) => 33 - reached,
        };
        self.learn_low(code as usize >> 2);
        code as u8
    }

    /// A sample of the lower band from its six bits.
    #[inline]
    pub(super) fn decode_low(&mut self, code: u8) -> i32 {
        let code = usize::from(code & 0x3F);
        let heard = (self.prediction + ((self.scale * VALUES_6[code]) >> 15)).clamp(LISTENER.0, LISTENER.1);
        self.learn_low(code >> 2);
        heard
    }

    /// Two bits for a sample of the upper band.
    #[inline]
    pub(super) fn encode_high(&mut self, sample: i32) -> u8 {
        let error = saturate(sample - self.prediction);
        let magnitude = if error >= 0 { error } else { -(error + 1) };
        let large = magnitude >= (LEVEL_2 * self.scale) >> 12;
        let code = match (error < 0, large) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        self.learn_high(code);
        code as u8
    }

    /// A sample of the upper band from its two bits.
    #[inline]
    pub(super) fn decode_high(&mut self, code: u8) -> i32 {
        let code = usize::from(code & 3);
        let heard = (self.prediction + ((self.scale * VALUES_2[code]) >> 15)).clamp(LISTENER.0, LISTENER.1);
        self.learn_high(code);
        heard
    }

    #[inline]
    fn learn_low(&mut self, code: usize) {
        let difference = (self.scale * VALUES_4[code]) >> 15; // INVQAL
        self.log = (((self.log * 127) >> 7) + STEPS_4[code]).clamp(0, LOG_MAX_LOW); // LOGSCL
        self.scale = scale(self.log, 8); // SCALEL
        self.predict(difference);
    }

    #[inline]
    fn learn_high(&mut self, code: usize) {
        let difference = (self.scale * VALUES_2[code]) >> 15; // INVQAH
        self.log = (((self.log * 127) >> 7) + STEPS_2[code]).clamp(0, LOG_MAX_HIGH); // LOGSCH
        self.scale = scale(self.log, 10); // SCALEH
        self.predict(difference);
    }

    /// The predictor learns a difference and says what comes next (blocks 4L and 4H).
    #[inline]
    fn predict(&mut self, difference: i32) {
        let signal = saturate(self.prediction + difference); // RECONS
        let partial = saturate(self.from_zeros + difference); // PARREC
        let [pole_1, pole_2] = self.poles;
        let like_1 = partial ^ self.partials[0] >= 0;
        let like_2 = partial ^ self.partials[1] >= 0;

        // UPPOL2
        let turn = saturate(pole_1 << 2);
        let turn = if like_1 { -turn } else { turn }.min(32_767);
        let lean = if like_2 { 128 } else { -128 };
        let pole_2 = ((turn >> 7) + lean + ((pole_2 * 32_512) >> 15)).clamp(-12_288, 12_288);
        // UPPOL1
        let lean = if like_1 { 192 } else { -192 };
        let bound = 15_360 - pole_2;
        let pole_1 = (lean + ((pole_1 * 32_640) >> 15)).clamp(-bound, bound);

        // UPZERO, DELAYA, FILTEZ
        let step = if difference == 0 { 0 } else { 128 };
        for (zero, double) in self.zeros.iter_mut().zip(self.doubles) {
            // Doubling keeps the sign. Less 1/256 is × 32,640 >> 15; with the step it cannot leave 16 bits.
            let lean = if difference ^ i32::from(double) >= 0 { step } else { -step };
            *zero += (-*zero >> 8) + lean;
        }
        let [d1, d2, d3, d4, d5, ..] = self.doubles;
        self.doubles = [saturate(2 * difference) as i16, d1, d2, d3, d4, d5, 0, 0];
        let mut from_zeros = 0;
        for (zero, double) in self.zeros.iter().zip(self.doubles) {
            from_zeros += (i32::from(*zero as i16) * i32::from(double)) >> 15;
        }
        self.from_zeros = saturate(from_zeros);

        // FILTEP
        self.partials = [partial, self.partials[0]];
        self.signals = [signal, self.signals[0]];
        self.poles = [pole_1, pole_2];
        let from_poles =
            ((pole_1 * saturate(2 * self.signals[0])) >> 15) + ((pole_2 * saturate(2 * self.signals[1])) >> 15);
        self.prediction = saturate(saturate(from_poles) + self.from_zeros); // PREDIC
    }
}

/// The scale from its logarithm; `places` is where the band's point stands.
#[inline]
fn scale(log: i32, places: i32) -> i32 {
    let mantissa = MANTISSAS[(log >> 6 & 31) as usize];
    let shift = places - (log >> 11);
    (if shift < 0 { mantissa << -shift } else { mantissa >> shift }) << 2
}

#[inline]
fn saturate(value: i32) -> i32 {
    value.clamp(-32_768, 32_767)
}
