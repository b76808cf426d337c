//! Whether sound waits too long or not long enough, and what is done about it.

use audio::stretch::Care;

use super::clock::{MS, Ticks, sample};
use super::{FRAME, Playout, State};

/// Lateness measured so far may be exceeded a little where it moves at all: sound waits at most so much longer.
const MARGIN_MAX: Ticks = 2 * MS;
/// Between too short and too long there is a frame and this, lest one correction calls for the other.
const GAP: Ticks = 5 * MS;
/// Corrections follow each other after so many frames, except when it is urgent.
const FRAMES_BETWEEN: u32 = 3;
/// So much too long is urgent, and so much needs it done at any rate.
const URGENT: Ticks = 60 * MS;
const VERY_URGENT: Ticks = 200 * MS;
/// So many frames without a good place for a correction make a place good that can be borne, and any.
const URGENT_FRAMES: u32 = 250;
const VERY_URGENT_FRAMES: u32 = 1_000;
/// So much beyond the bound is not played faster but dropped.
const BEYOND: Ticks = 100 * MS;

/// Losses and repetitions are remembered for 10 s.
const REPAIR_FRAMES: u32 = 500;

/// The memory of corrections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Frames since the last one.
    frames: u32,
    /// Frames in a row that found the wait too long.
    long: u32,
}

/// Whether to wait for the packet after a loss (Opus FEC).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repair {
    /// Pulls since a packet that repeats its predecessor, and since a loss; kept below [`REPAIR_FRAMES`].
    repeated: Option<u32>,
    lost: Option<u32>,
}

impl Repair {
    /// A packet came that repeats its predecessor.
    pub(super) fn repeated(&mut self) {
        self.repeated = Some(0);
    }

    /// A packet is missing.
    pub(super) fn lost(&mut self) {
        self.lost = Some(0);
    }

    fn tick(&mut self) {
        for since in [&mut self.repeated, &mut self.lost] {
            *since = since.map(|frames| frames + 1).filter(|&frames| frames < REPAIR_FRAMES);
        }
    }

    fn pays(&self) -> bool {
        self.repeated.is_some() && self.lost.is_some()
    }
}

/// A correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Correction {
    None,
    /// By no more than so many samples.
    Faster(Care, usize),
    Slower(Care),
}

/// How much earlier than its first sample sounds a packet of this length is needed at worst: a frame takes 20 ms at
/// once, and a packet may begin anywhere in it that the greatest common step of the two allows.
pub(super) fn spread(long: Ticks) -> Ticks {
    FRAME - step(long)
}

fn step(long: Ticks) -> Ticks {
    let (mut a, mut b) = (FRAME, long.max(0));
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Playout {
    /// The transit at which a packet shall be played: nearly all come within it.
    pub(super) fn target(&self) -> Ticks {
        let least = self.lateness.least();
        let usual = self.lateness.usual();
        let margin = self.lateness.unrest().clamp(0, MARGIN_MAX);
        // A loss is recovered from the next packet only if that one is there already.
        let repeats = if self.repair.pays() { self.last.map_or(0, |last| last.long) } else { 0 };
        (usual + margin + repeats).clamp(least + self.min(), least + self.max())
    }

    fn min(&self) -> Ticks {
        Ticks::from(self.options.min_ms) * MS
    }

    pub(super) fn max(&self) -> Ticks {
        Ticks::from(self.options.max_ms) * MS
    }

    /// Looks at the wait before a frame is pulled, drops what is far too old, and says what else to do.
    pub(super) fn pace(&mut self, now: Ticks) -> Correction {
        self.pace.frames = self.pace.frames.saturating_add(1);
        self.repair.tick();
        let least = self.lateness.least();
        let target = self.target();
        self.counts.target_ms = ((target - least) / MS).max(0) as u32;
        if self.state != State::Playing || !self.lateness.known() {
            self.counts.delay_ms = if self.state == State::Idle { 0 } else { self.counts.delay_ms };
            return Correction::None;
        }
        let queued = self.sound.len() as Ticks * sample(self.options.rate);
        // The wait of the sample that is heard next.
        let wait = now - (self.next + self.owed - queued);
        self.counts.delay_ms = ((wait - least) / MS).clamp(0, Ticks::from(u32::MAX)) as u32;
        if self.steady {
            return Correction::None;
        }
        if wait > least + self.max() + FRAME + BEYOND {
            self.skip(now, least + self.max());
            return Correction::None;
        }
        if self.made_up > 0 || self.last.is_none() {
            self.pace.long = 0;
            return Correction::None;
        }
        let step = step(self.last.map_or(FRAME, |last| last.long));
        let over = queued % step;
        // What the latest packet that is needed in time may be late: when it comes just then it is still played.
        let slack = wait - over - (FRAME - step);
        let wanted = target.max(self.lateness.worst().min(least + self.max()));
        if slack < target {
            self.pace.long = 0;
            // It is urgent when even the packets of late would not have been there.
            let care = if slack < self.lateness.worst().min(least + self.max()) { Care::Urgent } else { Care::Well };
            return Correction::Slower(care);
        }
        // What `over` holds is free: the slack stays without it. Beyond that it costs a step, at most a frame.
        let (excess, most) = match slack - FRAME - wanted {
            excess @ GAP.. => (excess, usize::MAX),
            _ => (slack - wanted, (over / sample(self.options.rate)) as usize),
        };
        if excess < GAP || most < self.options.rate.samples(5) / 2 {
            self.pace.long = 0;
            return Correction::None;
        }
        self.pace.long += 1;
        let due = self.pace.long >= FRAMES_BETWEEN && self.pace.frames >= FRAMES_BETWEEN;
        match (excess, self.pace.long) {
            (VERY_URGENT.., _) | (_, VERY_URGENT_FRAMES..) => Correction::Faster(Care::Anywhere, most),
            (URGENT.., _) => Correction::Faster(Care::Urgent, most),
            _ if !due => Correction::None,
            (_, URGENT_FRAMES..) => Correction::Faster(Care::Urgent, most),
            _ => Correction::Faster(Care::Well, most),
        }
    }

    /// Carries a correction out on the sound that waits.
    pub(super) fn stretch(&mut self, correction: Correction, now: Ticks) {
        if self.made_up > 0 {
            return;
        }
        let moved = match correction {
            Correction::None => 0,
            Correction::Faster(care, most) => self.faster(now, care, most),
            Correction::Slower(care) => {
                let added = self.sound.expand(care);
                self.counts.expanded += added as u64;
                added
            }
        };
        if moved > 0 {
            self.pace.frames = 0;
        }
    }

    fn faster(&mut self, now: Ticks, care: Care, most: usize) -> usize {
        // 30 ms give room for the longest period on both sides of the seam.
        while self.sound.len() < self.options.rate.samples(30) && self.goes_on() {
            self.kind = self.produce(now);
        }
        let removed = self.sound.accelerate(most, care);
        self.counts.accelerated += removed as u64;
        removed
    }

    /// Whether the packet in front is the next one.
    fn goes_on(&self) -> bool {
        self.state == State::Playing
            && self.owed == 0
            && self.buffer.front().is_some_and(|p| p.long > 0 && (p.at - self.next).abs() <= super::SLOP)
    }

    /// Goes on with what is not older than `bound`.
    fn skip(&mut self, now: Ticks, bound: Ticks) {
        let mut skipped = false;
        while let Some(front) = self.buffer.front().filter(|p| now - p.at > bound && self.buffer.len() > 1) {
            self.buffer.pop();
            self.counts.flushed += 1;
            self.next = front.at + front.long;
            skipped = true;
        }
        if skipped {
            self.owed = 0;
            if let Some(front) = self.buffer.front() {
                self.next = self.next.max(front.at);
            }
            self.concealer.cut();
        }
    }
}
