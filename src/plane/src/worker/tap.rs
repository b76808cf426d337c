//! A recording's hold on a stream or a room.

use base::RecordingId;

use crate::recorder::Tap;

/// A recording, and the channel of it.
pub(crate) struct SlotTap {
    pub(super) tap: Tap,
    pub(super) channel: u8,
}

/// A recording begins or ends.
pub(crate) enum TapOrder {
    Begin { tap: Tap, channel: u8 },
    End(RecordingId),
}

impl TapOrder {
    pub(super) fn apply(self, taps: &mut Vec<SlotTap>) {
        match self {
            TapOrder::Begin { tap, channel } => taps.push(SlotTap { tap, channel }),
            TapOrder::End(recording) => taps.retain(|t| t.tap.recording() != recording),
        }
    }
}
