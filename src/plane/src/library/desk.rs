//! The threads of the library: one that answers at once, one that reads files, two that have text spoken.
//!
//! A long file to decode must not keep a prompt waiting, nor a slow program either of them.

use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use audio::file::{Clip, Limits, read};

use super::table::Found;
use super::{Folder, Shared, SoundName, sound, speech};
use crate::lock;
use crate::recorder::{RecordingSource, open_plain};

/// Files, and texts, that wait to be read at most.
const WAITING_MAX: usize = 64;

/// Programs for speech that run at once.
const SPEAKERS: usize = 2;

/// Files whose length is to be found out when there is nothing else to do.
const UNMEASURED_MAX: usize = 2000;

/// What a thread is asked.
pub(super) enum Order {
    /// Somebody wants to play it.
    Load(String),
    /// Somebody wants to know how long it plays.
    Measure(SoundName),
}

/// The first of the threads: hands on what takes long.
pub(super) struct Desk {
    shared: Arc<Shared>,
    files: SyncSender<Order>,
    texts: SyncSender<String>,
}

impl Desk {
    /// Starts the threads; they end when the other end of `orders` is gone.
    pub(super) fn spawn(shared: Arc<Shared>, orders: Receiver<Order>) -> io::Result<()> {
        let (files, waiting_files) = sync_channel(WAITING_MAX);
        let (texts, waiting_texts) = sync_channel(WAITING_MAX);
        let (reader, desk) = (Arc::clone(&shared), Desk { shared: Arc::clone(&shared), files, texts });
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        named("sounds-files")
            .spawn(move || Reader { shared: reader, unmeasured: VecDeque::new() }.run(&waiting_files))?;
        let waiting_texts = Arc::new(Mutex::new(waiting_texts));
        for _ in 0..SPEAKERS {
            let (shared, texts) = (Arc::clone(&shared), Arc::clone(&waiting_texts));
            named("sounds-speech").spawn(move || speak_all(&shared, &texts))?;
        }
        named("sounds").spawn(move || orders.iter().for_each(|order| desk.obey(order)))?;
        Ok(())
    }

    fn obey(&self, order: Order) {
        let name = match order {
            Order::Load(name) => name,
            Order::Measure(_) => {
                // Too busy: asked again with the next listing.
                let _busy = self.files.try_send(order);
                return;
            }
        };
        if let Found::Sound(_) = self.shared.table.find(&name) {
            return self.shared.answered(&name); // Asked for twice.
        }
        let edition = Some(*lock(&self.shared.edition));
        let parsed = match SoundName::parse(&name) {
            Ok(parsed) => parsed,
            Err(error) => return self.shared.fail(&name, &error.to_string(), edition),
        };
        if let SoundName::Speech(..) = parsed {
            if self.texts.try_send(name.clone()).is_err() {
                self.shared.fail(&name, "too many texts wait to be spoken", None);
            }
            return;
        }
        if let SoundName::Recording(_) = parsed {
            if self.files.try_send(Order::Load(name.clone())).is_err() {
                self.shared.asked.end(&name); // Whoever wants it asks again at the next tick.
            }
            return;
        }
        let uploaded = parsed.stem().zip(self.shared.folder.as_ref()).is_some_and(|(stem, folder)| folder.has(&stem));
        match sound::from_program(&parsed).filter(|_| !uploaded) {
            Some(octets) => match read(octets, Limits::default()) {
                Ok(clip) => self.shared.publish(&name, &clip, edition),
                Err(error) => self.shared.fail(&name, &error.to_string(), edition),
            },
            None if uploaded => {
                if self.files.try_send(Order::Load(name.clone())).is_err() {
                    // Whoever wants it asks again at the next tick.
                    self.shared.asked.end(&name);
                }
            }
            None => self.shared.fail(&name, "no such sound", edition),
        }
    }
}

/// The thread that reads the folder.
struct Reader {
    shared: Arc<Shared>,
    unmeasured: VecDeque<SoundName>,
}

impl Reader {
    fn run(mut self, orders: &Receiver<Order>) {
        // After a start nothing is known of the files; the first listing should say how long they play.
        if let Some(folder) = &self.shared.folder {
            let files = folder.scan().unwrap_or_default();
            self.unmeasured.extend(files.into_iter().take(UNMEASURED_MAX).map(|file| file.name));
        }
        loop {
            let order = match (orders.try_recv(), self.unmeasured.is_empty()) {
                (Ok(order), _) => order,
                (Err(TryRecvError::Disconnected), _) => return,
                (Err(TryRecvError::Empty), true) => match orders.recv() {
                    Ok(order) => order,
                    Err(_) => return,
                },
                (Err(TryRecvError::Empty), false) => {
                    self.measure();
                    continue;
                }
            };
            match order {
                Order::Load(name) => self.load(&name),
                Order::Measure(name) => {
                    if self.unmeasured.len() < UNMEASURED_MAX && !self.unmeasured.contains(&name) {
                        self.unmeasured.push_back(name);
                    }
                }
            }
        }
    }

    fn load(&self, name: &str) {
        let parsed = SoundName::parse(name).ok();
        if let Some(SoundName::Recording(file)) = &parsed {
            return self.load_recording(name, file);
        }
        let stem = parsed.and_then(|parsed| parsed.stem());
        let Some((folder, stem)) = self.shared.folder.as_ref().zip(stem) else { return };
        let edition = Some(*lock(&self.shared.edition));
        match self.decode(folder, &stem) {
            Ok(Some(clip)) => {
                folder.measure(&stem, clip.duration());
                self.shared.publish(name, &clip, edition);
            }
            // Removed since the desk saw it.
            Ok(None) => self.shared.asked.end(name),
            Err(why) => {
                tracing::warn!(sound = name, why, "upload cannot be played");
                self.shared.fail(name, &why, edition);
            }
        }
    }

    /// Recordings are never changed once they are complete: no edition counts.
    fn load_recording(&self, name: &str, file: &str) {
        let limits = self.shared.limits;
        let octets = |source: &RecordingSource| -> io::Result<Vec<u8>> {
            let plain = open_plain(&source.folder, file, source.key.as_ref())?;
            let mut octets = Vec::new();
            // One more than may be: the decoder says that it is too much.
            plain.take(limits.octets_max as u64 + 1).read_to_end(&mut octets)?;
            Ok(octets)
        };
        let read = match self.shared.recordings.as_ref().map(octets) {
            None => Err("this box makes no recordings".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(octets)) => read(&octets, limits).map_err(|error| error.to_string()),
        };
        match read {
            Ok(clip) => self.shared.publish(name, &clip, None),
            Err(why) => {
                tracing::warn!(sound = name, why, "recording cannot be played");
                self.shared.fail(name, &why, None);
            }
        }
    }

    /// Finds out how long one file plays.
    fn measure(&mut self) {
        let stem = self.unmeasured.pop_front().and_then(|name| name.stem());
        let Some((folder, stem)) = self.shared.folder.as_ref().zip(stem) else { return };
        if let Ok(Some(clip)) = self.decode(folder, &stem) {
            folder.measure(&stem, clip.duration());
        }
    }

    fn decode(&self, folder: &Folder, stem: &Path) -> Result<Option<Clip>, String> {
        let limits = self.shared.limits;
        let Some(octets) = folder.read(stem, limits.octets_max).map_err(|error| error.to_string())? else {
            return Ok(None);
        };
        read(&octets, limits).map(Some).map_err(|error| error.to_string())
    }
}

/// One of the threads that have text spoken.
fn speak_all(shared: &Shared, texts: &Mutex<Receiver<String>>) {
    loop {
        // Held while waiting: the other thread waits for the lock instead of the text.
        let Ok(name) = lock(texts).recv() else { return };
        let spoken = match SoundName::parse(&name) {
            Ok(SoundName::Speech(language, text)) => speech::clip(shared, language, &text),
            _ => continue,
        };
        match spoken {
            Ok(clip) => shared.publish(&name, &clip, None),
            Err(error) => {
                tracing::warn!(%error, "text to speech");
                shared.fail(&name, &error.to_string(), None);
            }
        }
    }
}

impl Shared {
    /// Makes a sound known. What was read before a change of the uploads, of which `edition` was the count, is
    /// forgotten instead: whoever wants it asks again.
    fn publish(&self, name: &str, clip: &Clip, edition: Option<u64>) {
        let sound = Arc::new(sound::both_rates(clip));
        self.unless_changed(edition, || {
            if self.table.insert(name, sound).is_err() {
                self.table.insert_failure(name, "the library is full of sounds that are playing");
            }
        });
        self.answered(name);
    }

    /// Makes known that a sound cannot be had.
    fn fail(&self, name: &str, why: &str, edition: Option<u64>) {
        self.unless_changed(edition, || self.table.insert_failure(name, why));
        self.answered(name);
    }

    fn unless_changed(&self, edition: Option<u64>, act: impl FnOnce()) {
        let now = lock(&self.edition);
        if edition.is_none_or(|edition| edition == *now) {
            act();
        }
    }

    fn answered(&self, name: &str) {
        self.asked.end(name);
        if let Some(on_ready) = self.on_ready.get() {
            on_ready(name);
        }
    }
}
