//! What a caller hears before the tone.

use base::{Duration, LegId};
use dialplan::Failure;
use media::control::{PlayItem, Tone};
use voice::say;

use super::fact::Greeting;
use crate::Exchange;
use crate::call::play::prompts;

/// Before the box begins to speak, for the phone's first packets open the way.
const BREATH: Duration = Duration::from_millis(400);
/// The tone after which one speaks.
const TONE: Duration = Duration::from_millis(400);

impl Exchange {
    /// The greeting that fits, up to the tone.
    pub(super) fn greeting(&self, leg: LegId, mailbox: &str, why: Option<Failure>) -> Vec<PlayItem> {
        let language = self.language(leg);
        let busy = matches!(why, Some(Failure::Busy | Failure::Declined));
        let own = self.mailbox_state(mailbox).greetings;
        let mut items = vec![PlayItem::Silence(BREATH)];
        let recorded = [
            own.get(&Greeting::Temporary),
            own.get(&Greeting::Busy).filter(|_| busy),
            own.get(&Greeting::Unavailable).filter(|_| !busy || !own.contains_key(&Greeting::Name)),
        ];
        if let Some(file) = recorded.into_iter().flatten().next() {
            items.push(recording(file));
        } else {
            let shared = self.config.mailboxes.contains_key(mailbox);
            match (own.get(&Greeting::Name), shared) {
                (Some(name), true) => {
                    items.extend(prompts(language, ["mailbox-of"]));
                    items.push(recording(name));
                }
                (None, true) => items.extend(prompts(language, ["not-available"])),
                (name, false) => {
                    match name {
                        Some(name) => items.push(recording(name)),
                        None => {
                            items.extend(prompts(language, ["the-person-at-extension"]));
                            items.extend(prompts(language, say::digits(mailbox)));
                        }
                    }
                    let what = if busy { "is-on-the-phone" } else { "is-not-available" };
                    items.extend(prompts(language, [what]));
                }
            }
            items.extend(prompts(language, ["leave-message-after-tone", "hash-when-finished"]));
        }
        items.push(self.beep());
        items
    }

    /// The tone.
    pub(super) fn beep(&self) -> PlayItem {
        PlayItem::Tone { tone: Tone::RecordWarning, country: self.country(), duration: TONE }
    }
}

/// A recording as the library of sounds names it.
pub(super) fn recording(file: &str) -> PlayItem {
    PlayItem::Sound(format!("recording/{file}"))
}
