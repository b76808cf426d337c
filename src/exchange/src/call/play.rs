//! What the box plays to one leg, and what follows when it has played.

use base::{Duration, LegId, PlayId};
use media::control::{Country, MediaCommand, PlayEnd, PlayItem, PlayList, Tone};
use voice::Language;

use crate::Exchange;
use crate::record::Cause;

/// Runs of play lists under way.
#[derive(Debug, Default)]
pub(crate) struct Plays {
    last: u32,
    runs: hashbrown::HashMap<PlayId, (LegId, After)>,
}

/// What follows when a play list has ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// Nothing: the leg hears again whom it heard.
    Nothing,
    /// The box hangs up.
    HangUp(Cause),
    /// This leg alone is let go, however the list ended.
    LetGo,
    /// Whoever is at a mailbox has heard it.
    Guest,
}

impl Plays {
    pub(crate) fn next_id(&mut self) -> PlayId {
        self.last = self.last.wrapping_add(1);
        PlayId(self.last)
    }

    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }
}

impl Exchange {
    /// Plays a list to a leg's phone in place of whatever it hears. Nothing happens to a leg without audio.
    pub(crate) fn play(&mut self, leg: LegId, list: PlayList, after: After) {
        let Some(stream) = self.legs.get(&leg).and_then(|l| l.audio.stream) else { return };
        let play = self.plays.next_id();
        self.plays.runs.insert(play, (leg, after));
        if let Some(l) = self.legs.get_mut(&leg) {
            l.audio.playing = Some(play);
        }
        self.media(MediaCommand::Play { stream, play, list });
    }

    /// Says prompts to a leg's phone, in its language.
    pub(crate) fn speak(&mut self, leg: LegId, keys: &[&str], after: After) {
        let list = PlayList { items: prompts(self.language(leg), keys), ..PlayList::default() };
        self.play(leg, list, after);
    }

    /// Prompts for a leg, in its language.
    pub(crate) fn said(&self, leg: LegId, keys: &[&str]) -> PlayList {
        PlayList { items: prompts(self.language(leg), keys), ..PlayList::default() }
    }

    /// Says prompts that a key of the listener cuts short.
    pub(crate) fn prompt_for_keys(&mut self, leg: LegId, keys: &[&str]) {
        let list = PlayList { items: prompts(self.language(leg), keys), stop_on_digit: true, ..PlayList::default() };
        self.play(leg, list, After::Nothing);
    }

    /// Stops what the box plays to a leg.
    pub(crate) fn stop_playing(&mut self, leg: LegId) {
        let Some(l) = self.legs.get_mut(&leg) else { return };
        if let (Some(play), Some(stream)) = (l.audio.playing.take(), l.audio.stream) {
            self.media(MediaCommand::StopPlay { stream, play });
        }
    }

    /// A list has ended.
    pub(crate) fn played(&mut self, play: PlayId, end: &PlayEnd) {
        let Some((leg, after)) = self.plays.runs.remove(&play) else { return };
        let Some(l) = self.legs.get_mut(&leg) else { return };
        let call = l.call;
        l.audio.playing.take_if(|p| *p == play);
        if let PlayEnd::Failed(why) = end {
            self.call_note(call, format!("{leg} could not be played everything: {why}"));
        }
        match after {
            After::LetGo => self.let_go(leg),
            _ if *end == PlayEnd::Stopped => {}
            After::HangUp(cause) => self.end_call(call, cause, None),
            After::Guest => self.guest_heard(call),
            After::Nothing => {}
        }
    }

    /// The language in which the box speaks to a leg.
    pub(crate) fn language(&self, leg: LegId) -> Language {
        let own = self.legs.get(&leg).and_then(|l| self.config.extensions.get(l.extension()?)?.language);
        Language::from_code(own.unwrap_or(self.config.media.language).word()).unwrap_or(Language::En)
    }

    /// The country whose tones are heard here.
    pub(crate) fn country(&self) -> Country {
        let code = self.config.media.country.as_bytes();
        Country(code.first_chunk().copied().unwrap_or(*b"xx"))
    }

    /// A tone without end.
    pub(crate) fn tone(&self, tone: Tone) -> PlayList {
        let item = PlayItem::Tone { tone, country: self.country(), duration: Duration::ZERO };
        PlayList { items: vec![item], ..PlayList::default() }
    }

    /// The music of a class, from somewhere in its middle: who is held twice does not hear its beginning twice.
    pub(crate) fn music(&mut self, class: &str) -> PlayList {
        let mut files = match self.config.music.get(class) {
            Some(music) if !music.files.is_empty() => music.files.clone(),
            _ => Vec::new(),
        };
        let shuffled = self.config.music.get(class).is_some_and(|m| m.shuffle);
        if shuffled {
            for last in (1..files.len()).rev() {
                let other = self.random.below(last as u64 + 1) as usize;
                files.swap(last, other);
            }
        }
        let mut items: Vec<PlayItem> = files.iter().map(|f| PlayItem::Sound(format!("sound/{f}"))).collect();
        if items.is_empty() {
            items.push(PlayItem::Sound(format!("music/{}", config::MUSIC_DEFAULT)));
        }
        let skip = Duration::from_millis(self.now.as_nanos() / 1_000_000 % MUSIC_SKIP_MAX_MS);
        let skip = if shuffled { Duration::ZERO } else { skip };
        PlayList { items, repeat: true, skip, stop_on_digit: false }
    }
}

/// Prompts one after the other.
pub(crate) fn prompts<K: AsRef<str>>(language: Language, keys: impl IntoIterator<Item = K>) -> Vec<PlayItem> {
    let name = |key: K| format!("prompt/{}/{}", language.code(), key.as_ref());
    keys.into_iter().map(|key| PlayItem::Sound(name(key))).collect()
}

/// Within these milliseconds hold music begins where the clock says.
const MUSIC_SKIP_MAX_MS: u64 = 10 * 60 * 1_000;
