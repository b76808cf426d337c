//! What a held party hears.

use base::{CallRef, LegId};
use sdp::{Direction, Session};
use sip::message::StatusCode;

use crate::Exchange;
use crate::call::play::After;

impl Exchange {
    /// `leg`'s phone has put its other end on hold, or taken it up again: the other end hears music meanwhile.
    pub(crate) fn music_for_held(&mut self, leg: LegId, holding: bool) {
        let Some(held) = self.peer_of(leg) else { return };
        if !holding {
            return self.stop_playing(held);
        }
        // Two who hold each other both hear nothing.
        if self.legs.get(&held).is_some_and(|l| l.holding) {
            return self.stop_playing(leg);
        }
        let list = self.music(config::MUSIC_DEFAULT);
        self.play(held, list, After::Nothing);
    }

    /// A caller of a ring group with music hears that in place of ringing, before anybody has answered (RFC 3960 §3).
    pub(crate) fn music_until_answered(&mut self, call: CallRef, caller: LegId) {
        let Some(class) = self.calls.get(&call).and_then(|c| c.waiting_music.clone()) else { return };
        let allowed = self.speakable_codecs();
        let talk = self.legs.get_mut(&caller).and_then(|l| l.audio.talk.as_mut());
        let answer = talk.filter(|t| t.open_offer_of_peer().is_some()).and_then(|t| t.answer_own(&allowed).ok());
        let Some(answer) = answer else { return }; // without an offer there is no way to sound early
        if !self.configure_audio(caller) {
            return;
        }
        self.say_provisional(caller, StatusCode::SESSION_PROGRESS, Some(answer));
        let list = self.music(&class);
        self.play(caller, list, After::Nothing);
    }

    /// A party whose other end is still to come (a transfer under way) hears ringing instead of music.
    pub(crate) fn ringing_for(&mut self, leg: LegId) {
        let list = self.tone(media::control::Tone::Ringback);
        self.play(leg, list, After::Nothing);
    }

    /// Two talk from now on: nothing of the box stands between them.
    pub(crate) fn clear_playing(&mut self, a: LegId, b: LegId) {
        for leg in [a, b] {
            let is_held = self.peer_of(leg).and_then(|p| self.legs.get(&p)).is_some_and(|p| p.holding);
            if !is_held {
                self.stop_playing(leg);
            }
        }
    }
}

/// The offer of a phone that holds, as the other end gets it: whoever is held listens on, to music of the box, also
/// where the phone itself would send nothing.
pub(crate) fn with_music(offer: &Session) -> Session {
    let mut out = offer.clone();
    for media in out.media.iter_mut().filter(|m| m.direction == Direction::Inactive) {
        media.direction = Direction::SendOnly;
    }
    out
}
