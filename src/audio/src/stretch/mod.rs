//! Faster or slower at the same pitch.
//!
//! One period of the sound is taken out or put in and cross-faded with its neighbour (WSOLA), only where the sound
//! repeats itself or is so quiet that nobody hears the seam. Owns no state but its bounds; refuses to know why.
//!
//! **Invariants:** both ends of the sound stay as they are, so that it joins on to what is before and after; nothing
//! is allocated; no sample gets louder than the louder of the two it is mixed from.

use crate::Rate;
use crate::conceal::pitch::{self, Pitch};

/// How strict a seam is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Only where hardly anybody hears it: likeness 0.9, as good receivers have it.
    Well,
    /// Where it can be borne: likeness 0.5. For when the alternative is a gap.
    Urgent,
    /// At the best place there is. For sound without any pitch, of which too much waits.
    Anywhere,
}

/// Root mean square below which a seam is not heard, about -54 dBov.
const QUIET: f32 = 64.0;

/// Takes one period (2.5–15 ms, no more than `most` samples) out of `sound`, moving the rest up over it; the end of
/// `sound` is then left over.
/// Returns the samples removed; 0 where no good place was found. At least 30 ms give the best choice; below 5 ms
/// nothing is ever found.
pub fn accelerate(sound: &mut [i16], most: usize, rate: Rate, care: Care) -> usize {
    let Some((at, lag)) = seam(sound, 0, most, rate, care) else { return 0 };
    // The period before `at` fades into the one after it.
    for n in 0..lag {
        sound[at - lag + n] = mix(sound[at - lag + n], sound[at + n], n, lag);
    }
    sound.copy_within(at + lag.., at);
    lag
}

/// Puts one period (2.5–15 ms) into the `len` samples of `sound` that follow the first `past` ones, and moves the
/// rest down: `sound` has room for 15 ms more. The past has been heard, is looked at and stays as it is.
/// Returns the samples added; 0 where no good place was found.
pub fn expand(sound: &mut [i16], past: usize, len: usize, rate: Rate, care: Care) -> usize {
    let end = (past + len).min(sound.len());
    let Some((at, lag)) = seam(&sound[..end], past, usize::MAX, rate, care) else { return 0 };
    if end + lag > sound.len() {
        return 0;
    }
    // What follows `at` fades into the period before it, which leads to what follows `at` once more.
    sound.copy_within(at..end, at + lag);
    for n in 0..lag {
        sound[at + n] = mix(sound[at + lag + n], sound[at - lag + n], n, lag);
    }
    lag
}

/// Where `sound` is best cut and the period there, of `most` samples; the seam lies at or after `past`.
fn seam(sound: &[i16], past: usize, most: usize, rate: Rate, care: Care) -> Option<(usize, usize)> {
    let longest = pitch::longest(rate).min(most);
    // Room for a period on both sides: before `at` it may lie in the past, after `at` it may not.
    let at = if past >= longest { past } else { longest.min((past + sound.len()) / 2) };
    let window = longest.min(sound.len().checked_sub(at)?);
    if window < pitch::shortest(rate) {
        return None;
    }
    let Pitch { lag, likeness } =
        pitch::search(&sound[at.saturating_sub(longest)..], at.min(longest), at.min(longest) + window, rate)?;
    if lag > sound.len() - at {
        return None;
    }
    let quiet = power(&sound[at - lag..at + lag]) < QUIET * QUIET;
    let bound = match care {
        Care::Well => 0.9,
        Care::Urgent => 0.5,
        Care::Anywhere => f32::MIN,
    };
    (quiet || likeness >= bound).then_some((at, lag))
}

fn power(x: &[i16]) -> f32 {
    x.iter().map(|&s| f32::from(s) * f32::from(s)).sum::<f32>() / x.len().max(1) as f32
}

/// `a` at the beginning, `b` at the end of `over` samples.
fn mix(a: i16, b: i16, n: usize, over: usize) -> i16 {
    let (n, over) = (n as i32 * 2 + 1, over as i32 * 2);
    (i32::from(a) + (i32::from(b) - i32::from(a)) * n / over) as i16
}

#[cfg(test)]
mod tests;
