//! What a stream needs beyond handing packets on: hearing, speaking, playing; and the ticks that drive it.
//!
//! Every 20 ms each such stream hears and speaks once. They do so in four groups, 5 ms apart, so that packets that are
//! merely handed on never wait for all of them.

use audio::Rate;
use base::{Duration, Instant, PlayId};
use media::control::{Codec, DigitTones, Listen, MediaEvent, PlayEnd, PlayItem, PlayList, Processing, Sink};
use media::playout::Pulled;
use media::speech::{Ear, Mouth, PACKET_MAX, Program, Progress, Spoken, VoiceOptions};
use media::stream::{Passing, Unsent};

use super::Worker;
use super::frame::{Frame, GROUPS};
use super::slots::{Place, Slot};
use super::voice::Speech;

/// Keys that wait to be sent to one peer.
const KEYS_MAX: usize = 32;

impl Slot {
    pub(super) fn speech_mut(&mut self) -> &mut Speech {
        self.speech.get_or_insert_default()
    }

    /// Sends a packet that the box itself made.
    pub(super) fn send_spoken(&mut self, now: Instant, spoken: &Spoken, buffer: &mut [u8; PACKET_MAX]) {
        let Some(packet) = buffer.get_mut(..spoken.len) else { return };
        let Ok(to) = self.stream.transmit(now, &spoken.passing, packet) else { return };
        if let Some(len) = self.stream.seal_rtp(buffer, spoken.len)
            && let Some(packet) = buffer.get(..len)
        {
            self.rtp.send(packet, to);
        }
    }

    /// A mouth that fits what the peer now wants; false if the box cannot speak to it.
    pub(super) fn ready_mouth(&mut self, rate: Rate, options: &VoiceOptions) -> bool {
        let Some((codec, ptime_ms)) = self.stream.voice() else { return false };
        let speech = self.speech.get_or_insert_default();
        if speech.mouth.as_ref().is_none_or(|m| !m.is_for(codec, ptime_ms)) {
            let rate = rate.min(codec.rate());
            speech.mouth = Mouth::new(codec, rate, ptime_ms, options).map(Box::new);
        }
        speech.mouth.is_some()
    }
}

impl Worker {
    /// Takes a packet of a stream that needs more than handing on. True if it went into an ear instead.
    pub(super) fn hear(&mut self, now: Instant, place: Place, n: usize, passing: &Passing) -> bool {
        let Some(slot) = self.slots.get_mut(place) else { return true };
        let (sink, guess) = (slot.stream.sink(), slot.neighbour);
        let Some(speech) = slot.speech.as_deref() else { return false };
        let (must, in_room) = (speech.must_hear(), speech.seat.as_ref().is_some_and(|s| s.is_heard()));
        let own = passing.codec().rate();
        // The target decides at which rate is heard, and whether packets can be handed on at all.
        let (rate, instead) = match sink {
            Sink::Stream(to) => match self.slots.find(to, guess) {
                Some((_, target)) => {
                    let fits = target.stream.knows(passing.codec());
                    let wants = target.speech.as_ref().and_then(|s| s.ear.as_ref()).is_some_and(|e| e.wants_far());
                    let rate = target.stream.voice().map_or(own, |(codec, _)| codec.rate().min(own));
                    (rate, !fits || wants)
                }
                None => (own, false),
            },
            Sink::Echo | Sink::None => (own, false),
            Sink::Room(room, _) => (self.rooms.rate(room).unwrap_or(own), true),
        };
        let Some(slot) = self.slots.get_mut(place) else { return true };
        let Some(speech) = slot.speech.as_deref_mut() else { return false };
        let processed = speech.processing != Processing::default();
        let instead = instead || (processed && sink != Sink::None);
        speech.transcoding = instead && !matches!(sink, Sink::Room(..));
        if passing.codec().is_event() {
            return instead; // keys go as keys, made anew when they end
        }
        let needed = must || (instead && (in_room || !matches!(sink, Sink::Room(..))));
        if !needed {
            return instead;
        }
        if passing.codec().coding().is_none() && passing.codec() != Codec::ComfortNoise {
            slot.stream.not_sent(Unsent::NoCodec); // G.729 passes through or not at all
            return instead;
        }
        if speech.ear.as_ref().is_none_or(|ear| ear.rate() != rate) {
            speech.ear = Some(Box::new(Ear::new(now, rate, speech.processing, speech.listen)));
        }
        if let (Some(ear), Some((packet, _))) = (&mut speech.ear, self.batch.packet(n)) {
            ear.hear(now, passing, packet);
        }
        self.list(place);
        instead
    }

    /// A packet could not be handed on as it is: from now on it is heard and said anew.
    pub(super) fn transcode(&mut self, now: Instant, place: Place, n: usize, passing: &Passing) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        slot.speech_mut();
        self.hear(now, place, n, passing);
    }

    /// Puts a stream into the list of its group.
    pub(super) fn list(&mut self, place: Place) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let Some(speech) = slot.speech.as_deref_mut() else { return };
        if !speech.listed && speech.is_busy() {
            speech.listed = true;
            let group = place.index() % GROUPS;
            if let Some(list) = self.groups.get_mut(group) {
                list.push(place);
            }
        }
    }

    /// What is done to a stream's sound and listened for in it.
    pub(super) fn treat(&mut self, place: Place, processing: Processing, listen: Listen) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let plain = processing == Processing::default() && listen == Listen::default();
        if plain && slot.speech.is_none() {
            return;
        }
        slot.stream.set_listened(!plain);
        let speech = slot.speech_mut();
        (speech.processing, speech.listen) = (processing, listen);
        if let Some(ear) = &mut speech.ear {
            ear.treat(processing, listen);
        }
    }

    /// A stream leaves the list of its group for good.
    pub(super) fn unlist(&mut self, place: Place) {
        if let Some(list) = self.groups.get_mut(place.index() % GROUPS) {
            list.retain(|p| *p != place);
        }
        if let Some(speech) = self.slots.get_mut(place).and_then(|s| s.speech.as_deref_mut()) {
            speech.listed = false;
        }
    }

    /// Makes the lists anew.
    pub(super) fn list_all(&mut self) {
        self.groups = Default::default();
        for place in self.slots.places() {
            if let Some(speech) = self.slots.get_mut(place).and_then(|s| s.speech.as_deref_mut()) {
                speech.listed = false;
            }
            self.list(place);
        }
    }

    /// One group hears and speaks.
    pub(super) fn group_tick(&mut self, now: Instant, group: usize) {
        self.frame_number += 1;
        self.rooms_tick(now, group);
        let Some(list) = self.groups.get_mut(group) else { return };
        let mut list = std::mem::take(list);
        list.retain(|place| {
            self.touching = Some(*place);
            let stays = self.speech_tick(now, *place);
            self.settle(*place);
            stays
        });
        if let Some(now_listed) = self.groups.get_mut(group) {
            list.append(now_listed); // those that came meanwhile
            *now_listed = list;
        }
    }

    /// One stream hears and speaks. False when it leaves the list.
    fn speech_tick(&mut self, now: Instant, place: Place) -> bool {
        let Some(mut frame) = self.frame.take() else { return true };
        let heard = self.pull(now, place, &mut frame);
        let Some(slot) = self.slots.get_mut(place) else { return false };
        let (sink, guess) = (slot.stream.sink(), slot.neighbour);
        let transcoding = slot.speech.as_deref().is_some_and(|s| s.transcoding);
        if heard && transcoding {
            match sink {
                Sink::Stream(to) => {
                    if let Some((at, _)) = self.slots.find(to, guess) {
                        self.say(now, at, &frame);
                    }
                }
                Sink::Echo => self.say(now, place, &frame),
                Sink::None | Sink::Room(..) => {}
            }
        }
        self.frame = Some(frame);
        self.speak_itself(now, place);
        let Some(slot) = self.slots.get_mut(place) else { return false };
        let Some(speech) = slot.speech.as_deref_mut() else { return false };
        if speech.ear.as_ref().is_some_and(|ear| ear.is_idle(now)) {
            speech.ear = None;
        }
        speech.listed = speech.is_busy();
        let stays = speech.listed;
        if speech.is_spent() && speech.mouth.as_ref().is_none() {
            slot.speech = None;
        }
        stays
    }

    /// Pulls 20 ms from a stream's ear into `frame`; false if there is no ear or nothing to hear.
    pub(super) fn pull(&mut self, now: Instant, place: Place, frame: &mut Frame) -> bool {
        let Some(slot) = self.slots.get_mut(place) else { return false };
        let Some(ear) = slot.speech.as_deref_mut().and_then(|s| s.ear.as_mut()) else { return false };
        let rate = ear.rate();
        let (samples, pulled) = ear.pull(now);
        frame.set(samples, rate);
        let stats = ear.stats();
        let level = ear.level();
        while let Some(noticed) = ear.poll_noticed() {
            slot.stream.note_noticed(noticed);
        }
        let clamped = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let delay_ms = u16::try_from(stats.delay_ms).unwrap_or(u16::MAX);
        slot.stream.note_heard(level, clamped(stats.concealed), clamped(stats.late), delay_ms);
        pulled != Pulled::Nothing
    }

    /// Says a frame to a stream's peer, unless the box speaks to it itself.
    pub(super) fn say(&mut self, now: Instant, place: Place, frame: &Frame) {
        let options = self.start.voice;
        let Some(slot) = self.slots.get_mut(place) else { return };
        if slot.speech.as_ref().is_some_and(|s| s.speaks_itself()) {
            return;
        }
        slot.say(now, frame, &options, &mut self.packet);
    }

    /// What the box itself has to say to a stream's peer: keys first, then the play list.
    pub(super) fn speak_itself(&mut self, now: Instant, place: Place) {
        let options = self.start.voice;
        let Some(slot) = self.slots.get_mut(place) else { return };
        let Some(speech) = slot.speech.as_deref() else { return };
        if !speech.speaks_itself() {
            return slot.stream.set_occupied(false);
        }
        slot.stream.set_occupied(true);
        if slot.speak_keys(now, &options, &mut self.packet) {
            return;
        }
        let rate = slot.stream.voice().map_or(Rate::Hz8000, |(codec, _)| codec.rate());
        let Some(speech) = slot.speech.as_deref_mut() else { return };
        let is_key = speech.tone.is_some();
        let Some(mut program) = (if is_key { speech.tone.take() } else { speech.program.take() }) else { return };
        let mut frame = Frame::silence(rate);
        let room = frame.samples.get_mut(..rate.frame()).unwrap_or_default();
        let progress = program.fill(rate, room, &*self.start.sounds);
        slot.say(now, &frame, &options, &mut self.packet);
        let Some(speech) = slot.speech.as_deref_mut() else { return };
        match progress {
            Progress::Playing if is_key => speech.tone = Some(program),
            Progress::Playing => speech.program = Some(program),
            Progress::Ended(end) => {
                if !speech.speaks_itself() {
                    slot.stream.set_occupied(false);
                }
                if !is_key {
                    (self.start.on_event)(MediaEvent::Played { play: program.play(), end });
                }
            }
        }
    }

    /// Plays a list to a stream's peer.
    pub(super) fn play(&mut self, place: Place, program: Option<Program>) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let speech = slot.speech_mut();
        let before = std::mem::replace(&mut speech.program, program.map(Box::new));
        let silent = !speech.speaks_itself();
        slot.stream.set_occupied(!silent);
        if let Some(before) = before {
            (self.start.on_event)(MediaEvent::Played { play: before.play(), end: PlayEnd::Stopped });
        }
        self.list(place);
    }

    /// Stops a run, if it still plays there.
    pub(super) fn stop_play(&mut self, place: Place, play: PlayId) {
        let playing = self.slots.get_mut(place).and_then(|s| s.speech.as_ref()).and_then(|s| s.program.as_ref());
        if playing.is_some_and(|p| p.play() == play) {
            self.play(place, None);
        }
    }

    /// Sends a key to a stream's peer, after those that wait.
    pub(super) fn send_key(&mut self, place: Place, digit: char, duration: Duration) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let speech = slot.speech_mut();
        if speech.keys.len() < KEYS_MAX {
            speech.keys.push_back((digit, duration.clamp(KEY_MIN, KEY_MAX)));
        }
        slot.stream.set_occupied(true);
        self.list(place);
    }

    /// A key was heard: it stops what a key stops, and goes on to whom the stream feeds if its packets do not.
    pub(super) fn key_heard(&mut self, place: Place, digit: char, duration: Duration) {
        let Some(slot) = self.slots.get_mut(place) else { return };
        let (sink, guess) = (slot.stream.sink(), slot.neighbour);
        let speech = slot.speech.as_deref();
        let transcoding = speech.is_some_and(|s| s.transcoding);
        let by_tone = speech.is_some_and(|s| s.listen.digits);
        if speech.and_then(|s| s.program.as_ref()).is_some_and(|p| p.stops_on_digit()) {
            self.play(place, None);
        }
        if let Sink::Stream(to) = sink
            && let Some((at, target)) = self.slots.find(to, guess)
            && (transcoding || by_tone || target.stream.event_codec().is_none())
        {
            self.send_key(at, digit, duration);
        }
    }

    /// What the stream that feeds `to` hears is no longer its affair: nothing is left of the old way.
    pub(super) fn forget_speech(&mut self, place: Place) {
        if let Some(slot) = self.slots.get_mut(place)
            && let Some(speech) = slot.speech.as_deref_mut()
        {
            speech.transcoding = false;
            if !speech.must_hear() {
                speech.ear = None;
            }
        }
    }
}

impl Slot {
    /// Sends a report of `len` octets, by whichever port was agreed on.
    pub(super) fn send_rtcp(&mut self, report: &mut [u8], len: usize, to: std::net::SocketAddr) {
        let Some(report) = self.stream.seal_rtcp(report, len).and_then(|len| report.get(..len)) else { return };
        if self.stream.is_rtcp_muxed() {
            self.rtp.send(report, to);
        } else {
            self.rtcp.send(report, to);
        }
    }

    /// Says a frame to the peer, and lets the echo canceller know.
    pub(super) fn say(&mut self, now: Instant, frame: &Frame, options: &VoiceOptions, packet: &mut [u8; PACKET_MAX]) {
        if !self.ready_mouth(frame.rate, options) {
            return;
        }
        let Some(mut mouth) = self.speech.as_deref_mut().and_then(|s| s.mouth.take()) else { return };
        mouth.say(now, frame.samples(), frame.rate, packet, |spoken, buffer| self.send_spoken(now, &spoken, buffer));
        if let Some(speech) = self.speech.as_deref_mut() {
            speech.mouth = Some(mouth);
            if let Some(ear) = speech.ear.as_mut().filter(|e| e.wants_far()) {
                ear.far(frame.samples(), frame.rate);
            }
        }
    }

    /// The next 20 ms of a key sent as events; false if there is none. A key for a peer without events becomes a tone.
    fn speak_keys(&mut self, now: Instant, options: &VoiceOptions, packet: &mut [u8; PACKET_MAX]) -> bool {
        let events = self.stream.event_codec();
        let can_speak = self.ready_mouth(Rate::Hz8000, options);
        let Some(speech) = self.speech.as_deref_mut() else { return false };
        if !can_speak {
            speech.keys.clear();
            speech.sending_key = false;
            return false;
        }
        if !speech.sending_key && speech.tone.is_none() {
            let Some((digit, duration)) = speech.keys.pop_front() else { return false };
            match (events, &mut speech.mouth) {
                (Some(codec), Some(mouth)) => speech.sending_key = mouth.press(now, codec, digit, duration),
                _ => speech.tone = Some(Box::new(key_tone(digit, duration))),
            }
        }
        if !speech.sending_key {
            return false;
        }
        let Some(mut mouth) = speech.mouth.take() else { return false };
        let goes_on = mouth.say_key(now, packet, |spoken, buffer| self.send_spoken(now, &spoken, buffer));
        if let Some(speech) = self.speech.as_deref_mut() {
            speech.mouth = Some(mouth);
            speech.sending_key = goes_on;
        }
        goes_on
    }
}

/// A key as a play list of its own.
fn key_tone(digit: char, duration: Duration) -> Program {
    let tones = DigitTones { digits: digit.to_string(), tone: duration, pause: KEY_MIN };
    let list = PlayList { items: vec![PlayItem::Digits(tones)], ..PlayList::default() };
    Program::new(PlayId(u32::MAX), list)
}

/// Q.24 hears keys of 40 ms and more.
const KEY_MIN: Duration = Duration::from_millis(40);
const KEY_MAX: Duration = Duration::from_secs(1);
