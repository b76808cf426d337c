//! What waits until a record is on disk: words that promise something, and files that nothing names any more.

use base::CallRef;

use crate::Exchange;
use crate::io::Output;
use crate::voicemail::visit::Step;

/// Something that waits.
#[derive(Debug)]
pub(super) struct Awaited {
    /// For this record.
    record: u64,
    then: Then,
}

/// What happens then.
#[derive(Debug)]
pub(super) enum Then {
    /// The visitor hears it.
    Tell(CallRef),
    /// The file is removed.
    Remove(String),
}

impl Exchange {
    /// A visitor waits for a record. One thing at a time: a later wait takes the place of an earlier one.
    pub(super) fn tell_when_durable(&mut self, call: CallRef, record: u64) {
        self.voicemail.awaited.retain(|a| !matches!(a.then, Then::Tell(other) if other == call));
        self.voicemail.awaited.push_back(Awaited { record, then: Then::Tell(call) });
    }

    /// A file goes once the record that unnames it is on disk, unless another message names it too.
    pub(super) fn remove_when_durable(&mut self, file: String, record: u64) {
        if file.is_empty() {
            return;
        }
        if let Some(copies) = self.voicemail.copies.get_mut(&file) {
            *copies -= 1;
            if *copies == 0 {
                self.voicemail.copies.remove(&file);
            }
            return;
        }
        self.voicemail.awaited.push_back(Awaited { record, then: Then::Remove(file) });
    }

    /// All records up to `upto` are on disk.
    pub(crate) fn facts_durable(&mut self, upto: u64) {
        for then in self.take_awaited(upto) {
            match then {
                Then::Tell(call) => self.guest_step(call, Step::Durable(true)),
                Then::Remove(file) => self.put_out(Output::RemoveRecording { file }),
            }
        }
    }

    /// They are not: nothing was promised, and no file goes.
    pub(crate) fn facts_failed(&mut self, upto: u64) {
        for then in self.take_awaited(upto) {
            match then {
                Then::Tell(call) => self.guest_step(call, Step::Durable(false)),
                Then::Remove(file) => tracing::warn!(file, "a recording stays: the journal could not be written"),
            }
        }
    }

    fn take_awaited(&mut self, upto: u64) -> Vec<Then> {
        let all = std::mem::take(&mut self.voicemail.awaited);
        let (due, later): (Vec<Awaited>, Vec<Awaited>) = all.into_iter().partition(|a| a.record <= upto);
        self.voicemail.awaited = later.into();
        due.into_iter().map(|a| a.then).collect()
    }
}
