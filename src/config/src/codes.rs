//! Feature codes: their names, once, and the sets that fill what is left out.

use crate::choice::{Choice, CodeSet};
use crate::keys::{self, Fallback};

/// Hands the names of [`OfficeCodes`](crate::OfficeCodes)' codes to a macro.
macro_rules! office_codes {
    ($with:ident) => {
        $with! {
            voicemail voicemail_other voicemail_leave forward_all forward_all_off forward_busy
            forward_busy_off forward_no_answer forward_no_answer_off forward_unreachable
            forward_unreachable_off dnd_on dnd_off dnd_toggle call_waiting_on call_waiting_off
            follow_me pickup pickup_group park park_retrieve intercom day_night block unblock
            block_last withhold last_caller redial speed_dial speed_dial_set camp_on camp_on_cancel
            hot_desk_in hot_desk_out adopt transfer_blind transfer_attended three_way
        }
    };
}
pub(crate) use office_codes;

/// The code that a set has under a name; empty for a name that is none.
pub(crate) fn code_of_set(name: &str, set: CodeSet) -> &'static str {
    let place = CodeSet::ALL.iter().position(|known| *known == set).unwrap_or_default();
    match keys::section("features").and_then(|section| section.key(name)).map(|key| key.fallback) {
        Some(Fallback::OfSet(codes)) => codes.get(place).copied().unwrap_or_default(),
        _ => "",
    }
}
