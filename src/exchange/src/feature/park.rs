//! Parking: a caller waits in a slot, with music, until somebody dials the slot, or until it comes back to whoever
//! parked it.
//!
//! A parked call is a call whose caller is alone with the box, in [`Visit::Parked`]; [`Slots`] is the index over them.
//! **Invariant:** a slot is taken exactly as long as its call is in that visit.

use std::collections::BTreeMap;

use base::{CallRef, Duration, LegId};
use config::Destination;
use dialplan::{Branch, Reached, Ring, Round};
use media::control::{PlayItem, PlayList};
use voice::say;

use crate::call::course::Asked;
use crate::call::play::{After, prompts};
use crate::call::service::Visit;
use crate::call::{Phase, Purpose};
use crate::record::{CallEventKind, Cause, Party};
use crate::{Exchange, Timer};

/// The slots that are taken, with their calls.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    taken: BTreeMap<String, CallRef>,
}

impl Slots {
    /// The slots that are taken, in order.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &str> {
        self.taken.keys().map(String::as_str)
    }
}

/// A caller in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parked {
    /// The slot's number.
    pub(crate) slot: String,
    /// The extension that parked it.
    pub(crate) by: String,
    /// How often it came back.
    comebacks: u8,
    /// Where it is being offered now.
    offered: Offered,
}

/// Where a parked call that came back rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offered {
    /// Nowhere: it waits.
    Nowhere,
    /// At whoever parked it.
    Parker,
    /// Where the configuration sends it then.
    Otherwise,
}

/// A parked call comes back so often; then it is over, for nobody is there.
const COMEBACKS_MAX: u8 = 10;
/// A slot kept for a call that is still to be transferred.
const KEPT: Duration = Duration::from_secs(30);

impl Exchange {
    /// A caller dialled a parking number. Where another call of its extension's waits, that one is to be parked: it
    /// hears the slot and transfers. Else there is nobody to park; a slot that is taken gives its call away.
    pub(crate) fn park_caller(&mut self, call: CallRef, caller: LegId, slot: Option<String>) {
        if let Some(slot) = slot.clone().filter(|slot| self.slots.taken.contains_key(slot)) {
            return self.retrieve_parked(call, caller, slot);
        }
        if !self.has_another_call(caller) {
            return self.refuse_aloud(call, caller, "invalid", Cause::Forbidden);
        }
        let Some(slot) = self.free_slot(slot.as_deref()) else {
            return self.refuse_aloud(call, caller, "all-lines-busy", Cause::Overload);
        };
        if !self.answer_visit(call, caller, Visit::ToPark { slot: slot.clone() }, "parking") {
            return;
        }
        self.slots.taken.insert(slot.clone(), call);
        self.timers.set(Timer::VisitOver(call), self.now + KEPT);
        let mut list = self.said_slot(caller, &slot);
        list.items.push(PlayItem::Silence(Duration::from_secs(2)));
        list.repeat = true; // until the transfer is completed
        self.play(caller, list, After::Nothing);
    }

    /// Who remains of a transfer to a parking number waits in a slot.
    pub(crate) fn park_by_transfer(&mut self, call: CallRef, by: LegId, remains: LegId, slot: Option<String>) {
        let Some(parker) = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned) else {
            return self.transfer_failed(call, by, Cause::Forbidden);
        };
        let Some(free) = self.free_slot(slot.as_deref()) else {
            return self.transfer_failed(call, by, Cause::Busy);
        };
        self.call_event(call, CallEventKind::TransferEnded { by, result: Ok(()) });
        // Whoever has put the other end on hold before hears nothing; whoever named the slot knows it.
        let listens = slot.is_none() && self.legs.get(&by).is_some_and(|l| l.is_up() && !l.holding);
        self.park(call, remains, &free, parker);
        if listens {
            let list = self.said_slot(by, &free);
            self.tell_and_let_go(by, list);
        } else {
            self.let_go(by);
        }
    }

    /// The other end of an extension's call waits in a slot; the extension hears which, and is let go.
    pub(crate) fn park_peer(&mut self, call: CallRef, by: LegId) {
        let parker = self.legs.get(&by).and_then(|l| l.extension()).map(str::to_owned);
        let (Some(remains), Some(parker)) = (self.peer_of(by), parker) else { return };
        if self.config.parking.slots == 0 {
            return self.speak(by, &["not-allowed"], After::Nothing);
        }
        let Some(slot) = self.free_slot(None) else {
            self.call_note(call, "every parking slot is taken");
            return self.speak(by, &["all-lines-busy"], After::Nothing);
        };
        self.park(call, remains, &slot, parker);
        let list = self.said_slot(by, &slot);
        self.tell_and_let_go(by, list);
    }

    /// A leg of a call waits in a slot.
    pub(crate) fn park(&mut self, call: CallRef, leg: LegId, slot: &str, by: String) {
        self.leave_slot(call);
        self.be_alone(call, leg);
        self.call_note(call, format!("{by} parked the call at {slot}"));
        let parked = Parked { slot: slot.to_owned(), by, comebacks: 0, offered: Offered::Nowhere };
        if let Some(c) = self.calls.get_mut(&call) {
            c.visit = Some(Visit::Parked(parked));
            c.recall = None;
        }
        self.slots.taken.insert(slot.to_owned(), call);
        self.music_in_slot(leg);
        self.wait_in_slot(call);
        self.slot_changed(slot);
        self.publish_call(call);
    }

    fn music_in_slot(&mut self, leg: LegId) {
        let class = self.config.parking.music.clone();
        let list = self.music(class.as_deref().unwrap_or(config::MUSIC_DEFAULT));
        self.play(leg, list, After::Nothing);
    }

    fn wait_in_slot(&mut self, call: CallRef) {
        let after = Duration::from_secs(self.config.parking.come_back_s.max(1).into());
        self.timers.set(Timer::ComeBack(call), self.now + after);
    }

    /// The call of a slot is not parked there any more, whatever becomes of it. Nothing happens to other calls.
    pub(crate) fn leave_slot(&mut self, call: CallRef) {
        let Some(c) = self.calls.get_mut(&call) else { return };
        let slot = match &c.visit {
            Some(Visit::Parked(parked)) => parked.slot.clone(),
            Some(Visit::ToPark { slot }) => slot.clone(),
            _ => return,
        };
        c.visit = Some(Visit::Service);
        self.timers.cancel(Timer::ComeBack(call));
        self.slots.taken.remove(&slot);
        self.slot_changed(&slot);
    }

    /// The slot asked for, or the first that is free; `None` where it is taken or there is none.
    pub(crate) fn free_slot(&self, asked: Option<&str>) -> Option<String> {
        let parking = &self.config.parking;
        let first: u64 = parking.first.parse().ok()?;
        let width = parking.first.len();
        let mut all = (0..u64::from(parking.slots)).map(|n| format!("{:0width$}", first + n));
        let free = |slot: &String| !self.slots.taken.contains_key(slot);
        all.find(|slot| free(slot) && asked.is_none_or(|asked| asked == slot))
    }

    /// The call that is parked in a slot.
    pub(crate) fn parked_in(&self, slot: &str) -> Option<CallRef> {
        let call = *self.slots.taken.get(slot)?;
        self.slot_of(call)?;
        Some(call)
    }

    /// The slot that a call is parked in.
    pub(crate) fn slot_of(&self, call: CallRef) -> Option<&str> {
        match self.calls.get(&call)?.visit.as_ref()? {
            Visit::Parked(parked) => Some(&parked.slot),
            _ => None,
        }
    }

    /// A slot was taken or is free again: whoever watches its lamp is told.
    pub(crate) fn slot_changed(&mut self, slot: &str) {
        self.watch_slot(slot);
    }

    /// A caller takes a parked call.
    pub(crate) fn retrieve_parked(&mut self, call: CallRef, caller: LegId, slot: String) {
        let parked = self.parked_in(&slot).filter(|parked| *parked != call);
        let Some(parked) = parked else {
            self.call_note(call, format!("nobody is parked at {slot}"));
            return self.fail_caller(call, Cause::UnknownNumber);
        };
        let who = self.number_of(caller);
        self.take_from_slot(call, caller, parked, format!("{who} takes the call out of slot {slot}"));
    }

    fn take_from_slot(&mut self, call: CallRef, caller: LegId, parked: CallRef, note: String) {
        let Some(waits) = self.calls.get(&parked).map(|c| c.caller) else { return };
        let codecs = self.wishes_of(waits);
        if !self.answer_apart(caller, &codecs) {
            return self.end_call(call, Cause::NoCommonCodec, None);
        }
        self.call_note(parked, note);
        self.join_as_called(call, caller, parked);
        if self.calls.get(&parked).is_some_and(|c| c.ringing.is_some()) {
            self.leg_takes_call(parked, caller);
        } else {
            self.connect_caller(parked, caller);
        }
    }

    /// A parked call has waited long enough: it rings at whoever parked it, and can still be taken meanwhile.
    pub(crate) fn come_back(&mut self, call: CallRef) {
        let Some(c) = self.calls.get_mut(&call).filter(|c| c.ringing.is_none()) else { return };
        let Some(Visit::Parked(parked)) = &mut c.visit else { return };
        parked.comebacks += 1;
        parked.offered = Offered::Parker;
        let (slot, by) = (parked.slot.clone(), parked.by.clone());
        self.call_note(call, format!("back from slot {slot} to {by}"));
        self.ring_back(call, &by, format!("parked {slot}"));
    }

    /// Rings the phones of whoever had the call before.
    pub(crate) fn ring_back(&mut self, call: CallRef, extension: &str, label: String) {
        let Some(ring) = self.phones_alone(extension) else {
            return self.fail_caller(call, Cause::Unregistered);
        };
        let ring = Ring { label: Some(label), ..ring };
        self.ring(call, Purpose::Caller, Asked::by_extension(extension, extension), ring);
    }

    /// The phones of an extension and nothing else: the box calls them, whatever the person has forwarded. `None`
    /// where there is no such extension.
    pub(crate) fn phones_alone(&self, extension: &str) -> Option<Ring> {
        let known = self.config.extensions.get(extension).filter(|e| e.enabled)?;
        let ring_time = Duration::from_secs(known.ring_time_s.unwrap_or(self.config.sip.ring_time_s).into());
        let rounds = vec![Round { branches: vec![Branch::extension(extension)], ring_time }];
        Some(Ring { rounds, name: known.name.clone(), reached: Reached::Nothing, ..Ring::default() })
    }

    /// Nobody takes a caller who is up. True where it stays all the same: parked, in a consultation, or back with
    /// whoever sent it on.
    pub(crate) fn caller_stays(&mut self, call: CallRef, cause: Cause) -> bool {
        let Some(c) = self.calls.get_mut(&call) else { return false };
        if c.phase != Phase::Service {
            return false;
        }
        let caller = c.caller;
        if let Some(extension) = c.recall.take().filter(|_| cause != Cause::Cancelled) {
            self.call_note(call, format!("back to {extension}: {}", cause.describe()));
            self.ringing_for(caller);
            self.ring_back(call, &extension, "back".to_owned());
            return true;
        }
        if self.calls.get(&call).is_some_and(|c| c.consults.is_some()) {
            self.back_to_held(call, Some(cause));
            return true;
        }
        self.not_taken_back(call)
    }

    /// A parked call that came back was not taken: elsewhere, then back into its slot for another while.
    fn not_taken_back(&mut self, call: CallRef) -> bool {
        let Some(c) = self.calls.get_mut(&call) else { return false };
        let caller = c.caller;
        let Some(Visit::Parked(parked)) = &mut c.visit else { return false };
        let (offered, by) = (parked.offered, parked.by.clone());
        let otherwise = self.config.parking.otherwise.clone();
        match (offered, otherwise) {
            (Offered::Parker, Some(destination)) => {
                parked.offered = Offered::Otherwise;
                let asked = Asked::by_extension(&by, &destination.to_string());
                self.send_to(call, asked, &destination);
                true
            }
            _ if parked.comebacks < COMEBACKS_MAX => {
                parked.offered = Offered::Nowhere;
                if self.legs.get(&caller).is_some_and(|l| l.audio.playing.is_none()) {
                    self.music_in_slot(caller);
                }
                self.wait_in_slot(call);
                self.publish_call(call);
                true
            }
            _ => {
                self.leave_slot(call);
                false
            }
        }
    }

    /// Sends a caller who is up to a place of the configuration.
    fn send_to(&mut self, call: CallRef, asked: Asked, destination: &Destination) {
        let decision = self.decide_destination(&asked, destination);
        self.carry_out(call, Purpose::Caller, asked, decision);
    }

    /// Whether the extension of this leg talks in another call.
    fn has_another_call(&self, leg: LegId) -> bool {
        let Some(l) = self.legs.get(&leg).filter(|l| l.extension().is_some()) else { return false };
        self.legs.values().any(|other| {
            other.side == l.side && other.call != l.call && other.is_up() && self.peer_of(other.id).is_some()
        })
    }

    /// A call that waited elsewhere goes where a slot is kept for it.
    pub(crate) fn park_where_kept(&mut self, call: CallRef, leg: LegId, kept: CallRef, by: String) {
        let slot = match self.calls.get(&kept).and_then(|c| c.visit.as_ref()) {
            Some(Visit::ToPark { slot }) => slot.clone(),
            _ => return,
        };
        self.leave_slot(kept);
        self.park(call, leg, &slot, by);
    }

    /// Refuses in words: a phone shows a number only, and a number is no reason.
    pub(crate) fn refuse_aloud(&mut self, call: CallRef, caller: LegId, key: &str, cause: Cause) {
        if self.answer_visit(call, caller, Visit::Service, "refused") {
            self.speak(caller, &[key], After::HangUp(cause));
        }
    }

    fn said_slot(&self, leg: LegId, slot: &str) -> PlayList {
        let language = self.language(leg);
        let mut items = vec![PlayItem::Silence(Duration::from_millis(300))];
        items.extend(prompts(language, ["parked-at"]));
        items.extend(prompts(language, say::digits(slot)));
        PlayList { items, ..PlayList::default() }
    }

    /// Who is parked in a slot, for lamps and lists.
    pub(crate) fn party_in(&self, slot: &str) -> Option<Party> {
        let caller = self.calls.get(&self.parked_in(slot)?)?.caller;
        Some(self.legs.get(&caller)?.party.clone())
    }
}
