//! Reasons about opening hours.

use crate::hours::HoursState;

sentences! {
    /// Opening hours.
    HoursReason in Hours {
        Now { hours: String, state: HoursState, why: String } = "the hours {hours} say {state}: {why}",
        ByHand { hours: String, state: HoursState, by: String } = "the hours {hours} say {state}, as switched by {by}",
        NoSuchHours { hours: String } = "there are no hours {hours}: they count as closed",
    }
}
