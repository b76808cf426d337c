//! Trims, brings to one level and to 16 kHz.

/// Samples a second of a recording.
pub const RATE: usize = 16_000;

/// Samples a second of what the synthesiser gives.
pub const SPOKEN_RATE: u32 = 22_050;

/// The level of the parts where somebody speaks, in dBov.
const LEVEL_DBOV: f64 = -23.0;

/// No peak comes nearer to the full scale than this, in dBov; the level gives way.
const PEAK_DBOV: f64 = -4.0;

/// What is below the loudest 5 ms by this much counts as silence at the ends, in dB.
const SILENCE_DB: f64 = 42.0;

/// Kept before the first sound and behind the last, ms.
const LEAD_MS: usize = 15;
const TAIL_MS: usize = 50;

/// Half the length of the resampling filter, in samples of the input.
const TAPS: isize = 48;

/// From the synthesiser's samples to a recording's.
pub fn shape(spoken: &[i16]) -> Result<Vec<i16>, &'static str> {
    let samples = resample(spoken);
    let window = RATE / 200;
    let powers: Vec<f64> = samples.chunks(window).map(power).collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    if loudest < 1.0 {
        return Err("silence");
    }
    let floor = loudest / 10f64.powf(SILENCE_DB / 10.0);
    let first = powers.iter().position(|p| *p > floor).unwrap_or(0) * window;
    let last = (powers.iter().rposition(|p| *p > floor).unwrap_or(0) + 1) * window;
    let (lead, tail) = (LEAD_MS * RATE / 1000, TAIL_MS * RATE / 1000);
    // Where the synthesiser left less silence than that, some is added.
    let mut samples = [vec![0.0; lead], samples, vec![0.0; tail]].concat();
    samples.truncate(last.min(samples.len() - lead - tail) + lead + tail);
    samples.drain(..first);

    // The speech level in the sense of ITU-T P.56: only windows within 15.9 dB of the mean of the loud ones count.
    let active = loudest / 10f64.powf(1.59 + 0.8);
    let loud: Vec<f64> = powers.iter().copied().filter(|p| *p > active).collect();
    let mean = loud.iter().sum::<f64>() / loud.len() as f64;
    let peak = samples.iter().fold(0.0f64, |peak, s| peak.max(s.abs()));
    let gain = (from_db(LEVEL_DBOV) / mean.sqrt()).min(from_db(PEAK_DBOV) / peak);

    let fade = RATE / 100;
    let length = samples.len();
    for (at, sample) in samples.iter_mut().enumerate() {
        let edge = at.min(length - 1 - at).min(fade) as f64 / fade as f64;
        *sample *= gain * edge;
    }
    Ok(samples.iter().map(|s| s.round() as i16).collect())
}

/// Level and peak for people to read.
pub fn describe(samples: &[i16]) -> String {
    let samples: Vec<f64> = samples.iter().map(|s| f64::from(*s)).collect();
    let peak = samples.iter().fold(0.0f64, |peak, s| peak.max(s.abs()));
    format!("level {:.1} dBov, peak {:.1} dBov", to_db(power(&samples).sqrt()), to_db(peak))
}

/// The value of a level of `dbov` (0 is the full scale).
pub fn from_db(dbov: f64) -> f64 {
    32_768.0 * 10f64.powf(dbov / 20.0)
}

fn to_db(value: f64) -> f64 {
    20.0 * (value / 32_768.0).max(1e-6).log10()
}

fn power(samples: &[f64]) -> f64 {
    samples.iter().map(|s| s * s).sum::<f64>() / samples.len() as f64
}

/// Band-limited interpolation with a Hann-windowed sinc; the speed does not matter here.
fn resample(input: &[i16]) -> Vec<f64> {
    let ratio = f64::from(SPOKEN_RATE) / RATE as f64;
    // Of the input's rate: a little below half of the output's.
    let cut = 0.48 / ratio;
    let length = (input.len() as f64 / ratio) as usize;
    let at = |index: isize| usize::try_from(index).ok().and_then(|i| input.get(i)).map_or(0.0, |s| f64::from(*s));
    (0..length)
        .map(|n| {
            let place = n as f64 * ratio;
            let whole = place.floor() as isize;
            (whole - TAPS + 1..=whole + TAPS)
                .map(|index| {
                    let x = place - index as f64;
                    let window = 0.5 + 0.5 * (std::f64::consts::PI * x / TAPS as f64).cos();
                    let angle = 2.0 * std::f64::consts::PI * cut * x;
                    let sinc = if x.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
                    at(index) * 2.0 * cut * sinc * window
                })
                .sum()
        })
        .collect()
}
