//! 20 ms of sound on their way through a thread, and the beat to which they go.

use audio::{FRAME_MAX, Rate};
use base::Duration;

/// A frame on its way, with its rate.
pub(super) struct Frame {
    pub(super) samples: [i16; FRAME_MAX],
    pub(super) rate: Rate,
}

/// Groups of streams that hear and speak at one time.
pub(super) const GROUPS: usize = 4;
/// Between the ticks of two groups.
pub(super) const GROUP_TICK: Duration = Duration::from_millis(5);

impl Frame {
    pub(super) const fn silence(rate: Rate) -> Frame {
        Frame { samples: [0; FRAME_MAX], rate }
    }

    pub(super) fn samples(&self) -> &[i16] {
        self.samples.get(..self.rate.frame()).unwrap_or_default()
    }

    pub(super) fn set(&mut self, samples: &[i16], rate: Rate) {
        self.rate = rate;
        for (to, from) in self.samples.iter_mut().zip(samples) {
            *to = *from;
        }
    }
}
