//! Typed ids. A number that names a call cannot be used where a leg is meant.

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id! {
    /// One call, ours for ever: the high 44 bits are the wall time in milliseconds at which it
    /// began, the low 20 a counter, so call references sort by time and never come twice, not even
    /// after a restart.
    CallRef(u64), "c"
}
id! {
    /// One leg: one dialog inside a call. Unique while the process lives.
    LegId(u64), "l"
}
id! {
    /// One audio stream of the plane: one RTP socket pair. Unique while the process lives.
    StreamId(u32), "s"
}
id! {
    /// One conference room of the plane. Unique while the process lives.
    RoomId(u32), "r"
}
id! {
    /// One run of a play list. Unique while the process lives.
    PlayId(u32), "p"
}
id! {
    /// One recording, ours for ever: made as a [`CallRef`] is, so recordings sort by time.
    RecordingId(u64), "rec"
}
id! {
    /// The number of a version of the configuration document; the first is 1.
    ConfigVersion(u64), "v"
}
