//! What is said only once it is true: sentences that wait until the records behind them are on disk.

use std::collections::VecDeque;

use base::LegId;
use media::control::PlayList;

use crate::Exchange;
use crate::call::play::After;

/// Sentences that may wait; a box with more has a disk that does not answer.
const WAITING_MAX: usize = 10_000;

/// Something to be played to a leg once a record is on disk.
#[derive(Debug)]
struct Waiting {
    record: u64,
    leg: LegId,
    list: PlayList,
    after: After,
}

/// All that wait, in the order of their records.
#[derive(Debug, Default)]
pub(crate) struct Confirmations(VecDeque<Waiting>);

impl Exchange {
    /// Plays a list to a leg as soon as the `record`th record is on disk; where the disk refuses, it is told so.
    pub(crate) fn play_when_durable(&mut self, record: u64, leg: LegId, list: PlayList, after: After) {
        if self.confirmations.0.len() < WAITING_MAX {
            self.confirmations.0.push_back(Waiting { record, leg, list, after });
        }
    }

    /// All records up to `upto` are on disk.
    pub(crate) fn confirm_durable(&mut self, upto: u64) {
        while let Some(Waiting { leg, list, after, .. }) = self.confirmations.0.pop_front_if(|w| w.record <= upto) {
            self.play(leg, list, after);
        }
    }

    /// Those up to `upto` are not.
    pub(crate) fn deny_durable(&mut self, upto: u64) {
        while let Some(Waiting { leg, after, .. }) = self.confirmations.0.pop_front_if(|w| w.record <= upto) {
            self.speak(leg, &["call-failed"], after);
        }
    }
}
