//! Recordings that become messages and greetings: begun, complete, decided about. Known from facts, so that a crash
//! in their middle loses nothing that was said before it.

use base::{CallRef, LegId, RecordingId};
use media::control::{MediaCommand, Recorded, RecordingEnd, RecordingFile, RecordingFormat};

use super::fact::{Dictation, Greeting, Mailed, Message, MessageState, Purpose};
use super::visit::Step;
use crate::Exchange;
use crate::record::Party;

/// Shorter messages are slips of the hand.
const MILLISECONDS_MIN: u32 = 1_000;
/// Quieter than so many dB below full scale throughout: nobody spoke. A quiet voice on a bad line is above −45.
const SILENCE_DB: u8 = 50;

/// Where a dictation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    /// The visit that decides about it.
    call: CallRef,
    /// The plane has told its end.
    complete: bool,
    decided: Decided,
}

/// What is to become of a dictation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decided {
    /// Its visitor will say.
    Open,
    /// It is kept.
    Keep,
    /// It goes.
    Drop,
}

/// Why there is nothing to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Too short.
    Short,
    /// Nobody spoke.
    Silent,
    /// The disk, or the plane.
    Failed,
}

impl Exchange {
    /// Records what a leg says. The plane tells the end in any case, also where it cannot begin. WAV, for it is
    /// complete at once: Opus would wait behind the long calls that are converted.
    pub(super) fn begin_dictation(
        &mut self,
        call: CallRef,
        leg: LegId,
        mailbox: &str,
        purpose: Purpose,
        seconds_max: u16,
    ) -> Option<RecordingId> {
        let left = self.legs.get(&leg)?.audio.stream?;
        let recording = self.new_recording_id();
        let from = self.legs.get(&leg).map(|l| l.party.clone()).unwrap_or_default();
        let at = self.wall();
        let dictation = Dictation { purpose, mailbox: mailbox.to_owned(), from, at, call, complete: None };
        self.put_fact(&recording.0.to_string(), Some(&dictation), mailbox);
        self.voicemail.dictations.insert(recording, Course { call, complete: false, decided: Decided::Open });
        let file = RecordingFile {
            name: format!("voicemail/{}", self.recording_name(recording)),
            format: RecordingFormat::Wav,
            encrypted: self.config.recording.encrypt,
            duration_max_s: seconds_max.max(1).into(),
        };
        self.media(MediaCommand::Record { recording, of: Recorded::Streams { left, right: None }, file });
        Some(recording)
    }

    /// The speaker has finished; the plane tells when the file is whole.
    pub(super) fn end_dictation(&mut self, recording: RecordingId) {
        if self.voicemail.dictations.get(&recording).is_some_and(|c| !c.complete) {
            self.media(MediaCommand::StopRecording { recording });
        }
    }

    /// A recording is complete; false if it is no dictation.
    pub(crate) fn dictated(&mut self, recording: RecordingId, end: &RecordingEnd) -> bool {
        let Some(course) = self.voicemail.dictations.get_mut(&recording) else { return false };
        course.complete = true;
        let Course { call, decided, .. } = *course;
        if let Some(problem) = end.problem.as_ref().filter(|_| self.calls.contains_key(&call)) {
            self.call_note(call, format!("dictation {recording}: {problem}"));
        }
        let Some(mut dictation) = self.dictation(recording) else {
            self.voicemail.dictations.remove(&recording);
            return true;
        };
        let unusable = unusable(end);
        dictation.complete = Some((end.file.clone(), end.duration_ms));
        let mailbox = dictation.mailbox.clone();
        self.put_fact(&recording.0.to_string(), Some(&dictation), &mailbox);
        match (unusable, decided) {
            (None, Decided::Open) => self.guest_step(call, Step::Dictated(Ok(()))),
            (Some(why), Decided::Open) => {
                self.drop_dictation(recording);
                self.guest_step(call, Step::Dictated(Err(why)));
            }
            (None, Decided::Keep) => drop(self.keep_dictation(recording)),
            (_, Decided::Drop) | (Some(_), Decided::Keep) => self.drop_dictation(recording),
        }
        true
    }

    /// It is kept, as soon as it is complete. The number of the record that says so, if it is complete already.
    pub(super) fn keep_dictation(&mut self, recording: RecordingId) -> Option<u64> {
        let course = self.voicemail.dictations.get_mut(&recording)?;
        course.decided = Decided::Keep;
        if !course.complete {
            return None;
        }
        self.voicemail.dictations.remove(&recording);
        let dictation = self.dictation(recording)?;
        let (file, duration_ms) = dictation.complete.clone()?;
        match dictation.purpose {
            Purpose::Message => self.new_message(recording, &dictation, file, duration_ms),
            Purpose::Greeting(kind) => self.new_greeting(&dictation.mailbox, kind, file),
        }
        // Last, so that a crash between the two finds it again and no message comes twice: the ids are the same.
        Some(self.put_fact::<Dictation>(&recording.0.to_string(), None, &dictation.mailbox))
    }

    /// It goes, as soon as it is complete.
    pub(super) fn drop_dictation(&mut self, recording: RecordingId) {
        let Some(course) = self.voicemail.dictations.get_mut(&recording) else { return };
        course.decided = Decided::Drop;
        if !course.complete {
            return self.media(MediaCommand::StopRecording { recording });
        }
        self.voicemail.dictations.remove(&recording);
        let Some(dictation) = self.dictation(recording) else { return };
        let record = self.put_fact::<Dictation>(&recording.0.to_string(), None, &dictation.mailbox);
        self.remove_when_durable(dictation.complete.map(|(file, _)| file).unwrap_or_default(), record);
    }

    /// The visitor has gone without a word: a message stays, a greeting that nobody confirmed does not.
    pub(super) fn abandon_dictation(&mut self, recording: RecordingId) {
        match self.dictation(recording).map(|d| d.purpose) {
            Some(Purpose::Message) => {
                self.end_dictation(recording);
                self.keep_dictation(recording);
            }
            _ => self.drop_dictation(recording),
        }
    }

    /// Dictations of the last run: complete ones are decided about now, the others when the shell tells what became of
    /// them.
    pub(super) fn restore_dictations(&mut self) {
        let found: Vec<(RecordingId, Dictation)> = self
            .facts
            .all::<Dictation>("")
            .filter_map(|(id, dictation)| Some((RecordingId(id.parse().ok()?), dictation)))
            .collect();
        for (recording, dictation) in found {
            self.recordings.saw(recording);
            let (complete, keeps) = (dictation.complete.is_some(), dictation.purpose == Purpose::Message);
            let decided = if keeps { Decided::Keep } else { Decided::Drop };
            self.voicemail.dictations.insert(recording, Course { call: dictation.call, complete, decided });
            match (complete, decided) {
                (true, Decided::Keep) => drop(self.keep_dictation(recording)),
                (true, _) => self.drop_dictation(recording),
                (false, _) => {}
            }
        }
    }

    /// The file of a complete dictation.
    pub(super) fn dictation_file(&self, recording: RecordingId) -> Option<String> {
        self.dictation(recording)?.complete.map(|(file, _)| file)
    }

    fn dictation(&self, recording: RecordingId) -> Option<Dictation> {
        self.facts.get(&recording.0.to_string())
    }

    fn new_message(&mut self, recording: RecordingId, dictation: &Dictation, file: String, duration_ms: u32) {
        let Dictation { mailbox, from, at, call, .. } = dictation;
        let message = Message {
            from: Party::clone(from),
            at: *at,
            duration_ms,
            file,
            state: MessageState::New,
            by: String::new(),
            claimed_by: None,
            note: String::new(),
            deleted: false,
            mailed: Mailed::No,
            call: Some(*call),
        };
        self.deliver(mailbox, recording.0, message, &from.number);
    }

    /// Puts a message into a mailbox: lamps, pages and the mail follow. The number of its record.
    pub(super) fn deliver(&mut self, mailbox: &str, id: u64, mut message: Message, by: &str) -> u64 {
        if self.sends_mail(mailbox) {
            message.mailed = Mailed::Due;
        }
        let record = self.put_message(mailbox, id, &message, by);
        if message.mailed == Mailed::Due {
            self.mail_message(mailbox, id, &message);
        }
        record
    }

    fn new_greeting(&mut self, mailbox: &str, kind: Greeting, file: String) {
        let mut former = None;
        let record = self.change_mailbox(mailbox, mailbox, |state| former = state.greetings.insert(kind, file));
        self.remove_when_durable(former.unwrap_or_default(), record);
    }

    /// A greeting is no more; whether there was one.
    pub(super) fn delete_greeting(&mut self, mailbox: &str, kind: Greeting) -> Option<u64> {
        let file = self.mailbox_state(mailbox).greetings.remove(&kind)?;
        let record = self.change_mailbox(mailbox, mailbox, |state| drop(state.greetings.remove(&kind)));
        self.remove_when_durable(file, record);
        Some(record)
    }
}

/// Whether, and why, there is nothing worth keeping.
fn unusable(end: &RecordingEnd) -> Option<Unusable> {
    if end.file.is_empty() && end.problem.is_some() {
        return Some(Unusable::Failed);
    }
    // What a crash cut short has no figures; it is kept.
    let known = end.duration_ms > 0 || end.file.is_empty();
    if known && end.duration_ms < MILLISECONDS_MIN {
        return Some(Unusable::Short);
    }
    end.loudest_db.is_some_and(|db| db > SILENCE_DB).then_some(Unusable::Silent)
}
