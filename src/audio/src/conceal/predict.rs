//! Linear prediction: the shape of a spectrum in a few numbers.

/// Highest order used.
pub(super) const ORDER_MAX: usize = 16;
/// Longest sound analysed at once: 20 ms at 48 kHz.
const WINDOW_MAX: usize = 960;

/// An all-pole shape: `y[n] = e[n] - Σ a[k]·y[n-1-k]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    a: [f32; ORDER_MAX],
    order: usize,
    /// Power of the shape's output for an excitation of power 1.
    pub(super) gain: f32,
}

impl Shape {
    /// All frequencies alike.
    pub(super) const FLAT: Shape = Shape { a: [0.0; ORDER_MAX], order: 0, gain: 1.0 };

    /// The shape of `x` (at most 20 ms of it are looked at), by the autocorrelation method.
    pub(super) fn of(x: &[i16], order: usize) -> Shape {
        let order = order.min(ORDER_MAX);
        let x = &x[x.len().saturating_sub(WINDOW_MAX)..];
        let mut windowed = [0_f32; WINDOW_MAX];
        let half = x.len() as f32 / 2.0;
        for (n, (w, &s)) in windowed.iter_mut().zip(x).enumerate() {
            // A parabola (Welch): smooth enough at the edges, and needs no table.
            let t = (n as f32 + 0.5 - half) / half;
            *w = f32::from(s) * (1.0 - t * t);
        }
        let windowed = &windowed[..x.len()];
        let mut r = [0_f32; ORDER_MAX + 1];
        for (lag, r) in r.iter_mut().enumerate().take((order + 1).min(x.len())) {
            *r = windowed[lag..].iter().zip(windowed).map(|(a, b)| a * b).sum();
        }
        // A noise floor 40 dB down keeps the recursion well conditioned where a band is empty.
        r[0] = r[0] * 1.000_1 + 1.0;
        let mut k = [0_f32; ORDER_MAX];
        let mut a = [0_f32; ORDER_MAX];
        let mut error = r[0];
        for i in 0..order {
            let sum: f32 = r[i + 1] + (0..i).map(|j| a[j] * r[i - j]).sum::<f32>();
            k[i] = (-sum / error).clamp(-0.999, 0.999);
            step_up(&mut a, i, k[i]);
            error *= 1.0 - k[i] * k[i];
        }
        Shape { a, order, gain: gain(&k[..order]) }
    }

    /// The shape with these reflection coefficients, each within ±1. RFC 3389 leaves their sign open; as in ITU-T
    /// G.711 App. II (and in browsers) the first is negative for a spectrum that falls.
    pub(super) fn reflected(coefficients: impl Iterator<Item = f32>) -> Shape {
        let mut k = [0_f32; ORDER_MAX];
        let mut a = [0_f32; ORDER_MAX];
        let mut order = 0;
        for coefficient in coefficients.take(ORDER_MAX) {
            k[order] = coefficient.clamp(-0.995, 0.995);
            step_up(&mut a, order, k[order]);
            order += 1;
        }
        Shape { a, order, gain: gain(&k[..order]) }
    }

    /// What excites this shape to give `x[from..]`; needs `order` samples before `from`, missing ones are 0.
    pub(super) fn residual(&self, x: &[i16], from: usize, out: &mut [f32]) {
        for (n, e) in (from..x.len()).zip(out.iter_mut()) {
            let mut sum = f32::from(x[n]);
            for k in 0..self.order.min(n) {
                sum += self.a[k] * f32::from(x[n - 1 - k]);
            }
            *e = sum;
        }
    }
}

/// The filter that gives an excitation its shape; remembers its last outputs.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Newest first.
    past: [f32; ORDER_MAX],
}

impl Filter {
    /// As after silence.
    pub(super) const fn new() -> Filter {
        Filter { past: [0.0; ORDER_MAX] }
    }

    /// As if it had just given `x`.
    pub(super) fn after(x: &[i16]) -> Filter {
        let mut filter = Filter::new();
        for (past, &s) in filter.past.iter_mut().zip(x.iter().rev()) {
            *past = f32::from(s);
        }
        filter
    }

    /// The next output.
    pub(super) fn step(&mut self, shape: &Shape, excitation: f32) -> f32 {
        let mut y = excitation;
        for k in 0..shape.order {
            y -= shape.a[k] * self.past[k];
        }
        // Bounded, so that no shape however sharp leaves the numbers.
        let y = y.clamp(-65_536.0, 65_536.0);
        self.past.copy_within(..ORDER_MAX - 1, 1);
        self.past[0] = y;
        y
    }
}

/// Levinson's step: the predictor of order `i + 1` from that of order `i` and the next reflection.
fn step_up(a: &mut [f32; ORDER_MAX], i: usize, k: f32) {
    for j in 0..i.div_ceil(2) {
        let (front, back) = (a[j], a[i - 1 - j]);
        a[j] = front + k * back;
        a[i - 1 - j] = back + k * front;
    }
    a[i] = k;
}

fn gain(k: &[f32]) -> f32 {
    1.0 / k.iter().map(|k| 1.0 - k * k).product::<f32>().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_undoes_its_own_residual() {
        let x: Vec<i16> = (0..400).map(|n| ((n as f32 * 0.3).sin() * 5_000.0 + (n * n % 97) as f32) as i16).collect();
        let shape = Shape::of(&x[200..], 12);
        let mut e = vec![0.0; 200];
        shape.residual(&x, 200, &mut e);
        let mut filter = Filter::after(&x[..200]);
        for (n, &e) in e.iter().enumerate() {
            let y = filter.step(&shape, e);
            assert!((y - f32::from(x[200 + n])).abs() < 4.0, "{n}: {y}");
        }
        let power: f32 = e.iter().map(|e| e * e).sum();
        assert!(power < 1e9, "a tone is foreseen: {power}");
    }

    #[test]
    fn a_first_negative_reflection_is_a_falling_spectrum() {
        let shape = Shape::reflected([-0.9].into_iter());
        let mut filter = Filter::new();
        let first = filter.step(&shape, 1.0);
        let second = filter.step(&shape, 0.0);
        assert_eq!(first, 1.0);
        assert!((second - 0.9).abs() < 1e-6);
        assert!((shape.gain - 1.0 / (1.0 - 0.81)).abs() < 1e-3);
    }

    #[test]
    fn no_reflections_however_wild_leave_the_numbers() {
        let shape = Shape::reflected([1.0, -1.0, 1.0, 1.0, -1.0].into_iter());
        let mut filter = Filter::new();
        assert!((0..10_000).all(|_| filter.step(&shape, 1_000.0).is_finite()));
    }
}
