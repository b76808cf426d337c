//! Calls that the box begins by itself: phones ring, and whoever answers first gets what the call is for.
//!
//! Until then the call has no caller: [`crate::call::Call::caller`] names a leg that does not exist. Whoever answers
//! takes that place, as a caller who talks to the box does, and everything that can be done for such a caller can be
//! done for this one.

use base::{CallRef, LegId};
use dialplan::Ring;
use media::control::{PlayItem, PlayList};

use crate::Exchange;
use crate::call::course::Asked;
use crate::call::play::{After, prompts};
use crate::call::service::Visit;
use crate::call::{Call, Phase, Purpose};
use crate::io::Refusal;
use crate::record::{CallEventKind, Cause, Party};

/// What a call of the box is for, once somebody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Whoever answered calls on, with the rights of this extension (click to call, calls returned, camp-on).
    Dial {
        /// The extension.
        extension: String,
        /// As it would dial it.
        number: String,
    },
    /// Prompts are spoken, then the box hangs up. `voice`'s keys, without their language.
    Tell(Vec<String>),
    /// A tone is played for a moment, then the box hangs up.
    TestTone,
}

impl Exchange {
    /// Begins a call of the box: `ring` rings as it would for `asked`, and whoever answers gets the errand. `from` is
    /// what the phones show.
    ///
    /// # Errors
    /// The box is stopping, or has as many calls as it may.
    pub(crate) fn begin_own_call(
        &mut self,
        from: Party,
        asked: Asked,
        ring: Ring,
        errand: Errand,
    ) -> Result<CallRef, Refusal> {
        if self.stopping || self.calls.len() >= self.config.sip.calls_max as usize {
            return Err(Refusal("the box takes no more calls now".to_owned()));
        }
        let call = self.new_call_ref();
        let nobody = self.new_leg_id();
        let dialled = asked.dialled.clone();
        let mut begun = Call::new(nobody, from.clone(), dialled.clone(), self.now);
        begun.legs.clear();
        self.calls.insert(call, begun);
        self.call_event(call, CallEventKind::Started { leg: nobody, from, dialled, sip_call_id: String::new() });
        self.ring(call, Purpose::Box(errand), asked, ring);
        Ok(call)
    }

    /// Somebody has answered a call of the box.
    pub(crate) fn own_call_answered(&mut self, call: CallRef, leg: LegId, errand: Errand) {
        let now = self.now;
        let Some(c) = self.calls.get_mut(&call) else { return };
        c.caller = leg;
        c.phase = Phase::Service;
        c.visit = Some(Visit::Service);
        match errand {
            Errand::Dial { extension, number } => {
                self.publish_call(call);
                self.ringing_for(leg);
                self.send_caller(call, Asked::by_extension(&extension, &number));
            }
            Errand::Tell(keys) => {
                c.answered_at.get_or_insert(now);
                self.publish_call(call);
                let mut items = vec![PlayItem::Silence(BREATH)];
                items.extend(prompts(self.language(leg), keys));
                items.push(PlayItem::Silence(BREATH));
                let list = PlayList { items, ..PlayList::default() };
                self.play(leg, list, After::HangUp(Cause::NormalClearing));
            }
            Errand::TestTone => {
                c.answered_at.get_or_insert(now);
                self.publish_call(call);
                let list = self.tone(media::control::Tone::Milliwatt);
                self.play(leg, list, After::HangUp(Cause::NormalClearing));
                self.timers.set(crate::Timer::VisitOver(call), now + TEST_TONE);
            }
        }
    }
}

/// Before the box begins to speak, for the phone's first packets open the way.
const BREATH: base::Duration = base::Duration::from_millis(400);
/// How long a test tone is heard.
const TEST_TONE: base::Duration = base::Duration::from_secs(3);
