//! ITU-T G.711 Appendix I as it is described there, for comparison: 8 kHz, frames of 10 ms.

const FRAME: usize = 80;
const HISTORY: usize = 390;
/// The output is so late.
const DELAY: usize = 30;

struct Concealer {
    history: Vec<f32>,
    /// The history with its end smoothed, which is repeated.
    buffer: Vec<f32>,
    erased: usize,
    pitch: usize,
    /// Length of what goes round and place in it.
    length: usize,
    offset: usize,
    /// The last quarter period as it was.
    quarter: Vec<f32>,
}

/// `original` with its lost frames of 20 ms concealed, 30 samples late.
pub(super) fn through(original: &[i16], lost: &[bool]) -> Vec<i16> {
    let mut concealer = Concealer {
        history: vec![0.0; HISTORY],
        buffer: vec![],
        erased: 0,
        pitch: 0,
        length: 0,
        offset: 0,
        quarter: vec![],
    };
    let mut all = vec![];
    for (n, frame) in original.chunks_exact(FRAME).enumerate().take(lost.len() * 2) {
        let frame: Vec<f32> = frame.iter().map(|&s| f32::from(s)).collect();
        let out = if lost[n / 2] { concealer.erasure() } else { concealer.good(frame) };
        all.extend(out.into_iter().map(|s| s as i16));
    }
    all
}

impl Concealer {
    fn good(&mut self, mut frame: Vec<f32>) -> Vec<f32> {
        if self.erased > 0 {
            // §I.2.7: a quarter period, and 4 ms more for each further frame lost.
            let over = (self.pitch / 4 + (self.erased - 1) * 32).min(FRAME);
            let gain = if self.erased < 7 { 1.0 - (self.erased - 1) as f32 * 0.2 } else { 0.0 }.max(0.0);
            for (n, s) in self.go_on(over).into_iter().enumerate() {
                let share = (n as f32 + 1.0) / over as f32;
                frame[n] = frame[n] * share + s * (1.0 - share) * gain;
            }
            self.erased = 0;
        }
        self.save(frame)
    }

    fn erasure(&mut self) -> Vec<f32> {
        self.erased += 1;
        let out = match self.erased {
            1 => {
                self.buffer = self.history.clone();
                self.pitch = self.find_pitch();
                self.quarter = self.buffer[HISTORY - self.pitch / 4..].to_vec();
                self.length = self.pitch;
                self.offset = 0;
                self.smooth();
                let from = HISTORY - self.pitch / 4;
                self.history[from..].copy_from_slice(&self.buffer[from..]);
                self.go_on(FRAME)
            }
            2 | 3 => {
                // §I.2.4: one period more goes round; what went round before fades into it.
                let (over, kept) = (self.pitch / 4, self.offset);
                let tail = self.go_on(over);
                self.offset = kept % self.pitch;
                self.length += self.pitch;
                self.smooth();
                let mut out = self.go_on(FRAME);
                for (n, s) in tail.into_iter().enumerate() {
                    let share = (n as f32 + 1.0) / over as f32;
                    out[n] = out[n] * share + s * (1.0 - share);
                }
                self.scale(out)
            }
            4..=6 => {
                let out = self.go_on(FRAME);
                self.scale(out)
            }
            _ => vec![0.0; FRAME],
        };
        self.save(out)
    }

    /// §I.2.6: 20 % less with each 10 ms after the first.
    fn scale(&self, mut out: Vec<f32>) -> Vec<f32> {
        let first = 1.0 - (self.erased - 2) as f32 * 0.2;
        for (n, s) in out.iter_mut().enumerate() {
            *s *= first - 0.2 * n as f32 / FRAME as f32;
        }
        out
    }

    /// The end of the buffer fades into what comes before its beginning.
    fn smooth(&mut self) {
        let over = self.pitch / 4;
        let begin = HISTORY - self.length - over;
        for n in 0..over {
            let share = (n as f32 + 1.0) / over as f32;
            self.buffer[HISTORY - over + n] = self.quarter[n] * (1.0 - share) + self.buffer[begin + n] * share;
        }
    }

    fn go_on(&mut self, len: usize) -> Vec<f32> {
        let mut out = vec![];
        for _ in 0..len {
            out.push(self.buffer[HISTORY - self.length + self.offset]);
            self.offset = (self.offset + 1) % self.length;
        }
        out
    }

    /// §I.2.2: normalised cross-correlation over 20 ms, 66 to 200 Hz, by twos and then to the sample.
    fn find_pitch(&self) -> usize {
        let likeness = |lag: usize, step: usize| {
            let (mut dot, mut power) = (0.0, 0.0);
            for n in (HISTORY - 160..HISTORY).step_by(step) {
                dot += self.buffer[n] * self.buffer[n - lag];
                power += self.buffer[n - lag].powi(2);
            }
            dot / f32::max(power, 250.0).sqrt()
        };
        let best = |lags: &mut dyn Iterator<Item = usize>, step| {
            lags.max_by(|&a, &b| likeness(a, step).total_cmp(&likeness(b, step))).unwrap()
        };
        let rough = best(&mut (40..=120).step_by(2), 2);
        best(&mut (rough.max(41) - 1..=(rough + 1).min(120)), 1)
    }

    fn save(&mut self, frame: Vec<f32>) -> Vec<f32> {
        self.history.drain(..FRAME);
        self.history.extend(frame);
        self.history[HISTORY - FRAME - DELAY..HISTORY - DELAY].to_vec()
    }
}
