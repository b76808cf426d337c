//! What can be recognised in sound: keys, call progress, fax, answering machines.
//!
//! Owns the listening: samples at 8 kHz go in, in pieces of any length, and what was recognised comes out. Refuses to
//! know what follows from it. Each detector stands alone and is made when somebody wants it.
//!
//! **Invariants:** nothing is allocated after construction; what is heard depends on the samples alone, not on how
//! they were cut; silence costs next to nothing.
//!
//! ITU-T Q.23, Q.24 (keys); E.180 (tones); T.30, V.25, V.8 (fax).

mod bank;
mod dtmf;
mod fax;
mod machine;
mod progress;

use serde::{Deserialize, Serialize};

pub use dtmf::{DtmfDetector, DtmfEvent};
pub use fax::FaxDetector;
pub use machine::MachineDetector;
pub use progress::ProgressDetector;

/// What was recognised in a stream's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Signal {
    /// The far end rings (call progress).
    Ringback,
    /// The far end is busy, or all ways to it are.
    Busy,
    /// Number unobtainable: the special information tones of E.180.
    SpecialInformation,
    /// A fax machine calls: CNG, 1,100 Hz (T.30 §4.3.3.2.1).
    FaxCalling,
    /// A fax machine answers: CED, 2,100 Hz (T.30 §4.3.3.1).
    FaxAnswering,
    /// A person answered: a short greeting, then silence.
    Person,
    /// An answering machine: a long greeting.
    Machine,
    /// An answering machine's tone: what is said from now on is recorded.
    MachineBeep,
}

#[cfg(test)]
mod tests;
